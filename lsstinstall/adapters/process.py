"""The one way to start a program: from a list, logged, stopped gently, then firmly."""

from __future__ import annotations

import contextlib
import logging
import os
import shlex
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from lsstinstall.adapters.activities import Attention
from lsstinstall.core.errors import NotFoundError, ToolkitError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import IO

    from lsstinstall.adapters.activities import RunLimits

__all__ = [
    "Completed",
    "ProcessError",
    "StalledError",
    "end",
    "replace_process",
    "run",
    "show_command",
    "start",
]

_log = logging.getLogger(__name__)
_GRACE_SECONDS = 5.0
_LAST_WORDS_SECONDS = 1.0
_SHOWN_LINES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A program that ended.

    Parameters
    ----------
    command : `tuple` [ `str`, ... ]
        Program and arguments.
    returncode : `int`
        Exit code; 0 unless the caller asked for no check.
    stdout, stderr : `str`
        Output as UTF-8, wrong bytes replaced; empty where it went to a file.
    seconds : `float`
        Wall time.
    """

    command: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str
    seconds: float


class ProcessError(ToolkitError):
    """A program that ended badly.

    Parameters
    ----------
    command : `~collections.abc.Sequence` [ `str` ]
        Program and arguments.
    returncode : `int`
        Exit code; negative for the signal that ended it.
    output : `str`
        What it printed; the last lines are part of the message.
    """

    def __init__(self, command: Sequence[str], *, returncode: int, output: str) -> None:
        how = f"signal {-returncode}" if returncode < 0 else f"exit code {returncode}"
        last = "\n".join(f"  | {line}" for line in output.strip().splitlines()[-_SHOWN_LINES:])
        super().__init__(f"`{show_command(command)}` ended with {how}" + (f"\n{last}" if last else ""))
        self.command = tuple(command)
        self.returncode = returncode
        self.output = output


class StalledError(ProcessError):
    """A program that was ended because it did nothing any more.

    Parameters
    ----------
    command : `~collections.abc.Sequence` [ `str` ]
        Program and arguments.
    returncode : `int`
        As it was ended by us.
    output : `str`
        What it had printed.
    seconds : `float`
        For how long it did nothing.
    """

    def __init__(self, command: Sequence[str], *, returncode: int, output: str, seconds: float) -> None:
        super().__init__(command, returncode=returncode, output=f"{output}\nnothing done for {seconds:g} s")
        self.seconds = seconds


def show_command(command: Sequence[str]) -> str:
    """Write a command as a user would type it.

    Parameters
    ----------
    command : `~collections.abc.Sequence` [ `str` ]
        Program and arguments.

    Returns
    -------
    text : `str`
        Quoted for a POSIX shell.
    """
    return shlex.join(command)


def run(
    command: Sequence[str],
    *,
    cwd: Path | None,
    env: Mapping[str, str] | None,
    timeout: float | None,
    stdin: str | bytes | None = None,
    output: IO[bytes] | None = None,
    check: bool = True,
    foreground: bool = False,
    limits: RunLimits | None = None,
) -> Completed:
    """Run a program to its end.

    Parameters
    ----------
    command : `~collections.abc.Sequence` [ `str` ]
        Program and arguments; no shell is involved.
    cwd : `~pathlib.Path` or `None`
        Folder to run in; `None` is ours.
    env : `~collections.abc.Mapping` [ `str`, `str` ] or `None`
        The whole environment; `None` is ours.
    timeout : `float` or `None`
        Seconds until it is stopped; `None` waits for ever.
    stdin : `str` or `bytes`, optional
        Text (written as UTF-8) or bytes for its standard input; none by
        default.
    output : file, optional
        Where both outputs go; by default they are kept and returned.
    check : `bool`, optional
        Whether an exit code other than 0 is an error.
    foreground : `bool`, optional
        Whether it stays in our process group, so that Ctrl-C at the terminal
        reaches it, too; by default it has a session of its own, and all that
        it started ends with it.
    limits : `~lsstinstall.adapters.activities.RunLimits`, optional
        For a program in a session of its own: when to give it up. The timeout
        is not looked at then.

    Returns
    -------
    completed : `Completed`
        Outputs and wall time.

    Raises
    ------
    NotFoundError
        Raised if there is no such program or folder, or we may not run it.
    ToolkitError
        Raised if the system refuses for another reason.
    ProcessError
        Raised if it ended badly and ``check`` is true, or took too long.
    StalledError
        Raised if it was ended since it did nothing any more.
    InterruptedWorkError
        Raised if somebody wants everything to end.
    """
    if limits is not None:
        limits.heed_stop()
    _log.debug("run %s in %s", show_command(command), cwd or ".")
    started = time.monotonic()
    try:
        process = subprocess.Popen(
            list(command),
            cwd=cwd,
            env=None if env is None else dict(env),
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE if output is None else output,
            stderr=subprocess.PIPE if output is None else subprocess.STDOUT,
            start_new_session=not foreground,
        )
    except OSError as error:
        raise _explain_start(error, command[0], cwd) from error
    if limits is None:
        out, err = _communicate(process, command, stdin, timeout, foreground=foreground)
    else:
        out, err = _attend(process, command, stdin, limits)
    if check and process.returncode != 0:
        raise ProcessError(command, returncode=process.returncode, output=out + err)
    return Completed(
        command=tuple(command),
        returncode=process.returncode,
        stdout=out,
        stderr=err,
        seconds=time.monotonic() - started,
    )


def start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a program that works for us, and that we speak with through pipes.

    It has a session of its own, so that Ctrl-C at the terminal does not reach
    it; it should end when its standard input does.

    Parameters
    ----------
    command : `~collections.abc.Sequence` [ `str` ]
        Program and arguments.

    Returns
    -------
    process : `~subprocess.Popen`
        With its standard input and output; to be ended by `end`.

    Raises
    ------
    NotFoundError
        Raised if there is no such program, or we may not run it.
    ToolkitError
        Raised if the system refuses for another reason.
    """
    _log.debug("start %s", show_command(command))
    try:
        return subprocess.Popen(
            list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=-1, start_new_session=True
        )
    except OSError as error:
        raise _explain_start(error, command[0], None) from error


def end(process: subprocess.Popen[bytes], *, grace_seconds: float = _GRACE_SECONDS) -> str:
    """End a program that was started: by closing its pipes, then by force.

    Parameters
    ----------
    process : `~subprocess.Popen`
        From `start`.
    grace_seconds : `float`, optional
        How long to wait for it to end by itself.

    Returns
    -------
    how : `str`
        How it ended: ``signal 9`` or ``exit code 1``.
    """
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    try:
        process.wait(grace_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    return f"signal {-process.returncode}" if process.returncode < 0 else f"exit code {process.returncode}"


def replace_process(command: Sequence[str], *, env: Mapping[str, str]) -> NoReturn:
    """Become another program; what we are ends here.

    Parameters
    ----------
    command : `~collections.abc.Sequence` [ `str` ]
        Program and arguments; the program is looked for on the `PATH` of
        ``env``.
    env : `~collections.abc.Mapping` [ `str`, `str` ]
        The whole environment.

    Raises
    ------
    NotFoundError
        Raised if there is no such program.
    """
    _log.debug("become %s", show_command(command))
    try:
        os.execvpe(command[0], list(command), dict(env))  # noqa: S606
    except OSError as error:
        raise _explain_start(error, command[0], None) from error


def _explain_start(error: OSError, program: str, cwd: Path | None) -> ToolkitError:
    refusal = f"cannot run `{program}`"
    if cwd is not None and not cwd.is_dir():
        return NotFoundError(f"{refusal}: no `{cwd}` here")
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        if "/" in program and Path(cwd or ".", program).exists():
            return NotFoundError(f"{refusal}: the interpreter that it names in its first line is missing")
        return NotFoundError(f"{refusal}: no `{program}` here")
    reason = (error.strerror or str(error)).lower()
    kind = NotFoundError if isinstance(error, PermissionError) else ToolkitError
    return kind(f"{refusal}: {reason}")


def _communicate(
    process: subprocess.Popen[bytes],
    command: Sequence[str],
    stdin: str | bytes | None,
    timeout: float | None,
    *,
    foreground: bool,
) -> tuple[str, str]:
    raw_out: bytes | None
    raw_err: bytes | None
    try:
        raw_out, raw_err = process.communicate(
            stdin.encode() if isinstance(stdin, str) else stdin, timeout=timeout
        )
    except subprocess.TimeoutExpired as error:
        raw_out, raw_err = _stop(process, foreground=foreground)
        output = _decode(raw_out) + _decode(raw_err) + f"\nstopped after {timeout:g} s"
        raise ProcessError(command, returncode=process.returncode, output=output) from error
    except BaseException:
        _stop(process, foreground=foreground)
        raise
    return _decode(raw_out), _decode(raw_err)


def _attend(
    process: subprocess.Popen[bytes], command: Sequence[str], stdin: str | bytes | None, limits: RunLimits
) -> tuple[str, str]:
    """Wait for a program as long as it does something and nobody wants an end."""
    attention = Attention(process.pid, limits)
    given = stdin.encode() if isinstance(stdin, str) else stdin
    try:
        while not attention.is_exhausted():
            with contextlib.suppress(subprocess.TimeoutExpired):
                spoken = process.communicate(given, timeout=attention.pause_seconds)
                return _decode(spoken[0]), _decode(spoken[1])
            given = None  # it is under way
    except BaseException:
        _stop(process, foreground=False)
        raise
    out, err = _stop(process, foreground=False)
    said = _decode(out) + _decode(err)
    raise StalledError(command, returncode=process.returncode, output=said, seconds=limits.stall_seconds)


def _stop(process: subprocess.Popen[bytes], *, foreground: bool) -> tuple[bytes | None, bytes | None]:
    """End the program, and all it started if it has a session of its own: by asking, then by force."""
    _signal(process, signal.SIGTERM, foreground=foreground)
    try:
        return process.communicate(timeout=_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        _signal(process, signal.SIGKILL, foreground=foreground)
    try:
        return process.communicate(timeout=_LAST_WORDS_SECONDS)
    except subprocess.TimeoutExpired as error:
        # What went into a session of its own lives on, and holds the output open for ever.
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        return error.output, error.stderr


def _signal(process: subprocess.Popen[bytes], number: signal.Signals, *, foreground: bool) -> None:
    with contextlib.suppress(ProcessLookupError):
        if foreground:
            process.send_signal(number)
        else:
            os.killpg(process.pid, number)


def _decode(raw: bytes | None) -> str:
    return "" if raw is None else raw.decode("utf-8", "replace")
