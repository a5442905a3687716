"""The pages of a year as data: for the search of a site's index, and for the next run."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from lsstinstall.core.errors import FormatError
from rubin_releng.changelog.pageentries import PageCounts, PageEntry, PageKind, PageTicket
from rubin_releng.changelog.pageorders import newest_first

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["read_year", "year_data", "year_script"]


def year_data(year: str, entries: Iterable[PageEntry]) -> str:
    """Write the pages of one year for programs.

    Parameters
    ----------
    year : `str`
        The year.
    entries : `~collections.abc.Iterable` [ `PageEntry` ]
        Its pages.

    Returns
    -------
    text : `str`
        JSON, one page a line; `read_year` reads it.
    """
    pages = ",\n".join(_dump(_page(entry)) for entry in newest_first(entries))
    return f'{{"schema":1,"year":{_dump(year)},"pages":[\n{pages}\n]}}\n'


def year_script(data: str) -> str:
    """Make data a script, for a page that was opened from a disk may not fetch any.

    Parameters
    ----------
    data : `str`
        JSON.

    Returns
    -------
    text : `str`
        JavaScript that hands the data to the index.
    """
    return f"changelogYear({data.rstrip()});\n"


def read_year(text: str, *, source: str) -> tuple[PageEntry, ...]:
    """Read the pages of one year.

    Parameters
    ----------
    text : `str`
        JSON as `year_data` writes it.
    source : `str`
        File name, for error messages only.

    Returns
    -------
    entries : `tuple` [ `PageEntry`, ... ]
        As they are there, the newest first.

    Raises
    ------
    FormatError
        Raised if it is no such JSON.
    """
    try:
        pages = list(json.loads(text)["pages"])
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError("expected the pages of a year", source=source) from error
    found = []
    for number, page in enumerate(pages):
        try:
            found.append(_read_page(page))
        except (KeyError, TypeError, ValueError) as error:
            # The first line is the head, and each page has its own.
            raise FormatError(f"expected a page, not {error!r}", source=source, line=number + 2) from error
    return tuple(found)


def _dump(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _page(entry: PageEntry) -> dict[str, object]:
    return {
        "tag": entry.tag,
        "kind": entry.kind.value,
        "date": None if entry.date is None else entry.date.isoformat(),
        "from": entry.from_tag,
        "path": entry.path,
        "updated": entry.updated.isoformat(),
        "digest": entry.digest,
        "environment": entry.environment,
        "base": entry.base,
        "counts": {name: getattr(entry.counts, name) for name in PageCounts.__slots__},
        "added": list(entry.added),
        "removed": list(entry.removed),
        "tickets": [
            {
                "key": ticket.key,
                "title": ticket.title,
                "products": list(ticket.products),
                "date": ticket.date.isoformat(),
                **({"backport": True} if ticket.is_backport else {}),
            }
            for ticket in entry.tickets
        ],
    }


def _read_page(page: dict[str, Any]) -> PageEntry:
    return PageEntry(
        tag=page["tag"],
        kind=PageKind(page["kind"]),
        date=None if page["date"] is None else dt.date.fromisoformat(page["date"]),
        from_tag=page["from"],
        path=page["path"],
        updated=dt.datetime.fromisoformat(page["updated"]),
        digest=page["digest"],
        environment=page["environment"],
        base=page.get("base"),
        counts=PageCounts(**page["counts"]),
        added=tuple(page["added"]),
        removed=tuple(page["removed"]),
        tickets=tuple(
            PageTicket(
                key=ticket["key"],
                title=ticket["title"],
                products=tuple(ticket["products"]),
                date=dt.date.fromisoformat(ticket["date"]),
                is_backport=ticket.get("backport", False),
            )
            for ticket in page["tickets"]
        ),
    )
