#!/usr/bin/env python3
"""Gives the following steps of a job what activating an environment, or setting products up, sets.

Called as ``step_environment.py activate`` or ``step_environment.py setup``; what to do is in variables:

PREFIX
    The conda environment to activate.
PRODUCTS
    Products to set up, separated by blanks or line ends.
TAG, STACK
    Where they are looked for.
CHECKOUT
    Folder of a product of one's own, to be set up after them; may be empty.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# What the machine that runs the job keeps to itself, or does not let steps set.
_RESERVED = re.compile(r"(?:GITHUB|RUNNER|ACTIONS|INPUT)_.*|CI|NODE_OPTIONS|HOME|SHELL")
# Of the shell that was asked.
_FLEETING = frozenset({"_", "PWD", "OLDPWD", "SHLVL", "BASHOPTS", "SHELLOPTS", "PATH"})
_WISHES = frozenset({"PREFIX", "PRODUCTS", "TAG", "STACK", "CHECKOUT"})
_ACTIVATE = """\
export CONDA_PREFIX="$PREFIX" CONDA_DEFAULT_ENV="${PREFIX##*/}" CONDA_SHLVL=1 PATH="$PREFIX/bin:$PATH"
for script in "$PREFIX"/etc/conda/activate.d/*.sh; do
  if [ -f "$script" ]; then . "$script" >&2; fi
done
exec /usr/bin/env -0
"""


class SetUpError(Exception):
    """Something could not be set up; holds the exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def assignment(name: str, value: str, *, token: Callable[[], str] = lambda: secrets.token_hex(16)) -> str:
    """Write a variable for the file ``GITHUB_ENV``, whatever is in its value.

    Parameters
    ----------
    name, value : `str`
        The variable.
    token : `~collections.abc.Callable`, optional
        Makes up an end mark that nobody can guess.

    Returns
    -------
    text : `str`
        Lines with an end mark that the value does not hold.
    """
    mark = f"end-{token()}"
    while mark in value:
        mark = f"end-{token()}"
    return f"{name}<<{mark}\n{value}\n{mark}\n"


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Tell what is set now, but for the search path; what is set no longer becomes empty."""
    for name in sorted(before.keys() | after.keys()):
        value = after.get(name, "")
        if name in _FLEETING or before.get(name, "") == value:
            continue
        if name not in after and not _NAME.fullmatch(name):
            # Shells drop names that they cannot write.
            continue
        if not _NAME.fullmatch(name) or _RESERVED.fullmatch(name):
            _say(f"::warning::`{name}` is not passed on: it is the runner's own")
        else:
            yield name, value


def new_folders(before: str, after: str) -> list[str]:
    """Tell which folders were put into the search path, the last one to be searched first."""
    known = set(before.split(os.pathsep))
    return [one for one in reversed(after.split(os.pathsep)) if one and one not in known]


def pass_on(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Write the files that the runner reads after this step.

    Parameters
    ----------
    before, after : `~collections.abc.Mapping` [ `str`, `str` ]
        All variables.

    Returns
    -------
    names : `list` [ `str` ]
        Variables that the following steps see changed.
    """
    variables = dict(changed(before, after))
    folders = new_folders(before.get("PATH", ""), after.get("PATH", ""))
    with Path(before["GITHUB_ENV"]).open("a", encoding="utf-8") as file:
        file.writelines(assignment(name, value) for name, value in variables.items())
    with Path(before["GITHUB_PATH"]).open("a", encoding="utf-8") as file:
        # A later line is searched earlier.
        file.writelines(f"{folder}\n" for folder in folders)
    return [*variables, *(["PATH"] if folders else [])]


def activated(environ: Mapping[str, str]) -> dict[str, str]:
    """Run the scripts of a conda environment in a shell of their own, and look at the result."""
    command = ["bash", "--noprofile", "--norc", "-e", "-c", _ACTIVATE]
    done = subprocess.run(command, env=dict(environ), check=False, stdout=subprocess.PIPE)
    pairs = (line.partition("=") for line in os.fsdecode(done.stdout).split("\0"))
    # Functions that a script exports have names that no script can write.
    found = {name: value for name, sign, value in pairs if sign and _NAME.fullmatch(name)}
    if done.returncode or "PATH" not in found:
        raise SetUpError(f"`{environ['PREFIX']}` cannot be activated", done.returncode or 1)
    return found


def set_up(environ: Mapping[str, str], arguments: Iterable[str]) -> tuple[dict[str, str], list[list[str]]]:
    """Set something up beside what is set up.

    Parameters
    ----------
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        The environment so far.
    arguments : `~collections.abc.Iterable` [ `str` ]
        Of `lsstinstall setup`.

    Returns
    -------
    environ : `dict` [ `str`, `str` ]
        The environment then.
    products : `list`
        Names and versions.
    """
    command = ["lsstinstall", "setup", "--shell", "json", *arguments]
    done = subprocess.run(command, env=dict(environ), check=False, stdout=subprocess.PIPE, text=True)
    answer = json.loads(done.stdout or "{}")
    if done.returncode:
        error = answer.get("error", {})
        raise SetUpError(error.get("message", "`lsstinstall setup` failed"), done.returncode)
    after = {**environ, **answer["set"]}
    for name in answer["unset"]:
        after.pop(name, None)
    return after, answer["products"]


def set_products_up(environ: Mapping[str, str]) -> dict[str, str]:
    """Set up what the variables say, one after the other, and say in the summary what that was."""
    place = ["--tag", environ["TAG"], "--stack", environ["STACK"]]
    after = dict(environ)
    found: dict[str, str] = {}
    for product in environ["PRODUCTS"].split():
        # What an earlier one brought stays: all are of one tag.
        after, products = set_up(after, [*place, "--keep", "--", product])
        found.update((name, version) for name, version in products)
    after["EUPS_PATH"] = environ["STACK"]
    if checkout := environ.get("CHECKOUT"):
        after, products = set_up(after, ["--keep", *place, "--root", checkout])
        found.update((name, version) for name, version in products)
    lines = [f"### Products of {environ['TAG']}", "", "| product | version |", "| --- | --- |"]
    lines += [f"| {name} | `{version}` |" for name, version in found.items()]
    with Path(environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in [*lines, ""])
    with Path(environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
        file.write(f"count={len(found)}\n")
    _say(f"{len(found)} products are set up")
    return after


def main(arguments: list[str], environ: Mapping[str, str]) -> int:
    """Do what is asked for; returns the exit code."""
    works = {"activate": activated, "setup": set_products_up}
    try:
        after = works[arguments[0]](environ)
    except SetUpError as error:
        message = str(error).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
        _say(f"::error::{message}")
        return error.code
    # What we were asked for came in variables, too, which nobody else is to see.
    names = pass_on(environ, {**after, **{name: environ[name] for name in _WISHES & environ.keys()}})
    _say(f"changed: {' '.join(names)}")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:], os.environ))
