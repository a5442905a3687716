from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rubin_releng.adapters.gitfiles import GitFiles
from tests.support.histories import Story

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

PARAGRAPH = "News that are long enough for git to see that this is the same file.\n" * 3


def added(story: Story, tmp_path: Path) -> dict[str, str]:
    files = GitFiles(story.write(tmp_path / "afw"))
    found = files.added_files(story.tags["start"], story.branches["main"], ["changes"])
    return {one.path.removeprefix("changes/"): one.text.strip() for one in found}


@pytest.fixture
def story() -> Story:
    found = Story()
    found.commit("Begin", files={"changes/DM-1.misc.md": "Before", "changes/DM-0.misc.md": PARAGRAPH})
    found.tag("start")
    return found


def test_a_file_is_read_at_a_commit(story: Story, tmp_path: Path) -> None:
    files = GitFiles(story.write(tmp_path / "afw"))
    start = story.tags["start"]
    asked = [(start, "changes/DM-1.misc.md"), (start, "changes/DM-2.misc.md")]
    assert files.texts(asked) == ("Before", None)


def test_nothing_added_is_nothing(story: Story, tmp_path: Path) -> None:
    story.merge("tickets/DM-2", files={"other/DM-2.misc.md": "Elsewhere", "changes/DM-1.misc.md": "Edited"})
    assert added(story, tmp_path) == {}


def test_files_that_are_gone_have_their_last_text(story: Story, tmp_path: Path) -> None:
    story.merge("tickets/DM-2", files={"changes/DM-2.misc.md": "First", "changes/sub/DM-3.api.md": "There"})
    story.merge("tickets/DM-3", files={"changes/DM-2.misc.md": "Second"})
    story.merge("tickets/DM-4", files={"changes/DM-2.misc.md": None, "changes/DM-1.misc.md": None})
    assert added(story, tmp_path) == {"DM-2.misc.md": "Second", "sub/DM-3.api.md": "There"}


def test_a_file_that_came_back_has_the_text_of_the_end(story: Story, tmp_path: Path) -> None:
    story.merge("tickets/DM-2", files={"changes/DM-2.misc.md": "First"})
    story.merge("tickets/DM-3", files={"changes/DM-2.misc.md": None})
    story.merge("tickets/DM-4", files={"changes/DM-2.misc.md": "Again"})
    assert added(story, tmp_path) == {"DM-2.misc.md": "Again"}


def test_a_file_that_moved_has_its_last_name(story: Story, tmp_path: Path) -> None:
    story.merge("tickets/DM-2", files={"changes/DM-2.md": PARAGRAPH})
    edited = f"{PARAGRAPH}And more.\n"
    story.merge("tickets/DM-3", files={"changes/DM-2.md": None, "changes/DM-2.api.md": edited})
    story.merge("tickets/DM-4", files={"changes/DM-0.misc.md": None, "changes/DM-0.api.md": PARAGRAPH})
    assert added(story, tmp_path) == {"DM-2.api.md": edited.strip()}


def test_news_of_another_ticket_in_equal_words_are_news(story: Story, tmp_path: Path) -> None:
    changed = PARAGRAPH.replace("News", "Old news", 1)
    story.merge("tickets/DM-5", files={"changes/DM-0.misc.md": None, "changes/DM-5.misc.md": changed})
    assert added(story, tmp_path) == {"DM-5.misc.md": changed.strip()}


def test_wrong_bytes_do_no_harm(story: Story, tmp_path: Path) -> None:
    story.merge("tickets/DM-2", files={"changes/DM-2.misc.md": "Títle\n\nline\n"})
    assert added(story, tmp_path) == {"DM-2.misc.md": "Títle\n\nline"}
