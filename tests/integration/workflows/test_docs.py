"""The reusable workflows `docs` and `docs-upload`, run by act."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support.actruns import make_sample, run_file, run_reusable
from tests.support.docsservers import DocsServer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.actruns import ActResult

pytestmark = [pytest.mark.process, pytest.mark.network]

INPUTS = {"python-version": "3.11", "project": "none", "system-packages": ""}

PROJECT = {
    "doc/conf.py": 'project = "boxes"\nhtml_theme = "basic"\n',
    "doc/requirements.txt": "sphinx>=8\n",
    "doc/index.rst": """\
Boxes
=====

A :term:`box` is a container.

.. glossary::

   box
      Holds things.
""",
}


def test_documentation_is_built_and_kept(tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "sample", PROJECT)
    result = run_reusable(tmp_path, "docs", sample, inputs=INPUTS)
    assert result.code == 0, result.log
    assert (result.outputs["warnings"], result.outputs["artifact"]) == ("0", "documentation")
    assert "Holds things." in (result.artifacts / "documentation/index.html").read_text()
    assert f"{result.outputs['pages']} pages, 0 complaints, exit code 0." in result.summary


def test_a_reference_without_a_target_fails_the_job_where_it_stands(tmp_path: Path) -> None:
    page = "Boxes\n=====\n\nSee :py:func:`boxes.missing`.\n"
    sample = make_sample(tmp_path / "sample", {**PROJECT, "doc/index.rst": page})
    result = run_reusable(tmp_path, "docs", sample, inputs=INPUTS)
    assert result.code == 1, result.log
    assert result.failed == ["Judge the build"]
    complaint, verdict = result.annotations
    assert (complaint.place["file"], complaint.place["line"]) == ("doc/index.rst", "4")
    assert complaint.message.startswith("py:func reference target not found: boxes.missing")
    assert verdict.message == "the build complained 1 times, and warnings are errors"


SECRETS = {"LTD_USERNAME": "uploader", "LTD_PASSWORD": "tell-nobody"}
FILE = ".github/workflows/docs.yaml"
CALLER = """\
name: docs
on: push
jobs:
  make:
    name: make
    runs-on: ubuntu-latest
    steps:
      - name: Make pages
        run: |
          mkdir -p html/api
          printf '<h1>Boxes</h1>' >html/index.html
          printf '<h1>area</h1>' >html/api/area.html
      - name: Keep pages
        uses: actions/upload-artifact@v7
        with:
          name: documentation
          path: html
  call:
    name: call
    needs: make
    uses: lsst/lsstinstall/.github/workflows/docs-upload.yaml@v1
    with:
      project: boxes
      host: HOST
    secrets: inherit
"""


def _upload(tmp_path: Path, host: str, secrets: dict[str, str]) -> ActResult:
    sample = make_sample(tmp_path / "sample", {FILE: CALLER.replace("HOST", host)})
    env = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    return run_file(tmp_path, FILE, sample, secrets=secrets, env=env)


def test_pages_are_uploaded_to_the_service(tmp_path: Path) -> None:
    with DocsServer(user="uploader", password=SECRETS["LTD_PASSWORD"], product="boxes") as server:
        result = _upload(tmp_path, server.url, SECRETS)
    assert result.code == 0, result.log
    assert result.steps["Upload the pages"].outputs == {"uploaded": "true", "files": "2"}
    assert server.files == {"index.html": b"<h1>Boxes</h1>", "api/area.html": b"<h1>area</h1>"}
    assert (server.refs, server.confirmed) == (["main"], True)
    assert "tell-nobody" not in result.log


def test_a_refused_upload_fails_the_job(tmp_path: Path) -> None:
    with DocsServer(user="uploader", password=os.urandom(8).hex(), product="boxes") as server:
        result = _upload(tmp_path, server.url, SECRETS)
    assert result.code == 1, result.log
    assert result.failed == ["Upload the pages"]
    assert result.annotations[0].message == f"the upload to <{server.url}> failed"
    assert not server.confirmed


def test_a_run_without_secrets_uploads_nothing_and_says_so(tmp_path: Path) -> None:
    result = _upload(tmp_path, "https://docs.example.org", {})
    assert result.code == 0, result.log
    assert result.steps["Upload the pages"].outputs["uploaded"] == "false"
    assert "2 files not uploaded: this run has no secrets." in result.summary
