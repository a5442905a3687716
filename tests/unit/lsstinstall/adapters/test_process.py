from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.activities import RunLimits
from lsstinstall.adapters.process import ProcessError, StalledError, run, show_command
from lsstinstall.core.errors import InterruptedWorkError, NotFoundError, ToolkitError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process


def test_output_and_exit_code_of_a_program_come_back() -> None:
    done = run(["sh", "-c", "echo out; echo err >&2; exit 3"], cwd=None, env=None, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "out\n", "err\n")
    assert done.seconds > 0


def test_a_failed_program_is_shown_with_its_last_lines() -> None:
    with pytest.raises(ProcessError, match=r"ended with exit code 4\n  \| so it is") as caught:
        run(["sh", "-c", "echo so it is; exit 4"], cwd=None, env=None, timeout=30)
    assert caught.value.returncode == 4


def test_a_killed_program_names_its_signal() -> None:
    with pytest.raises(ProcessError, match="signal 9"):
        run(["sh", "-c", "kill -9 $$"], cwd=None, env=None, timeout=30)


def test_text_given_is_the_standard_input() -> None:
    assert run(["cat"], cwd=None, env=None, timeout=30, stdin="hello").stdout == "hello"


def test_output_can_go_to_a_file(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        done = run(["sh", "-c", "echo a; echo b >&2"], cwd=None, env=None, timeout=30, output=log)
    assert (done.stdout, (tmp_path / "log").read_text()) == ("", "a\nb\n")


def test_only_the_given_environment_is_passed(tmp_path: Path) -> None:
    done = run(["/bin/sh", "-c", "echo $HOME-$A; pwd"], cwd=tmp_path, env={"A": "1"}, timeout=30)
    assert done.stdout == f"-1\n{tmp_path}\n"


def test_a_missing_program_is_not_found() -> None:
    with pytest.raises(NotFoundError, match="no `no-such-program` here"):
        run(["no-such-program"], cwd=None, env=None, timeout=30)


def test_a_missing_folder_is_named_instead_of_the_program(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"no `.*/missing` here"):
        run(["sh"], cwd=tmp_path / "missing", env=None, timeout=30)


def test_a_file_that_may_not_be_run_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no program")
    with pytest.raises(NotFoundError, match="permission denied"):
        run([str(tmp_path / "text")], cwd=None, env=None, timeout=30)


def test_a_file_that_is_no_program_is_explained(tmp_path: Path) -> None:
    program = tmp_path / "text"
    program.write_text("no program")
    program.chmod(0o755)
    with pytest.raises(ToolkitError, match=r"cannot run `.*/text`: exec format error"):
        run([str(program)], cwd=None, env=None, timeout=30)


def test_a_script_without_its_interpreter_is_not_said_to_be_missing(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/no/such/python\n")
    script.chmod(0o755)
    with pytest.raises(NotFoundError, match=r"cannot run `.*/script`: the interpreter that it names"):
        run([str(script)], cwd=None, env=None, timeout=30)


def test_too_many_arguments_are_explained() -> None:
    with pytest.raises(ToolkitError, match=r"cannot run `true`: argument list too long"):
        run(["true", *(["a" * 100_000] * 100)], cwd=None, env=None, timeout=30)


def test_a_folder_that_is_a_file_is_named_instead_of_the_program(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotFoundError, match=r"no `.*/file` here"):
        run(["sh"], cwd=tmp_path / "file", env=None, timeout=30)


@pytest.mark.slow
def test_a_service_that_was_left_behind_keeps_nobody_waiting() -> None:
    # A session of its own outlives its parent's, and holds on to the output.
    service = "import os, sys, time; os.setsid(); time.sleep(30)"
    started = time.monotonic()
    with pytest.raises(ProcessError, match=r"stopped after 1 s"):
        run(
            ["sh", "-c", f"echo here; '{sys.executable}' -c '{service}' & sleep 60"],
            cwd=None,
            env=None,
            timeout=1,
        )
    assert time.monotonic() - started < 25


def test_a_program_that_takes_too_long_is_stopped_with_all_it_started() -> None:
    started = time.monotonic()
    with pytest.raises(ProcessError, match=r"stopped after 0\.2 s") as caught:
        run(["sh", "-c", "echo here; sleep 60 & wait"], cwd=None, env=None, timeout=0.2)
    assert caught.value.returncode == -signal.SIGTERM
    assert time.monotonic() - started < 30


@pytest.mark.slow
def test_a_program_that_does_not_listen_is_ended_by_force() -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    with pytest.raises(ProcessError) as caught:
        run([sys.executable, "-c", deaf], cwd=None, env=None, timeout=2)
    assert caught.value.returncode == -signal.SIGKILL


@pytest.mark.parametrize("check", [True, False])
def test_a_program_that_does_nothing_any_more_is_given_up_with_all_it_started(
    *, tmp_path: Path, check: bool
) -> None:
    script = "echo begun; (sleep 600; touch late) & wait"
    limits = RunLimits(stall_seconds=0.4)
    with pytest.raises(StalledError, match=r"(?s)begun\n.*nothing done for 0.4 s") as caught:
        run(["sh", "-c", script], cwd=tmp_path, env=None, timeout=None, check=check, limits=limits)
    assert caught.value.seconds == 0.4


@pytest.mark.parametrize(
    "script",
    [
        "end=$(($(date +%s) + 2)); while [ $(date +%s) -lt $end ]; do :; done; cat",
        "for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.2; done; cat",
    ],
)
def test_a_program_that_goes_on_is_waited_for(script: str) -> None:
    done = run(
        ["sh", "-c", script],
        cwd=None,
        env=None,
        timeout=None,
        stdin="hello",
        limits=RunLimits(stall_seconds=1, stop=lambda: False),
    )
    assert done.stdout == "hello"


def test_a_program_ends_when_somebody_wants_it(tmp_path: Path) -> None:
    wanted = tmp_path / "wanted"
    limits = RunLimits(stall_seconds=600, stop=wanted.exists)
    command = ["sh", "-c", f"touch '{wanted}'; sleep 600"]
    with pytest.raises(InterruptedWorkError):
        run(command, cwd=None, env=None, timeout=None, limits=limits)
    with pytest.raises(InterruptedWorkError):
        run(["touch", str(tmp_path / "begun")], cwd=None, env=None, timeout=None, limits=limits)
    assert not (tmp_path / "begun").exists()


def test_a_command_is_shown_as_one_would_type_it() -> None:
    assert show_command(["a b", "c'd"]) == "'a b' 'c'\"'\"'d'"


def test_a_program_in_the_foreground_shares_our_process_group() -> None:
    command = [sys.executable, "-c", "import os; print(os.getpgrp())"]
    apart = run(command, cwd=None, env=None, timeout=60).stdout
    together = run(command, cwd=None, env=None, timeout=60, foreground=True).stdout
    assert (int(apart) == os.getpgrp(), int(together) == os.getpgrp()) == (False, True)


def test_a_program_in_the_foreground_is_stopped_alone() -> None:
    with pytest.raises(ProcessError, match=r"stopped after 0\.2 s") as caught:
        run(["sleep", "60"], cwd=None, env=None, timeout=0.2, foreground=True)
    assert caught.value.returncode == -signal.SIGTERM
