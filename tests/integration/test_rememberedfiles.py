"""Answers about files of mirrors are kept, as long as they are true."""

from __future__ import annotations

import shutil
import sqlite3
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from lsstinstall.core.errors import ToolkitError, UnavailableError
from lsstinstall.core.reporting import SilentReporter
from rubin_releng.adapters.mirrorfiles import MirrorFiles
from rubin_releng.adapters.mirrors import Mirrors
from rubin_releng.adapters.rememberedfiles import FileMemory, RememberedFiles
from tests.support.histories import Story

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

TOWNCRIER = '[tool.towncrier]\ndirectory = "doc/changes"\n'


class Mirrored(NamedTuple):
    url: str
    directory: Path
    memory: Path
    ends: tuple[Any, Any]

    def files(self, *, offline: bool = False) -> RememberedFiles:
        files = MirrorFiles(self.directory, self.url, offline=offline)
        return RememberedFiles(files, FileMemory(self.memory))

    @property
    def settings(self) -> list[tuple[Any, str]]:
        return [(commit, path) for commit in self.ends for path in ("pyproject.toml", "towncrier.toml")]


@pytest.fixture
def mirrored(tmp_path: Path) -> Mirrored:
    story = Story()
    story.commit("Begin", files={"pyproject.toml": TOWNCRIER, "towncrier.toml": "[other]\n"})
    story.tag("w.2026.42")
    story.merge("tickets/DM-1", files={"doc/changes/DM-1.feature.md": "News of DM-1"})
    story.tag("w.2026.43")
    remote = story.write(tmp_path / "remote")
    mirrors = Mirrors(tmp_path / "mirror")
    mirrors.update({remote.as_uri(): None}, reporter=SilentReporter())
    ends = (story.tags["w.2026.42"], story.tags["w.2026.43"])
    directory = mirrors.directory(remote.as_uri())
    return Mirrored(remote.as_uri(), directory, tmp_path / "files.sqlite", ends)


def test_what_was_read_once_is_known_without_the_mirror(mirrored: Mirrored) -> None:
    texts = mirrored.files().texts(mirrored.settings)
    added = mirrored.files().added_files(*mirrored.ends, ["doc/changes"])
    assert texts == (TOWNCRIER, None, TOWNCRIER, None)
    assert [(one.path, one.text) for one in added] == [("doc/changes/DM-1.feature.md", "News of DM-1")]
    shutil.rmtree(mirrored.directory)
    assert mirrored.files().texts(mirrored.settings) == texts
    assert mirrored.files(offline=True).added_files(*mirrored.ends, ["doc/changes"]) == added


def test_what_is_lacking_is_asked_for_again_when_something_was_fetched(mirrored: Mirrored) -> None:
    for _ in range(2):
        with pytest.raises(UnavailableError, match="no files were fetched"):
            mirrored.files(offline=True).texts(mirrored.settings)
    # Somebody else fetches, who remembers nothing.
    texts = MirrorFiles(mirrored.directory, mirrored.url).texts(mirrored.settings)
    assert texts[0] == mirrored.files(offline=True).texts(mirrored.settings)[0] == TOWNCRIER


def test_what_is_lacking_is_fetched_by_whoever_may(mirrored: Mirrored) -> None:
    with pytest.raises(UnavailableError, match="no files were fetched"):
        mirrored.files(offline=True).texts(mirrored.settings)
    assert mirrored.files().texts(mirrored.settings)[0] == TOWNCRIER


def test_a_mirror_that_is_gone_is_told(mirrored: Mirrored) -> None:
    shutil.rmtree(mirrored.directory)
    with pytest.raises(ToolkitError, match="cannot read files"):
        mirrored.files(offline=True).texts(mirrored.settings)


def test_a_memory_that_is_damaged_begins_anew(mirrored: Mirrored) -> None:
    mirrored.memory.write_bytes(b"nothing that a database would begin with" * 100)
    mirrored.files().texts(mirrored.settings)
    shutil.rmtree(mirrored.directory)
    assert mirrored.files().texts(mirrored.settings)[0] == TOWNCRIER


def test_a_memory_that_cannot_be_used_is_done_without(mirrored: Mirrored) -> None:
    mirrored.memory.mkdir()
    assert mirrored.files().texts(mirrored.settings)[0] == TOWNCRIER


def test_a_memory_whose_table_is_gone_is_done_without(mirrored: Mirrored) -> None:
    files = mirrored.files()
    with sqlite3.connect(mirrored.memory) as database:
        database.execute("DROP TABLE answers_1")
    assert files.texts(mirrored.settings)[0] == TOWNCRIER
