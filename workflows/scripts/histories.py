"""Which commits and files a pull request brings: the event of a run, and the git history it names."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workflows.scripts.findings import CheckError, cut

__all__ = ["Commit", "Proposal", "changed", "commits", "git", "read_event", "read_proposal"]

_SHA = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One commit.

    Parameters
    ----------
    sha : `str`
        40 hexadecimal digits.
    parents : `tuple` [ `str`, ... ]
        In git's order.
    message : `str`
        Whole.
    """

    sha: str
    parents: tuple[str, ...]
    message: str

    @property
    def subject(self) -> str:
        """First line of the message."""
        return self.message.partition("\n")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a run was started for.

    Parameters
    ----------
    base, head : `str`
        Commits; those in the head's history alone are looked at. The base is
        empty if there is nothing to compare with.
    base_branch : `str`, optional
        Where it is to go, if known.
    branch : `str`, optional
        Where it comes from, if known.
    title : `str`, optional
        Of the pull request; empty if it is none.
    labels : `tuple` [ `str`, ... ], optional
        Of the pull request.
    is_pull_request : `bool`, optional
        Whether it is a pull request.
    """

    base: str
    head: str
    base_branch: str = ""
    branch: str = ""
    title: str = ""
    labels: tuple[str, ...] = ()
    is_pull_request: bool = False


def git(*arguments: str) -> str:
    """Ask git.

    Parameters
    ----------
    *arguments : `str`
        After ``git``.

    Returns
    -------
    text : `str`
        What it prints.

    Raises
    ------
    CheckError
        Raised if git fails.
    """
    argv = ["git", *arguments]
    completed = subprocess.run(argv, capture_output=True, check=False, encoding="utf-8", errors="replace")
    if completed.returncode:
        raise CheckError(f"`git {arguments[0]}` failed: {cut(completed.stderr.strip())}")
    return completed.stdout


def read_event() -> dict[str, Any]:
    """Read what GitHub says about this run.

    Returns
    -------
    event : `dict` [ `str`, `typing.Any` ]
        The payload; its texts are of anybody.

    Raises
    ------
    CheckError
        Raised if there is no such file, or it is no object.
    """
    path = os.environ.get("GITHUB_EVENT_PATH", "")
    try:
        event = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckError(f"the event of this run cannot be read from `{path}`: {error}") from error
    if not isinstance(event, dict):
        raise CheckError(f"the event in `{path}` is no object")
    return event


def _sha(value: Any, *, what: str) -> str:
    if isinstance(value, str) and _SHA.fullmatch(value):
        return value
    raise CheckError(f"the event names no commit as {what}: {cut(repr(value), 80)}")


def _newest_base(base: str, head: str) -> str:
    """Give the base that GitHub merged the head into for this run.

    The event tells the one of the last push, which the main branch may have
    left behind: what came to it since would be taken for the pull request's.
    """
    argv = ["git", "rev-list", "--parents", "--max-count=1", "HEAD", "--"]
    completed = subprocess.run(argv, capture_output=True, check=False, encoding="utf-8")
    parents = completed.stdout.split()[1:]
    return parents[0] if parents[1:] == [head] else base


def _pull_request(request: dict[str, Any]) -> Proposal:
    base, head = request.get("base", {}), request.get("head", {})
    old = _sha(base.get("sha"), what="base of the pull request")
    new = _sha(head.get("sha"), what="head of the pull request")
    return Proposal(
        base=_newest_base(old, new),
        head=new,
        base_branch=str(base.get("ref") or ""),
        branch=str(head.get("ref") or ""),
        title=str(request.get("title") or ""),
        labels=tuple(str(label.get("name") or "") for label in request.get("labels") or ()),
        is_pull_request=True,
    )


def read_proposal(event: dict[str, Any]) -> Proposal:
    """Find out what a run was started for.

    Parameters
    ----------
    event : `dict` [ `str`, `typing.Any` ]
        Payload of a pull request, a merge queue, a push, or another.

    Returns
    -------
    proposal : `Proposal`
        Without a base for new branches and for events that name no commits.
    """
    if isinstance(event.get("pull_request"), dict):
        return _pull_request(event["pull_request"])
    if isinstance(group := event.get("merge_group"), dict):
        return Proposal(
            base=_sha(group.get("base_sha"), what="base of the merge group"),
            head=_sha(group.get("head_sha"), what="head of the merge group"),
            base_branch=str(group.get("base_ref", "")).removeprefix("refs/heads/"),
        )
    branch = str(event.get("ref", "")).removeprefix("refs/heads/")
    if isinstance(event.get("after"), str):
        before = _sha(event.get("before"), what="the state before the push")
        head = _sha(event["after"], what="the state after the push")
        return Proposal(base="" if set(before) == {"0"} else before, head=head, branch=branch)
    return Proposal(base="", head=git("rev-parse", "HEAD").strip(), branch=branch)


def require(*shas: str) -> None:
    """Make sure that the checkout holds the history that is asked for.

    Parameters
    ----------
    *shas : `str`
        Commits.

    Raises
    ------
    CheckError
        Raised if the checkout is shallow or lacks one of them.
    """
    if git("rev-parse", "--is-shallow-repository").strip() == "true":
        raise CheckError("the checkout is shallow", hint="check out with `fetch-depth: 0`")
    for sha in shas:
        if not _is_there(sha):
            raise CheckError(
                f"the commit {sha} is not in the checkout",
                hint="if the branch was pushed again, see its new run",
            )


def _is_there(sha: str) -> bool:
    argv = ["git", "cat-file", "-e", f"{sha}^{{commit}}"]
    return subprocess.run(argv, capture_output=True, check=False).returncode == 0


def commits(proposal: Proposal) -> list[Commit]:
    """List the commits that a proposal brings.

    Parameters
    ----------
    proposal : `Proposal`
        Without a base, its head alone is listed; so it is if a push took the
        base away.

    Returns
    -------
    commits : `list` [ `Commit` ]
        Newest first.
    """
    base = proposal.base
    if base and not proposal.is_pull_request and not _is_there(base):
        base = ""
    bounds = [f"{base}..{proposal.head}"] if base else ["--max-count=1", proposal.head]
    require(*(sha for sha in (base, proposal.head) if sha))
    found = []
    # No commit message holds a NUL.
    for record in git("log", "-z", "--format=%H%n%P%n%B", *bounds, "--").split("\0"):
        if record.strip():
            sha, parents, message = (*record.split("\n", 2), "", "")[:3]
            found.append(Commit(sha=sha, parents=tuple(parents.split()), message=message.strip()))
    return found


def changed(proposal: Proposal) -> dict[str, str]:
    """List the files that a proposal changes.

    Parameters
    ----------
    proposal : `Proposal`
        With a base.

    Returns
    -------
    files : `dict` [ `str`, `str` ]
        Path and git's letter: ``A`` added, ``M`` changed, ``D`` removed, ``T`` of another kind.
    """
    require(proposal.base, proposal.head)
    bounds = f"{proposal.base}...{proposal.head}"
    fields = git("diff", "--name-status", "--no-renames", "-z", bounds, "--").split("\0")
    return dict(zip(fields[1::2], fields[::2], strict=False))
