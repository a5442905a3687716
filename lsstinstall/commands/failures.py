"""How a failure is told: a line and a way out, one JSON object, an event."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.streams import printable, write_json
from lsstinstall.core.errors import ExitCode, FormatError, ProblemsError, ToolkitError
from lsstinstall.core.masking import masked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.adapters.console import Console

__all__ = ["Failures", "end_with", "failure_values"]

_OUR_PACKAGES = frozenset({"lsstinstall", "rubin_releng"})

# Longer ones, as a damaged file may have, would hide the others.
_LONGEST_LINE = 500


def failure_values(error: ToolkitError) -> dict[str, object]:
    """Make plain values of an error.

    Parameters
    ----------
    error : `ToolkitError`
        What went wrong.

    Returns
    -------
    values : `dict` [ `str`, `object` ]
        For JSON: ``code``, ``message`` and ``hint``, and ``problems`` if it
        is several at once.
    """
    values: dict[str, object] = {"code": int(error.code), "message": str(error), "hint": error.hint}
    if isinstance(error, ProblemsError):
        values["problems"] = [
            {"code": int(one.code), "message": str(one), "hint": one.hint} for one in error.problems
        ]
    return values


def end_with(console: Console, data: Mapping[str, object], human: str, problem: ToolkitError | None) -> int:
    """Answer, and tell of a failure in the form that was asked for.

    Parameters
    ----------
    console : `Console`
        Where to.
    data : `~collections.abc.Mapping` [ `str`, `object` ]
        The answer as JSON; a failure is told in it.
    human : `str`
        The answer for people.
    problem : `ToolkitError` or `None`
        What went wrong.

    Returns
    -------
    code : `int`
        Exit code.

    Raises
    ------
    ToolkitError
        The problem itself, unless the answer tells of it.
    """
    if problem is None:
        console.answer(data, human)
        return 0
    if not console.json:
        console.answer(data, human)
        raise problem
    values = failure_values(problem)
    if console.events:
        console.tell("error", values)
    console.answer({**data, "error": values}, human)
    return int(problem.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Tells why a program ends, and gives its exit code.

    Parameters
    ----------
    name : `str`
        How the user calls the program.
    json : `bool`
        Whether somebody waits for a JSON object on standard output.
    events : `bool`
        Whether standard error is for events.
    """

    name: str
    json: bool = False
    events: bool = False

    def show(self, error: ToolkitError) -> int:
        """Tell of an error that we know.

        Parameters
        ----------
        error : `ToolkitError`
            What went wrong.

        Returns
        -------
        code : `int`
            Its exit code.
        """
        if self.json or self.events:
            return self._end(failure_values(error))
        _tell(f"error: {error}")
        problems = error.problems if isinstance(error, ProblemsError) else ()
        # What can be done about all of them is said once.
        alike = len(problems) > 1 and len({problem.hint for problem in problems}) == 1
        for problem in problems:
            _tell(f"  - {problem}")
            _tell_details(problem, indent="    ", hint=None if alike else problem.hint)
        if alike and problems[0].hint not in {None, error.hint}:
            _tell(f"  hint: {problems[0].hint}")
        _tell_details(error, indent="  ", hint=error.hint)
        return int(error.code)

    def show_misuse(self, error: click.ClickException) -> int:
        """Tell of wrong arguments.

        Parameters
        ----------
        error : `click.ClickException`
            Click's word on it.

        Returns
        -------
        code : `int`
            Always 2.
        """
        if isinstance(error, click.exceptions.NoArgsIsHelpError) and not self.json:
            error.show()
            return int(ExitCode.USAGE)
        hint = None
        if isinstance(error, click.UsageError) and error.ctx is not None:
            hint = f"see `{error.ctx.command_path} --help`"
        message = error.format_message().partition("\n")[0].rstrip(".")
        return self._say(ExitCode.USAGE, message[:1].lower() + message[1:], hint)

    def show_interruption(self) -> int:
        """Tell that the user interrupted.

        Returns
        -------
        code : `int`
            Always 130.
        """
        return self._say(ExitCode.INTERRUPTED, "interrupted", "run the same command again to go on")

    def show_bug(self, error: Exception) -> int:
        """Tell of what should not have happened; its traceback goes to a file.

        Parameters
        ----------
        error : `Exception`
            The bug.

        Returns
        -------
        code : `int`
            70, or 2 if only a library is not installed.
        """
        library = error.name if isinstance(error, ModuleNotFoundError) else None
        if library and library.partition(".")[0] not in _OUR_PACKAGES:
            wanted = "lsstinstall" if self.name == "lsstinstall" else "lsstinstall[releng]"
            message = f"`{self.name}` needs the library `{library.partition('.')[0]}`, which is not installed"
            return self._say(ExitCode.USAGE, message, f"install `{wanted}`")
        message = f"this is a bug in {self.name}: {type(error).__name__}: {error}"
        return self._say(ExitCode.BUG, message, _log_bug(error, self.name))

    def _say(self, code: ExitCode, message: str, hint: str | None) -> int:
        if self.json or self.events:
            return self._end({"code": int(code), "message": message, "hint": hint})
        _tell(f"error: {message}")
        if hint:
            _tell(f"  hint: {hint}")
        return int(code)

    def _end(self, values: Mapping[str, object]) -> int:
        if self.events:
            from lsstinstall.adapters.eventreporter import EventReporter  # noqa: PLC0415 - rarely needed

            EventReporter(sys.stderr).tell("error", values)
        if self.json:
            with contextlib.suppress(OSError, ToolkitError):
                write_json(sys.stdout, {"error": values})
        code = values["code"]
        return code if isinstance(code, int) else int(ExitCode.BUG)


def _tell_details(error: ToolkitError, *, indent: str, hint: str | None) -> None:
    excerpt = error.excerpt if isinstance(error, FormatError) else None
    for line in excerpt.splitlines() if excerpt else ():
        _tell(f"{indent}| {line}")
    if hint:
        _tell(f"{indent}hint: {hint}")


def _tell(text: str) -> None:
    lines = printable(text).split("\n")
    short = (line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}..." for line in lines)
    # When nobody can be told, the exit code still says it.
    with contextlib.suppress(OSError):
        sys.stderr.write("\n".join(short) + "\n")


def _log_bug(error: Exception, name: str) -> str:
    text = masked("".join(traceback.format_exception(error)))
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix=f"{name}-", suffix=".log", delete=False, encoding="utf-8", errors="backslashreplace"
        ) as log:
            log.write(text)
    except OSError:
        _tell(text)
        return "send the lines above with your report"
    return f"send <{log.name}> with your report"
