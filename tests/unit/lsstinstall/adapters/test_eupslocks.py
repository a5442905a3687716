from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.eupslocks import (
    EupsLock,
    LockKind,
    hold_eups_lock,
    read_locks,
    remove_stale_locks,
)
from lsstinstall.core.errors import RefusedError

if TYPE_CHECKING:
    from pathlib import Path

HOST = socket.gethostname()
DEAD = 2**22 + 1  # more than Linux gives out


def _lock(stack: Path, name: str) -> Path:
    path = stack / ".lockDir" / name
    path.parent.mkdir(exist_ok=True)
    path.touch()
    return path


def test_locks_of_eups_and_ours_are_read(tmp_path: Path) -> None:
    _lock(tmp_path, "exclusive-builder.12")
    _lock(tmp_path, "shared-j.doe@login1.example.org.13")
    _lock(tmp_path, "notes")
    assert read_locks(tmp_path) == (
        EupsLock(
            kind=LockKind.EXCLUSIVE,
            user="builder",
            host=None,
            pid=12,
            path=tmp_path / ".lockDir/exclusive-builder.12",
        ),
        EupsLock(
            kind=LockKind.SHARED,
            user="j.doe",
            host="login1.example.org",
            pid=13,
            path=tmp_path / ".lockDir/shared-j.doe@login1.example.org.13",
        ),
    )


def test_a_stack_without_locks_has_none(tmp_path: Path) -> None:
    assert read_locks(tmp_path) == ()
    assert remove_stale_locks(tmp_path) == ()


def test_a_lock_says_who_holds_it(tmp_path: Path) -> None:
    _lock(tmp_path, "exclusive-builder.12")
    _lock(tmp_path, "shared-doe@far.13")
    assert [str(lock) for lock in read_locks(tmp_path)] == [
        "process 12 of builder",
        "process 13 of doe on far",
    ]


@pytest.mark.parametrize(
    ("name", "local", "stale"),
    [
        (f"exclusive-builder.{DEAD}", True, True),
        # It may live on another machine.
        (f"exclusive-builder.{DEAD}", False, False),
        (f"shared-builder@{HOST}.{DEAD}", False, True),
        (f"shared-builder@elsewhere.{DEAD}", True, False),
        (f"exclusive-builder.{os.getpid()}", True, False),
        (f"exclusive-builder.{10**30}", True, True),
        # Not ours to signal, but alive.
        ("exclusive-root.1", True, False),
    ],
    # Process ids differ between the workers that collect the tests.
    ids=["dead", "dead-elsewhere", "dead-by-host", "other-host", "alive", "impossible", "not-ours"],
)
def test_a_lock_is_stale_if_its_holder_is_certainly_gone(
    tmp_path: Path, name: str, *, local: bool, stale: bool
) -> None:
    _lock(tmp_path, name)
    (lock,) = read_locks(tmp_path)
    assert lock.is_stale(host=HOST, local=local) is stale


def test_stale_locks_are_removed_and_others_stay(tmp_path: Path) -> None:
    _lock(tmp_path, f"shared-builder@{HOST}.{DEAD}")
    kept = _lock(tmp_path, f"shared-builder@{HOST}.{os.getpid()}")
    assert [lock.pid for lock in remove_stale_locks(tmp_path)] == [DEAD]
    assert list((tmp_path / ".lockDir").iterdir()) == [kept]


def test_our_lock_is_one_that_eups_understands(tmp_path: Path) -> None:
    with hold_eups_lock(tmp_path, wait_seconds=0, purpose="the test"):
        (lock,) = read_locks(tmp_path)
        assert (lock.kind, lock.pid, lock.host) == (LockKind.SHARED, os.getpid(), HOST)
    assert not (tmp_path / ".lockDir").exists()


def test_shared_locks_of_others_are_no_hindrance_and_stay(tmp_path: Path) -> None:
    other = _lock(tmp_path, f"shared-builder.{os.getpid()}")
    with hold_eups_lock(tmp_path, wait_seconds=0, purpose="the test"):
        assert len(read_locks(tmp_path)) == 2
    assert list((tmp_path / ".lockDir").iterdir()) == [other]


def test_an_exclusive_lock_of_a_living_process_refuses_us(tmp_path: Path) -> None:
    _lock(tmp_path, f"exclusive-builder.{os.getpid()}")
    with (
        pytest.raises(RefusedError, match=rf"locked for EUPS by process {os.getpid()} of builder") as caught,
        hold_eups_lock(tmp_path, wait_seconds=0.3, purpose="the test"),
    ):
        pass
    assert caught.value.hint is not None
    assert "clearLocks" in caught.value.hint
    assert len(read_locks(tmp_path)) == 1


def test_an_exclusive_lock_of_a_killed_process_of_ours_is_no_hindrance(tmp_path: Path) -> None:
    _lock(tmp_path, f"exclusive-builder@{HOST}.{DEAD}")
    with hold_eups_lock(tmp_path, wait_seconds=0, purpose="the test"):
        assert [lock.kind for lock in read_locks(tmp_path)] == [LockKind.SHARED]


def test_the_lock_is_given_up_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(KeyError), hold_eups_lock(tmp_path, wait_seconds=0, purpose="the test"):
        raise KeyError
    assert not (tmp_path / ".lockDir").exists()


def test_a_folder_that_is_removed_under_us_is_no_error(tmp_path: Path) -> None:
    with hold_eups_lock(tmp_path, wait_seconds=0, purpose="the test"):
        for path in (tmp_path / ".lockDir").iterdir():
            path.unlink()
        (tmp_path / ".lockDir").rmdir()
    assert list(tmp_path.iterdir()) == []


def test_a_stack_that_cannot_be_written_to_cannot_be_locked(tmp_path: Path) -> None:
    (tmp_path / ".lockDir").write_text("")
    with (
        pytest.raises(Exception, match="cannot lock"),
        hold_eups_lock(tmp_path, wait_seconds=0, purpose="it"),
    ):
        pass


def test_who_waits_for_eups_says_for_whom_and_goes_on(tmp_path: Path) -> None:
    other = _lock(tmp_path, f"exclusive-builder.{os.getpid()}")
    told: list[str] = []

    def hear(text: str) -> None:
        told.append(text)
        other.unlink()

    with hold_eups_lock(tmp_path, wait_seconds=None, purpose="the test", waiting=hear) as waited:
        assert waited
    assert told == [f"waiting for EUPS, which is run by process {os.getpid()} of builder"]
