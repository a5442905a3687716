"""Tells how the two commits of one product lie to each other, and what lies between."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypedDict

from rubin_releng.changelog.fragmentreading import read_fragments
from rubin_releng.changelog.models import ProductChanges, Relation
from rubin_releng.changelog.tracing import Tracer
from rubin_releng.core.changelogsettings import is_legacy_repository
from rubin_releng.core.changes import ChangeKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.core.names import GitSha, ProductName
    from lsstinstall.core.versions import EupsVersion
    from rubin_releng.changelog.ends import End
    from rubin_releng.changelog.ports import FragmentReader, HistoryReader, PullRequestSource
    from rubin_releng.core.changelogsettings import ChangeLogSettings
    from rubin_releng.core.histories import Span
    from rubin_releng.core.tickets import TicketGrammar

__all__ = ["Sources", "add_fragments", "relate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What products are compared with.

    Parameters
    ----------
    readers : `~collections.abc.Mapping` [ `ProductName`, `HistoryReader` ]
        Histories that are at hand. A product without one is compared by its
        commits alone, where both ends name them.
    settings : `ChangeLogSettings`
        Projects, products and corrections.
    grammar : `TicketGrammar`
        Knows the projects.
    repositories : `~collections.abc.Mapping` [ `ProductName`, `str` ]
        URLs of today, for what documents do not tell.
    fragments : `~collections.abc.Mapping` [ `ProductName`, `FragmentReader` ]
        Where news fragments can be read.
    pull_requests : `PullRequestSource` or `None`
        Knows pull requests that no commit names.
    """

    readers: Mapping[ProductName, HistoryReader]
    settings: ChangeLogSettings
    grammar: TicketGrammar
    repositories: Mapping[ProductName, str] = field(default_factory=dict)
    fragments: Mapping[ProductName, FragmentReader] = field(default_factory=dict)
    pull_requests: PullRequestSource | None = None


class _Facts(TypedDict):
    """What is known of a product before its history was read."""

    name: ProductName
    repository: str | None
    from_commit: GitSha | None
    to_commit: GitSha | None
    from_version: EupsVersion | None
    to_version: EupsVersion | None
    is_excluded: bool
    renamed_from: ProductName | None


def relate(
    name: ProductName, start: End, end: End, sources: Sources, *, former: ProductName | None = None
) -> ProductChanges:
    """Compare one product.

    Parameters
    ----------
    name : `ProductName`
        Its name on the new side, or on the old one if it is no longer there.
    start, end : `End`
        Its two ends.
    sources : `Sources`
        What to compare with.
    former : `ProductName`, optional
        Its name on the old side, if that is another.

    Returns
    -------
    product : `ProductChanges`
        What happened; unknown, with a reason, where that cannot be told.
    """
    facts: _Facts = {
        "name": name,
        "repository": end.repository or start.repository or sources.repositories.get(name),
        "from_commit": start.commit,
        "to_commit": end.commit,
        "from_version": start.version,
        "to_version": end.version,
        "is_excluded": sources.settings.excludes(name),
        "renamed_from": former,
    }
    reader = sources.readers.get(name) or (None if former is None else sources.readers.get(former))
    if start.commit is None or end.commit is None:
        return _relate_absent(facts, start, end, reader, sources)
    if start.commit == end.commit:
        return ProductChanges(relation=Relation.SAME, **facts)
    reason = None
    if reader is None:
        reason = "no repository is at hand"
    else:
        ends = (start.commit, end.commit)
        missing = [sha for sha, here in zip(ends, reader.resolve(ends), strict=True) if here is None]
        if not missing:
            return _read_changes(facts, start.commit, end.commit, reader, sources)
        reason = f"its repository has no commit {missing[0]}"
    return ProductChanges(relation=Relation.UNKNOWN, reason=reason, **facts)


def _relate_absent(
    facts: _Facts, start: End, end: End, reader: HistoryReader | None, sources: Sources
) -> ProductChanges:
    if end.commit is not None and start.is_absent:
        known = reader is not None and reader.resolve((end.commit,)) != (None,)
        commits = reader.count(end.commit) if known and reader is not None else None
        return ProductChanges(relation=Relation.ADDED, commits=commits, **facts)
    if start.commit is not None and end.is_absent:
        today = sources.repositories.get(facts["name"]) or facts["repository"] or ""
        return ProductChanges(relation=Relation.REMOVED, is_legacy=is_legacy_repository(today), **facts)
    reasons = dict.fromkeys(one.reason for one in (start, end) if one.reason is not None)
    return ProductChanges(relation=Relation.UNKNOWN, reason=" and ".join(reasons), **facts)


def _read_changes(
    facts: _Facts, start: GitSha, end: GitSha, reader: HistoryReader, sources: Sources
) -> ProductChanges:
    span = reader.between(start, end)
    if facts["is_excluded"]:
        return ProductChanges(relation=_relation(span), **facts)
    tracer = Tracer(
        product=facts["name"],
        repository=facts["repository"],
        reader=reader,
        grammar=sources.grammar,
        overrides=sources.settings.overrides,
        pull_requests=sources.pull_requests,
    )
    left, right = tracer.trace(end, start, span.left), tracer.trace(start, end, span.right)
    unmapped = [change for change in right.changes if not change.tickets]
    return ProductChanges(
        relation=_relation(span),
        tickets=tuple(sorted(right.effect.tickets - left.effect.tickets)),
        unmapped=tuple(change.sha for change in unmapped),
        bots=tuple(change.sha for change in unmapped if change.kind is ChangeKind.BOT),
        already_in_from=tuple(sorted(right.effect.tickets & left.effect.tickets)),
        only_in_from=tuple(sorted(left.effect.tickets - right.effect.tickets)),
        reverted=tuple(sorted(right.effect.reverted)),
        changes=right.changes,
        lost=left.changes,
        undone=right.effect.undone,
        **facts,
    )


def add_fragments(product: ProductChanges, sources: Sources) -> ProductChanges:
    """Read the news fragments of a product that changed.

    Parameters
    ----------
    product : `ProductChanges`
        Any product.
    sources : `Sources`
        Where its files can be read, or not.

    Returns
    -------
    product : `ProductChanges`
        With its fragments, if it can have some.
    """
    reader = sources.fragments.get(product.name)
    start, end = product.from_commit, product.to_commit
    if reader is None or start is None or end is None:
        return product
    if product.is_excluded or product.relation in {Relation.SAME, Relation.UNKNOWN}:
        return product
    found = read_fragments(reader, start, end, sources.grammar)
    return replace(product, fragments=found)


def _relation(span: Span) -> Relation:
    if not span.left:
        return Relation.FORWARD
    return Relation.DIVERGED if span.right else Relation.BACKWARD
