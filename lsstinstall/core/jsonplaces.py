"""Where each key and value of a JSON text stands, for messages about it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["JsonPath", "Place", "find_places", "show_path"]

JsonPath: TypeAlias = "tuple[str | int, ...]"
"""Keys and indexes from the top to a value; empty for the whole."""

_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+)', re.DOTALL)
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One key or one value in a JSON text.

    Parameters
    ----------
    path : `JsonPath`
        Of the value; a key has the path of its value.
    position : `int`
        Characters before it.
    raw : `str`
        As it is written; only the bracket of an object or a list.
    is_key : `bool`
        Whether it is a key.
    """

    path: JsonPath
    position: int
    raw: str
    is_key: bool


def show_path(path: JsonPath) -> str:
    """Write a path as JSONPath does (RFC 9535).

    Parameters
    ----------
    path : `JsonPath`
        Keys and indexes.

    Returns
    -------
    text : `str`
        ``$.products[3].binaries["linux-64"]``.
    """
    return "$" + "".join(_show_step(step) for step in path)


def _show_step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _PLAIN_KEY.fullmatch(step) else f"[{json.dumps(step, ensure_ascii=False)}]"


def find_places(text: str) -> Iterator[Place]:
    """Find every key and value of a text that `json.loads` can read.

    Parameters
    ----------
    text : `str`
        JSON, or what Python takes for it.

    Yields
    ------
    place : `Place`
        In the order of the text; a key comes before its value.
    """
    # One step per open bracket: an index in a list, a key (or none yet) in an object.
    steps: list[str | int | None] = []
    expects_key = False
    for match in _TOKEN.finditer(text):
        raw, position = match.group(1), match.start(1)
        if raw in "]}":
            steps.pop()
            expects_key = False
        elif raw == ",":
            last = steps[-1]
            expects_key = not isinstance(last, int)
            steps[-1] = last + 1 if isinstance(last, int) else last
        elif expects_key and raw != ":":
            steps[-1] = json.loads(raw)
            expects_key = False
            yield Place(path=_path(steps), position=position, raw=raw, is_key=True)
        elif raw != ":":
            yield Place(path=_path(steps), position=position, raw=raw, is_key=False)
            if raw in "[{":
                expects_key = raw == "{"
                steps.append(None if expects_key else 0)


def _path(steps: list[str | int | None]) -> JsonPath:
    return tuple(step for step in steps if step is not None)
