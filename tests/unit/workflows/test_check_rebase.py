"""Helpers `check_rebase` and `histories` of the checks."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.actruns import add_commit, make_sample
from tests.support.proposals import add_branch, git_in, merge, payload_of
from workflows.scripts.check_rebase import check, culprits, merged_name
from workflows.scripts.findings import CheckError
from workflows.scripts.histories import Commit, changed, commits, read_event, read_proposal

if TYPE_CHECKING:
    from pathlib import Path

_PROTECTED = re.compile(r"main|v\d+\.\d+\.x")
_ZEROS = "0" * 40


def _merge(subject: str, *, parent: str = "elsewhere") -> Commit:
    return Commit(sha="a" * 40, parents=("own", parent), message=f"{subject}\n\nmore")


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("Merge branch 'main' into tickets/DM-1", "main"),
        ("Merge branch 'main' of github.com:lsst/afw into tickets/DM-1", "main"),
        ("Merge branch 'lsst:main' into x", "main"),
        ("Merge remote-tracking branch 'origin/v29.0.x'", "v29.0.x"),
        ("Merge remote-tracking branch 'upstream/tickets/DM-2' into x", "tickets/DM-2"),
        ("Merge branches 'tickets/DM-2' and 'main'", "tickets/DM-2"),
        ("Merge pull request #7 from lsst/tickets/DM-3", "lsst/tickets/DM-3"),
        ("Merge main for good measure", ""),
        ("Fix 'main'", ""),
    ],
)
def test_the_merged_branch_is_read_from_the_subject(subject: str, name: str) -> None:
    assert merged_name(subject) == name


@pytest.mark.parametrize(
    ("commit", "branch"),
    [
        (_merge("Merge branch 'main' into x"), "main"),
        (_merge("Merge remote-tracking branch 'origin/v29.0.x'"), "v29.0.x"),
        (_merge("Catch up", parent="tip"), "main"),
        (_merge("Merge branch 'tickets/DM-2' into x", parent="tip"), None),
        (_merge("Merge branch 'main-idea' into x"), None),
        (_merge("Catch up"), None),
        (Commit(sha="b" * 40, parents=("own",), message="Merge branch 'main' into x"), "main"),
        (Commit(sha="b" * 40, parents=("own",), message="Catch up"), None),
    ],
)
def test_merges_of_protected_branches_are_picked(commit: Commit, branch: str | None) -> None:
    expected = [(commit, branch)] if branch else []
    assert culprits([commit], _PROTECTED, {"tip": "main"}) == expected


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ({"pull_request": {"base": {"sha": "$(id)"}, "head": {}}}, "base of the pull request: '\\$\\(id\\)'"),
        ({"pull_request": {"base": {"sha": "a" * 40}, "head": {}}}, "head of the pull request: None"),
        ({"merge_group": {"base_sha": "main"}}, "base of the merge group: 'main'"),
        ({"before": "x", "after": "a" * 40}, "state before the push: 'x'"),
    ],
)
def test_what_is_no_commit_is_refused(event: dict[str, Any], problem: str) -> None:
    with pytest.raises(CheckError, match=f"the event names no commit as (?:the )?{problem}"):
        read_proposal(event)


@pytest.mark.process
def test_an_event_tells_what_is_proposed() -> None:
    base, head = "a" * 40, "b" * 40
    request = {"base": {"sha": base, "ref": "main"}, "head": {"sha": head, "ref": None}, "labels": None}
    proposal = read_proposal({"pull_request": {**request, "title": None}})
    assert (proposal.base_branch, proposal.branch, proposal.title, proposal.labels) == ("main", "", "", ())
    group = {"base_sha": base, "head_sha": head, "base_ref": "refs/heads/main"}
    assert read_proposal({"merge_group": group}).base_branch == "main"
    push = {"before": _ZEROS, "after": head, "ref": "refs/heads/tickets/DM-1"}
    assert (read_proposal(push).base, read_proposal(push).branch) == ("", "tickets/DM-1")
    assert read_proposal({**push, "before": base}).base == base


@pytest.mark.parametrize("text", ["", "[]"])
def test_an_event_that_cannot_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (tmp_path / "event.json").write_text(text, encoding="utf-8")
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(tmp_path / "event.json"))
    with pytest.raises(CheckError, match=r"event.*event\.json"):
        read_event()


@pytest.mark.process
def test_commits_and_files_are_those_of_the_branch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = make_sample(tmp_path / "sample", {"a": "1\n", "b": "1\n"})
    monkeypatch.chdir(sample)
    sha = add_branch(sample, "x", {"a": "2\n", "c\nd": ""}, message="Change\n\n\x1f::error::more\n")
    git_in(sample, "rm", "--quiet", "b")
    last = add_commit(sample, {}, message="Remove")
    proposal = read_proposal(payload_of(sample))
    assert [(one.sha, one.subject) for one in commits(proposal)] == [(last, "Remove"), (sha, "Change")]
    assert commits(proposal)[1].message == "Change\n\n\x1f::error::more"
    assert changed(proposal) == {"a": "M", "b": "D", "c\nd": "A"}
    # What a push took away, and what began with it, is looked at alone.
    gone = {"before": "d" * 40, "after": last, "ref": "refs/heads/x"}
    assert [one.sha for one in commits(read_proposal(gone))] == [last]
    assert [one.sha for one in commits(read_proposal({}))] == [last]


@pytest.mark.process
def test_what_came_to_main_since_the_last_push_is_not_of_the_branch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = make_sample(tmp_path / "sample", {"a": "1\n"})
    monkeypatch.chdir(sample)
    old = git_in(sample, "rev-parse", "HEAD").strip()
    new = add_commit(sample, {"b": "1\n"}, message="Go on")
    head = add_branch(sample, "x", {"c": "1\n"}, message="Change")
    event = payload_of(sample)
    event["pull_request"]["base"]["sha"] = old
    assert set(changed(read_proposal(event))) == {"b", "c"}
    # What GitHub checks out: the head, merged into what the base is now.
    git_in(sample, "checkout", "--quiet", "--detach", new)
    merge(sample, "x")
    proposal = read_proposal(event)
    assert (proposal.base, proposal.head) == (new, head)
    assert set(changed(proposal)) == {"c"}
    assert [one.subject for one in commits(proposal)] == ["Change"]


@pytest.mark.process
def test_a_commit_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = make_sample(tmp_path / "sample", {"a": ""})
    payload = payload_of(sample)
    payload["pull_request"]["base"]["sha"] = "d" * 40
    monkeypatch.chdir(sample)
    with pytest.raises(CheckError, match=rf"the commit {'d' * 40} is not in the checkout; if the branch"):
        commits(read_proposal(payload))
    add_commit(sample, {}, message="Go on")
    git_in(tmp_path, "clone", "--quiet", "--depth=1", f"file://{sample}", "shallow")
    monkeypatch.chdir(tmp_path / "shallow")
    with pytest.raises(CheckError, match="the checkout is shallow; check out with `fetch-depth: 0`"):
        commits(read_proposal(payload))


@pytest.mark.process
@pytest.mark.parametrize("branches", ["", r"main v[0-9]+\.[0-9]+\.x"])
def test_a_release_branch_may_be_proposed_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, branches: str
) -> None:
    sample = make_sample(tmp_path / "sample", {"a": ""})
    add_branch(sample, "v29.0.x", {"b": ""})
    add_branch(sample, "tickets/DM-1", {"c": ""})
    git_in(sample, "checkout", "--quiet", "v29.0.x")
    merge(sample, "tickets/DM-1", message="Take a ticket in")
    (tmp_path / "event.json").write_text(json.dumps(payload_of(sample)), encoding="utf-8")
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(tmp_path / "event.json"))
    monkeypatch.setenv("BRANCHES", branches)
    monkeypatch.chdir(sample)
    assert check() == 0


@pytest.mark.process
def test_a_wrong_expression_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRANCHES", "v[0-9")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckError, match="the input `branches` holds a wrong regular expression"):
        check()
