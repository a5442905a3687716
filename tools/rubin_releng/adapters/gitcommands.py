"""One way to start `git`: quiet, in English, without prompts, with errors of ours."""

from __future__ import annotations

import os
import re
from typing import IO, TYPE_CHECKING

from lsstinstall.adapters.activities import RunLimits
from lsstinstall.adapters.process import Completed, ProcessError, StalledError, run
from lsstinstall.core.errors import NotFoundError, ToolkitError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["RUN_LIMITS", "STALL_SECONDS", "GitError", "explain_git", "git_environment", "run_git"]

STALL_SECONDS = 120.0
"""How long a git may do nothing: a server that packs much says so every few seconds."""

RUN_LIMITS = RunLimits(stall_seconds=STALL_SECONDS)
"""For whoever is not told another."""

# fatal: repository 'https://example.org/afw/' not found
# fatal: '/data/afw' does not appear to be a git repository
# fatal: repository '/data/afw' does not exist
_NO_REPOSITORY = re.compile(
    r"repository '[^']*' (?:not found|does not exist)|does not appear to be a git repository"
    r"|[Rr]epository not found|not a git repository"
)
_LOCKED = re.compile(r"Unable to create '[^']*\.lock': File exists")
_NO_SPACE = re.compile(r"No space left on device|Disk quota exceeded")

# A hook or another git may have left these to us; they would win over the folder we name.
_INHERITED = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_INDEX_FILE",
        "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_WORK_TREE",
    }
)


class GitError(ToolkitError):
    """git said no.

    Parameters
    ----------
    doing : `str`
        What was tried, as in "cannot ...".
    output : `str`
        What git printed; its first complaint becomes part of the message.
    hint : `str`, optional
        What the user can do about it.
    """

    def __init__(self, doing: str, output: str, *, hint: str | None = None) -> None:
        super().__init__(f"cannot {doing}: {_complaint(output)}", hint=hint)
        self.doing = doing
        self.output = output


def git_environment(environ: Mapping[str, str], *, stall_seconds: float = STALL_SECONDS) -> dict[str, str]:
    """Make an environment in which git neither asks nor looks elsewhere.

    Parameters
    ----------
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        That of the caller.
    stall_seconds : `float`, optional
        How long a web server may send nothing.

    Returns
    -------
    environ : `dict` [ `str`, `str` ]
        Without variables that point at another repository, without prompts,
        with messages in English; git-lfs leaves its stand-ins as they are.
    """
    kept = {name: value for name, value in environ.items() if name not in _INHERITED}
    # While it waits for a web server, git looks for news all the time, so that it never seems to be idle.
    slow = {"GIT_HTTP_LOW_SPEED_LIMIT": "1", "GIT_HTTP_LOW_SPEED_TIME": str(max(1, round(stall_seconds)))}
    # ssh has no terminal to ask on: every program runs in a session of its own.
    return slow | kept | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "GIT_LFS_SKIP_SMUDGE": "1"}


def run_git(
    arguments: Sequence[str],
    *,
    doing: str,
    check: bool = True,
    stdin: str | None = None,
    output: IO[bytes] | None = None,
    env: Mapping[str, str] | None = None,
    limits: RunLimits = RUN_LIMITS,
) -> Completed:
    """Run one git command to its end, as long as it goes on.

    Parameters
    ----------
    arguments : `~collections.abc.Sequence` [ `str` ]
        Without ``git`` itself.
    doing : `str`
        What it is for, as in "cannot ...".
    check : `bool`, optional
        Whether an exit code other than 0 is an error.
    stdin : `str`, optional
        Text for its standard input.
    output : file, optional
        Where both outputs go, for content that need not be text.
    env : `~collections.abc.Mapping` [ `str`, `str` ], optional
        Variables to add to our environment.
    limits : `~lsstinstall.adapters.activities.RunLimits`, optional
        When to give it up: a remote may have fallen silent.

    Returns
    -------
    completed : `~lsstinstall.adapters.process.Completed`
        Outputs.

    Raises
    ------
    NotFoundError
        Raised if there is no such repository, or no git.
    UnavailableError
        Raised if the disk is full.
    GitError
        Raised if it failed for another reason, or did nothing any more.
    InterruptedWorkError
        Raised if somebody wants everything to end.
    """
    try:
        return run(
            ("git", *arguments),
            cwd=None,
            env=git_environment(os.environ, stall_seconds=limits.stall_seconds) | dict(env or {}),
            timeout=None,
            stdin=stdin,
            output=output,
            check=check,
            limits=limits,
        )
    except StalledError as error:
        raise GitError(doing, f"nothing happened for {error.seconds:g} s") from error
    except ProcessError as error:
        raise explain_git(doing, error.output) from error
    except NotFoundError as error:
        raise NotFoundError(f"cannot {doing}: there is no `git` to run", hint="install git") from error


def explain_git(doing: str, output: str) -> ToolkitError:
    """Turn a complaint of git into an error of ours.

    Parameters
    ----------
    doing : `str`
        What was tried, as in "cannot ...".
    output : `str`
        What git printed.

    Returns
    -------
    error : `~lsstinstall.core.errors.ToolkitError`
        To be raised.
    """
    if _NO_REPOSITORY.search(output):
        return NotFoundError(f"cannot {doing}: {_complaint(output)}")
    if _NO_SPACE.search(output):
        hint = "free some space and run the same command again"
        return UnavailableError(f"cannot {doing}: no space left on the disk", hint=hint)
    if _LOCKED.search(output):
        hint = "another git is at work there; if there is none, a killed one left the file: remove it"
        return GitError(doing, output, hint=hint)
    return GitError(doing, output)


def _complaint(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    serious = [line for line in lines if line.startswith(("fatal:", "error:"))]
    text = (serious or lines or ["no reason given"])[0]
    return text.removeprefix("fatal: ").removeprefix("error: ").rstrip(".")
