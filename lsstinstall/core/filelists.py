"""What an installed product consists of, file by file, so that a later change is seen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lsstinstall.core.errors import CorruptError
from lsstinstall.core.filestamps import UNKNOWN, pack_stamps
from lsstinstall.core.jsontexts import canonical_json

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from lsstinstall.core.filestamps import FileStamp
    from lsstinstall.core.names import Sha256

__all__ = [
    "Differences",
    "FileList",
    "ListedFile",
    "ListedLink",
    "compare_lists",
    "compare_use",
    "format_rows",
]

SCHEMA_VERSION = 1
"""Of the lists that we write; others are refused."""

_CACHE = "__pycache__"
"""Python writes what it likes into these folders, whenever it likes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFile:
    """A regular file of a product.

    Parameters
    ----------
    path : `str`
        Below the product's folder, with ``/``.
    mode : `int`
        Permission bits.
    size_bytes : `int`
        Of the whole file.
    sha256 : `Sha256`
        Of the whole file.
    """

    path: str
    mode: int
    size_bytes: int
    sha256: Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedLink:
    """A symbolic link of a product.

    Parameters
    ----------
    path : `str`
        Below the product's folder, with ``/``.
    target : `str`
        As the link has it.
    """

    path: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileList:
    """All files and links of a product; folders are implied.

    Parameters
    ----------
    files : `tuple` [ `ListedFile`, ... ]
        Sorted by path.
    links : `tuple` [ `ListedLink`, ... ]
        Sorted by path.
    originals : `tuple` [ `ListedFile`, ... ]
        What those of the files were in the package that were repaired at the
        installation; sorted by path.
    stamps : `~collections.abc.Mapping` [ `str`, `FileStamp` ]
        What the system said of some of the files when their digests were
        computed, by path; not compared.
    """

    files: tuple[ListedFile, ...]
    links: tuple[ListedLink, ...]
    originals: tuple[ListedFile, ...] = ()
    stamps: Mapping[str, FileStamp] = field(default_factory=dict, compare=False)

    @property
    def entries(self) -> tuple[ListedFile | ListedLink, ...]:
        """Files, then links."""
        return (*self.files, *self.links)

    @property
    def size_bytes(self) -> int:
        """Sum of the sizes of the files."""
        return sum(file.size_bytes for file in self.files)

    def below(self, folder: str) -> FileList:
        """Take a folder off the front of all paths.

        Parameters
        ----------
        folder : `str`
            With ``/``, without a final one.

        Returns
        -------
        files : `FileList`
            With paths below the folder.

        Raises
        ------
        CorruptError
            Raised if something is not in the folder.
        """
        prefix = f"{folder}/"
        outside = [entry.path for entry in self.entries if not entry.path.startswith(prefix)]
        if outside:
            raise CorruptError(f"`{outside[0]}` is not in the folder `{folder}`")
        return FileList(
            files=tuple(replace(file, path=file.path.removeprefix(prefix)) for file in self.files),
            links=tuple(replace(link, path=link.path.removeprefix(prefix)) for link in self.links),
            originals=tuple(replace(file, path=file.path.removeprefix(prefix)) for file in self.originals),
        )

    def including(self, file: ListedFile) -> FileList:
        """Put a file into the list, in the place of one with the same path.

        Parameters
        ----------
        file : `ListedFile`
            The file.

        Returns
        -------
        files : `FileList`
            Sorted by path.
        """
        others = [known for known in self.files if known.path != file.path]
        files = tuple(sorted([*others, file], key=lambda known: known.path))
        return replace(self, files=files, stamps=self._stamps_without({file.path}))

    def _stamps_without(self, paths: Collection[str]) -> dict[str, FileStamp]:
        return {path: stamp for path, stamp in self.stamps.items() if path not in paths}

    def repaired(self, files: Iterable[ListedFile]) -> FileList:
        """Put repaired files into the list, and keep what they were.

        Parameters
        ----------
        files : `~collections.abc.Iterable` [ `ListedFile` ]
            As they are now; each is in the list.

        Returns
        -------
        files : `FileList`
            In the same order.
        """
        new = {file.path: file for file in files}
        changed = tuple(new.get(file.path, file) for file in self.files)
        return self.changed_to(replace(self, files=changed, stamps=self._stamps_without(new)))

    def changed_to(self, found: FileList) -> FileList:
        """Accept what became of a product at its installation, and keep what changed files were.

        Parameters
        ----------
        found : `FileList`
            What is there now.

        Returns
        -------
        files : `FileList`
            What is there now, with originals.
        """
        now = {file.path: file for file in found.files}
        known = {file.path for file in self.originals}
        old = [file for file in self.files if file.path not in known and now.get(file.path, file) != file]
        originals = sorted([*self.originals, *old], key=lambda file: file.path)
        return replace(found, originals=tuple(originals))

    def format(self) -> bytes:
        """Write the list down.

        Returns
        -------
        data : `bytes`
            Canonical JSON; `filelistreading` reads it.
        """
        return format_rows(
            map(_columns, self.files),
            ((link.path, link.target) for link in self.links),
            originals=map(_columns, self.originals),
            stamps=self.stamps,
        )


def format_rows(
    files: Iterable[tuple[str, int, int, str]],
    links: Iterable[tuple[str, str]],
    *,
    originals: Iterable[tuple[str, int, int, str]] = (),
    stamps: Mapping[str, FileStamp] | None = None,
) -> bytes:
    """Write a list down without making values of its entries, of which there may be many thousands.

    Parameters
    ----------
    files : `~collections.abc.Iterable` [ `tuple` ]
        Path, permission bits, size in bytes and digest of each, in any order.
    links : `~collections.abc.Iterable` [ `tuple` ]
        Path and target of each, in any order.
    originals : `~collections.abc.Iterable` [ `tuple` ], optional
        Like ``files``: what they were before they were changed on purpose.
    stamps : `~collections.abc.Mapping` [ `str`, `FileStamp` ], optional
        What the system said of files when their digests were computed, by
        path.

    Returns
    -------
    data : `bytes`
        Canonical JSON, sorted by path; `filelistreading` reads it.
    """
    rows = _rows_of(files)
    document: dict[str, object] = {"schema": SCHEMA_VERSION, "files": rows}
    document["links"] = sorted(list(link) for link in links)
    if changed := _rows_of(originals):
        document["originals"] = changed
    if stamps:
        document["stamps"] = pack_stamps(stamps.get(str(row[0]), UNKNOWN) for row in rows)
    return canonical_json(document)


def _rows_of(files: Iterable[tuple[str, int, int, str]]) -> list[list[object]]:
    found = sorted(files)
    modes = {mode: f"{mode:o}" for _, mode, _, _ in found}
    return [[path, modes[mode], size, digest] for path, mode, size, digest in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """How a product differs from what was installed; all paths sorted.

    Parameters
    ----------
    changed : `tuple` [ `str`, ... ]
        Other content, other permission bits or another kind of file.
    missing : `tuple` [ `str`, ... ]
        Installed, and no longer there.
    extra : `tuple` [ `str`, ... ]
        There, and never installed.
    """

    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changed or self.missing or self.extra)


def _columns(file: ListedFile) -> tuple[str, int, int, str]:
    return file.path, file.mode, file.size_bytes, file.sha256


def compare_lists(installed: FileList, found: FileList) -> Differences:
    """Compare a product with what was installed.

    Parameters
    ----------
    installed : `FileList`
        Written down when the product was installed.
    found : `FileList`
        Read from the product's folder now. Python's caches are not compared.

    Returns
    -------
    differences : `Differences`
        Empty and false if there are none.
    """
    before = _by_path(installed)
    now = _by_path(found)
    return Differences(
        changed=tuple(sorted(path for path in before.keys() & now.keys() if before[path] != now[path])),
        missing=tuple(sorted(before.keys() - now.keys())),
        extra=tuple(sorted(now.keys() - before.keys())),
    )


def compare_use(installed: FileList, found: FileList) -> Differences:
    """Compare a product with what was installed, as far as its users see it.

    Parameters
    ----------
    installed, found : `FileList`
        As for `compare_lists`. Who may read and write is the site's business,
        unless all may write.

    Returns
    -------
    differences : `Differences`
        Empty and false if there are none.
    """
    return compare_lists(_with_plain_modes(installed), _with_plain_modes(found))


def _with_plain_modes(listed: FileList) -> FileList:
    return replace(listed, files=tuple(_with_plain_mode(file) for file in listed.files))


def _with_plain_mode(file: ListedFile) -> ListedFile:
    mode = (0o755 if file.mode & 0o100 else 0o644) | file.mode & 0o002
    return file if file.mode == mode else replace(file, mode=mode)


def _by_path(listed: FileList) -> dict[str, ListedFile | ListedLink]:
    return {entry.path: entry for entry in listed.entries if _CACHE not in entry.path.split("/")}
