"""Which environment a tag was built with, as its package root says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.environments import (
    EnvLock,
    EnvVersion,
    legacy_commit,
    parse_env_lock,
    parse_env_version,
)
from lsstinstall.core.errors import NotFoundError, ToolkitError
from lsstinstall.core.pkgroots import environment_path
from lsstinstall.core.platforms import Platform, binary_root
from lsstinstall.core.taglists import parse_tag_list

if TYPE_CHECKING:
    from lsstinstall.core.tags import EupsTag
    from lsstinstall.install.ports import PackageFiles

__all__ = ["SOURCES", "read_environment_version", "read_exact_environment", "refuse_legacy"]

SOURCES = "src"
"""Folder of the source packages below the root of a distribution server."""


def read_environment_version(files: PackageFiles, tag: EupsTag) -> EnvVersion:
    """Read which version of rubin-env a tag was built with.

    Parameters
    ----------
    files : `PackageFiles`
        The distribution server, above ``src``.
    tag : `EupsTag`
        The tag.

    Returns
    -------
    version : `EnvVersion`
        From the line ``#CONDA_ENV=`` of the tag's list of source packages.

    Raises
    ------
    NotFoundError
        Raised if the server does not know the tag, or its list says nothing
        of the environment.
    ToolkitError
        Raised if the environment is from before rubin-env.
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
    refuse_legacy(tag_list.env)
    return parse_env_version(tag_list.env)


def refuse_legacy(recorded: str) -> None:
    """Refuse an environment that a commit names.

    Parameters
    ----------
    recorded : `str`
        What a tag list or a user says.

    Raises
    ------
    ToolkitError
        Raised if it is no version of rubin-env but a commit.
    """
    commit = legacy_commit(recorded)
    if commit is not None:
        raise ToolkitError(
            f"environment `{commit}` is from before rubin-env, and cannot be made any more",
            hint="choose a tag of 2021 or later, or use the installer of that time",
        )


def read_exact_environment(
    files: PackageFiles, tag: EupsTag, *, version: EnvVersion, platform: Platform
) -> EnvLock:
    """Read the packages that a tag was built with.

    Parameters
    ----------
    files : `PackageFiles`
        The distribution server, above ``src``.
    tag : `EupsTag`
        The tag.
    version : `EnvVersion`
        Its environment.
    platform : `Platform`
        This machine's.

    Returns
    -------
    lock : `EnvLock`
        From the binaries' folder; else, if it is one of this platform, from
        that of the sources.

    Raises
    ------
    NotFoundError
        Raised if the server has none for this platform.
    FormatError
        Raised if it is broken.
    """
    path = f"{binary_root(platform, version)}/{environment_path(tag)}"
    try:
        return parse_env_lock(files.read_text(path), source=f"{files.url}/{path}")
    except NotFoundError as error:
        lock = _lock_of_sources(files, tag)
        if lock is not None and lock.platform in {None, platform.subdir}:
            return lock
        raise NotFoundError(
            f"no exact environment of `{tag.name}` for `{platform.subdir}` at <{files.url}>",
            hint="use `-T` instead of `-X` to solve the environment for this machine",
        ) from error


def _lock_of_sources(files: PackageFiles, tag: EupsTag) -> EnvLock | None:
    path = f"{SOURCES}/{environment_path(tag)}"
    try:
        return parse_env_lock(files.read_text(path), source=f"{files.url}/{path}")
    except NotFoundError:
        return None
