"""The rule by which commits and dependencies make a product's version.

A version is ``g`` and the first digits of the commit, then ``+`` and the first
digits of a hash over the commits of everything the product needs. Versions,
environments, compilers and platforms do not enter.
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING

from lsstinstall.core.graph import stable_order
from lsstinstall.core.versions import EupsVersion

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from lsstinstall.core.names import GitSha, ProductName

__all__ = ["derive_direct_suffixes", "derive_suffixes", "derive_versions", "version_suffix"]

_ABBREVIATION = 10

# So many lines are looked up at once.
_PAGE = 32
_CHOICE = struct.Struct("<I")


def version_suffix(needed: Mapping[ProductName, GitSha], *, abbreviation: int = _ABBREVIATION) -> str | None:
    """Hash what one product needs.

    Parameters
    ----------
    needed : `~collections.abc.Mapping` [ `ProductName`, `GitSha` ]
        Commit of each product that can be reached from it, in any order; it
        is not among them.
    abbreviation : `int`, optional
        How many digits to keep.

    Returns
    -------
    suffix : `str` or `None`
        First hexadecimal digits of a SHA-1; `None` if nothing is needed.

    Notes
    -----
    Source: ``lsst.ci.prepare.VersionDbHash`` of lsst_build (2020 to 2026).
    """
    if not needed:
        return None
    return _digits((f"{name}\t{needed[name]}\n" for name in sorted(needed)), abbreviation)


def derive_suffixes(
    commits: Mapping[ProductName, GitSha],
    dependencies: Mapping[ProductName, Collection[ProductName]],
    *,
    abbreviation: int = _ABBREVIATION,
) -> dict[ProductName, str | None]:
    """Hash what each product needs.

    Parameters
    ----------
    commits : `~collections.abc.Mapping` [ `ProductName`, `GitSha` ]
        Commit of each product of the build.
    dependencies : `~collections.abc.Mapping`
        Direct dependencies of each product; order and duplicates do not
        matter, and a product without any may be left out.
    abbreviation : `int`, optional
        How many digits to keep.

    Returns
    -------
    suffixes : `dict` [ `ProductName`, `str` or `None` ]
        In the order of ``commits``; `None` for a product that needs nothing.

    Raises
    ------
    MissingDependencyError
        Raised if a dependency is not among the products.
    CycleError
        Raised if products need each other.
    """
    graph = {name: dependencies.get(name, ()) for name in commits}
    names = sorted(commits)
    pages = _Pages([f"{name}\t{commits[name]}\n".encode("ascii") for name in names])
    bits = {name: 1 << place for place, name in enumerate(names)}
    # A set of products is one integer: its union with another is one operation, and products
    # that need the same share a hash.
    needs: dict[ProductName, int] = {}
    suffixes: dict[int, str | None] = {0: None}
    for name in stable_order(graph):
        needed = 0
        for dependency in graph[name]:
            needed |= bits[dependency] | needs[dependency]
        needs[name] = needed
        if needed not in suffixes:
            suffixes[needed] = pages.digest(needed)[:abbreviation]
    return {name: suffixes[needs[name]] for name in commits}


def derive_direct_suffixes(
    commits: Mapping[ProductName, GitSha],
    dependencies: Mapping[ProductName, Collection[ProductName]],
) -> dict[ProductName, str | None]:
    """Hash what each product asks for itself, the rule of b5030 to b5039.

    Parameters
    ----------
    commits : `~collections.abc.Mapping` [ `ProductName`, `GitSha` ]
        Commit of each product of the build.
    dependencies : `~collections.abc.Mapping`
        Direct dependencies of each product, all of them among the products.
        One that is listed twice enters twice.

    Returns
    -------
    suffixes : `dict` [ `ProductName`, `str` or `None` ]
        In the order of ``commits``; `None` for a product that needs nothing.

    Notes
    -----
    In force for three days of August 2020.
    """
    return {
        name: _digits((f"{need}\t{commits[need]}\n" for need in sorted(needs)), _ABBREVIATION)
        if needs
        else None
        for name, needs in ((name, dependencies.get(name, ())) for name in commits)
    }


def derive_versions(
    commits: Mapping[ProductName, GitSha],
    dependencies: Mapping[ProductName, Collection[ProductName]],
    *,
    abbreviation: int = _ABBREVIATION,
) -> dict[ProductName, EupsVersion]:
    """Give each product of a build its version.

    Parameters
    ----------
    commits : `~collections.abc.Mapping` [ `ProductName`, `GitSha` ]
        Commit of each product of the build.
    dependencies : `~collections.abc.Mapping`
        Direct dependencies of each product; order and duplicates do not
        matter, and a product without any may be left out.
    abbreviation : `int`, optional
        How many digits of the commit, and of the hash, a version keeps.

    Returns
    -------
    versions : `dict` [ `ProductName`, `EupsVersion` ]
        In the order of ``commits``.

    Raises
    ------
    MissingDependencyError
        Raised if a dependency is not among the products.
    CycleError
        Raised if products need each other.
    """
    suffixes = derive_suffixes(commits, dependencies, abbreviation=abbreviation)
    return {
        name: EupsVersion(f"g{sha[:abbreviation]}" + (f"+{suffixes[name]}" if suffixes[name] else ""))
        for name, sha in commits.items()
    }


class _Pages:
    """Lines to be hashed in many combinations, which have long stretches in common."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        self._lines = lines
        self._count = -(-len(lines) // _PAGE)
        self._known: list[dict[int, bytes]] = [{} for _ in range(self._count)]

    def digest(self, chosen: int) -> str:
        """Hash the lines whose bits are set."""
        bits = chosen.to_bytes(self._count * (_PAGE // 8), "little")
        text = [
            self._known[page].get(choice) or self._text(page, choice)
            for page, (choice,) in enumerate(_CHOICE.iter_unpack(bits))
            if choice
        ]
        return hashlib.sha1(b"".join(text), usedforsecurity=False).hexdigest()

    def _text(self, page: int, choice: int) -> bytes:
        begin = page * _PAGE
        text = b"".join(
            line for place, line in enumerate(self._lines[begin : begin + _PAGE]) if choice >> place & 1
        )
        self._known[page][choice] = text
        return text


def _digits(lines: Iterable[str], abbreviation: int) -> str:
    text = "".join(lines).encode("ascii")
    return hashlib.sha1(text, usedforsecurity=False).hexdigest()[:abbreviation]
