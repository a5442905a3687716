"""The reusable workflows `coverage` and `coverage-oidc`, run by act up to the upload."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.actruns import make_sample, run_file, run_reusable

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.actruns import ActResult

pytestmark = [pytest.mark.process]

FILE = ".github/workflows/tests.yaml"
CALLER = """\
name: tests
on: push
jobs:
  make:
    name: make
    runs-on: ubuntu-latest
    strategy:
      matrix:
        python: ["3.11", "3.12"]
    steps:
      - name: Make reports
        run: |
          mkdir reports
          echo '<coverage line-rate="1"/>' >reports/coverage.xml
          echo '<testsuites></testsuites>' >reports/junit.xml
      - name: Keep reports
        uses: actions/upload-artifact@v7
        with:
          name: test-results-ubuntu-latest-${{ matrix.python }}
          path: reports
  call:
    name: call
    needs: make
    uses: lsst/lsstinstall/.github/workflows/NAME.yaml@v1
    with:
      flags: unit
      required: true
    secrets: inherit
"""


def _run(tmp_path: Path, name: str) -> tuple[ActResult, dict[str, dict[str, str]]]:
    sample = make_sample(tmp_path / "sample", {FILE: CALLER.replace("NAME", name)})
    recorded = tmp_path / "recorded"
    result = run_file(
        tmp_path, FILE, sample, secrets={"CODECOV_TOKEN": "tell-nobody"}, env={"RECORDED": str(recorded)}
    )
    return result, {path.stem: json.loads(path.read_text()) for path in recorded.glob("*.json")}


def test_all_reports_are_uploaded_with_the_token(tmp_path: Path) -> None:
    result, given = _run(tmp_path, "coverage")
    assert result.code == 0, result.log
    coverage, tests = given["codecov-coverage"], given["codecov-test_results"]
    assert [path.split("/")[-2:] for path in coverage["files"].split(",")] == [
        ["test-results-ubuntu-latest-3.11", "coverage.xml"],
        ["test-results-ubuntu-latest-3.12", "coverage.xml"],
    ]
    assert (coverage["token"], coverage["flags"]) == ("tell-nobody", "unit")
    assert (coverage["use_oidc"], coverage["fail_ci_if_error"]) == ("false", "true")
    found = result.steps["Find the reports"].outputs
    assert (coverage["files"], tests["files"]) == (found["coverage"], found["tests"])
    assert "- test-results-ubuntu-latest-3.12/junit.xml" in result.summary


def test_the_identity_of_the_run_takes_the_place_of_a_token(tmp_path: Path) -> None:
    result, given = _run(tmp_path, "coverage-oidc")
    assert result.code == 0, result.log
    assert {(one["token"], one["use_oidc"]) for one in given.values()} == {("", "true")}
    assert sorted(given) == ["codecov-coverage", "codecov-test_results"]


@pytest.mark.parametrize("name", ["coverage", "coverage-oidc"])
def test_an_upload_without_reports_fails(tmp_path: Path, name: str) -> None:
    sample = make_sample(tmp_path / "sample", {"README.md": "# Sample\n"})
    result = run_reusable(tmp_path, name, sample)
    assert result.code == 1, result.log
    assert result.failed == ["Find the reports"]
    assert result.annotations[0].message.startswith("the artifacts hold no `coverage.xml`")
