"""Products put together from the files of other versions and from parts of their packages."""

from __future__ import annotations

import hashlib
import os
import posixpath
import stat
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain
from lsstinstall.adapters.gzipmembers import inflate_members
from lsstinstall.adapters.sharing import FileSharing, create_file, stamp_of
from lsstinstall.core.errors import CorruptError
from lsstinstall.core.packagelinks import check_link, may_lead_out
from lsstinstall.core.productreuse import join_groups

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from lsstinstall.core.filestamps import FileStamp
    from lsstinstall.core.names import Sha256
    from lsstinstall.core.packageindexes import IndexedFile, PackageGroup, PackageIndex
    from lsstinstall.core.productreuse import PackagePart
    from lsstinstall.core.settings import LinkKind

__all__ = ["Assembled", "FileSource", "assemble_package"]

_EMPTY = hashlib.sha256().hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSource:
    """Another version, as far as it was written down.

    Parameters
    ----------
    directory : `str`
        Its folder.
    digests : `~collections.abc.Mapping` [ `Sha256`, `str` ]
        Paths of its files below the folder.
    stamps : `~collections.abc.Mapping` [ `str`, `FileStamp` ]
        What the system said of them when the digests were computed, by path.
    is_own : `bool`
        Whether what is written down is trusted, and the owners of the files.
    """

    directory: str
    digests: Mapping[Sha256, str]
    stamps: Mapping[str, FileStamp]
    is_own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """What came of a package that was put together.

    Parameters
    ----------
    fetched_bytes : `int`
        How much of it was fetched.
    stamps : `~collections.abc.Mapping` [ `str`, `FileStamp` ]
        What the system says of its files, by path.
    """

    fetched_bytes: int
    stamps: Mapping[str, FileStamp]


def assemble_package(
    index: PackageIndex,
    sources: Sequence[FileSource],
    destination: Path,
    *,
    fetch: Callable[[int, int], bytes],
    link: LinkKind | None,
    umask: int = 0o022,
    announce: Callable[[Sequence[tuple[int, int]]], None] = lambda _: None,
) -> Assembled:
    """Make the folder that unpacking a whole package would make.

    Every file of another version is read and its digest compared before it is
    used, unless the system still says of it what it said when its digest was
    computed; and so is every file that is fetched.

    Parameters
    ----------
    index : `PackageIndex`
        What belongs into it.
    sources : `~collections.abc.Sequence` [ `FileSource` ]
        Where to look for that, the best first.
    destination : `~pathlib.Path`
        Folder to make; what was made stays there when this fails.
    fetch : `~collections.abc.Callable`
        Fetches a part of the package: offset and size in bytes.
    link : `LinkKind` or `None`
        How files of other versions are taken; `None` for a copy that shares
        its blocks where the disk can do that, else a hard link.
    umask : `int`, optional
        For folders that the index does not name.
    announce : `~collections.abc.Callable`, optional
        Hears offset and size of all that will be fetched, before it is.

    Returns
    -------
    assembled : `Assembled`
        What came of it.

    Raises
    ------
    CorruptError
        Raised if the package is not what its index says, or a link in it
        leads out.
    UnavailableError
        Raised if the server does not answer, or the disk is full.
    RefusedError
        Raised if we may not write there.
    """
    try:
        assembly = _Assembly(
            index, sources, destination, sharing=FileSharing(link), folder_mode=0o777 & ~umask
        )
        assembly.make_folders()
        missing = assembly.take_files()
        parts = join_groups(index.groups, missing)
        announce([piece for part in parts for piece in part.pieces])
        assembly.add_files(missing, parts, fetch)
        assembly.finish()
    except OSError as error:
        raise explain(error, doing="put together") from error
    return Assembled(fetched_bytes=assembly.fetched_bytes, stamps=assembly.stamps)


class _Assembly:
    def __init__(
        self,
        index: PackageIndex,
        sources: Sequence[FileSource],
        root: Path,
        *,
        sharing: FileSharing,
        folder_mode: int,
    ) -> None:
        self._index = index
        # With what is said of their files now: another name changes it.
        self._sources = [(source, dict(source.stamps) if source.is_own else {}) for source in sources]
        self._root = root
        self._prefix = f"{root}/"
        self._sharing = sharing
        self._folder_mode = folder_mode
        self._inodes: dict[str, int] = {}
        self._stamps: dict[int, FileStamp] = {}
        self.fetched_bytes = 0

    @property
    def stamps(self) -> dict[str, FileStamp]:
        """What the system says of the files, by path, when all their names are made."""
        return {path: self._stamps[inode] for path, inode in self._inodes.items()}

    def _remember(self, path: str, stamp: FileStamp) -> None:
        inode = stamp[0]
        self._inodes[path] = inode
        self._stamps[inode] = stamp

    def make_folders(self) -> None:
        named = {folder.path: folder.mode | stat.S_IRWXU for folder in self._index.folders}
        needed = {file.path.rpartition("/")[0] for file in self._index.files}
        needed.update(posixpath.dirname(link.path) for link in self._index.links)
        self._root.mkdir(self._folder_mode)
        made = {""}
        for path in sorted(needed.union(named)):
            parts = path.split("/")
            for depth in range(1, len(parts) + 1):
                folder = "/".join(parts[:depth])
                if folder not in made:
                    os.mkdir(self._prefix + folder, named.get(folder, self._folder_mode))  # noqa: PTH102
                    made.add(folder)

    def take_files(self) -> Mapping[int, list[IndexedFile]]:
        """Take what other versions have; return the rest by group."""
        missing: defaultdict[int, list[IndexedFile]] = defaultdict(list)
        for file in self._index.files:
            if not self._take(file):
                missing[file.group].append(file)
        return missing

    def add_files(
        self,
        missing: Mapping[int, list[IndexedFile]],
        parts: Iterable[PackagePart],
        fetch: Callable[[int, int], bytes],
    ) -> None:
        """Fetch what no version has."""
        wanted = {self._index.groups[number]: files for number, files in missing.items()}
        for part in parts:
            pieces = self._pieces(part, fetch)
            if len(part.groups) == 1:
                self._add_group(pieces, part.groups[0], wanted[part.groups[0]])
                continue
            data = b"".join(pieces)
            for group in part.groups:
                packed = data[group.offset - part.offset : group.end - part.offset]
                self._add_group([packed], group, wanted[group])

    def finish(self) -> None:
        self._make_links()
        self._close_folders()

    def _take(self, file: IndexedFile) -> bool:
        """Take a file from another version; say whether one had it."""
        if not file.size_bytes and file.sha256 == _EMPTY:
            os.close(self._create(file))
            return True
        for source, stamps in self._sources:
            path = source.digests.get(file.sha256)
            if path is None:
                continue
            stamp = self._sharing.take(
                f"{source.directory}/{path}",
                self._prefix + file.path,
                mode=file.mode,
                size_bytes=file.size_bytes,
                sha256=file.sha256,
                is_own=source.is_own,
                stamp=stamps.get(path),
            )
            if stamp is not None:
                if path in stamps and stamps[path][0] == stamp[0]:
                    stamps[path] = stamp
                self._remember(file.path, stamp)
                return True
        return False

    def _pieces(self, part: PackagePart, fetch: Callable[[int, int], bytes]) -> Iterator[bytes]:
        for offset, size in part.pieces:
            piece = fetch(offset, size)
            self.fetched_bytes += len(piece)
            yield piece

    def _add_group(self, packed: Iterable[bytes], group: PackageGroup, wanted: list[IndexedFile]) -> None:
        content = _Content(inflate_members(packed, content_bytes=group.content_bytes))
        for file in sorted(wanted, key=lambda file: file.offset):
            content.skip_to(file.offset)
            digest = hashlib.sha256()
            with os.fdopen(self._create(file), "wb", buffering=0) as target:
                for piece in content.take(file.size_bytes):
                    digest.update(piece)
                    target.write(piece)
                self._remember(file.path, stamp_of(os.fstat(target.fileno())))
            if digest.hexdigest() != file.sha256:
                raise CorruptError(f"`{file.path}` has not the content that the package's index tells")
        content.skip_to(group.content_bytes)

    def _create(self, file: IndexedFile) -> int:
        return create_file(self._prefix + file.path, file.mode)

    def _make_links(self) -> None:
        """Make links when all files are there, so that nothing is written through one."""
        for link in self._index.links:
            check_link(link.path, link.target)
            (self._root / link.path).symlink_to(link.target)
        inside = os.path.realpath(self._root)
        for link in self._index.links:
            reached = os.path.realpath(self._root / link.path)
            is_inside = f"{reached}/".startswith(f"{inside}/")
            if not (is_inside or may_lead_out(link.path, link.target)):
                raise CorruptError(f"the link `{link.path}` to `{link.target}` leads outside")

    def _close_folders(self) -> None:
        """Set the folders' own bits last, the deepest first, so that a read-only one could be filled."""
        for folder in sorted(self._index.folders, key=lambda folder: folder.path, reverse=True):
            path = self._root / folder.path
            mode = stat.S_IMODE(path.stat().st_mode)
            wanted = folder.mode | mode & stat.S_ISGID
            if mode != wanted:
                path.chmod(wanted)


class _Content:
    """An unpacked group that is read once, from its start."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")
        self._position = 0

    def skip_to(self, offset: int) -> None:
        for _ in self.take(offset - self._position):
            pass

    def take(self, size: int) -> Iterator[memoryview]:
        left = size
        while left > 0:
            if not self._rest:
                self._rest = memoryview(next(self._pieces))
            piece, self._rest = self._rest[:left], self._rest[left:]
            left -= len(piece)
            self._position += len(piece)
            yield piece
