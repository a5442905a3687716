"""What a machine offers to a solver without any package: glibc, kernel, processor."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import InvalidNameError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lsstinstall.core.names import CondaSubdir

__all__ = ["VirtualPackage", "assumed_virtual_packages", "override_virtual_packages", "parse_virtual_package"]

_TEXT = re.compile(
    r"_{0,2}(?P<name>[a-z][a-z0-9_]*)=(?P<version>[A-Za-z0-9._+!]+)(?:=(?P<build>[A-Za-z0-9._+]+))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualPackage:
    """One thing a machine offers.

    Parameters
    ----------
    name : `str`
        With its two underscores, ``__glibc``.
    version, build : `str`
        ``0`` where they mean nothing.
    """

    name: str
    version: str
    build: str = "0"


# The oldest machine we care for, where the machine is not ours: what rubin-env's builds and their hosts have.
_LINUX = (
    VirtualPackage(name="__unix", version="0"),
    VirtualPackage(name="__linux", version="4.18"),
    VirtualPackage(name="__glibc", version="2.28"),
)
_MAC = (VirtualPackage(name="__unix", version="0"), VirtualPackage(name="__osx", version="13.0"))
_ASSUMED = {
    "linux-64": (*_LINUX, VirtualPackage(name="__archspec", version="1", build="x86_64")),
    "linux-aarch64": (*_LINUX, VirtualPackage(name="__archspec", version="1", build="aarch64")),
    "osx-64": (*_MAC, VirtualPackage(name="__archspec", version="1", build="x86_64")),
    "osx-arm64": (*_MAC, VirtualPackage(name="__archspec", version="1", build="m1")),
}


def parse_virtual_package(text: str) -> VirtualPackage:
    """Read what a user says of a machine.

    Parameters
    ----------
    text : `str`
        ``NAME=VERSION`` or ``NAME=VERSION=BUILD``, the name with or without
        its underscores: ``glibc=2.34``, ``__archspec=1=x86_64``.

    Returns
    -------
    package : `VirtualPackage`
        With underscores.

    Raises
    ------
    InvalidNameError
        Raised if it has not this form.
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        raise InvalidNameError(f"`{text}` is no virtual package", hint="expected something like `glibc=2.34`")
    return VirtualPackage(name=f"__{match['name']}", version=match["version"], build=match["build"] or "0")


def assumed_virtual_packages(platform: CondaSubdir) -> tuple[VirtualPackage, ...]:
    """Say what every machine of a platform offers that we care for.

    Parameters
    ----------
    platform : `CondaSubdir`
        For example ``osx-arm64``.

    Returns
    -------
    packages : `tuple` [ `VirtualPackage`, ... ]
        Empty for a platform that Rubin does not use.
    """
    return _ASSUMED.get(platform, ())


def override_virtual_packages(
    packages: Iterable[VirtualPackage], overrides: Iterable[VirtualPackage]
) -> tuple[VirtualPackage, ...]:
    """Replace some virtual packages by name, and add new ones.

    Parameters
    ----------
    packages : `~collections.abc.Iterable` [ `VirtualPackage` ]
        What is assumed.
    overrides : `~collections.abc.Iterable` [ `VirtualPackage` ]
        What a user says; the last of a name wins.

    Returns
    -------
    merged : `tuple` [ `VirtualPackage`, ... ]
        In the order of ``packages``, new ones behind.
    """
    merged = {package.name: package for package in packages}
    merged.update({package.name: package for package in overrides})
    return tuple(merged.values())
