from __future__ import annotations

from dataclasses import replace

from rubin_releng.changelog.titles import with_issues
from rubin_releng.core.issues import Issue, IssueSource
from rubin_releng.core.tickets import parse_ticket
from tests.support.changelogs import a_changelog


def test_titles_of_a_source_come_in_and_others_stay() -> None:
    changelog = a_changelog(["One", "Two", "Three"])
    first, second, third = changelog.tickets[:3]
    by_hand = replace(first.issue, title="By hand", source=IssueSource.OVERRIDE)
    pulled = replace(second.issue, title="Of a pull request", source=IssueSource.PULL_REQUEST)
    entries = (replace(first, issue=by_hand), replace(second, issue=pulled), *changelog.tickets[2:])
    known = {
        first.issue.key: Issue(key=first.issue.key, title="In Jira", source=IssueSource.JIRA),
        second.issue.key: Issue(key=second.issue.key, reason="Jira is ill"),
        parse_ticket("DM-99999"): Issue(key=parse_ticket("DM-99999"), title="Of nobody"),
    }
    found = with_issues(replace(changelog, tickets=entries), known).tickets
    assert found[0].issue == by_hand
    assert (found[1].issue.title, found[1].issue.reason) == ("Of a pull request", "Jira is ill")
    assert found[2] == third
    assert len(found) == len(changelog.tickets)
