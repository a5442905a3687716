"""Publications and package roots in memory, for tests of publishing."""

from __future__ import annotations

import hashlib
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.core.environments import parse_env_version
from lsstinstall.core.errors import CorruptError, NotFoundError, RefusedError, ToolkitError
from lsstinstall.core.names import CondaSubdir, Sha256
from lsstinstall.core.packageindexes import index_path
from lsstinstall.core.platforms import platform_of
from lsstinstall.core.releases import FileRecord
from lsstinstall.core.tags import parse_tag
from rubin_releng.core.buildkinds import SourceKind
from rubin_releng.stack.publications import Publication, PublishedProduct
from tests.support.builds import fake_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from lsstinstall.core.buildmanifests import BuildManifest, ManifestProduct

__all__ = ["LOCK", "FakePackageRoot", "FakePackages", "FakeServer", "fake_publication"]

LOCK = "@EXPLICIT\nhttps://example.org/linux-64/python-3.12.1-h1_0.conda#0123456789abcdef0123456789abcdef\n"


def fake_publication(
    *also: str,
    tag: str = "w_2026_10",
    env: str | None = "13.0.1",
    manifest: BuildManifest | None = None,
    locks: dict[str, str] | None = None,
    subdir: str = "linux-64",
) -> Publication:
    """Make a publication of two products."""
    products = (manifest or fake_manifest(alpha="", top="alpha alpha")).products
    return Publication(
        tag=parse_tag(tag),
        also=tuple(parse_tag(text) for text in also),
        build=(manifest or fake_manifest(alpha="")).build,
        products=tuple(
            PublishedProduct(
                product=product,
                repository=f"https://example.org/{product.name}",
                time=datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC),
                table=f"# table of {product.name}\n",
                key=f"key of {product.name}",
            )
            for product in products
        ),
        platform=platform_of(subdir),
        env_version=None if env is None else parse_env_version(env),
        locks={CondaSubdir(name): text for name, text in (locks or {}).items()},
        source=SourceKind.GIT,
    )


def _describe(path: str, data: bytes) -> FileRecord:
    return FileRecord(path=path, size_bytes=len(data), sha256=Sha256(hashlib.sha256(data).hexdigest()))


class FakePackageRoot:
    """A package root in a dictionary that remembers the order of writing."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.written: list[str] = []
        self.keys: dict[str, str | None] = {}
        self.rivals: dict[str, bytes] = {}

    def look(self, paths: Collection[str]) -> None:
        """Ask for many files at once, which a dictionary need not."""

    def exists(self, path: str) -> bool:
        """Tell whether there is such a file."""
        return path in self.files

    def read(self, path: str) -> bytes | None:
        """Read a file."""
        return self.files.get(path)

    def describe(self, path: str) -> FileRecord | None:
        """Tell size and digest."""
        return _describe(path, self.files[path]) if path in self.files else None

    def listing(self, folder: str) -> tuple[str, ...]:
        """Name the files in a folder."""
        paths = [Path(path) for path in list(self.files)]  # others write meanwhile
        return tuple(sorted(path.name for path in paths if str(path.parent) == folder))

    def write(self, path: str, data: bytes) -> None:
        """Write a file."""
        self.files[path] = data
        self.written.append(path)

    def insert(self, path: str, data: bytes) -> bool:
        """Write a file that is not there; others may be faster."""
        if path in self.rivals:
            self.files[path] = self.rivals.pop(path)
        if path in self.files:
            return False
        self.write(path, data)
        return True

    def update(self, path: str, change: Callable[[bytes | None], bytes]) -> bytes:
        """Replace a file by what is made of its content; again if others were faster."""
        if path in self.rivals:
            change(self.files.get(path))
            self.files[path] = self.rivals.pop(path)
        old = self.files.get(path)
        new = change(old)
        if new != old:
            self.write(path, new)
        return new

    def add(self, path: str, key: str | None, make: Callable[[Path], None]) -> tuple[bool, FileRecord]:
        """Add a file that never changes."""
        if path in self.files and key is not None and self.keys.get(path) == key:
            return False, _describe(path, self.files[path])
        with tempfile.TemporaryDirectory() as scratch:
            target = Path(scratch) / "new"
            make(target)
            data = target.read_bytes()
        self.keys[path] = key
        if path not in self.files:
            self.write(path, data)
            return True, _describe(path, data)
        if self.files[path] != data:
            raise RefusedError(f"`{path}` is there with other content")
        return False, _describe(path, data)

    def add_index(self, package: FileRecord) -> tuple[bool, FileRecord]:
        """Write an index that names its package."""
        path = index_path(package.path)
        added = path not in self.files
        if added:
            self.write(path, f"index of {package.sha256}".encode())
        return added, _describe(path, self.files[path])


class FakeServer:
    """A server with the files of a package root, some of which it will not tell the size of."""

    url = "https://example.org/stack"

    def __init__(self, root: FakePackageRoot, *, tells_sizes: bool = True) -> None:
        self.files = root.files
        self.tells_sizes = tells_sizes

    def read(self, path: str) -> bytes | None:
        """Read a file."""
        return self.files.get(path)

    def exists(self, path: str) -> bool:
        """Tell whether there is such a file."""
        return path in self.files

    def size(self, path: str) -> int | None:
        """Tell the size of a file, if it is told."""
        return len(self.files[path]) if path in self.files and self.tells_sizes else None

    def check(self, file: FileRecord) -> None:
        """Compare a file with its record."""
        if file.path not in self.files:
            raise NotFoundError(f"there is no {file.path}")
        if _describe(file.path, self.files[file.path]).sha256 != file.sha256:
            raise CorruptError(f"{file.path} has another digest")


class FakePackages:
    """Makes packages that say what they hold."""

    def __init__(self, *, failing: tuple[str, ...] = (), content: str = "") -> None:
        self.failing = failing
        self.content = content
        self.made: list[str] = []

    def make_source(
        self, product: ManifestProduct, target: Path, *, kind: SourceKind, repository: str, time: datetime
    ) -> None:
        """Write a source package."""
        self._make(product, target, f"source {kind} {repository} {time}")

    def make_binary(self, product: ManifestProduct, target: Path, *, time: datetime) -> None:
        """Write a binary package."""
        self._make(product, target, f"binary {time}")

    def _make(self, product: ManifestProduct, target: Path, text: str) -> None:
        if product.name in self.failing:
            raise ToolkitError(f"`{product.name}` cannot be packed")
        self.made.append(product.name)
        target.write_text(f"{product.name} {product.version} {text} {self.content}", encoding="utf-8")
