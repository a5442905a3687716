"""Set-ups: what holds for every stack, whatever its tables say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from lsstinstall.core.closures import Closures
from lsstinstall.core.expansions import BuiltWith, expand_table
from lsstinstall.core.names import ProductName
from lsstinstall.core.setupplanner import plan_setup, plan_unsetup
from lsstinstall.core.setuprecords import SetupRecord
from lsstinstall.core.setups import SetupChanges, SetupRequest
from lsstinstall.core.shells import ShellKind, render_changes
from lsstinstall.core.tables import parse_table
from tests.property import strategies
from tests.support.stacks import FakeStack, StackProduct, fake_sources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.core.setups import ProductSources

SMALL = settings(max_examples=60)
ENVIRON = {"PATH": "/usr/bin:/bin", "HOME": "/home/somebody", "LANG": "C"}

Products = tuple[StackProduct, ...]


def _sources(products: Products) -> ProductSources:
    return fake_sources(FakeStack(products))


def _set_up(products: Products, environ: Mapping[str, str], **options: bool) -> SetupChanges:
    request = SetupRequest(product=ProductName(products[-1].name), just=options.get("just", False))
    return plan_setup(request, sources=_sources(products), environ=environ)


@SMALL
@given(strategies.acyclic_stacks())
def test_setting_up_twice_is_setting_up_once(products: Products) -> None:
    once = _set_up(products, ENVIRON).applied_to(ENVIRON)
    assert _set_up(products, once).applied_to(once) == once


@SMALL
@given(strategies.acyclic_stacks())
def test_taking_down_undoes_setting_up_but_for_variables_that_stay_empty(products: Products) -> None:
    environ = _set_up(products, ENVIRON).applied_to(ENVIRON)
    top = ProductName(products[-1].name)
    after = plan_unsetup(top, sources=_sources(products), environ=environ).applied_to(environ)
    assert {name: value for name, value in after.items() if value} == ENVIRON


@SMALL
@given(strategies.acyclic_stacks())
def test_every_product_that_is_needed_is_set_up_once(products: Products) -> None:
    changes = _set_up(products, ENVIRON)
    names = [name for name, _ in changes.products]
    assert len(names) == len(set(names))
    assert {f"SETUP_{name.upper()}" for name in names} == {
        name for name in changes.variables if name.startswith("SETUP_")
    }


@SMALL
@given(strategies.acyclic_stacks())
def test_an_exact_table_sets_up_what_its_product_was_built_with(products: Products) -> None:
    environ = _set_up(products, ENVIRON).applied_to(ENVIRON)
    closures = Closures(_sources(products), environ)
    built = BuiltWith(versions=closures.versions(), closure=closures.below)
    top = products[-1]
    table = expand_table(top.table or "", built, product=ProductName(top.name)).text
    expanded = (*products[:-1], StackProduct(name=top.name, version="1", table=table, tags=top.tags))
    changes = _set_up(expanded, ENVIRON)
    assert set(changes.products) == set(_set_up(products, ENVIRON).products)
    assert not parse_table(table, source="test").diagnostics


@SMALL
@given(strategies.acyclic_stacks())
def test_a_product_alone_brings_nothing_with_it(products: Products) -> None:
    changes = _set_up(products, ENVIRON, just=True)
    assert [name for name, _ in changes.products] == [products[-1].name]


@given(strategies.setup_records)
def test_a_record_survives_writing_and_reading(record: SetupRecord) -> None:
    assert SetupRecord.parse(record.format()) == record


@given(st.dictionaries(st.from_regex(r"[A-Z_]{1,8}", fullmatch=True), st.text(max_size=12), max_size=4))
def test_json_gives_every_value_back(variables: dict[str, str]) -> None:
    changes = SetupChanges(variables=variables, aliases={})
    assert json.loads(render_changes(changes, ShellKind.JSON))["set"] == variables
