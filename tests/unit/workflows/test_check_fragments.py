"""Helper `check_fragments` of the workflow `change-fragments`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.actruns import make_sample
from tests.support.proposals import add_branch, git_in, payload_of
from workflows.scripts.check_fragments import check, fault_of, read_rules
from workflows.scripts.findings import CheckError

if TYPE_CHECKING:
    from collections.abc import Sequence

_TYPES = (
    "[tool.towncrier]\n[[tool.towncrier.type]]\ndirectory = 'api'\n[[tool.towncrier.type]]\nname = 'Fix'\n"
)


def test_rules_come_from_inputs_before_settings_before_habits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_rules().kinds == ("feature", "bugfix", "api", "perf", "doc", "removal", "misc")
    Path("pyproject.toml").write_text(_TYPES, encoding="utf-8")
    assert (read_rules().directory, read_rules().kinds) == ("doc/changes", ("api", "fix"))
    table = "[tool.towncrier]\ndirectory = './news/'\n[tool.towncrier.fragment.good]\n"
    Path("towncrier.toml").write_text(table, encoding="utf-8")
    assert (read_rules().directory, read_rules().kinds) == ("news", ("good",))
    monkeypatch.setenv("DIRECTORY", ".github/changes")
    monkeypatch.setenv("KINDS", "one two")
    assert (read_rules().directory, read_rules().kinds) == (".github/changes", ("one", "two"))


@pytest.mark.parametrize(
    ("names", "problem"), [("(", "is no regular expression"), (".*", r"has no group `\(\?P<kind>")]
)
def test_a_wrong_pattern_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: str, problem: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NAMES", names)
    with pytest.raises(CheckError, match=f"the input `names` {problem}"):
        read_rules()


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("DM-1.feature.md", "New.", ""),
        ("registry/DM-1.misc.2.rst", "New.", ""),
        ("+few-words.misc.md", "New.", ""),
        (
            "DM-1.md",
            "New.",
            "`DM-1.md` is not named like a fragment, expected for example `DM-12345.feature.md`",
        ),
        ("DM-1.feature.md", " \n", "`DM-1.feature.md` is empty, expected a sentence for users"),
    ],
)
def test_a_fragment_has_a_name_and_a_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, fault: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert fault_of(f"doc/changes/{name}", text, read_rules()) == fault


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("doc/changes/DM-1.api.md", True),
        ("doc/changes/sub/DM-1.api.md", True),
        ("doc/changes/README.rst", False),
        ("doc/changes/.gitkeep", False),
        ("doc/changes/_template.md", False),
        ("doc/changes.md", False),
    ],
)
def test_not_every_file_there_is_a_fragment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, *, holds: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_rules().holds(name) is holds


def _checked(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    files: dict[str, str],
    *,
    labels: Sequence[str] = (),
    removed: str = "",
) -> tuple[int, str]:
    sample = make_sample(tmp_path / "sample", {"doc/changes/DM-0.misc.md": "Old.\n"})
    add_branch(sample, "tickets/DM-1-again", files)
    if removed:
        git_in(sample, "rm", "--quiet", removed)
        git_in(sample, "commit", "--quiet", "-m", "Release")
    (tmp_path / "event.json").write_text(json.dumps(payload_of(sample, labels=labels)), encoding="utf-8")
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(tmp_path / "event.json"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    monkeypatch.setenv("SKIP_LABELS", "'no news'")
    monkeypatch.setenv("IGNORE", ".github/* tests/*")
    monkeypatch.chdir(sample)
    return check(), (tmp_path / "summary").read_text(encoding="utf-8")


@pytest.mark.process
def test_a_label_says_that_none_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, summary = _checked(tmp_path, monkeypatch, {"a": ""}, labels=["bug", "no news"])
    assert code == 0
    assert "| not needed because | it has the label no news |" in summary


@pytest.mark.process
def test_a_release_takes_fragments_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, summary = _checked(tmp_path, monkeypatch, {"CHANGES.md": ""}, removed="doc/changes/DM-0.misc.md")
    assert code == 0
    assert "it takes fragments away, as a release does" in summary


@pytest.mark.process
def test_some_files_need_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {".github/workflows/a.yaml": "", "tests/b.py": ""}
    assert _checked(tmp_path, monkeypatch, files)[0] == 0


@pytest.mark.process
def test_a_fragment_of_another_ticket_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, summary = _checked(tmp_path, monkeypatch, {"doc/changes/DM-2.misc.md": "New.\n"})
    assert code == 0
    assert (
        "| warning | doc&#47;changes&#47;DM-2&#46;misc&#46;md&#58;1 | fragment | this fragment is of DM-2,"
        in summary
    )


@pytest.mark.process
def test_a_merge_queue_knows_no_labels_and_does_not_ask_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _checked(tmp_path, monkeypatch, {"a": ""})[0] == 1
    request = payload_of(tmp_path / "sample")["pull_request"]
    group = {
        "base_sha": request["base"]["sha"],
        "head_sha": request["head"]["sha"],
        "base_ref": "refs/heads/main",
    }
    (tmp_path / "event.json").write_text(json.dumps({"merge_group": group}), encoding="utf-8")
    assert check() == 0
    assert "its pull request was asked" in (tmp_path / "summary").read_text(encoding="utf-8")
