"""Carries a change of a text that was written by rule over to one that a person wrote."""

from __future__ import annotations

from difflib import SequenceMatcher

from lsstinstall.core.errors import FormatError

__all__ = ["carry_over"]


def carry_over(before: str, after: str, text: str, *, source: str) -> str:
    """Do to a text what was done to another one that says the same.

    Parameters
    ----------
    before, after : `str`
        Written by rule, without and with the change.
    text : `str`
        Says what ``before`` says, perhaps with comments and in other words.
    source : `str`
        Name of the text in errors.

    Returns
    -------
    text : `str`
        With the change; all other lines are as they were.

    Raises
    ------
    FormatError
        Raised if lines to be changed are not written by rule; with the line.
    """
    if text == before:
        return after
    old, new, lines = (one.splitlines(keepends=True) for one in (before, after, text))
    places = _places(old, lines)
    result: list[str] = []
    done = 0
    for tag, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        # What is only added stands behind the line before it.
        needed = range(start, end) if end > start else range(start - 1, start)
        at = [places.get(number) for number in needed]
        if None in at or at != list(range(at[0] or 0, (at[0] or 0) + len(at))):
            raise _unusual(at, old[needed[0]], lines, source)
        first = (at[0] or 0) + (0 if end > start else 1)
        result += [*lines[done:first], *new[new_start:new_end]]
        done = first + (end - start)
    return "".join([*result, *lines[done:]])


def _places(old: list[str], lines: list[str]) -> dict[int, int]:
    """Find the lines of one text in the other."""
    found = {}
    for block in SequenceMatcher(None, old, lines, autojunk=False).get_matching_blocks():
        found.update({block.a + number: block.b + number for number in range(block.size)})
    return found


def _unusual(at: list[int | None], wanted: str, lines: list[str], source: str) -> FormatError:
    known = next((place for place in at if place is not None), 0)
    return FormatError(
        "what has to be changed is not written as the ledger's own format has it",
        source=source,
        line=known + 1,
        column=1,
        text=lines[known].rstrip("\n"),
        hint=f"write a line `{wanted.strip()}`",
    )
