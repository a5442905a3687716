"""Installed products as archives that can be unpacked elsewhere, and then name their new place."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

import zstandard

from lsstinstall.adapters.files import explain
from lsstinstall.adapters.trees import walk_tree
from lsstinstall.core.errors import CorruptError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Moves", "find_moves", "pack_product", "unpack_product"]

_MOVES = ".lsstinstall-moves.json"
_LEVEL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Where a product names the place that it was built for.

    Parameters
    ----------
    places : `~collections.abc.Mapping` [ `str`, `str` ]
        Name of a place, as ``stack``, to its absolute path.
    texts : `tuple` [ `str`, ... ]
        Text files that name one, sorted; there the path can be replaced.
    bound : `tuple` [ `str`, ... ]
        Other files that name one, sorted: the product works only there.
    """

    places: Mapping[str, str]
    texts: tuple[str, ...]
    bound: tuple[str, ...]


def find_moves(folder: Path, places: Mapping[str, str]) -> Moves:
    """Look through all files of a product.

    Parameters
    ----------
    folder : `~pathlib.Path`
        The installed product.
    places : `~collections.abc.Mapping` [ `str`, `str` ]
        Paths to look for.

    Returns
    -------
    moves : `Moves`
        What was found; links that lead to such a path bind, too.
    """
    pattern = _pattern(places.values())
    texts: list[str] = []
    bound: list[str] = []
    for entry in walk_tree(folder):
        name = Path(entry.path).relative_to(folder).as_posix()
        if entry.is_symlink():
            if pattern.search(str(Path(entry.path).readlink()).encode()):
                bound.append(name)
        elif entry.is_file():
            data = Path(entry.path).read_bytes()
            if pattern.search(data):
                (bound if b"\0" in data else texts).append(name)
    return Moves(places=dict(places), texts=tuple(sorted(texts)), bound=tuple(sorted(bound)))


def _pattern(paths: Iterable[str]) -> re.Pattern[bytes]:
    wanted = sorted((path for path in paths if path), key=len, reverse=True)
    choices = b"|".join(re.escape(path.encode()) for path in wanted)
    # Not `/data/stack2` for `/data/stack`.
    return re.compile(b"(" + (choices or b"(?!)") + rb")(?![\w.-])")


def pack_product(folder: Path, moves: Moves, stream: IO[bytes]) -> None:
    """Write a product as a compressed archive.

    Parameters
    ----------
    folder : `~pathlib.Path`
        The installed product.
    moves : `Moves`
        From `find_moves`; becomes part of the archive.
    stream : file
        Gets it. Names, modes, times to the second and links are kept, owners
        are not.
    """
    facts = json.dumps({"places": dict(moves.places), "texts": moves.texts}, sort_keys=True).encode()
    with (
        zstandard.ZstdCompressor(level=_LEVEL).stream_writer(stream, closefd=False) as compressed,
        tarfile.open(fileobj=compressed, mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        header = tarfile.TarInfo(_MOVES)
        header.size = len(facts)
        archive.addfile(header, io.BytesIO(facts))
        for entry in walk_tree(folder):
            name = Path(entry.path).relative_to(folder).as_posix()
            archive.add(entry.path, arcname=name, recursive=False, filter=_plain)


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    # A fraction of a second would take a header of its own in each of them.
    member.mtime = int(member.mtime)
    member.uname = member.gname = ""
    return member


def unpack_product(stream: IO[bytes], folder: Path, places: Mapping[str, str]) -> None:
    """Unpack a product for the place where it is to be.

    Parameters
    ----------
    stream : file
        The archive, checked.
    folder : `~pathlib.Path`
        Made for it.
    places : `~collections.abc.Mapping` [ `str`, `str` ]
        The paths of here, which take the place of those it was built for.

    Raises
    ------
    CorruptError
        Raised if it is no such archive.
    ToolkitError
        Raised if it cannot be written.
    """
    folder.mkdir(parents=True)
    try:
        with (
            zstandard.ZstdDecompressor().stream_reader(stream, closefd=False) as plain,
            tarfile.open(fileobj=plain, mode="r|") as archive,
        ):
            first = archive.next()
            content = None if first is None or first.name != _MOVES else archive.extractfile(first)
            if content is None:
                raise CorruptError("the archive does not tell of places")
            facts = json.loads(content.read())
            unpacking = _Unpacking(archive, folder)
            # Not by iteration, which begins with the first one again.
            while (member := archive.next()) is not None:
                unpacking.take(member)
            unpacking.finish()
    except (tarfile.TarError, zstandard.ZstdError, ValueError, EOFError) as error:
        raise CorruptError(f"the archive cannot be read: {error}") from error
    except OSError as error:
        raise explain(error, doing="write") from error
    _move(folder, facts, places)


class _Unpacking:
    """One archive that is unpacked into a new folder, and nowhere else.

    What `tarfile` does to be safe asks the disk several times for each file;
    in a folder that nobody else writes to it is enough to know our own links.
    """

    def __init__(self, archive: tarfile.TarFile, folder: Path) -> None:
        self._archive = archive
        self._folder = folder
        self._folders: list[tuple[str, tarfile.TarInfo]] = []
        self._links: set[PurePosixPath] = set()

    def take(self, member: tarfile.TarInfo) -> None:
        """Unpack one file, folder or link."""
        target = self._place(member.name)
        if member.isdir():
            os.mkdir(target, 0o700)  # noqa: PTH102 - thousands of times
            self._folders.append((target, member))
        elif member.issym():
            # It may lead to other products; nothing is written through it.
            os.symlink(member.linkname, target)  # noqa: PTH211 - likewise
            self._links.add(PurePosixPath(member.name))
        elif member.islnk():
            os.link(self._place(member.linkname), target, follow_symlinks=False)
        else:
            self._write(member, target)

    def finish(self) -> None:
        """Close folders that may not be written to, and let them be as old as they were."""
        for target, member in reversed(self._folders):
            os.chmod(target, member.mode & 0o777)  # noqa: PTH101 - likewise
            os.utime(target, (member.mtime, member.mtime))

    def _place(self, name: str) -> str:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or not self._links.isdisjoint(path.parents):
            raise CorruptError(f"the archive has `{name}`, which is outside of its folder")
        return f"{self._folder}/{path}"

    def _write(self, member: tarfile.TarInfo, target: str) -> None:
        content = self._archive.extractfile(member)
        if content is None:
            raise CorruptError(f"the archive has `{member.name}`, which is no file")
        with open(target, "xb") as stream:  # noqa: PTH123 - likewise
            shutil.copyfileobj(content, stream, 1 << 20)
            stream.flush()
            os.fchmod(stream.fileno(), member.mode & 0o777)
            os.utime(stream.fileno(), (member.mtime, member.mtime))


def _move(folder: Path, facts: Mapping[str, Mapping[str, str]], places: Mapping[str, str]) -> None:
    moved = {
        old.encode(): places.get(name, "").encode()
        for name, old in facts["places"].items()
        if old and old != places.get(name)
    }
    if not moved:
        return
    pattern = _pattern([old.decode() for old in moved])
    for name in facts["texts"]:
        path = folder / name
        mode = path.stat().st_mode & 0o777
        data = pattern.sub(lambda found: moved[found[1]], path.read_bytes())
        path.chmod(mode | 0o200)
        path.write_bytes(data)
        path.chmod(mode)
