"""What is known of tickets, and the file of it."""

from __future__ import annotations

from datetime import date

import pytest

from lsstinstall.core.errors import FormatError
from rubin_releng.core.issues import (
    Issue,
    IssueSource,
    clean_title,
    format_issues,
    is_stale,
    merge_issues,
    parse_issues,
    with_fallback,
)
from rubin_releng.core.tickets import Ticket, parse_ticket

_DAY = date(2026, 11, 1)


def _issue(key: str, title: str | None, day: date | None = _DAY, status: str | None = "Done") -> Issue:
    return Issue(
        key=parse_ticket(key),
        title=title,
        status=status if title else None,
        source=IssueSource.JIRA if title else IssueSource.NOBODY,
        reason=None if title else "Jira shows no title of that key",
        checked=day,
    )


def _by_key(*issues: Issue) -> dict[Ticket, Issue]:
    return {issue.key: issue for issue in issues}


def test_a_file_is_sorted_by_project_and_number() -> None:
    text = format_issues([_issue("SP-2", "Two"), _issue("DM-1000", "Last"), _issue("DM-99", "First")])

    assert text == (
        "# key\ttitle\tstatus\tdate\n"
        "DM-99\tFirst\tDone\t2026-11-01\n"
        "DM-1000\tLast\tDone\t2026-11-01\n"
        "SP-2\tTwo\tDone\t2026-11-01\n"
    )


def test_what_was_written_reads_back_the_same() -> None:
    issues = _by_key(_issue("DM-1", "A | `title` <b>, with “quotes”"), _issue("DM-2", None))

    assert parse_issues(format_issues(issues.values()), source="titles.tsv") == issues


def test_a_ticket_that_was_never_looked_up_is_not_written() -> None:
    assert format_issues([_issue("DM-1", "Title", None)]) == "# key\ttitle\tstatus\tdate\n"


def test_tabs_and_line_ends_of_a_title_cannot_break_the_file() -> None:
    text = format_issues([_issue("DM-1", "One\ttwo\nthree\r\n\u2028four\x1b[31m")])

    assert text.count("\n") == 2
    (issue,) = parse_issues(text, source="titles.tsv").values()
    assert issue.title == "One two three four [31m"


def test_a_title_is_one_line_without_letters_that_steer_a_terminal() -> None:
    assert clean_title("  a\u00a0 b\x00\x07c ") == "a b c"


def test_windows_line_ends_are_read() -> None:
    assert parse_issues("DM-1\tTitle\tDone\t2026-11-01\r\n", source="t") == _by_key(_issue("DM-1", "Title"))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("<<<<<<< ours", "1 fields"),
        ("DM-1\tTitle\tDone", "3 fields"),
        ("DM1\tTitle\tDone\t2026-11-01", "not a ticket"),
        ("DM-1\tTitle\tDone\tyesterday", "no day"),
        ("DM-1\tTitle\tDone\t2026-02-30", "no day"),
    ],
)
def test_a_bad_line_is_an_error_with_its_number(line: str, problem: str) -> None:
    text = f"# key\ttitle\tstatus\tdate\nDM-7\tFine\tDone\t2026-11-01\n{line}\n"

    with pytest.raises(FormatError, match=problem) as caught:
        parse_issues(text, source="titles.tsv")

    assert str(caught.value).startswith("titles.tsv:3:")


def test_of_two_lines_for_one_ticket_the_newer_one_counts() -> None:
    text = "DM-1\tNew\tDone\t2026-11-02\nDM-1\tOld\tOpen\t2026-11-01\n"

    (issue,) = parse_issues(text, source="t").values()

    assert issue.title == "New"


def test_of_two_lines_of_one_day_the_order_makes_no_difference() -> None:
    first, second = _issue("DM-1", "One"), _issue("DM-1", "Two")

    assert merge_issues(_by_key(first), _by_key(second)) == merge_issues(_by_key(second), _by_key(first))


def test_a_title_that_cannot_be_read_any_more_is_kept() -> None:
    known, later = _issue("DM-1", "Title"), _issue("DM-1", None, date(2026, 12, 1))

    (issue,) = merge_issues(_by_key(known), _by_key(later)).values()

    assert (issue.title, issue.checked) == ("Title", date(2026, 12, 1))


def test_titles_are_stale_after_weeks_and_failures_after_days() -> None:
    title, failure = _issue("DM-1", "Title"), _issue("DM-1", None)

    assert not is_stale(title, date(2026, 11, 29))
    assert is_stale(title, date(2026, 11, 30))
    assert not is_stale(failure, date(2026, 11, 7))
    assert is_stale(failure, date(2026, 11, 8))
    assert is_stale(_issue("DM-1", "Title", None), _DAY)


def test_tickets_that_were_asked_together_are_stale_on_several_days() -> None:
    keys = [f"DM-{number}" for number in range(14)]
    day = date(2026, 12, 5)

    assert 0 < sum(is_stale(_issue(key, "Title"), day) for key in keys) < len(keys)


def test_a_pull_requests_title_stands_in_and_the_reason_stays() -> None:
    issue = with_fallback(_issue("DM-1", None), " Fix  it ")

    assert (issue.title, issue.source) == ("Fix it", IssueSource.PULL_REQUEST)
    assert issue.reason is not None


def test_a_known_title_needs_no_other() -> None:
    assert with_fallback(_issue("DM-1", "Title"), "Other").title == "Title"
    assert with_fallback(_issue("DM-1", None), None).title is None
