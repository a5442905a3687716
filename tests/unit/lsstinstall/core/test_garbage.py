from __future__ import annotations

import pytest

from lsstinstall.core.errors import NotFoundError
from lsstinstall.core.garbage import Garbage, GarbageKind, TagRule
from lsstinstall.core.names import ProductName
from lsstinstall.core.stackgraphs import ProductVersion
from lsstinstall.core.versions import EupsVersion

TAGS = ("current", "mine", "w_2026_09", "w_2026_10", "w_2025_52", "d_2026_03_01", "v30_0_0", "w_latest")


def _carrier(name: str) -> ProductVersion:
    return ProductVersion(ProductName(name), EupsVersion("1"))


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        (TagRule(), set(TAGS)),
        (TagRule(patterns=("w_2026_09",)), {"mine", "w_2026_09"}),
        (TagRule(patterns=("v*", "current")), {"mine", "v30_0_0", "current"}),
        (TagRule(newest=1), {"mine", "w_2026_10", "d_2026_03_01", "v30_0_0"}),
        (TagRule(newest=2, patterns=("w_latest",)), set(TAGS) - {"current", "w_2025_52"}),
        (TagRule(newest=0), {"mine"}),
    ],
)
def test_a_rule_says_which_tags_are_kept(rule: TagRule, kept: set[str]) -> None:
    assert rule.kept({tag: {_carrier(tag)} for tag in TAGS}) == kept


def test_a_tag_that_servers_gave_to_some_of_a_release_is_none_of_the_newest() -> None:
    base, afw = _carrier("base"), _carrier("afw")
    carriers = {"w_2026_10": {base}, "w_2026_09": {base, afw}, "w_2026_08": {_carrier("old")}}
    assert TagRule(newest=1).kept(carriers) == {"w_2026_09"}


def test_of_tags_on_the_same_products_the_newest_is_kept() -> None:
    base = _carrier("base")
    assert TagRule(newest=1).kept({"w_2026_10": {base}, "w_2026_09": {base}}) == {"w_2026_10"}


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        (TagRule(patterns=("w_2026_99",)), "the tag `w_2026_99` that"),
        (TagRule(patterns=("w_2026_99", "w_2026_10"), newest=2), "the tag `w_2026_99` that"),
        (TagRule(patterns=("x*", "y?")), r"the tag `x\*`, `y\?` that"),
    ],
)
def test_a_tag_to_keep_that_is_not_there_is_told(rule: TagRule, named: str) -> None:
    with pytest.raises(NotFoundError, match=named):
        rule.kept({"w_2026_10": {_carrier("base")}})


def test_a_pattern_beside_a_number_may_fit_nothing() -> None:
    assert TagRule(patterns=("v*",), newest=1).kept({"w_2026_10": {_carrier("base")}}) == {"w_2026_10"}


def test_garbage_is_put_into_json() -> None:
    one = Garbage(kind=GarbageKind.PACKAGE, name="zlib", place="/x/zlib", reason="unused", size_bytes=5)
    assert one.to_dict() == {
        "kind": "package", "name": "zlib", "path": "/x/zlib", "reason": "unused", "bytes": 5,
    }  # fmt: skip
