from __future__ import annotations

from datetime import date

import pytest

from lsstinstall.core.weeks import Week, weeks_in_year

# Days on which weeklies were really cut, from the record of builds and of git tags.
CUT = [
    ("2020-12-31", 2021, 1),
    ("2021-09-30", 2021, 40),
    ("2021-12-30", 2022, 1),
    ("2022-03-03", 2022, 10),
    ("2022-12-29", 2022, 53),
    ("2023-01-05", 2023, 1),
    ("2026-01-01", 2026, 1),
]


@pytest.mark.parametrize(("day", "year", "number"), CUT)
def test_real_weeklies_have_the_week_of_the_us_rule(day: str, year: int, number: int) -> None:
    assert Week.of(date.fromisoformat(day)) == Week(year=year, number=number)


def test_the_end_of_december_can_belong_to_week_one_where_iso_has_week_53() -> None:
    day = date(2026, 12, 31)
    assert Week.of(day) == Week(year=2027, number=1)
    assert day.isocalendar()[:2] == (2026, 53)


def test_a_week_starts_on_sunday() -> None:
    assert Week.of(date(2026, 11, 21)) == Week(year=2026, number=47)
    assert Week.of(date(2026, 11, 22)) == Week(year=2026, number=48)


def test_first_of_january_is_in_week_one_of_every_year() -> None:
    assert [Week.of(date(year, 1, 1)).number for year in range(2000, 2100)] == [1] * 100


def test_years_with_53_weeks_begin_on_a_saturday_or_leap_from_a_friday() -> None:
    years = [year for year in range(2010, 2040) if weeks_in_year(year) == 53]
    assert years == [2011, 2016, 2022, 2028, 2033, 2039]


def test_a_week_knows_its_sunday() -> None:
    assert Week(year=2026, number=1).first_day == date(2025, 12, 28)


def test_weeks_go_on_over_the_end_of_a_year() -> None:
    assert Week(year=2022, number=53).shifted(1) == Week(year=2023, number=1)
    assert Week(year=2026, number=52).shifted(1) == Week(year=2027, number=1)
    assert Week(year=2023, number=1).shifted(-1) == Week(year=2022, number=53)


def test_weeks_are_ordered_in_time() -> None:
    assert Week(year=2026, number=52) < Week(year=2027, number=1)
