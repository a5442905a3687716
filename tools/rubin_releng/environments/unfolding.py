"""Puts in place of a metapackage what it needs, so that an explanation can name the single limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.environmentnames import EnvVersion
from lsstinstall.core.errors import NotFoundError
from rubin_releng.core.explanations import Requirement
from rubin_releng.core.ledgerrows import Section

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lsstinstall.core.packageoffers import PackageOffer
    from rubin_releng.core.ledgerrows import LedgerEntry
    from rubin_releng.core.ledgers import Ledger
    from rubin_releng.environments.ports import Solver

__all__ = ["unfold"]

_METAPACKAGES = "rubin-env"


def unfold(
    requirements: Sequence[Requirement], solver: Solver, ledger: Ledger | None
) -> tuple[Requirement, ...]:
    """Replace metapackages by what they need.

    Parameters
    ----------
    requirements : `~collections.abc.Sequence` [ `Requirement` ]
        What was asked for.
    solver : `Solver`
        Knows the channels.
    ledger : `Ledger` or `None`
        Knows why.

    Returns
    -------
    unfolded : `tuple` [ `Requirement`, ... ]
        What the newest package that fits needs, and so on for metapackages
        among that; each spec once. A metapackage that the channels do not
        have stays.
    """
    outputs = {output.name for output in ledger.outputs} if ledger is not None else set()
    unfolded: dict[str, Requirement] = {}
    pending, seen = list(requirements), set()
    while pending:
        one = pending.pop(0)
        if one.spec in seen:
            continue
        seen.add(one.spec)
        ours = one.name in outputs or one.name.startswith(_METAPACKAGES)
        matching = solver.offers(one.spec).matching if ours else ()
        if matching:
            pending[:0] = _needs(matching[0], ledger)
        else:
            unfolded[one.spec] = one
    return tuple(unfolded.values())


def _needs(offer: PackageOffer, ledger: Ledger | None) -> Iterable[Requirement]:
    package = offer.package
    rows = _rows(offer, ledger)
    for spec in offer.depends:
        plain = Requirement(spec=spec)
        row = _row(plain, rows, EnvVersion(package.version))
        yield Requirement(
            spec=spec,
            needed_by=f"{package.name} {package.version}",
            entry=row,
            place=ledger.place(row) if row is not None and ledger is not None else None,
        )


def _rows(offer: PackageOffer, ledger: Ledger | None) -> tuple[LedgerEntry, ...]:
    """Find the rows of the ledger for a package of the channel."""
    if ledger is None:
        return ()
    package = offer.package
    number = package.build.rpartition("_")[2]
    builds = [int(number), None] if number.isdecimal() else [None]
    for build in builds:
        try:
            record = ledger.record(package.version, build=build)
        except NotFoundError:
            continue
        platform = None if package.subdir == "noarch" else package.subdir
        return ledger.requirements(record.id, package.name, Section.RUN, platform)
    return ()


def _row(plain: Requirement, rows: Sequence[LedgerEntry], version: EnvVersion) -> LedgerEntry | None:
    """Find the row that a requirement was made from: the same words, else the only one of the name."""
    of_name = [row for row in rows if row.package == plain.name]
    for row in of_name:
        if row.limit == plain.limit or row.match_spec(version) == plain.spec:
            return row
    return of_name[0] if len(of_name) == 1 else None
