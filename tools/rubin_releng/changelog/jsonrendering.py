"""A change log as plain values, for programs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rubin_releng.changelog.models import ProductChanges, Relation, State
from rubin_releng.core.issues import IssueSource
from rubin_releng.core.tickets import ticket_page

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from rubin_releng.changelog.environments import EnvironmentChanges, PackageChange
    from rubin_releng.changelog.models import ChangeLog, Sweep, TicketEntry
    from rubin_releng.changelog.sides import Side
    from rubin_releng.core.changes import Change
    from rubin_releng.core.fragments import Fragment
    from rubin_releng.core.tickets import Ticket

__all__ = ["SCHEMA_VERSION", "changelog_schema", "changelog_to_dict"]

SCHEMA_VERSION = 1
"""Of the model; it grows when a key is renamed or changes its meaning."""


def changelog_schema() -> str:
    """Read the JSON Schema of change logs.

    Returns
    -------
    text : `str`
        JSON, draft 2020-12.
    """
    # Imported here: whoever writes a document does not read its schema.
    from importlib.resources import files  # noqa: PLC0415

    return files("rubin_releng.changelog").joinpath("changelog.schema.json").read_text(encoding="utf-8")


def changelog_to_dict(changelog: ChangeLog) -> dict[str, object]:
    """Write a change log as plain values.

    Parameters
    ----------
    changelog : `ChangeLog`
        Any change log.

    Returns
    -------
    data : `dict` [ `str`, `object` ]
        As the JSON Schema has it. The lists of a product of which nothing is
        known, or whose merges were not read, are `None`, never empty. Equal
        change logs give equal values in equal order.
    """
    return {
        "from": _side(changelog.old),
        "to": _side(changelog.new),
        "predecessor_note": changelog.predecessor_note,
        "base": None if changelog.base is None else str(changelog.base),
        "backports": _keys(changelog.backports),
        "counts": _counts(changelog),
        "products": _products(changelog.products),
        "tickets": [_ticket(entry) for entry in changelog.tickets],
        "sweeps": [_sweep(sweep) for sweep in changelog.sweeps],
        "environment": None if changelog.environment is None else _environment(changelog.environment),
        "sources": list(changelog.sources),
        "warnings": list(changelog.warnings),
    }


def _counts(changelog: ChangeLog) -> dict[str, object]:
    states = Counter(product.state for product in changelog.products)
    return {
        "products": len(changelog.products),
        **{state.value: states[state] for state in State},
        "tickets": len(changelog.news),
        "unmapped": sum(len(product.unmapped) for product in changelog.products),
        "bots": sum(len(product.bots) for product in changelog.products),
        "fragments": sum(len(product.fragments) for product in changelog.products),
    }


def _side(side: Side) -> dict[str, object]:
    git_tag = None if side.tag is None else side.tag.git()
    return {
        "name": side.name,
        "eups_tag": None if side.tag is None else str(side.tag),
        "git_tag": None if git_tag is None else git_tag.name,
        "build": side.build,
        "date": None if side.date is None else side.date.isoformat(),
        "environment": side.environment,
        "source": side.source,
        "notes": list(side.notes),
    }


def _products(products: Iterable[ProductChanges]) -> dict[str, object]:
    """Write each product by its name; one that was renamed stands under both."""
    found = {product.name: _product(product) for product in products}
    for product in products:
        if product.renamed_from is not None:
            former = ProductChanges(
                name=product.renamed_from,
                relation=Relation.REMOVED,
                from_commit=product.from_commit,
                from_version=product.from_version,
            )
            found[former.name] = {
                **_product(former),
                "state": State.RENAMED.value,
                "renamed_to": product.name,
            }
    return {name: found[name] for name in sorted(found)}


def _product(product: ProductChanges) -> dict[str, object]:
    is_read = product.relation is not Relation.UNKNOWN and not product.is_excluded
    return {
        "relation": product.relation.value,
        "state": product.state.value,
        "reason": product.reason,
        "repository": product.repository,
        "renamed_from": product.renamed_from,
        "renamed_to": None,
        "excluded": product.is_excluded,
        "from_commit": product.from_commit,
        "to_commit": product.to_commit,
        "from_version": product.from_version,
        "to_version": product.to_version,
        "commits": product.commits,
        "tickets": _keys(product.tickets) if is_read else None,
        "unmapped": list(product.unmapped) if is_read else None,
        "bots": list(product.bots) if is_read else None,
        "already_in_from": _keys(product.already_in_from) if is_read else None,
        "only_in_from": _keys(product.only_in_from) if is_read else None,
        "reverted": _keys(product.reverted) if is_read else None,
        "changes": [_change(change, undone=change.sha in product.undone) for change in product.changes],
        "lost": [_change(change, undone=False) for change in product.lost],
        "fragments": [_fragment(fragment) for fragment in product.fragments],
    }


def _change(change: Change, *, undone: bool) -> dict[str, object]:
    return {
        "sha": change.sha,
        "kind": change.kind.value,
        "tickets": _keys(change.tickets),
        "pull_request": change.pull_request,
        "title": change.title,
        "branch": change.branch,
        "author": change.author,
        "date": _time(change.time),
        "undone": undone,
    }


def _fragment(fragment: Fragment) -> dict[str, object]:
    return {
        "ticket": None if fragment.ticket is None else str(fragment.ticket),
        "kind": fragment.kind,
        "text": fragment.text,
        "path": fragment.path,
        "commit": fragment.commit,
        "problem": fragment.problem,
    }


def _ticket(entry: TicketEntry) -> dict[str, object]:
    issue = entry.issue
    return {
        "key": str(issue.key),
        "title": issue.title,
        "title_source": None if issue.source is IssueSource.NOBODY else issue.source.value,
        "title_reason": issue.reason,
        "status": issue.status,
        "url": ticket_page(issue.key),
        "products": list(entry.products),
        "flags": sorted(flag.value for flag in entry.flags),
        "first_date": _time(entry.first),
        "last_date": _time(entry.last),
        "changes": [
            {"product": product, "sha": change.sha, "pull_request": change.pull_request}
            for product, change in entry.changes
        ],
        "fragments": [_fragment(fragment) for fragment in entry.fragments],
    }


def _sweep(sweep: Sweep) -> dict[str, object]:
    return {
        "author": sweep.author,
        "subject": sweep.subject,
        "date": sweep.date.isoformat(),
        "members": [{"product": product, "sha": sha} for product, sha in sweep.members],
    }


def _environment(environment: EnvironmentChanges) -> dict[str, object]:
    return {
        "from_version": environment.from_version,
        "to_version": environment.to_version,
        "added": _packages(environment.added),
        "removed": _packages(environment.removed),
        "up": _packages(environment.up),
        "down": _packages(environment.down),
        "changed": _packages(environment.changed),
        "rebuilt": environment.rebuilt,
        "platforms": list(environment.platforms),
        "source": environment.source,
        "reason": environment.reason,
    }


def _packages(packages: Iterable[PackageChange]) -> list[dict[str, object]]:
    return [
        {
            "name": package.name,
            "old": package.old,
            "new": package.new,
            "direct": package.direct,
            "platforms": list(package.platforms),
        }
        for package in packages
    ]


def _keys(tickets: Iterable[Ticket]) -> list[str]:
    return [str(ticket) for ticket in tickets]


def _time(time: dt.datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")
