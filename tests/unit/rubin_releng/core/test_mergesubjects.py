from __future__ import annotations

import pytest

from rubin_releng.core.mergesubjects import (
    MergeSubject,
    is_bot_branch,
    is_line_branch,
    is_release_branch,
    read_subject,
)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "Merge pull request #12 from lsst/tickets/DM-1001\n\nDM-1001: Title\n\nMore",
            MergeSubject(branches=("tickets/DM-1001",), pull_request=12, title="DM-1001: Title"),
        ),
        (
            "Merge pull request #12 from someone/fix",
            MergeSubject(branches=("fix",), pull_request=12),
        ),
        ("Merge pull request #12 from fix", MergeSubject(branches=("fix",), pull_request=12)),
        ("Merge branch 'tickets/DM-1001'", MergeSubject(branches=("tickets/DM-1001",))),
        (
            "Merge branch 'tickets/DM-1001' into main",
            MergeSubject(branches=("tickets/DM-1001",), into="main"),
        ),
        (
            "Merge branch 'DM-1001-v23' into v23.0.x",
            MergeSubject(branches=("DM-1001-v23",), into="v23.0.x"),
        ),
        (
            "Merge branches 'tickets/DM-1001' and 'tickets/DM-1002' into 'main'",
            MergeSubject(branches=("tickets/DM-1001", "tickets/DM-1002"), into="main"),
        ),
        ("Merge branch 'main' of github.com:lsst/afw", MergeSubject(branches=("main",))),
        (
            "Merge remote-tracking branch 'origin/tickets/DM-1001'",
            MergeSubject(branches=("origin/tickets/DM-1001",)),
        ),
        ("Merge tickets/DM-1001", MergeSubject(branches=("tickets/DM-1001",))),
        ("Merge tickets/DM-1001 into main", MergeSubject(branches=("tickets/DM-1001",), into="main")),
        ("DM-1001: Title (#12)", MergeSubject(title="DM-1001: Title", pull_request=12)),
        (
            "Merge branch 'tickets/DM-1001-revert'",
            MergeSubject(branches=("tickets/DM-1001-revert",), reverts=1),
        ),
        (
            "Merge pull request #13 from lsst/revert-12-tickets/DM-1001\n\nRevert it",
            MergeSubject(
                branches=("revert-12-tickets/DM-1001",),
                pull_request=13,
                title="Revert it",
                reverts=1,
                reverted_pull_request=12,
            ),
        ),
        (
            "Merge pull request #14 from lsst/revert-13-revert-12-tickets/DM-1001",
            MergeSubject(
                branches=("revert-13-revert-12-tickets/DM-1001",),
                pull_request=14,
                reverts=2,
                reverted_pull_request=13,
            ),
        ),
        (
            'Revert "Merge pull request #12 from lsst/tickets/DM-1001"',
            MergeSubject(branches=("tickets/DM-1001",), reverts=1, reverted_pull_request=12),
        ),
        (
            'Revert "DM-1001: Title (#12)" (#13)',
            MergeSubject(title="DM-1001: Title", pull_request=13, reverts=1, reverted_pull_request=12),
        ),
        ('Revert "Fix a typo"', MergeSubject(title="Fix a typo", reverts=1)),
        ('Revert "Revert "Fix a typo""', MergeSubject(title="Fix a typo", reverts=2)),
        (
            'Revert "Revert "DM-1001: Title (#12)" (#13)" (#14)',
            MergeSubject(title="DM-1001: Title", pull_request=14, reverts=2, reverted_pull_request=13),
        ),
        ('Reapply "Fix a typo"', MergeSubject(title="Fix a typo", reverts=2)),
    ],
)
def test_a_merge_is_read_as_git_or_github_worded_it(message: str, expected: MergeSubject) -> None:
    assert read_subject(message) == expected


def test_absurdly_many_reverts_are_no_bug() -> None:
    subject = read_subject('Revert "' * 5000 + "x" + '"' * 5000)
    assert subject is not None
    assert subject.reverts == 20


@pytest.mark.parametrize(
    "message", ["", "\n\n", "Fix a typo", "DM-1001: Title", "Merge the two loops", "Mergers are fun"]
)
def test_a_plain_commit_is_no_merge(message: str) -> None:
    assert read_subject(message) is None


def test_programs_are_known_by_their_branches() -> None:
    branches = ["dependabot/pip/click-8", "pre-commit-ci-update-config", "tickets/DM-1", "u/x/renovate/it"]
    assert [is_bot_branch(branch) for branch in branches] == [True, True, False, False]


def test_main_lines_and_release_lines_are_no_work_on_something() -> None:
    branches = ["main", "origin/master", "upstream/main", "v23.0.x", "18.1.x", "tickets/DM-1", "v23.0.0"]
    assert [is_line_branch(branch) for branch in branches] == [True, True, True, True, True, False, False]
    assert [is_release_branch(branch) for branch in ("v23.0.x", "main")] == [True, False]
