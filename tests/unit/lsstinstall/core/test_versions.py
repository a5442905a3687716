from __future__ import annotations

import pytest

from lsstinstall.core.errors import ExitCode, InvalidNameError
from lsstinstall.core.versions import (
    compare_versions,
    local_directory,
    local_version,
    parse_eups_version,
    relate_versions,
    scheme_of,
    suffix_of,
)

# Each holds what EUPS 2.2.15 answered: -1, 0 or 1 when it sorts; in a condition the same, or no order.
ORDERS = [
    ("1.2", "1.10", -1, -1),
    ("1.2.3", "1.2", 1, 1),
    ("1_2", "1.2", 0, 0),
    ("01.2", "1.2", 0, 0),
    ("1.2-rc1", "1.2", -1, -1),
    ("1.2", "1.2-rc1", 1, 1),
    ("1.2-rc2", "1.2-rc10", -1, -1),
    ("1.2-a+3", "1.2-a+4", -1, -1),
    ("1.2+4", "1.2", 1, 1),
    ("20.0.0+5", "20.0.0+22", -1, -1),
    ("1.2+9", "1.2+10", -1, -1),
    ("1.2m1", "1.2", -1, -1),
    ("1.2p1", "1.2", 1, 1),
    ("1.2m1", "1.2p1", -1, -1),
    ("lsst9", "lsst10", -1, -1),
    ("3.3.7.lsst2", "3.3.7.lsst10", -1, -1),
    ("3.3.7.lsst2", "3.3.7", 1, 1),
    ("1.a", "1.b", -1, None),
    ("1.a.2", "1.b.1", -1, None),
    ("1.2a", "1.2ab", -1, -1),
    ("1.2ab", "1.2a", 1, 1),
    ("1.2a.1", "1.2ab.1", -1, None),
    ("20.0.0-4-gde602ef96", "20.0.0-5-g15c806e", -1, None),
    ("22.0.1-5-g15c806e+60ce4897b0", "22.0.1-5-g15c806e+70ce4897b0", -1, None),
    ("ga1b2c3d4e5", "gb1b2c3d4e5", -1, None),
    ("ga1b2c3d4e5+1111111111", "ga1b2c3d4e5+2222222222", -1, -1),
    ("ga1b2c3d4e5", "ga1b2c3d4e5", 0, 0),
    ("g1234567890", "g1234567891", -1, -1),
    ("v23.0.x-g89e8071bfa", "v23.0.x-g99e8071bfa", -1, -1),
    ("main-g4f04a3420f", "main-gaea3fc0611", -1, -1),
    ("1.0+", "1.0", 0, 0),
    ("1.0+a+b", "1.0+a", 0, 0),
    ("a-b-c+5", "a-b-c+10", 1, None),
    ("a-b-lst+5", "a-b-lst57", -1, -1),
    ("a-b-lst57", "a-b-lst+5", 1, None),
    ("a-b-ab+a+b5", "a-b-abab57", -1, None),
    ("a-b-aa+a5", "a-b-aaa57", -1, -1),
    ("a-b-aa+a5", "a-b-aa57", -1, None),
    ("a-b-a++5", "a-b-aa57", -1, -1),
    ("a-b-a++a5", "a-b-aa57", -1, None),
    ("a-b-ab++a5", "a-b-abba57", -1, -1),
]


@pytest.mark.parametrize(("first", "second", "order", "relation"), ORDERS)
def test_versions_are_ordered_as_eups_orders_them(
    first: str, second: str, order: int, relation: int | None
) -> None:
    assert compare_versions(first, second) == order
    assert relate_versions(first, second) == relation


def test_versions_at_which_eups_fails_are_ordered_as_texts() -> None:
    assert compare_versions("1-2-3.+5", "1-2-3.x") == -1
    assert relate_versions("1-2-3.+5", "1-2-3.x") is None


def test_a_word_of_many_plus_signs_takes_no_time() -> None:
    assert compare_versions("a-a-" + "a+" * 30 + "1", "a-a-" + "a" * 100 + "x") == -1


def test_the_order_of_eups_is_no_order_of_all_versions() -> None:
    assert compare_versions("9", "10") < 0
    assert compare_versions("10", "1a") < 0
    assert compare_versions("1a", "9") < 0


@pytest.mark.parametrize(
    "text",
    [
        "g28e9080985+60ce4897b0",
        "20.0.0-4-gde602ef96+5",
        "v23.0.x-g89e8071bfa",
        "tickets.DM-21215-g93acbd907d",
        "0.67.123ff3e.lsst1+6",
        "1_2",
        "_private",
        "setup",
        "tag:w_2026_47",
    ],
)
def test_versions_of_all_times_are_read(text: str) -> None:
    assert parse_eups_version(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        ".hidden",
        "-1",
        "+1",
        "a b",
        "a/b",
        "a\n",
        "1.0~rc1",
        "LOCAL:/tmp",
        "tag:",
        "v\u0661",
        "a:b",
    ],
)
def test_what_cannot_be_the_name_of_a_folder_is_no_version(text: str) -> None:
    with pytest.raises(InvalidNameError, match="is not an EUPS version") as caught:
        parse_eups_version(text)
    assert caught.value.exit_code is ExitCode.USAGE
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "scheme", "suffix"),
    [
        ("g28e9080985+60ce4897b0", "gSHA+hash", "60ce4897b0"),
        ("g28e9080985", "gSHA+hash", None),
        ("23.0.0+60ce4897b0", "describe+hash", "60ce4897b0"),
        ("22.0.1-5-g15c806e+1234567890", "describe+hash", "1234567890"),
        ("v23.0.x-g89e8071bfa+60ce4897b0", "describe+hash", "60ce4897b0"),
        ("20.0.0-4-gde602ef96+5", "describe+N", "5"),
        ("17.0+322", "describe+N", "322"),
        ("master-g07e7fe1603+3", "describe+N", "3"),
        ("22.0.1-5-g15c806e", "plain", None),
        ("1.5.2", "plain", None),
        ("1.0+svn123", "other", "svn123"),
        ("1.0+05", "other", "05"),
        ("1.0+1+2", "other", "1+2"),
        ("tag:w_2026_47", "other", None),
    ],
)
def test_the_scheme_of_a_version_is_recognised(text: str, scheme: str, suffix: str | None) -> None:
    version = parse_eups_version(text)
    assert scheme_of(version) == scheme
    assert suffix_of(version) == suffix


def test_a_directory_that_is_set_up_has_a_version_of_its_own() -> None:
    version = local_version("/home/some body/afw")
    assert version == "LOCAL:/home/some-+-body/afw"
    assert scheme_of(version) == "local"
    assert local_directory(version) == "/home/some body/afw"


def test_a_declared_version_has_no_local_directory() -> None:
    assert local_directory("1.2") is None


def test_directories_that_are_set_up_can_be_compared() -> None:
    assert compare_versions(local_version("/a/b"), local_version("/a/b")) == 0
    assert compare_versions(local_version("/a[(b1"), local_version("/a[(b2")) < 0
