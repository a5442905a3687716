"""A change log as an HTML page, which is whole without a script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rubin_releng.changelog.htmlframes import frame_of_file, render
from rubin_releng.changelog.models import Flag, Relation, State
from rubin_releng.changelog.outlines import FRAGMENT_KINDS, count, count_bots, mentions, news_by_kind
from rubin_releng.changelog.pageentries import side_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rubin_releng.changelog.environments import EnvironmentChanges, PackageChange
    from rubin_releng.changelog.htmlframes import Frame
    from rubin_releng.changelog.models import ChangeLog, ProductChanges
    from rubin_releng.changelog.outlines import Mention, News

__all__ = ["changelog_to_html"]

_MARKS = (
    (Flag.BACKPORT, "backport", "other"),
    (Flag.RESTORED, "restored", "good"),
    (Flag.NESTED, "nested", ""),
    (Flag.UNKNOWN_PROJECT, "unknown project", "care"),
)
_STATES = {
    State.CHANGED: ("changed", ""),
    State.ADDED: ("added", "good"),
    State.RETURNED: ("back again", "good"),
    State.REMOVED: ("removed", "bad"),
    State.LEGACY: ("to legacy", "bad"),
    State.RENAMED: ("renamed", "other"),
    State.UNKNOWN: ("not known", "care"),
}
_RELATIONS = {Relation.BACKWARD: ("moved back", "bad"), Relation.DIVERGED: ("diverged", "care")}
_UP = "up"
_MANY = 25
_QUIET = ((State.REBUILT, "rebuilt without a change of their own"), (State.UNCHANGED, "unchanged"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Environment:
    """What the page says of the environment; rows are word, look and package."""

    sentence: str
    direct: tuple[tuple[str, str, PackageChange], ...]
    raised: tuple[tuple[str, str, PackageChange], ...]
    others: tuple[tuple[str, str, PackageChange], ...]
    reason: str | None
    doubt: str = ""


def changelog_to_html(changelog: ChangeLog, *, frame: Frame | None = None) -> str:
    """Write a change log as an HTML page.

    Parameters
    ----------
    changelog : `ChangeLog`
        Any change log.
    frame : `Frame` or `None`, optional
        The site that it is part of; `None` for a page that needs no other
        file.

    Returns
    -------
    page : `str`
        With an anchor for each ticket (``#DM-1001``) and each product
        (``#p-afw``). Equal change logs give equal pages.
    """
    values = {
        "log": changelog,
        "name": side_name(changelog.new),
        "old_name": side_name(changelog.old),
        "base": changelog.base,
        "marks": _MARKS,
        "bots": count_bots(changelog),
        "facts": _facts(changelog),
        "environment": _environment(changelog),
        "news": mentions(changelog, lambda product: product.tickets),
        "lost": mentions(changelog, lambda product: product.only_in_from, lost=True),
        "already": mentions(changelog, lambda product: product.already_in_from),
        "reverted": mentions(changelog, lambda product: product.reverted),
        "repositories": {product.name: product.repository for product in changelog.products},
        "kinds": _kinds,
        **_products(changelog),
        **_notes(changelog),
    }
    values["contents"] = _contents(changelog, values)
    return render("release.html.j2", frame_of_file() if frame is None else frame, values)


def _facts(changelog: ChangeLog) -> list[tuple[str, str]]:
    new = changelog.new
    git_tag = None if new.tag is None else new.tag.git()
    states = [product.state for product in changelog.products]
    facts = [
        ("Date", None if new.date is None else f"{new.date.day} {new.date:%B %Y}"),
        ("Git tag", None if git_tag is None else git_tag.name),
        ("Build", new.build),
        ("rubin-env", _environment_of(changelog)),
        ("Base weekly", None if changelog.base is None else changelog.base.name),
        ("Backports", None if changelog.base is None else f"{len(changelog.backports):,}"),
        ("Changed products", f"{states.count(State.CHANGED):,} of {len(states):,}"),
        ("Rebuilt only", f"{states.count(State.REBUILT):,}"),
    ]
    return [(term, value) for term, value in facts if value is not None]


def _environment_of(changelog: ChangeLog) -> str | None:
    changes = changelog.environment
    return changelog.new.environment if changes is None else changes.to_version or changelog.new.environment


def _environment(changelog: ChangeLog) -> _Environment | None:
    changes = changelog.environment
    old = changelog.old.environment if changes is None else changes.from_version
    new = changelog.new.environment if changes is None else changes.to_version
    if changes is None:
        return (
            None
            if new is None
            else _Environment(sentence=_versions(old, new), direct=(), raised=(), others=(), reason=None)
        )
    rows = _packages(changes)
    sentence = _versions(old, new)
    if changes.rebuilt:
        sentence += f" {count(changes.rebuilt, 'package')} only built again."
    direct = tuple(row for row in rows if row[2].direct)
    # A new year's environment raises nearly all of them, and tickets should not be pages away.
    raised = tuple(row for row in direct if row[0] == _UP) if len(direct) > _MANY else ()
    return _Environment(
        sentence=sentence,
        direct=tuple(row for row in direct if row not in raised),
        raised=raised,
        others=tuple(row for row in rows if not row[2].direct),
        reason=changes.reason,
        # With packages it is a remark on how they were found.
        doubt="Packages are not known: " if changes.empty else "",
    )


def _packages(changes: EnvironmentChanges) -> list[tuple[str, str, PackageChange]]:
    return [
        (word, look, package)
        for word, look, packages in (
            ("added", "good", changes.added),
            ("removed", "bad", changes.removed),
            (_UP, "", changes.up),
            ("down", "care", changes.down),
            ("limits", "other", changes.changed),
        )
        for package in packages
    ]


def _versions(old: str | None, new: str | None) -> str:
    if new is None:
        return "The version of rubin-env is not known."
    if old is None:
        return f"rubin-env {new}."
    return f"rubin-env {new}, as before." if old == new else f"rubin-env {new}, before {old}."


def _products(changelog: ChangeLog) -> dict[str, object]:
    """Show products with something to tell in a table, each with a word and its look; fold the others."""
    by_state: dict[State, list[ProductChanges]] = {}
    shown = []
    for product in changelog.products:
        state = product.state
        if state in _STATES:
            is_changed = state is State.CHANGED
            marks = _RELATIONS.get(product.relation) if is_changed else None
            shown.append((product, *(_STATES[state] if marks is None else marks)))
        else:
            by_state.setdefault(state, []).append(product)
    quiet = [
        (f"{count(len(by_state[state]), 'product')} {words}", by_state[state])
        for state, words in _QUIET
        if state in by_state
    ]
    # What nobody knows has least to tell.
    shown.sort(key=lambda row: row[0].state is State.UNKNOWN)
    return {"shown_products": shown, "quiet_products": quiet}


def _kinds(mention: Mention) -> str:
    kinds = {change.kind.value for place in mention.places for change in place.changes}
    return " ".join(sorted(kinds)) or "merge"


def _notes(changelog: ChangeLog) -> dict[str, object]:
    """Give the first note of each ticket the anchor that its row points to."""
    noted = set()
    notes = []
    for kind, found in news_by_kind(changelog).items():
        rows: list[tuple[str | None, News]] = []
        for news in found:
            ticket = news.fragment.ticket
            is_first = ticket is not None and ticket not in noted
            noted.add(ticket)
            rows.append((f"note-{ticket}" if is_first else None, news))
        notes.append((FRAGMENT_KINDS.get(kind, kind), rows))
    return {"notes": notes, "noted": noted, "note_count": sum(len(rows) for _, rows in notes)}


def _contents(changelog: ChangeLog, values: dict[str, object]) -> Sequence[tuple[str, str, int | None]]:
    def size(name: str) -> int:
        found = values[name]
        return len(found) if isinstance(found, tuple) else 0

    sections = (
        ("environment", "Environment", None, values["environment"] is not None),
        ("products", "Products", len(changelog.products), True),
        ("tickets", "Tickets", size("news"), True),
        ("lost", f"Only in {values['old_name']}", size("lost"), bool(values["lost"])),
        ("already", f"Already in {values['old_name']}", size("already"), bool(values["already"])),
        ("reverted", "Reverted", size("reverted"), bool(values["reverted"])),
        ("notes", "Notes", values["note_count"], bool(values["notes"])),
        ("direct", "Without a ticket", None, bool(changelog.sweeps or values["bots"])),
        ("warnings", "Doubtful or missing", len(changelog.warnings), bool(changelog.warnings)),
    )
    return [
        (name, title, number if isinstance(number, int) else None)
        for name, title, number, shown in sections
        if shown
    ]
