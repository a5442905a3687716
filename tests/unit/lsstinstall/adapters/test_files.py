from __future__ import annotations

import errno
import hashlib
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.files import (
    explain,
    make_directory,
    read_bytes,
    read_text,
    sha256_of,
    write_atomic,
)
from lsstinstall.core.errors import ExitCode, FormatError, NotFoundError, RefusedError, ToolkitError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOENT, ExitCode.NOT_FOUND),
        (errno.ENOTDIR, ExitCode.NOT_FOUND),
        (errno.ENOSPC, ExitCode.UNAVAILABLE),
        (errno.EACCES, ExitCode.REFUSED),
        (errno.EROFS, ExitCode.REFUSED),
        (errno.EIO, ExitCode.FAILED),
    ],
)
def test_an_operating_system_error_gets_a_fitting_exit_code(number: int, code: ExitCode) -> None:
    error = explain(OSError(number, os.strerror(number), "/some/file"), doing="read")
    assert error.code is code
    assert str(error) == f"cannot read `/some/file`: {os.strerror(number).lower()}"


def test_an_operating_system_error_without_a_name_is_explained_too() -> None:
    assert str(explain(OSError(errno.EIO, "Input/output error"), doing="read")) == (
        "cannot read `a file`: input/output error"
    )


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="cannot read"):
        read_bytes(tmp_path / "missing")
    with pytest.raises(NotFoundError, match="cannot read"):
        sha256_of(tmp_path / "missing")


def test_text_comes_back_as_it_was_written(tmp_path: Path) -> None:
    write_atomic(tmp_path / "deep" / "file", "größe\r\n")
    assert read_text(tmp_path / "deep" / "file") == "größe\r\n"


def test_a_file_that_is_not_utf8_names_the_place_of_the_wrong_byte(tmp_path: Path) -> None:
    path = tmp_path / "latin1"
    path.write_bytes(b"one\n\xc3\xa4b\xe4")
    with pytest.raises(FormatError, match=r":2:3: byte 0xe4 is not UTF-8"):
        read_text(path)


def test_a_file_with_zeros_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "zeros"
    path.write_bytes(b"one\ntw\0\0\0")
    with pytest.raises(FormatError, match=r":2:3: byte 0x00 is not text"):
        read_text(path)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "marked"
    path.write_bytes(b"\xef\xbb\xbfone\xef\xbb\xbf")
    assert read_text(path) == "one\ufeff"


def test_text_that_is_no_unicode_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match=r"cannot write `.*/file`: `\\udcff` in it is not Unicode"):
        write_atomic(tmp_path / "file", "path = /home/\udcff\n")
    assert list(tmp_path.iterdir()) == []


def test_a_digest_is_that_of_the_content(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    assert sha256_of(tmp_path / "file") == hashlib.sha256(b"abc").hexdigest()


def test_a_replaced_file_keeps_its_mode_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "script"
    write_atomic(path, "old", mode=0o750)
    write_atomic(path, b"new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o7777 == 0o750
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    (path / "child").mkdir(parents=True)
    with pytest.raises(ToolkitError, match="cannot write"):
        write_atomic(path, "new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]


@pytest.mark.process
def test_what_a_killed_write_left_goes_away_with_the_next(tmp_path: Path) -> None:
    path = tmp_path / "file"
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - it is killed

        def hang(*_: object) -> None:
            os.write(writing, b".")
            time.sleep(60)

        os.replace = hang  # type: ignore[assignment]
        write_atomic(path, "half")
    os.read(reading, 1)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert [entry.name for entry in tmp_path.iterdir()] == [".file.tmp"]
    write_atomic(path, "whole")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
    assert path.read_text() == "whole"


def test_a_link_to_nothing_in_the_place_of_an_unfinished_file_goes_away(tmp_path: Path) -> None:
    (tmp_path / ".file.tmp").symlink_to(tmp_path / "nothing")
    write_atomic(tmp_path / "file", "whole")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_nothing_is_written_through_a_link_in_the_place_of_an_unfinished_file(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("precious")
    (tmp_path / ".file.tmp").symlink_to(tmp_path / "other")
    write_atomic(tmp_path / "file", "whole")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "other"]
    assert (tmp_path / "other").read_text() == "precious"


def test_writers_of_the_same_file_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "file"
    contents = [letter * 20_000 for letter in "abcdefgh"]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: write_atomic(path, contents[number % 8]), range(48)))
    assert path.read_text() in contents
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_folder_cannot_be_made_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotFoundError, match="cannot make the folder") as caught:
        make_directory(tmp_path / "file" / "below")
    assert caught.value.hint == "name a folder in a place where you can make one"
