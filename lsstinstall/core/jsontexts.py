"""JSON as documents with a digest need it: strict to read, one way to write."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, NoReturn

from lsstinstall.core.errors import FormatError
from lsstinstall.core.jsonplaces import find_places, show_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lsstinstall.core.jsonplaces import JsonPath, Place

__all__ = ["canonical_json", "decode_json", "locate", "parse_json"]

_LONGEST_NUMBER = 30
"""Digits; whatever is longer is no size, count or time, and slow to read."""

_LONGEST_LINE = 200
"""Characters; a canonical document is one line, and showing it helps nobody."""

# Bytes that may stand before a number become a comma, and digits a zero.
_NUMBERS = bytes.maketrans(b" \t\r\n[:-123456789", b",,,,,,," + b"0" * 9)
_LONG_NUMBER = b"," + b"0" * _LONGEST_NUMBER

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def canonical_json(value: object) -> bytes:
    """Write a value in the one form whose digest is compared.

    Parameters
    ----------
    value : `object`
        Mappings with text keys, lists, tuples, text, numbers, `bool`, `None`.

    Returns
    -------
    data : `bytes`
        UTF-8, keys sorted by code point, no blanks, one line feed at the end.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8") + b"\n"


def decode_json(data: str | bytes, *, source: str) -> str:
    """Read the characters of a JSON text.

    Parameters
    ----------
    data : `str` or `bytes`
        The whole text; bytes must be UTF-8.
    source : `str`
        File name or URL, for error messages only.

    Returns
    -------
    text : `str`
        The same text.

    Raises
    ------
    FormatError
        Raised if the bytes are not UTF-8, or the text has half a surrogate
        pair and could not be written.
    """
    if isinstance(data, str):
        return _checked(data, source)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        message = f"byte 0x{data[error.start]:02x} is not UTF-8"
        raise _at(before, len(before), message, source) from error


def _checked(text: str, source: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise _at(text, error.start, "half of a surrogate pair is no text", source) from error
    return text


def parse_json(data: str | bytes, *, source: str) -> object:
    """Read one JSON value and refuse what only looks like one.

    Parameters
    ----------
    data : `str` or `bytes`
        The whole text; bytes must be UTF-8 without a mark in front.
    source : `str`
        File name or URL, for error messages only.

    Returns
    -------
    value : `object`
        Of `dict`, `list`, `str`, `int`, `float`, `bool` and `None`.

    Raises
    ------
    FormatError
        Raised if the text is not JSON (RFC 8259), has a key twice in one
        object, a number that is not finite or absurdly long, half a surrogate
        pair in a text, or more levels than Python can follow.
    """
    text = decode_json(data, source=source)
    try:
        value: object = json.loads(
            text,
            object_pairs_hook=_read_object,
            parse_constant=_refuse,
            # Asked for each of many thousands, it would take most of the time.
            parse_int=_read_int if _may_have_long_numbers(text) else None,
            parse_float=_read_float,
        )
    except json.JSONDecodeError as error:
        message = error.msg[:1].lower() + error.msg[1:]
        raise _at(text, error.pos, message, source) from error
    except RecursionError as error:
        raise FormatError("the document is nested too deeply", source=source) from error
    except _SuspiciousError:
        value = None
    else:
        if _SURROGATE.search(text) is None:
            return value
    _explain(text, source)
    return value


def locate(text: str, problems: Iterable[tuple[JsonPath, str]], *, source: str) -> tuple[FormatError, ...]:
    """Say what is wrong with values of a document, and where they stand.

    Parameters
    ----------
    text : `str`
        A text that `parse_json` could read.
    problems : `~collections.abc.Iterable` [ `tuple` [ `JsonPath`, `str` ] ]
        Each with what was found and what was expected. A value that is
        missing is looked for in what should hold it.
    source : `str`
        File name or URL.

    Returns
    -------
    errors : `tuple` [ `FormatError`, ... ]
        With line, column and the path in JSONPath's spelling, in the order of
        the text.
    """
    # Values, not keys: the whole has no key, and a value's place says as much.
    places = {place.path: place.position for place in find_places(text) if not place.is_key}
    found = []
    for path, problem in problems:
        known = path
        while known not in places:
            known = known[:-1]
        found.append((places[known], f"`{show_path(path)}`: {problem}"))
    return tuple(_at(text, position, message, source) for position, message in sorted(found))


class _SuspiciousError(Exception):
    """The decoder took something that we may not; `_explain` says what and where."""


def _read_object(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _SuspiciousError
    return found


def _refuse(raw: str) -> NoReturn:
    raise _SuspiciousError(raw)


def _read_int(raw: str) -> int:
    if len(raw) > _LONGEST_NUMBER:
        raise _SuspiciousError
    return int(raw)


def _may_have_long_numbers(text: str) -> bool:
    """Look for too many digits, which may also be part of a text."""
    return _LONG_NUMBER in f",{text}".encode().translate(_NUMBERS)


def _read_float(raw: str) -> float:
    number = float(raw)
    if not math.isfinite(number) or len(raw) > _LONGEST_NUMBER:
        raise _SuspiciousError
    return number


def _explain(text: str, source: str) -> None:
    """Raise for the first key or value that we refuse, if there is one."""
    seen: set[JsonPath] = set()
    for place in find_places(text):
        problem = _problem(place, seen)
        if problem is not None:
            raise _at(text, place.position, f"`{show_path(place.path)}`: {problem}", source)


def _problem(place: Place, seen: set[JsonPath]) -> str | None:
    raw = place.raw
    if place.is_key and place.path in seen:
        return "the key stands twice in one object"
    if place.is_key:
        seen.add(place.path)
    if raw[0] == '"':
        return None if _is_whole(json.loads(raw)) else "half of a surrogate pair is no text"
    if raw in {"NaN", "Infinity", "-Infinity"}:
        return f"{raw} is not a number in JSON"
    if raw[0] in "-0123456789":
        if len(raw) > _LONGEST_NUMBER:
            return f"a number of {len(raw)} characters is too long"
        return None if math.isfinite(float(raw)) else f"{raw} is too large"
    return None


def _is_whole(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _at(text: str, position: int, message: str, source: str) -> FormatError:
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    line = text[start : end if end >= 0 else None]
    return FormatError(
        message,
        source=source,
        line=text.count("\n", 0, position) + 1,
        column=position - start + 1,
        text=line if len(line) <= _LONGEST_LINE else None,
    )
