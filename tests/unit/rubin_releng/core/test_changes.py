from __future__ import annotations

import pytest

from rubin_releng.core.changes import Change, ChangeKind, classify, map_by_pull_request
from rubin_releng.core.histories import Step
from rubin_releng.core.pullrequests import PullRequest
from rubin_releng.core.tickets import TicketGrammar
from tests.support.histories import Story


def direct() -> Change:
    story = Story()
    story.commit("Work on something")
    return classify(Step(commit=story.commits[0], brought=()), TicketGrammar())


@pytest.mark.parametrize(
    ("branch", "title", "kind", "tickets"),
    [
        ("tickets/DM-2", "Title", ChangeKind.MERGE, ["DM-2"]),
        ("u/someone/fix", "DM-3: Title", ChangeKind.MERGE, ["DM-3"]),
        ("tickets/DM-2-v29", "Title", ChangeKind.BACKPORT, ["DM-2"]),
        ("tickets/DM-2-v2", "Title", ChangeKind.MERGE, ["DM-2"]),
        ("revert-7-tickets/DM-2", "Title", ChangeKind.REVERT, ["DM-2"]),
        ("dependabot/pip/click-8", "Bump click", ChangeKind.BOT, []),
        ("u/someone/fix", "Title", ChangeKind.MERGE, []),
    ],
)
def test_a_pull_request_tells_whose_commit_it_was(
    branch: str, title: str, kind: ChangeKind, tickets: list[str]
) -> None:
    request = PullRequest(number=12, title=title, branch=branch)
    change = map_by_pull_request(direct(), request, TicketGrammar())
    assert (change.kind, [str(ticket) for ticket in change.tickets]) == (kind, tickets)
    assert (change.pull_request, change.branch, change.title) == (12, branch, title)


def test_a_branch_with_a_blank_is_read_all_the_same() -> None:
    request = PullRequest(number=12, title="DM-2: Title", branch="")
    assert map_by_pull_request(direct(), request, TicketGrammar()).kind is ChangeKind.MERGE
