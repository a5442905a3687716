"""The upload of the starter `pypi`: its comparison of files, and what it may do."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

STARTER = Path(__file__).resolve().parents[3] / "workflows/starters/pypi.yaml"


def _upload() -> dict[str, Any]:
    job: dict[str, Any] = yaml.safe_load(STARTER.read_text())["jobs"]["upload"]
    return job


def _compare(folder: Path, digests: str) -> subprocess.CompletedProcess[str]:
    (script,) = (
        step["run"] for step in _upload()["steps"] if step["name"] == "Compare them with what was tested"
    )
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=folder,
        env={"DIGESTS": digests, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name in ("Boxes_2-1.tar.gz", "boxes-1-py3-none-any.whl", "boxes-1.tar.gz"):
        (tmp_path / name).write_text(name)
    return tmp_path


def _digests(folder: Path) -> str:
    paths = sorted(folder.iterdir())
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in paths)


@pytest.mark.process
def test_files_that_were_tested_may_be_uploaded(files: Path) -> None:
    assert _compare(files, _digests(files)).returncode == 0
    assert _compare(files, _digests(files).rstrip()).returncode == 0


@pytest.mark.process
@pytest.mark.parametrize("name", ["boxes-1.tar.gz", "evil-1.tar.gz", "boxes-1-cp313-cp313-linux_x86_64.whl"])
def test_a_file_that_was_changed_or_added_may_not(files: Path, name: str) -> None:
    digests = _digests(files)
    (files / name).write_text("other")
    done = _compare(files, digests)
    assert done.returncode == 1
    assert done.stdout.endswith("::error title=Upload::the files are not the ones that were tested\n")


@pytest.mark.process
def test_a_file_that_is_missing_is_noticed(files: Path) -> None:
    digests = _digests(files)
    (files / "boxes-1.tar.gz").unlink()
    assert _compare(files, digests).returncode == 1
    assert _compare(files, "").returncode == 1


def test_only_the_upload_may_ask_for_an_identity_and_runs_no_code_of_the_project() -> None:
    workflow = yaml.safe_load(STARTER.read_text())
    assert workflow["permissions"] == {}
    assert workflow["jobs"]["release"]["permissions"] == {"contents": "read"}
    upload = _upload()
    assert (upload["permissions"], upload["environment"]) == ({"id-token": "write"}, "pypi")
    assert [step["uses"].split("@")[0] for step in upload["steps"] if "uses" in step] == [
        "actions/download-artifact",
        "pypa/gh-action-pypi-publish",
    ]
