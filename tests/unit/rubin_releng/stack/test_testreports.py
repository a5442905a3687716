from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.names import ProductName
from rubin_releng.stack.buildplans import BuildAction, BuildStep
from rubin_releng.stack.buildreports import BuildOutcome, BuildResult
from rubin_releng.stack.testreports import format_junit
from tests.support.builds import fake_manifest

STEP = BuildStep(product=fake_manifest(alpha="").products[0], action=BuildAction.BUILD, key="k")


def read(result: BuildResult) -> tuple[dict[str, str], ET.Element]:
    suite = ET.fromstring(format_junit(result)).find("testsuite")  # noqa: S314 - our own
    assert suite is not None
    case = suite.find("testcase")
    assert case is not None
    return dict(suite.attrib), case


def test_a_built_product_is_a_passed_case() -> None:
    suite, case = read(BuildResult(step=STEP, outcome=BuildOutcome.BUILT, seconds=1.5))
    assert (suite["tests"], suite["failures"], suite["skipped"], suite["time"]) == ("1", "0", "0", "1.500")
    assert (case.get("classname"), case.get("name"), list(case)) == ("build", "alpha", [])


def test_a_failure_has_its_message_and_survives_what_programs_print() -> None:
    error = ToolkitError("`alpha` cannot be built\n  | \x1b[31m<red> & ]]>\x00")
    suite, case = read(BuildResult(step=STEP, outcome=BuildOutcome.FAILED, seconds=1.0, error=error))
    (failure,) = case
    assert (suite["failures"], failure.get("message")) == ("1", "`alpha` cannot be built")
    assert failure.text == "`alpha` cannot be built\n  | \ufffd[31m<red> & ]]>\ufffd"


@pytest.mark.parametrize(
    ("outcome", "cause", "message"),
    [
        (BuildOutcome.SKIPPED, ProductName("base"), "it needs base, which failed"),
        (BuildOutcome.NOT_BEGUN, None, None),
    ],
)
def test_what_was_left_out_is_skipped(
    outcome: BuildOutcome, cause: ProductName | None, message: str | None
) -> None:
    suite, case = read(BuildResult(step=STEP, outcome=outcome, because_of=cause))
    assert (suite["skipped"], case[0].tag, case[0].get("message")) == ("1", "skipped", message)
