from __future__ import annotations

import pytest

from lsstinstall.core.errors import FormatError
from lsstinstall.core.names import ProductName
from lsstinstall.core.remaps import (
    RemapAction,
    RemapPurpose,
    RemapRule,
    format_remap,
    parse_remap,
)
from lsstinstall.core.versions import EupsVersion

DOXYGEN = ProductName("doxygen")


def only(line: str) -> RemapRule:
    (rule,) = parse_remap(line + "\n", source="manifest.remap")
    return rule


def test_a_version_takes_the_place_of_another() -> None:
    assert only("doxygen:1.5.9  1.6.3") == RemapRule(
        product=DOXYGEN,
        version=EupsVersion("1.5.9"),
        action=RemapAction.REPLACE,
        target_product=DOXYGEN,
        target_version=EupsVersion("1.6.3"),
    )


def test_a_product_takes_the_place_of_another_on_one_flavor() -> None:
    rule = only("tcltk  tcl:8.5  DarwinX86  # no tk there")
    assert (rule.target_product, rule.target_version, rule.flavor) == ("tcl", "8.5", "DarwinX86")


@pytest.mark.parametrize("text", ["afwdata", "afwdata None", "afwdata none", "afwdata any", "afwdata x:None"])
def test_a_missing_replacement_drops_the_product(text: str) -> None:
    assert only(text).action is RemapAction.DROP


@pytest.mark.parametrize(
    ("word", "action"),
    [("dummy", RemapAction.DUMMY), ("noReinstall", RemapAction.KEEP), ("noreinstall", RemapAction.KEEP)],
)
def test_some_words_are_no_versions(word: str, action: RemapAction) -> None:
    assert (only(f"tcltk {word}").action, only(f"tcltk {word}").target_version) == (action, None)


@pytest.mark.parametrize("text", ["python 2.6", "python: 2.6", "python:any 2.6", "python:Any 2.6"])
def test_a_rule_without_a_version_is_for_all(text: str) -> None:
    assert only(text).version is None


@pytest.mark.parametrize("text", ["[create]afwdata None", "  [create]  afwdata  None"])
def test_a_prefix_names_the_purpose(text: str) -> None:
    assert (only(text).purpose, only(text).product) == (RemapPurpose.CREATE, "afwdata")


def test_comments_empty_lines_and_the_wish_for_words_mean_nothing() -> None:
    assert parse_remap("# all\n\nverbose = True\nafwdata None # big\n", source="a") == (only("afwdata"),)


def test_rules_are_written_as_in_the_file_of_lsstsw() -> None:
    text = "[create]afwdata               None\n[create]testdata_image_cutouts None\n"
    assert format_remap(parse_remap(text, source="a")) == text


def test_a_rule_is_written_with_version_product_and_flavor() -> None:
    assert only("tcltk:8.4 tcl:8.5 Darwin").format() == "tcltk:8.4                     tcl:8.5 Darwin"


@pytest.mark.parametrize(
    ("line", "column", "problem"),
    [
        ("a b c d", 7, "4 columns instead of product, replacement and flavor"),
        ("[create] a b c d", 16, "4 columns instead of"),
        ("[create]", 9, "0 columns instead of"),
        ("[crate]afw None", 1, "prefix `[crate]` instead of `[create]` or `[install]`"),
        ("a-b None", 1, "`a-b` is not a product name"),
        ("[create] a-b None", 10, "`a-b` is not a product name"),
        ("tcltk:* dummy", 1, "`*` is not a version"),
        ("tcltk a-b:1", 7, "`a-b` is not a product name"),
        ("tcltk 1/2", 7, "`1/2` is not an EUPS version"),
        ("tcltk 1 Lin/ux", 9, "`Lin/ux` is not a flavor"),
    ],
)
def test_a_broken_rule_is_refused_with_its_place(line: str, column: int, problem: str) -> None:
    with pytest.raises(FormatError) as error:
        parse_remap(f"# first\n{line}\n", source="manifest.remap")
    assert (error.value.line, error.value.column) == (2, column)
    assert error.value.problem.startswith(problem)
