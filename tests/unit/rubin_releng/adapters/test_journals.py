from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import ToolkitError
from rubin_releng.adapters.journals import append_line, read_lines

if TYPE_CHECKING:
    from pathlib import Path


def test_a_journal_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert read_lines(tmp_path / "journal") == ""


def test_lines_are_added_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "new" / "journal"
    append_line(path, "one\n")
    append_line(path, "two\n")
    assert read_lines(path) == "one\ntwo\n"


def test_after_a_part_of_a_line_a_new_one_is_begun(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_text("one\ntw", encoding="utf-8")
    append_line(path, "three\n")
    assert read_lines(path) == "one\ntw\nthree\n"


def test_wrong_bytes_do_not_stop_the_reader(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_bytes(b"\xffone\n")
    assert read_lines(path).endswith("one\n")


def test_a_folder_in_the_place_of_a_journal_is_told(tmp_path: Path) -> None:
    with pytest.raises(ToolkitError, match="cannot read"):
        read_lines(tmp_path)
    with pytest.raises(ToolkitError, match="cannot write"):
        append_line(tmp_path, "one\n")
