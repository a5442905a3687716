"""`rubin-releng workflow migrate`: files of a caller, whole or not at all."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from lsstinstall.core.errors import ConfigurationError, NotFoundError, ProblemsError, ToolkitError
from rubin_releng.commands.main import cli
from rubin_releng.workflows.migrationtable import RULES
from tests.support.actruns import add_commit, make_sample, run_file

pytestmark = pytest.mark.process

OLD = "lsst/rubin_workflows/.github/workflows"
LINT = f"""\
name: lint

on:
  pull_request:  # every one

concurrency:
  group: lint-${{{{ github.ref }}}}
  cancel-in-progress: true

jobs:
  call-workflow:
    name: Lint
    uses: '{OLD}/lint.yaml@main'
"""
MIGRATED = """\
name: lint

on:
  pull_request:  # every one

concurrency:
  group: lint-${{ github.ref }}
  cancel-in-progress: true

permissions: {}

jobs:
  call-workflow:
    name: Lint
    uses: 'lsst/lsstinstall/.github/workflows/lint.yaml@v1'
    permissions:
      contents: read
"""
OWN = "name: own\non: push\njobs:\n  types:\n    runs-on: ubuntu-latest\n    steps:\n      - run: mypy .\n"
SHELL = (
    f"name: docs\non: push\njobs:\n  one:\n    uses: {OLD}/docstyle.yaml@main\n    with:\n      args: $(ls)\n"
)


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(("git", "-C", str(folder), *arguments), check=True, capture_output=True)


def repository(folder: Path, **files: str) -> Path:
    workflows = folder / ".github/workflows"
    workflows.mkdir(parents=True)
    for name, text in files.items():
        (workflows / f"{name}.yaml").write_text(text, encoding="utf-8", newline="")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(
        folder,
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@example.org",
        "commit",
        "--quiet",
        "--message",
        "Begin",
    )
    return workflows


def run(*arguments: object) -> str:
    result = CliRunner().invoke(cli, ["workflow", "migrate", *map(str, arguments)], standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.stdout


def test_a_repository_is_migrated_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workflows = repository(tmp_path, lint=LINT, own=OWN)
    monkeypatch.chdir(tmp_path)
    assert run() == (
        f".github/workflows/lint.yaml:13: `call-workflow`: {OLD}/lint.yaml@main"
        " -> lsst/lsstinstall/.github/workflows/lint.yaml@v1\n"
        ".github/workflows/lint.yaml:13: note: settings decide between flake8 and ruff now;"
        " `lint-tool: flake8` keeps flake8\n"
        ".github/workflows/own.yaml:4: suggestion: `mypy` does what the job `types` does\n"
        "1 file rewritten\n"
    )
    assert (workflows / "lint.yaml").read_text(encoding="utf-8") == MIGRATED
    assert (workflows / "own.yaml").read_text(encoding="utf-8") == OWN
    assert run("--check", tmp_path).endswith("nothing to do: nothing calls lsst/rubin_workflows\n")


def test_a_dry_run_prints_what_a_run_would_change(tmp_path: Path) -> None:
    workflows = repository(tmp_path, lint=LINT)
    shown = run("--dry-run", "--ref", "0.2.0", workflows / "lint.yaml")
    assert "-    uses: 'lsst/rubin_workflows/.github/workflows/lint.yaml@main'\n" in shown
    assert "+    uses: 'lsst/lsstinstall/.github/workflows/lint.yaml@0.2.0'\n" in shown
    assert [line[0] for line in shown.splitlines() if line.startswith(("+ ", "- ", "+p"))] == list("+-+++")
    assert (workflows / "lint.yaml").read_text(encoding="utf-8") == LINT


def test_a_check_fails_where_something_would_change(tmp_path: Path) -> None:
    workflows = repository(tmp_path, lint=LINT)
    with pytest.raises(ToolkitError, match="1 file calls lsst/rubin_workflows"):
        run("--check", tmp_path)
    assert (workflows / "lint.yaml").read_text(encoding="utf-8") == LINT


def test_the_answer_for_programs_has_places(tmp_path: Path) -> None:
    repository(tmp_path, lint=LINT, own=OWN)
    answer = json.loads(run("--json", tmp_path))
    lint, own = answer["files"]
    assert (answer["written"], answer["ref"]) == (True, "v1")
    assert (lint["changes"], lint["calls"][0]["line"], own["changes"]) == (True, 13, False)
    assert "+    uses: 'lsst/lsstinstall/.github/workflows/lint.yaml@v1'" in lint["diff"]
    assert own["diff"] == []
    assert own["suggestions"] == [{"line": 4, "job": "types", "workflow": "mypy", "beyond": []}]


def test_with_one_call_that_cannot_be_rewritten_nothing_is(tmp_path: Path) -> None:
    workflows = repository(tmp_path, docs=SHELL, lint=LINT)
    with pytest.raises(ProblemsError) as caught:
        run(tmp_path)
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"{workflows}/docs.yaml:7:13: `$(ls)` is for a shell")
    assert (workflows / "lint.yaml").read_text(encoding="utf-8") == LINT


def test_what_git_could_not_give_back_needs_force(tmp_path: Path) -> None:
    workflows = repository(tmp_path, lint=LINT)
    (workflows / "new.yaml").write_text(LINT, encoding="utf-8")
    (workflows / "lint.yaml").write_text(f"# mine\n{LINT}", encoding="utf-8")
    with pytest.raises(ProblemsError) as caught:
        run(tmp_path)
    assert [str(one).rpartition("` ")[2] for one in caught.value.problems] == [
        "has changes that are not committed",
        "is in no commit",
    ]
    assert int(caught.value.code) == 6
    run("--force", tmp_path)
    assert (workflows / "lint.yaml").read_text(encoding="utf-8") == f"# mine\n{MIGRATED}"


def test_files_outside_of_git_need_force(tmp_path: Path) -> None:
    file = tmp_path / "lint.yaml"
    file.write_text(LINT, encoding="utf-8")
    with pytest.raises(ProblemsError, match="git could not give back"):
        run(file)
    run("--force", file, file)
    assert file.read_text(encoding="utf-8") == MIGRATED


def test_a_link_stays_a_link_and_a_file_keeps_its_mode(tmp_path: Path) -> None:
    workflows = repository(tmp_path / "ours", lint=LINT)
    (workflows / "lint.yaml").chmod(0o640)
    link = tmp_path / "lint.yaml"
    link.symlink_to(workflows / "lint.yaml")
    run(link)
    assert link.is_symlink()
    assert (workflows / "lint.yaml").stat().st_mode & 0o777 == 0o640
    assert link.read_text(encoding="utf-8") == MIGRATED


def test_a_byte_order_mark_and_line_ends_stay(tmp_path: Path) -> None:
    file = repository(tmp_path, lint=LINT) / "lint.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + LINT.replace("\n", "\r\n").encode())
    run("--force", tmp_path)
    assert file.read_bytes() == b"\xef\xbb\xbf" + MIGRATED.replace("\n", "\r\n").encode()


def test_an_anchor_stays_where_others_name_it(tmp_path: Path) -> None:
    text = LINT.replace("uses: ", "uses: &lint ") + "  again:\n    uses: *lint\n"
    file = repository(tmp_path, lint=text) / "lint.yaml"
    run("--force", tmp_path)
    jobs = yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"]
    assert {job["uses"] for job in jobs.values()} == {"lsst/lsstinstall/.github/workflows/lint.yaml@v1"}


def test_files_that_are_no_workflows_are_all_told(tmp_path: Path) -> None:
    workflows = repository(tmp_path, a="[\n", b="on: push\n", lint=LINT)
    with pytest.raises(ProblemsError, match="not all files are workflows") as caught:
        run(tmp_path)
    assert [str(one).partition(": ")[2] for one in caught.value.problems] == [
        "while parsing a flow node, expected the node content, but found '<stream end>'",
        "this is no workflow: it has no `jobs`",
    ]
    assert (workflows / "lint.yaml").read_text(encoding="utf-8") == LINT


def test_a_file_that_would_take_minutes_is_refused(tmp_path: Path) -> None:
    repository(tmp_path, lint=LINT + "#" * (1 << 20))
    with pytest.raises(ProblemsError, match="not all files are workflows") as caught:
        run(tmp_path)
    assert "expected a workflow of at most 1048576" in str(caught.value.problems[0])


def test_a_folder_without_workflows_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there are no workflows"):
        run(tmp_path)


def test_a_ref_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="`a b` is no tag, branch or commit"):
        run("--ref", "a b", tmp_path)


def test_if_one_file_cannot_be_written_none_is(tmp_path: Path) -> None:
    # What is written beside it would have a name that is too long.
    files = [tmp_path / "lint.yaml", tmp_path / f"{'x' * 247}.yaml"]
    for file in files:
        file.write_text(LINT, encoding="utf-8")
    with pytest.raises(ToolkitError):
        run("--force", *files)
    assert [file.read_text(encoding="utf-8") for file in files] == [LINT, LINT]


def test_linters_have_nothing_against_what_is_migrated(tmp_path: Path, project_root: Path) -> None:
    call = (
        "name: {0}\non: pull_request\nconcurrency:\n  group: {0}\n  cancel-in-progress: true\njobs:\n  one:\n"
    )
    job = f"    name: {{0}}\n    uses: {OLD}/{{0}}.yaml@main\n"
    files = {rule.old: (call + job).format(rule.old) for rule in RULES}
    workflows = repository(tmp_path, **files)
    run(tmp_path)
    programs = Path(sys.executable).parent
    subprocess.run((programs / "actionlint", *sorted(workflows.iterdir())), check=True)
    settings = project_root / ".github/zizmor.yml"
    command = (programs / "zizmor", "--offline", "--persona=auditor", "--format=json", "--config", settings)
    done = subprocess.run((*command, workflows), capture_output=True, text=True, check=False)
    assert json.loads(done.stdout) == []


@pytest.mark.network
def test_a_migrated_call_runs(tmp_path: Path) -> None:
    caller = (
        f"name: docs\non: push\njobs:\n  one:\n    uses: {OLD}/docstyle.yaml@main\n    with:\n      args: "
    )
    args = "\"$(find python -name '*.py' | egrep -v 'parser/ply|Yacc')\"\n"
    files = {
        ".github/workflows/docstyle.yaml": caller + args,
        "python/a.py": '"""Boxes."""\n',
        "python/parser/ply/b.py": "def undocumented(): pass\n",
        "python/aYacc.py": "def undocumented(): pass\n",
    }
    sample = make_sample(tmp_path / "sample", files)
    run(sample)
    add_commit(sample, {}, message="Migrate")
    result = run_file(tmp_path, ".github/workflows/docstyle.yaml", sample)
    assert result.code == 0, result.log
    assert "| files | 1 |" in result.summary
