"""Locks of several platforms, and lists cut out of one solution: what follows from what was solved once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import CorruptError, InvalidNameError, NotFoundError, shown
from lsstinstall.core.graph import closure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lsstinstall.core.environments import SolvedPackage
    from lsstinstall.core.names import CondaSubdir
    from lsstinstall.core.virtualpackages import VirtualPackage

__all__ = ["WHOLE", "LockPart", "cut_part", "install_order", "needs_of", "parse_part", "spec_name"]

WHOLE = "default"
"""Name of the list that holds all of a solution; pixi calls it so."""

_PART = re.compile(r"(?P<name>[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?)=(?P<roots>[^=\s,]+(?:,[^=\s,]+)*)")
# conda-forge::numpy >=2,<3 and numpy=2.* and numpy[version=2]
_SPEC_NAME = re.compile(r"(?:[^\s:]*::)?(?P<name>[A-Za-z0-9_.*-]+)")
_VIRTUAL = "__"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockPart:
    """The packages of one environment on one platform.

    Parameters
    ----------
    name : `str`
        `WHOLE`, or the name of a list that was cut out.
    platform : `~lsstinstall.core.names.CondaSubdir`
        What it was solved for.
    channels : `tuple` [ `str`, ... ]
        URLs; the first has priority.
    virtual_packages : `tuple` [ `~lsstinstall.core.virtualpackages.VirtualPackage`, ... ]
        What a machine was taken to offer, by name; empty if nobody wrote it
        down.
    packages : `tuple` [ `~lsstinstall.core.environments.SolvedPackage`, ... ]
        By name.
    """

    name: str = WHOLE
    platform: CondaSubdir
    channels: tuple[str, ...]
    virtual_packages: tuple[VirtualPackage, ...] = ()
    packages: tuple[SolvedPackage, ...]


def parse_part(text: str) -> tuple[str, tuple[str, ...]]:
    """Read what a list shall be cut out by.

    Parameters
    ----------
    text : `str`
        ``base=rubin-env``: name of the list, and names of packages, with
        commas between them.

    Returns
    -------
    name : `str`
        Of the list.
    roots : `tuple` [ `str`, ... ]
        Packages that it holds with all that they need.

    Raises
    ------
    InvalidNameError
        Raised if it has not this form, or has the name of the whole.
    """
    match = _PART.fullmatch(text)
    if match is None or match["name"] == WHOLE:
        raise InvalidNameError(
            f"`{shown(text)}` says of no list what is in it",
            hint=f"expected something like `base=rubin-env`; the whole is called `{WHOLE}`",
        )
    return match["name"], tuple(match["roots"].split(","))


def spec_name(spec: str) -> str:
    """Find the package that a spec is about.

    Parameters
    ----------
    spec : `str`
        One of conda's match specs.

    Returns
    -------
    name : `str`
        Empty if it begins with none.
    """
    match = _SPEC_NAME.match(spec.strip())
    return "" if match is None else match["name"].lower()


def needs_of(packages: Iterable[SolvedPackage]) -> dict[str, tuple[str, ...]]:
    """Say which packages need which.

    Parameters
    ----------
    packages : `~collections.abc.Iterable` [ `~lsstinstall.core.environments.SolvedPackage` ]
        A whole solution.

    Returns
    -------
    needs : `dict` [ `str`, `tuple` [ `str`, ... ] ]
        Names by name, in the order given; without what machines offer.
    """
    return {
        one.package.name: tuple(
            name
            for name in dict.fromkeys(spec_name(spec) for spec in one.depends)
            if not name.startswith(_VIRTUAL)
        )
        for one in packages
    }


def cut_part(whole: LockPart, name: str, roots: Sequence[str]) -> LockPart:
    """Cut a list out of a solution: some packages, and all that they need.

    Nothing is solved again, so it has no package that the whole has not.

    Parameters
    ----------
    whole : `LockPart`
        A whole solution.
    name : `str`
        Of the list.
    roots : `~collections.abc.Sequence` [ `str` ]
        Names of packages.

    Returns
    -------
    part : `LockPart`
        In the order of the whole.

    Raises
    ------
    NotFoundError
        Raised if a root is not in the solution.
    CorruptError
        Raised if the solution lacks something that one of its packages needs.
    """
    needs = needs_of(whole.packages)
    for root in roots:
        if root not in needs:
            raise NotFoundError(
                f"the list `{name}` wants `{root}`, which is not part of the solution for `{whole.platform}`",
                hint="ask for it, too, or for another metapackage",
            )
    for package, names in needs.items():
        for missing in [one for one in names if one not in needs]:
            raise CorruptError(f"`{package}` needs `{missing}`, which is not part of the solution")
    kept = closure(needs, roots)
    return LockPart(
        name=name,
        platform=whole.platform,
        channels=whole.channels,
        virtual_packages=whole.virtual_packages,
        packages=tuple(one for one in whole.packages if one.package.name in kept),
    )


def install_order(packages: Sequence[SolvedPackage]) -> tuple[SolvedPackage, ...]:
    """Order packages as ``conda list --explicit`` does: each behind what it needs.

    Parameters
    ----------
    packages : `~collections.abc.Sequence` [ `~lsstinstall.core.environments.SolvedPackage` ]
        A whole environment.

    Returns
    -------
    ordered : `tuple` [ `~lsstinstall.core.environments.SolvedPackage`, ... ]
        First those that nobody needs and that need nothing, then level by
        level; by name within a level. A cycle is broken at the package that
        waits for the fewest others.

    Notes
    -----
    Rule: ``conda.models.prefix_graph.PrefixGraph``, conda 26.7.
    """
    by_name = {one.package.name: one for one in packages}
    waiting = {
        name: {one for one in needs if one in by_name and one != name and (name, one) != ("python", "pip")}
        for name, needs in needs_of(packages).items()
    }
    needed = {name for needs in waiting.values() for name in needs}
    order = sorted(name for name, needs in waiting.items() if not needs and name not in needed)
    for name in order:
        del waiting[name]
    while waiting:
        free = sorted(name for name, needs in waiting.items() if not needs) or [_least(waiting, by_name)]
        for name in free:
            del waiting[name]
        for needs in waiting.values():
            needs.difference_update(free)
        order += free
    return tuple(by_name[name] for name in order)


def _least(waiting: Mapping[str, set[str]], by_name: Mapping[str, SolvedPackage]) -> str:
    def key(name: str) -> tuple[int, str]:
        one = by_name[name]
        package = one.package
        channel = one.channel.rpartition("/")[2]
        return (
            len(waiting[name]),
            f"{channel}/{package.subdir}::{package.name}-{package.version}-{package.build}",
        )

    return min(waiting, key=key)
