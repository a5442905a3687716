"""Helper `plan_matrix` of the workflow `pytest`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from workflows.scripts.plan_matrix import main, plan

if TYPE_CHECKING:
    from pathlib import Path


def _environment(tmp_path: Path, **changes: str) -> dict[str, str]:
    return {
        "FOLDER": str(tmp_path),
        "PYTHON_VERSIONS": "",
        "SYSTEMS": "ubuntu-latest",
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        **changes,
    }


def test_named_versions_run_on_each_system(tmp_path: Path) -> None:
    jobs = plan(tmp_path / "none", versions="3.12, 3.14-dev\n3.12 3.13t", systems="ubuntu-latest macos-15")
    assert [(job["system"], job["python"]) for job in jobs] == [
        ("ubuntu-latest", "3.12"),
        ("ubuntu-latest", "3.14-dev"),
        ("ubuntu-latest", "3.13t"),
        ("macos-15", "3.12"),
        ("macos-15", "3.14-dev"),
        ("macos-15", "3.13t"),
    ]


def test_with_none_named_the_classifiers_tell_the_versions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    classifiers = [f"Programming Language :: Python :: {one}" for one in ("3", "3.11", "3.12", "3 :: Only")]
    (tmp_path / "pyproject.toml").write_text(f"[project]\nclassifiers = {json.dumps(classifiers)}\n")
    assert main(_environment(tmp_path)) == 0
    assert (tmp_path / "output").read_text() == (
        'matrix={"include": [{"python": "3.11", "system": "ubuntu-latest"}, '
        '{"python": "3.12", "system": "ubuntu-latest"}]}\n'
    )
    assert capsys.readouterr().out == "Python 3.11 on ubuntu-latest\nPython 3.12 on ubuntu-latest\n"


@pytest.mark.parametrize(
    ("project", "changes", "message"),
    [
        (None, {}, "`python-versions` is empty and there is no `"),
        ("[project]\nname = 'a'\n", {}, "has no classifier `Programming Language :: Python :: 3.x`"),
        ("[project\n", {}, "pyproject.toml`: "),
        (None, {"PYTHON_VERSIONS": "3.12 newest"}, "`python-versions` has `newest`"),
        (
            None,
            {"PYTHON_VERSIONS": '["3.12"]'},
            '`python-versions` has `["3.12"]`; expected words such as `3.12`',
        ),
        (None, {"PYTHON_VERSIONS": "3.12", "SYSTEMS": "${{ x }}"}, "`systems` has `${{`"),
        (None, {"PYTHON_VERSIONS": "3.12", "SYSTEMS": " "}, "`systems` is empty"),
    ],
)
def test_what_gives_no_matrix_is_told(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    project: str | None,
    changes: dict[str, str],
    message: str,
) -> None:
    if project is not None:
        (tmp_path / "pyproject.toml").write_text(project)
    assert main(_environment(tmp_path, **changes)) == 1
    output = capsys.readouterr().out
    assert output.startswith("::error title=Matrix::")
    assert message in output
