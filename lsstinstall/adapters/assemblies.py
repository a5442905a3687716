"""Orders to put products together, as they are sent to worker processes, and how workers follow them."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsstinstall.adapters.assembling import FileSource, assemble_package
from lsstinstall.adapters.files import explain, read_bytes
from lsstinstall.adapters.productlists import write_record
from lsstinstall.core.errors import CorruptError, ToolkitError
from lsstinstall.core.filelistreading import parse_contents
from lsstinstall.core.filelists import format_rows
from lsstinstall.core.packageindexreading import parse_package_index
from lsstinstall.core.settings import LinkKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from lsstinstall.core.filestamps import FileStamp
    from lsstinstall.core.names import Sha256
    from lsstinstall.core.packageindexes import PackageIndex
    from lsstinstall.core.productreuse import Reuse, ReuseSource

__all__ = ["AssemblyOrder", "follow_order"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssemblyOrder:
    """One product to put together.

    Parameters
    ----------
    tree : `~pathlib.Path`
        Folder to make.
    reuse : `Reuse`
        What belongs to the product, and where it may be.
    link : `LinkKind` or `None`
        How files of other versions are taken.
    address : `str`
        Of the package, for errors.
    folder : `str`
        Folder in the package that must hold everything.
    record : `~pathlib.Path`
        File to make: the list of files below ``folder``.
    """

    tree: Path
    reuse: Reuse
    link: LinkKind | None
    address: str
    folder: str
    record: Path

    def to_dict(self, *, umask: int) -> dict[str, object]:
        """Make plain values of it.

        Parameters
        ----------
        umask : `int`
            Of this process; that of workers is 0.

        Returns
        -------
        order : `dict` [ `str`, `object` ]
            For JSON, and `follow_order`.
        """
        return {
            "tree": str(self.tree),
            "umask": umask,
            "mode": 0o666 & ~umask,
            "link": self.link,
            "address": self.address,
            "folder": self.folder,
            "record": str(self.record),
            "index": b64encode(self.reuse.index).decode("ascii"),
            "sources": list(map(_describe, self.reuse.sources)),
        }


def _describe(source: ReuseSource) -> dict[str, object]:
    # The worker reads records itself; that is work that is done side by side.
    digests = source.digests if source.record is None else {}
    return {
        "directory": source.directory,
        "is_own": source.is_own,
        "digests": digests,
        "record": source.record,
    }


def follow_order(
    order: dict[str, Any], frames: Iterator[bytes], *, ask: Callable[[Sequence[tuple[int, int]]], None]
) -> dict[str, object]:
    """Put a product together, and write down what is in it.

    Parameters
    ----------
    order : `dict`
        From `AssemblyOrder.to_dict`.
    frames : `~collections.abc.Iterator` [ `bytes` ]
        The parts that were asked for.
    ask : `~collections.abc.Callable`
        Asks for parts of the package, offset and size in bytes; not called if
        none is needed.

    Returns
    -------
    answer : `dict` [ `str`, `object` ]
        With ``bytes``, how much of the package was needed.

    Raises
    ------
    ToolkitError
        Raised if the package or the disk are not as they should be.
    """
    index = parse_package_index(b64decode(order["index"]), source=order["address"])
    assembled = assemble_package(
        index,
        list(map(_read_source, order["sources"])),
        Path(order["tree"]),
        fetch=lambda _, size: _checked(next(frames, b""), size),
        link=None if order["link"] is None else LinkKind(order["link"]),
        umask=order["umask"],
        announce=lambda pieces: ask(pieces) if pieces else None,
    )
    record = _record(index, order["folder"], assembled.stamps)
    try:
        write_record(order["record"], record, mode=order["mode"])
    except OSError as error:
        raise explain(error, doing="write") from error
    return {"bytes": assembled.fetched_bytes}


def _read_source(source: dict[str, Any]) -> FileSource:
    digests: dict[Sha256, str] = source["digests"]
    stamps: dict[str, FileStamp] = {}
    if source["record"] is not None:
        try:
            digests, stamps = parse_contents(read_bytes(Path(source["record"])), source=source["record"])
        except ToolkitError:
            # It was there a moment ago; what it had is fetched now.
            digests = {}
    return FileSource(directory=source["directory"], digests=digests, stamps=stamps, is_own=source["is_own"])


def _record(index: PackageIndex, folder: str, stamps: Mapping[str, FileStamp]) -> bytes:
    prefix = f"{folder}/"
    paths = [*(file.path for file in index.files), *(link.path for link in index.links)]
    outside = [path for path in paths if not path.startswith(prefix)]
    if outside:
        raise CorruptError(f"`{outside[0]}` is not in the folder `{folder}`")
    cut = len(prefix)
    return format_rows(
        ((path[cut:], mode, size, digest) for path, mode, size, digest, _, _ in index.files),
        ((link.path[cut:], link.target) for link in index.links),
        stamps={path[cut:]: stamp for path, stamp in stamps.items()},
    )


def _checked(data: bytes, size: int) -> bytes:
    if len(data) != size:
        raise CorruptError(f"a part of the package has {len(data)} bytes instead of {size}")
    return data
