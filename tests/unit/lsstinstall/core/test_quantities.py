from __future__ import annotations

import pytest

from lsstinstall.core.quantities import format_bytes, format_left, format_seconds


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (12_345_678, "12.3 MB"),
        (5_000_000_000, "5.0 GB"),
        (2 * 10**12, "2.0 TB"),
        (10**16, "10000.0 TB"),
    ],
)
def test_amounts_have_the_unit_that_keeps_them_short(size_bytes: int, text: str) -> None:
    assert format_bytes(size_bytes) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (3.21, "3.2 s"),
        (59.4, "59.4 s"),
        (59.96, "1 min 0 s"),
        (245, "4 min 5 s"),
        (3599.6, "1 h 0 min"),
        (7830, "2 h 10 min"),
    ],
)
def test_times_are_as_exact_as_they_are_short(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "a few seconds left"),
        (4.9, "a few seconds left"),
        (12, "about 10 s left"),
        (54.9, "about 50 s left"),
        (56, "about 1 min left"),
        (170, "about 3 min left"),
        (5399, "about 90 min left"),
        (5400, "about 1.5 h left"),
        (7000, "about 2 h left"),
    ],
)
def test_estimates_are_coarse(seconds: float, text: str) -> None:
    assert format_left(seconds) == text
