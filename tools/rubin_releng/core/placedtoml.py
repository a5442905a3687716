"""TOML texts as plain values that know their line."""

from __future__ import annotations

import re
import tomllib

from lsstinstall.core.errors import FormatError
from rubin_releng.core.placedvalues import (
    PlacedDocument,
    PlacedList,
    PlacedMapping,
    PlacedScalar,
    PlacedValue,
)

__all__ = ["place_toml"]

# The parser says where it stopped only in words.
_PLACE = re.compile(r" \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")


def place_toml(text: str, *, source: str) -> PlacedDocument:
    """Read a TOML text.

    Parameters
    ----------
    text : `str`
        The whole text.
    source : `str`
        File name, for error messages only.

    Returns
    -------
    document : `PlacedDocument`
        Places are those of the lines that begin with a key or a table's
        name; a value in the middle of a line has the place of that line.

    Raises
    ------
    FormatError
        Raised if the text is not TOML.
    """
    lines = tuple(text.splitlines())
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _broken(str(error), lines, source) from error
    root = _Places(lines).mapping(content, 0, len(lines), path=())
    return PlacedDocument(root=root, source=source, lines=lines)


def _broken(message: str, lines: tuple[str, ...], source: str) -> FormatError:
    match = _PLACE.search(message)
    line = int(match["line"]) if match is not None and match["line"] else max(len(lines), 1)
    column = int(match["column"]) if match is not None and match["column"] else 1
    problem = message[: match.start()] if match is not None else message
    return FormatError(
        problem[:1].lower() + problem[1:],
        source=source,
        line=line,
        column=column,
        text=lines[line - 1] if line <= len(lines) else None,
    )


class _Places:
    """Finds keys and tables in lines that are known to be right."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        self._lines = lines

    def mapping(
        self, content: dict[str, object], start: int, end: int, *, path: tuple[str, ...]
    ) -> PlacedMapping:
        """Place a table whose lines are known; its first line is its own place."""
        entries = []
        for key, value in content.items():
            line = self._line_of(key, start, end, path)
            place = PlacedScalar(value=key, line=line + 1, column=1)
            entries.append((place, self._value(value, line, end, (*path, key))))
        return PlacedMapping(entries=tuple(entries), line=min(start, max(end - 1, 0)) + 1, column=1)

    def _value(self, value: object, line: int, end: int, path: tuple[str, ...]) -> PlacedValue:
        if isinstance(value, dict):
            return self.mapping(value, line, end, path=path)
        if isinstance(value, list):
            headers = self._headers(path, line, end)
            starts = headers if len(headers) == len(value) else [line] * len(value)
            ends = [*starts[1:], end][: len(starts)]
            items = (
                self._value(item, first, max(last, first + 1), path)
                for item, first, last in zip(value, starts, ends, strict=True)
            )
            return PlacedList(items=tuple(items), line=line + 1, column=1)
        # Times and dates of TOML are those of Python.
        return PlacedScalar(value=value, line=line + 1, column=1)  # type: ignore[arg-type]

    def _line_of(self, key: str, start: int, end: int, path: tuple[str, ...]) -> int:
        quoted = rf"[\"']?{re.escape(key)}[\"']?"
        table = r"\.".join(re.escape(part) for part in (*path, key))
        pattern = re.compile(rf"\s*(?:{quoted}\s*[.=]|\[\[?\s*{table}\s*[\].])|.*[{{,]\s*{quoted}\s*=")
        return next((line for line in range(start, end) if pattern.match(self._lines[line])), start)

    def _headers(self, path: tuple[str, ...], start: int, end: int) -> list[int]:
        header = re.compile(r"\s*\[\[\s*" + r"\.".join(re.escape(part) for part in path) + r"\s*\]\]")
        return [line for line in range(start, end) if header.match(self._lines[line])]
