"""The reusable workflows `rebase-checker`, `do-not-merge` and `change-fragments`, run by act."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.actruns import add_commit, make_sample, run_reusable
from tests.support.proposals import HOSTILE, add_branch, commands_in, git_in, merge, payload_of

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.process]

_CHECKS = {
    "rebase-checker": "Check the commits",
    "do-not-merge": "Check the pull request",
    "change-fragments": "Check the fragments",
}


def _sample(tmp_path: Path) -> Path:
    sample = make_sample(tmp_path / "sample", {"a.py": "", "requirements.txt": "numpy\n"})
    add_branch(sample, "v29.0.x", {"b.py": ""})
    git_in(sample, "checkout", "--quiet", "main")
    return sample


def test_a_rebased_branch_passes(tmp_path: Path) -> None:
    sample = _sample(tmp_path)
    add_branch(sample, "tickets/DM-1", {"c.py": ""})
    git_in(sample, "checkout", "--quiet", "-b", "tickets/DM-2", "main")
    merge(sample, "tickets/DM-1")
    result = run_reusable(
        tmp_path, "rebase-checker", sample, event="pull_request", payload=payload_of(sample)
    )
    assert result.code == 0, result.log
    assert result.outputs == {"problems": "0"}
    assert "| commits | 2 |" in result.summary


def test_merges_of_main_and_of_a_release_branch_fail(tmp_path: Path) -> None:
    sample = _sample(tmp_path)
    add_branch(sample, "tickets/DM-1", {"c.py": ""})
    git_in(sample, "checkout", "--quiet", "main")
    add_commit(sample, {"d.py": ""}, message="Go on")
    git_in(sample, "checkout", "--quiet", "tickets/DM-1")
    first = merge(sample, "main", message="Catch up")
    second = merge(sample, "v29.0.x")
    result = run_reusable(
        tmp_path, "rebase-checker", sample, event="pull_request", payload=payload_of(sample)
    )
    assert result.failed == [_CHECKS["rebase-checker"]], result.log
    told = [one.message for one in result.annotations]
    assert [one.partition(": ")[0] for one in told] == [
        f"commit {second[:10]} merges `v29.0.x` into this branch (Merge branch 'v29.0.x' into tickets/DM-1)",
        f"commit {first[:10]} merges `main` into this branch (Catch up)",
    ]
    assert "see https://developer.lsst.io/work/flow.html#pushing-code" in told[0]


def test_nothing_speaks_against_merging(tmp_path: Path) -> None:
    sample = _sample(tmp_path)
    remark = "# lsst-utils @ git+https://github.com/lsst/utils@tickets/DM-3\nnumpy\n"
    add_branch(sample, "tickets/DM-1", {"requirements.txt": remark}, message="Need numpy")
    result = run_reusable(tmp_path, "do-not-merge", sample, event="pull_request", payload=payload_of(sample))
    assert result.code == 0, result.log
    assert result.outputs == {"problems": "0"}


def test_title_label_commits_and_ticket_branches_are_told(tmp_path: Path) -> None:
    sample = _sample(tmp_path)
    files = {
        "requirements.txt": "numpy\nlsst-utils @ git+https://github.com/lsst/utils@tickets/DM-3\n",
        "pyproject.toml": '[project]\nname = "x"\n[tool.uv.sources]\na = { branch = "tickets/DM-4" }\n',
    }
    sha = add_branch(sample, "tickets/DM-1", files, message="do not merge: pins")
    payload = payload_of(sample, title="DO NOT MERGE yet", labels=["bug", "do-not-merge"])
    result = run_reusable(tmp_path, "do-not-merge", sample, event="pull_request", payload=payload)
    assert result.failed == [_CHECKS["do-not-merge"]], result.log
    assert [(one.place.get("file"), one.place.get("line"), one.message) for one in result.annotations] == [
        (None, None, "the title says so: DO NOT MERGE yet"),
        (None, None, "the label `do-not-merge` says so"),
        (
            None,
            None,
            (
                f"commit {sha[:10]} says so: do not merge: pins; "
                "remove it from the branch, or change its message"
            ),
        ),
        (
            "pyproject.toml",
            "4",
            "the ticket branch `tickets/DM-4` is required here; merge it first and name `main`",
        ),
        (
            "requirements.txt",
            "2",
            "the ticket branch `tickets/DM-3` is required here; merge it first and name `main`",
        ),
    ]


def test_a_right_fragment_passes(tmp_path: Path) -> None:
    sample = _sample(tmp_path)
    add_branch(
        sample, "tickets/DM-1", {"a.py": "x = 1\n", "doc/changes/DM-1.feature.md": "There is an `x`.\n"}
    )
    result = run_reusable(
        tmp_path, "change-fragments", sample, event="pull_request", payload=payload_of(sample)
    )
    assert result.code == 0, result.log
    assert "| fragments | doc&#47;changes&#47;DM-1&#46;feature&#46;md |" in result.summary


def test_wrong_fragments_fail_by_the_settings_of_towncrier(tmp_path: Path) -> None:
    settings = '[tool.towncrier]\ndirectory = "docs/news"\n[[tool.towncrier.type]]\ndirectory = "feature"\n'
    sample = make_sample(tmp_path / "sample", {"pyproject.toml": settings})
    files = {
        "docs/news/DM-1.novelty.md": "New.\n",
        "docs/news/oops.md": "New.\n",
        "docs/news/README.md": "\n",
    }
    add_branch(sample, "tickets/DM-1", files)
    result = run_reusable(
        tmp_path, "change-fragments", sample, event="pull_request", payload=payload_of(sample)
    )
    assert result.failed == [_CHECKS["change-fragments"]], result.log
    assert [(one.place["file"], one.message) for one in result.annotations] == [
        (
            "docs/news/DM-1.novelty.md",
            "`novelty` of `DM-1.novelty.md` is no kind of change, expected one of feature",
        ),
        (
            "docs/news/oops.md",
            "`oops.md` is not named like a fragment, expected for example `DM-12345.feature.md`",
        ),
    ]


def test_a_missing_fragment_fails(tmp_path: Path) -> None:
    sample = _sample(tmp_path)
    add_branch(sample, "tickets/DM-1", {"a.py": "x = 1\n"})
    result = run_reusable(
        tmp_path, "change-fragments", sample, event="pull_request", payload=payload_of(sample)
    )
    (remark,) = result.annotations
    assert remark.message.startswith("no fragment of the change log in `doc/changes`: add `DM-12345.KIND.md`")
    assert result.code == 1


@pytest.mark.parametrize("name", list(_CHECKS))
def test_hostile_texts_stay_texts(tmp_path: Path, name: str) -> None:
    sample = _sample(tmp_path)
    branch = "tickets/DM-1$(touch${IFS}pwned)`touch${IFS}pwned`;touch${IFS}pwned"
    fragment = "doc/changes/$(touch pwned)\n::error file=x::fooled\n`touch pwned`.md"
    add_branch(sample, branch, {fragment: "DO NOT MERGE\n"}, message=f"DO NOT MERGE {HOSTILE}")
    git_in(sample, "branch", "v1.0.x", "main")
    merge(sample, "v29.0.x", message=f"Merge branch 'v29.0.x' {HOSTILE}")
    payload = payload_of(sample, title=f"DO NOT MERGE {HOSTILE}", labels=[f"DO NOT MERGE {HOSTILE}"])
    result = run_reusable(tmp_path, name, sample, event="pull_request", payload=payload)
    assert result.failed == [_CHECKS[name]], result.log
    remarks = commands_in(result.steps[_CHECKS[name]].output)
    assert {place.get("file") for place, _ in remarks} <= {None, fragment}
    assert {place.get("title") for place, _ in remarks} <= {"merge", "title", "label", "commit", "fragment"}
    assert result.steps[_CHECKS[name]].outputs == {"problems": str(len(remarks))}
    assert len(remarks) == {"rebase-checker": 1, "do-not-merge": 3, "change-fragments": 1}[name]
    assert not list(tmp_path.rglob("pwned"))
    assert "<script>" not in result.summary
    assert "](http" not in result.summary
    assert "::error" not in result.summary
