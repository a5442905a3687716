"""Weeks as the release pipeline counts them: the US rule, which is not ISO's.

A week starts on Sunday, and week 1 of a year is the one that holds 1 January.
So the last days of December can belong to week 1 of the next year, and a year
has 52 or 53 weeks: 53 if 1 January is a Saturday, or a Friday of a leap year.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

__all__ = ["Week", "weeks_in_year"]

_DAYS = 7


def _first_day_of_year(year: int) -> date:
    new_year = date(year, 1, 1)
    return new_year - timedelta(days=new_year.isoweekday() % _DAYS)


def weeks_in_year(year: int) -> int:
    """Count the weeks of a year.

    Parameters
    ----------
    year : `int`
        Year of the week number, 2 to 9998.

    Returns
    -------
    count : `int`
        52 or 53.
    """
    return (_first_day_of_year(year + 1) - _first_day_of_year(year)).days // _DAYS


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Week:
    """One week.

    Parameters
    ----------
    year : `int`
        Year the week is counted in; a day of late December may have the next.
    number : `int`
        From 1 to `weeks_in_year`.

    Notes
    -----
    Rule: Java's week-of-year and week-year in a US locale, by which the
    pipeline names weeklies. ``w.2021.01`` was cut on 2020-12-31, ``w.2026.01``
    on 2026-01-01; 2026-12-31 is in week 1 of 2027, where ISO has 2026-W53.
    """

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Week:
        """Find the week of a day.

        Parameters
        ----------
        day : `~datetime.date`
            Any day from year 2 to 9998.

        Returns
        -------
        week : `Week`
            The one that holds it.
        """
        year = day.year + 1 if day >= _first_day_of_year(day.year + 1) else day.year
        return cls(year=year, number=(day - _first_day_of_year(year)).days // _DAYS + 1)

    @property
    def first_day(self) -> date:
        """Its Sunday."""
        return _first_day_of_year(self.year) + timedelta(weeks=self.number - 1)

    def shifted(self, weeks: int) -> Week:
        """Go some weeks on or back.

        Parameters
        ----------
        weeks : `int`
            How many; back if it is negative.

        Returns
        -------
        week : `Week`
            Week 1 of the next year follows week 52 or 53.
        """
        return Week.of(self.first_day + timedelta(weeks=weeks))
