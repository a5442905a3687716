"""Products on disk: unpacked beside their place, renamed into it, declared, and written down."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from lsstinstall.adapters.aftercare import AfterCare
from lsstinstall.adapters.assemblies import AssemblyOrder
from lsstinstall.adapters.eups import CURRENT, PRIVATE, InternedTable, TablePlace
from lsstinstall.adapters.files import make_directory, read_bytes, sha256_of, write_atomic
from lsstinstall.adapters.partialfiles import PartialFile
from lsstinstall.adapters.productlists import ProductList
from lsstinstall.adapters.stackfolders import SCRATCH, SCRATCH_SUFFIX, record_path, replaced_folder
from lsstinstall.adapters.trees import list_files, move_tree, real_place, remove_tree
from lsstinstall.adapters.unpackers import Unpackers, UnpackRequest
from lsstinstall.core.errors import (
    CorruptError,
    NotFoundError,
    RefusedError,
    ToolkitError,
    UnavailableError,
)
from lsstinstall.core.filelistreading import parse_file_list
from lsstinstall.core.filelists import ListedFile, compare_lists
from lsstinstall.core.names import ProductName
from lsstinstall.core.versions import EupsVersion

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from lsstinstall.adapters.eups import Stack
    from lsstinstall.adapters.eupsreaders import StackReader
    from lsstinstall.core.filelists import FileList
    from lsstinstall.core.productplans import PlannedProduct
    from lsstinstall.core.productreuse import Reuse
    from lsstinstall.core.reporting import Reporter
    from lsstinstall.core.settings import LinkKind

__all__ = ["DiskInstalledFiles", "DiskProductStore", "PackageSource"]

_PARTS = (".part", ".part.mark")
"""Downloads that a later run continues."""


class PackageSource(Protocol):
    """What is needed of a package root, whole packages and parts of them; see `PkgrootReader`."""

    def read_part(self, path: str, offset: int, size_bytes: int) -> bytes:
        """Read so many bytes of a file."""

    def sources(self, path: str, beside: Path) -> Iterator[Path | Iterator[bytes]]:
        """Offer a package: a file of this machine, or its chunks as they come."""


class DiskProductStore:
    """A stack that products are installed into.

    Parameters
    ----------
    stack : `Stack`
        Where to.
    reporter : `Reporter`
        Hears of folders that were in the way.
    link : `LinkKind` or `None`, optional
        How files of other versions are taken.
    care : `AfterCare` or `None`, optional
        What is done to unpacked files; by default nothing.
    """

    def __init__(
        self,
        stack: Stack,
        *,
        reporter: Reporter,
        link: LinkKind | None = None,
        care: AfterCare | None = None,
    ) -> None:
        self._stack = stack
        self._care = care or AfterCare()
        self._link = link
        self._reporter = reporter
        self._scratch = stack.path / SCRATCH / stack.flavor
        self._unpacked: dict[ProductName, ProductList] = {}
        self._unpackers = Unpackers()
        # Workers of a killed run may live a moment longer than its lock.
        self._run = secrets.token_hex(4)

    @contextmanager
    def writing(self, products: Collection[PlannedProduct]) -> Iterator[None]:
        """Keep other writers out; at the start, remove what dead ones left, save parts of these products."""
        with self._stack.locked("the installation of products"):
            make_directory(self._scratch)
            # Where EUPS keeps its servers' settings; its first installation makes the folder, too.
            make_directory(self._stack.path / "ups_db" / "_servers_")
            self._clean({self._folder(product).name for product in products})
            try:
                yield
            finally:
                self._unpackers.close()

    def _clean(self, wanted: Collection[str]) -> None:
        for folder in sorted(self._scratch.glob(f"*{SCRATCH_SUFFIX}")):
            self._complete(folder.name.removesuffix(SCRATCH_SUFFIX))
            if folder.name in wanted:
                _remove_all_but_parts(folder)
            else:
                remove_tree(folder)
        for leftover in (self._stack.path / PRIVATE / "files").glob("*/.*.tmp"):
            remove_tree(leftover)

    def _complete(self, name: str) -> None:
        """Do what a killed run did not come to after it declared a product."""
        found = self._declared(name)
        if found is None:
            return
        product, version = found
        if self._stack.tagged(product, CURRENT) is None and self._stack.versions(product) == (version,):
            self._stack.assign_tag(product, version, CURRENT)
        installed = self._stack.find(product, version)
        if installed is not None and installed.directory is not None:
            self._settle(product, version, Path(installed.directory))

    def _declared(self, name: str) -> tuple[ProductName, EupsVersion] | None:
        """Tell product from version; either may have a dash."""
        cuts = [place for place, letter in enumerate(name) if letter == "-"]
        pairs = [(ProductName(name[:cut]), EupsVersion(name[cut + 1 :])) for cut in cuts]
        return next((pair for pair in pairs if self._stack.find(*pair) is not None), None)

    def _folder(self, product: PlannedProduct) -> Path:
        return self._scratch / f"{product.product}-{product.version}{SCRATCH_SUFFIX}"

    def fetch(
        self, product: PlannedProduct, root: PackageSource, *, advance: Callable[[int], None]
    ) -> tuple[int, bool]:
        """Fetch a product's package, verify it, and unpack it beside the product's place while it comes."""
        folder, path = self._folder(product), product.path or ""
        make_directory(folder)
        beside = folder / path.rpartition("/")[2]
        request = UnpackRequest(
            address=f"{product.root}/{path}",
            tree=self._tree(product),
            folder=product.archive_folder or "",
            record=self._list(product),
            size_bytes=product.size_bytes,
            sha256=product.sha256,
        )
        size = self._unpack(request, root.sources(path, beside), beside, advance=advance)
        PartialFile(beside).drop()
        return size, self._take_in(product)

    def _unpack(
        self,
        request: UnpackRequest,
        sources: Iterator[Path | Iterator[bytes]],
        beside: Path,
        *,
        advance: Callable[[int], None],
    ) -> int:
        """Unpack the first source that is as it should be."""
        problems: list[ToolkitError] = []
        for source in sources:
            remove_tree(request.tree)
            told: list[int] = []

            def tell(size_bytes: int, told: list[int] = told) -> None:
                told.append(size_bytes)
                advance(size_bytes)

            try:
                return self._unpackers.unpack(request, source, advance=tell)
            except CorruptError as error:
                PartialFile(beside).drop()
                problems.append(error)
            except (NotFoundError, UnavailableError) as error:
                problems.append(error)
            advance(-sum(told))
        # That a place has something wrong says more than that another one does not answer.
        raise next((one for one in problems if isinstance(one, CorruptError)), problems[-1])

    def _tree(self, product: PlannedProduct) -> Path:
        return self._folder(product) / f"tree-{self._run}"

    def _list(self, product: PlannedProduct) -> Path:
        return self._folder(product) / f"files-{self._run}.json"

    def _take_in(self, product: PlannedProduct) -> bool:
        """Keep the list of what was unpacked; say whether the product brought its table file."""
        folder = self._tree(product) / (product.archive_folder or "")
        if not folder.is_dir():
            raise CorruptError(
                f"{product.root}/{product.path}: there is nothing in `{product.archive_folder}`"
            )
        self._unpacked[product.product] = files = ProductList(self._list(product))
        if self._care.repairs:
            files.change(self._care.repair(folder, files.files))
        return _table(folder, product.product).is_file()

    def assemble(
        self, product: PlannedProduct, reuse: Reuse, root: PackageSource, *, advance: Callable[[int], None]
    ) -> tuple[int, bool]:
        """Put a product together beside its place from other versions, and fetch only what they lack."""
        make_directory(self._folder(product))
        path = product.path or ""
        order = AssemblyOrder(
            tree=self._tree(product),
            reuse=reuse,
            link=self._link,
            address=f"{product.root}/{path}",
            folder=product.archive_folder or "",
            record=self._list(product),
        )
        remove_tree(order.tree)
        size = self._unpackers.assemble(
            order, lambda offset, size_bytes: root.read_part(path, offset, size_bytes), advance=advance
        )
        return size, self._take_in(product)

    def finish(self, product: PlannedProduct, *, table: str | None) -> None:
        """Put what was unpacked into its place and declare it."""
        # As long as it is there, the product is not finished, declared or not.
        make_directory(self._folder(product))
        place: TablePlace | InternedTable = TablePlace.NOWHERE
        target = None
        if product.directory is None or product.archive_folder is None:
            place = place if table is None else InternedTable(text=table)
        else:
            tree = self._tree(product) / product.archive_folder
            target = self._stack.path / self._stack.flavor / product.directory
            files = self._unpacked.pop(product.product)
            self._put(product, tree, target, files, table=table)
            if _table(target, product.product).is_file():
                place = TablePlace.PRODUCT
        self._stack.declare(product.product, product.version, directory=target, table=place)
        if target is not None:
            self._settle(product.product, product.version, target)
        remove_tree(self._folder(product))

    def _settle(self, product: ProductName, version: EupsVersion, target: Path) -> None:
        record = record_path(self._stack.path, self._stack.flavor, product, version)
        if not self._care.settles or not record.is_file():
            return
        files = parse_file_list(read_bytes(record), source=str(record))
        settled = self._care.settle(f"{product} {version}", target, files, reporter=self._reporter)
        if settled != files:
            write_atomic(record, settled.format())

    def _put(
        self, product: PlannedProduct, tree: Path, target: Path, files: ProductList, *, table: str | None
    ) -> None:
        if table is not None:
            path = _table(tree, product.product)
            write_atomic(path, table, mode=0o644)
            name = path.relative_to(tree).as_posix()
            size = len(table.encode())
            files.change(
                files.files.including(
                    ListedFile(path=name, mode=0o644, size_bytes=size, sha256=sha256_of(path))
                )
            )
        if os.path.lexists(target) and self._is_intact(target, files.files):
            # A run was killed after the renaming, before the declaration.
            if not self._record_path(product).is_file():
                files.keep(self._record_path(product))
            return
        self._make_room(target)
        files.keep(self._record_path(product))
        move_tree(tree, target)

    def _is_intact(self, target: Path, files: FileList) -> bool:
        return target.is_dir() and not compare_lists(files, list_files(target))

    def _make_room(self, target: Path) -> None:
        """Move what nobody declared out of the way: it may be someone's work, so it is kept."""
        if not os.path.lexists(target):
            return
        self._refuse_if_declared(target)
        kept = replaced_folder(self._stack.path) / target.relative_to(self._stack.path)
        number = 1
        while os.path.lexists(kept):
            number += 1
            kept = kept.with_name(f"{target.name}.{number}")
        move_tree(target, kept)
        self._reporter.warn(
            f"`{target}` was there and not declared",
            hint=f"it is kept as `{kept}`; remove it if you do not need it",
        )

    def _refuse_if_declared(self, target: Path) -> None:
        """Keep products where they are declared, whatever a manifest calls its product's folder."""
        place = real_place(target)
        for name, version in DiskInstalledFiles(self._stack).declared():
            found = self._stack.find(name, version)
            if found is None or found.directory is None:
                continue
            other = real_place(found.directory)
            if place == other or place in other.parents:
                raise RefusedError(
                    f"`{name}` {version} is declared in `{other}`, which would have to go",
                    hint=f"`lsstinstall remove {name}@{version}` makes room",
                )

    def adopt(self, product: PlannedProduct) -> None:
        """Write down the files of a product that someone else installed and declared."""
        self._stack.forget()
        installed = self._stack.find(product.product, product.version)
        if installed is None:
            raise NotFoundError(
                f"EUPS ended well, but `{product.product}` {product.version} is not declared "
                f"in `{self._stack.path}`"
            )
        if installed.directory is not None:
            self._record(product, list_files(Path(installed.directory)))

    def _record(self, product: PlannedProduct, files: FileList) -> None:
        write_atomic(self._record_path(product), files.format())

    def _record_path(self, product: PlannedProduct) -> Path:
        return record_path(self._stack.path, self._stack.flavor, product.product, product.version)

    def discard(self, product: PlannedProduct) -> None:
        """Remove what was unpacked of a product that will not be finished."""
        self._unpacked.pop(product.product, None)
        _remove_all_but_parts(self._folder(product))

    def assign_tags(self, product: PlannedProduct) -> tuple[str, ...]:
        """Give a declared product its planned tags; name those that were new to it."""
        return tuple(
            tag for tag in product.tags if self._stack.assign_tag(product.product, product.version, tag)
        )


def _table(folder: Path, product: ProductName) -> Path:
    return folder / "ups" / f"{product}.table"


def _remove_all_but_parts(folder: Path) -> None:
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if not path.name.endswith(_PARTS):
            remove_tree(path)
    if not any(folder.iterdir()):
        remove_tree(folder)


class DiskInstalledFiles:
    """What is installed in a stack, and what was.

    Parameters
    ----------
    stack : `StackReader`
        The stack.
    """

    def __init__(self, stack: StackReader) -> None:
        self._stack = stack

    def declared(self) -> Iterator[tuple[ProductName, EupsVersion]]:
        """Go through all declared versions that have a folder, sorted by product and version."""
        for product in self._stack.products():
            for version in self._stack.versions(product):
                if self._directory(product, version) is not None:
                    yield product, version

    def _directory(self, product: ProductName, version: EupsVersion) -> Path | None:
        installed = self._stack.find(product, version)
        return None if installed is None or installed.directory is None else Path(installed.directory)

    def place(self, product: ProductName, version: EupsVersion) -> str:
        """Name a product's folder as a user would, below the stack where it lies in it."""
        directory = self._directory(product, version) or Path()
        inside = directory.is_relative_to(self._stack.path)
        return str(directory.relative_to(self._stack.path) if inside else directory)

    def recorded(self, product: ProductName, version: EupsVersion) -> FileList | None:
        """Read what was written down at the installation; `None` if nothing was."""
        installed = self._stack.find(product, version)
        flavor = self._stack.flavor if installed is None else installed.flavor
        path = record_path(self._stack.path, flavor, product, version)
        try:
            return parse_file_list(read_bytes(path), source=str(path))
        except NotFoundError:
            return None

    def is_recorded(self, product: ProductName, version: EupsVersion) -> bool:
        """Say whether anything was written down at the installation, without reading it."""
        installed = self._stack.find(product, version)
        flavor = self._stack.flavor if installed is None else installed.flavor
        return record_path(self._stack.path, flavor, product, version).is_file()

    def found(self, product: ProductName, version: EupsVersion) -> FileList | None:
        """Read what is there now; `None` if the folder is gone."""
        directory = self._directory(product, version)
        return list_files(directory) if directory is not None and directory.is_dir() else None
