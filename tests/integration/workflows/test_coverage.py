"""The reusable workflows `coverage` and `coverage-oidc`, run by act up to the upload."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.actruns import make_sample, run_reusable

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.process]


def _results(tmp_path: Path) -> None:
    for python in ("3.11", "3.12"):
        folder = tmp_path / f"artifacts/test-results-ubuntu-latest-{python}"
        folder.mkdir(parents=True)
        (folder / "coverage.xml").write_text('<coverage line-rate="1"/>')
        (folder / "junit.xml").write_text("<testsuites></testsuites>")


def _told(tmp_path: Path, kind: str) -> dict[str, str]:
    told: dict[str, str] = json.loads((tmp_path / f"recorded/codecov-{kind}.json").read_text())
    return told


def test_all_reports_are_uploaded_with_the_token(tmp_path: Path) -> None:
    _results(tmp_path)
    sample = make_sample(tmp_path / "sample", {"README.md": "# Sample\n"})
    result = run_reusable(
        tmp_path,
        "coverage",
        sample,
        inputs={"flags": "unit", "required": True},
        secrets={"CODECOV_TOKEN": "tell-nobody"},
    )
    assert result.code == 0, result.log
    given = _told(tmp_path, "coverage")
    assert given["files"] == result.outputs["coverage"]
    assert [path.rsplit("/", 2)[1] for path in given["files"].split(",")] == [
        "test-results-ubuntu-latest-3.11",
        "test-results-ubuntu-latest-3.12",
    ]
    assert (given["token"], given["flags"], given["fail_ci_if_error"]) == ("tell-nobody", "unit", "true")
    assert _told(tmp_path, "test_results")["files"] == result.outputs["tests"]
    assert "- test-results-ubuntu-latest-3.12/junit.xml" in result.summary


def test_the_identity_of_the_run_takes_the_place_of_a_token(tmp_path: Path) -> None:
    _results(tmp_path)
    sample = make_sample(tmp_path / "sample", {"README.md": "# Sample\n"})
    result = run_reusable(tmp_path, "coverage-oidc", sample)
    assert result.code == 0, result.log
    assert (_told(tmp_path, "coverage")["token"], _told(tmp_path, "coverage")["use_oidc"]) == ("", "true")


@pytest.mark.parametrize("name", ["coverage", "coverage-oidc"])
def test_an_upload_without_reports_fails(tmp_path: Path, name: str) -> None:
    sample = make_sample(tmp_path / "sample", {"README.md": "# Sample\n"})
    result = run_reusable(tmp_path, name, sample)
    assert result.code == 1, result.log
    assert result.failed == ["Find the reports"]
    assert result.annotations[0].message.startswith("the artifacts hold no `coverage.xml`")
