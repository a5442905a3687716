"""Orders to put products together, as they are sent to worker processes, and how workers follow them."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsstinstall.adapters.assembling import assemble_package
from lsstinstall.adapters.files import explain
from lsstinstall.core.errors import CorruptError
from lsstinstall.core.packageindexes import parse_package_index
from lsstinstall.core.productreuse import Reuse, ReuseSource, join_groups
from lsstinstall.core.settings import LinkKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

__all__ = ["AssemblyOrder", "follow_order"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssemblyOrder:
    """One product to put together.

    Parameters
    ----------
    address : `str`
        Of the package, for errors.
    tree : `~pathlib.Path`
        Folder to make.
    folder : `str`
        Folder in the package that must hold everything.
    record : `~pathlib.Path`
        File to make: the list of files below ``folder``.
    reuse : `Reuse`
        What belongs to the product, and where it may be.
    link : `LinkKind` or `None`
        How files of other versions are taken.
    """

    address: str
    tree: Path
    folder: str
    record: Path
    reuse: Reuse
    link: LinkKind | None

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
            "address": self.address,
            "tree": str(self.tree),
            "folder": self.folder,
            "record": str(self.record),
            "umask": umask,
            "link": self.link,
            "index": base64.b64encode(self.reuse.index_data).decode(),
            "sources": [
                [source.directory, source.is_own, dict(source.digests)] for source in self.reuse.sources
            ],
        }

    def parts(self, groups: Collection[int], fetch: Callable[[int, int], bytes]) -> Iterator[bytes]:
        """Fetch what the worker lacks, in the order in which it will use it.

        Parameters
        ----------
        groups : `~collections.abc.Collection` [ `int` ]
            What the worker said.
        fetch : `~collections.abc.Callable`
            Fetches a part of the package: offset and size in bytes.

        Yields
        ------
        part : `bytes`
            For one frame each.
        """
        for part in join_groups(self.reuse.index, groups):
            for offset, size in part.pieces:
                yield fetch(offset, size)


def follow_order(
    order: dict[str, Any], frames: Iterator[bytes], *, ask: Callable[[Collection[int]], None]
) -> dict[str, object]:
    """Put a product together.

    Parameters
    ----------
    order : `dict`
        From `AssemblyOrder.to_dict`.
    frames : `~collections.abc.Iterator` [ `bytes` ]
        The parts that were asked for.
    ask : `~collections.abc.Callable`
        Asks for groups of the package; not called if none is needed.

    Returns
    -------
    answer : `dict` [ `str`, `object` ]
        With ``bytes``, how much of the package was needed.

    Raises
    ------
    ToolkitError
        Raised if the package or the disk are not as they should be.
    """
    index = parse_package_index(base64.b64decode(order["index"]), source=order["address"])
    sources = tuple(
        ReuseSource(directory=directory, digests=digests, is_own=is_own)
        for directory, is_own, digests in order["sources"]
    )
    made = assemble_package(
        Reuse(index=index, index_data=b"", sources=sources, fetch_bytes=0),
        Path(order["tree"]),
        fetch=lambda _, size: _checked(next(frames, b""), size),
        link=None if order["link"] is None else LinkKind(order["link"]),
        umask=order["umask"],
        announce=lambda groups: ask(groups) if groups else None,
    )
    data = made.files.below(order["folder"]).format()
    try:
        mode = 0o666 & ~int(order["umask"])
        descriptor = os.open(order["record"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    except OSError as error:
        raise explain(error, doing="write") from error
    return {"bytes": made.fetched_bytes}


def _checked(data: bytes, size: int) -> bytes:
    if len(data) != size:
        raise CorruptError(f"a part of the package has {len(data)} bytes instead of {size}")
    return data
