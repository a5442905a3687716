from __future__ import annotations

from lsstinstall.core.inventories import Inventory
from lsstinstall.core.names import ProductName
from tests.support.stacks import FakeDisk, FakeStack, StackProduct, fake_sources

AA = ProductName("aa")
STACK = FakeStack([StackProduct(name="aa", version="1", table="", tags=("w_1",))])
SOURCES = fake_sources(STACK, disk=FakeDisk([STACK], {"/mine": ["aa"], "/bare": []}))


def inventory(environ: dict[str, str]) -> Inventory:
    return Inventory(SOURCES, environ)


def test_a_product_is_found_as_its_variable_says() -> None:
    environ = {"SETUP_AA": "aa 1 -f Linux64 -Z /stack"}
    found = inventory(environ).find(AA, environ)
    assert found == STACK.find_for(AA, found.version, found.flavor) if found else False


def test_nothing_is_found_without_a_variable_or_with_an_empty_one() -> None:
    assert inventory({}).find(AA, {}) is None
    assert inventory({}).find(AA, {"SETUP_AA": " "}) is None


def test_a_stack_that_is_gone_or_was_never_named_declares_nothing() -> None:
    for value in ("aa 1 -f Linux64 -Z /elsewhere", "aa 1 -f Linux64", "aa 1 -f Linux64 -Z (none)"):
        assert inventory({}).find(AA, {"SETUP_AA": value}) is None


def test_a_version_that_is_gone_is_not_found() -> None:
    assert inventory({}).find(AA, {"SETUP_AA": "aa 7 -f Linux64 -Z /stack"}) is None


def test_a_tag_in_place_of_a_version_is_looked_up() -> None:
    for value in ("aa w_1 -f Linux64 -Z /stack", "aa w_1 -Z /stack"):
        # Without a flavor it is the platform's.
        found = inventory({}).find(AA, {"SETUP_AA": value})
        assert found is not None
        assert found.version == "1"
    assert inventory({}).find(ProductName("bb"), {"SETUP_BB": "bb w_1 -f Linux64 -Z /stack"}) is None


def test_a_directory_is_found_with_its_table_or_another() -> None:
    for tail, table in (("", "/mine/ups/aa.table"), (" -m /t/aa.table", "/t/aa.table"), (" -m none", None)):
        found = inventory({}).find(AA, {"SETUP_AA": f"aa LOCAL:/mine -f Linux64 -Z (none){tail}"})
        assert found is not None
        assert (found.directory, found.table) == ("/mine", table)


def test_variables_of_an_older_eups_are_known_by_their_own_spelling() -> None:
    environ = {"SETUP_aa": "aa 1 -f Linux64 -Z /stack", "setup_bb": "x", "HOME": "/h"}
    known = inventory(environ)
    assert known.variable(AA, environ) == "SETUP_aa"
    assert known.variable(AA, {}) == "SETUP_AA"
    assert known.variable(AA, {**environ, "SETUP_AA": ""}) == "SETUP_AA"
    assert known.find(AA, environ) is not None


def test_all_that_is_set_up_is_listed_in_order() -> None:
    environ = {"SETUP_BB": "bb 2", "PATH": "/bin", "SETUP_AA": "aa 1", "SETUP_CC": ""}
    assert [record.product for record in inventory(environ).records(environ)] == ["bb", "aa"]
