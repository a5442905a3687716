from __future__ import annotations

from dataclasses import replace

import pytest

from lsstinstall.core.errors import NotFoundError
from rubin_releng.changelog.absenttags import absent_sides, refuse_absent
from rubin_releng.changelog.models import ChangeLog, Relation
from rubin_releng.changelog.sides import side_of_name
from tests.support.changelogs import a_product, sha_of

OLD, NEW = side_of_name("w_2026_42"), side_of_name("w_2026_43")


def absent(*names: str, commit: str | None = None) -> list[str]:
    to_commit = None if commit is None else sha_of(commit)
    products = tuple(
        replace(a_product(name, Relation.ADDED), from_commit=None, to_commit=to_commit) for name in names
    )
    return [side.name for side in absent_sides(ChangeLog(old=OLD, new=NEW, products=products))]


def test_a_tag_of_no_product_is_absent() -> None:
    assert absent("afw", "base") == ["w_2026_42", "w_2026_43"]
    assert absent("afw", "base", commit="a") == ["w_2026_42"]


def test_a_place_that_could_not_be_asked_may_know_a_tag() -> None:
    doubtful = replace(OLD, warnings=("a server was not asked",))
    products = (a_product("afw", Relation.UNKNOWN), a_product("base", Relation.UNKNOWN))
    nothing = tuple(replace(one, from_commit=None, to_commit=None) for one in products)
    assert absent_sides(ChangeLog(old=doubtful, new=NEW, products=nothing)) == (NEW,)


def test_one_product_may_have_come_or_gone() -> None:
    assert absent("afw") == []


def test_a_tag_of_a_repository_that_is_left_out_is_none_to_refuse() -> None:
    refuse_absent(NEW, {"w.2026.43"})
    refuse_absent(side_of_name("main"), ())


@pytest.mark.parametrize(
    ("names", "hint"),
    [
        ((), "look for it in the repositories"),
        (
            ("w.2026.40", "w.2026.41", "w.2026.42", "w.2026.50", "30.0.0", "x"),
            "`w_2026_41`, `w_2026_42`, `w_2026_50`",
        ),
    ],
)
def test_the_nearest_tags_are_told(names: tuple[str, ...], hint: str) -> None:
    with pytest.raises(NotFoundError, match="no repository has `w_2026_43`") as caught:
        refuse_absent(NEW, names)
    assert caught.value.hint is not None
    assert hint in caught.value.hint
