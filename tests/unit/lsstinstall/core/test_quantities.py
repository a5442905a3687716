from __future__ import annotations

import pytest

from lsstinstall.core.quantities import format_bytes


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
