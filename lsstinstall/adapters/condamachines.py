"""What this machine is to conda: its platform and its virtual packages."""

from __future__ import annotations

import rattler
from rattler.package import BuildString

from lsstinstall.core.names import CondaSubdir, parse_subdir
from lsstinstall.core.virtualpackages import VirtualPackage

__all__ = ["detect_virtual_packages", "generic_virtual_package", "machine_platform"]


def machine_platform() -> CondaSubdir:
    """Say which platform this machine is.

    Returns
    -------
    platform : `CondaSubdir`
        For example ``linux-64``.
    """
    return parse_subdir(str(rattler.Subdir.current()))


def detect_virtual_packages() -> tuple[VirtualPackage, ...]:
    """Say what this machine offers to a solver.

    Returns
    -------
    packages : `tuple` [ `VirtualPackage`, ... ]
        glibc, kernel, processor and so on; conda's ``CONDA_OVERRIDE_*``
        variables are respected.
    """
    found = rattler.VirtualPackage.detect(rattler.VirtualPackageOverrides.from_env())
    generic = [package.into_generic() for package in found]
    return tuple(
        VirtualPackage(name=one.name.normalized, version=str(one.version), build=str(one.build_string))
        for one in generic
    )


def generic_virtual_package(package: VirtualPackage) -> rattler.GenericVirtualPackage:
    """Write a virtual package as rattler wants it.

    Parameters
    ----------
    package : `VirtualPackage`
        From a user or a machine.

    Returns
    -------
    package : `rattler.GenericVirtualPackage`
        The same.
    """
    return rattler.GenericVirtualPackage(
        rattler.PackageName(package.name), rattler.Version(package.version), BuildString(package.build)
    )
