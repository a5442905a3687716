"""The reusable workflow `pypi` with the starter that calls it, run by act up to the upload."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.actruns import ROOT, add_commit, make_sample, run_file

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.actruns import ActResult

pytestmark = [pytest.mark.process, pytest.mark.network]

STARTER = ROOT / "workflows/starters/pypi.yaml"
FILE = ".github/workflows/pypi.yaml"
INPUTS = """\
    with:
      python-version: "3.11"
      spread-seconds: 1
      commands: boxes
"""


def _project(version: str) -> dict[str, str]:
    return {
        "pyproject.toml": f"""\
[build-system]
requires = ["flit_core>=3.9"]
build-backend = "flit_core.buildapi"

[project]
name = "boxes"
version = "{version}"
description = "Boxes"
readme = "README.md"
license = "BSD-3-Clause"
requires-python = ">=3.11"
scripts.boxes = "boxes:main"
""",
        "README.md": "# Boxes\n\nHold things.\n",
        "boxes/__init__.py": '"""Boxes."""\n\n\ndef main() -> None:\n    """Greet."""\n    print("hello")\n',
        FILE: STARTER.read_text().replace("pypi.yaml@v1\n", f"pypi.yaml@v1\n{INPUTS}"),
    }


def _tag(sample: Path, *names: str) -> None:
    for name in names:
        subprocess.run(["git", "tag", name], cwd=sample, check=True)


def _push(tmp_path: Path, sample: Path, tag: str) -> ActResult:
    env = {"RECORDED": str(tmp_path / "recorded")}
    return run_file(tmp_path, FILE, sample, payload={"ref": f"refs/tags/{tag}"}, env=env)


def test_a_new_weekly_is_built_once_tried_and_handed_to_the_upload(tmp_path: Path) -> None:
    files = _project("unused")
    # As our own packages have it: lsst-versions makes the version from the tags.
    files["pyproject.toml"] = (
        files["pyproject.toml"]
        .replace("flit_core>=3.9", 'setuptools>=77", "lsst-versions>=1.3')
        .replace("flit_core.buildapi", "setuptools.build_meta")
        .replace('version = "unused"', 'dynamic = ["version"]')
        + '\n[tool.setuptools]\npackages = ["boxes"]\n\n[tool.lsst_versions]\nwrite_to = "boxes/version.py"\n'
    )
    sample = make_sample(tmp_path / "sample", files)
    _tag(sample, "30.0.0")
    add_commit(sample, {}, message="More")
    _tag(sample, "w.2026.04")
    result = _push(tmp_path, sample, "w.2026.04")
    assert result.code == 0, result.log
    uploaded = tmp_path / "recorded/uploaded"
    names = ["boxes-30.2026.400-py3-none-any.whl", "boxes-30.2026.400.tar.gz"]
    assert sorted(path.name for path in uploaded.iterdir()) == names
    for name in names:
        assert (uploaded / name).read_bytes() == (result.artifacts / "release" / name).read_bytes()
    assert json.loads((tmp_path / "recorded/publish.json").read_text())["attestations"] == "true"
    assert "`w.2026.04` is a weekly to be published" in result.summary
    assert "`boxes-30.2026.400.tar.gz`: `import boxes`, `boxes`" in result.summary
    assert "### Upload: true" in result.summary


def test_a_version_that_is_not_the_tags_is_never_uploaded(tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "sample", _project("31.0.0"))
    _tag(sample, "v31.0.0.rc1")
    result = _push(tmp_path, sample, "v31.0.0.rc1")
    assert result.code == 1, result.log
    assert result.failed == ["Check the distributions"]
    assert "version is `31.0.0`, the tag asks for `31.0.0rc1`" in result.annotations[-1].message
    assert "### Upload: false" in result.summary
    assert not (tmp_path / "recorded").exists()


def test_a_weekly_that_changed_nothing_is_not_even_built(tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "sample", _project("30.2026.2000"))
    _tag(sample, "w.2026.20", "w.2026.21")
    result = _push(tmp_path, sample, "w.2026.21")
    assert result.code == 0, result.log
    assert "`w.2026.20` names the same commit" in result.summary
    assert "Build the distributions" not in result.steps
    assert not (tmp_path / "recorded").exists()
