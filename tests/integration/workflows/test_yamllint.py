"""The reusable workflow `yamllint`, run by act."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.actruns import make_sample, run_reusable

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.process, pytest.mark.network]


def test_right_files_pass(tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "sample", {"a.yaml": "---\na: 1\n", "b/c.yml": "---\n- 1\n"})
    result = run_reusable(tmp_path, "yamllint", sample, inputs={"paths": "a.yaml\nb\n"})
    assert result.code == 0, result.log
    assert result.outputs == {"problems": "0"}
    assert "No problems." in result.summary


def test_a_wrong_file_fails_and_is_shown_where_it_is_wrong(tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "sample", {"a.yaml": "---\na: 1\na: 2\n"})
    result = run_reusable(tmp_path, "yamllint", sample, inputs={"paths": "a.yaml"})
    assert result.code == 1, result.log
    assert result.failed == ["Run yamllint"]
    (remark,) = result.annotations
    assert (remark.level, remark.place["file"], remark.place["line"]) == ("error", "a.yaml", "3")
    assert 'duplication of key "a"' in remark.message
    # act passes no outputs of a failed job on, as GitHub does.
    assert result.steps["Run yamllint"].outputs == {"problems": "1"}
    assert "Problems: 1\n" in result.summary


def test_an_input_is_never_run_as_a_command(tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "sample", {"a.yaml": "---\na: 1\n"})
    result = run_reusable(tmp_path, "yamllint", sample, inputs={"paths": "a.yaml; touch $(echo pwned)"})
    assert result.failed == ["Run yamllint"], result.log
    assert not list(tmp_path.rglob("pwned"))


def test_a_hostile_name_stays_a_name(tmp_path: Path) -> None:
    name = "a\n::warning file=b::fooled\n```\n# fooled,b.yaml"
    sample = make_sample(tmp_path / "sample", {name: "a: 1\na: 2\n"})
    result = run_reusable(tmp_path, "yamllint", sample, inputs={"strict": False})
    assert result.failed == ["Run yamllint"], result.log
    assert {one.level for one in result.annotations} <= {"error", "warning"}
    assert not any(one.message.startswith("fooled") for one in result.annotations)
    assert "```" not in result.summary
    assert "\n# fooled" not in result.summary
