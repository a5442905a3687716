from __future__ import annotations

import pytest

from lsstinstall.core.closures import Closures
from lsstinstall.core.errors import FormatError
from lsstinstall.core.names import ProductName
from lsstinstall.core.setups import MissingProductError, UnknownTagError
from lsstinstall.core.versions import EupsVersion
from tests.support.stacks import FakeStack, StackProduct, fake_sources

TOP = ProductName("top")
ONE = EupsVersion("1")


def closures(*products: tuple[str, str | None], up: str = "") -> Closures:
    stack = FakeStack(
        StackProduct(name=name, version="1", table=table, tags=("current",)) for name, table in products
    )
    environ = {f"SETUP_{name.upper()}": f"{name} 1 -f Linux64 -Z /stack" for name in up.split()}
    return Closures(fake_sources(stack), environ)


def below(*products: tuple[str, str | None], up: str = "") -> list[tuple[str, bool]]:
    entries = closures(*products, up=up).below(TOP, ONE)
    return [(entry.product, entry.optional) for entry in entries]


def test_what_is_set_up_is_told_in_the_order_of_the_environment() -> None:
    assert closures(up="b a").versions() == {"b": "1", "a": "1"}


def test_dependencies_come_depth_first_as_often_as_they_are_asked_for() -> None:
    tables = (("top", "setupRequired(b)\nsetupOptional(a)\n"), ("b", "setupRequired(a)\n"), ("a", None))
    assert below(*tables, up="a b") == [("b", False), ("a", False), ("a", True)]


def test_each_table_is_walked_once() -> None:
    tables = (("top", "setupRequired(b)\nsetupRequired(c)\n"), ("b", "setupRequired(a)\n"), ("a", ""))
    assert below(*tables, ("c", "setupRequired(b)\n"), up="a b c") == [
        ("b", False),
        ("a", False),
        ("c", False),
        ("b", False),
    ]


def test_a_product_that_is_not_declared_needs_nothing() -> None:
    assert below(("a", "")) == []


def test_a_dependency_that_is_set_up_but_not_declared_for_the_platform_is_no_end() -> None:
    assert below(("top", "setupRequired(b)\nsetupOptional(c 7)\n"), ("b", None), ("c", None), up="b c") == [
        ("b", False),
        ("c", True),
    ]


def test_optional_products_that_are_not_set_up_are_left_out() -> None:
    assert below(("top", "setupOptional(a)\n"), ("a", "setupOptional(b)\n"), ("b", "")) == []


def test_a_required_product_that_is_not_set_up_is_refused() -> None:
    message = "no acceptable version of `a` is set up, and `top` needs it"
    with pytest.raises(MissingProductError, match=message):
        below(("top", "setupRequired(a)\n"), ("a", ""))


def test_just_a_product_brings_nothing_with_it() -> None:
    assert below(("top", "setupRequired(-j b)\n"), ("b", "setupRequired(a)\n"), up="b") == [("b", False)]


def test_the_product_itself_is_not_in_its_closure() -> None:
    entries = below(("top", "setupRequired(a)\n"), ("a", "setupRequired(top)\n"), up="a top")
    assert set(entries) == {("a", False)}


def test_what_is_taken_away_goes_with_what_it_brought() -> None:
    tables = (("b", "setupRequired(a)\n"), ("a", ""))
    top = "setupRequired(b)\nunsetupRequired({}b)\nunsetupOptional(c)\n"
    assert below(("top", top.format("")), *tables, up="a b") == []
    assert below(("top", top.format("-j ")), *tables, up="a b") == [("a", False)]
    assert below(("top", "setupOptional(c)\nunsetupOptional(c)\n"), up="") == []


def test_what_is_external_checked_or_without_a_name_is_no_dependency() -> None:
    table = "setupRequired(x --external)\nsetupRequired(eups [> 1])\nsetupRequired(-r /here)\n"
    assert below(("top", table)) == []


def test_implicit_products_are_listed_if_they_are_set_up() -> None:
    tables = (("top", "setupRequired(a)\n"), ("a", ""), ("implicitProducts", ""))
    assert below(*tables, up="a") == [("a", False)]
    assert below(*tables, up="a implicitProducts")[-1] == ("implicitProducts", True)


def test_a_table_that_is_gone_needs_nothing() -> None:
    stack = FakeStack([StackProduct(name="top", version="1", table="setupRequired(a)\n", lost_table=True)])
    assert Closures(fake_sources(stack), {}).below(TOP, ONE) == ()


def test_a_broken_table_is_refused() -> None:
    with pytest.raises(FormatError):
        below(("top", "envSet(A)\n"))
    with pytest.raises(UnknownTagError):
        below(("top", 'setupRequired(a --vro "w_9")\n'))
