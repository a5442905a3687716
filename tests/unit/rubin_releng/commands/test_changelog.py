from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.commands.frame import run_main
from lsstinstall.core.tags import EupsTag
from rubin_releng.commands.main import cli
from tests.support.histories import Story
from tests.support.releases import a_product, a_release

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process


@pytest.fixture
def story() -> Story:
    found = Story()
    found.commit("Begin")
    found.tag("w.2026.42")
    found.pull(12, "tickets/DM-2", "DM-2: Title")
    found.tag("w.2026.43")
    return found


@pytest.fixture
def clone(story: Story, tmp_path: Path) -> Path:
    return story.write(tmp_path / "clones" / "afw.git")


def run(*arguments: str) -> int:
    return run_main(cli, name="rubin-releng", arguments=["changelog", *arguments])


def answer(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_two_tags_of_a_clone_give_the_contract(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("w_2026_42", "w_2026_43", "--repository", f"afw={clone}", "--json", "--quiet") == 0
    product = answer(capsys)["products"]["afw"]
    assert {key: product[key] for key in ("relation", "tickets", "unmapped", "reverted")} == {
        "relation": "forward",
        "tickets": ["DM-2"],
        "unmapped": [],
        "reverted": [],
    }


def test_a_folder_of_clones_gives_products_by_their_names(
    clone: Path, story: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    story.write(clone.parent / "geom", bare=False)
    (clone.parent / "not-a-product").mkdir()
    (clone.parent / "nothing").mkdir()
    assert run("w.2026.42", "main", "--repositories", str(clone.parent), "--json", "--quiet") == 0
    assert list(answer(capsys)["products"]) == ["afw", "geom"]


def test_one_option_may_be_followed_by_several_repositories(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = ("--repository", f"afw={clone}", f"geom={clone}")
    assert run("w_2026_42", "w_2026_43", *named, "--json", "--quiet") == 0
    assert list(answer(capsys)["products"]) == ["afw", "geom"]


def test_people_read_markdown(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("w_2026_42", "w_2026_43", "--repository", f"afw={clone}") == 0
    captured = capsys.readouterr()
    assert "): Title \\[afw\\]" in captured.out
    assert captured.err == "compare `w_2026_42` with `w_2026_43` (1)\n  + [1/1] afw (forward)\n"


def test_outputs_are_written_by_their_endings(
    clone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [tmp_path / "out" / "changes.md", tmp_path / "out" / "changes.json"]
    outputs = [word for path in paths for word in ("--output", str(path))]
    assert run("w_2026_42", "w_2026_43", "--repository", f"afw={clone}", "--quiet", *outputs) == 0
    assert capsys.readouterr().out == f"wrote {paths[0]}\nwrote {paths[1]}\n"
    assert paths[0].read_text().startswith("# Changes from")
    assert json.loads(paths[1].read_text())["schema"] == 1


def test_release_documents_name_the_commits(
    clone: Path, story: Story, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for week in (42, 43):
        product = a_product("afw")
        release = a_release(
            tag=EupsTag.parse(f"w_2026_{week}"),
            previous=None,
            products=(
                type(product)(
                    name=product.name,
                    repository=product.repository,
                    version=product.version,
                    commit=story.tags[f"w.2026.{week}"],
                ),
            ),
        )
        path = tmp_path / "pkgroot" / "releases" / f"w_2026_{week}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(release.canonical())
    ends = ("w_2026_42", str(tmp_path / "pkgroot/releases/w_2026_43.json"))
    clones = ("--repositories", str(clone.parent), "--pkgroot", str(tmp_path / "pkgroot"))
    assert run(*ends, *clones, "--json", "--quiet") == 0
    data = answer(capsys)
    assert data["from"]["source"] == data["to"]["source"] == "release document"
    assert data["products"]["afw"]["tickets"] == ["DM-2"]


def test_a_tag_without_document_is_looked_up_in_git(
    clone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clones = ("--repositories", str(clone.parent), "--pkgroot", str(tmp_path))
    assert run("w_2026_42", "v30.0.x", *clones, "--quiet") == 3
    capsys.readouterr()
    assert run("w_2026_42", "w_2026_43", *clones, "--json", "--quiet") == 0
    assert '"source": "git tags"' in capsys.readouterr().out


def test_a_commit_is_no_document(clone: Path, story: Story, tmp_path: Path) -> None:
    ends = (story.tags["w.2026.42"], story.tags["w.2026.43"])
    assert run(*ends, "--repository", f"afw={clone}", "--pkgroot", str(tmp_path), "--quiet") == 0


def test_builds_are_read_from_versiondb(
    clone: Path, story: Story, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifests = tmp_path / "versiondb" / "manifests"
    manifests.mkdir(parents=True)
    for number, week in ((1, 42), (2, 43)):
        text = f"# header\nBUILD=b{number}\nafw {story.tags[f'w.2026.{week}']} g{number}\n"
        (manifests / f"b{number}.txt").write_text(text)
    options = ("--versiondb", str(tmp_path / "versiondb"), "--repository", f"afw={clone}")
    assert run("b1", "b2", *options, "--json", "--quiet") == 0
    data = answer(capsys)
    assert (data["from"]["build"], data["products"]["afw"]["to_version"]) == ("b1", "g2")


def test_a_git_tag_beside_versiondb_is_still_a_tag(clone: Path, tmp_path: Path) -> None:
    options = ("--versiondb", str(tmp_path), "--repository", f"afw={clone}")
    assert run("w_2026_42", "w_2026_43", *options, "--quiet") == 0


def test_strict_fails_on_what_is_missing(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = ("w_2026_42", "w_2026_43", "--repository", f"afw={clone}", "--repository", "geom=/nowhere")
    assert run(*wanted, "--quiet") == 0
    assert run(*wanted, "--quiet", "--strict") == 1
    assert capsys.readouterr().err.startswith("warning: `geom` is not known: ")


def test_nothing_known_at_all_is_a_failure(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("w_2026_01", "w_2026_02", "--repository", f"afw={clone}", "--quiet") == 3
    assert capsys.readouterr().err.splitlines()[0] == (
        "error: nothing is known of any product between `w_2026_01` and `w_2026_02`"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("w_2026_42", "w_2026_43"), 2, "there is no product to compare"),
        (("w_2026_42", "w_2026_43", "--repository", "afw"), 2, "`afw` is no repository"),
        (("w_2026_42", "w_2026_43", "--repository", "a-b=/x"), 2, "`a-b` is not a product name"),
        (("w_2026_42", "w_2026_43", "--repositories", "/nowhere"), 3, "there is no folder `/nowhere`"),
        (("w_2026_42", "w_2026_43", "--output", "x.txt"), 2, "cannot tell the format of `x.txt`"),
        (("nowhere.json", "w_2026_43"), 3, "cannot read `nowhere.json`: no such file or directory"),
        (("b1", "b2"), 3, "nothing is known of build `b1`"),
        (("b1", "b2", "--versiondb", "/nowhere"), 3, "there is no folder `/nowhere`"),
    ],
)
def test_wrong_calls_are_explained(
    arguments: tuple[str, ...], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments, "--quiet") == code
    assert message in capsys.readouterr().err


def test_a_damaged_document_is_corrupt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "w_2026_42.json"
    path.write_bytes(a_release().canonical()[:100])
    assert run(str(path), "w_2026_43", "--quiet") == 5
    assert f"{path}:1:" in capsys.readouterr().err
