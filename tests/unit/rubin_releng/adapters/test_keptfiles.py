"""Files of servers that are read once and kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import CorruptError, FormatError, UnavailableError
from rubin_releng.adapters.keptfiles import KeptFiles
from tests.support.webservers import WebServer, serve

if TYPE_CHECKING:
    from pathlib import Path

_NOW = datetime(2026, 11, 22, tzinfo=UTC)


def _after(hours: int) -> datetime:
    return _NOW + timedelta(hours=hours)


def _plain(text: str, source: str) -> str:
    if "bad" in text:
        raise FormatError("it is bad", source=source)
    return text


@pytest.mark.network
def test_a_file_is_asked_for_once_and_is_there_offline(tmp_path: Path) -> None:
    with serve(WebServer(files={"tags/w_2022_20.list": b"content"})) as server:
        for _ in range(2):
            assert KeptFiles(server.url, tmp_path).read("tags/w_2022_20.list", _plain) == "content"
        offline = KeptFiles(server.url, tmp_path, offline=True)
        assert offline.read("tags/w_2022_20.list", _plain) == "content"
        with pytest.raises(UnavailableError, match="this is offline"):
            offline.read("tags/w_2022_21.list", _plain)

    assert len(server.asked) == 1


@pytest.mark.network
def test_a_missing_file_is_believed_for_a_while(tmp_path: Path) -> None:
    span = timedelta(hours=2)
    with serve(WebServer()) as server:
        for hours in (0, 1, 3):
            files = KeptFiles(server.url, tmp_path, now=partial(_after, hours))
            assert files.read("x.list", _plain, missing_for=span) is None
        server.files["x.list"] = b"late"
        late = KeptFiles(server.url, tmp_path, now=partial(_after, 6))
        assert late.read("x.list", _plain, missing_for=span) == "late"
        early = KeptFiles(server.url, tmp_path, now=partial(_after, 4))
        assert early.read("x.list", _plain, missing_for=span) == "late"

    assert len(server.asked) == 3


@pytest.mark.network
def test_what_cannot_be_understood_is_not_kept(tmp_path: Path) -> None:
    with serve(WebServer(files={"x": b"bad"})) as server:
        files = KeptFiles(server.url, tmp_path)
        with pytest.raises(FormatError, match=f"{server.url}/x:1:1"):
            files.read("x", _plain)
        server.files["x"] = b"good"
        assert files.read("x", _plain) == "good"


@pytest.mark.network
def test_a_damaged_memory_is_read_anew(tmp_path: Path) -> None:
    with serve(WebServer(files={"x": b"good"})) as server:
        KeptFiles(server.url, tmp_path).read("x", _plain)
        (kept,) = tmp_path.glob("*/x")
        kept.write_text("bad")
        assert KeptFiles(server.url, tmp_path).read("x", _plain) == "good"
        kept.unlink()
        (kept.parent / "x.missing").write_text("no time")
        assert KeptFiles(server.url, tmp_path).read("x", _plain) == "good"

    assert len(server.asked) == 3


@pytest.mark.network
def test_a_server_that_fails_is_asked_once(tmp_path: Path) -> None:
    with serve(WebServer(statuses={"x": [401] * 9})) as server:
        files = KeptFiles(server.url, tmp_path)
        for path in ("x", "y"):
            with pytest.raises(UnavailableError, match="401"):
                files.read(path, _plain)

    assert len(server.asked) == 1


@pytest.mark.network
def test_without_a_memory_each_file_is_asked_for(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the place of a folder")
    with serve(WebServer(files={"x": b"good"})) as server:
        for folder in (None, blocked):
            for _ in range(2):
                assert KeptFiles(server.url, folder).read("x", _plain) == "good"

    assert len(server.asked) == 4


def test_a_folder_of_this_machine_is_read_where_it_is(tmp_path: Path) -> None:
    root, memory = tmp_path / "root", tmp_path / "memory"
    root.mkdir()
    files = KeptFiles(str(root), memory, offline=True)

    assert files.read("x", _plain) is None
    (root / "x").write_text("good")
    assert files.read("x", _plain) == "good"
    assert not memory.exists()


def test_a_place_is_named_without_its_password(tmp_path: Path) -> None:
    files = KeptFiles("https://user:hush@example.org/stack", tmp_path, offline=True)

    with pytest.raises(UnavailableError) as caught:
        files.read("x", _plain)
    assert "hush" not in f"{caught.value}{files.url}"


def test_a_text_that_is_no_utf8_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff\xfe")

    with pytest.raises(CorruptError):
        KeptFiles(str(tmp_path)).read("x", _plain)
