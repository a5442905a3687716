"""Check that no commit of a pull request merges the main branch, or a release branch, into it.

``BRANCHES`` holds regular expressions of these branches. Only the history is
asked, so the right to read contents is enough.
"""

from __future__ import annotations

import re

from workflows.scripts.findings import CheckError, Finding, conclude, cut, program
from workflows.scripts.histories import Commit, Proposal, commits, git, read_event, read_proposal
from workflows.scripts.toolruns import given

_TITLE = "Rebase checker"
_USUAL = r"main master v[0-9]+\.[0-9]+\.x"
_ADVICE = (
    "rebase the branch onto it and push again, or choose `Update with rebase` beside `Update branch`; "
    "see https://developer.lsst.io/work/flow.html#pushing-code"
)

# Merge branch 'main' into tickets/DM-1; Merge remote-tracking branch 'origin/v29.0.x'
_MERGE = re.compile(r"Merge (?P<tracking>remote-tracking )?branch(?:es)? '(?P<name>[^']+)'")
# Merge pull request #7 from lsst/tickets/DM-1
_PULL = re.compile(r"Merge pull request #\d+ from (?P<name>\S+)")


def merged_name(subject: str) -> str:
    """Read which branch a merge commit says that it merges.

    Parameters
    ----------
    subject : `str`
        First line of its message.

    Returns
    -------
    name : `str`
        Without the name of a remote; empty if the subject is somebody's own.
    """
    if found := _PULL.match(subject):
        return found["name"]
    if found := _MERGE.match(subject):
        name = found["name"].rpartition(":")[2].removeprefix("refs/heads/")
        return name.partition("/")[2] if found["tracking"] else name
    return ""


def _pattern(expressions: list[str]) -> re.Pattern[str]:
    try:
        return re.compile("|".join(f"(?:{one})" for one in expressions))
    except re.error as error:
        raise CheckError(f"the input `branches` holds a wrong regular expression: {error}") from error


def _line(pattern: re.Pattern[str], proposal: Proposal) -> dict[str, str]:
    """Give the commits that the protected branches had as tips, each with its branch."""
    line: dict[str, str] = {}
    tips = {proposal.base: proposal.base_branch} if pattern.fullmatch(proposal.base_branch) else {}
    for ref in git("for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/remotes").split(
        "\n"
    ):
        sha, _, name = ref.partition(" ")
        branch = name.removeprefix("refs/heads/")
        if branch.startswith("refs/remotes/"):
            branch = branch.removeprefix("refs/remotes/").partition("/")[2]
        if pattern.fullmatch(branch) and sha != proposal.head:
            tips.setdefault(sha, branch)
    for tip, branch in tips.items():
        for sha in git("rev-list", "--first-parent", tip, "--").split():
            line.setdefault(sha, branch)
    return line


def culprits(found: list[Commit], pattern: re.Pattern[str], line: dict[str, str]) -> list[tuple[Commit, str]]:
    """Pick the merges of protected branches.

    Parameters
    ----------
    found : `list` [ `Commit` ]
        Of the pull request.
    pattern : `re.Pattern`
        Of names of protected branches.
    line : `dict` [ `str`, `str` ]
        Commits that these branches had as tips.

    Returns
    -------
    culprits : `list` [ `tuple` [ `Commit`, `str` ] ]
        Each with the branch that it merges. A merge that names another branch
        is none, even if that one is part of the main branch by now. A commit
        with one parent is one if it is called like such a merge: so a rebase
        or a squash leaves it behind, with the changes of the other branch.
    """
    picked = []
    for commit in found:
        name = merged_name(commit.subject)
        others = [line[parent] for parent in commit.parents[1:] if parent in line]
        if name and pattern.fullmatch(name):
            picked.append((commit, name))
        elif not name and others:
            picked.append((commit, others[0]))
    return picked


def check() -> int:
    """Look at the commits of this run.

    Returns
    -------
    code : `int`
        0 if all is well.
    """
    pattern = _pattern((given("BRANCHES") or _USUAL).split())
    proposal = read_proposal(read_event())
    found = commits(proposal) if proposal.base else []
    findings = [
        Finding(
            code="merge",
            message=f"commit {commit.sha[:10]} merges `{branch}` into this branch "
            f"({cut(commit.subject, 120)}): {_ADVICE}",
        )
        for commit, branch in culprits(found, pattern, _line(pattern, proposal))
    ]
    facts = [("commits", str(len(found))), ("branches", pattern.pattern)]
    return conclude(_TITLE, findings, facts=facts)


if __name__ == "__main__":
    program(_TITLE, check)
