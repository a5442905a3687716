from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import NotFoundError, ToolkitError
from lsstinstall.core.names import parse_git_sha
from rubin_releng.adapters.gitlogs import GitHistory, list_tags
from rubin_releng.changelog.ports import HistoryReader
from tests.support.histories import Story

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.core.names import GitSha

pytestmark = pytest.mark.process

NOT_THERE = parse_git_sha("c" * 40)


def a_story() -> Story:
    story = Story()
    story.commit("Begin")
    story.tag("w.2026.42")
    story.branches["v30.0.x"] = story.branches["main"]
    story.pull(12, "tickets/DM-2", "DM-2: Títle", commits=["One", "Two"])
    story.merge("tickets/DM-2-v30", into="v30.0.x")
    return story


@pytest.fixture(params=["memory", "bare", "work tree"])
def reader(request: pytest.FixtureRequest, tmp_path: Path) -> HistoryReader:
    """The fake and the real reader of one story: they must agree."""
    story = a_story()
    if request.param == "memory":
        return story.reader()
    return GitHistory(story.write(tmp_path / "afw", bare=request.param == "bare"))


@pytest.fixture
def shas() -> dict[str, GitSha]:
    story = a_story()
    return {"start": story.tags["w.2026.42"], **story.branches}


def test_a_reader_can_do_all_that_is_asked(reader: HistoryReader) -> None:
    asked = {name for name in vars(HistoryReader) if not name.startswith("_")}
    assert asked <= set(dir(reader))


def test_refs_and_ids_are_resolved(reader: HistoryReader, shas: dict[str, GitSha]) -> None:
    asked = ("refs/tags/w.2026.42", "refs/heads/main", shas["main"][:8], "refs/tags/no", NOT_THERE, "HEAD")
    assert reader.resolve(asked) == (shas["start"], shas["main"], shas["main"], None, None, shas["main"])


def test_a_span_has_both_sides(reader: HistoryReader, shas: dict[str, GitSha]) -> None:
    span = reader.between(shas["v30.0.x"], shas["main"])
    memory = a_story().reader().between(shas["v30.0.x"], shas["main"])
    assert {one.sha: one for one in span.left} == {one.sha: one for one in memory.left}
    assert span.right == memory.right
    assert span.right[0].subject == "Merge pull request #12 from lsst/tickets/DM-2"


def test_what_lies_beside_the_main_line_is_known(reader: HistoryReader, shas: dict[str, GitSha]) -> None:
    assert reader.off_main(shas["start"], shas["main"]) == frozenset()
    assert shas["v30.0.x"] in reader.off_main(shas["start"], shas["v30.0.x"])


def test_ancestors_are_known(reader: HistoryReader, shas: dict[str, GitSha]) -> None:
    asked = [shas["start"], shas["v30.0.x"], NOT_THERE]
    assert [reader.is_ancestor(sha, shas["main"]) for sha in asked] == [True, False, False]


def test_first_parents_are_counted(reader: HistoryReader, shas: dict[str, GitSha]) -> None:
    assert reader.count(shas["main"]) == 2


def test_a_whole_history_is_not_shallow(reader: HistoryReader) -> None:
    assert not reader.is_shallow()


def test_without_a_main_line_nothing_is_beside_it(tmp_path: Path) -> None:
    story = a_story()
    tip = story.branches.pop("main")
    story.branches["trunk"] = tip
    history = GitHistory(story.write(tmp_path / "afw"))
    assert history.off_main(story.tags["w.2026.42"], tip) == story.reader().off_main(tip, tip) == frozenset()


def test_a_folder_inside_another_repository_is_none(tmp_path: Path) -> None:
    outer = a_story().write(tmp_path / "afw", bare=False)
    (outer / "inner").mkdir()
    with pytest.raises(NotFoundError, match="not a git repository"):
        GitHistory(outer / "inner").resolve(["HEAD"])


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ToolkitError, match="No such file or directory"):
        GitHistory(tmp_path / "no").resolve(["HEAD"])


def test_tags_are_listed_and_a_missing_repository_has_none(tmp_path: Path) -> None:
    directory = a_story().write(tmp_path / "afw")
    assert list_tags(directory) == ("w.2026.42",)
    assert list_tags(tmp_path / "nowhere") == ()
    assert list_tags(None) == ()
