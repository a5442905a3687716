"""Reads one JSON document of a known shape, with the place of every problem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from lsstinstall.core.errors import InvalidNameError, ProblemsError
from lsstinstall.core.jsontexts import decode_json, locate, parse_json
from lsstinstall.core.shapes import BrokenError, Reading, Text

if TYPE_CHECKING:
    from lsstinstall.core.jsonplaces import JsonPath
    from lsstinstall.core.shapes import Shape

__all__ = ["ANY_TEXT", "WORD", "AnyObject", "read_record"]

T = TypeVar("T")


def read_record(shape: Shape[T], data: str | bytes, *, source: str, kind: str) -> T:
    """Read a document.

    Parameters
    ----------
    shape : `Shape`
        What it has to look like.
    data : `str` or `bytes`
        All of it.
    source : `str`
        File name, digest or URL, for error messages only.
    kind : `str`
        What it should be, with its article.

    Returns
    -------
    value : any
        What the shape makes of it.

    Raises
    ------
    FormatError
        Raised if it is not JSON.
    ProblemsError
        Raised if it has another shape; holds every problem with its place.
    """
    text = decode_json(data, source=source)
    reading = Reading()
    try:
        return shape.read(parse_json(text, source=source), (), reading)
    except BrokenError as error:
        problems = locate(text, reading.problems, source=source)
        raise ProblemsError(f"`{source}` is not {kind}", problems) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyObject:
    """An object that is kept as it is."""

    def schema(self, definitions: dict[str, object]) -> dict[str, object]:
        """Write it as JSON Schema."""
        del definitions
        return {"type": "object"}

    def read(self, value: object, path: JsonPath, reading: Reading) -> dict[str, object]:
        """Take it."""
        if not isinstance(value, dict):
            reading.refuse(path, "expected an object")
        return value


def _parse_word(text: str) -> str:
    if not text:
        raise InvalidNameError("the text is empty")
    return text


WORD = Text(parse=_parse_word, pattern=r"^.+$", description="a word")
"""Any text but the empty one."""

ANY_TEXT = Text(parse=str, pattern="", description="any text")
"""Any text."""
