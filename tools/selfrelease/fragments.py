"""Fragments of the change log: one small file for each change that users notice."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from lsstinstall.core.errors import FormatError, ProblemsError, ToolkitError, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["FOLDER", "ChangeFragment", "ChangeKind", "format_fragments", "parse_fragment", "parse_fragments"]

FOLDER = ".github/changes"
"""Where fragments lie, from the top of the checkout."""

# DM-12345.feature.md, DM-12345.bugfix.2.md, and without a ticket +faster-tags.perf.md
_NAME = re.compile(r"(?P<key>[A-Z]+-[1-9]\d*|\+[a-z0-9-]+)\.(?P<kind>[a-z]+)(?:\.(?P<number>[1-9]\d*))?\.md")
_WIDTH = 120


class ChangeKind(StrEnum):
    """What a change is; in the order of the change log."""

    FEATURE = "feature"
    BUGFIX = "bugfix"
    API = "api"
    PERF = "perf"
    REMOVAL = "removal"
    MISC = "misc"

    @property
    def heading(self) -> str:
        """What stands above such changes."""
        return _TITLES[self]


_TITLES = {
    ChangeKind.FEATURE: "New features",
    ChangeKind.BUGFIX: "Mended",
    ChangeKind.API: "Changed interfaces",
    ChangeKind.PERF: "Faster",
    ChangeKind.REMOVAL: "Removed",
    ChangeKind.MISC: "Other changes",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFragment:
    """One change.

    Parameters
    ----------
    key : `str`
        Of the ticket; empty if there is none.
    kind : `ChangeKind`
        What it is.
    number : `int`
        To tell several of one ticket and kind apart, from 1.
    text : `str`
        Markdown for users, one or more lines, none empty.
    name : `str`
        Of the file.
    """

    key: str
    kind: ChangeKind
    number: int
    text: str
    name: str

    @property
    def order(self) -> tuple[str, int, int, str]:
        """By ticket, those without one last."""
        project, _, number = self.key.partition("-")
        return project or "~", int(number or 0), self.number, self.name


def parse_fragment(name: str, text: str) -> ChangeFragment:
    """Read one fragment.

    Parameters
    ----------
    name : `str`
        Of the file, without a folder.
    text : `str`
        Its content.

    Returns
    -------
    fragment : `ChangeFragment`
        Without blanks at the ends of lines.

    Raises
    ------
    FormatError
        Raised if the name or the kind is wrong, or nothing is said, or several
        paragraphs, or a heading.
    """
    source = f"{FOLDER}/{name}"
    kinds = ", ".join(f"`{kind}`" for kind in ChangeKind)
    match = _NAME.fullmatch(name)
    if match is None:
        hint = f"name it `DM-12345.KIND.md`, or `+few-words.KIND.md` without a ticket; kinds are {kinds}"
        raise FormatError(f"`{shown(name)}` is no name of a fragment", source=source, hint=hint)
    if match["kind"] not in set(ChangeKind):
        raise FormatError(
            f"there is no kind `{match['kind']}` of changes", source=source, hint=f"kinds are {kinds}"
        )
    lines = [line.rstrip() for line in text.strip().splitlines()]
    if not lines:
        raise FormatError(
            "it says nothing", source=source, hint="write a sentence for users in the present tense"
        )
    for number, line in enumerate(lines, start=1):
        if not line or line.startswith("#"):
            hint = "one paragraph, or lines that begin with a hyphen; headings come from the kind"
            raise FormatError("a fragment is one paragraph", source=source, line=number, text=line, hint=hint)
    return ChangeFragment(
        key="" if match["key"].startswith("+") else match["key"],
        kind=ChangeKind(match["kind"]),
        number=int(match["number"] or 1),
        text="\n".join(lines),
        name=name,
    )


def parse_fragments(texts: Mapping[str, str]) -> tuple[ChangeFragment, ...]:
    """Read all fragments.

    Parameters
    ----------
    texts : `~collections.abc.Mapping` [ `str`, `str` ]
        Name of each file to its content.

    Returns
    -------
    fragments : `tuple` [ `ChangeFragment`, ... ]
        In the order of the change log.

    Raises
    ------
    ProblemsError
        Raised with all that are wrong.
    """
    fragments: list[ChangeFragment] = []
    problems: list[ToolkitError] = []
    for name, text in texts.items():
        try:
            fragments.append(parse_fragment(name, text))
        except ToolkitError as error:
            problems.append(error)
    if problems:
        raise ProblemsError("fragments of the change log are wrong", problems)
    kinds = list(ChangeKind)
    return tuple(sorted(fragments, key=lambda one: (kinds.index(one.kind), one.order)))


def format_fragments(fragments: Sequence[ChangeFragment]) -> str:
    """Write a part of the change log.

    Parameters
    ----------
    fragments : `~collections.abc.Sequence` [ `ChangeFragment` ]
        In the order of the change log.

    Returns
    -------
    text : `str`
        A heading and a list for each kind that there is; empty for none.
    """
    groups = {kind: [_item(one) for one in fragments if one.kind is kind] for kind in ChangeKind}
    parts = [f"### {kind.heading}\n\n" + "\n".join(items) + "\n" for kind, items in groups.items() if items]
    return "\n".join(parts)


def _item(fragment: ChangeFragment) -> str:
    return "\n".join(_indented(_with_key(fragment.text.splitlines(), fragment.key)))


def _with_key(lines: list[str], key: str) -> list[str]:
    if not key:
        return lines
    longer = f"{lines[-1]} ({key})"
    # Two characters are taken by the hyphen and the blank of the list.
    return [*lines[:-1], longer] if len(longer) <= _WIDTH - 2 else [*lines, f"({key})"]


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"{'- ' if place == 0 else '  '}{line}" for place, line in enumerate(lines)]
