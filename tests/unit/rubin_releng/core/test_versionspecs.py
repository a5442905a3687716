from __future__ import annotations

import pytest

from rubin_releng.core.versionspecs import VersionRange, exclusive, parse_range


@pytest.mark.parametrize(
    "limits",
    [
        ("<1", ">=1"),
        ("<=1", ">1"),
        ("=4", "=3"),
        ("4.6.*", "4.5.0.*"),
        ("==7.3.0", "<7"),
        ("1.20", "1.21"),
        (">=2,<1",),
        ("* *openblas", "<1", "2.*"),
        ("==14.*", "13.*"),
        ("=4", ">=5"),
    ],
)
def test_limits_without_a_common_version_are_exclusive(limits: tuple[str, ...]) -> None:
    assert exclusive(limits)


@pytest.mark.parametrize(
    "limits",
    [
        ("<=1", ">=1"),
        ("<2", ">=1"),
        (">=18,<19", "18.2.*"),
        ("1.0", "1"),
        ("=4", "4.0.0"),
        ("", "*"),
        ("==2.0", ">=2"),
        (">1", "<=1.0.1"),
        (">=6,<7|>=8", "<5"),
        ("!=6.3", "<1", ">=0"),
        (">=1.2dev", "<1"),
    ],
)
def test_other_limits_are_not(limits: tuple[str, ...]) -> None:
    assert not exclusive(limits)


def test_what_is_not_plain_is_no_range() -> None:
    assert parse_range(">=6,<7|>=8") is None
    assert parse_range("") == VersionRange()
    assert parse_range("3.4.*") == VersionRange(low=(3, 4), high=(3, 5), high_open=True)
    assert parse_range("2.0") == VersionRange(low=(2,), high=(2,))
