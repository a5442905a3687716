#!/usr/bin/env python3
"""Make a conda environment of an environment file, with py-rattler: no conda has to be there.

The one helper that needs more than the standard library: py-rattler and PyYAML.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import rattler
import yaml
from rattler.exceptions import (
    FetchRepoDataError,
    GatewayError,
    InstallerError,
    InvalidChannelError,
    InvalidMatchSpecError,
    InvalidUrlError,
    IoError,
    LinkError,
    SolverError,
)
from rattler.shell import ActivationVariables, Shell, activate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Environment", "EnvironmentFileError", "main", "read_environment"]

_KNOWN = {"name", "channels", "dependencies", "prefix", "variables", "platforms"}
_FAILURES = (
    SolverError,
    InvalidMatchSpecError,
    InvalidChannelError,
    InvalidUrlError,
    GatewayError,
    FetchRepoDataError,
    InstallerError,
    LinkError,
    IoError,
    OSError,
)


class EnvironmentFileError(Exception):
    """A file that describes no environment, or one that cannot be made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What an environment is to hold.

    Parameters
    ----------
    channels : `tuple` [ `str`, ... ]
        Names, URLs or folders, the first has priority.
    specs : `tuple` [ `str`, ... ]
        Conda packages.
    requirements : `tuple` [ `str`, ... ]
        Packages that pip installs afterwards.
    """

    channels: tuple[str, ...]
    specs: tuple[str, ...]
    requirements: tuple[str, ...]


def _texts(value: object, path: Path, key: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise EnvironmentFileError(f"`{path}`: `{key}` is no list of texts")
    return tuple(value)


def _dependencies(value: object, path: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not isinstance(value, list):
        raise EnvironmentFileError(f"`{path}`: `dependencies` is no list")
    pip: list[str] = []
    plain: list[str] = []
    for one in value:
        if isinstance(one, dict) and set(one) == {"pip"}:
            pip.extend(_texts(one["pip"], path, "pip"))
        elif isinstance(one, str):
            plain.append(one)
        else:
            raise EnvironmentFileError(f"`{path}`: `{one}` is no dependency; expected a text, or `pip:`")
    return tuple(plain), tuple(pip)


def read_environment(path: Path, *, channels: str, specs: str) -> Environment:
    """Read an environment file.

    Parameters
    ----------
    path : `~pathlib.Path`
        As ``conda env create`` reads it.
    channels : `str`
        Channels to take instead of the file's, apart by blanks; may be empty.
    specs : `str`
        Further packages, one a line.

    Returns
    -------
    environment : `Environment`
        What to make; ``nodefaults`` is left out, since nothing is taken from
        channels that are not named.

    Raises
    ------
    EnvironmentFileError
        Raised if the file is not there, or describes something else.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise EnvironmentFileError(f"`{path}`: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict) or "dependencies" not in content:
        raise EnvironmentFileError(f"`{path}`: expected a mapping with `dependencies`")
    if unknown := sorted(str(key) for key in set(content) - _KNOWN):
        raise EnvironmentFileError(
            f"`{path}`: `{unknown[0]}` is unknown; expected: {', '.join(sorted(_KNOWN))}"
        )
    plain, pip = _dependencies(content["dependencies"], path)
    named = tuple(channels.split()) or _texts(content.get("channels"), path, "channels")
    return Environment(
        channels=tuple(one for one in named if one != "nodefaults") or ("conda-forge",),
        specs=(*plain, *(line.strip() for line in specs.splitlines() if line.strip())),
        requirements=pip,
    )


async def _make(environment: Environment, prefix: Path) -> Sequence[rattler.RepoDataRecord]:
    records = await rattler.solve(
        [rattler.Channel(one) for one in environment.channels],
        [rattler.MatchSpec(one) for one in environment.specs],
        platforms=[rattler.Subdir.current(), rattler.Subdir("noarch")],
        virtual_packages=rattler.VirtualPackage.detect(),
    )
    await rattler.install(records, prefix, show_progress=False, execute_link_scripts=True)
    return records


def _install_requirements(environment: Environment, prefix: Path) -> None:
    if not environment.requirements:
        return
    uv = shutil.which("uv")
    if uv is None:
        raise EnvironmentFileError("there is no `uv` on this machine")
    python = prefix / "bin" / "python"
    done = subprocess.run([uv, "pip", "install", "--python", python, *environment.requirements], check=False)
    if done.returncode:
        raise EnvironmentFileError(f"could not install the `pip` part: {', '.join(environment.requirements)}")


def _made(environ: Mapping[str, str]) -> Sequence[rattler.RepoDataRecord]:
    path, prefix = Path(environ["ENVIRONMENT_FILE"]), Path(environ["PREFIX"])
    environment = read_environment(path, channels=environ["CHANNELS"], specs=environ["SPECS"])
    try:
        records = asyncio.run(_make(environment, prefix))
    except _FAILURES as error:
        raise EnvironmentFileError(f"`{path}` cannot be made: {' '.join(str(error).split())}") from error
    _install_requirements(environment, prefix)
    result = activate(prefix, ActivationVariables(None, []), Shell.bash)
    Path(environ["ACTIVATE"]).write_text(result.script, encoding="utf-8")
    return records


def main(environ: Mapping[str, str] = os.environ) -> int:
    """Make an environment, and a script that activates it.

    Parameters
    ----------
    environ : `~collections.abc.Mapping` [ `str`, `str` ], optional
        ``ENVIRONMENT_FILE``, ``CHANNELS`` and ``SPECS`` as for
        `read_environment`, ``PREFIX`` (new folder), ``ACTIVATE`` (script to
        write) and what GitHub sets.

    Returns
    -------
    code : `int`
        1 if it cannot be made.
    """
    try:
        records = _made(environ)
    except EnvironmentFileError as error:
        sys.stdout.write(f"::error title=Environment::{error}\n")
        return 1
    names = sorted(f"{one.name.source} {one.version} {one.build}" for one in records)
    sys.stdout.write("".join(f"{name}\n" for name in names))
    with Path(environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as outputs:
        outputs.write(f"packages={len(names)}\npython={environ['PREFIX']}/bin/python\n")
    with Path(environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as summary:
        summary.write(f"{len(names)} conda packages from `{environ['ENVIRONMENT_FILE']}`.\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
