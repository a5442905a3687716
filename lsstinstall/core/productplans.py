"""What would be installed, as values: the plan, and the report of what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ProblemsError

if TYPE_CHECKING:
    from lsstinstall.core.errors import ToolkitError
    from lsstinstall.core.names import Flavor, ProductName, Sha256
    from lsstinstall.core.productreuse import Reuse
    from lsstinstall.core.releases import FileRecord
    from lsstinstall.core.versions import EupsVersion

__all__ = [
    "InstallPlan",
    "InstallReport",
    "PlannedProduct",
    "ProductAction",
    "ProductResult",
    "ProductState",
]


class ProductAction(StrEnum):
    """What a plan wants of one product."""

    PRESENT = "present"
    """It is installed already."""

    UNPACK = "unpack"
    """Its tarball is fetched and unpacked."""

    BUILD = "build"
    """EUPS builds it from its source package."""

    DECLARE = "declare"
    """It has no files; it is only declared."""

    BLOCKED = "blocked"
    """It cannot be installed, and the plan says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedProduct:
    """One product of a plan.

    Parameters
    ----------
    product : `ProductName`
        EUPS product.
    version : `EupsVersion`
        Version to install.
    action : `ProductAction`
        What is to be done.
    dependencies : `frozenset` [ `ProductName` ]
        Products of the same plan without which it is of no use, indirect ones
        too.
    tags : `tuple` [ `str`, ... ]
        Tags it gets, in this order.
    root : `str` or `None`
        URL of the package root that offers it; `None` if nothing is fetched.
    path : `str` or `None`
        The package, below the root.
    directory : `str` or `None`
        Its folder below ``<stack>/<flavor>``; `None` if it has none.
    table_path : `str` or `None`
        The root's copy of its table file, for packages that bring none;
        `None` if it has none.
    size_bytes : `int` or `None`
        Of the package; `None` if it is not known.
    sha256 : `Sha256` or `None`
        Of the package; `None` if no release document names it, so that it
        cannot be verified.
    index : `FileRecord` or `None`
        What is in the package, below the package root; `None` if no release
        document names it.
    reuse : `Reuse` or `None`
        What of it is there in other versions; `None` if it is fetched whole.
    problem : `ToolkitError` or `None`
        Why it is blocked.
    """

    product: ProductName
    version: EupsVersion
    action: ProductAction
    dependencies: frozenset[ProductName] = frozenset()
    tags: tuple[str, ...] = ()
    root: str | None = None
    path: str | None = None
    directory: str | None = None
    table_path: str | None = None
    size_bytes: int | None = None
    sha256: Sha256 | None = None
    index: FileRecord | None = None
    reuse: Reuse | None = None
    problem: ToolkitError | None = None

    @property
    def archive_folder(self) -> str | None:
        """Its folder in its package: EUPS unpacks below what stands before the last two parts."""
        return None if self.directory is None else "/".join(self.directory.split("/")[-2:])

    @property
    def fetch_bytes(self) -> int | None:
        """How much is to be fetched; `None` if it is not known."""
        return self.size_bytes if self.reuse is None else self.reuse.fetch_bytes

    def to_dict(self) -> dict[str, object]:
        """Make plain values of it.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            For JSON.
        """
        return {
            "product": self.product,
            "version": self.version,
            "action": self.action.value,
            "package": f"{self.root}/{self.path}" if self.root and self.path else None,
            "bytes": self.size_bytes,
            "fetch_bytes": self.fetch_bytes,
            "sha256": self.sha256,
            "tags": list(self.tags),
            "reason": None if self.problem is None else str(self.problem),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallPlan:
    """What an installation would do.

    Parameters
    ----------
    flavor : `Flavor`
        Flavor to install for.
    products : `tuple` [ `PlannedProduct`, ... ]
        Dependencies before what depends on them; each product once.
    """

    flavor: Flavor
    products: tuple[PlannedProduct, ...]

    @property
    def pending(self) -> tuple[PlannedProduct, ...]:
        """Products that are not installed yet, in order."""
        return tuple(product for product in self.products if product.action is not ProductAction.PRESENT)

    @property
    def unverifiable(self) -> tuple[PlannedProduct, ...]:
        """Products whose tarball nobody gave a digest for, in order."""
        return tuple(
            product
            for product in self.products
            if product.action is ProductAction.UNPACK and product.sha256 is None
        )

    @property
    def known_bytes(self) -> int:
        """Sum of the sizes that are known, of what is to be fetched."""
        return sum(product.fetch_bytes or 0 for product in self.pending)

    @property
    def problem(self) -> ToolkitError | None:
        """All problems of the plan as one error; `None` if there are none."""
        return _joined([product.problem for product in self.products if product.problem is not None])

    def to_dict(self) -> dict[str, object]:
        """Make plain values of it.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            For JSON.
        """
        return {"flavor": self.flavor, "products": [product.to_dict() for product in self.products]}


class ProductState(StrEnum):
    """What became of one product."""

    INSTALLED = "installed"
    PRESENT = "present"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductResult:
    """What became of one product of a plan.

    Parameters
    ----------
    product : `ProductName`
        EUPS product.
    version : `EupsVersion`
        Its version.
    state : `ProductState`
        How it ended.
    size_bytes : `int`
        How much was fetched; 0 if nothing was.
    seconds : `float`
        Time of fetching and unpacking.
    verified : `bool`
        Whether what was fetched had the digest of the release document.
    new_tags : `tuple` [ `str`, ... ]
        Tags that it did not carry before.
    problem : `ToolkitError` or `None`
        Why it failed.
    missing : `ProductName` or `None`
        The product on whose account it was skipped.
    """

    product: ProductName
    version: EupsVersion
    state: ProductState
    size_bytes: int = 0
    seconds: float = 0.0
    verified: bool = False
    new_tags: tuple[str, ...] = ()
    problem: ToolkitError | None = None
    missing: ProductName | None = None

    @property
    def reason(self) -> str | None:
        """Why it is not there, one sentence; `None` if it is."""
        if self.problem is not None:
            return str(self.problem)
        return None if self.missing is None else f"`{self.missing}` is missing"

    def to_dict(self) -> dict[str, object]:
        """Make plain values of it.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            For JSON.
        """
        return {
            "product": self.product,
            "version": self.version,
            "state": self.state.value,
            "bytes": self.size_bytes,
            "seconds": round(self.seconds, 3),
            "verified": self.verified,
            "new_tags": list(self.new_tags),
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallReport:
    """What became of a plan.

    Parameters
    ----------
    results : `tuple` [ `ProductResult`, ... ]
        One for each product of the plan, in its order.
    """

    results: tuple[ProductResult, ...]

    def count(self, state: ProductState) -> int:
        """Count the products that ended in a state.

        Parameters
        ----------
        state : `ProductState`
            The state.

        Returns
        -------
        count : `int`
            Number of products.
        """
        return sum(result.state is state for result in self.results)

    @property
    def problem(self) -> ToolkitError | None:
        """All failures as one error; `None` if nothing failed."""
        return _joined([result.problem for result in self.results if result.problem is not None])

    def to_dict(self) -> dict[str, object]:
        """Make plain values of it.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            For JSON.
        """
        return {"products": [result.to_dict() for result in self.results]}


def _joined(problems: list[ToolkitError]) -> ToolkitError | None:
    if len(problems) > 1:
        return ProblemsError("some products could not be installed", problems)
    return problems[0] if problems else None
