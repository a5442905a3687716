"""Helper `toolsettings` of the checks: which tools a repository wants."""

from __future__ import annotations

from pathlib import Path

import pytest

from workflows.scripts.check_tooling import check
from workflows.scripts.findings import CheckError
from workflows.scripts.toolsettings import choose, ini_section, names_of, read_toml, table

_RUFF = "pyproject.toml has settings of ruff's"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _write(files: dict[str, str]) -> None:
    for name, text in files.items():
        Path(name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("kind", "files", "tool", "reason"),
    [
        ("format", {}, "none", "neither [tool.ruff.format] nor [tool.black] is in pyproject.toml"),
        ("format", {"pyproject.toml": "[tool.ruff.format]\n"}, "ruff", f"{_RUFF} formatter"),
        ("format", {"pyproject.toml": "[tool.ruff.format]\n[tool.black]\n"}, "ruff", f"{_RUFF} formatter"),
        (
            "format",
            {"pyproject.toml": "[tool.ruff]\n[tool.black]\n"},
            "black",
            "pyproject.toml has [tool.black] and no settings of ruff's formatter",
        ),
        ("format", {"ruff.toml": "[format]\n"}, "ruff", "ruff.toml has settings of ruff's formatter"),
        ("lint", {}, "flake8", "no file has settings of ruff or flake8"),
        ("lint", {"pyproject.toml": "[tool.ruff.lint]\n"}, "ruff", f"{_RUFF} linter"),
        ("lint", {"pyproject.toml": "[tool.ruff]\nselect = ['E']\n"}, "ruff", f"{_RUFF} linter"),
        (
            "lint",
            {"pyproject.toml": "[tool.ruff]\n", "setup.cfg": "[flake8]\n"},
            "flake8",
            "setup.cfg has [flake8] and ruff's linter has no settings",
        ),
        (
            "lint",
            {"pyproject.toml": "[tool.ruff.lint]\n", ".flake8": "[flake8]\n"},
            "ruff",
            f"{_RUFF} linter",
        ),
        (
            "lint",
            {"pyproject.toml": "[tool.ruff]\n"},
            "ruff",
            "pyproject.toml has settings of ruff, and no file has some of flake8",
        ),
        ("isort", {}, "none", "no file has settings of isort, and ruff does not sort imports"),
        (
            "isort",
            {"pyproject.toml": "[tool.ruff.lint]\nextend-select = ['I001']\n[tool.isort]\n"},
            "ruff",
            "pyproject.toml selects ruff's rules `I001`",
        ),
        (
            "isort",
            {"pyproject.toml": "[tool.ruff.lint]\nselect = ['ALL']\nignore = ['I']\n[tool.isort]\n"},
            "isort",
            "pyproject.toml has [tool.isort] and ruff does not sort imports",
        ),
        (
            "isort",
            {"setup.cfg": "[isort]\nprofile = black\n"},
            "isort",
            "setup.cfg has [isort] and ruff does not sort imports",
        ),
    ],
)
def test_settings_choose_a_tool(kind: str, files: dict[str, str], tool: str, reason: str) -> None:
    _write(files)
    choice = choose(kind, "auto")
    assert (choice.tool, choice.reason) == (tool, reason)


def test_a_caller_may_choose() -> None:
    _write({"pyproject.toml": "[tool.ruff.format]\n"})
    assert choose("format", "black").tool == "black"
    with pytest.raises(
        CheckError, match="`mypy` is no tool for `lint`, expected one of auto, ruff, flake8, none"
    ):
        choose("lint", "mypy")


def test_a_broken_file_is_told_with_its_line() -> None:
    _write({"pyproject.toml": "[tool.ruff]\nx = \n", "setup.cfg": "no section\n"})
    with pytest.raises(CheckError, match=r"`pyproject\.toml` is no TOML") as caught:
        read_toml("pyproject.toml")
    assert (caught.value.finding.file, caught.value.finding.line) == ("pyproject.toml", 2)
    with pytest.raises(CheckError, match=r"`setup\.cfg` is no INI file: File contains no section headers"):
        ini_section("setup.cfg", "flake8")


def test_tables_are_tables() -> None:
    assert table({"a": {"b": {}}}, "a", "b") == {}
    assert table({"a": {"b": 1}}, "a", "b") is None
    assert table({"a": 1}, "a", "b") is None


def test_names_of_rules_come_as_lists_and_texts() -> None:
    assert names_of({"a": ["D1", "D2"], "b": "D3, D4\nD5"}, "a", "b", "c") == ["D1", "D2", "D3", "D4", "D5"]


def test_choices_are_outputs_and_have_their_reasons_in_the_summary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    monkeypatch.setenv("KINDS", "lint isort")
    monkeypatch.setenv("ISORT_TOOL", "isort")
    assert check() == 0
    output = (tmp_path / "output").read_text(encoding="utf-8").splitlines()
    assert [line for line in output if line in {"flake8", "isort"}] == ["flake8", "isort"]
    summary = (tmp_path / "summary").read_text(encoding="utf-8")
    assert "| isort | isort&#58; the caller asks for it |" in summary
