"""Package roots in memory, and a place to install to that touches no disk."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.folders import check_content
from lsstinstall.core.distribmanifests import DistribManifest, DistribManifestRow
from lsstinstall.core.errors import CorruptError, NotFoundError, ToolkitError
from lsstinstall.core.names import Flavor, ProductName
from lsstinstall.core.pkgroots import SOURCE_CONFIG, TARBALL_CONFIG, eupspkg_id, tarball_id
from lsstinstall.core.taglists import TagList, TagListEntry
from lsstinstall.core.tags import EupsTag
from lsstinstall.core.versions import EupsVersion

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from lsstinstall.core.names import Sha256
    from lsstinstall.core.productplans import PlannedProduct
    from lsstinstall.core.productreuse import Reuse
    from lsstinstall.install.ports import PackageFiles

__all__ = [
    "LINUX",
    "FakePackageFiles",
    "FakeProductStore",
    "FakeSourceInstaller",
    "make_tarball",
    "product_version",
    "source_root",
    "tarball_root",
]

LINUX = Flavor("Linux64")
GENERIC = Flavor("generic")
_TIME = datetime(2026, 11, 22, 7, 33, 26, tzinfo=UTC)


def product_version(name: str) -> EupsVersion:
    """Make the version that a product has in all roots made here; one in two has a ``+``."""
    return EupsVersion(f"g{len(name):010x}" + ("+0a1b2c3d4e" if len(name) % 2 else ""))


def make_tarball(members: Mapping[str, bytes | tuple[str, str]]) -> bytes:
    """Pack files; a pair is a link's kind (``SYMTYPE`` and so on) and its target."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for path, content in members.items():
            header = tarfile.TarInfo(path)
            if isinstance(content, tuple):
                header.type, header.linkname = getattr(tarfile, content[0]), content[1]
                tar.addfile(header)
            else:
                header.size = len(content)
                tar.addfile(header, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), mtime=0)


def _closure(needs: Mapping[str, tuple[str, ...]], name: str) -> list[str]:
    found: dict[str, None] = {}
    for need in needs[name]:
        found.update(dict.fromkeys(_closure(needs, need)))
        found[need] = None
    return list(found)


def _rows(
    needs: Mapping[str, tuple[str, ...]], name: str, flavor: Flavor, dist_id: Callable[[ProductName], str]
) -> tuple[DistribManifestRow, ...]:
    return tuple(
        DistribManifestRow(
            product=ProductName(one),
            flavor=flavor,
            version=product_version(one),
            table=f"{one}-{product_version(one)}.table",
            directory=f"{one}/{product_version(one)}",
            dist_id=dist_id(ProductName(one)),
        )
        for one in [*_closure(needs, name), name]
    )


def _manifest(name: str, rows: tuple[DistribManifestRow, ...]) -> bytes:
    manifest = DistribManifest(
        product=ProductName(name),
        version=product_version(name),
        rows=rows,
        creator="builder",
        time=_TIME,
        eups_version="2.2.15",
    )
    return manifest.format().encode()


def _tag_list(needs: Mapping[str, tuple[str, ...]], tag: str) -> bytes:
    entries = tuple(
        TagListEntry(product=ProductName(name), flavor=GENERIC, version=product_version(name))
        for name in sorted(needs)
    )
    return TagList(tag=EupsTag.parse(tag), entries=entries).format().encode()


def tarball_root(
    needs: Mapping[str, tuple[str, ...]], *, tags: Collection[str] = ("w_2026_10",)
) -> dict[str, bytes]:
    """Make a root of binaries: path to content, one tarball for each product."""
    files = {"config.txt": TARBALL_CONFIG.encode()}
    for name in needs:
        version = product_version(name)
        rows = _rows(needs, name, LINUX, lambda one: tarball_id(one, product_version(one), LINUX))
        files[f"manifests/{name}-{version}@{LINUX}.manifest"] = _manifest(name, rows)
        files[f"tables/{name}-{version}.table"] = b"envPrepend(PATH, ${PRODUCT_DIR}/bin)\n"
        files[rows[-1].dist_id] = make_tarball(
            {
                f"{name}/{version}/ups/{name}.table": b"envPrepend(PATH, ${PRODUCT_DIR}/bin)\n",
                f"{name}/{version}/bin/{name}": f"#!/bin/sh\necho {name}\n".encode(),
                f"{name}/{version}/lib/lib{name}.so": ("SYMTYPE", f"lib{name}.so.1"),
                f"{name}/{version}/lib/lib{name}.so.1": b"machine code",
            }
        )
    return files | {f"{tag}.list": _tag_list(needs, tag) for tag in tags}


def source_root(
    needs: Mapping[str, tuple[str, ...]], *, tags: Collection[str] = ("w_2026_10",)
) -> dict[str, bytes]:
    """Make a root of source packages: path to content; the packages are empty."""
    files = {"config.txt": SOURCE_CONFIG.encode()}
    for name in needs:
        version = product_version(name)
        rows = _rows(needs, name, GENERIC, lambda one: eupspkg_id(one, product_version(one)))
        files[f"manifests/{name}-{version}.manifest"] = _manifest(name, rows)
        files[f"products/{name}-{version}.eupspkg"] = b"a source package"
    return files | {f"tags/{tag}.list": _tag_list(needs, tag) for tag in tags}


class FakePackageFiles:
    """A package root in memory; each request is written down."""

    def __init__(self, url: str, files: Mapping[str, bytes]) -> None:
        self._url = url
        self.files = dict(files)
        self.asked: list[str] = []
        self.on_download: Callable[[str], None] = lambda _: None

    @property
    def url(self) -> str:
        """What the root was opened with."""
        return self._url

    def _read(self, path: str) -> bytes:
        self.asked.append(path)
        if path not in self.files:
            raise NotFoundError(f"there is no <{self._url}/{path}>")
        return self.files[path]

    def read_bytes(self, path: str) -> bytes:
        """Read a whole file."""
        return self._read(path)

    def read_part(self, path: str, offset: int, size_bytes: int) -> bytes:
        """Read so many bytes of a file."""
        return self._read(path)[offset : offset + size_bytes]

    def read_text(self, path: str) -> str:
        """Read a whole UTF-8 text."""
        return self._read(path).decode()

    def listing(self, directory: str) -> tuple[str, ...]:
        """Name the files of a directory, sorted."""
        prefix = f"{directory}/" if directory else ""
        names = {
            path.removeprefix(prefix).partition("/")[0] for path in self.files if path.startswith(prefix)
        }
        if not names:
            raise NotFoundError(f"there is no <{self._url}/{directory}>")
        return tuple(sorted(names))

    def exists(self, path: str) -> bool:
        """Say whether there is such a file."""
        return path in self.files

    def size_bytes(self, path: str) -> int | None:
        """Say how large a file is."""
        return len(self._read(path))

    def download(
        self, path: str, destination: Path, *, sha256: Sha256 | None = None, size_bytes: int | None = None
    ) -> int:
        """Write a file."""
        del sha256, size_bytes
        return destination.write_bytes(self._read(path))

    def sources(self, path: str, beside: Path) -> Iterator[Path | Iterator[bytes]]:
        """Offer a package once, in two chunks."""
        del beside
        self.on_download(path)
        data = self._read(path)
        yield iter([data[:10], data[10:]])


@dataclass
class FakeProductStore:
    """A place to install to that remembers what was done, in any number of threads."""

    broken: Collection[str] = ()
    undeclarable: Collection[str] = ()
    tableless: Collection[str] = ()
    unfit: Collection[str] = ()
    unpacked: list[str] = field(default_factory=list)
    assembled: list[str] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    adopted: list[str] = field(default_factory=list)
    discarded: list[str] = field(default_factory=list)
    tables: dict[str, str] = field(default_factory=dict)
    tags: dict[str, set[str]] = field(default_factory=dict)
    on_finish: Callable[[str], None] = lambda _: None
    locked: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def writing(self, products: Collection[PlannedProduct]) -> Iterator[None]:
        """Keep other writers out."""
        del products
        self.locked = True
        try:
            yield
        finally:
            self.locked = False

    def fetch(
        self, product: PlannedProduct, root: PackageFiles, *, advance: Callable[[int], None]
    ) -> tuple[int, bool]:
        """Fetch and verify, and pretend to unpack."""
        data = b""
        for source in root.sources(product.path or "", Path("/nowhere")):
            assert not isinstance(source, Path)
            for chunk in source:
                data += chunk
                advance(len(chunk))
        check_content(
            f"{root.url}/{product.path}",
            size_bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            expected_size=product.size_bytes,
            expected_sha256=product.sha256,
        )
        with self._lock:
            self.unpacked.append(product.product)
        if product.product in self.broken:
            raise ToolkitError(f"`{product.product}` is truncated")
        return len(data), product.product not in self.tableless

    def assemble(
        self, product: PlannedProduct, reuse: Reuse, root: PackageFiles, *, advance: Callable[[int], None]
    ) -> tuple[int, bool]:
        """Pretend to put together."""
        del root, advance
        if product.product in self.unfit:
            raise CorruptError(f"the index of `{product.product}` is wrong")
        with self._lock:
            self.assembled.append(product.product)
        return reuse.fetch_bytes, product.product not in self.tableless

    def finish(self, product: PlannedProduct, *, table: str | None) -> None:
        """Pretend to declare."""
        assert self.locked
        self.on_finish(product.product)
        if product.product in self.undeclarable:
            raise ToolkitError(f"`{product.product}` cannot be declared")
        self.finished.append(product.product)
        if table is not None:
            self.tables[product.product] = table

    def adopt(self, product: PlannedProduct) -> None:
        """Pretend to write down."""
        self.adopted.append(product.product)

    def discard(self, product: PlannedProduct) -> None:
        """Pretend to remove."""
        self.discarded.append(product.product)

    def assign_tags(self, product: PlannedProduct) -> tuple[str, ...]:
        """Remember the tags."""
        known = self.tags.setdefault(product.product, set())
        new = tuple(tag for tag in product.tags if tag not in known)
        known.update(new)
        return new


@dataclass
class FakeSourceInstaller:
    """Builds nothing, and tells in which order."""

    failing: Collection[str] = ()
    built: list[str] = field(default_factory=list)

    def install(self, product: PlannedProduct) -> None:
        """Pretend to build."""
        if product.product in self.failing:
            raise ToolkitError(f"`{product.product}` does not compile")
        self.built.append(product.product)
