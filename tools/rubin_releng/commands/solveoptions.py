"""What `env solve` and `env lock` are asked alike."""

from __future__ import annotations

import functools
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from lsstinstall.adapters.conda import CondaEngine
from lsstinstall.adapters.condacaches import package_cache
from lsstinstall.adapters.condamachines import detect_virtual_packages, machine_platform
from lsstinstall.core.errors import ConfigurationError, shown
from lsstinstall.core.names import CondaSubdir, parse_subdir
from lsstinstall.core.virtualpackages import (
    VirtualPackage,
    assumed_virtual_packages,
    override_virtual_packages,
    parse_virtual_package,
)
from rubin_releng.adapters.condasolvers import ChannelSolver

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lsstinstall.core.environments import SolvedPackage

__all__ = ["EXCLUDE_NEWER_HELP", "SolveRequest", "offered_packages", "parse_newest", "solve_options"]

EXCLUDE_NEWER_HELP = (
    "Pass over packages made after this day, `2026-07-15`; those without a date count as old."
)

_DATE = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}")

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class SolveRequest:
    """What is to be solved, and for which machine.

    Parameters
    ----------
    specs : `tuple` [ `str`, ... ]
        conda's match specs.
    channels : `tuple` [ `str`, ... ]
        The first has priority.
    platform : `CondaSubdir`
        The machine's platform.
    virtual_packages : `tuple` [ `VirtualPackage`, ... ]
        What the machine offers.
    exclude_newer : `~datetime.datetime` or `None`
        Pass over packages that were made later.
    """

    specs: tuple[str, ...]
    channels: tuple[str, ...]
    platform: CondaSubdir
    virtual_packages: tuple[VirtualPackage, ...]
    exclude_newer: datetime | None = None

    def solver(self) -> ChannelSolver:
        """Make a solver for this machine and these channels.

        Returns
        -------
        solver : `~rubin_releng.adapters.condasolvers.ChannelSolver`
            Reads each index once.
        """
        return ChannelSolver(
            CondaEngine(package_cache(None, os.environ), keep_indexes=True),
            channels=self.channels,
            platform=self.platform,
            virtual_packages=self.virtual_packages,
            exclude_newer=self.exclude_newer,
        )

    def solve(self) -> tuple[SolvedPackage, ...]:
        """Solve it.

        Returns
        -------
        packages : `tuple` [ `SolvedPackage`, ... ]
            The whole environment, by name.
        """
        return self.solver().solve(self.specs)


def solve_options(function: Callable[..., R]) -> Callable[..., R]:
    """Add specs, channels and what describes a machine; pass a `SolveRequest` as ``request``."""

    @click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
    @click.option(
        "--channel",
        "channels",
        multiple=True,
        required=True,
        help="URI, name or folder; the first has priority.",
    )
    @click.option("--platform", help="Solve for this platform [default: this machine's].")
    @click.option(
        "--virtual",
        "virtual",
        multiple=True,
        metavar="NAME=VERSION",
        help="What the machine offers, `glibc=2.34` [default: what this machine offers].",
    )
    @click.option("--exclude-newer", metavar="DATE", help=EXCLUDE_NEWER_HELP)
    @functools.wraps(function)
    def wrapper(
        *args: object,
        specs: tuple[str, ...],
        channels: tuple[str, ...],
        platform: str | None,
        virtual: tuple[str, ...],
        exclude_newer: str | None,
        **kwargs: object,
    ) -> R:
        subdir = machine_platform() if platform is None else parse_subdir(platform)
        request = SolveRequest(
            specs=specs,
            channels=channels,
            platform=subdir,
            virtual_packages=offered_packages(subdir, virtual),
            exclude_newer=parse_newest(exclude_newer),
        )
        return function(*args, request=request, **kwargs)

    return wrapper


def offered_packages(platform: CondaSubdir, given: Sequence[str]) -> tuple[VirtualPackage, ...]:
    """Say what machine to solve for.

    Parameters
    ----------
    platform : `CondaSubdir`
        Its platform.
    given : `~collections.abc.Sequence` [ `str` ]
        Values of ``--virtual``.

    Returns
    -------
    packages : `tuple` [ `VirtualPackage`, ... ]
        Those of this machine if nothing was given and it has the platform,
        else those that are assumed of every machine of the platform, and
        those given.
    """
    if not given and platform == machine_platform():
        return detect_virtual_packages()
    return override_virtual_packages(
        assumed_virtual_packages(platform), [parse_virtual_package(text) for text in given]
    )


def parse_newest(text: str | None) -> datetime | None:
    """Read the value of ``--exclude-newer``.

    Parameters
    ----------
    text : `str` or `None`
        A date, ``2026-07-15``, or a time, ``2026-07-15T12:00:00Z``.

    Returns
    -------
    newest : `~datetime.datetime` or `None`
        UTC if it does not say otherwise; of a date the end of its day.

    Raises
    ------
    ConfigurationError
        Raised if it is neither.
    """
    if text is None:
        return None
    try:
        newest = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigurationError(
            f"`{shown(text)}` is no date", hint="expected something like `2026-07-15`"
        ) from error
    if _DATE.fullmatch(text):
        newest = datetime.combine(newest, time.max)
    return newest if newest.tzinfo is not None else newest.replace(tzinfo=UTC)
