"""Give installed products back the files that were changed or lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import CorruptError, ProblemsError, ToolkitError
from lsstinstall.core.filelists import compare_use
from lsstinstall.core.reporting import Outcome
from lsstinstall.core.stackgraphs import ProductVersion

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lsstinstall.core.filelists import Differences, FileList
    from lsstinstall.core.reporting import Reporter
    from lsstinstall.install.ports import FreshCopies
    from lsstinstall.install.verifier import VerifyReport

__all__ = ["Damage", "RepairReport", "RepairResult", "find_damage", "run_repair"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """One product that lacks some of its files.

    Parameters
    ----------
    item : `ProductVersion`
        The product.
    place : `str`
        Its folder, as a user would name it.
    paths : `tuple` [ `str`, ... ] or `None`
        Changed and missing files, below its folder, sorted; `None` if nobody
        wrote down what it should have, so that only its package can tell.
    """

    item: ProductVersion
    place: str
    paths: tuple[str, ...] | None

    def to_dict(self) -> dict[str, object]:
        """Make plain values of it.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            For JSON.
        """
        files = None if self.paths is None else [f"{self.place}/{path}" for path in self.paths]
        return {**self.item.to_dict(), "files": files}


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairResult:
    """What became of one product.

    Parameters
    ----------
    damage : `Damage`
        What was wrong.
    restored : `tuple` [ `str`, ... ]
        Files that are as they were again, below its folder.
    kept : `tuple` [ `str`, ... ]
        Where what was in their place lies now.
    problem : `ToolkitError` or `None`
        Why it is not repaired.
    """

    damage: Damage
    restored: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    problem: ToolkitError | None = None

    def to_dict(self) -> dict[str, object]:
        """Make plain values of it.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            For JSON.
        """
        return {
            **self.damage.item.to_dict(),
            "restored": [f"{self.damage.place}/{path}" for path in self.restored],
            "kept": list(self.kept),
            "reason": None if self.problem is None else str(self.problem),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairReport:
    """What became of all.

    Parameters
    ----------
    results : `tuple` [ `RepairResult`, ... ]
        Sorted by product and version.
    """

    results: tuple[RepairResult, ...]

    @property
    def problem(self) -> ToolkitError | None:
        """All failures as one error; `None` if there are none."""
        problems = [one.problem for one in self.results if one.problem is not None]
        if len(problems) > 1:
            return ProblemsError("some products could not be repaired", problems)
        return problems[0] if problems else None


def find_damage(report: VerifyReport, *, suspects: Collection[ProductVersion] = ()) -> tuple[Damage, ...]:
    """Tell what a comparison brought to light.

    Parameters
    ----------
    report : `VerifyReport`
        The comparison.
    suspects : `~collections.abc.Collection` [ `ProductVersion` ], optional
        Products that are compared with their packages if nobody wrote down
        what they should have.

    Returns
    -------
    damages : `tuple` [ `Damage`, ... ]
        Sorted by product and version; files that were added are no damage.
    """
    damages = []
    for one in report.products:
        item = ProductVersion(one.product, one.version)
        if one.differences is not None and not one.is_intact:
            paths = tuple(sorted((*one.differences.changed, *one.differences.missing)))
            damages.append(Damage(item=item, place=one.place, paths=paths))
        elif one.differences is None and item in suspects:
            damages.append(Damage(item=item, place=one.place, paths=None))
    return tuple(damages)


def run_repair(damages: Sequence[Damage], *, copies: FreshCopies, reporter: Reporter) -> RepairReport:
    """Put the files of fresh copies into the places of damaged ones.

    Parameters
    ----------
    damages : `~collections.abc.Sequence` [ `Damage` ]
        From `find_damage`.
    copies : `FreshCopies`
        Where fresh ones come from; the caller holds the stack's lock.
    reporter : `Reporter`
        Hears of each product.

    Returns
    -------
    report : `RepairReport`
        What became of each.
    """
    results = []
    reporter.begin("repairing products", len(damages))
    for damage in damages:
        result = _repair(damage, copies)
        results.append(result)
        outcome = Outcome.DONE if result.problem is None else Outcome.FAILED
        count = len(result.restored)
        detail = f"{count} file{'' if count == 1 else 's'}" if result.problem is None else str(result.problem)
        reporter.step(f"{damage.item.product} {damage.item.version}", outcome, detail=detail)
    reporter.end()
    return RepairReport(results=tuple(results))


def _repair(damage: Damage, copies: FreshCopies) -> RepairResult:
    try:
        fresh = copies.fetch(damage.item)
        paths = damage.paths
        if paths is None:
            differences = compare_use(fresh, copies.found(damage.item))
            paths = tuple(sorted((*differences.changed, *differences.missing)))
        else:
            _check(damage, paths, fresh, copies.recorded(damage.item))
        kept = copies.restore(damage.item, paths)
    except ToolkitError as error:
        return RepairResult(damage=damage, problem=error)
    return RepairResult(damage=damage, restored=paths, kept=kept)


def _check(damage: Damage, paths: Collection[str], fresh: FileList, recorded: FileList) -> None:
    """Refuse files that are not those that were installed."""
    differences: Differences = compare_use(recorded, fresh)
    other = sorted({*differences.changed, *differences.missing} & set(paths))
    if other:
        raise CorruptError(
            f"the package of {damage.item} has another `{other[0]}` than was installed",
            hint="remove the product and install it again to get what the package root has now",
        )
