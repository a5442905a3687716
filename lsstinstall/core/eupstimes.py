"""Times as EUPS prints them: local time and the name of its zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

__all__ = ["format_eups_time", "parse_eups_time"]

# For example `2026/11/22 07:33:26 UTC`.
_TIME = re.compile(r"(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) (\S+)")

# Zones without a name in the time-zone database print their offset, for example `-03`.
_OFFSET = re.compile(r"([+-])(\d\d)(\d\d)?")

# Hours east of Greenwich. Abbreviations are ambiguous; these are the zones of LSST's machines.
_ZONES = {
    "UTC": 0, "GMT": 0, "CET": 1, "CEST": 2, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
    "PST": -8, "PDT": -7, "CLT": -4, "CLST": -3, "HST": -10, "JST": 9,
}  # fmt: skip


def format_eups_time(time: datetime) -> str:
    """Write a time as EUPS does.

    Parameters
    ----------
    time : `~datetime.datetime`
        Aware; its own zone is kept.

    Returns
    -------
    text : `str`
        For example ``2026/11/22 07:33:26 UTC``, whole seconds.
    """
    return time.strftime("%Y/%m/%d %H:%M:%S %Z")


def parse_eups_time(text: str) -> datetime | None:
    """Read a time that EUPS wrote.

    Parameters
    ----------
    text : `str`
        As ``time.strftime("%Y/%m/%d %H:%M:%S %Z")`` prints it.

    Returns
    -------
    time : `~datetime.datetime` or `None`
        Aware, in the zone that was named; `None` if the text is no time or
        the zone's abbreviation is none we know.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    zone = _zone(match[2])
    if zone is None:
        return None
    try:
        return datetime.strptime(match[1], "%Y/%m/%d %H:%M:%S").replace(tzinfo=zone)
    except ValueError:
        return None


def _zone(name: str) -> timezone | None:
    if name == "UTC":
        return UTC
    if name in _ZONES:
        return timezone(timedelta(hours=_ZONES[name]), name)
    if match := _OFFSET.fullmatch(name):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        return timezone(-offset if match[1] == "-" else offset, name) if offset < timedelta(days=1) else None
    return None
