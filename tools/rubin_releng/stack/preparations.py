"""What a build will be made of: products, refs, versions, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lsstinstall.core.buildmanifests import ManifestProduct
from lsstinstall.core.errors import ExitCode, NotFoundError, ProblemsError, ToolkitError
from lsstinstall.core.graph import stable_order
from lsstinstall.core.versionhashes import derive_versions
from rubin_releng.core.refs import nearest_ref, unknown_refs

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from lsstinstall.core.buildmanifests import BuildManifest
    from lsstinstall.core.names import Flavor, ProductName
    from lsstinstall.core.versions import EupsVersion
    from rubin_releng.core.exclusions import ExclusionMap
    from rubin_releng.core.refs import ChosenRef, RefName, RepositoryRefs

__all__ = [
    "FoundProduct",
    "PreparedProduct",
    "ProductError",
    "Wanted",
    "arrange",
    "check_refs",
    "predict_products",
    "ref_problems",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the user wants to build.

    Parameters
    ----------
    products : `tuple` [ `ProductName`, ... ]
        Top-level products; what they need comes along.
    refs : `tuple` [ `RefName`, ... ]
        Refs to take where they exist, the first wins.
    flavor : `Flavor`
        For conditions in table files.
    exclusions : `ExclusionMap`
        Optional dependencies to leave out.
    """

    products: tuple[ProductName, ...]
    refs: tuple[RefName, ...]
    flavor: Flavor
    exclusions: ExclusionMap


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundProduct:
    """One product as its repository has it.

    Parameters
    ----------
    name : `ProductName`
        EUPS product.
    repository : `str`
        URL, as in repos.yaml.
    ref : `ChosenRef`
        What is built.
    dependencies : `tuple` [ `ProductName`, ... ]
        Direct ones in the order of the table file, with its duplicates,
        without excluded ones.
    known : `RepositoryRefs`
        All branches and tags of the repository.
    """

    name: ProductName
    repository: str
    ref: ChosenRef
    dependencies: tuple[ProductName, ...]
    known: RepositoryRefs


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedProduct:
    """One product of a build.

    Parameters
    ----------
    name : `ProductName`
        EUPS product.
    repository : `str`
        URL, as in repos.yaml.
    ref : `ChosenRef`
        What is built.
    version : `EupsVersion`
        Follows from the commits of the product and of all it needs.
    dependencies : `tuple` [ `ProductName`, ... ]
        Direct ones in the order of the table file, with its duplicates.
    """

    name: ProductName
    repository: str
    ref: ChosenRef
    version: EupsVersion
    dependencies: tuple[ProductName, ...]

    def manifest_product(self) -> ManifestProduct:
        """Make the manifest's row of it."""
        return ManifestProduct(
            name=self.name, sha=self.ref.commit, version=self.version, dependencies=self.dependencies
        )


class ProductError(ToolkitError):
    """What is wrong with one product.

    Parameters
    ----------
    product : `ProductName`
        The product.
    cause : `ToolkitError`
        What went wrong; gives exit code and hint.
    needed_by : `ProductName` or `None`
        A product that needs it; `None` if the user named it.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(
        self, product: ProductName, cause: ToolkitError, *, needed_by: ProductName | None = None
    ) -> None:
        whose = "" if needed_by is None else f", needed by `{needed_by}`"
        super().__init__(f"`{product}`{whose}: {cause}", hint=cause.hint)
        self.product = product
        self.cause = cause

    @property
    def code(self) -> ExitCode:
        """The exit code of the cause."""
        return self.cause.code


def check_refs(wanted: Sequence[RefName], found: Collection[FoundProduct]) -> tuple[RefName, ...]:
    """Refuse refs that exist nowhere.

    Parameters
    ----------
    wanted : `~collections.abc.Sequence` [ `RefName` ]
        The user's refs.
    found : `~collections.abc.Collection` [ `FoundProduct` ]
        All products.

    Returns
    -------
    unused : `tuple` [ `RefName`, ... ]
        Refs that exist and were chosen nowhere, because an earlier one was
        there, too; the peer refuses those as well.

    Raises
    ------
    ProblemsError
        Raised if a ref exists in no repository, most likely for its spelling.
    """
    problems = ref_problems(wanted, [one.ref for one in found], [one.known for one in found])
    if problems:
        raise ProblemsError("refs that no repository has", problems)
    chosen = {one.ref.name for one in found}
    return tuple(name for name in wanted if name not in chosen)


def ref_problems(
    wanted: Sequence[RefName], chosen: Collection[ChosenRef], known: Collection[RepositoryRefs]
) -> tuple[NotFoundError, ...]:
    """Find refs that exist nowhere.

    Parameters
    ----------
    wanted : `~collections.abc.Sequence` [ `RefName` ]
        The user's refs.
    chosen : `~collections.abc.Collection` [ `ChosenRef` ]
        What was chosen.
    known : `~collections.abc.Collection` [ `RepositoryRefs` ]
        Branches and tags of all repositories.

    Returns
    -------
    problems : `tuple` [ `~lsstinstall.core.errors.NotFoundError`, ... ]
        One for each such ref, with the nearest name there is.
    """
    unknown = unknown_refs(wanted, chosen, known)
    return tuple(_unknown_ref(name, nearest_ref(name, known)) for name in unknown)


def _unknown_ref(name: RefName, nearest: str | None) -> NotFoundError:
    hint = None if nearest is None else f"did you mean `{nearest}`?"
    return NotFoundError(f"`{name}` is no branch, tag or commit of any product", hint=hint)


def arrange(
    found: Mapping[ProductName, FoundProduct], *, abbreviation: int = 10
) -> tuple[PreparedProduct, ...]:
    """Put products in order and give them their versions.

    Parameters
    ----------
    found : `~collections.abc.Mapping` [ `ProductName`, `FoundProduct` ]
        All products; each dependency must be among them.
    abbreviation : `int`, optional
        How many digits of a commit, and of the hash, a version keeps.

    Returns
    -------
    products : `tuple` [ `PreparedProduct`, ... ]
        In manifest order: each after all it needs.

    Raises
    ------
    CycleError
        Raised if products need each other.
    """
    dependencies = {name: one.dependencies for name, one in found.items()}
    order = stable_order(dependencies)
    commits = {name: one.ref.commit for name, one in found.items()}
    versions = derive_versions(commits, dependencies, abbreviation=abbreviation)
    return tuple(
        PreparedProduct(
            name=name,
            repository=found[name].repository,
            ref=found[name].ref,
            version=versions[name],
            dependencies=found[name].dependencies,
        )
        for name in order
    )


def predict_products(
    wanted: Collection[ProductName], previous: BuildManifest | None
) -> tuple[ProductName, ...]:
    """Say which products a build will have if it is like the one before.

    Parameters
    ----------
    wanted : `~collections.abc.Collection` [ `ProductName` ]
        Top-level products.
    previous : `~lsstinstall.core.buildmanifests.BuildManifest` or `None`
        Of an earlier build; `None` if there was none.

    Returns
    -------
    products : `tuple` [ `ProductName`, ... ]
        Those that the wanted ones needed then, and they themselves as far as
        they were there; in manifest order.
    """
    if previous is None:
        return ()
    needs = {one.name: one.dependencies for one in previous.products}
    pending = [name for name in wanted if name in needs]
    reached = set(pending)
    while pending:
        new = [name for name in needs.get(pending.pop(), ()) if name not in reached]
        reached.update(new)
        pending.extend(new)
    return tuple(one.name for one in previous.products if one.name in reached)
