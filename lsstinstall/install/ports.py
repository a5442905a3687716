"""What the work rooms need of the outside, as protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from lsstinstall.core.environmentplans import EnvironmentCondition, EnvironmentRecord
    from lsstinstall.core.environments import EnvLock, EnvName, SolvedPackage
    from lsstinstall.core.filelists import FileList
    from lsstinstall.core.names import CondaSubdir, ProductName
    from lsstinstall.core.productplans import PlannedProduct
    from lsstinstall.core.productreuse import Reuse, ReuseSource
    from lsstinstall.core.reporting import Reporter
    from lsstinstall.core.stackgraphs import ProductVersion
    from lsstinstall.core.versions import EupsVersion
    from lsstinstall.core.virtualpackages import VirtualPackage

__all__ = [
    "EnvironmentEngine",
    "EnvironmentStore",
    "FreshCopies",
    "InstalledFiles",
    "InstalledVersions",
    "PackageFiles",
    "ProductRemover",
    "ProductStore",
    "ScriptRepairs",
    "SourceInstaller",
]


class PackageFiles(Protocol):
    """The files of one package root; used by several threads at once."""

    @property
    def url(self) -> str:
        """URL or folder, without a final slash."""

    def read_bytes(self, path: str) -> bytes:
        """Read a whole file; `NotFoundError` if there is none."""

    def read_part(self, path: str, offset: int, size_bytes: int) -> bytes:
        """Read so many bytes of a file; `CorruptError` if the server does not give just these."""

    def read_text(self, path: str) -> str:
        """Read a UTF-8 text; `NotFoundError` if there is no such file."""

    def listing(self, directory: str) -> tuple[str, ...]:
        """Name the files of a directory, sorted; `NotFoundError` if it is not there."""

    def size_bytes(self, path: str) -> int | None:
        """Say how large a file is; `None` if nobody knows, `NotFoundError` if it is not there."""

    def sources(self, path: str, beside: Path) -> Iterator[Path | Iterator[bytes]]:
        """Offer a package: a file of this machine, or its chunks as they come.

        What came is kept as a part of the file ``beside``, until somebody
        drops it. The next source is to be asked for if one fails, or what
        came of it is damaged.
        """


class ProductStore(Protocol):
    """Where products are installed; several threads call `fetch` and `assemble`, and one the rest."""

    def writing(self, products: Collection[PlannedProduct]) -> AbstractContextManager[None]:
        """Keep other writers out; at the start, remove what dead ones left, save parts of these products."""

    def fetch(
        self, product: PlannedProduct, root: PackageFiles, *, advance: Callable[[int], None]
    ) -> tuple[int, bool]:
        """Fetch a product's package, verify it, and unpack it beside the product's place while it comes.

        Says how many bytes were fetched, and whether the product brought its
        table file; ``advance`` hears of bytes, and of those that are taken back.
        """

    def assemble(
        self, product: PlannedProduct, reuse: Reuse, root: PackageFiles, *, advance: Callable[[int], None]
    ) -> tuple[int, bool]:
        """Put a product together beside its place from other versions, and fetch only what they lack.

        Says how many bytes were fetched, and whether the product brought its
        table file.
        """

    def finish(self, product: PlannedProduct, *, table: str | None) -> None:
        """Put what was unpacked into its place and declare it.

        ``table`` is the text of a table file that the product did not bring.
        """

    def adopt(self, product: PlannedProduct) -> None:
        """Write down the files of a product that someone else installed and declared."""

    def discard(self, product: PlannedProduct) -> None:
        """Remove what was unpacked of a product that will not be finished."""

    def assign_tags(self, product: PlannedProduct) -> tuple[str, ...]:
        """Give a declared product its planned tags; name those that were new to it."""


class ProductRemover(Protocol):
    """Takes products out of one stack."""

    def has(self, item: ProductVersion) -> bool:
        """Say whether the stack itself declares a product."""

    def tags(self, item: ProductVersion) -> tuple[str, ...]:
        """List the tags that it carries, sorted."""

    def folder(self, item: ProductVersion) -> str | None:
        """Name its folder as a user would; `None` if it has none."""

    def kept_folders(self, gone: Collection[ProductVersion]) -> Mapping[ProductVersion, str]:
        """Say whose folders stay when some products go, and why, one sentence each."""

    def freed_bytes(self, items: Collection[ProductVersion]) -> Mapping[ProductVersion, int]:
        """Say what the disk gains by their folders; a file that several share counts for the last one."""

    def remove(self, item: ProductVersion, *, keep_folder: bool) -> None:
        """Forget a product and its tags, and delete its files."""


class InstalledVersions(Protocol):
    """What is installed of products in other versions; used by several threads at once."""

    def versions_beside(self, product: PlannedProduct) -> tuple[ReuseSource, ...]:
        """Find other versions of a product that is to be installed, the most similar first."""


class FreshCopies(Protocol):
    """Installed products, and where the same come from once more."""

    def recorded(self, item: ProductVersion) -> FileList:
        """Read what was written down when a product was installed."""

    def found(self, item: ProductVersion) -> FileList:
        """Read what is there now; nothing if the folder is gone."""

    def fetch(self, item: ProductVersion) -> FileList:
        """Install a product once more, elsewhere, and say what it consists of."""

    def restore(self, item: ProductVersion, paths: Collection[str]) -> tuple[str, ...]:
        """Move files of what was fetched into their places; say where what was there is kept."""


class SourceInstaller(Protocol):
    """Builds and declares products from their source packages."""

    def install(self, product: PlannedProduct) -> None:
        """Do it; everything that it depends on is installed."""


class InstalledFiles(Protocol):
    """What is installed, and what was; used by several threads at once."""

    def declared(self) -> Iterator[tuple[ProductName, EupsVersion]]:
        """Go through all declared versions that have a folder, sorted by product and version."""

    def place(self, product: ProductName, version: EupsVersion) -> str:
        """Name a product's folder as a user would, below the stack where it lies in it."""

    def recorded(self, product: ProductName, version: EupsVersion) -> FileList | None:
        """Read what was written down at the installation; `None` if nothing was."""

    def found(self, product: ProductName, version: EupsVersion) -> FileList | None:
        """Read what is there now; `None` if the folder is gone."""


class ScriptRepairs(Protocol):
    """What is known of repaired scripts; used by several threads at once."""

    def is_repaired(self, planned: PlannedProduct, path: str) -> bool:
        """Say whether an installed file differs from the packed one only as a repair makes it."""


class EnvironmentEngine(Protocol):
    """Solves and installs conda environments; packages are given back only to the engine they came from."""

    def solve(
        self,
        specs: Sequence[str],
        *,
        channels: Sequence[str],
        platform: CondaSubdir,
        virtual_packages: Sequence[VirtualPackage],
        favored: Sequence[SolvedPackage] = (),
        pinned: Sequence[SolvedPackage] = (),
    ) -> tuple[SolvedPackage, ...]:
        """Find the newest packages for some specs, by name; pinned ones are part of the solution."""

    def resolve(self, lock: EnvLock) -> tuple[SolvedPackage, ...]:
        """Look up exactly the packages of a lock, by name."""

    def installed(self, prefix: Path) -> tuple[SolvedPackage, ...]:
        """Read what an environment has, by name."""

    def requested(self, prefix: Path) -> tuple[str, ...]:
        """Read which specs an environment was made with."""

    def install(
        self,
        packages: Sequence[SolvedPackage],
        prefix: Path,
        *,
        specs: Sequence[str],
        reporter: Reporter,
        repair: bool = False,
    ) -> None:
        """Make an environment hold exactly some packages; to repair is to link all of them again."""


class EnvironmentStore(Protocol):
    """The environments of one conda installation, and how far their making got."""

    def prefix(self, name: EnvName) -> Path:
        """Say where an environment lies."""

    def condition(self, name: EnvName) -> EnvironmentCondition:
        """Say what is there."""

    def begin(self, name: EnvName, *, change: bool) -> None:
        """Mark an environment as unfinished; unless it is a change, remove what was left of it."""

    def finish(self, name: EnvName, record: EnvironmentRecord) -> None:
        """Write down what was done, and mark the environment as complete: the last of all."""
