"""Check that a pull request brings a fragment for the change log, named rightly and of a known kind.

``DIRECTORY``, ``KINDS`` and ``NAMES`` are empty to take them from towncrier's
settings; ``SKIP_LABELS`` and ``IGNORE`` say which pull requests need none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from workflows.scripts.findings import CheckError, Finding, conclude, program
from workflows.scripts.histories import Proposal, changed, read_event, read_proposal
from workflows.scripts.toolruns import given, words
from workflows.scripts.toolsettings import read_toml, table

_TITLE = "Change log fragment"
_USUAL_DIRECTORY = "doc/changes"
_USUAL_KINDS = "feature bugfix api perf doc removal misc"
# DM-30291.misc.rst, DM-30291.misc.1.md, +without-ticket.misc.md
_USUAL_NAMES = r"(?:(?P<issue>[A-Z]+-[0-9]+)|\+[\w-]+)\.(?P<kind>[a-z]+)(?:\.[0-9]+)?\.(?:rst|md)"
_NO_FRAGMENTS = re.compile(r"\..*|readme(\..*)?|_?template.*|\.git(ignore|keep)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a fragment is.

    Parameters
    ----------
    directory : `str`
        Where fragments lie, or in folders below it.
    kinds : `tuple` [ `str`, ... ]
        Known kinds of changes.
    names : `re.Pattern`
        Of a file's name; has a group ``kind``, and may have ``issue``.
    """

    directory: str
    kinds: tuple[str, ...]
    names: re.Pattern[str]

    def holds(self, path: str) -> bool:
        """Tell whether a path is one of a fragment."""
        inside = path.startswith(f"{self.directory}/")
        return inside and not _NO_FRAGMENTS.fullmatch(Path(path).name)


def _kinds_of(settings: dict[str, Any]) -> list[str]:
    types = settings.get("type") or []
    if isinstance(types, list) and types:
        return [str(one.get("directory") or str(one.get("name", "")).lower()) for one in types]
    return list(table(settings, "fragment") or ())


def read_rules() -> Rules:
    """Read inputs and settings.

    Returns
    -------
    rules : `Rules`
        Inputs go before towncrier's settings, these before LSST's habits.

    Raises
    ------
    CheckError
        Raised if the pattern of names is none.
    """
    settings = table(read_toml("towncrier.toml"), "tool", "towncrier")
    if settings is None:
        settings = table(read_toml("pyproject.toml"), "tool", "towncrier") or {}
    text = given("NAMES") or _USUAL_NAMES
    try:
        names = re.compile(text)
    except re.error as error:
        raise CheckError(f"the input `names` is no regular expression: {error}") from error
    if "kind" not in names.groupindex:
        raise CheckError("the input `names` has no group `(?P<kind>...)`")
    directory = given("DIRECTORY") or str(settings.get("directory") or _USUAL_DIRECTORY)
    kinds = words("KINDS") or _kinds_of(settings) or _USUAL_KINDS.split()
    return Rules(directory=directory.strip("/").removeprefix("./"), kinds=tuple(kinds), names=names)


def fault_of(path: str, text: str, rules: Rules) -> str:
    """Tell what is wrong with a fragment.

    Parameters
    ----------
    path, text : `str`
        Where it is and what it says.
    rules : `Rules`
        What it should be.

    Returns
    -------
    fault : `str`
        Empty if it is right.
    """
    name = Path(path).name
    known = ", ".join(rules.kinds)
    if (found := rules.names.fullmatch(name)) is None:
        return f"`{name}` is not named like a fragment, expected for example `DM-12345.{rules.kinds[0]}.md`"
    if found["kind"] not in rules.kinds:
        return f"`{found['kind']}` of `{name}` is no kind of change, expected one of {known}"
    if not text.strip():
        return f"`{name}` is empty, expected a sentence for users"
    return ""


def _other_issue(path: str, branch: str, rules: Rules) -> str:
    """Tell if a fragment is of another ticket than its branch."""
    found = rules.names.fullmatch(Path(path).name)
    ticket = re.fullmatch(r"tickets/([A-Z]+-[0-9]+).*", branch)
    issue = found.groupdict().get("issue") if found else None
    if ticket and issue and issue != ticket[1]:
        return f"this fragment is of {issue}, but the branch of {ticket[1]}"
    return ""


def _unneeded(proposal: Proposal, files: dict[str, str], rules: Rules) -> str:
    """Tell why a pull request needs no fragment; empty if it does."""
    if not proposal.base:
        return "there is nothing to compare with"
    if not proposal.is_pull_request:
        return "its pull request was asked, whose labels are not known here"
    skipping = set(words("SKIP_LABELS")).intersection(proposal.labels)
    if skipping:
        return f"it has the label {min(skipping)}"
    if any(rules.holds(path) and how == "D" for path, how in files.items()):
        return "it takes fragments away, as a release does"
    ignored = words("IGNORE")
    if all(any(fnmatchcase(path, pattern) for pattern in ignored) for path in files):
        return "all its files may change without one"
    return ""


def check() -> int:
    """Look at the files of this run.

    Returns
    -------
    code : `int`
        0 if all is well.
    """
    rules = read_rules()
    proposal = read_proposal(read_event())
    files = changed(proposal) if proposal.base else {}
    fragments = [path for path, how in files.items() if how != "D" and rules.holds(path)]
    findings = []
    for path in fragments:
        text = Path(path).read_text(encoding="utf-8", errors="replace") if Path(path).is_file() else ""
        if fault := fault_of(path, text, rules):
            findings.append(Finding(file=path, line=1, message=fault, code="fragment"))
        elif other := _other_issue(path, proposal.branch, rules):
            findings.append(Finding(file=path, line=1, message=other, code="fragment", level="warning"))
    reason = _unneeded(proposal, files, rules)
    if not fragments and not reason:
        message = (
            f"no fragment of the change log in `{rules.directory}`: add `DM-12345.KIND.md`, KIND one of "
        )
        findings.append(Finding(message=message + ", ".join(rules.kinds), code="fragment"))
    facts = [("directory", rules.directory), ("kinds", ", ".join(rules.kinds)), ("files", str(len(files)))]
    facts += [("fragments", ", ".join(fragments) or "none"), ("not needed because", reason or "it is needed")]
    return conclude(_TITLE, findings, facts=facts)


if __name__ == "__main__":
    program(_TITLE, check)
