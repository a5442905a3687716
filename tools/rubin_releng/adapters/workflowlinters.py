"""The linters of GitHub workflows: actionlint with shellcheck, and zizmor."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsstinstall.adapters.process import run
from lsstinstall.core.errors import CorruptError, NotFoundError, ToolkitError
from rubin_releng.core.workflowfindings import WorkflowFinding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.adapters.process import Completed

__all__ = ["LinterPrograms", "find_linters"]

_NAMES = ("actionlint", "shellcheck", "zizmor")
_VERSION = re.compile(r"\d+(?:\.\d+)+")
_TIMEOUT_SECONDS = 600.0
# shellcheck reported issue in this script: SC2086:info:2:23: Double quote to prevent ...
_SHELLCHECK = re.compile(r"shellcheck reported issue in this script: (SC\d+):\w+:\d+:\d+: (.*)")


def find_linters(root: Path, *, path: str | None = None) -> LinterPrograms:
    """Find the three programs.

    Parameters
    ----------
    root : `~pathlib.Path`
        The checkout that they check.
    path : `str`, optional
        Folders to look in, as in `PATH`; by default that of our own Python,
        and then the `PATH`.

    Returns
    -------
    linters : `LinterPrograms`
        With all three.

    Raises
    ------
    NotFoundError
        Raised if one of them is missing; it names all that are.
    """
    places = path or os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    found = {name: shutil.which(name, path=places) for name in _NAMES}
    missing = [f"`{name}`" for name, path in found.items() if path is None]
    if missing:
        raise NotFoundError(
            f"{', '.join(missing)} cannot be found, and without it workflows are not checked",
            hint="install `lsstinstall[workflows]`",
        )
    return LinterPrograms({name: path for name, path in found.items() if path is not None}, root)


class LinterPrograms:
    """The linters of this machine.

    Parameters
    ----------
    programs : `dict` [ `str`, `str` ]
        Name to path.
    root : `~pathlib.Path`
        The checkout that they check.
    """

    def __init__(self, programs: dict[str, str], root: Path) -> None:
        self._programs = programs
        self._root = root

    def versions(self) -> dict[str, str]:
        """Tell which versions they have; name to version."""
        return {name: self._version(name) for name in _NAMES}

    def actionlint(self, paths: Sequence[str]) -> tuple[WorkflowFinding, ...]:
        """Check workflows with actionlint, and their scripts with shellcheck.

        Parameters
        ----------
        paths : `~collections.abc.Sequence` [ `str` ]
            Workflows below the checkout, or with their whole paths.

        Returns
        -------
        findings : `tuple` [ `WorkflowFinding`, ... ]
            In actionlint's order.

        Raises
        ------
        ToolkitError
            Raised if actionlint does not work.
        """
        if not paths:
            return ()
        options = ["-format", "{{json .}}", "-no-color", "-pyflakes", ""]
        options += ["-shellcheck", self._programs["shellcheck"]]
        done = self._run("actionlint", [*options, *paths])
        if done.returncode not in {0, 1}:
            raise _broken("actionlint", done)
        return tuple(_of_actionlint(one) for one in _json("actionlint", done.stdout) or [])

    def zizmor(self, paths: Sequence[str]) -> tuple[WorkflowFinding, ...]:
        """Check workflows and composite actions with zizmor as an auditor, without the network.

        Parameters and errors are those of `actionlint`.
        """
        if not paths:
            return ()
        options = ["--persona=auditor", "--offline", "--quiet", "--format=json-v1", "--no-exit-codes"]
        done = self._run("zizmor", [*options, *paths])
        if done.returncode != 0:
            raise _broken("zizmor", done)
        findings = _json("zizmor", done.stdout)
        return tuple(_of_zizmor(one) for one in findings if not one.get("ignored"))

    def shellcheck(self, script: str, *, shell: str, path: str, line: int) -> tuple[WorkflowFinding, ...]:
        """Check the script of one step of a composite action, which actionlint does not read.

        Parameters
        ----------
        script : `str`
            What the step runs.
        shell : `str`
            ``bash`` or ``sh``.
        path : `str`
            Of the action.
        line : `int`
            Of the script's first line in it.

        Returns
        -------
        findings : `tuple` [ `WorkflowFinding`, ... ]
            In shellcheck's order.

        Raises
        ------
        ToolkitError
            Raised if shellcheck does not work.
        """
        done = self._run("shellcheck", ["--format=json1", f"--shell={shell}", "-"], stdin=script)
        if done.returncode not in {0, 1}:
            raise _broken("shellcheck", done)
        return tuple(
            WorkflowFinding(
                path=path,
                line=line + int(one["line"]) - 1,
                column=int(one["column"]),
                tool="shellcheck",
                rule=f"SC{one['code']}",
                message=str(one["message"]),
            )
            for one in _json("shellcheck", done.stdout)["comments"]
        )

    def _version(self, name: str) -> str:
        done = self._run(name, ["-version" if name == "actionlint" else "--version"])
        match = _VERSION.search(done.stdout)
        if match is None:
            raise _broken(name, done)
        return match[0]

    def _run(self, name: str, options: list[str], stdin: str | None = None) -> Completed:
        return run(
            [self._programs[name], *options],
            cwd=self._root,
            env={**os.environ, "NO_COLOR": "1"},
            timeout=_TIMEOUT_SECONDS,
            stdin=stdin,
            check=False,
        )


def _of_actionlint(one: dict[str, Any]) -> WorkflowFinding:
    message, rule, tool = str(one["message"]), str(one["kind"]), "actionlint"
    if match := _SHELLCHECK.fullmatch(message):
        tool, rule, message = "shellcheck", match[1], match[2]
    return WorkflowFinding(
        path=str(one["filepath"]),
        line=int(one["line"]),
        column=int(one["column"]),
        tool=tool,
        rule=rule,
        message=message,
    )


def _of_zizmor(one: dict[str, Any]) -> WorkflowFinding:
    locations = one["locations"]
    primary = next((at for at in locations if at["symbolic"]["kind"] == "Primary"), locations[0])
    start = primary["concrete"]["location"]["start_point"]
    return WorkflowFinding(
        path=str(primary["symbolic"]["key"]["Local"]["verbatim_path"]),
        line=int(start["row"]) + 1,
        column=int(start["column"]) + 1,
        tool="zizmor",
        rule=str(one["ident"]),
        message=f"{one['desc']}: {primary['symbolic']['annotation']}",
    )


def _json(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise CorruptError(f"`{name}` answered with something that is no JSON") from error


def _broken(name: str, done: Completed) -> ToolkitError:
    told = next(
        (line for line in (done.stderr + done.stdout).splitlines() if line.strip() and "WARN" not in line), ""
    )
    return ToolkitError(f"`{name}` ended with exit code {done.returncode}: {told}")
