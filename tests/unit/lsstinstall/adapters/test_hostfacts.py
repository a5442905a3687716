from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lsstinstall.adapters.hostfacts import current_umask, disk_of, free_space, ignores_case, missing_parts

if TYPE_CHECKING:
    from pathlib import Path


def test_programs_that_are_not_on_the_path_are_missing(tmp_path: Path) -> None:
    assert missing_parts({"PATH": str(tmp_path)}, system="Darwin")["tar"] == "EUPS"
    assert "tar" not in missing_parts({"PATH": os.environ["PATH"]}, system="Linux")


def test_the_umask_is_read_and_stays() -> None:
    before = os.umask(0o027)
    try:
        assert (current_umask(), current_umask()) == (0o027, 0o027)
    finally:
        os.umask(before)


def test_a_disk_has_room(tmp_path: Path) -> None:
    size_bytes, files = free_space(tmp_path)
    assert size_bytes > 0
    assert files is None or files > 0


def test_a_name_in_other_letters_is_another_file_unless_the_disk_ignores_case(tmp_path: Path) -> None:
    (tmp_path / "name").mkdir()
    assert not ignores_case(tmp_path / "name")
    # As if the disk ignored case.
    (tmp_path / "NAME").symlink_to("name")
    assert ignores_case(tmp_path / "name")
    assert not ignores_case(tmp_path / "1")


def test_a_folder_that_is_not_there_would_be_on_the_disk_above(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    disk = disk_of(tmp_path)
    assert disk is not None
    assert disk == disk_of(tmp_path / "a" / "b") == disk_of(tmp_path / "file" / "below")
    assert disk != disk_of(type(tmp_path)("/proc"))
    (tmp_path / "ring").symlink_to("ring")
    assert disk_of(tmp_path / "ring" / "below") is None
