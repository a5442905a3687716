from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lsstinstall.commands.productwords import plan_lines, plan_rows, report_lines, use_lines
from lsstinstall.core.errors import DeniedError
from lsstinstall.core.names import Flavor, ProductName
from lsstinstall.core.productplans import (
    InstallPlan,
    InstallReport,
    PlannedProduct,
    ProductAction,
    ProductResult,
    ProductState,
)
from lsstinstall.core.versions import parse_eups_version

if TYPE_CHECKING:
    from pathlib import Path

_VERSION = parse_eups_version("g1")


def _planned(name: str, action: ProductAction, size_bytes: int | None = None) -> PlannedProduct:
    return PlannedProduct(product=ProductName(name), version=_VERSION, action=action, size_bytes=size_bytes)


def _plan(*products: PlannedProduct) -> InstallPlan:
    return InstallPlan(flavor=Flavor("Linux64"), products=products)


def _report(*states: ProductState) -> InstallReport:
    return InstallReport(
        results=tuple(
            ProductResult(
                product=ProductName(f"p{count}"),
                version=_VERSION,
                state=state,
                size_bytes=1000,
                missing=ProductName("p0") if state is ProductState.SKIPPED else None,
            )
            for count, state in enumerate(states)
        )
    )


def test_the_plan_begins_with_how_much_there_is_to_do() -> None:
    plan = _plan(
        _planned("utils", ProductAction.PRESENT),
        _planned("afw", ProductAction.UNPACK, 3_000_000),
        _planned("base", ProductAction.DECLARE),
    )
    assert list(plan_lines(plan)) == ["2 to install, 3.0 MB to fetch, 1 installed already"]
    assert list(plan_rows(plan)) == ["unpack   afw g1 (3.0 MB)", "declare  base g1"]


def test_the_plan_names_what_is_out_of_the_ordinary() -> None:
    built = [_planned(f"p{count}", ProductAction.BUILD) for count in range(8)]
    lines = list(plan_lines(_plan(*built, _planned("afw", ProductAction.BLOCKED))))
    assert lines[1:] == [
        "  built from source, which takes long: p0, p1, p2, p3, p4, p5 and 2 more",
        "  cannot be installed: afw",
    ]


def test_the_plan_tells_why_products_cannot_be_installed_and_what_is_lost_with_them() -> None:
    afw = replace(_planned("afw", ProductAction.BLOCKED), problem=DeniedError("the server answered 403"))
    meas = replace(_planned("meas", ProductAction.UNPACK), dependencies=frozenset({afw.product}))
    pipe = replace(_planned("pipe", ProductAction.UNPACK), dependencies=frozenset({meas.product}))
    other = _planned("other", ProductAction.UNPACK)
    assert list(plan_lines(_plan(afw, meas, other, pipe)))[1:] == [
        "  cannot be installed: afw",
        "    the server answered 403",
        "  nor what needs them: meas, pipe",
    ]


def test_the_report_counts(tmp_path: Path) -> None:
    report = _report(ProductState.INSTALLED, ProductState.PRESENT)
    assert list(report_lines(report, stack=tmp_path, seconds=61.2)) == [
        f"1 installed (2.0 kB), 1 installed already; 1 min 1 s; stack {tmp_path}"
    ]


def test_the_report_tells_why_products_are_not_there(tmp_path: Path) -> None:
    report = _report(ProductState.FAILED, ProductState.SKIPPED, ProductState.SKIPPED)
    lines = list(report_lines(report, stack=tmp_path, seconds=1))
    assert lines[0].startswith("0 installed (3.0 kB), 0 installed already, 3 not installed")
    assert lines[1:] == [
        "  2 of them only because `p0` is missing",
        "  what is installed stays; once this is mended, run the same command again to go on",
    ]


def test_nothing_to_do_is_said_so(tmp_path: Path) -> None:
    lines = list(report_lines(_report(ProductState.PRESENT), stack=tmp_path, seconds=1))
    assert lines == [f"nothing to do: all 1 products are installed in {tmp_path}"]


@pytest.mark.parametrize("known", [True, False])
def test_a_shell_that_knows_the_stack_needs_no_load_script(tmp_path: Path, *, known: bool) -> None:
    environ = {"EUPS_PATH": f"/other:{tmp_path}"} if known else {"EUPS_DIR": "/eups"}
    first = [] if known else [f"    export EUPS_PATH={tmp_path}"]
    assert list(use_lines("setup afw -t w_2026_10", stack=tmp_path, environ=environ)) == [
        "To use them, type",
        "",
        *first,
        "    setup afw -t w_2026_10",
    ]


def test_a_shell_without_eups_evaluates_what_we_print(tmp_path: Path) -> None:
    assert list(use_lines("setup afw -t w_2026_10", stack=tmp_path, environ={}))[2:] == [
        f"    export EUPS_PATH={tmp_path}",
        '    eval "$(lsstinstall setup afw -t w_2026_10)"',
    ]


def test_the_load_script_beside_the_environments_is_named(tmp_path: Path) -> None:
    stack = tmp_path / "my conda/envs/lsst-scipipe-13.0.1/share/eups"
    assert "export" in list(use_lines("setup afw", stack=stack, environ={}))[2]
    (tmp_path / "loadLSST.sh").touch()
    assert list(use_lines("setup afw", stack=stack, environ={}))[2] == f"    . {tmp_path}/loadLSST.sh"
