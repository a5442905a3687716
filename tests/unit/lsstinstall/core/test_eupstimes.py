from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lsstinstall.core.eupstimes import format_eups_time, parse_eups_time


def test_a_time_is_written_with_the_name_of_its_zone() -> None:
    time = datetime(2026, 11, 22, 7, 33, 26, 999, tzinfo=UTC)
    assert format_eups_time(time) == "2026/11/22 07:33:26 UTC"


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("2026/11/22 07:33:26 UTC", 0),
        ("2015/03/01 10:00:00 PST", -8),
        ("2021/07/01 10:00:00 CEST", 2),
        ("2021/07/01 10:00:00 -03", -3),
        ("2021/07/01 10:00:00 +0530", 5.5),
    ],
)
def test_a_time_keeps_its_zone(text: str, hours: float) -> None:
    time = parse_eups_time(text)
    assert time is not None
    assert time.utcoffset() == timedelta(hours=hours)
    assert format_eups_time(time) == text


def test_utc_is_the_one_of_the_standard_library() -> None:
    assert parse_eups_time("2026/11/22 07:33:26 UTC") == datetime(2026, 11, 22, 7, 33, 26, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026/11/22 07:33:26",
        "2026/11/22 07:33:26 XYZ",
        "2026/13/22 07:33:26 UTC",
        "2026/11/22 07:33:26 +99",
    ],
)
def test_what_is_no_time_of_a_known_zone_is_none(text: str) -> None:
    assert parse_eups_time(text) is None
