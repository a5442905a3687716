from __future__ import annotations

import json
from pathlib import Path

import pytest

from lsstinstall.core.errors import ConfigurationError, NotFoundError
from lsstinstall.core.expansions import BuiltWith, ClosureEntry, expand_table
from lsstinstall.core.names import ProductName
from lsstinstall.core.setups import MissingProductError
from lsstinstall.core.tables import parse_table
from lsstinstall.core.versions import EupsVersion
from tests.support.expansioncases import ExpansionCase

DATA = Path(__file__).parents[3] / "data" / "expansions.json"
RECORD = json.loads(DATA.read_text(encoding="utf-8"))
CASES = [ExpansionCase.from_dict(case) for case in RECORD["cases"]]

A, B = ProductName("a"), ProductName("b")
ONE, TWO = EupsVersion("1"), EupsVersion("2")


def test_the_origin_of_the_results_is_recorded() -> None:
    assert "EUPS 2.2.15" in RECORD["origin"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_table_is_expanded_as_eups_does(case: ExpansionCase) -> None:
    assert case.text() == case.expected


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.expected and "()" not in case.table],
    ids=lambda case: case.name,
)
def test_an_expanded_table_can_be_read(case: ExpansionCase) -> None:
    assert parse_table(case.expected or "", source="test").sections


def test_the_servers_copy_lists_direct_dependencies_without_expressions(shared_dir: Path) -> None:
    golden = shared_dir / "goldens" / "eups"
    versions = {
        ProductName("theta_tools"): EupsVersion("g2b3c4d5e6f+1f2e3d4c5b"),
        ProductName("eta_core"): EupsVersion("g1f2e3d4c5b+0a1b2c3d4e"),
        ProductName("zeta_base"): EupsVersion("g0a1b2c3d4e"),
    }
    built = BuiltWith(versions={}, closure=None, chosen=versions)
    for expanded in (golden / "server" / "tables").iterdir():
        product = ProductName(expanded.name.partition("-")[0])
        text = (golden / "1-install-tag" / "tables" / f"{product}.table").read_text()
        assert expand_table(text, built, product=product).text == expanded.read_text()


def test_line_ends_of_windows_are_read() -> None:
    built = BuiltWith(versions={A: ONE}, closure=None)
    text = "setupRequired(a)\nenvSet(B, 1)\n"
    assert expand_table(text.replace("\n", "\r\n"), built) == expand_table(text, built)


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("setupOptional()\n", "`setupOptional()` names no product"),
        ("setupRequired(a -Q)\n", "nobody knows the option `-Q`, left out"),
        ("setupRequired(a > 1)\n", "`a` 1 does not satisfy `> 1`"),
        (
            "setupRequired(a > 0 [> .5])\n",
            "`setupRequired(a > 0 [> .5])` holds two expressions; the first one counts",
        ),
        ("setupRequired(a >)\n", "a version is missing in the condition `>`"),
    ],
)
def test_what_may_not_have_been_meant_is_told(text: str, warning: str) -> None:
    assert expand_table(text, BuiltWith(versions={A: ONE}, closure=None)).warnings == (warning,)


def test_a_required_product_that_is_not_set_up_is_told_even_if_it_is_forgiven() -> None:
    expansion = expand_table("setupRequired(b)\n", BuiltWith(versions={}, closure=None), force=True)
    assert expansion.warnings == ("`b` is not set up",)


def test_a_version_that_is_a_directory_is_told_and_gets_no_expression() -> None:
    local = BuiltWith(versions={A: EupsVersion("LOCAL:/here")}, closure=None)
    expansion = expand_table("setupRequired(a)\n", local)
    assert expansion.text.splitlines()[3] == "   setupRequired(a LOCAL:/here)"
    assert expansion.warnings == ("the exact version of `a` is LOCAL:/here",)


def test_versions_that_were_chosen_go_first() -> None:
    built = BuiltWith(versions={A: ONE}, closure=None, chosen={A: TWO})
    assert built.version(A) == TWO
    assert built.version(B) is None
    assert expand_table("setupRequired(a 1)\n", built).text.splitlines()[1:4] == [
        "   setupRequired(a               -j 2)",
        "} else {",
        "   setupRequired(a 2)",
    ]


def test_two_versions_of_one_product_are_both_listed() -> None:
    def below(product: ProductName, version: EupsVersion) -> list[ClosureEntry]:
        del version
        return [ClosureEntry(product=A, version=ONE, optional=True)] if product == B else []

    built = BuiltWith(versions={A: TWO, B: ONE}, closure=below)
    lines = expand_table("setupRequired(b)\nsetupRequired(a)\n", built).text.splitlines()
    assert lines[1:4] == [
        "   setupRequired(b               -j 1)",
        "   setupOptional(a               -j 1)",
        "   setupRequired(a               -j 2)",
    ]


def test_a_failed_closure_fails_what_is_required_only() -> None:
    def below(product: ProductName, version: EupsVersion) -> list[ClosureEntry]:
        raise NotFoundError(f"nobody knows what `{product}` {version} needs")

    built = BuiltWith(versions={A: ONE}, closure=below)
    with pytest.raises(NotFoundError, match="nobody knows what `a` 1 needs"):
        expand_table("setupRequired(a)\n", built)
    assert "-j" not in expand_table("setupOptional(a)\n", built).text
    assert "-j" not in expand_table("setupRequired(a)\n", built, force=True).text


def test_a_missing_product_is_refused_by_name() -> None:
    with pytest.raises(MissingProductError, match="no acceptable version of `b` is set up"):
        expand_table("setupRequired(b)\n", BuiltWith(versions={}, closure=None))


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("setupRequired(a -f)\n", "the option `-f` lacks its value"),
        ("if (type == exact) {\n", "the exact block of the table is not as it is written by EUPS"),
    ],
)
def test_a_table_that_eups_breaks_down_on_is_refused(text: str, error: str) -> None:
    with pytest.raises(ConfigurationError, match=error):
        expand_table(text, BuiltWith(versions={A: ONE}, closure=None))
