"""What of a new version is on the disk already, and which parts of its package are left to fetch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from lsstinstall.core.names import Sha256
    from lsstinstall.core.packageindexes import PackageGroup

__all__ = ["LARGEST_PART", "PackagePart", "Reuse", "ReuseSource", "join_groups"]

LARGEST_PART = 8 << 20
"""Bytes that are fetched with one request and kept in memory."""

_GAP = 128 << 10
"""Bytes between two groups that are rather fetched, too, than a second request is made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReuseSource:
    """Another installed version of a product.

    Parameters
    ----------
    directory : `str`
        Its folder.
    digests : `~collections.abc.Mapping` [ `Sha256`, `str` ]
        Paths of its files below the folder, as written down when it was
        installed: whether they are still the same remains to be seen.
    record : `str` or `None`
        File in which that was written down; `None` if nobody did, and the
        files were read just now.
    is_own : `bool`
        Whether it lies in the stack that is installed into, where whoever may
        write to it is trusted anyway.
    """

    directory: str
    digests: Mapping[Sha256, str]
    is_own: bool
    record: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagePart:
    """Some groups of a package that are fetched together.

    Parameters
    ----------
    groups : `tuple` [ `PackageGroup`, ... ]
        In their order; what lies between them is fetched and not used.
    """

    groups: tuple[PackageGroup, ...]

    @property
    def offset(self) -> int:
        """Where it begins in the package, in bytes."""
        return self.groups[0].offset

    @property
    def size_bytes(self) -> int:
        """How long it is."""
        return self.groups[-1].end - self.offset

    @property
    def pieces(self) -> Iterator[tuple[int, int]]:
        """Offset and size of each request; there is one, unless a single group is very large."""
        for offset in range(self.offset, self.groups[-1].end, LARGEST_PART):
            yield offset, min(LARGEST_PART, self.groups[-1].end - offset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reuse:
    """How a product is put together from what is there and what is fetched.

    Parameters
    ----------
    index : `bytes`
        What belongs to the product: the package's index as it is published.
    sources : `tuple` [ `ReuseSource`, ... ]
        Other versions, the best first.
    fetch_bytes : `int`
        How much of the package is likely to be fetched: more if a file turns
        out to have been changed.
    """

    index: bytes
    sources: tuple[ReuseSource, ...]
    fetch_bytes: int


def join_groups(groups: Sequence[PackageGroup], numbers: Collection[int]) -> tuple[PackagePart, ...]:
    """Decide with which requests some groups are fetched.

    Parameters
    ----------
    groups : `~collections.abc.Sequence` [ `PackageGroup` ]
        All of the package.
    numbers : `~collections.abc.Collection` [ `int` ]
        The groups that are needed.

    Returns
    -------
    parts : `tuple` [ `PackagePart`, ... ]
        In the order of the package; groups that lie close together are in one
        part, and only one with a single group is larger than `LARGEST_PART`.
    """
    parts: list[list[PackageGroup]] = []
    for number in sorted(numbers):
        group = groups[number]
        last = parts[-1] if parts else []
        if last and group.offset - last[-1].end <= _GAP and group.end - last[0].offset <= LARGEST_PART:
            last.append(group)
        else:
            parts.append([group])
    return tuple(PackagePart(groups=tuple(part)) for part in parts)
