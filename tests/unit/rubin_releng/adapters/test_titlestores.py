"""A file of titles that several processes write."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import FormatError, ToolkitError
from rubin_releng.adapters.titlestores import TitleFile
from rubin_releng.core.issues import Issue, IssueSource
from rubin_releng.core.tickets import Ticket, parse_ticket

if TYPE_CHECKING:
    from pathlib import Path

_WRITER = """
import sys
from datetime import date
from pathlib import Path
from rubin_releng.adapters.titlestores import TitleFile
from rubin_releng.core.issues import Issue
from rubin_releng.core.tickets import parse_ticket
store = TitleFile(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), 20, 2):
    key = parse_ticket(f"DM-{number}")
    store.update({key: Issue(key=key, title=f"Title {number}", status="Done", checked=date(2026, 11, 22))})
"""


def _issues(*keys: str) -> dict[Ticket, Issue]:
    return {
        parse_ticket(key): Issue(
            key=parse_ticket(key),
            title=f"Title of {key}",
            status="Done",
            source=IssueSource.JIRA,
            checked=date(2026, 11, 22),
        )
        for key in keys
    }


def test_a_missing_file_is_empty_and_is_made(tmp_path: Path) -> None:
    store = TitleFile(tmp_path / "titles" / "titles.tsv", locks=tmp_path / "locks")

    assert store.read() == {}
    store.update({})
    assert not (tmp_path / "titles").exists()
    (tmp_path / "titles").mkdir()
    store.update(_issues("DM-2", "DM-1"))

    assert store.read() == _issues("DM-1", "DM-2")
    assert [path.name for path in (tmp_path / "titles").iterdir()] == ["titles.tsv"]


def test_what_is_known_already_does_not_touch_the_file(tmp_path: Path) -> None:
    path = tmp_path / "titles.tsv"
    store = TitleFile(path)
    store.update(_issues("DM-1"))
    before = path.stat()

    store.update(_issues("DM-1"))

    assert path.stat().st_ino == before.st_ino
    assert store.name == str(path)


def test_a_bad_line_is_an_error_and_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "titles.tsv"
    path.write_text("DM-1\tTitle\tDone\t2026-11-22\n=======\n")

    with pytest.raises(FormatError, match=r"titles.tsv:2:"):
        TitleFile(path).update(_issues("DM-2"))
    assert path.read_text().endswith("=======\n")


def test_a_folder_in_the_place_of_the_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "titles.tsv").mkdir()

    with pytest.raises(ToolkitError):
        TitleFile(tmp_path / "titles.tsv").read()


@pytest.mark.process
def test_two_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "titles.tsv"
    commands = [[sys.executable, "-c", _WRITER, str(path), start] for start in ("0", "1")]
    writers = [subprocess.Popen(command) for command in commands]

    assert [writer.wait() for writer in writers] == [0, 0]
    assert len(TitleFile(path).read()) == 20
