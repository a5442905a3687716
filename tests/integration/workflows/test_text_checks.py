"""The reusable workflows `markdownlint`, `shellcheck` and `pre-commit`, run by act."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.support.actruns import add_commit, make_sample, run_reusable

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.process, pytest.mark.network]

_HOOKS = """\
repos:
  - repo: local
    hooks:
      - id: no-tabs
        name: no tabs
        language: pygrep
        entry: "\\t"
        files: \\.py$
"""


def _npm_cache(tmp_path: Path) -> dict[str, str]:
    """Let the tests of one session share what npm downloads."""
    if shutil.which("npx") is None:
        pytest.skip("npx is not on this machine")
    return {"npm_config_cache": str(tmp_path.parent / "npm-cache")}


def test_right_markdown_passes(tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "sample", {"README.md": "# A sample\n\nText.\n"})
    result = run_reusable(tmp_path, "markdownlint", sample, env=_npm_cache(tmp_path))
    assert result.code == 0, result.log
    assert "| files | 1 |" in result.summary


def test_wrong_markdown_is_told_where_it_is(tmp_path: Path) -> None:
    files = {
        "docs/[a](b).md": "# A sample\n\n\n\nText.\n",
        "old/c.md": "no heading\n",
        ".mdlrc": "style 'x'\n",
    }
    sample = make_sample(tmp_path / "sample", files)
    result = run_reusable(
        tmp_path, "markdownlint", sample, inputs={"exclude": "old"}, env=_npm_cache(tmp_path)
    )
    assert result.failed == ["Run markdownlint"], result.log
    told = [
        (one.level, one.place["file"], one.place["line"], one.place.get("title"))
        for one in result.annotations
    ]
    assert told == [
        ("error", "docs/[a](b).md", "3", "MD012"),
        ("error", "docs/[a](b).md", "4", "MD012"),
        ("warning", ".mdlrc", "1", None),
    ]


def test_right_scripts_pass(tmp_path: Path) -> None:
    files = {"run.sh": '#!/bin/sh\necho "$1"\n', "a.py": "#!/usr/bin/env python3\n"}
    result = run_reusable(tmp_path, "shellcheck", make_sample(tmp_path / "sample", files))
    assert result.code == 0, result.log
    assert "| files | 1 |" in result.summary


def test_wrong_scripts_are_told_whatever_they_are_called(tmp_path: Path) -> None:
    name = "bin/$(touch pwned)\n`touch pwned`"
    sample = make_sample(
        tmp_path / "sample", {name: "#!/usr/bin/env bash\necho $1\n", "old/b.sh": "echo $1\n"}
    )
    result = run_reusable(tmp_path, "shellcheck", sample, inputs={"exclude": "old", "severity": "info"})
    assert result.failed == ["Run shellcheck"], result.log
    (remark,) = result.annotations
    assert (remark.level, remark.place["line"], remark.place["title"]) == ("notice", "2", "SC2086")
    assert remark.place["file"] == name
    assert not list(tmp_path.rglob("pwned"))


def test_hooks_pass_with_prek(tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "sample", {".pre-commit-config.yaml": _HOOKS, "a.py": "x = 1\n"})
    result = run_reusable(tmp_path, "pre-commit", sample)
    assert result.code == 0, result.log
    assert "| arguments | run --show-diff-on-failure" in result.summary


@pytest.mark.parametrize("tool", ["prek", "pre-commit"])
def test_a_hook_that_fails_is_named(tmp_path: Path, tool: str) -> None:
    sample = make_sample(tmp_path / "sample", {".pre-commit-config.yaml": _HOOKS})
    add_commit(sample, {"a.py": "\tx = 1\n::error::fooled\n"}, message="Indent")
    result = run_reusable(tmp_path, "pre-commit", sample, inputs={"tool": tool})
    assert result.failed == ["Run the hooks"], result.log
    assert [(one.place["title"], one.message) for one in result.annotations] == [
        ("no-tabs", "the hook `no tabs` failed; its output is in the log")
    ]
