"""A change log as Markdown, for release pages and announcements."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from rubin_releng.changelog.links import comparison_page, pull_request_page
from rubin_releng.changelog.models import Flag, Relation, State
from rubin_releng.changelog.outlines import FRAGMENT_KINDS, count, count_bots, mentions, news_by_kind, summary
from rubin_releng.changelog.prose import one_line, paragraphs
from rubin_releng.core.tickets import ticket_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rubin_releng.changelog.environments import PackageChange
    from rubin_releng.changelog.models import ChangeLog, ProductChanges
    from rubin_releng.changelog.outlines import Mention, News, Place
    from rubin_releng.core.changes import Change

__all__ = ["Grouping", "changelog_to_markdown"]

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&#$])")
# A name after an `@` would be told of the release by whoever shows it.
_NAMED = re.compile(r"@(?=\w)")
_FENCE = re.compile(r"`+")
_SHORT = 10
_MARKS = {Flag.BACKPORT: "backport", Flag.RESTORED: "restored", Flag.NESTED: "nested"}


class Grouping(StrEnum):
    """How the tickets of a change log are put in order."""

    TICKET = "ticket"
    PRODUCT = "product"


def changelog_to_markdown(changelog: ChangeLog, *, by: Grouping = Grouping.TICKET) -> str:
    """Write a change log as Markdown.

    Parameters
    ----------
    changelog : `ChangeLog`
        Any change log.
    by : `Grouping`, optional
        Whether a ticket is shown once with all its products, or under each.

    Returns
    -------
    text : `str`
        CommonMark; sections without content are left out. Equal change logs
        give equal texts: the time of writing is not in it.
    """
    old = _code(changelog.old.name)
    news = mentions(changelog, lambda product: product.tickets)
    sections = [
        f"# Changes from {old} to {_code(changelog.new.name)}",
        _text(summary(changelog)),
        _base(changelog),
        _environment(changelog),
        _listed("Products", _products(changelog)),
        _listed("Tickets", map(_ticket, news)) if by is Grouping.TICKET else _by_product(changelog, news),
        _mentioned(f"Only in {old}", mentions(changelog, lambda product: product.only_in_from, lost=True)),
        _mentioned(f"Already in {old}", mentions(changelog, lambda product: product.already_in_from)),
        _mentioned("Merged and reverted", mentions(changelog, lambda product: product.reverted)),
        _backports(changelog),
        _fragments(changelog),
        _listed("Without a ticket", _without_ticket(changelog)),
        _listed("Doubtful or missing", (" ".join(_paragraphs(text)) for text in changelog.warnings)),
        f"Read from: {', '.join(map(_text, changelog.sources))}." if changelog.sources else "",
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _base(changelog: ChangeLog) -> str:
    if changelog.base is None:
        return ""
    number = count(len(changelog.backports), "ticket")
    return f"Made from {_code(changelog.base.name)}, with {number} backported."


def _environment(changelog: ChangeLog) -> str:
    """Tell the version, then direct requirements; the other packages of a lock are a number."""
    changes = changelog.environment
    old = changelog.old.environment if changes is None else changes.from_version
    new = changelog.new.environment if changes is None else changes.to_version
    lines = []
    if new is not None:
        since = "" if old is None else ", as before" if old == new else f", before {_text(old)}"
        lines.append(f"rubin-env {_text(new)}{since}.")
    if changes is not None:
        groups = (
            ("Added", changes.added),
            ("Removed", changes.removed),
            ("Up", changes.up),
            ("Down", changes.down),
            ("Limits changed", changes.changed),
        )
        items = [f"{word}: {_packages(packages)}" for word, packages in groups if packages]
        if changes.rebuilt:
            items.append(f"Only built again: {count(changes.rebuilt, 'package')}")
        lines.extend(["\n".join(f"- {item}" for item in items)] if items else [])
        doubt = "Packages are not known: " if changes.empty else ""
        lines.extend([f"{doubt}{' '.join(_paragraphs(changes.reason))}."] if changes.reason else [])
    return "\n\n".join(["## Environment", *lines]) if lines else ""


def _packages(packages: Sequence[PackageChange]) -> str:
    direct = [_package(package) for package in packages if package.direct]
    others = len(packages) - len(direct)
    if others:
        direct.append(f"{count(others, 'package')} not named by rubin-env")
    return ", ".join(direct)


def _package(package: PackageChange) -> str:
    versions = " → ".join(_text(version) for version in (package.old, package.new) if version)
    where = f" ({', '.join(map(_text, package.platforms))})" if package.platforms else ""
    return f"{_code(package.name)}{' ' if versions else ''}{versions}{where}"


def _products(changelog: ChangeLog) -> list[str]:
    lines = []
    products = changelog.products
    for state, word in (
        (State.ADDED, "Added"),
        (State.RETURNED, "Back again"),
        (State.REMOVED, "Removed"),
        (State.LEGACY, "Removed, moved to legacy"),
        (State.RENAMED, "Renamed"),
    ):
        names = [_product(product) for product in products if product.state is state]
        if names:
            lines.append(f"{word}: {', '.join(names)}")
    for relation, word in ((Relation.BACKWARD, "Moved back"), (Relation.DIVERGED, "Diverged")):
        names = [_product(product) for product in products if product.relation is relation]
        if names:
            lines.append(f"{word}: {', '.join(names)}")
    unknown = [_product(product) for product in products if product.state is State.UNKNOWN]
    return [*lines, f"Not known: {', '.join(unknown)}"] if unknown else lines


def _product(product: ProductChanges) -> str:
    name = _code(product.name)
    if product.renamed_from is not None:
        name += f" (was {_code(product.renamed_from)})"
    if product.from_commit is not None and product.to_commit is not None:
        page = comparison_page(product.repository, product.from_commit, product.to_commit)
        name = name if page is None else f"[{name}]({page})"
    if product.relation is Relation.ADDED and product.commits is not None:
        name += f" ({count(product.commits, 'commit')})"
    return name


def _by_product(changelog: ChangeLog, news: Sequence[Mention]) -> str:
    blocks = []
    for product in changelog.products:
        lines = [
            f"- {_key(mention)}{_pulls(product, place.changes)}{_marks(mention)}"
            for mention in news
            for place in mention.places
            if place.product is product
        ]
        if lines:
            blocks.append("\n".join([f"### {_code(product.name)}", "", *lines]))
    return "\n\n".join(["## Tickets", *blocks]) if blocks else ""


def _mentioned(title: str, found: Iterable[Mention]) -> str:
    return _listed(title, map(_ticket, found))


def _ticket(mention: Mention) -> str:
    where = ", ".join(map(_place, mention.places))
    return f"{_key(mention)} \\[{where}\\]{_marks(mention)}"


def _key(mention: Mention) -> str:
    title = "" if mention.title is None else f": {_text(mention.title)}"
    return f"[{mention.ticket}]({ticket_page(mention.ticket)}){title}"


def _marks(mention: Mention) -> str:
    words = [word for flag, word in _MARKS.items() if flag in mention.flags]
    return f" *({', '.join(words)})*" if words else ""


def _place(place: Place) -> str:
    return f"{_text(place.product.name)}{_pulls(place.product, place.changes)}"


def _pulls(product: ProductChanges, changes: Iterable[Change]) -> str:
    numbers = dict.fromkeys(change.pull_request for change in changes if change.pull_request is not None)
    pages = [(number, pull_request_page(product.repository, number)) for number in numbers]
    links = [f"[\\#{number}]({page})" for number, page in pages if page is not None]
    return f" {' '.join(links)}" if links else ""


def _backports(changelog: ChangeLog) -> str:
    if changelog.base is None or not changelog.backports:
        return ""
    keys = ", ".join(f"[{ticket}]({ticket_page(ticket)})" for ticket in changelog.backports)
    number = count(len(changelog.backports), "ticket")
    return f"## Backports\n\n{number} merged after {_code(changelog.base.name)} and backported: {keys}."


def _fragments(changelog: ChangeLog) -> str:
    blocks = [
        "\n".join([f"### {_text(FRAGMENT_KINDS.get(kind, kind))}", "", *map(_note, news)])
        for kind, news in news_by_kind(changelog).items()
    ]
    return "\n\n".join(["## Notes", *blocks]) if blocks else ""


def _note(news: News) -> str:
    ticket = news.fragment.ticket
    key = _code(news.fragment.path) if ticket is None else f"[{ticket}]({ticket_page(ticket)})"
    texts = _paragraphs(news.fragment.text)
    problem = f" *({_text(news.fragment.problem)})*" if news.fragment.problem else ""
    return f"- {key} \\[{_text(news.product.name)}\\]: " + "\n\n  ".join(texts) + problem


def _paragraphs(text: str) -> list[str]:
    return [
        "".join(_code(span.text) if span.is_code else _text(span.text, trim=False) for span in spans)
        for spans in paragraphs(text)
    ]


def _without_ticket(changelog: ChangeLog) -> list[str]:
    """Show a sweep over all products in one line, and what programs did as a number."""
    lines = []
    for sweep in changelog.sweeps:
        where = ", ".join(f"{_text(name)} {_code(sha[:_SHORT])}" for name, sha in sweep.members)
        what = one_line(sweep.subject) or "no subject"
        lines.append(f"{_text(what)} ({_text(sweep.author)}, {sweep.date.isoformat()}): {where}")
    bots = count_bots(changelog)
    return [*lines, f"{count(bots, 'update')} made by programs"] if bots else lines


def _listed(title: str, lines: Iterable[str]) -> str:
    shown = [f"- {line}" for line in lines]
    return "\n".join([f"## {title}", "", *shown]) if shown else ""


def _text(text: str, *, trim: bool = True) -> str:
    escaped = _SPECIAL.sub(r"\\\1", one_line(text) if trim else text)
    return _NAMED.sub("@&#8203;", escaped)


def _code(text: str) -> str:
    """Write code; the fence has to be longer than any in the text."""
    line = one_line(text)
    fence = "`" * (1 + max(map(len, _FENCE.findall(line)), default=0))
    blank = " " if "`" in line else ""
    return f"{fence}{blank}{line}{blank}{fence}" if line else ""
