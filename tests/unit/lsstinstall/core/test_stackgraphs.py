from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.names import ProductName
from lsstinstall.core.stackgraphs import ProductVersion, StackGraph, read_stack_graph
from lsstinstall.core.versions import EupsVersion
from tests.support.stacks import LINUX, FakeStack, StackProduct

if TYPE_CHECKING:
    from lsstinstall.core.setups import InstalledProduct


class _Stack(FakeStack):
    """With the methods of a whole search path."""

    def find(self, product: ProductName, version: EupsVersion) -> InstalledProduct | None:
        return self.find_for(product, version, LINUX)

    def tagged(self, product: ProductName, tag: str) -> EupsVersion | None:
        return self.tagged_for(product, tag, LINUX)


def _one(name: str, version: str = "1") -> ProductVersion:
    return ProductVersion(ProductName(name), EupsVersion(version))


def _read(*products: StackProduct) -> StackGraph:
    return read_stack_graph(_Stack(products), flavor=LINUX)


def _product(name: str, table: str | None = None, version: str = "1", *tags: str) -> StackProduct:
    return StackProduct(name=name, version=version, table=table, tags=tags)


EXPANDED = """\
if (type == exact) {
   setupRequired(utils -j 1)
} else {
   setupRequired(utils 2 [>= 2])
}
"""


def test_the_exact_block_names_the_version() -> None:
    graph = _read(_product("afw", EXPANDED), _product("utils"), _product("utils", None, "2"))
    assert graph.required[_one("afw")] == {_one("utils")}
    assert graph.dependents([_one("utils")]) == (_one("afw"),)
    assert graph.dependents([_one("utils", "2")]) == ()


def test_without_a_version_the_current_one_is_meant() -> None:
    graph = _read(
        _product("afw", "setupRequired(utils)\n"),
        _product("utils", None, "1"),
        _product("utils", None, "2", "current"),
    )
    assert graph.required[_one("afw")] == {_one("utils", "2")}


def test_where_several_versions_will_do_none_is_required_and_all_are_possible() -> None:
    graph = _read(
        _product("afw", "setupRequired(utils -t beta)\n"),
        _product("utils", None, "1", "current"),
        _product("utils", None, "2"),
    )
    assert graph.dependents([_one("utils")]) == ()
    assert graph.needed([_one("afw")]) == {_one("afw"), _one("utils"), _one("utils", "2")}


def test_what_is_optional_is_no_dependent_and_needed_all_the_same() -> None:
    graph = _read(_product("afw", "setupOptional(utils)\n"), _product("utils", None, "1", "current"))
    assert graph.dependents([_one("utils")]) == ()
    assert graph.needed([_one("afw")]) == {_one("afw"), _one("utils")}


def test_what_is_not_installed_and_what_is_only_a_directory_is_left_out() -> None:
    graph = _read(_product("afw", "setupRequired(utils)\nsetupRequired(-r /somewhere)\n"))
    assert graph.possible == {_one("afw"): frozenset()}


def test_indirect_dependents_count() -> None:
    graph = _read(
        _product("geom", "setupRequired(afw)\n"), _product("afw", "setupRequired(utils)\n"), _product("utils")
    )
    assert graph.dependents([_one("utils")]) == (_one("afw"), _one("geom"))


def test_what_only_removed_products_need_is_no_longer_needed() -> None:
    graph = _read(
        _product("geom", "setupRequired(base)\nsetupRequired(own)\n"),
        _product("afw", "setupRequired(base)\n"),
        _product("base"),
        _product("own"),
    )
    assert graph.no_longer_needed([_one("geom")]) == {_one("geom"), _one("own")}
    assert graph.no_longer_needed([_one("base")]) == {_one("base")}


def test_what_needs_others_comes_before_them() -> None:
    graph = _read(_product("zlib"), _product("afw", "setupRequired(zlib)\n"), _product("best"))
    ordered = graph.dependents_first([_one("zlib"), _one("afw"), _one("best")])
    assert ordered.index(_one("afw")) < ordered.index(_one("zlib"))


def test_products_that_need_each_other_are_sorted() -> None:
    graph = _read(_product("b", "setupRequired(a)\n"), _product("a", "setupRequired(b)\n"))
    assert graph.dependents_first([_one("b"), _one("a")]) == (_one("a"), _one("b"))


def test_a_table_that_cannot_be_read_is_told() -> None:
    graph = _read(StackProduct(name="afw", version="1", table="", lost_table=True), _product("utils"))
    assert [str(problem)[:22] for problem in graph.problems] == ["there is no table file"]
    assert graph.required == {_one("afw"): frozenset(), _one("utils"): frozenset()}


def test_a_product_version_is_shown_and_put_into_json() -> None:
    assert str(_one("afw")) == "`afw` 1"
    assert _one("afw").to_dict() == {"product": "afw", "version": "1"}
