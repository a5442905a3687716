from __future__ import annotations

import pytest

from lsstinstall.core.garbage import Garbage, GarbageKind, TagRule

TAGS = ("current", "mine", "w_2026_09", "w_2026_10", "w_2025_52", "d_2026_03_01", "v30_0_0", "w_latest")


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
    assert rule.kept(TAGS) == kept


def test_garbage_is_put_into_json() -> None:
    one = Garbage(kind=GarbageKind.PACKAGE, name="zlib", place="/x/zlib", reason="unused", size_bytes=5)
    assert one.to_dict() == {
        "kind": "package", "name": "zlib", "path": "/x/zlib", "reason": "unused", "bytes": 5,
    }  # fmt: skip
