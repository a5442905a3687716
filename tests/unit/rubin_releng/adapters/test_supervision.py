from __future__ import annotations

import io
import os
import signal
import sys
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.process import ProcessError
from lsstinstall.core.errors import NotFoundError
from rubin_releng.adapters.buildlogs import BuildLog
from rubin_releng.adapters.supervision import StoppedError, Usage, end_strays, supervise

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ZERO = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def test_each_line_of_a_log_has_its_time() -> None:
    stream = io.BytesIO()
    log = BuildLog(stream, clock=lambda: ZERO)
    log.write(b"one\ntw")
    log.write(b"o")
    log.say("")
    log.finish()
    log.write(b"rest")
    log.finish()
    stamp = b"[2026-03-01T12:30:00Z] "
    assert stream.getvalue() == stamp + b"one\n" + stamp + b"two\n" + stamp + b"rest\n"


def run(folder: Path, script: str, *, stop: Callable[[], bool] = lambda: False) -> tuple[Usage, str]:
    stream = io.BytesIO()
    log = BuildLog(stream, clock=lambda: ZERO)
    usage = supervise((sys.executable, "-c", script), cwd=folder, env=dict(os.environ), log=log, stop=stop)
    return usage, stream.getvalue().decode()


@pytest.mark.process
def test_a_program_is_measured_with_what_it_started(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys; print('out', flush=True)\n"
        "work = 'b = bytearray(200 << 20); sum(range(3_000_000)); import time; time.sleep(0.5)'\n"
        "subprocess.run([sys.executable, '-c', work], check=True)"
    )
    usage, text = run(tmp_path, script)
    assert text == "[2026-03-01T12:30:00Z] out\n"
    assert usage.cpu_seconds > 0.05
    assert 200 << 20 < usage.peak_bytes < 600 << 20
    assert usage.plus(Usage(cpu_seconds=1, peak_bytes=1)).peak_bytes == usage.peak_bytes


@pytest.mark.process
def test_a_program_that_fails_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProcessError) as caught:
        run(tmp_path, "raise SystemExit(3)")
    assert caught.value.returncode == 3


@pytest.mark.process
def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    log = BuildLog(io.BytesIO())
    with pytest.raises(NotFoundError, match="cannot run `nothing`"):
        supervise(("nothing",), cwd=tmp_path, env={}, log=log, stop=lambda: False)


@pytest.mark.process
def test_what_a_program_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "open('child', 'w').write(str(child.pid))"
    )
    run(tmp_path, script)
    child = int((tmp_path / "child").read_text(encoding="utf-8"))
    while is_alive(child):
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stream:  # noqa: PTH123
            return stream.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.process
@pytest.mark.parametrize("polite", [True, False])
def test_a_program_is_asked_to_end_and_then_forced(tmp_path: Path, *, polite: bool) -> None:
    ignoring = "" if polite else "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    script = f"{ignoring}open('ready', 'w').close()\nimport time; time.sleep(600)"
    with pytest.raises(StoppedError):
        run(tmp_path, script, stop=(tmp_path / "ready").exists)


@pytest.mark.process
def test_strays_are_found_by_the_folder_they_work_in(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "ours2"
    stopping = threading.Event()
    outcomes: dict[str, int] = {}

    def work(folder: Path) -> None:
        folder.mkdir()
        script = "open('ready', 'w').close()\nimport time; time.sleep(600)"
        try:
            run(folder, script, stop=stopping.is_set)
        except ProcessError as error:
            outcomes[folder.name] = error.returncode
        except StoppedError:
            outcomes[folder.name] = 0

    threads = [threading.Thread(target=work, args=(folder,)) for folder in (ours, theirs)]
    for thread in threads:
        thread.start()
    while not all((folder / "ready").exists() for folder in (ours, theirs)):
        time.sleep(0.02)
    assert end_strays(ours) == 1
    threads[0].join()
    assert is_waiting(threads[1])
    stopping.set()
    threads[1].join()
    assert outcomes == {"ours": -signal.SIGKILL, "ours2": 0}


def is_waiting(thread: threading.Thread) -> bool:
    return thread.is_alive()
