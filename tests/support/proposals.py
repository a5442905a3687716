"""Pull requests of sample repositories: branches, merges, and what GitHub tells of them."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

from tests.support.actruns import add_commit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["HOSTILE", "add_branch", "commands_in", "git_in", "merge", "payload_of"]

HOSTILE = (
    "$(touch pwned) `touch pwned` ${IFS} '; touch pwned #\"\n::error file=x::fooled\n"
    "::set-output name=problems::99\n##[error]fooled\n%0A::error::fooled | cell <script>x</script> [a](http://b)"
)
"""A text that would do harm wherever it is taken for more than a text."""


def commands_in(output: str) -> list[tuple[dict[str, str], str]]:
    """Read remarks as the runner of GitHub does: properties end at the first pair of colons.

    Parameters
    ----------
    output : `str`
        What a step printed. act itself looks for the last pair, and is fooled by texts with another.

    Returns
    -------
    remarks : `list` [ `tuple` [ `dict` [ `str`, `str` ], `str` ] ]
        Properties and message of each.
    """
    remarks = []
    for line in output.splitlines():
        properties, colons, message = line.removeprefix("::error").partition("::")
        if line.startswith("::error") and colons:
            pairs = (pair.partition("=") for pair in properties.strip().split(",") if pair)
            place = {name: _unescaped(value, properties=True) for name, _, value in pairs}
            remarks.append((place, _unescaped(message)))
    return remarks


def _unescaped(text: str, *, properties: bool = False) -> str:
    for code, letter in (("%0D", "\r"), ("%0A", "\n"), *((("%3A", ":"), ("%2C", ",")) if properties else ())):
        text = text.replace(code, letter)
    return text.replace("%25", "%")


def git_in(folder: Path, *arguments: str) -> str:
    """Run git as nobody in particular.

    Parameters
    ----------
    folder : `~pathlib.Path`
        Repository.
    *arguments : `str`
        After ``git``.

    Returns
    -------
    text : `str`
        What it prints, without space around it.
    """
    person = ["-c", "user.name=Sample", "-c", "user.email=sample@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *person, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def add_branch(sample: Path, name: str, files: Mapping[str, str], *, message: str = "Change it") -> str:
    """Make a branch from where the sample is, with one commit, and stay on it.

    Parameters
    ----------
    sample : `~pathlib.Path`
        Repository.
    name : `str`
        Of the branch.
    files : `~collections.abc.Mapping` [ `str`, `str` ]
        Path to text.
    message : `str`, optional
        Of the commit.

    Returns
    -------
    sha : `str`
        The commit.
    """
    git_in(sample, "checkout", "--quiet", "-b", name)
    return add_commit(sample, files, message=message)


def merge(sample: Path, name: str, *, message: str | None = None) -> str:
    """Merge a branch into the one that the sample is on.

    Parameters
    ----------
    sample : `~pathlib.Path`
        Repository.
    name : `str`
        Of the other branch.
    message : `str`, optional
        By default git's own.

    Returns
    -------
    sha : `str`
        The merge.
    """
    told = [] if message is None else ["-m", message]
    git_in(sample, "merge", "--quiet", "--no-ff", "--no-edit", *told, name)
    return git_in(sample, "rev-parse", "HEAD")


def payload_of(
    sample: Path, *, base: str = "main", title: str = "A change", labels: Sequence[str] = (), branch: str = ""
) -> dict[str, Any]:
    """Say what GitHub would say of a pull request.

    Parameters
    ----------
    sample : `~pathlib.Path`
        Repository; what it is on is proposed.
    base : `str`, optional
        Where it is to go.
    title, labels : optional
        Of the pull request.
    branch : `str`, optional
        Name of the proposed branch, by default its own.

    Returns
    -------
    payload : `dict` [ `str`, `typing.Any` ]
        For ``run_reusable``.
    """
    head = {"ref": branch or git_in(sample, "rev-parse", "--abbrev-ref", "HEAD")}
    return {
        "action": "opened",
        "number": 1,
        "pull_request": {
            "number": 1,
            "title": title,
            "body": "",
            "labels": [{"name": label} for label in labels],
            "base": {"ref": base, "sha": git_in(sample, "rev-parse", base)},
            "head": {**head, "sha": git_in(sample, "rev-parse", "HEAD")},
        },
    }
