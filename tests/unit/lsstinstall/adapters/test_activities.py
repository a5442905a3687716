from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.activities import RunLimits, listed_activity, proc_activity
from lsstinstall.core.errors import InterruptedWorkError

if TYPE_CHECKING:
    from pathlib import Path


def write_process(proc: Path, pid: int, *, group: int, ticks: int, read: int | None) -> None:
    """Write what Linux tells of a process: some of the fields of proc(5)."""
    folder = proc / str(pid)
    folder.mkdir(parents=True, exist_ok=True)
    fields = f"{pid} (git (a) b) S 1 {group} 7 0 -1 0 0 0 0 0 {ticks} 3 0 0"
    (folder / "stat").write_text(fields, encoding="utf-8")
    if read is not None:
        (folder / "io").write_text(f"rchar: {read}\nwchar: 5\nsyscr: 1\n", encoding="utf-8")


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    (tmp_path / "self").mkdir()
    (tmp_path / "99").mkdir()  # it has just ended
    write_process(tmp_path, 11, group=10, ticks=4, read=100)
    write_process(tmp_path, 12, group=10, ticks=0, read=None)
    write_process(tmp_path, 20, group=20, ticks=1, read=1)
    return tmp_path


def test_all_processes_of_a_group_count_and_no_others(proc: Path) -> None:
    assert proc_activity(10, proc=proc) == {"11 4 3 rchar: 100 wchar: 5", "12 0 3 "}


@pytest.mark.parametrize(("ticks", "read"), [(5, 100), (4, 101)])
def test_computing_and_reading_are_something_done(proc: Path, ticks: int, read: int) -> None:
    before = proc_activity(10, proc=proc)
    write_process(proc, 11, group=10, ticks=ticks, read=read)
    assert proc_activity(10, proc=proc) != before


def test_what_others_do_does_not_count(proc: Path) -> None:
    before = proc_activity(10, proc=proc)
    write_process(proc, 20, group=20, ticks=500, read=500)
    assert proc_activity(10, proc=proc) == before


def test_elsewhere_the_list_of_processes_tells_their_time() -> None:
    listing = "    1     1 0:09.01\n  710   710 0:00.02\n  710   712 1:00.00\n 7100  7100 0:00.01\n"
    assert listed_activity(710, listing) == {"710   710 0:00.02", "710   712 1:00.00"}


def test_a_stop_is_heeded_when_somebody_wants_it() -> None:
    RunLimits(stall_seconds=1).heed_stop()
    RunLimits(stall_seconds=1, stop=lambda: False).heed_stop()
    with pytest.raises(InterruptedWorkError):
        RunLimits(stall_seconds=1, stop=lambda: True).heed_stop()
