from __future__ import annotations

from lsstinstall.core.shapes import Truth, Whole


def test_a_truth_writes_its_schema() -> None:
    assert Truth().schema({}) == {"type": "boolean"}


def test_a_number_with_two_ends_writes_both() -> None:
    assert Whole(minimum=1, maximum=3).schema({}) == {"type": "integer", "minimum": 1, "maximum": 3}
    assert Whole(minimum=1).schema({}) == {"type": "integer", "minimum": 1}
