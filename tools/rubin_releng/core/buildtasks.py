"""One product to build: what an executor gets, and what it tells when it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lsstinstall.core.buildmanifests import ManifestProduct

__all__ = ["BuildTask", "Made"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildTask:
    """One product that is to be made.

    Parameters
    ----------
    product : `~lsstinstall.core.buildmanifests.ManifestProduct`
        Name, commit, version and direct dependencies.
    key : `str`
        Digest of all inputs.
    replaces : `bool`
        Whether an older folder of the product has to make room.
    cores : `int`
        How many compilers its build may run at once.
    """

    product: ManifestProduct
    key: str
    replaces: bool = False
    cores: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What making a product took.

    Parameters
    ----------
    cached : `bool`
        Whether it came out of a build cache.
    cpu_seconds : `float`
        Of all processors, children included.
    peak_bytes : `int`
        The most memory that its programs were seen to have at once; 0 if
        there were none.
    host : `str`
        Machine that did it; empty if it is ours.
    notes : `tuple` [ `str`, ... ]
        What a user may want to know, such as a cache that did not answer.
    seconds : `float`
        Wall time, where nobody waited for its end alone.
    """

    cached: bool = False
    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    host: str = ""
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
