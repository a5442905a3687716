"""Helper `check_docstyle` of the workflow `docstyle`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.actruns import make_sample
from tests.support.proposals import git_in
from workflows.scripts.check_docstyle import files_of, read_style
from workflows.scripts.check_format import usual_paths
from workflows.scripts.check_shell import is_shell
from workflows.scripts.findings import CheckError

_NUMPY = ("--config", 'lint.pydocstyle.convention="numpy"')


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("files", "convention", "options", "reason"),
    [
        ({}, "", ("--isolated", "--select", "D", *_NUMPY), "no file has settings of pydocstyle"),
        (
            {"pyproject.toml": "[tool.pydocstyle]\nconvention = 'numpy'\nadd-ignore = ['D105', 'D302']\n"},
            "",
            ("--isolated", "--select", "D", *_NUMPY, "--ignore", "D105"),
            "settings of pyproject.toml [tool.pydocstyle]",
        ),
        (
            {"setup.cfg": "[pydocstyle]\nselect = D101,D102\nadd_select = D200\n"},
            "",
            ("--isolated", "--select", "D101,D102", "--extend-select", "D200"),
            "settings of setup.cfg [pydocstyle]",
        ),
        (
            {"tox.ini": "[pydocstyle]\nignore = D100\n"},
            "google",
            (
                "--isolated",
                "--select",
                "D",
                "--config",
                'lint.pydocstyle.convention="google"',
                "--ignore",
                "D100",
            ),
            "settings of tox.ini [pydocstyle]",
        ),
        (
            {
                "pyproject.toml": "[tool.ruff.lint]\nignore = ['D100', 'E501']\n"
                "[tool.ruff.lint.pydocstyle]\nconvention = 'google'\n"
            },
            "",
            ("--force-exclude", "--extend-select", "D", "--ignore", "D100"),
            "settings of ruff's linter",
        ),
        (
            {"ruff.toml": "[lint]\nselect = ['E']\n"},
            "",
            ("--force-exclude", "--extend-select", "D", *_NUMPY),
            "settings of ruff's linter",
        ),
    ],
)
def test_settings_say_how_docstrings_are_checked(
    files: dict[str, str], convention: str, options: tuple[str, ...], reason: str
) -> None:
    for name, text in files.items():
        Path(name).write_text(text, encoding="utf-8")
    style = read_style(convention)
    assert (style.options, style.reason) == (options, reason)


def test_a_convention_is_one_of_ruff() -> None:
    with pytest.raises(
        CheckError, match="`lsst` is no convention of docstrings, expected one of numpy, google, pep257"
    ):
        read_style("lsst")


@pytest.mark.process
def test_folders_give_what_pydocstyle_looks_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("python/a.py", "python/test_a.py", "python/.hidden/b.py", "python/c.txt", "tests/test_b.py")
    monkeypatch.chdir(make_sample(tmp_path / "sample", dict.fromkeys(names, "")))
    style = read_style("")
    assert files_of(["python", "tests/test_b.py"], [], style) == ["python/a.py", "tests/test_b.py"]
    assert files_of(["."], ["python/a*"], style) == []


@pytest.mark.process
def test_programs_of_a_folder_are_checked_if_they_are_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "bin.src/a": "#!/usr/bin/env python3\n",
        "bin.src/b": "#!/bin/sh\n",
        "bin.src/c.py": "",
        "x.py": "",
    }
    monkeypatch.chdir(make_sample(tmp_path / "sample", files))
    assert usual_paths() == ["bin.src/a", "bin.src/c.py"]
    Path("bin.src/d").symlink_to("nowhere")
    git_in(Path(), "add", "bin.src/d")
    assert usual_paths() == ["bin.src/a", "bin.src/c.py"]


def test_without_usual_folders_everything_is_checked() -> None:
    assert usual_paths() == ["."]


@pytest.mark.parametrize(
    ("name", "text", "shell"),
    [
        ("a.sh", "", True),
        ("run", "#!/usr/bin/env bash\n", True),
        ("run", "#!/bin/sh -e\n", True),
        ("run", "#!/bin/zsh\n", False),
        ("run", "#!/bin/csh\n", False),
        ("run", "#!/usr/bin/python3\n", False),
        ("run.py", "#!/bin/sh\n", False),
    ],
)
def test_scripts_are_told_by_name_or_first_line(name: str, text: str, *, shell: bool) -> None:
    Path(name).write_text(text, encoding="utf-8")
    assert is_shell(name) is shell


def test_links_and_missing_files_are_no_scripts() -> None:
    Path("link.sh").symlink_to("missing.sh")
    assert not is_shell("link.sh")
    assert not is_shell("missing.sh")
