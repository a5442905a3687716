"""What `env solve` and `env lock` are asked alike."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from lsstinstall.adapters.conda import CondaEngine
from lsstinstall.adapters.condacaches import package_cache
from lsstinstall.adapters.condamachines import detect_virtual_packages, machine_platform
from lsstinstall.core.names import CondaSubdir, parse_subdir
from lsstinstall.core.virtualpackages import (
    VirtualPackage,
    assumed_virtual_packages,
    override_virtual_packages,
    parse_virtual_package,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lsstinstall.core.environments import SolvedPackage

__all__ = ["SolveRequest", "solve_options"]

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
    """

    specs: tuple[str, ...]
    channels: tuple[str, ...]
    platform: CondaSubdir
    virtual_packages: tuple[VirtualPackage, ...]

    def solve(self) -> tuple[SolvedPackage, ...]:
        """Solve it.

        Returns
        -------
        packages : `tuple` [ `SolvedPackage`, ... ]
            The whole environment, by name.
        """
        return CondaEngine(package_cache(None, os.environ)).solve(
            self.specs,
            channels=self.channels,
            platform=self.platform,
            virtual_packages=self.virtual_packages,
        )


def solve_options(function: Callable[..., R]) -> Callable[..., R]:
    """Add ``SPEC... --channel --platform --virtual``; pass a `SolveRequest` as ``request``."""

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
    @functools.wraps(function)
    def wrapper(
        *args: object,
        specs: tuple[str, ...],
        channels: tuple[str, ...],
        platform: str | None,
        virtual: tuple[str, ...],
        **kwargs: object,
    ) -> R:
        subdir = machine_platform() if platform is None else parse_subdir(platform)
        request = SolveRequest(
            specs=specs, channels=channels, platform=subdir, virtual_packages=_offered(subdir, virtual)
        )
        return function(*args, request=request, **kwargs)

    return wrapper


def _offered(platform: CondaSubdir, given: Sequence[str]) -> tuple[VirtualPackage, ...]:
    if not given and platform == machine_platform():
        return detect_virtual_packages()
    return override_virtual_packages(
        assumed_virtual_packages(platform), [parse_virtual_package(text) for text in given]
    )
