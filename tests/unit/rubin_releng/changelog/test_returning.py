from __future__ import annotations

import pytest

from lsstinstall.core.names import parse_product_name
from rubin_releng.changelog.models import ChangeLog, ProductChanges, Relation, State
from rubin_releng.changelog.returning import mark_returned
from rubin_releng.changelog.sides import side_of_name


def states(old: str, *tags: str) -> list[State]:
    changelog = ChangeLog(
        old=side_of_name(old),
        new=side_of_name("w_2026_43"),
        products=(
            ProductChanges(name=parse_product_name("afw"), relation=Relation.ADDED),
            ProductChanges(name=parse_product_name("geom"), relation=Relation.FORWARD),
        ),
    )
    return [product.state for product in mark_returned(changelog, lambda _: tags).products]


@pytest.mark.parametrize(
    ("tags", "state"),
    [
        (("w.2026.41",), State.RETURNED),
        (("w.2026.43", "HSC-1.0", "w.2018.30-run1"), State.ADDED),
        (("30.0.0", "v29.0.0.rc1"), State.ADDED),
        ((), State.ADDED),
    ],
)
def test_a_product_with_an_earlier_tag_of_that_kind_is_back(tags: tuple[str, ...], state: State) -> None:
    assert states("w_2026_42", *tags) == [state, State.CHANGED]


def test_external_spellings_count() -> None:
    assert states("v30_0_0", "v29.0.0") == [State.RETURNED, State.CHANGED]


def test_nobody_knows_what_was_before_a_branch() -> None:
    assert states("main", "w.2026.41") == [State.ADDED, State.CHANGED]
