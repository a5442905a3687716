"""Text that others wrote, made fit for one line or a few paragraphs."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Span", "one_line", "paragraphs"]

# Controls, halves of characters, and marks that turn the direction of the text that follows.
_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
# An item of a list is a paragraph of its own, with or without a blank line before it.
_BREAKS = re.compile(r"\n[ \t]*\n\s*|\n(?=[ \t]*[*+-][ \t])")
_ITEM = re.compile(r"[*+-] ")
# ``code``, `code`, :py:class:`~lsst.afw.Image`, `text <https://example.org>`_
_CODE = re.compile(r"``(?P<double>[^`]+)``|(?::[A-Za-z:]+:)?`~?(?P<single>[^`]+)`(?P<link>__?)?")
_TARGET = re.compile(r"\s*<[^<>]*>$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A piece of a paragraph.

    Parameters
    ----------
    text : `str`
        Without marks.
    is_code : `bool`
        Whether it was written as code.
    """

    text: str
    is_code: bool = False


def one_line(text: str) -> str:
    """Write a title in one line.

    Parameters
    ----------
    text : `str`
        Whatever somebody wrote.

    Returns
    -------
    line : `str`
        Runs of blanks are one space; without controls, which no format could
        hold, and without marks that turn the direction of text.
    """
    return " ".join(_CONTROLS.sub("", text).split())


def paragraphs(text: str) -> tuple[tuple[Span, ...], ...]:
    """Read the text of a news fragment.

    Parameters
    ----------
    text : `str`
        Markdown or RST, which look alike as far as we go.

    Returns
    -------
    paragraphs : `tuple` [ `tuple` [ `Span`, ... ], ... ]
        Code told from text; items of lists begin with a bullet; other marks
        stay as they are.
    """
    found = _BREAKS.split(_CONTROLS.sub("", text).replace("\r", "").strip())
    lines = (" ".join(paragraph.split()) for paragraph in found)
    return tuple(
        _spans(_ITEM.sub("\u2022 ", line, count=1) if _ITEM.match(line) else line) for line in lines if line
    )


def _spans(line: str) -> tuple[Span, ...]:
    spans = []
    end = 0
    for match in _CODE.finditer(line):
        if match.start() > end:
            spans.append(Span(text=line[end : match.start()]))
        text = match["double"] or match["single"]
        if match["link"]:
            spans.append(Span(text=_TARGET.sub("", text) or text))
        else:
            spans.append(Span(text=text, is_code=True))
        end = match.end()
    if end < len(line):
        spans.append(Span(text=line[end:]))
    return tuple(spans)
