"""What is wrong with a ledger that can be read: rows that repeat, contradict, or say nothing conda knows."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import TYPE_CHECKING

from rubin_releng.core.ledgers import COMPATIBLE, EXACT, Section
from rubin_releng.core.versionspecs import exclusive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lsstinstall.core.names import CondaSubdir
    from rubin_releng.core.ledgers import Ledger, LedgerEntry, VersionRecord

__all__ = ["LedgerProblem", "find_problems", "find_unexplained"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerProblem:
    """Something wrong with a row.

    Parameters
    ----------
    line : `int`
        Where the row stands, from 1.
    message : `str`
        What is wrong with it.
    hint : `str` or `None`
        What to do about it.
    """

    line: int
    message: str
    hint: str | None = None


def find_problems(ledger: Ledger, *, spec_problem: Callable[[str], str | None]) -> tuple[LedgerProblem, ...]:
    """Find what must not be in a ledger.

    Parameters
    ----------
    ledger : `Ledger`
        Any.
    spec_problem : `~collections.abc.Callable`
        Says what is wrong with a spec, `None` if nothing is.

    Returns
    -------
    problems : `tuple` [ `LedgerProblem`, ... ]
        Specs that do not parse, exact pins on what is no output, rows that
        stand twice, and rows of one version that contradict one another; by
        line.
    """
    found = [*_bad_specs(ledger, spec_problem), *_bad_pins(ledger), *_repeated(ledger), *_exclusive(ledger)]
    return tuple(sorted(set(found), key=lambda problem: (problem.line, problem.message)))


def find_unexplained(ledger: Ledger, record: VersionRecord) -> tuple[LedgerEntry, ...]:
    """List upper limits that say not why they are there.

    Parameters
    ----------
    ledger : `Ledger`
        Any.
    record : `VersionRecord`
        Version to look at.

    Returns
    -------
    entries : `tuple` [ `LedgerEntry`, ... ]
        Rows of the version whose limit ends somewhere and that have neither
        reason nor ticket, in file order.
    """
    return tuple(
        entry
        for entry in ledger.requirements(record.id)
        if ("<" in entry.limit or "=" in entry.limit.replace(">=", ""))
        and entry.reason is None
        and entry.ticket is None
    )


def _bad_specs(ledger: Ledger, spec_problem: Callable[[str], str | None]) -> Iterator[LedgerProblem]:
    known: dict[str, str | None] = {}
    for entry in ledger.entries:
        if entry.limit in {EXACT, COMPATIBLE}:
            continue
        if entry.spec not in known:
            known[entry.spec] = spec_problem(entry.spec)
        problem = known[entry.spec]
        if problem is not None:
            message = f"`{entry.spec}` is no spec of conda: {problem}"
            yield LedgerProblem(line=entry.line, message=message, hint="something like `>=1.2,<2` or `1.2.*`")
        elif exclusive([entry.limit]):
            message = f"no version satisfies `{entry.spec}`"
            yield LedgerProblem(line=entry.line, message=message)


def _bad_pins(ledger: Ledger) -> Iterator[LedgerProblem]:
    made = {output.name: output.versions for output in ledger.outputs}
    for entry in ledger.entries:
        if entry.limit == EXACT:
            missing = [
                record.id
                for record in ledger.versions
                if record.id in entry.versions and record.id not in made.get(entry.package, ())
            ]
            if missing:
                message = f"version `{missing[0]}` does not make `{entry.package}`, which is pinned exactly"
                yield LedgerProblem(line=entry.line, message=message)


def _repeated(ledger: Ledger) -> Iterator[LedgerProblem]:
    """Find rows that say the same of the same version and platform."""
    groups: dict[object, list[LedgerEntry]] = defaultdict(list)
    for entry in ledger.entries:
        groups[entry.output, entry.section, entry.package, entry.limit].append(entry)
    for rows in groups.values():
        for first, second in combinations(rows, 2):
            if _overlap(first, second, ledger):
                message = f"`{second.spec}` of `{second.output}` stands in line {first.line} already"
                yield LedgerProblem(
                    line=second.line, message=message, hint="for the same version and platform"
                )


def _exclusive(ledger: Ledger) -> Iterator[LedgerProblem]:
    """Find rows that no package can satisfy together, for outputs that are installed together."""
    groups: dict[object, list[LedgerEntry]] = defaultdict(list)
    for entry in ledger.entries:
        if entry.limit and entry.limit not in {EXACT, COMPATIBLE}:
            # What runs, runs in one environment; host and build environments are apart.
            place = entry.section if entry.section is Section.RUN else (entry.section, entry.output)
            groups[place, entry.package].append(entry)
    for rows in groups.values():
        limits = {row.limit for row in rows}
        bad = {pair for pair in permutations(limits, 2) if exclusive(pair)}
        for first, second in combinations(rows, 2) if bad else ():
            if (first.limit, second.limit) in bad:
                shared = _overlap(first, second, ledger)
                if shared is not None:
                    yield _contradiction(first, second, *shared)


def _contradiction(
    first: LedgerEntry, second: LedgerEntry, version: VersionRecord, platform: CondaSubdir
) -> LedgerProblem:
    message = f"`{second.spec}` contradicts `{first.spec}` of line {first.line}"
    return LedgerProblem(
        line=second.line, message=message, hint=f"both hold in version `{version.id}` on `{platform}`"
    )


def _overlap(
    first: LedgerEntry, second: LedgerEntry, ledger: Ledger
) -> tuple[VersionRecord, CondaSubdir] | None:
    """Find a version and a platform on which two rows hold; the newest one."""
    both = first.versions & second.versions
    for record in reversed(ledger.versions) if both else ():
        if record.id in both:
            shared = _platforms(first, record) & _platforms(second, record)
            for platform in record.platforms:
                if platform in shared:
                    return record, platform
    return None


def _platforms(entry: LedgerEntry, record: VersionRecord) -> frozenset[CondaSubdir]:
    platforms: Iterable[CondaSubdir] = entry.platforms or record.platforms
    return frozenset(platforms)
