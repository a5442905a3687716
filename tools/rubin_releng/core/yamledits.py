"""Edits of YAML texts that leave all other lines as they are: comments, quotes, order."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from rubin_releng.core.spannedvalues import SpannedMapping, SpannedScalar, TextEdit

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from rubin_releng.core.spannedvalues import SpannedDocument

__all__ = ["append_to", "insert_behind", "put_before", "remove_entries", "replace_scalar"]

# What is a text without quotes, in every version of YAML: `main`, `1.9.0`, `python/`, `!=1.9.0` is none.
_PLAIN = re.compile(r"[A-Za-z./_][A-Za-z0-9./_+@-]*|\d+(?:\.\d+){2,}")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


def replace_scalar(document: SpannedDocument, scalar: SpannedScalar, value: str) -> TextEdit:
    """Give a scalar another value, in the quotes it has.

    Parameters
    ----------
    document : `~rubin_releng.core.spannedvalues.SpannedDocument`
        The text.
    scalar : `~rubin_releng.core.spannedvalues.SpannedScalar`
        In it.
    value : `str`
        The new value; one of several lines becomes a block below the key.

    Returns
    -------
    edit : `~rubin_releng.core.spannedvalues.TextEdit`
        To be applied.
    """
    raw = document.text[scalar.start : scalar.end]
    if "\n" in value:
        start = document.line_start(scalar.start)
        line = document.text[start : scalar.start]
        # In braces there are no blocks.
        if line.lstrip(" ")[:1] in {"{", "["} or "{" in line:
            return TextEdit(start=scalar.start, end=scalar.end, text=json.dumps(value, ensure_ascii=False))
        depth = len(line) - len(line.lstrip(" ")) + 2
        rows = "".join(f"{document.newline}{' ' * depth}{one}" for one in value.splitlines())
        return TextEdit(start=scalar.start, end=scalar.end, text=f"|{rows}")
    if raw[:1] == "'":
        text = "'" + value.replace("'", "''") + "'"
    elif raw[:1] == '"':
        text = json.dumps(value, ensure_ascii=False)
    else:
        plain = raw == scalar.value and value == scalar.value
        text = value if plain or _is_plain(value) else json.dumps(value, ensure_ascii=False)
    return TextEdit(start=scalar.start, end=scalar.end, text=text)


def remove_entries(
    document: SpannedDocument, mapping: SpannedMapping, keys: Collection[str]
) -> tuple[TextEdit, ...]:
    """Take entries out of a mapping that keeps others: their lines, or their parts of the braces.

    Parameters
    ----------
    document : `~rubin_releng.core.spannedvalues.SpannedDocument`
        The text.
    mapping : `~rubin_releng.core.spannedvalues.SpannedMapping`
        In it.
    keys : `~collections.abc.Collection` [ `str` ]
        Of entries that go.

    Returns
    -------
    edits : `tuple` [ `~rubin_releng.core.spannedvalues.TextEdit`, ... ]
        In file order; none touches an entry that stays.
    """
    entries = mapping.entries
    places = [place for place, (name, _) in enumerate(entries) if name.value in keys]
    kept = [place for place in range(len(entries)) if place not in places]
    return tuple(_removal(document, mapping, place, last=max(kept, default=-1)) for place in places)


def _removal(document: SpannedDocument, mapping: SpannedMapping, place: int, *, last: int) -> TextEdit:
    name, value = mapping.entries[place]
    if not mapping.flow:
        end = document.line_end(_last(document, value.end))
        behind = document.text.find("\n", end) + 1
        return TextEdit(start=document.line_start(name.start), end=behind or len(document.text), text="")
    # A comma goes with what stands before it, but with the last ones the one before them.
    if place < last:
        return TextEdit(start=name.start, end=mapping.entries[place + 1][0].start, text="")
    start = mapping.entries[place - 1][1].end if place else name.start
    return TextEdit(start=start, end=value.end, text="")


def append_to(
    document: SpannedDocument, mapping: SpannedMapping, entries: Sequence[tuple[str, str]]
) -> TextEdit:
    """Add entries behind the last one of a mapping."""
    if mapping.flow:
        # Behind the last value, or the opening brace.
        place = mapping.entries[-1][1].end if mapping.entries else mapping.start + 1
        told = ", ".join(f"{key}: {_flow(value)}" for key, value in entries)
        return TextEdit(start=place, end=place, text=f", {told}" if mapping.entries else told)
    first = mapping.entries[0][0].start
    depth = first - document.line_start(first)
    place = document.line_end(_last(document, mapping.end))
    rows = "".join(f"{document.newline}{' ' * depth}{key}: {value}" for key, value in entries)
    return TextEdit(start=place, end=place, text=rows)


def insert_behind(
    document: SpannedDocument,
    mapping: SpannedMapping,
    key: str,
    blocks: Sequence[tuple[str, Sequence[tuple[str, str]]]],
) -> TextEdit:
    """Put mappings behind an entry.

    Parameters
    ----------
    document : `~rubin_releng.core.spannedvalues.SpannedDocument`
        The text.
    mapping : `~rubin_releng.core.spannedvalues.SpannedMapping`
        What gets them.
    key : `str`
        Of the entry they follow, a scalar on one line.
    blocks : `~collections.abc.Sequence`
        Name of each, and its entries.

    Returns
    -------
    edit : `~rubin_releng.core.spannedvalues.TextEdit`
        To be applied.
    """
    name, value = next(entry for entry in mapping.entries if entry[0].value == key)
    if mapping.flow:
        told = "".join(
            f", {block}: {{{', '.join(f'{one}: {_flow(what)}' for one, what in entries)}}}"
            for block, entries in blocks
        )
        return TextEdit(start=value.end, end=value.end, text=told)
    depth = name.start - document.line_start(name.start)
    rows: list[str] = []
    for block, entries in blocks:
        rows += [f"{' ' * depth}{block}:", *(f"{' ' * (depth + 2)}{one}: {what}" for one, what in entries)]
    place = document.line_end(value.end)
    return TextEdit(start=place, end=place, text="".join(f"{document.newline}{row}" for row in rows))


def put_before(document: SpannedDocument, mapping: SpannedMapping, key: str, line: str) -> TextEdit:
    """Put a line and an empty one before an entry of a block, and before the comment that is about it."""
    name = next(name for name, _ in mapping.entries if name.value == key)
    place = document.line_start(name.start)
    while place:
        above = document.line_start(place - 1)
        if not document.text[above:place].lstrip(" ").startswith("#"):
            break
        place = above
    ends = document.newline
    return TextEdit(start=place, end=place, text=f"{line}{ends}{ends}")


def _last(document: SpannedDocument, end: int) -> int:
    """Find the last character of a value; a block of text ends with lines that are empty."""
    while end and document.text[end - 1] in "\r\n":
        end -= 1
    return end


def _is_plain(value: str) -> bool:
    return _PLAIN.fullmatch(value) is not None and value.lower() not in _WORDS


def _flow(value: str) -> str:
    return value if _is_plain(value) or value in {"true", "false"} else json.dumps(value, ensure_ascii=False)
