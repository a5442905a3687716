"""Check types with mypy, beside what the repository requires.

``PATHS`` names what is checked, ``PACKAGES`` and ``REQUIREMENTS`` what is
installed, ``MYPY_VERSION`` a version as pip has it, ``PYTHON_VERSION`` the
Python; empty for the one of the machine.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from workflows.scripts.findings import CheckError, conclude, cut, program, say
from workflows.scripts.readings import line_findings
from workflows.scripts.toolruns import ended, given, inspect, requirement, words
from workflows.scripts.toolsettings import read_toml, table

_TITLE = "mypy"
# python/a.py:3:5: error: Incompatible return value type  [return-value]
_LINE = (
    r"(?P<file>[^\n:]+?):(?:(?P<line>\d+):(?:(?P<column>\d+):)?)? (?P<level>error|warning|note): "
    r"(?P<message>[^\n]*?)(?:  \[(?P<code>[\w-]+)\])?"
)
_OPTIONS = ("--no-pretty", "--no-color-output", "--show-column-numbers", "--hide-error-context")


def _must(argv: list[str], doing: str) -> None:
    completed = inspect(argv)
    say(completed.stdout)
    if completed.returncode:
        lines = (completed.stderr or completed.stdout).strip().splitlines() or ["it printed nothing"]
        raise CheckError(f"{doing} failed with exit code {completed.returncode}: {cut(lines[-1].strip())}")


def install(tool: str) -> Path:
    """Make an environment with mypy and what is checked against.

    Parameters
    ----------
    tool : `str`
        Requirement of mypy.

    Returns
    -------
    programs : `~pathlib.Path`
        Folder of its programs.

    Raises
    ------
    CheckError
        Raised if a requirement cannot be had; a failed installation is never passed over.
    """
    folder = Path(os.environ.get("RUNNER_TEMP", "/tmp")) / "mypy-environment"  # noqa: S108 - the runner's own
    python = given("PYTHON_VERSION") or sys.executable
    _must(["uv", "venv", "--quiet", "--clear", "--python", python, str(folder)], "making an environment")
    files = [name for name in words("REQUIREMENTS") if Path(name).is_file()]
    packages = [tool, *words("PACKAGES"), *(part for name in files for part in ("-r", name))]
    wrong = [word for word in words("PACKAGES") if word.startswith("-")]
    if wrong:
        raise CheckError(f"`{wrong[0]}` of the input `packages` is an option, expected a package")
    interpreter = str(folder / "bin/python")
    _must(["uv", "pip", "install", "--quiet", "--python", interpreter, *packages], "installing requirements")
    return folder / "bin"


def check() -> int:
    """Run mypy.

    Returns
    -------
    code : `int`
        0 if all types are right.
    """
    tool = requirement("mypy", given("MYPY_VERSION"))
    programs = install(tool)
    if table(read_toml("pyproject.toml"), "tool", "lsst_versions") is not None:
        if not (programs / "lsst-version").exists():
            raise CheckError(
                "[tool.lsst_versions] needs `lsst-versions`", hint="add it to the input `packages`"
            )
        _must([str(programs / "lsst-version"), ".", "--write-version"], "writing the version")
    completed = inspect([str(programs / "mypy"), *_OPTIONS, "--", *words("PATHS", "python")])
    found = line_findings(completed.stdout, _LINE)
    if completed.returncode and not any(one.level == "error" for one in found):
        ended(completed, [])
    return conclude(_TITLE, found, facts=[("tool", tool), ("paths", given("PATHS") or "python")])


if __name__ == "__main__":
    program(_TITLE, check)
