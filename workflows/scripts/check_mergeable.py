"""Check that nothing in a pull request says that it must not be merged yet.

``PHRASES`` holds what is looked for in the title, the labels and the commits,
one a line; ``TICKET_BRANCHES`` a regular expression of branches that
requirements must not name, and ``FILES`` where requirements are.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workflows.scripts.findings import CheckError, Finding, conclude, cut, program
from workflows.scripts.histories import Commit, Proposal, commits, read_event, read_proposal
from workflows.scripts.toolruns import given, listed, words

if TYPE_CHECKING:
    from collections.abc import Iterator

_TITLE = "Do not merge"
_USUAL_FILES = (
    ":(glob)**/requirements*.txt :(glob)**/requirements*.in :(glob)**/requirements/* :(glob)**/types.txt "
    ":(glob)**/pyproject.toml :(glob)**/environment*.yml :(glob)**/environment*.yaml setup.cfg"
)
_REMARK = re.compile(r"(?:^|\s)#.*$")
_TABLES = (
    ("project", "dependencies"),
    ("project", "optional-dependencies"),
    ("dependency-groups",),
    ("build-system", "requires"),
    ("tool", "uv"),
    ("tool", "poetry"),
    ("tool", "pixi"),
)


def phrase_pattern(phrases: str) -> re.Pattern[str]:
    """Make one pattern of all phrases, whatever separates their words.

    Parameters
    ----------
    phrases : `str`
        One a line.

    Returns
    -------
    pattern : `re.Pattern`
        Of whole words, in small or capital letters.

    Raises
    ------
    CheckError
        Raised if there is no phrase.
    """
    choices = [r"[\s_-]+".join(re.escape(word) for word in line.split()) for line in phrases.splitlines()]
    if not any(choices):
        raise CheckError("the input `phrases` is empty", hint="leave it out for `DO NOT MERGE`")
    return re.compile(rf"(?<!\w)(?:{'|'.join(filter(None, choices))})(?!\w)", re.IGNORECASE)


def said(proposal: Proposal, found: list[Commit], pattern: re.Pattern[str]) -> list[Finding]:
    """Find phrases in what people wrote.

    Parameters
    ----------
    proposal : `Proposal`
        With a title and labels, if it is a pull request.
    found : `list` [ `Commit` ]
        Its commits.
    pattern : `re.Pattern`
        From `phrase_pattern`.

    Returns
    -------
    findings : `list` [ `Finding` ]
        Of the title, the labels, the commits. In the body of a message only a
        line that begins with the phrase counts: others may speak about it.
    """
    findings = []
    if pattern.search(proposal.title):
        findings.append(Finding(code="title", message=f"the title says so: {cut(proposal.title, 120)}"))
    findings += [
        Finding(code="label", message=f"the label `{cut(label, 80)}` says so")
        for label in proposal.labels
        if pattern.search(label)
    ]
    for commit in found:
        lines = commit.message.splitlines()
        if pattern.search(commit.subject) or any(pattern.match(re.sub(r"^\W+", "", one)) for one in lines):
            message = f"commit {commit.sha[:10]} says so: {cut(commit.subject, 120)}"
            hint = "; remove it from the branch, or change its message"
            findings.append(Finding(code="commit", message=message + hint))
    return findings


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def _toml_names(text: str, pattern: re.Pattern[str]) -> set[str]:
    """Give the branches that the tables of requirements name."""
    content = tomllib.loads(text)
    names: set[str] = set()
    for keys in _TABLES:
        value: Any = content
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        names.update(found[0] for one in _texts(value) for found in pattern.finditer(one))
    return names


def branches_in(name: str, text: str, pattern: re.Pattern[str]) -> list[Finding]:
    """Find ticket branches in a file of requirements.

    Parameters
    ----------
    name, text : `str`
        Path and content.
    pattern : `re.Pattern`
        Of their names.

    Returns
    -------
    findings : `list` [ `Finding` ]
        With their lines; remarks do not count.

    Raises
    ------
    CheckError
        Raised if a TOML file is none.
    """
    try:
        wanted = _toml_names(text, pattern) if name.endswith(".toml") else None
    except tomllib.TOMLDecodeError as error:
        raise CheckError(f"`{name}` is no TOML: {error}", file=name, line=1) from error
    findings = []
    for number, line in enumerate(text.splitlines(), 1):
        for found in pattern.finditer(_REMARK.sub("", line)):
            if wanted is None or found[0] in wanted:
                message = f"the ticket branch `{found[0]}` is required here; merge it first and name `main`"
                place = Finding(
                    file=name, line=number, column=found.start() + 1, message=message, code="branch"
                )
                findings.append(place)
    return findings


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise CheckError(f"the input `ticket-branches` is no regular expression: {error}") from error


def check() -> int:
    """Look at this run.

    Returns
    -------
    code : `int`
        0 if nothing speaks against merging.
    """
    proposal = read_proposal(read_event())
    found = commits(proposal)
    findings = said(proposal, found, phrase_pattern(given("PHRASES") or "DO NOT MERGE"))
    pattern = _pattern(given("TICKET_BRANCHES") or "tickets/[A-Z]+-[0-9]+")
    files = [name for name in listed(words("FILES", _USUAL_FILES)) if Path(name).is_file()]
    for name in files:
        findings += branches_in(name, Path(name).read_text(encoding="utf-8", errors="replace"), pattern)
    facts = [("commits", str(len(found))), ("files", ", ".join(files) or "none")]
    return conclude(_TITLE, findings, facts=facts)


if __name__ == "__main__":
    program(_TITLE, check)
