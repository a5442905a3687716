"""What the stack's work needs of the world outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from concurrent.futures import Future
    from datetime import datetime
    from pathlib import Path

    from lsstinstall.core.buildmanifests import ManifestProduct
    from lsstinstall.core.names import GitSha, ProductName
    from lsstinstall.core.releases import FileRecord
    from lsstinstall.core.tags import BuildId
    from rubin_releng.core.buildkinds import SourceKind
    from rubin_releng.core.buildtasks import BuildTask, Made
    from rubin_releng.core.refs import RefName, RepositoryRefs

__all__ = [
    "Declarer",
    "Executor",
    "ObjectStore",
    "PackageMaker",
    "PackageStore",
    "ProductSource",
    "ServerReader",
    "SourceStore",
    "VersionDbStore",
]


class ProductSource(Protocol):
    """The repository of one product, as up to date as was asked for."""

    @property
    def refs(self) -> RepositoryRefs:
        """The remote's branches and tags."""

    def resolve(self, name: RefName) -> GitSha | None:
        """Read a name that is neither branch nor tag as git would; `None` if it cannot."""

    def is_commit(self, sha: GitSha) -> bool:
        """Tell whether what a tag stands for is a commit."""

    def read_text(self, commit: GitSha, path: str) -> str | None:
        """Read a UTF-8 file of a commit; `None` if the commit has no such file."""

    def check(self, commit: GitSha) -> None:
        """Refuse if checking a commit out would destroy somebody's work; changes nothing."""

    def settle(self, commit: GitSha) -> bool:
        """Check a commit out, where that is wanted; false if it was checked out already."""


class SourceStore(Protocol):
    """Where repositories are; used by several threads at once."""

    def obtain(self, product: ProductName, url: str, *, large_files: bool) -> ProductSource:
        """Clone or update the repository of one product."""


class VersionDbStore(Protocol):
    """The git repository that records builds."""

    def check(self) -> None:
        """Refuse a repository in which a build could not be recorded; repair a half-recorded one."""

    def tags(self) -> tuple[str, ...]:
        """List the tags, in no particular order."""

    def read(self, path: str) -> str | None:
        """Read a file of the newest commit; `None` if it has no such file."""

    def refresh(self) -> None:
        """Follow the remote that others push to, too."""

    def record(
        self, files: Mapping[str, str], *, message: str, tag: str, tag_message: str, push: bool = False
    ) -> bool:
        """Commit the files and tag the commit: both or neither.

        The remote gets both first if they are pushed; false, and nothing
        done, if others were quicker.
        """


class Declarer(Protocol):
    """The stack that products are built into."""

    def declare(self, products: Sequence[ManifestProduct], build: BuildId) -> None:
        """Tell the stack's database of products, as far as it does not know them, and of their build.

        After a `ToolkitError` some may be declared and others not.
        """


class Executor(Protocol):
    """Where products are made: threads here, other processes, other machines."""

    def cached(self, tasks: Sequence[BuildTask]) -> tuple[BuildTask, ...]:
        """Find the tasks for which `restore` may be worth while, in the same order; changes nothing."""

    def restore(self, tasks: Sequence[BuildTask]) -> Mapping[ProductName, Made]:
        """Take products out of build caches, all at once, without regard to what they need.

        What is missing in the answer could not be had and left nothing behind.
        """

    def submit(self, task: BuildTask) -> Future[Made]:
        """Begin to make a product and put its folder into the stack, whole.

        The future gives a `ToolkitError` if the product cannot be made, and
        is cancelled if it was stopped.
        """

    def stop(self) -> None:
        """Stop what runs, gently, then firmly; may be called from a signal's handler."""


class ObjectStore(Protocol):
    """Files by their paths, in a folder or a bucket; used by several threads at once.

    Paths are relative, with ``/``. Nothing is ever seen in part: a file is
    there whole, as it was before, or not at all.
    """

    @property
    def url(self) -> str:
        """Where it is, without a final slash."""

    def exists(self, path: str) -> bool:
        """Tell whether there is such a file."""

    def size(self, path: str) -> int | None:
        """Tell the size of a file in bytes; `None` if there is none."""

    def read(self, path: str) -> bytes | None:
        """Read a whole file; `None` if there is none."""

    def listing(self, folder: str) -> tuple[str, ...]:
        """Name the files in a folder, sorted, without hidden ones and folders; none if there is no folder."""

    def download(self, path: str, target: Path) -> None:
        """Fetch a file, which appears whole or not at all; `NotFoundError` if there is none."""

    def upload(self, source: Path, path: str) -> None:
        """Put a file there, or replace it, in one step."""

    def write(self, path: str, data: bytes) -> None:
        """Write a small file, or replace it, in one step."""

    def remove(self, path: str) -> None:
        """Remove a file; one that is not there is fine."""


class PackageStore(Protocol):
    """A package root; every file in it is whole at any time. Used by several threads at once."""

    def look(self, paths: Collection[str]) -> None:
        """Ask a server for many files at once, before they are asked for one by one."""

    def exists(self, path: str) -> bool:
        """Tell whether there is such a file."""

    def read(self, path: str) -> bytes | None:
        """Read a file; `None` if there is none."""

    def describe(self, path: str) -> FileRecord | None:
        """Tell size and digest of a file; `None` if there is none."""

    def listing(self, folder: str) -> tuple[str, ...]:
        """Name the files in a folder, sorted, without hidden ones and folders."""

    def write(self, path: str, data: bytes) -> None:
        """Write a file, or replace it in one step."""

    def insert(self, path: str, data: bytes) -> bool:
        """Write a file that is not there; false, and nothing done, if there is one now."""

    def update(self, path: str, change: Callable[[bytes | None], bytes]) -> bytes:
        """Replace a file by what is made of its content, `None` for none; give back what is there now.

        Nothing that others write meanwhile is lost: then it is made again, of
        theirs.
        """

    def add(self, path: str, key: str | None, make: Callable[[Path], None]) -> tuple[bool, FileRecord]:
        """Add a file that never changes; false if the same is there. Used by several threads at once.

        The key stands for what it is made from: a file that was added with
        the same key is not made again.
        """

    def add_index(self, package: FileRecord) -> tuple[bool, FileRecord]:
        """Write down what is in a binary package, beside it; false if that is there.

        Used by several threads at once.
        """


class ServerReader(Protocol):
    """A package root to look at, anywhere; used by several threads at once."""

    @property
    def url(self) -> str:
        """Where it is, without a final slash."""

    def read(self, path: str) -> bytes | None:
        """Read a whole file; `None` if there is none."""

    def exists(self, path: str) -> bool:
        """Tell whether there is such a file."""

    def size(self, path: str) -> int | None:
        """Tell the size of a file in bytes; `None` if there is none, or the server does not tell."""

    def check(self, file: FileRecord) -> None:
        """Read a file and compare it with its record.

        One that is not there is a `NotFoundError`, another content a
        `CorruptError`.
        """


class PackageMaker(Protocol):
    """Makes packages; used by several threads at once."""

    def make_source(
        self, product: ManifestProduct, target: Path, *, kind: SourceKind, repository: str, time: datetime
    ) -> None:
        """Write a source package to a new file."""

    def make_binary(self, product: ManifestProduct, target: Path, *, time: datetime) -> None:
        """Write a binary package to a new file."""
