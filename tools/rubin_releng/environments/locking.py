"""Lock environments: one solve a platform, and everything else out of its solution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ExitCode, ToolkitError, UnsatisfiableError
from lsstinstall.core.reporting import Outcome
from lsstinstall.core.virtualpackages import assumed_virtual_packages, override_virtual_packages
from rubin_releng.core.locks import LockPart, cut_part

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from lsstinstall.core.environments import SolvedPackage
    from lsstinstall.core.names import CondaSubdir
    from lsstinstall.core.reporting import Reporter
    from lsstinstall.core.virtualpackages import VirtualPackage
    from rubin_releng.environments.lockports import LockSolver

__all__ = ["LockRequest", "make_locks", "offered"]

# What of a machine says something about machines of other kinds.
_ONLY_ON = {"__glibc": "linux-", "__linux": "linux-", "__osx": "osx-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LockRequest:
    """What shall be locked.

    Parameters
    ----------
    specs : `tuple` [ `str`, ... ]
        conda's match specs.
    channels : `tuple` [ `str`, ... ]
        The first has priority.
    platforms : `tuple` [ `~lsstinstall.core.names.CondaSubdir`, ... ]
        Each is solved for once.
    virtual_packages : `tuple` [ `~lsstinstall.core.virtualpackages.VirtualPackage`, ... ]
        What machines offer, where it is not the oldest that we care for. A
        lock never depends on the machine it is made on.
    parts : `~collections.abc.Mapping` [ `str`, `tuple` [ `str`, ... ] ]
        Lists to be cut out: name, and the packages they are made of.
    exclude_newer : `~datetime.datetime`, optional
        Pass over packages that were made later.
    """

    specs: tuple[str, ...]
    channels: tuple[str, ...]
    platforms: tuple[CondaSubdir, ...]
    virtual_packages: tuple[VirtualPackage, ...] = ()
    parts: Mapping[str, tuple[str, ...]]
    exclude_newer: datetime | None = None


def offered(platform: CondaSubdir, overrides: tuple[VirtualPackage, ...]) -> tuple[VirtualPackage, ...]:
    """Say what machines of a platform are taken to offer.

    Parameters
    ----------
    platform : `~lsstinstall.core.names.CondaSubdir`
        Their platform.
    overrides : `tuple` [ `~lsstinstall.core.virtualpackages.VirtualPackage`, ... ]
        What was said about machines; glibc says nothing about a Mac.

    Returns
    -------
    packages : `tuple` [ `~lsstinstall.core.virtualpackages.VirtualPackage`, ... ]
        By name.
    """
    fitting = [one for one in overrides if platform.startswith(_ONLY_ON.get(one.name, ""))]
    merged = override_virtual_packages(assumed_virtual_packages(platform), fitting)
    return tuple(sorted(merged, key=lambda one: one.name))


def make_locks(request: LockRequest, *, solver: LockSolver, reporter: Reporter) -> tuple[LockPart, ...]:
    """Solve once for each platform, and cut the lists out.

    Parameters
    ----------
    request : `LockRequest`
        What shall be locked.
    solver : `~rubin_releng.environments.lockports.LockSolver`
        Solves.
    reporter : `~lsstinstall.core.reporting.Reporter`
        Hears of each platform.

    Returns
    -------
    parts : `tuple` [ `LockPart`, ... ]
        Platform by platform: the whole, then its parts in the order given.

    Raises
    ------
    ToolkitError
        Raised if there is no solution for one of the platforms, or it does
        not have what a list is made of.
    """
    parts: list[LockPart] = []
    reporter.begin("lock", len(request.platforms))
    for platform in request.platforms:
        virtual = offered(platform, request.virtual_packages)
        packages = _solve(request, platform, virtual, solver)
        whole = LockPart(
            platform=platform,
            channels=tuple(dict.fromkeys(one.channel for one in packages)),
            virtual_packages=virtual,
            packages=packages,
        )
        parts += [whole, *(cut_part(whole, name, roots) for name, roots in request.parts.items())]
        reporter.step(platform, Outcome.DONE)
    reporter.end()
    return tuple(parts)


def _solve(
    request: LockRequest, platform: CondaSubdir, virtual: tuple[VirtualPackage, ...], solver: LockSolver
) -> tuple[SolvedPackage, ...]:
    try:
        return solver.solve(
            request.specs,
            channels=request.channels,
            platform=platform,
            virtual_packages=virtual,
            exclude_newer=request.exclude_newer,
        )
    except ToolkitError as error:
        # What a channel lacks or a file has wrong is the same on each platform; a solution is not.
        if error.code is not ExitCode.FAILED:
            raise
        hint = error.hint
        if isinstance(error, UnsatisfiableError):
            hint = f"`rubin-releng env solve` with `--platform {platform}` tells in few limits what is wrong"
        raise ToolkitError(f"on `{platform}`: {error}", hint=hint) from error
