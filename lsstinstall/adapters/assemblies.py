"""Orders to put products together, as they are sent to worker processes, and how workers follow them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsstinstall.adapters.assembling import assemble_package
from lsstinstall.core.errors import CorruptError
from lsstinstall.core.names import Sha256
from lsstinstall.core.packageindexes import (
    IndexedFile,
    IndexedFolder,
    IndexedLink,
    PackageGroup,
    PackageIndex,
)
from lsstinstall.core.productreuse import Reuse, ReuseSource, join_groups
from lsstinstall.core.settings import LinkKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

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
    """

    tree: Path
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
        index = self.reuse.index
        needed = {file.sha256 for file in index.files}
        return {
            "tree": str(self.tree),
            "umask": umask,
            "link": self.link,
            "groups": [[group.offset, group.size_bytes, group.content_bytes] for group in index.groups],
            "folders": [[folder.path, folder.mode] for folder in index.folders],
            "files": index.files,
            "links": [[link.path, link.target] for link in index.links],
            "sources": [
                [source.directory, source.is_own, _some(source.digests, needed)]
                for source in self.reuse.sources
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


def _some(digests: Mapping[Sha256, str], needed: Collection[Sha256]) -> dict[Sha256, str]:
    return {digest: path for digest, path in digests.items() if digest in needed}


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
    size_bytes = assemble_package(
        _read_reuse(order),
        Path(order["tree"]),
        fetch=lambda _, size: _checked(next(frames, b""), size),
        link=None if order["link"] is None else LinkKind(order["link"]),
        umask=order["umask"],
        announce=lambda groups: ask(groups) if groups else None,
    )
    return {"bytes": size_bytes}


def _read_reuse(order: dict[str, Any]) -> Reuse:
    """Read what an order says; it was checked when the index was read, so it is not checked again."""
    index = PackageIndex(
        size_bytes=0,
        sha256=Sha256(""),
        groups=tuple(
            PackageGroup(offset=offset, size_bytes=size, content_bytes=content)
            for offset, size, content in order["groups"]
        ),
        folders=tuple(IndexedFolder(path=path, mode=mode) for path, mode in order["folders"]),
        files=tuple(map(IndexedFile._make, order["files"])),
        links=tuple(IndexedLink(path=path, target=target) for path, target in order["links"]),
    )
    sources = tuple(
        ReuseSource(directory=directory, digests=digests, is_own=is_own)
        for directory, is_own, digests in order["sources"]
    )
    return Reuse(index=index, sources=sources, fetch_bytes=0)


def _checked(data: bytes, size: int) -> bytes:
    if len(data) != size:
        raise CorruptError(f"a part of the package has {len(data)} bytes instead of {size}")
    return data
