"""`rubin-releng stack prepare` on real repositories."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.buildmanifests import parse_build_manifest
from tests.support.repositories import git
from tests.support.stackbuilding import TinyStack

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process


@pytest.fixture
def tiny(tmp_path: Path) -> TinyStack:
    tiny = TinyStack(tmp_path)
    tiny.add("alpha")
    tiny.add("beta", "alpha")
    tiny.add("top", "beta", "alpha", "beta")
    return tiny


def manifest(tiny: TinyStack) -> str:
    return (tiny.build_dir / "manifest.txt").read_text(encoding="utf-8")


def test_the_manifest_is_as_the_peer_writes_it(tiny: TinyStack) -> None:
    answer = tiny.prepare("top", "--json")
    assert answer.code == 0
    heads = {name: remote.head() for name, remote in tiny.remotes.items()}
    versions = {product["name"]: product["version"] for product in answer.data["products"]}
    lines = [
        "# product                 SHA1                                      Version                       ",
        "BUILD=b1",
        f"alpha                     {heads['alpha']}  {versions['alpha']:<40} ",
        f"beta                      {heads['beta']}  {versions['beta']:<40} alpha",
        f"top                       {heads['top']}  {versions['top']:<40} beta,alpha,beta",
    ]
    assert manifest(tiny) == "".join(f"{line}\n" for line in lines)


def test_the_answer_names_everything_that_was_chosen(tiny: TinyStack) -> None:
    tiny.remotes["beta"].tag("w.2026.10")
    data = tiny.prepare("top", "--ref", "w.2026.10", "--json").data
    assert (data["schema"], data["build"], data["new"]) == (1, "b1", True)
    assert data["products"][1] == {
        "name": "beta",
        "repository": tiny.remotes["beta"].url,
        "commit": tiny.remotes["beta"].head(),
        "version": data["products"][1]["version"],
        "ref": "w.2026.10",
        "ref_kind": "tag",
        "dependencies": ["alpha"],
    }


def test_a_build_is_recorded_in_versiondb(tiny: TinyStack) -> None:
    tiny.prepare("top")
    assert (tiny.versiondb / "manifests" / "b1.txt").read_text(encoding="utf-8") == manifest(tiny)
    recorded = parse_build_manifest(manifest(tiny), source="manifest.txt")
    contents = (tiny.versiondb / "manifests" / "content_sha.db.txt").read_text(encoding="utf-8")
    assert contents == f"{recorded.content_hash()}\tb1\n"
    assert git(tiny.versiondb, "log", "--format=%s|%D") == "Updates for build b1.|HEAD -> main, tag: b1"
    assert git(tiny.versiondb, "status", "--porcelain") == ""


def test_the_same_content_keeps_its_id_unless_a_new_one_is_asked_for(tiny: TinyStack) -> None:
    assert tiny.prepare("top", "--json").data["build"] == "b1"
    again = tiny.prepare("top", "--json").data
    assert (again["build"], again["new"]) == ("b1", False)
    assert tiny.prepare("top", "--new-build", "--json").data["build"] == "b2"
    assert tiny.prepare("alpha", "--json").data["build"] == "b3"


def test_an_id_can_be_insisted_on(tiny: TinyStack) -> None:
    assert tiny.prepare("top", "--build-id", "b41", "--json").data["build"] == "b41"
    assert tiny.prepare("alpha", "--json").data["build"] == "b42"
    refused = tiny.prepare("top", "--new-build", "--build-id", "b42", "--json")
    assert (refused.code, refused.problems) == (6, ["build `b42` is recorded with other products"])


def test_a_branch_beats_a_tag_of_the_same_name(tiny: TinyStack) -> None:
    beta = tiny.remotes["beta"]
    beta.tag("both")
    branch = beta.commit({"x": "1"}, branch="both")
    data = tiny.prepare("top", "--ref", "both", "--json").data
    product = data["products"][1]
    assert (product["ref_kind"], product["commit"]) == ("branch", branch)


def test_a_misspelt_ref_is_refused_and_nothing_is_recorded(tiny: TinyStack) -> None:
    tiny.remotes["beta"].commit({}, branch="tickets/DM-12345")
    answer = tiny.prepare("top", "--ref", "tickets/DM-1234", "--json")
    assert answer.code == 3
    assert answer.problems == ["`tickets/DM-1234` is no branch, tag or commit of any product"]
    assert not (tiny.build_dir / "manifest.txt").exists()
    assert git(tiny.versiondb, "tag") == ""


def test_a_ref_that_another_one_hides_is_only_a_warning(tiny: TinyStack) -> None:
    for ref in ("first", "second"):
        tiny.remotes["beta"].commit({ref: "1"}, branch=ref)
    answer = tiny.prepare("top", "--ref", "first", "--ref", "second")
    assert answer.code == 0
    assert "warning: `second` exists and was chosen nowhere" in answer.stderr


def test_all_problems_are_told_at_once(tiny: TinyStack) -> None:
    tiny.add("lost")
    tiny.remotes["lost"].path.rename(tiny.folder / "elsewhere")
    tiny.add("bare", table="")
    tiny.remotes["bare"].commit({"ups/other.table": ""})
    git(tiny.remotes["bare"].path, "rm", "-q", "ups/bare.table")
    git(tiny.remotes["bare"].path, "commit", "-q", "-m", "Drop the table")
    tiny.add("all", "lost", "bare", "unlisted", "alpha")
    answer = tiny.prepare("all", "--json", "--quiet")
    assert answer.code == 3
    assert [problem.split(":")[0] for problem in answer.problems] == [
        "`bare`, needed by `all`",
        "`lost`, needed by `all`",
        "`unlisted`, needed by `all`",
    ]


def test_a_cycle_is_told_with_its_members(tiny: TinyStack) -> None:
    tiny.add("one", "two")
    tiny.add("two", "one")
    answer = tiny.prepare("one", "--json")
    assert answer.code == 1
    assert "`one`" in answer.problems[0]
    assert "`two`" in answer.problems[0]


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("alpha: [1]\n", 5, "repos.yaml:1"),
        ("alpha: x\nalpha: y\n", 5, "repos.yaml:2"),
        ("alpha: {url: x, color: red}\n", 5, "unknown key `color`"),
        ("alpha: 'x\n", 5, "repos.yaml:"),
    ],
)
def test_a_broken_index_is_told_with_the_place(tiny: TinyStack, text: str, code: int, told: str) -> None:
    (tiny.folder / "repos.yaml").write_text(text, encoding="utf-8")
    answer = tiny.prepare("alpha")
    assert answer.code == code
    assert told in answer.stderr


def test_a_missing_index_is_not_found(tiny: TinyStack) -> None:
    (tiny.folder / "repos.yaml").unlink()
    assert tiny.prepare("top").code == 3


@pytest.mark.parametrize("arguments", [("no product",), ("top", "--ref", "-x"), ("top", "--build-id", "7")])
def test_wrong_arguments_are_told_before_anything_is_done(
    tiny: TinyStack, arguments: tuple[str, ...]
) -> None:
    assert tiny.prepare(*arguments).code == 2
    assert not tiny.build_dir.exists()


def test_local_changes_are_kept(tiny: TinyStack) -> None:
    tiny.prepare("top")
    table = tiny.build_dir / "beta" / "ups" / "beta.table"
    table.write_text("# mine\n", encoding="utf-8")
    answer = tiny.prepare("top", "--json")
    assert answer.code == 6
    assert "has local changes: `ups/beta.table`" in answer.problems[0]
    assert table.read_text(encoding="utf-8") == "# mine\n"
    assert tiny.prepare("top", "--force").code == 0
    assert table.read_text(encoding="utf-8") == "setupRequired(alpha)\n"


def test_a_plan_computes_the_same_manifest_and_touches_nothing(tiny: TinyStack) -> None:
    planned = tiny.prepare("top", "--plan", "--json").data
    assert not tiny.build_dir.exists()
    assert not tiny.versiondb.exists()
    done = tiny.prepare("top", "--json").data
    assert planned["products"] == done["products"]
    assert planned["manifest_text"] == done["manifest_text"] == manifest(tiny)
    assert planned["manifest"] is None


def test_a_plan_without_fetching_reads_the_clones(tiny: TinyStack) -> None:
    tiny.prepare("top")
    before = manifest(tiny)
    tiny.remotes["alpha"].commit({"x": "1"})
    assert tiny.prepare("top", "--plan", "--no-fetch").stdout == before


def test_excluded_optional_products_are_left_out(tiny: TinyStack) -> None:
    tiny.add("apps", "alpha", table="setupOptional(afwdata)\n")
    (tiny.folder / "exclusions.txt").write_text("afwdata .*\n", encoding="utf-8")
    answer = tiny.prepare("apps", "--exclusions", "exclusions.txt", "--json")
    assert [product["name"] for product in answer.data["products"]] == ["alpha", "apps"]


def test_a_second_run_in_the_same_folder_is_refused(tiny: TinyStack) -> None:
    tiny.build_dir.mkdir()
    script = tiny.folder / "bin" / "git"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\nsleep 30\n", encoding="utf-8")
    script.chmod(0o755)
    with tiny.start(
        "stack",
        "prepare",
        "--repos",
        "repos.yaml",
        "--build-dir",
        "build",
        "--versiondb",
        "versiondb",
        "top",
        PATH=f"{script.parent}:{os.environ['PATH']}",
    ) as first:
        lock = tiny.build_dir / ".lsstinstall.lock"
        while not lock.exists() or not lock.read_text(encoding="utf-8"):
            assert first.poll() is None
        answer = tiny.prepare("top")
        first.kill()
    assert answer.code == 6
    assert "is locked by process" in answer.stderr


def _git_that_kills(folder: Path, call: int) -> dict[str, str]:
    """Make a git that kills its caller, as ``kill -9`` does, at one of its calls."""
    real = next(path for part in os.environ["PATH"].split(":") if os.access(path := f"{part}/git", os.X_OK))
    script = folder / "killing" / "git"
    script.parent.mkdir(exist_ok=True)
    counter = folder / "killing" / "count"
    counter.write_text("", encoding="utf-8")
    # Two may count at once, so that a number can be missed.
    script.write_text(
        f"#!/bin/sh\necho x >> {counter}\n"
        f'if [ $(wc -l < {counter}) -ge {call} ]; then kill -9 $PPID; fi\nexec {real} "$@"\n',
        encoding="utf-8",
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{script.parent}:{os.environ['PATH']}"}


@pytest.mark.slow
def test_wherever_it_is_killed_the_next_run_completes_it(tmp_path: Path) -> None:
    reference = TinyStack(tmp_path / "reference")
    reference.add("alpha")
    reference.add("top", "alpha")
    reference.prepare("top")
    call = 1
    killed = True
    while killed:
        tiny = TinyStack(tmp_path / f"killed{call}")
        tiny.folder.mkdir()
        (tiny.folder / "repos.yaml").write_text(
            (reference.folder / "repos.yaml").read_text(encoding="utf-8"), encoding="utf-8"
        )
        killed = tiny.prepare("top", "--jobs", "1", **_git_that_kills(tiny.folder, call)).code == -9
        answer = tiny.prepare("top", "--json", "--quiet")
        assert (answer.code, answer.stdout if answer.code else "") == (0, "")
        assert answer.data["build"] == "b1"
        assert manifest(tiny) == manifest(reference)
        assert git(tiny.versiondb, "tag") == "b1"
        assert git(tiny.versiondb, "status", "--porcelain") == ""
        assert git(tiny.build_dir / "top", "status", "--porcelain") == ""
        call += 1
    assert call > 10
