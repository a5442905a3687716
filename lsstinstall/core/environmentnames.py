"""Versions and names of conda environments, and what they were before rubin-env."""

from __future__ import annotations

import re
from typing import NewType

from lsstinstall.core.errors import InvalidNameError

__all__ = [
    "BASE",
    "METAPACKAGE",
    "EnvName",
    "EnvVersion",
    "environment_name",
    "legacy_commit",
    "parse_env_name",
    "parse_env_version",
    "parse_recorded_version",
]

EnvVersion = NewType("EnvVersion", str)
"""Version of rubin-env, ``13.0.1``; of an environment from before it the commit, ``46b24e8``."""

EnvName = NewType("EnvName", str)
"""Name of a conda environment, ``lsst-scipipe-13.0.1``."""

BASE = EnvName("base")
"""The environment of conda itself, whose folder holds all others."""

METAPACKAGE = "rubin-env"
"""The package whose version is that of the environment."""

# 13.0.1, 12.0.0dev; conda's alphabet of versions, beginning with a digit.
_VERSION = re.compile(r"[0-9][A-Za-z0-9._+!]*")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")

# 46b24e8, or https://github.com/lsst/scipipe_conda_env@46b24e8: before rubin-env. A short one
# without a letter, such as 13, is the beginning of a version.
_COMMIT = re.compile(r"(?:https:.*@)?((?=[0-9]*[a-f]|[0-9]{7})[0-9a-f]{4,40})")


def parse_env_version(text: str) -> EnvVersion:
    """Read a version of rubin-env.

    Parameters
    ----------
    text : `str`
        For example ``13.0.1``; also the beginning of one, ``13``, which means
        its newest.

    Returns
    -------
    version : `EnvVersion`
        The same text.

    Raises
    ------
    InvalidNameError
        Raised if it does not begin with a digit, or holds anything that
        conda's versions may not.
    """
    if _VERSION.fullmatch(text) is None:
        raise InvalidNameError(
            f"`{text}` is no version of rubin-env", hint="expected something like `13.0.1`"
        )
    return EnvVersion(text)


def parse_env_name(text: str) -> EnvName:
    """Read the name of an environment.

    Parameters
    ----------
    text : `str`
        Letters, digits and ``._+-``.

    Returns
    -------
    name : `EnvName`
        The same text.

    Raises
    ------
    InvalidNameError
        Raised if it is empty, is a path, or holds blanks.
    """
    if _NAME.fullmatch(text) is None:
        raise InvalidNameError(
            f"`{text}` is no name of an environment", hint="expected letters, digits and `._+-`, not a path"
        )
    return EnvName(text)


def legacy_commit(recorded: str) -> str | None:
    """Tell an environment from before rubin-env, which a commit named.

    Parameters
    ----------
    recorded : `str`
        What a tag list says behind ``#CONDA_ENV=``, or a user behind ``-v``.

    Returns
    -------
    commit : `str` or `None`
        Four hexadecimal digits or more, with a letter among them, or seven
        decimal ones; `None` for a version of rubin-env.
    """
    match = _COMMIT.fullmatch(recorded)
    return match[1] if match else None


def parse_recorded_version(recorded: str) -> EnvVersion:
    """Read what names an environment, of any time.

    Parameters
    ----------
    recorded : `str`
        What a tag list says behind ``#CONDA_ENV=``, or a user behind ``-v``.

    Returns
    -------
    version : `EnvVersion`
        A version of rubin-env, or the commit of an environment from before.

    Raises
    ------
    InvalidNameError
        Raised if it is neither.
    """
    commit = legacy_commit(recorded)
    return parse_env_version(recorded) if commit is None else EnvVersion(commit)


def environment_name(version: EnvVersion) -> EnvName:
    """Name the environment of a version, as every Rubin tool does.

    Parameters
    ----------
    version : `EnvVersion`
        The complete version.

    Returns
    -------
    name : `EnvName`
        ``lsst-scipipe-<version>``.
    """
    return EnvName(f"lsst-scipipe-{version}")
