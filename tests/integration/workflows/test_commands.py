"""`rubin-releng workflow`, on small repositories."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lsstinstall.commands.frame import run_main
from lsstinstall.core.errors import NotFoundError
from rubin_releng.adapters.act import act_program
from rubin_releng.adapters.runcopies import commit_of, copy_checkout
from rubin_releng.adapters.workflowlinters import find_linters
from rubin_releng.commands.main import cli
from tests.support.actruns import make_sample
from tests.support.jsonservers import Answer, Asked, JsonServer, serve_json
from tests.support.workflowtexts import GOOD, NEW, OLD

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.process]

ROOT = Path(__file__).resolve().parents[3]
PINS = (
    '[self]\nrepository = "lsst/lsstinstall"\nseries = "v1"\n\n[actions]\n'
    f'"actions/checkout" = {{ version = "v1.0.0", sha = "{OLD}" }}\n\n[tools]\nyamllint = "1.38.0"\n'
)
SOURCE = GOOD.replace(f"@{OLD}  # v1.0.0", "@pinned").replace("run: echo good", 'run: "@scripts/say.sh"')
WORKFLOW = """\
name: ci
on: [push]
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - name: Check out
        uses: actions/checkout@v4
      - name: Look
        env:
          TOKEN: ${{ secrets.TOKEN }}
        run: |
          cat changed.txt new.txt
          echo "the token is $TOKEN in $GITHUB_REPOSITORY"
          touch made-here "$HOME/made-at-home"
          echo "# Looked &#58; &#27;" >>"$GITHUB_STEP_SUMMARY"
  fail:
    needs: test
    runs-on: ubuntu-latest
    steps:
      - name: Fail
        run: |
          echo "this is why"
          exit 3
"""


@pytest.fixture(autouse=True)
def _quiet_logging() -> Iterator[None]:
    """Undo what a command does to the logging of its process."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def _workflow(*arguments: object) -> int:
    return run_main(cli, name="rubin-releng", arguments=["workflow", *map(str, arguments)])


def _checkout(folder: Path, source: str = SOURCE) -> Path:
    files = {
        "workflows/pins.toml": PINS,
        "workflows/reusable/good.yaml": source,
        "workflows/scripts/say.sh": "echo good\n",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def _state(repository: Path) -> dict[Path, int]:
    # git renews the time of objects that two repositories share.
    return {one: one.lstat().st_mtime_ns for one in repository.rglob("*") if "objects" not in one.parts}


def test_rendering_writes_once_and_tells_differences(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = _checkout(tmp_path)
    assert _workflow("render", "--root", root, "--dry-run") == 0
    assert not (root / ".github").exists()
    assert _workflow("render", "--root", root) == 0
    rendered = root / ".github/workflows/good.yaml"
    assert f"actions/checkout@{OLD}  # v1.0.0" in rendered.read_text()
    assert _workflow("render", "--root", root, "--check") == 0
    rendered.write_text(rendered.read_text().replace("echo good", "echo bad"))
    capsys.readouterr()
    assert _workflow("render", "--root", root, "--check") == 1
    captured = capsys.readouterr()
    assert "-          echo bad\n+          echo good\n" in captured.out
    assert "run `rubin-releng workflow render`" in captured.err
    (root / "workflows/reusable/good.yaml").unlink()
    assert _workflow("render", "--root", root) == 0
    assert not rendered.exists()


def test_rendering_names_every_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = _checkout(tmp_path, SOURCE.replace("@pinned", "@v4").replace("say.sh", "none.sh"))
    assert _workflow("render", "--root", root) == 5
    told = capsys.readouterr().err
    assert "workflows/reusable/good.yaml:20:15: `actions/checkout@v4` does not end with `@pinned`" in told
    assert "workflows/reusable/good.yaml:22:14: there is no script `none.sh`" in told
    (root / "workflows/reusable/bad.yaml").write_text("a: [\n")
    (root / "workflows/reusable/twice.yaml").write_text("a: 1\na: 1\n")
    assert _workflow("render", "--root", root) == 5
    told = capsys.readouterr().err
    assert "workflows/reusable/bad.yaml:2:1:" in told
    assert "workflows/reusable/twice.yaml:2:1:" in told


def test_one_workflow_is_rendered_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = _checkout(tmp_path)
    (root / "workflows/reusable/bad.yaml").write_text("a: [\n")
    assert _workflow("render", "good", "--root", root) == 0
    assert _workflow("render", "none", "--root", root) == 3
    assert _workflow("render", "--root", tmp_path / "workflows") == 3
    assert "looked for `workflows/pins.toml`" in capsys.readouterr().err


def test_what_there_is_can_be_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert _workflow("list", "--root", ROOT, "--json") == 0
    told = {one["name"]: one for one in json.loads(capsys.readouterr().out)["workflows"]}
    assert told["yamllint"]["uses"] == "lsst/lsstinstall/.github/workflows/yamllint.yaml@v1"
    assert told["yamllint"]["permissions"] == {"contents": "read"}
    assert told["setup-stack"]["kind"] == "action"
    assert _workflow("list", "--root", ROOT, "yamllint") == 0
    assert (
        "input strict (boolean): Whether warnings fail the job, too. [default: True]"
        in capsys.readouterr().out
    )
    assert _workflow("list", "--root", ROOT, "none") == 3
    assert _workflow("pins", "list", "--root", ROOT) == 0
    assert "actions/checkout" in capsys.readouterr().out


def test_any_repository_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / ".github/workflows"
    folder.mkdir(parents=True)
    (folder / "good.yaml").write_text(
        GOOD.replace("actions/checkout", "lsst/thing") + "        shell: bash\n"
    )
    assert _workflow("check", "--root", tmp_path, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert set(answer["tools"]) == {"actionlint", "shellcheck", "zizmor"}
    (folder / "bad.yaml").write_text(
        "name: bad\non: [push]\njobs:\n  bad:\n    runs-on: ubuntu-latest\n    steps:\n"
        "      - uses: actions/checkout@v4\n      - run: echo $HOME ${{ github.head_ref }}\n"
    )
    action = tmp_path / ".github/actions/act/action.yaml"
    action.parent.mkdir(parents=True)
    action.write_text(
        "name: Act\ndescription: Acts.\nruns:\n  using: composite\n  steps:\n"
        "    - name: Do\n      shell: bash\n      run: |\n        true\n        cat $1\n"
    )
    assert _workflow("check", "--root", tmp_path) == 1
    captured = capsys.readouterr()
    for wanted in (
        ".github/actions/act/action.yaml:10:5: Double quote to prevent globbing",
        ".github/workflows/bad.yaml:7:15: `actions/checkout@v4` is not pinned by a commit [rules: pins]",
        "[shellcheck: SC2086]",
        "[zizmor: template-injection]",
        "[rules: timeout]",
    ):
        assert wanted in captured.out
    assert "actionlint 1" in captured.err
    assert "zizmor 1" in captured.err


def test_one_file_is_checked_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = _checkout(tmp_path)
    assert _workflow("render", "--root", root) == 0
    file = root / ".github/workflows/good.yaml"
    file.write_text(file.read_text().replace("v1.0.0", "v1.0.1"))
    assert _workflow("check", file, "--root", root) == 1
    assert "the comment says `v1.0.1`, and `pins.toml` `v1.0.0`" in capsys.readouterr().out
    assert _workflow("check", "--root", root) == 1
    assert "the workflow is not what its source makes of it" in capsys.readouterr().out
    assert _workflow("check", "--root", root / "workflows/scripts") == 3


def test_a_missing_linter_is_told_with_what_brings_it(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError) as caught:
        find_linters(tmp_path, path=str(tmp_path))
    assert "`actionlint`, `shellcheck`, `zizmor` cannot be found" in str(caught.value)
    assert caught.value.hint == "install `lsstinstall[workflows]`"
    with pytest.raises(NotFoundError, match="`act`, which runs workflows, is not installed"):
        act_program(path=str(tmp_path))


def test_a_run_sees_all_changes_and_leaves_the_work_tree_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        ".github/workflows/ci.yaml": WORKFLOW.replace("cat changed", "ls -R turn*; cat changed"),
        "changed.txt": "before\n",
        "gone.txt": "",
        "turned": "a file\n",
        "turns/in/here": "a folder\n",
        ".gitignore": "*.o\n",
    }
    sample = make_sample(tmp_path / "sample", files)
    (sample / "turned").unlink()
    (sample / "turned").mkdir()
    (sample / "turned/now").symlink_to("nowhere")
    shutil.rmtree(sample / "turns")
    (sample / "turns").write_text("a file\n")
    (sample / "ignored.o").write_text("")
    (sample / "changed.txt").write_text("after\n")
    (sample / "new.txt").write_text("new\n")
    (sample / "gone.txt").unlink()
    before = _state(sample)
    monkeypatch.setenv("THE_TOKEN", "hidden-value")
    monkeypatch.setenv("TOKEN", "hidden-value")
    file = sample / ".github/workflows/ci.yaml"
    assert _workflow("run", file, "--job", "test", "--secret-env", "TOKEN", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    look = answer["steps"][1]
    assert look["output"] == "turns\n\nturned:\nnow\nafter\nnew\nthe token is *** in lsst/sample\n"
    assert (look["summary"], look["result"]) == ("# Looked &#58; &#27;\n", "success")
    assert _state(sample) == before


def test_the_same_changes_are_the_same_commit_whenever_they_are_copied(tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "sample", {"a.txt": "before\n"})
    (sample / "a.txt").write_text("after\n")
    copy_checkout(sample, tmp_path / "one")
    first = commit_of(tmp_path / "one")
    before = int(time.time())
    while int(time.time()) == before:
        time.sleep(0.02)
    copy_checkout(sample, tmp_path / "two")
    assert commit_of(tmp_path / "two") == first != commit_of(sample)


def test_a_failed_job_is_told_with_its_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sample = make_sample(
        tmp_path / "sample", {".github/workflows/ci.yaml": WORKFLOW, "changed.txt": "", "new.txt": ""}
    )
    assert _workflow("run", sample / ".github/workflows/ci.yaml") == 1
    captured = capsys.readouterr()
    assert "--- ci/fail: Fail\nthis is why\n" in captured.out
    assert "# Looked :\n\nci/test" in captured.out
    assert "x ci/fail: Fail failed" in captured.err
    assert "`ci/fail` failed" in captured.err


def test_a_plan_is_told_and_nothing_is_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = WORKFLOW.replace("actions/checkout", "who/knows")
    sample = make_sample(tmp_path / "sample", {".github/workflows/ci.yaml": text})
    file = sample / ".github/workflows/ci.yaml"
    (tmp_path / "who").mkdir()
    (tmp_path / "who/action.yml").write_text("runs: {using: composite, steps: []}\n")
    assert _workflow("run", file, "--dry-run", "--local", f"who/knows={tmp_path / 'who'}") == 0
    assert f"  who/knows@v4 is {tmp_path / 'who'}" in capsys.readouterr().out
    assert _workflow("run", file) == 2
    assert "map it by `--local who/knows@v4=FOLDER`" in capsys.readouterr().err
    assert _workflow("run", file, "--local", "who/knows") == 2
    assert (
        _workflow(
            "run", file, "--job", "test", "--dry-run", "--secret-env", "NOT_THERE", "--standins", tmp_path
        )
        == 2
    )
    assert _workflow("run", file, "--local", f"who/knows={tmp_path / 'gone'}") == 3
    assert "to stand for `who/knows`" in capsys.readouterr().err


def test_other_repositories_are_used_as_they_are_now_without_what_git_ignores(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    action = "runs:\n  using: composite\n  steps:\n    - shell: bash\n      run: ls $GITHUB_ACTION_PATH/..\n"
    other = make_sample(tmp_path / "other", {"act/action.yml": action, ".gitignore": "*.o\n"})
    (other / "ignored.o").write_text("")
    (other / "new.txt").write_text("")
    text = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: who/knows/act@v1\n"
    sample = make_sample(tmp_path / "sample", {".github/workflows/ci.yaml": text})
    file = sample / ".github/workflows/ci.yaml"
    assert _workflow("run", file, "--local", f"who/knows={other}", "--json") == 0
    (step,) = json.loads(capsys.readouterr().out)["steps"]
    assert step["output"].split() == ["act", "new.txt"]
    assert (other / "ignored.o").exists()


def test_a_folder_that_is_no_repository_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / ".github/workflows/ci.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(WORKFLOW)
    assert _workflow("run", file, "--dry-run") == 3
    assert "is in no repository" in capsys.readouterr().err
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    assert _workflow("run", file) == 2
    assert "is no git repository with a commit" in capsys.readouterr().err
    assert _workflow("run", file, "--secret-env", "NOT_THERE") == 3


@pytest.fixture
def _heard_hangups() -> Iterator[None]:
    """Let programs hear of hang-ups, also where nohup runs these tests: who ignores them hands that on."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("_heard_hangups")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_ends_everything_that_was_started(tmp_path: Path, number: signal.Signals) -> None:
    mark = tmp_path / "pid"
    text = (
        "on: push\njobs:\n  wait:\n    runs-on: ubuntu-latest\n    steps:\n      - run: |\n"
        f"          setsid sleep 300 &\n          echo $! >{mark}.part\n          mv {mark}.part {mark}\n"
        "          sleep 300\n"
    )
    sample = make_sample(tmp_path / "sample", {".github/workflows/ci.yaml": text})
    command = [
        str(Path(sys.executable).parent / "rubin-releng"),
        "workflow",
        "run",
        ".github/workflows/ci.yaml",
    ]
    (tmp_path / "temporary").mkdir()
    env = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
    with subprocess.Popen(command, cwd=sample, env=env, stderr=subprocess.PIPE, text=True) as process:
        while not mark.exists() and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(number)
        _, told = process.communicate()
    assert process.returncode == 130, told
    # Whoever adopted it has to notice.
    while Path("/proc", mark.read_text().strip()).exists():
        time.sleep(0.02)
    assert list((tmp_path / "temporary").iterdir()) == []


def _respond(asked: Asked) -> Answer:
    path = asked.path.partition("?")[0]
    releases = [
        {"tag_name": "v2.1.0", "published_at": "2026-01-01T00:00:00Z", "draft": False, "prerelease": False},
        {"tag_name": "v2.2.0", "published_at": "2026-01-01T00:00:00Z", "draft": False, "prerelease": True},
        {"tag_name": "latest", "published_at": "2026-01-01T00:00:00Z", "draft": False, "prerelease": False},
        {"tag_name": "v9.0.0", "published_at": "2999-01-01T00:00:00Z", "draft": False, "prerelease": False},
        {"tag_name": "v2.0.9", "published_at": "2026-02-01T00:00:00Z", "draft": False, "prerelease": False},
    ]
    answers: dict[str, object] = {
        "/repos/actions/checkout/releases": releases,
        "/repos/actions/checkout/git/ref/tags/v2.1.0": {"object": {"type": "tag", "sha": "d" * 40}},
        f"/repos/actions/checkout/git/tags/{'d' * 40}": {"object": {"type": "commit", "sha": NEW}},
    }
    return Answer(answers[path]) if path in answers else Answer({"message": "Not Found"}, status=404)


@pytest.mark.network
def test_pins_move_on_to_the_newest_release_that_is_old_enough(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = _checkout(tmp_path)
    action = root / "workflows/actions/act/action.yaml"
    action.parent.mkdir(parents=True)
    uses = "runs:\n  using: composite\n  steps:\n    - name: a\n      uses: actions/checkout@{}  # {}\n"
    action.write_text(uses.format(OLD, "v1.0.0"))
    starter = root / "workflows/starters/good.yaml"
    starter.parent.mkdir()
    starter.write_text(uses.format(OLD, "v1.0.0"))
    own = root / ".github/workflows/ci.yaml"
    own.parent.mkdir(parents=True)
    own.write_text(uses.format(OLD, "v1.0.0"))
    assert _workflow("render", "--root", root) == 0
    with serve_json(JsonServer(_respond)) as server:
        monkeypatch.setenv("GITHUB_API_URL", server.url)
        assert _workflow("pins", "update", "--root", root, "--dry-run") == 0
        assert (root / "workflows/pins.toml").read_text() == PINS
        capsys.readouterr()
        assert _workflow("pins", "update", "--root", root, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["files"] == [
        ".github/workflows/ci.yaml",
        ".github/workflows/good.yaml",
        "workflows/actions/act/action.yaml",
        "workflows/pins.toml",
        "workflows/starters/good.yaml",
    ]
    assert (root / "workflows/pins.toml").read_text() == PINS.replace("v1.0.0", "v2.1.0").replace(OLD, NEW)
    assert action.read_text() == uses.format(NEW, "v2.1.0")
    assert f"uses: actions/checkout@{NEW}  # v2.1.0\n" in (root / ".github/workflows/good.yaml").read_text()


@pytest.mark.network
def test_a_moved_tag_and_an_unknown_repository_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = _checkout(tmp_path)
    pins = root / "workflows/pins.toml"
    text = PINS.replace("v1.0.0", "v2.1.0").replace(
        "\n[tools]", f'"who/knows" = {{ version = "v1", sha = "{OLD}" }}\n\n[tools]'
    )
    pins.write_text(text)
    with serve_json(JsonServer(_respond)) as server:
        monkeypatch.setenv("GITHUB_API_URL", server.url)
        assert _workflow("pins", "update", "--root", root) == 1
        told = capsys.readouterr().err
        assert f"tag `v2.1.0` of `actions/checkout` leads to `{NEW}`" in told
        assert "who/knows" in told
        assert _workflow("pins", "update", "none/such", "--root", root) == 3
    assert pins.read_text() == text


RELEASE = {"tag_name": "v2", "published_at": "2026-01-01T00:00:00Z", "draft": False, "prerelease": False}


@pytest.mark.network
@pytest.mark.parametrize(
    ("releases", "target", "message"),
    [
        ({}, None, "GitHub's releases of `actions/checkout` are no list"),
        ([{**RELEASE, "published_at": "soon"}], None, "GitHub published a release at `soon`"),
        (
            [RELEASE, 1],
            {"object": {"type": "tree", "sha": NEW}},
            "GitHub's tag `v2` of `actions/checkout` leads to",
        ),
        (
            [RELEASE],
            {"object": {"type": "tag", "sha": NEW}},
            "GitHub's tag `v2` of `actions/checkout` leads to",
        ),
        (
            [RELEASE],
            {"object": {"type": "commit", "sha": "main"}},
            "GitHub's tag `v2` of `actions/checkout` leads to",
        ),
    ],
)
def test_odd_answers_of_github_are_told(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    releases: object,
    target: object,
    message: str,
) -> None:
    root = _checkout(tmp_path)
    with serve_json(
        JsonServer(lambda asked: Answer(releases if "releases" in asked.path else target))
    ) as server:
        monkeypatch.setenv("GITHUB_API_URL", server.url)
        assert _workflow("pins", "update", "--root", root) == 5
    assert message in capsys.readouterr().err
    assert (root / "workflows/pins.toml").read_text() == PINS
