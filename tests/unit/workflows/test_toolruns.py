"""Helper `toolruns` of the checks."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.proposals import git_in
from workflows.scripts.findings import CheckError, Finding
from workflows.scripts.toolruns import (
    ended,
    given,
    hook_version,
    inspect,
    listed,
    relative,
    requirement,
    tracked,
    wanted,
    words,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("python tests", ["python", "tests"]),
        ("python\n'a b.py'\n", ["python", "a b.py"]),
        ("", ["x"]),
        ("a;b && c > d | $HOME *", ["a;b", "&&", "c", ">", "d", "|", "$HOME", "*"]),
    ],
)
def test_words_are_words_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, text: str, expected: list[str]
) -> None:
    monkeypatch.setenv("SOME_PATHS", text)
    assert words("SOME_PATHS", "x") == expected


@pytest.mark.parametrize("text", ["$(find python)", "a `ls`", "${HOME}/a"])
def test_what_a_shell_would_run_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("SOME_PATHS", text)
    with pytest.raises(CheckError, match=r"the input `some-paths` holds `.*` of a shell, expected words"):
        words("SOME_PATHS")


def test_an_open_quote_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATHS", "a 'b")
    with pytest.raises(CheckError, match="the input `paths` cannot be split: No closing quotation: a 'b"):
        words("PATHS")


def test_an_input_that_is_not_given_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PATHS", raising=False)
    assert given("PATHS") == ""
    assert words("PATHS") == []


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("", "ruff"),
        ("0.9.4", "ruff==0.9.4"),
        (" 1.0rc1 ", "ruff==1.0rc1"),
        (">=0.13,<0.13.20", "ruff>=0.13,<0.13.20"),
        ("!=1.9.0", "ruff!=1.9.0"),
        ("==7.3.*", "ruff==7.3.*"),
        ("~= 1.2 , < 2", "ruff~= 1.2 , < 2"),
    ],
)
def test_a_version_is_what_pip_takes(version: str, expected: str) -> None:
    assert requirement("ruff", version) == expected


@pytest.mark.parametrize(
    "version", ["latest", "==1; touch x", "@ git+https://x", "==1 --index-url x", "[a]==1"]
)
def test_anything_else_is_no_version(version: str) -> None:
    with pytest.raises(CheckError, match=r"is no version of ruff; write `1\.2\.3`"):
        requirement("ruff", version)


def test_a_file_is_named_as_in_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert relative(str(tmp_path / "a/b.py")) == "a/b.py"
    assert relative("./c.py") == "c.py"
    assert relative("") == ""


def test_a_tool_that_failed_without_findings_could_not_work() -> None:
    done = subprocess.CompletedProcess(["uvx", "ruff"], 2, stdout="", stderr="first\nno such file\n")
    with pytest.raises(CheckError, match="`uvx` failed with exit code 2: no such file"):
        ended(done, [])
    silent = subprocess.CompletedProcess(["uvx"], 1, stdout="", stderr="")
    with pytest.raises(CheckError, match="it printed nothing"):
        ended(silent, [])
    found = [Finding(message="x")]
    assert ended(done, found) == found
    crashed = subprocess.CompletedProcess(
        ["uvx"], 1, stdout="", stderr="a\nTraceback (most recent call last):\n  ...\nSyntaxError: no\n"
    )
    with pytest.raises(CheckError, match="`uvx` failed with exit code 1: SyntaxError: no"):
        ended(crashed, found)


@pytest.mark.process
def test_a_tool_writes_nothing_for_the_runner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    code = "import os, sys; print(os.environ.get('GITHUB_OUTPUT')); print('::error::x', file=sys.stderr)"
    done = inspect([sys.executable, "-c", code])
    assert done.stdout == "None\n"
    assert "::error::x" in capsys.readouterr().out
    assert os.environ["GITHUB_OUTPUT"] == str(tmp_path / "output")


@pytest.mark.process
def test_a_missing_program_is_told() -> None:
    with pytest.raises(CheckError, match="the program `no-such-program` is not on this machine"):
        inspect(["no-such-program"])


@pytest.mark.process
def test_files_are_those_git_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    git_in(tmp_path, "init", "--quiet")
    for name in ("python/a.py", "python/ply/b.py", "c d.py", "-e.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    git_in(tmp_path, "add", ".")
    (tmp_path / "python/made.py").write_text("", encoding="utf-8")
    assert tracked(["python", "c d.py", "python/a.py"]) == ["python/a.py", "python/ply/b.py", "c d.py"]
    assert tracked(["."], exclude=["*/ply/*", "-e.py"]) == ["c d.py", "python/a.py"]
    assert listed(["*.txt"]) == []
    with pytest.raises(CheckError, match=r"`missing` names no file of the repository"):
        tracked(["missing"])
    with pytest.raises(CheckError, match=r"`-e\.py` is an option, expected a file or a folder"):
        tracked(["-e.py"])


@pytest.mark.process
def test_files_are_in_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckError, match="git lists no files: fatal"):
        listed(["."])


# As lsst/daf_butler has them, November 2026, and a frozen one.
_HOOKS = """\
repos:
  - repo: https://github.com/pre-commit/pre-commit-hooks
    rev: v6.0.0
    hooks:
      - id: check-yaml
  - repo: https://github.com/astral-sh/ruff-pre-commit
    # Ruff version.
    rev: v0.14.5
    hooks:
      - id: ruff-check
  - repo: "https://github.com/PyCQA/isort.git"
    rev: c235f5e450b4b84e58d114ed4c589cbf454175a3  # frozen: 5.13.2
  - repo: https://github.com/psf/black
    rev: main
"""


def test_versions_are_those_of_the_hooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert hook_version("ruff") == ""
    (tmp_path / ".pre-commit-config.yaml").write_text(_HOOKS, encoding="utf-8")
    assert [hook_version(tool) for tool in ("ruff", "isort", "black", "flake8", "mypy")] == [
        "0.14.5",
        "5.13.2",
        "",
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("tool", "version", "expected"),
    [
        ("ruff", "auto", ("ruff==0.14.5", ".pre-commit-config.yaml")),
        ("ruff", ">=0.13,<0.13.20", ("ruff>=0.13,<0.13.20", "the caller")),
        ("ruff", "", ("ruff", "the caller")),
        ("black", "auto", ("black==25.1.0", "the workflow")),
    ],
)
def test_a_version_is_the_callers_or_that_of_the_hooks_or_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: str, version: str, expected: tuple[str, str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".pre-commit-config.yaml").write_text(_HOOKS, encoding="utf-8")
    monkeypatch.setenv(f"{tool.upper()}_VERSION", version)
    monkeypatch.setenv(f"{tool.upper()}_DEFAULT", "25.1.0")
    assert wanted(tool) == expected
