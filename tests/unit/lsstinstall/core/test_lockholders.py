from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lsstinstall.core.lockholders import LockHolder, parse_lock_holder

HOLDER = LockHolder(
    pid=4711,
    user="alice",
    host="sdf-login",
    purpose="the installation of products",
    since=datetime(2026, 11, 22, 12, 1, 33, tzinfo=UTC),
)


def test_a_holder_survives_writing_and_reading() -> None:
    assert parse_lock_holder(HOLDER.format()) == HOLDER


def test_a_holder_is_one_line_that_says_all() -> None:
    assert str(HOLDER) == (
        "process 4711 of alice on sdf-login for the installation of products since 2026-11-22 12:01:33 UTC"
    )
    assert HOLDER.format().count("\n") == 1


def test_a_time_of_another_zone_is_told_in_utc() -> None:
    found = parse_lock_holder(HOLDER.format().replace("12:01:33+00:00", "13:01:33+01:00"))
    assert found == HOLDER


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4711\n",
        "{",
        '{"pid": 4711}',
        HOLDER.format().replace("4711", '"4711"'),
        HOLDER.format().replace("2026-11-22", "yesterday"),
        HOLDER.format().replace("+00:00", ""),
        HOLDER.format().replace('"since"', '"until"'),
    ],
)
def test_what_is_no_holder_says_nothing(text: str) -> None:
    assert parse_lock_holder(text) is None
