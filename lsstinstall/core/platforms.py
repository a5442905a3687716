"""The kinds of machines the stack is built for: conda's name, EUPS's name, place of the binaries.

The only module that knows these. Where binaries lie is a history: a place is
named for the system and the Miniconda it was first made with, and kept after
both were replaced, because URLs hold it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lsstinstall.core.errors import ConfigurationError, NotFoundError
from lsstinstall.core.names import CondaSubdir, Flavor

if TYPE_CHECKING:
    from lsstinstall.core.environments import EnvVersion

__all__ = [
    "GENERIC",
    "PLATFORMS",
    "Platform",
    "binary_root",
    "binary_roots",
    "platform_of",
    "platform_of_flavor",
    "platform_of_machine",
]

GENERIC = Flavor("generic")
"""Flavor of what runs anywhere, as source packages; the fallback of every other."""


class Platform(NamedTuple):
    """One kind of machine.

    Parameters
    ----------
    subdir : `CondaSubdir`
        conda's name.
    flavor : `Flavor`
        EUPS's name, by EUPS's own rule: aarch64 is plain ``Linux``, Apple
        silicon plain ``Darwin``.
    tarball_root : `str`
        Folder of its binaries below a package root.
    former_roots : `tuple` [ `str`, ... ]
        Where binaries for an environment lie that a commit names (until
        October 2020), each a path below the package root to be followed by
        ``-`` and the commit; the newest first. Empty if there were none.
    """

    subdir: CondaSubdir
    flavor: Flavor
    tarball_root: str
    former_roots: tuple[str, ...] = ()

    @property
    def flavors(self) -> tuple[Flavor, Flavor]:
        """Flavors whose products it can use, the best first."""
        return (self.flavor, GENERIC)


# Sources: `lsstinstall` of lsst/lsst (2025), its predecessor `newinstall.sh` (2018 to 2025), and
# EUPS 2.2.15 for the flavors. Tag lists name an environment since April 2020 only, so that nothing
# older than these roots can be asked for.
PLATFORMS = (
    Platform(
        subdir=CondaSubdir("linux-64"),
        flavor=Flavor("Linux64"),
        tarball_root="redhat/el7",
        former_roots=(
            "redhat/el7/conda-system/miniconda3-py37_4.8.2",
            "redhat/el7/conda-system/miniconda3-py37-4.7.12",
            "redhat/el7/devtoolset-8/miniconda3-4.7.12",
        ),
    ),
    Platform(
        subdir=CondaSubdir("linux-aarch64"),
        flavor=Flavor("Linux"),
        tarball_root="redhat/el8-arm",
    ),
    Platform(
        subdir=CondaSubdir("osx-64"),
        flavor=Flavor("DarwinX86"),
        tarball_root="osx/10.9",
        former_roots=(
            "osx/10.9/conda-system/miniconda3-py37_4.8.2",
            "osx/10.9/conda-system/miniconda3-py37-4.7.12",
            "osx/10.9/clang-1000.10.44.4/miniconda3-4.7.12",
        ),
    ),
    Platform(
        subdir=CondaSubdir("osx-arm64"),
        flavor=Flavor("Darwin"),
        tarball_root="osx/14-arm",
    ),
)
"""Every kind of machine, in the order of conda's names."""

# The Miniconda of January 2021. Long gone, but part of every URL since.
_ENVIRONMENT_FOLDER = "conda-system/miniconda3-py38_4.9.2"

# What `uname -s` and `uname -m` say, and what some systems say instead.
_MACHINES = {
    ("linux", "x86_64"): "linux-64",
    ("linux", "amd64"): "linux-64",
    ("linux", "aarch64"): "linux-aarch64",
    ("linux", "arm64"): "linux-aarch64",
    ("darwin", "x86_64"): "osx-64",
    ("darwin", "arm64"): "osx-arm64",
}


def platform_of(subdir: str) -> Platform:
    """Find a platform by conda's name.

    Parameters
    ----------
    subdir : `str`
        For example ``linux-64``.

    Returns
    -------
    platform : `Platform`
        One of `PLATFORMS`.

    Raises
    ------
    ConfigurationError
        Raised if the stack is not built for it.
    """
    for platform in PLATFORMS:
        if platform.subdir == subdir:
            return platform
    raise ConfigurationError(f"the stack is not built for `{subdir}`", hint=_choices())


def platform_of_flavor(flavor: str) -> Platform:
    """Find a platform by EUPS's name.

    Parameters
    ----------
    flavor : `str`
        For example ``Linux64``; not ``generic``, which is no machine.

    Returns
    -------
    platform : `Platform`
        One of `PLATFORMS`.

    Raises
    ------
    ConfigurationError
        Raised if the stack is not built for it.
    """
    for platform in PLATFORMS:
        if platform.flavor == flavor:
            return platform
    known = ", ".join(f"`{platform.flavor}`" for platform in PLATFORMS)
    raise ConfigurationError(
        f"the stack is not built for the flavor `{flavor}`", hint=f"expected one of {known}"
    )


def platform_of_machine(system: str, machine: str) -> Platform:
    """Find the platform of a machine.

    Parameters
    ----------
    system : `str`
        As ``uname -s`` says, ``Linux``; upper or lower case.
    machine : `str`
        As ``uname -m`` says, ``x86_64``.

    Returns
    -------
    platform : `Platform`
        One of `PLATFORMS`.

    Raises
    ------
    ConfigurationError
        Raised if the stack is not built for it.
    """
    subdir = _MACHINES.get((system.lower(), machine.lower()))
    if subdir is None:
        raise ConfigurationError(f"the stack is not built for {system} on {machine}", hint=_choices())
    return platform_of(subdir)


def binary_root(platform: Platform, version: EnvVersion) -> str:
    """Tell where the binaries for an environment lie.

    Parameters
    ----------
    platform : `Platform`
        Machine they run on.
    version : `EnvVersion`
        Complete version of rubin-env.

    Returns
    -------
    path : `str`
        Below the package root,
        ``redhat/el7/conda-system/miniconda3-py38_4.9.2-13.0.1``.
    """
    return f"{platform.tarball_root}/{_ENVIRONMENT_FOLDER}-{version}"


def binary_roots(platform: Platform, recorded: str) -> tuple[str, ...]:
    """Tell where the binaries for a recorded environment may lie.

    Parameters
    ----------
    platform : `Platform`
        Machine they run on.
    recorded : `str`
        What a tag list says behind ``#CONDA_ENV=``: a version of rubin-env,
        in old lists a commit or a URL ending in ``@<commit>``.

    Returns
    -------
    paths : `tuple` [ `str`, ... ]
        Below the package root, at least one, the best first. Of a commit's
        some may be missing on the server; what is there belongs together, in
        this order.

    Raises
    ------
    InvalidNameError
        Raised if it is neither a version nor a commit.
    NotFoundError
        Raised if the environment is older than the platform.
    """
    # Imported here: each set-up of a shell asks for its flavor, and for no environment.
    from lsstinstall.core.environments import legacy_commit, parse_env_version  # noqa: PLC0415

    commit = legacy_commit(recorded)
    if commit is None:
        return (binary_root(platform, parse_env_version(recorded)),)
    if not platform.former_roots:
        raise NotFoundError(
            f"there never were binaries of environment `{commit}` for `{platform.subdir}`",
            hint="choose a tag of 2021 or later, or build from source",
        )
    return tuple(f"{root}-{commit}" for root in platform.former_roots)


def _choices() -> str:
    return "expected one of " + ", ".join(f"`{platform.subdir}`" for platform in PLATFORMS)
