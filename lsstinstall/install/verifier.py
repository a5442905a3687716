"""Compare what is installed with what was, file by file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import CorruptError
from lsstinstall.core.filelists import Differences, FileList, compare_use
from lsstinstall.core.reporting import Outcome
from lsstinstall.install.leavablepools import open_pool

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lsstinstall.core.names import ProductName
    from lsstinstall.core.reporting import Reporter
    from lsstinstall.core.versions import EupsVersion
    from lsstinstall.install.ports import InstalledFiles

__all__ = ["CheckedProduct", "VerifyReport", "verify_products"]

_NOTHING = FileList(files=(), links=())


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedProduct:
    """One installed product, compared.

    Parameters
    ----------
    product : `ProductName`
        EUPS product.
    version : `EupsVersion`
        Its version.
    place : `str`
        Its folder, below the stack where it lies in it.
    differences : `Differences` or `None`
        `None` if nothing was written down when it was installed.
    """

    product: ProductName
    version: EupsVersion
    place: str
    differences: Differences | None

    @property
    def is_intact(self) -> bool:
        """Whether everything that was installed is as it was."""
        return self.differences is not None and not (self.differences.changed or self.differences.missing)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """All products, compared.

    Parameters
    ----------
    products : `tuple` [ `CheckedProduct`, ... ]
        Sorted by product and version.
    """

    products: tuple[CheckedProduct, ...]

    @property
    def problem(self) -> CorruptError | None:
        """What is wrong, if a file was changed or is missing; files that were added are no damage."""
        broken = [one for one in self.products if one.differences is not None and not one.is_intact]
        if not broken:
            return None
        names = ", ".join(f"`{one.product}` {one.version}" for one in broken)
        return CorruptError(
            f"changed since the installation: {names}",
            hint="`lsstinstall repair` puts the original files back",
        )

    def to_dict(self) -> dict[str, object]:
        """Make plain values of it.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            For JSON: lists of products, and of paths with their product.
        """
        checked = [(one, one.differences) for one in self.products if one.differences is not None]
        return {
            "ok": [_name(one) for one, differences in checked if not differences],
            "changed": [_at(one, path) for one, differences in checked for path in differences.changed],
            "missing": [_at(one, path) for one, differences in checked for path in differences.missing],
            "extra": [_at(one, path) for one, differences in checked for path in differences.extra],
            "unverifiable": [_name(one) for one in self.products if one.differences is None],
        }


def _name(one: CheckedProduct) -> dict[str, str]:
    return {"product": one.product, "version": one.version}


def _at(one: CheckedProduct, path: str) -> dict[str, str]:
    return {**_name(one), "path": f"{one.place}/{path}"}


def verify_products(
    files: InstalledFiles, *, only: Iterable[ProductName], jobs: int, reporter: Reporter
) -> VerifyReport:
    """Compare products with what was written down when they were installed.

    Parameters
    ----------
    files : `InstalledFiles`
        What is installed, and what was.
    only : `~collections.abc.Iterable` [ `ProductName` ]
        Products to look at; empty for all.
    jobs : `int`
        How many products at a time.
    reporter : `Reporter`
        Hears of each product, in their order.

    Returns
    -------
    report : `VerifyReport`
        Sorted by product and version.
    """
    wanted = frozenset(only)
    todo = [item for item in files.declared() if not wanted or item[0] in wanted]

    def check(item: tuple[ProductName, EupsVersion]) -> CheckedProduct:
        recorded = files.recorded(*item)
        differences = None
        if recorded is not None:
            differences = compare_use(recorded, files.found(*item) or _NOTHING)
        product, version = item
        return CheckedProduct(
            product=product, version=version, place=files.place(product, version), differences=differences
        )

    reporter.begin("comparing installed products", len(todo))
    checked = []
    with open_pool(jobs) as pool:
        for one in pool.map(check, todo):
            _tell(one, reporter)
            checked.append(one)
    reporter.end()
    return VerifyReport(products=tuple(checked))


def _tell(one: CheckedProduct, reporter: Reporter) -> None:
    if one.differences is None:
        outcome, detail = Outcome.SKIPPED, "nothing was written down when it was installed"
    elif one.is_intact:
        outcome, detail = Outcome.UNCHANGED, ""
    else:
        outcome = Outcome.FAILED
        detail = f"{len(one.differences.changed)} changed, {len(one.differences.missing)} missing"
    reporter.step(f"{one.product} {one.version}", outcome, detail=detail)
