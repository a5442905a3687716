"""Which environment a tag was built with, as its package root says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.environments import EnvLock, EnvVersion, parse_env_lock, parse_recorded_version
from lsstinstall.core.errors import NotFoundError
from lsstinstall.core.pkgroots import environment_path
from lsstinstall.core.platforms import Platform, binary_root, binary_roots
from lsstinstall.core.taglists import parse_tag_list

if TYPE_CHECKING:
    from collections.abc import Callable

    from lsstinstall.core.tags import EupsTag
    from lsstinstall.install.ports import PackageFiles

__all__ = [
    "SOURCES",
    "EnvironmentList",
    "exact_environment",
    "find_binary_roots",
    "former_environment",
    "read_environment_version",
]

SOURCES = "src"
"""Folder of the source packages below the root of a distribution server."""


def read_environment_version(files: PackageFiles, tag: EupsTag) -> EnvVersion:
    """Read which environment a tag was built with.

    Parameters
    ----------
    files : `PackageFiles`
        The distribution server, above ``src``.
    tag : `EupsTag`
        The tag.

    Returns
    -------
    version : `EnvVersion`
        From the line ``#CONDA_ENV=`` of the tag's list of source packages:
        a version of rubin-env, in the lists of 2020 a commit.

    Raises
    ------
    NotFoundError
        Raised if the server does not know the tag, or its list says nothing
        of the environment.
    InvalidNameError
        Raised if the list names what is no environment.
    FormatError
        Raised if the list is broken.
    """
    path = f"{SOURCES}/tags/{tag.name}.list"
    try:
        text = files.read_text(path)
    except NotFoundError as error:
        raise NotFoundError(
            f"no tag `{tag.name}` at <{files.url}>",
            hint=f"see `lsstinstall tags --pkgroot {files.url}/{SOURCES}`",
        ) from error
    tag_list = parse_tag_list(text, source=f"{files.url}/{path}", expected=tag)
    if tag_list.env is None:
        raise NotFoundError(
            f"tag `{tag.name}` does not say which environment it was built with",
            hint="tags do since April 2020; choose the environment with `-v VERSION`",
        )
    return parse_recorded_version(tag_list.env)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentList:
    """Where all packages of an environment are listed, so that nothing is solved for.

    Parameters
    ----------
    url : `str`
        Of the list, or its path.
    read : `~collections.abc.Callable`
        Reads it.
    """

    url: str
    read: Callable[[], EnvLock]


def exact_environment(
    files: PackageFiles, tag: EupsTag, *, version: EnvVersion, platform: Platform
) -> EnvironmentList:
    """Find the packages that a tag was built with.

    Parameters
    ----------
    files : `PackageFiles`
        The distribution server, above ``src``.
    tag : `EupsTag`
        The tag.
    version : `EnvVersion`
        Its environment, a version of rubin-env.
    platform : `Platform`
        This machine's.

    Returns
    -------
    listed : `EnvironmentList`
        In the binaries' folder; else, if it is one of this platform, in
        that of the sources. Reading it raises `NotFoundError` if the server
        has none for this platform, `FormatError` if it is broken.
    """
    path = f"{binary_root(platform, version)}/{environment_path(tag)}"

    def read() -> EnvLock:
        try:
            return _read(files, path)
        except NotFoundError as error:
            lock = _lock_of_sources(files, tag)
            if lock is not None and lock.platform in {None, platform.subdir}:
                return lock
            raise NotFoundError(
                f"no exact environment of `{tag.name}` for `{platform.subdir}` at <{files.url}>",
                hint="use `-T` instead of `-X` to solve the environment for this machine",
            ) from error

    return EnvironmentList(url=f"{files.url}/{path}", read=read)


def former_environment(files: PackageFiles, commit: str, *, platform: Platform) -> EnvironmentList:
    """Find the packages of an environment from before rubin-env.

    Parameters
    ----------
    files : `PackageFiles`
        The files of ``scipipe_conda_env``, in a folder a commit.
    commit : `str`
        Names the environment.
    platform : `Platform`
        This machine's.

    Returns
    -------
    listed : `EnvironmentList`
        Without EUPS, which was not part of it. Reading it raises
        `NotFoundError` if there is no such commit, or the platform is
        younger, and `FormatError` if it is broken.

    Notes
    -----
    The real script takes the list of Intel machines on every platform. What
    it installs on an ARM machine with Linux cannot run there.
    """
    path = f"{commit}/etc/conda-{platform.subdir}.lock"

    def read() -> EnvLock:
        if not platform.former_roots:
            raise NotFoundError(
                f"there never was an environment `{commit}` for `{platform.subdir}`",
                hint="choose a tag of 2021 or later",
            )
        try:
            return _read(files, path)
        except NotFoundError as error:
            raise NotFoundError(
                f"no environment `{commit}` for `{platform.subdir}` at <{files.url}>",
                hint="check the commit; environments since 2021 have a version such as `13.0.1`",
            ) from error

    return EnvironmentList(url=f"{files.url}/{path}", read=read)


def find_binary_roots(files: PackageFiles, version: EnvVersion, *, platform: Platform) -> tuple[str, ...]:
    """Tell where the binaries for an environment lie.

    Parameters
    ----------
    files : `PackageFiles`
        The distribution server, above ``src``; asked only if a commit names
        the environment.
    version : `EnvVersion`
        A version of rubin-env, or a commit.
    platform : `Platform`
        This machine's.

    Returns
    -------
    paths : `tuple` [ `str`, ... ]
        Below the server's root, the best first, at least one: what a commit
        names may have been built in several places, of which those that are
        there count. If none is, the newest does.

    Raises
    ------
    NotFoundError
        Raised if the environment is older than the platform.
    """
    candidates = binary_roots(platform, version)
    if len(candidates) == 1:
        return candidates
    return tuple(path for path in candidates if _is_there(files, path)) or candidates[:1]


def _is_there(files: PackageFiles, folder: str) -> bool:
    try:
        files.listing(folder)
    except NotFoundError:
        return False
    return True


def _lock_of_sources(files: PackageFiles, tag: EupsTag) -> EnvLock | None:
    try:
        return _read(files, f"{SOURCES}/{environment_path(tag)}")
    except NotFoundError:
        return None


def _read(files: PackageFiles, path: str) -> EnvLock:
    return parse_env_lock(files.read_text(path), source=f"{files.url}/{path}")
