"""Start the tools of checks, on files of the repository, with words given by callers.

Nothing here goes through a shell: a word stays a word.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from workflows.scripts.findings import CheckError, Finding, cut, say

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ended",
    "given",
    "inspect",
    "listed",
    "relative",
    "requirement",
    "run",
    "tracked",
    "wanted",
    "words",
]

# $(find ...), ${HOME}, `ls`: what a shell would have run.
_SUBSTITUTION = re.compile(r"\$[({]|`")

# 0.9.4 or >=0.13,<0.13.20 or ==7.3.*
_BARE = re.compile(r"\d[\w.+!*-]*")
_CLAUSE = r"(?:===|==|~=|!=|<=|>=|<|>)\s*[\w.+!*-]+"
_CLAUSES = re.compile(rf"{_CLAUSE}(?:\s*,\s*{_CLAUSE})*")

# Whose hooks run a tool, in small letters.
_HOOKS = {
    "black": ("psf/black", "psf/black-pre-commit-mirror"),
    "flake8": ("pycqa/flake8",),
    "isort": ("pycqa/isort", "timothycrosley/isort"),
    "numpydoc": ("numpy/numpydoc",),
    "ruff": ("astral-sh/ruff-pre-commit", "charliermarsh/ruff-pre-commit"),
}
_CRASH = "Traceback (most recent call last)"
_RUNNER_FILES = frozenset(
    {"GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"}
)


def given(name: str) -> str:
    """Read an input of the workflow.

    Parameters
    ----------
    name : `str`
        Of its environment variable.

    Returns
    -------
    value : `str`
        Without space around it; empty if not given.
    """
    return os.environ.get(name, "").strip()


def words(name: str, otherwise: str = "") -> list[str]:
    """Split an input into words, as a shell does, without running anything.

    Parameters
    ----------
    name : `str`
        Of its environment variable.
    otherwise : `str`, optional
        Used if the input is empty.

    Returns
    -------
    words : `list` [ `str` ]
        In the order given.

    Raises
    ------
    CheckError
        Raised if a quote is open, or a shell would have to run something.
    """
    text = given(name) or otherwise
    if found := _SUBSTITUTION.search(text):
        raise CheckError(
            f"the input `{_input(name)}` holds `{found.group()}` of a shell, expected words: {cut(text, 80)}",
            hint="name files or folders; `exclude` leaves some out",
        )
    try:
        return shlex.split(text)
    except ValueError as error:
        raise CheckError(f"the input `{_input(name)}` cannot be split: {error}: {cut(text, 80)}") from error


def _input(name: str) -> str:
    return name.lower().replace("_", "-")


def requirement(package: str, version: str) -> str:
    """Name a package and its version as uv wants it.

    Parameters
    ----------
    package : `str`
        Name in the index.
    version : `str`
        ``0.9.4``, ``>=0.13,<0.13.20``, or empty for the newest.

    Returns
    -------
    requirement : `str`
        ``ruff==0.9.4``.

    Raises
    ------
    CheckError
        Raised if the version is none.
    """
    text = version.strip()
    if not text:
        return package
    if _BARE.fullmatch(text):
        return f"{package}=={text}"
    if _CLAUSES.fullmatch(text):
        return f"{package}{text}"
    raise CheckError(
        f"`{cut(text, 80)}` is no version of {package}", hint="write `1.2.3`, `==1.2.3` or `>=1.2,<2`"
    )


def hook_version(tool: str) -> str:
    """Read which version of a tool the hooks of a repository have.

    Parameters
    ----------
    tool : `str`
        Name in the index.

    Returns
    -------
    version : `str`
        ``0.14.5``; empty if there is no such hook, or its version is no number.
    """
    path = Path(".pre-commit-config.yaml")
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    for part in re.split(r"(?m)^\s*-\s+repo:\s*", text)[1:]:
        repository = part.split("\n", 1)[0].strip().strip("'\"").removesuffix(".git")
        if repository.lower().removeprefix("https://github.com/") in _HOOKS.get(tool, ()):
            found = re.search(r"(?m)^\s*rev:.*?\bv?(\d+(?:\.\d+)+)['\"]?\s*$", part)
            return found[1] if found else ""
    return ""


def wanted(tool: str) -> tuple[str, str]:
    """Decide which version of a tool is run.

    Parameters
    ----------
    tool : `str`
        Name in the index. ``RUFF_VERSION`` is what the caller asks for,
        ``auto`` to look at the hooks; ``RUFF_DEFAULT`` what we take else.

    Returns
    -------
    requirement, reason : `str`
        ``ruff==0.14.5``, and who says so.
    """
    name = tool.upper()
    if given(f"{name}_VERSION") != "auto":
        return requirement(tool, given(f"{name}_VERSION")), "the caller"
    if version := hook_version(tool):
        return requirement(tool, version), ".pre-commit-config.yaml"
    return requirement(tool, given(f"{name}_DEFAULT")), "the workflow"


def run(argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a program and keep what it prints.

    Parameters
    ----------
    argv : `~collections.abc.Sequence` [ `str` ]
        Program and arguments.

    Returns
    -------
    completed : `subprocess.CompletedProcess`
        Of any exit code.

    Raises
    ------
    CheckError
        Raised if the program is not there.
    """
    # A tool must not write outputs, variables or the summary: black writes some outputs by itself.
    env = {name: value for name, value in os.environ.items() if name not in _RUNNER_FILES}
    try:
        return subprocess.run(
            argv, capture_output=True, check=False, encoding="utf-8", errors="replace", env=env
        )
    except FileNotFoundError as error:
        raise CheckError(f"the program `{argv[0]}` is not on this machine") from error


def inspect(argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a tool and show its command and what it says beside its findings.

    Parameters
    ----------
    argv : `~collections.abc.Sequence` [ `str` ]
        Program and arguments.

    Returns
    -------
    completed : `subprocess.CompletedProcess`
        Exit code 0 or another; its error output is in the log already.
    """
    say(f"$ {cut(shlex.join(argv), 2000)}")
    completed = run(argv)
    say(completed.stderr)
    return completed


def ended(completed: subprocess.CompletedProcess[str], findings: Sequence[Finding]) -> list[Finding]:
    """Tell a tool that found something from a tool that could not work.

    Parameters
    ----------
    completed : `subprocess.CompletedProcess`
        Of the tool.
    findings : `~collections.abc.Sequence` [ `Finding` ]
        Read from what it printed.

    Returns
    -------
    findings : `list` [ `Finding` ]
        The same.

    Raises
    ------
    CheckError
        Raised if the tool failed and named no fault, or broke on its way.
    """
    crashed = completed.stderr.lstrip().startswith(_CRASH) or f"\n{_CRASH}" in completed.stderr
    if completed.returncode and (crashed or not findings):
        text = f"{completed.stdout}\n{completed.stderr}".strip()
        say(completed.stdout)
        last = text.splitlines()[-1] if text else "it printed nothing"
        raise CheckError(
            f"`{completed.args[0]}` failed with exit code {completed.returncode}: {cut(last.strip())}"
        )
    return list(findings)


def relative(path: str) -> str:
    """Name a file as the repository does.

    Parameters
    ----------
    path : `str`
        As a tool prints it: absolute, or from the current folder.

    Returns
    -------
    path : `str`
        From the top of the repository, which is the current folder.
    """
    return os.path.relpath(path, Path.cwd()) if path else ""


def tracked(paths: Sequence[str], *, exclude: Sequence[str] = ()) -> list[str]:
    """List files of the repository.

    Parameters
    ----------
    paths : `~collections.abc.Sequence` [ `str` ]
        Files, folders, or patterns as git has them.
    exclude : `~collections.abc.Sequence` [ `str` ], optional
        The same, of files that are left out.

    Returns
    -------
    files : `list` [ `str` ]
        In git's order, each once.

    Raises
    ------
    CheckError
        Raised if a path names no file that git knows.
    """
    files: dict[str, None] = {}
    out = [f":(exclude){pattern}" for pattern in exclude]
    for path in paths:
        if path.startswith("-"):
            raise CheckError(f"`{path}` is an option, expected a file or a folder")
        if not listed([path]):
            raise CheckError(f"`{path}` names no file of the repository")
        files |= dict.fromkeys(listed([path, *out]))
    return list(files)


def listed(patterns: Sequence[str]) -> list[str]:
    """List files of the repository, perhaps none.

    Parameters
    ----------
    patterns : `~collections.abc.Sequence` [ `str` ]
        As git has them.

    Returns
    -------
    files : `list` [ `str` ]
        In git's order.

    Raises
    ------
    CheckError
        Raised if git cannot list them.
    """
    completed = run(["git", "ls-files", "-z", "--", *patterns])
    if completed.returncode:
        raise CheckError(f"git lists no files: {cut(completed.stderr.strip())}")
    return [name for name in completed.stdout.split("\0") if name]
