"""Installed products as archives that can be unpacked elsewhere, and then name their new place."""

from __future__ import annotations

import io
import json
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path
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
        Gets it. Names, modes, times and links are kept, owners are not.
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
            archive.add(entry.path, arcname=name, recursive=False, filter=_without_owner)


def _without_owner(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
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
            # Not by iteration, which begins with the first one again.
            while (member := archive.next()) is not None:
                archive.extract(member, folder, filter=_inside)
    except (tarfile.TarError, zstandard.ZstdError, ValueError, EOFError) as error:
        raise CorruptError(f"the archive cannot be read: {error}") from error
    except OSError as error:
        raise explain(error, doing="write") from error
    _move(folder, facts, places)


def _inside(member: tarfile.TarInfo, path: str) -> tarfile.TarInfo | None:
    # Links may lead to other products; nothing may be written through one.
    inside = tarfile.tar_filter(member, path)
    return inside.replace(mode=member.mode & 0o777, deep=False)


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
