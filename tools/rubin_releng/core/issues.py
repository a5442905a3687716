"""What is known of tickets, and a file of it that can be shared.

One line is one ticket, sorted by project and number: key, title, status and
the day on which it was looked up, with tabs between them. A line without title
and status says that nobody could read the ticket on that day. Two lines for
one ticket, as a merge of two files may leave them, are no mistake: the newer
one counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from lsstinstall.core.errors import FormatError, InvalidNameError, shown
from rubin_releng.core.tickets import Ticket, parse_ticket

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "NOT_SHOWN",
    "Issue",
    "IssueSource",
    "clean_title",
    "format_issues",
    "is_stale",
    "merge_issues",
    "parse_issues",
    "with_fallback",
]

NOT_SHOWN = "Jira shows no title of that key"
"""Why a ticket has no title that Jira was asked for."""

_HEADER = "# key\ttitle\tstatus\tdate\n"
_FIELDS = 4
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# A usual line, which is taken apart at once: there are ten thousand of them.
_LINE = re.compile(r"([A-Z][A-Z0-9]*)-([0-9]+)\t([^\t]*)\t([^\t]*)\t([0-9]{4}-[0-9]{2}-[0-9]{2})")
_BLANKS = re.compile(r"\s+")

_TITLE_DAYS = 28
_NEGATIVE_DAYS = 7
# Titles that were fetched together should not all be asked for again on one day.
_SPREAD_DAYS = 14


class IssueSource(StrEnum):
    """Who told a title."""

    JIRA = "jira"
    PULL_REQUEST = "pull request"
    OVERRIDE = "override"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """What is known of one ticket.

    Parameters
    ----------
    key : `Ticket`
        The ticket.
    title : `str` or `None`
        One line; `None` if nobody told it.
    status : `str` or `None`
        As Jira calls it, ``Done``.
    source : `IssueSource`
        Who told the title.
    reason : `str` or `None`
        Why Jira's title is not known; `None` if it is.
    checked : `~datetime.date` or `None`
        When Jira was asked, UTC; `None` if never.
    """

    key: Ticket
    title: str | None = None
    status: str | None = None
    source: IssueSource = IssueSource.NOBODY
    reason: str | None = None
    checked: date | None = None


def clean_title(text: str) -> str:
    """Make one line of a title.

    Parameters
    ----------
    text : `str`
        As somebody wrote it.

    Returns
    -------
    title : `str`
        Without blanks at its ends, and with one blank for each run of blanks
        and letters that control a terminal.
    """
    if text.isprintable() and "  " not in text:
        return text.strip()
    visible = "".join(one if one.isprintable() or one.isspace() else " " for one in text)
    return _BLANKS.sub(" ", visible).strip()


def with_fallback(issue: Issue, title: str | None) -> Issue:
    """Take a pull request's title for a ticket whose own is not known.

    Parameters
    ----------
    issue : `Issue`
        The ticket.
    title : `str` or `None`
        Of a pull request, without the key.

    Returns
    -------
    issue : `Issue`
        The same if it has a title, or there is no other.
    """
    if issue.title is not None or not title:
        return issue
    return replace(issue, title=clean_title(title), source=IssueSource.PULL_REQUEST)


def is_stale(issue: Issue, today: date) -> bool:
    """Say whether it is time to ask for a ticket again.

    Parameters
    ----------
    issue : `Issue`
        As it was found.
    today : `~datetime.date`
        UTC.

    Returns
    -------
    is_stale : `bool`
        After four to six weeks, for titles change; after one week if nobody
        could read it.
    """
    if issue.checked is None:
        return True
    days = _NEGATIVE_DAYS if issue.title is None else _TITLE_DAYS + issue.key.number % _SPREAD_DAYS
    return today - issue.checked >= timedelta(days=days)


def merge_issues(*stores: Mapping[Ticket, Issue]) -> dict[Ticket, Issue]:
    """Join what several know.

    Parameters
    ----------
    *stores : `~collections.abc.Mapping` [ `Ticket`, `Issue` ]
        Any number of them.

    Returns
    -------
    issues : `dict` [ `Ticket`, `Issue` ]
        Of each ticket what was found last; a title that is known is not
        lost to a later failure to read it.
    """
    found: dict[Ticket, Issue] = {}
    for store in stores:
        for key, issue in store.items():
            found[key] = _newer(found[key], issue) if key in found else issue
    return found


def _newer(first: Issue, second: Issue) -> Issue:
    if _rank(second) < _rank(first):
        first, second = second, first
    if second.title is None and first.title is not None:
        return replace(first, checked=second.checked)
    return second


def _rank(issue: Issue) -> tuple[str, bool, str, str]:
    day = "" if issue.checked is None else issue.checked.isoformat()
    return day, issue.title is not None, issue.title or "", issue.status or ""


def format_issues(issues: Iterable[Issue]) -> str:
    """Write a file of tickets.

    Parameters
    ----------
    issues : `~collections.abc.Iterable` [ `Issue` ]
        In any order; those that were never looked up are left out.

    Returns
    -------
    text : `str`
        Sorted; the same tickets give the same text.
    """
    rows = sorted((issue for issue in issues if issue.checked is not None), key=lambda issue: issue.key)
    lines = (
        f"{row.key}\t{clean_title(row.title or '')}\t{clean_title(row.status or '')}\t{row.checked}\n"
        for row in rows
    )
    return "".join([_HEADER, *lines])


def parse_issues(text: str, *, source: str) -> dict[Ticket, Issue]:
    """Read a file of tickets.

    Parameters
    ----------
    text : `str`
        Its content; lines that begin with ``#`` say nothing.
    source : `str`
        File name, for errors.

    Returns
    -------
    issues : `dict` [ `Ticket`, `Issue` ]
        In the order of the file.

    Raises
    ------
    FormatError
        Raised for the first line that is not key, title, status and day.
    """
    found: dict[Ticket, Issue] = {}
    days: dict[str, date] = {}  # usually few
    # Only a line feed ends a line: a title may hold others of Unicode's line ends.
    for number, line in enumerate(text.split("\n"), start=1):
        content = line.removesuffix("\r")
        if content and not content.startswith("#"):
            match = _LINE.fullmatch(content)
            if match is not None and match[5] in days:
                key = Ticket(project=match[1], number=int(match[2]))
                issue = _issue(key, match[3], match[4], days[match[5]])
            else:
                issue = _parse_line(content, number, source, days)
            found[issue.key] = _newer(found[issue.key], issue) if issue.key in found else issue
    return found


def _parse_line(line: str, number: int, source: str, days: dict[str, date]) -> Issue:
    fields = line.split("\t")
    if len(fields) != _FIELDS:
        raise FormatError(
            f"{len(fields)} fields instead of key, title, status and date with tabs between them",
            source=source,
            line=number,
            text=line,
            hint="two versions may have been merged badly; take both sides, the newer date counts",
        )
    try:
        key = parse_ticket(fields[0])
    except InvalidNameError as error:
        raise FormatError(str(error), source=source, line=number, text=line) from error
    column = len(line) - len(fields[3]) + 1
    day = _parse_day(fields[3], source=source, line=number, column=column, text=line)
    days[fields[3]] = day
    return _issue(key, fields[1], fields[2], day)


def _issue(key: Ticket, title: str, status: str, day: date) -> Issue:
    text = title.strip()
    return Issue(
        key=key,
        title=text or None,
        status=status.strip() or None,
        # A file says what Jira said, so that it makes no difference who is read.
        source=IssueSource.JIRA if text else IssueSource.NOBODY,
        reason=None if text else NOT_SHOWN,
        checked=day,
    )


def _parse_day(day: str, *, source: str, line: int, column: int, text: str) -> date:
    if _DATE.fullmatch(day):
        try:
            return date.fromisoformat(day)
        except ValueError:
            pass
    raise FormatError(
        f"`{shown(day)}` is no day, expected something like `2026-11-22`",
        source=source,
        line=line,
        column=column,
        text=text,
    )
