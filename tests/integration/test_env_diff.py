"""`rubin-releng env diff` as a maintainer calls it: versions, recipes and locks."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.commands.frame import run_main
from rubin_releng.commands.main import cli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.conda]

LEDGER = """\
schema: 1
name: rubin-env
outputs:
  rubin-env: {summary: "All"}
versions:
  "2.0.0": {build: 1, date: 2026-01-02, platforms: [linux-64]}
  "1.0.0": {build: 0, date: 2025-01-02, platforms: [linux-64]}
requirements:
  rubin-env:
    run:
      scipy:
      - {limit: "<1.9", versions: ["2.0.0"]}
      - {versions: ["1.0.0"]}
"""

RECIPE = """\
recipe: {name: rubin-env, version: "2.0.0"}
outputs:
  - package: {name: rubin-env}
    requirements:
      host: [python]
      run:
        - scipy <1.9
        - if: linux
          then: prmon
        - ${{ pin_subpackage("rubin-env-x", exact=True) }}
  - package: {name: rubin-env-x}
    build: {noarch: generic}
"""

META = """\
{% set version = "2.0.0" %}
package:
  name: rubin-env
  version: {{ version }}
build:
  skip: true  # [not linux64]
requirements:
  run:
    - scipy < 1.9
    - numpy {{ numpy }}.*
    - libcxx  # [osx]
"""

LOCK = """\
# platform: linux-64
@EXPLICIT
https://example.org/c/linux-64/rubin-env-2.0.0-h0_1.conda
https://example.org/c/linux-64/scipy-1.8.0-h0_1.conda
https://example.org/c/noarch/six-1.0-h0_1.conda
"""


@pytest.fixture(autouse=True)
def _quiet_logging() -> Iterator[None]:
    """Undo what a command does to the logging of its process."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for path, text in {
        "recipes/rubin-env/requirements.yaml": LEDGER,
        "rendered/recipe.yaml": RECIPE,
        "rendered/variants.yaml": 'python: ["3.13.*"]\n',
        "old/recipe/meta.yaml": META,
        "old/recipe/conda_build_config.yaml": "numpy: [2.3]\n",
        "a.env": LOCK,
        "b.env": LOCK.replace("six-1.0", "six-1.1").replace("scipy-1.8.0", "scipy-1.8.1"),
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


class _Diff:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.out = ""
        self.err = ""

    def __call__(self, *arguments: object) -> int:
        """Call the command."""
        code = run_main(cli, name="rubin-releng", arguments=["env", "diff", *map(str, arguments)])
        self.out, self.err = self._capsys.readouterr()
        return code

    def changes(self, *arguments: object) -> list[tuple[Any, ...]]:
        """Call it, and list what changed where."""
        assert self(*arguments, "--json") == 0, self.out
        answer = json.loads(self.out)
        keys = ("package", "before", "after", "direct")
        return [
            (group["section"], *(change[key] for key in keys))
            for group in answer["groups"]
            for change in group["changes"]
        ]


@pytest.fixture
def diff(capsys: pytest.CaptureFixture[str], folder: Path) -> _Diff:
    assert folder.is_dir()
    return _Diff(capsys)


def test_versions_of_the_ledger_are_compared(diff: _Diff) -> None:
    assert diff.changes("1.0.0", "2.0.0") == [("run", "scipy", "", "<1.9", True)]
    assert diff("1.0.0", "2.0.0") == 0
    assert "| `scipy` | any version | `<1.9` | all |  |" in diff.out


def test_a_folder_with_a_ledger_stands_for_its_newest_version(diff: _Diff) -> None:
    assert diff.changes("1.0.0", "recipes/rubin-env") == diff.changes("1.0.0", "2.0.0")


def test_a_version_is_compared_with_a_recipe(diff: _Diff) -> None:
    assert diff.changes("2.0.0", "rendered", "--platform", "linux-64") == [
        ("run", "prmon", None, "", True),
        ("run", "rubin-env-x", None, "exact", True),
        ("host", "python", None, "", True),
    ]
    assert json.loads(diff.out)["outputs_added"] == ["rubin-env-x"]


def test_a_version_is_compared_with_a_recipe_of_conda_build(diff: _Diff, folder: Path) -> None:
    changes = [("run", "numpy", None, "2.3.*", True)]
    assert diff.changes("2.0.0", "old") == changes
    assert diff.changes("2.0.0", "old/recipe/meta.yaml") == changes
    (folder / "old/recipe/conda_build_config.yaml").unlink()
    assert diff("2.0.0", "old") == 5
    assert "old/recipe/meta.yaml:10:1: cannot be evaluated: 'numpy' is undefined" in diff.err


@pytest.mark.parametrize("version", ["0.8.4", "4.0.5", "9.0.0", "13.0.1"])
def test_what_we_render_for_conda_build_says_what_the_ledger_says(
    diff: _Diff, project_root: Path, version: str
) -> None:
    render = ["env", "render", "rubin-env", "--root", project_root, "--version", version]
    arguments = [*map(str, render), "--format", "conda-build", "--output", "made"]
    assert run_main(cli, name="rubin-releng", arguments=arguments) == 0
    ledger = project_root / "recipes/rubin-env"
    assert diff("--ledger", ledger, version, "made") == 0
    assert "nothing differs" in diff.out or "- new platforms: " in diff.out
    assert diff.changes("--ledger", ledger, version, "made") == []


def test_recipes_are_compared_with_their_variants(diff: _Diff) -> None:
    assert diff.changes("rendered", "rendered/recipe.yaml") == []
    assert json.loads(diff.out)["platforms"] == ["linux-64", "linux-aarch64", "osx-64", "osx-arm64"]


def test_locks_are_compared_direct_requirements_first(diff: _Diff) -> None:
    assert diff.changes("a.env", "b.env") == [
        ("packages", "scipy", "1.8.0 h0_1", "1.8.1 h0_1", True),
        ("packages", "six", "1.0 h0_1", "1.1 h0_1", False),
    ]


def test_a_page_is_written_where_the_name_says_so(diff: _Diff, folder: Path) -> None:
    assert diff("1.0.0", "2.0.0", "--output", "diff.html") == 0
    assert diff.out == "wrote `diff.html`\n"
    assert (folder / "diff.html").read_text().startswith("<!DOCTYPE html>")
    assert diff("1.0.0", "2.0.0", "--output", "diff.md") == 0
    assert (folder / "diff.md").read_text().startswith("# rubin-env 1.0.0")
    assert diff("1.0.0", "2.0.0", "--format", "html") == 0
    assert diff.out.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("1.0.0", "0.8.5"), 3, "there is no rubin-env `0.8.5`"),
        (("1.0.0", "a.env"), 2, "has packages"),
        (("1.0.0", "nothing"), 3, "is no version, lock or folder"),
        (("1.0.0", "none.env"), 3, "none.env"),
        (("1.0.0", "recipes"), 2, "there is no recipe in `recipes`"),
        (("1.0.0", "2.0.0", "--platform", "osx-64"), 2, "no platform in common"),
        (
            ("1.0.0", "2.0.0", "--platform", "osx-64"),
            2,
            "`rubin-env 1.0.0` has none of the platforms asked for",
        ),
        (("1.0.0", "2.0.0", "--platform", "Linux"), 2, "`Linux`"),
        (("1.0.0", "2.0.0", "--ledger", "nowhere"), 3, "nowhere"),
    ],
)
def test_wrong_questions_are_told(diff: _Diff, arguments: tuple[str, ...], code: int, message: str) -> None:
    assert diff(*arguments) == code
    assert message in diff.err


def test_without_a_ledger_versions_mean_nothing(diff: _Diff, folder: Path) -> None:
    (folder / "recipes/rubin-env/requirements.yaml").unlink()
    (folder / "recipes/rubin-env").rmdir()
    assert diff("1.0.0", "2.0.0") == 3
    assert "no ledger" in diff.err


def test_a_recipe_that_breaks_its_format_is_told_with_the_place(diff: _Diff, folder: Path) -> None:
    (folder / "rendered/recipe.yaml").write_text("package: {name: [\n")
    assert diff("rendered", "rendered") == 5
    assert "rendered/recipe.yaml:" in diff.err
