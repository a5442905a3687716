"""A change log as reStructuredText, for the release pages of the Pipelines' documentation.

Format: ``releases/tickets/vXX_Y_0.rst`` and the head of ``releases/vXX_Y_0.rst``
in ``lsst/pipelines_lsst_io``; ``:jira:`` is a role of that documentation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.tags import EupsTag, TagKind
from rubin_releng.changelog.links import repository_page
from rubin_releng.changelog.models import State
from rubin_releng.changelog.outlines import count, mentions
from rubin_releng.changelog.pageentries import PageKind, side_name
from rubin_releng.changelog.prose import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rubin_releng.changelog.models import ChangeLog
    from rubin_releng.changelog.pageentries import PageEntry
    from rubin_releng.changelog.sides import Side

__all__ = [
    "changelog_to_rst_header",
    "changelog_to_rst_tickets",
    "entries_to_rst",
    "family_to_rst",
    "rst_name",
]

_SPECIAL = re.compile(r"([\\*_`|])")
_NO_LABEL = re.compile(r"[^a-z0-9]+")
_FINAL = frozenset({TagKind.RELEASE, TagKind.CANDIDATE})
# The product that holds nothing but the installer's own scripts.
_TOP = "lsst"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """One release on a ticket page; tickets are key, title, products and whether they were backported."""

    tag: EupsTag | None
    name: str
    base: str | None
    tickets: tuple[tuple[str, str | None, Sequence[str], bool], ...]


def changelog_to_rst_tickets(changelog: ChangeLog) -> str:
    """Write the ticket page of one release.

    Parameters
    ----------
    changelog : `ChangeLog`
        Any change log.

    Returns
    -------
    text : `str`
        A label, a title and a line for each ticket; tickets that were
        backported stand apart where the base weekly is known.
    """
    return family_to_rst((changelog,))


def family_to_rst(changelogs: Sequence[ChangeLog]) -> str:
    """Write the ticket page of a release and its patch releases.

    Parameters
    ----------
    changelogs : `~collections.abc.Sequence` [ `ChangeLog` ]
        Of one family, in any order; at least one.

    Returns
    -------
    text : `str`
        One label for the family, then one section for each release, the
        newest first.
    """
    return _family([_section_of(changelog) for changelog in changelogs])


def entries_to_rst(entries: Iterable[PageEntry]) -> dict[str, str]:
    """Write the ticket pages of all families of releases.

    Parameters
    ----------
    entries : `~collections.abc.Iterable` [ `PageEntry` ]
        Pages; those that are about no release are left out.

    Returns
    -------
    texts : `dict` [ `str`, `str` ]
        By name of the family, as `rst_name` says it; the same text as
        `family_to_rst` writes.
    """
    families: dict[str, list[_Section]] = {}
    for entry in entries:
        if entry.kind is PageKind.RELEASE:
            tag = EupsTag.parse(entry.tag)
            tickets = tuple((one.key, one.title, one.products, one.is_backport) for one in entry.tickets)
            section = _Section(tag=tag, name=entry.tag, base=entry.base, tickets=tickets)
            families.setdefault(_family_name(tag, entry.tag), []).append(section)
    return {name: _family(families[name]) for name in sorted(families)}


def changelog_to_rst_header(changelog: ChangeLog) -> str:
    """Write the head of a release's page.

    Parameters
    ----------
    changelog : `ChangeLog`
        Of the release with its predecessor.

    Returns
    -------
    text : `str`
        Label, title, the page with the tickets, a table of identifiers, what
        the release is based on, and the packages that came and went.
    """
    new = changelog.new
    date = "" if new.date is None else f" ({new.date.isoformat()})"
    page = f"tickets/{rst_name(new)}"
    parts = [
        f".. _{_label(new.tag, side_name(new))}:",
        _title(f"Release {_version(new.tag, side_name(new))}{date}"),
        f".. toctree::\n   :hidden:\n\n   {page}",
        _identifiers(changelog),
        _based_on(changelog),
        f"For a complete list of changes made, see :doc:`{page}`.",
    ]
    for title, states in (
        ("New packages added", {State.ADDED, State.RETURNED, State.RENAMED}),
        ("Packages removed", {State.REMOVED, State.LEGACY}),
    ):
        parts.append(_packages(changelog, title, states))
    return "\n\n".join(part for part in parts if part) + "\n"


def rst_name(side: Side) -> str:
    """Name the file of a release's family.

    Parameters
    ----------
    side : `Side`
        Any end; a release for a name that has a family.

    Returns
    -------
    name : `str`
        ``v29_1_0`` for ``v29_1_3``; without a suffix.
    """
    return _family_name(side.tag, side_name(side))


def _family_name(tag: EupsTag | None, name: str) -> str:
    if tag is None or tag.kind not in _FINAL:
        return name
    major, minor = tag.numbers[:2]
    return f"v{major}_{minor}_0"


def _order(section: _Section) -> tuple[bool, tuple[int, ...], str]:
    """Put a final release behind its candidates, and what is no release first."""
    tag = section.tag
    numbers = () if tag is None else tag.numbers
    is_final = tag is not None and tag.kind is TagKind.RELEASE
    return tag is not None, (*numbers, *([1_000_000] if is_final else [])), section.name


def _label(tag: EupsTag | None, name: str) -> str:
    return f"release-{_NO_LABEL.sub('-', _family_name(tag, name).lower()).strip('-')}"


def _version(tag: EupsTag | None, name: str) -> str:
    git_tag = None if tag is None or tag.kind not in _FINAL else tag.git()
    return _text(name if git_tag is None else git_tag.name.removeprefix("v"))


def _title(text: str) -> str:
    line = "#" * len(text)
    return f"{line}\n{text}\n{line}"


def _subtitle(text: str, mark: str) -> str:
    return f"{text}\n{mark * len(text)}"


def _family(sections: Iterable[_Section]) -> str:
    newest_first = sorted(sections, key=_order, reverse=True)
    label = _label(newest_first[0].tag, newest_first[0].name)
    return "\n\n".join([f".. _{label}-tickets:", *map(_section, newest_first)]) + "\n"


def _section_of(changelog: ChangeLog) -> _Section:
    backports = set(changelog.backports)
    return _Section(
        tag=changelog.new.tag,
        name=side_name(changelog.new),
        base=None if changelog.base is None else changelog.base.name,
        tickets=tuple(
            (
                str(mention.ticket),
                mention.title,
                tuple(place.product.name for place in mention.places),
                mention.ticket in backports,
            )
            for mention in mentions(changelog, lambda product: product.tickets)
        ),
    )


def _section(section: _Section) -> str:
    title = _title(f"Tickets Addressed in Release {_version(section.tag, section.name)}")
    shown = [
        ((key, text, products), is_backport)
        for key, text, products, is_backport in section.tickets
        if set(products) != {_TOP}
    ]
    late = [_line(*ticket) for ticket, is_backport in shown if is_backport]
    early = [_line(*ticket) for ticket, is_backport in shown if not is_backport]
    if section.base is None or not late:
        lines = [_line(*ticket) for ticket, _ in shown]
        return "\n\n".join([title, "\n".join(lines) or "No tickets."])
    # Underscores within a word are no markup, and headings are looked for by eye and by script.
    parts = [title, _subtitle(f"Tickets merged after {section.base} and backported", "-"), "\n".join(late)]
    if early:
        parts += [_subtitle(f"Tickets merged before {section.base}", "-"), "\n".join(early)]
    return "\n\n".join(parts)


def _line(key: str, title: str | None, products: Sequence[str]) -> str:
    line = None if title is None else _text(title)
    return f"- :jira:`{key}`:{f' {line}' if line else ''} [{', '.join(map(_text, products))}]"


def _identifiers(changelog: ChangeLog) -> str:
    new = changelog.new
    git_tag = None if new.tag is None else new.tag.git()
    rows = [("Source", "Identifier")]
    if git_tag is not None:
        rows.append(("Git tag", _text(git_tag.name)))
    rows.append((":doc:`EUPS distrib </install/lsstinstall>`", _text(side_name(new))))
    environment = None if changelog.environment is None else changelog.environment.to_version
    environment = new.environment if environment is None else environment
    if environment is not None:
        rows.append(("rubin-env version", _text(environment)))
    if changelog.base is not None:
        rows.append(("Base weekly", _text(changelog.base.name)))
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    rule, strong = ("+".join(["", *(mark * (width + 2) for width in widths), ""]) for mark in "-=")
    lines = [f"| {first:{widths[0]}} | {second:{widths[1]}} |" for first, second in rows]
    return "\n".join([rule, lines[0], strong, *(f"{line}\n{rule}" for line in lines[1:])])


def _based_on(changelog: ChangeLog) -> str:
    if changelog.base is None:
        return f"This release follows ``{side_name(changelog.old)}``."
    number = count(len(changelog.backports), "ticket")
    return f"This release is based on the ``{changelog.base.name}`` weekly build with {number} backported."


def _packages(changelog: ChangeLog, title: str, states: set[State]) -> str:
    lines = []
    for product in changelog.products:
        if product.state not in states:
            continue
        page = repository_page(product.repository)
        name = _text(product.name)
        shown = name if page is None else f"`{name} <{_text(page)}>`__"
        was = "" if product.renamed_from is None else f" (was {_text(product.renamed_from)})"
        lines.append(f"- {shown}{was}")
    return "\n\n".join([_subtitle(title, "="), "\n".join(lines)]) if lines else ""


def _text(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", one_line(text))
