"""A change log as Markdown, for release pages and announcements."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rubin_releng.changelog.models import Relation, State
from rubin_releng.changelog.titles import ticket_titles
from rubin_releng.core.changes import ChangeKind
from rubin_releng.core.tickets import ticket_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rubin_releng.changelog.models import ChangeLog, ProductChanges
    from rubin_releng.core.changes import Change
    from rubin_releng.core.tickets import Ticket

__all__ = ["changelog_to_markdown"]

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&#])")
_SHORT = 10


def changelog_to_markdown(changelog: ChangeLog) -> str:
    """Write a change log as Markdown.

    Parameters
    ----------
    changelog : `ChangeLog`
        Any change log.

    Returns
    -------
    text : `str`
        CommonMark; sections without content are left out. Equal change logs
        give equal texts: the time of writing is not in it.
    """
    sections = [
        f"# Changes from {_code(changelog.old.name)} to {_code(changelog.new.name)}",
        _summary(changelog),
        _environment(changelog),
        _products(changelog),
        _tickets(changelog),
        _lost(changelog),
        _per_product(
            f"Already in {_code(changelog.old.name)}",
            [(product, product.already_in_from) for product in changelog.products],
        ),
        _per_product("Merged and reverted", [(product, product.reverted) for product in changelog.products]),
        _without_ticket(changelog),
        _listed("Not known", (f"{_text(warning)}" for warning in changelog.warnings)),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _summary(changelog: ChangeLog) -> str:
    changed = sum(product.state is State.CHANGED for product in changelog.products)
    rebuilt = sum(product.state is State.REBUILT for product in changelog.products)
    tickets = len(changelog.products_of_ticket)
    return (
        f"{_count(tickets, 'ticket')} in {_count(changed, 'changed product')} of"
        f" {len(changelog.products)}; {rebuilt} rebuilt without a change of their own."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _environment(changelog: ChangeLog) -> str:
    old, new = changelog.old.environment, changelog.new.environment
    if old is None or new is None:
        return ""
    return f"rubin-env {_text(new)}" + (", as before." if old == new else f", up from {_text(old)}.")


def _products(changelog: ChangeLog) -> str:
    lines = []
    for relation, word in (
        (Relation.ADDED, "Added"),
        (Relation.REMOVED, "Removed"),
        (Relation.BACKWARD, "Moved back"),
        (Relation.DIVERGED, "Diverged"),
    ):
        names = [_code(product.name) for product in changelog.products if product.relation is relation]
        if names:
            lines.append(f"{word}: {', '.join(names)}")
    return _listed("Products", lines)


def _tickets(changelog: ChangeLog) -> str:
    titles = ticket_titles(changelog)
    return _listed(
        "Tickets",
        (
            f"{_link(ticket)}{_title(titles.get(ticket))} \\[{', '.join(_text(name) for name in products)}\\]"
            for ticket, products in changelog.products_of_ticket.items()
        ),
    )


def _title(title: str | None) -> str:
    return "" if title is None else f": {_text(title)}"


def _lost(changelog: ChangeLog) -> str:
    """Show what a user of the old side would miss; it must not be overlooked."""
    return _per_product(
        f"Only in {_code(changelog.old.name)}",
        [(product, product.only_in_from) for product in changelog.products],
    )


def _per_product(title: str, rows: Iterable[tuple[ProductChanges, Sequence[Ticket]]]) -> str:
    lines = (
        f"{_text(product.name)}: {', '.join(_link(ticket) for ticket in tickets)}"
        for product, tickets in rows
        if tickets
    )
    return _listed(title, lines)


def _without_ticket(changelog: ChangeLog) -> str:
    """Group what has no ticket: one sweep over all products is one line, and so is each program."""
    groups: dict[str, list[str]] = {}
    bots = 0
    for product in changelog.products:
        for change in product.changes:
            if change.tickets:
                continue
            if change.kind is ChangeKind.BOT:
                bots += 1
            else:
                groups.setdefault(_describe(change), []).append(
                    f"{_text(product.name)} {_code(change.sha[:_SHORT])}"
                )
    lines = [f"{what}: {', '.join(where)}" for what, where in groups.items()]
    if bots:
        lines.append(f"{_count(bots, 'update')} made by programs")
    return _listed("Without a ticket", lines)


def _describe(change: Change) -> str:
    what = change.title or change.branch or "no subject"
    return f"{_text(what)} ({_text(change.author)}, {change.time:%Y-%m-%d})"


def _listed(title: str, lines: Iterable[str]) -> str:
    shown = [f"- {line}" for line in lines]
    return "\n".join([f"## {title}", "", *shown]) if shown else ""


def _link(ticket: Ticket) -> str:
    return f"[{ticket}]({ticket_page(ticket)})"


def _text(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _code(text: str) -> str:
    """Write a name as code; a backtick in it would end that."""
    return f"`{text}`" if "`" not in text else _text(text)
