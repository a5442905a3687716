from __future__ import annotations

import pytest

from lsstinstall.core.errors import FormatError
from lsstinstall.core.names import ProductName
from rubin_releng.core.exclusions import ExclusionMap, parse_exclusions

AFW = ProductName("afw")
TEXT = """\
# dependency regex      product regex

cuda_toolkit            .*
condor                  ctrl_.*  more, passed over
"""


def excludes(text: str, dependency: str, of: str) -> bool:
    return parse_exclusions(text, source="exclusions.txt").excludes(
        ProductName(dependency), of=ProductName(of)
    )


def test_a_rule_is_for_the_products_it_names() -> None:
    assert excludes(TEXT, "condor", "ctrl_bps")
    assert not excludes(TEXT, "condor", "afw")
    assert excludes(TEXT, "cuda_toolkit", "afw")


def test_a_pattern_is_compared_with_the_beginning_of_a_name() -> None:
    assert excludes(TEXT, "condor_plugin", "ctrl_bps")
    assert not excludes(TEXT, "htcondor", "ctrl_bps")


def test_without_rules_nothing_is_excluded() -> None:
    assert not ExclusionMap().excludes(AFW, of=AFW)


def test_rules_are_written_as_in_the_file_of_lsstsw() -> None:
    exclusions = parse_exclusions(TEXT, source="exclusions.txt")
    assert exclusions.format() == "cuda_toolkit            .*\ncondor                  ctrl_.*\n"


@pytest.mark.parametrize(
    ("line", "column", "problem"),
    [
        ("condor", 7, "one field instead of a pattern for dependencies and one for products"),
        ("con(dor .*", 4, "`con(dor` is not a regular expression: missing ), unterminated subpattern"),
        (
            "condor{99999999999} .*",
            1,
            "`condor{99999999999}` is not a regular expression: the repetition number",
        ),
        ("condor " + "(" * 5000, 8, f"`{'(' * 80}...` is not a regular expression: nested too deeply"),
        ("condor  *", 9, "`*` is not a regular expression: nothing to repeat"),
    ],
)
def test_a_broken_rule_is_refused_with_its_place(line: str, column: int, problem: str) -> None:
    with pytest.raises(FormatError) as error:
        parse_exclusions(f"# first\n{line}\n", source="exclusions.txt")
    assert (error.value.line, error.value.column) == (2, column)
    assert error.value.problem.startswith(problem)
