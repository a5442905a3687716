from __future__ import annotations

import multiprocessing
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.locks import Patience, hold_lock, login_name, read_holder
from lsstinstall.core.errors import RefusedError, ToolkitError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.context import SpawnProcess
    from multiprocessing.synchronize import Event


def _hold(path: str, held: Event, release: Event, is_kept: bool = True) -> None:  # noqa: FBT001, FBT002
    with hold_lock(Path(path), purpose="the other's work", is_kept=is_kept):
        held.set()
        release.wait(30)


@contextmanager
def _other(path: Path, *, is_kept: bool = True) -> Iterator[tuple[SpawnProcess, Event]]:
    """Let another process hold the lock."""
    context = multiprocessing.get_context("spawn")
    held, release = context.Event(), context.Event()
    process = context.Process(target=_hold, args=(str(path), held, release, is_kept))
    process.start()
    try:
        assert held.wait(30)
        yield process, release
    finally:
        # Of one that was killed while it waited, `set` would wait for an answer.
        if process.is_alive():
            release.set()
        process.join(30)


def test_a_lock_can_be_taken_again_when_it_was_let_go(tmp_path: Path) -> None:
    for _ in range(2):
        with hold_lock(tmp_path / "lock") as waited:
            assert not waited


def test_the_file_of_a_lock_says_who_holds_it_and_afterwards_nothing(tmp_path: Path) -> None:
    with hold_lock(tmp_path / "lock", purpose="the test"):
        text = (tmp_path / "lock").read_text()
        assert f'"pid": {os.getpid()}' in text
        assert '"purpose": "the test"' in text
    assert (tmp_path / "lock").read_text() == ""


def test_a_lock_in_a_folder_that_is_a_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(ToolkitError, match="cannot lock"), hold_lock(tmp_path / "lock"):
        pass


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 4711001)
    assert login_name() == "4711001"


def test_nobody_holds_a_lock_that_is_free_or_not_there(tmp_path: Path) -> None:
    assert read_holder(tmp_path / "lock") is None
    (tmp_path / "lock").touch()
    assert read_holder(tmp_path / "lock") is None


@pytest.mark.process
def test_a_lock_of_another_process_is_refused_and_its_holder_named(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with _other(lock) as (process, _):
        with (
            pytest.raises(RefusedError) as caught,
            hold_lock(lock, wait_seconds=0.15, purpose="the test"),
        ):
            pass
        found = read_holder(lock)
    assert f"is locked by process {process.pid} of {login_name()} on {os.uname().nodename}" in str(
        caught.value
    )
    assert "for the other's work since 20" in str(caught.value)
    assert str(caught.value).endswith("so the test cannot run")
    assert found is not None
    assert (found.pid, found.purpose) == (process.pid, "the other's work")


@pytest.mark.process
def test_a_second_one_waits_and_says_once_for_whom(tmp_path: Path) -> None:
    told: list[str] = []
    with _other(tmp_path / "lock") as (process, release):

        def hear(text: str) -> None:
            told.append(text)
            release.set()

        with hold_lock(tmp_path / "lock", wait_seconds=None, waiting=hear) as waited:
            assert waited
    assert [text.partition(" of ")[0] for text in told] == [f"waiting for process {process.pid}"]


@pytest.mark.process
def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    with _other(tmp_path / "lock") as (process, _):
        process.kill()
        process.join(30)
        with hold_lock(tmp_path / "lock"):
            pass


def test_each_holder_is_told_once_and_one_that_nobody_knows_not_at_all() -> None:
    told: list[str] = []
    patience = Patience(0.02, told.append)
    assert not patience.is_over
    for holder in (None, "alice", "alice", "bob", None, "bob"):
        patience.wait(holder)
    assert told == ["waiting for alice", "waiting for bob"]
    assert patience.is_over


def test_who_waits_for_ever_never_gives_up() -> None:
    patience = Patience(None, None)
    patience.wait("alice")
    assert not patience.is_over


@pytest.mark.process
def test_a_lock_that_is_not_kept_leaves_no_file_and_who_waited_has_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with hold_lock(path, is_kept=False):
        assert path.exists()
    assert not path.exists()
    with _other(path, is_kept=False) as (_, release):

        def let_go(_: str) -> None:
            release.set()

        with hold_lock(path, wait_seconds=None, waiting=let_go, is_kept=False) as waited:
            assert waited
            assert "this command" in path.read_text()
    assert not path.exists()
