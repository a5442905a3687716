"""What a person sees: progress on standard error, the answer on standard output."""

from __future__ import annotations

import json
import os
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from lsstinstall.adapters.files import explain
from lsstinstall.core.quantities import format_bytes
from lsstinstall.core.reporting import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.progress import Progress, TaskID

__all__ = ["Console", "ConsoleReporter", "color_wanted", "printable", "silence", "write_json", "write_text"]

_MARKS = {Outcome.DONE: "+", Outcome.UNCHANGED: "=", Outcome.SKIPPED: "-", Outcome.FAILED: "x"}
_STYLES = {
    Outcome.DONE: "green",
    Outcome.UNCHANGED: "dim",
    Outcome.SKIPPED: "yellow",
    Outcome.FAILED: "bold red",
}


def color_wanted(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Say whether a stream should get color.

    Parameters
    ----------
    stream : `~typing.TextIO`
        Where the text goes.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``NO_COLOR`` and ``TERM`` are read.

    Returns
    -------
    wanted : `bool`
        True only on a terminal that is not dumb and without ``NO_COLOR``.
    """
    return stream.isatty() and "NO_COLOR" not in environ and environ.get("TERM") != "dumb"


def printable(text: str) -> str:
    r"""Escape what a terminal would obey, or nobody would see.

    Parameters
    ----------
    text : `str`
        May hold what others wrote: names of files, lines of a server.

    Returns
    -------
    text : `str`
        The same but for control and invisible characters, which become
        escapes such as ``\x1b``; line ends and tabs stay.
    """
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() or one in "\n\t" else one.encode("unicode_escape").decode("ascii")
        for one in text
    )


def write_json(stream: TextIO, data: Mapping[str, object]) -> None:
    """Write one JSON object.

    Parameters
    ----------
    stream : `~typing.TextIO`
        Usually standard output.
    data : `~collections.abc.Mapping` [ `str`, `object` ]
        The object; ``schema`` is put in front.

    Raises
    ------
    UnavailableError
        Raised if it goes to a file on a full disk.
    """
    schema = {"schema": 1, **data}
    text = json.dumps(schema, indent=2, ensure_ascii=False)
    if not _fits(text, stream.encoding or "utf-8", "strict"):
        text = json.dumps(schema, indent=2)
    write_text(stream, text + "\n")


def write_text(stream: TextIO, text: str) -> None:
    """Write a text, and see that it arrives.

    Parameters
    ----------
    stream : `~typing.TextIO`
        Usually standard output.
    text : `str`
        Letters that the stream's encoding does not know become escapes.

    Raises
    ------
    UnavailableError
        Raised if it goes to a file on a full disk.
    BrokenPipeError
        Raised if the reader left, which is no error of ours.
    """
    encoding = stream.encoding or "utf-8"
    if not _fits(text, encoding, stream.errors or "strict"):
        text = text.encode(encoding, "backslashreplace").decode(encoding)
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        silence(stream)
        error.filename = "standard output"
        raise explain(error, doing="write to") from error


def silence(stream: TextIO) -> None:
    """Send what is in a stream's buffer, and all that follows, nowhere.

    Parameters
    ----------
    stream : `~typing.TextIO`
        One that cannot be written to; Python would try again at its end.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _fits(text: str, encoding: str, errors: str) -> bool:
    try:
        text.encode(encoding, errors)
    except UnicodeEncodeError:
        return False
    return True


class ConsoleReporter:
    """Progress for people: a bar on a terminal, a line per step elsewhere.

    Parameters
    ----------
    stream : `~typing.TextIO`
        Where to write, usually standard error.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        Decides on color and on GitHub's groups.
    verbose : `bool`
        Whether unchanged steps get a line, too.
    """

    def __init__(self, stream: TextIO, environ: Mapping[str, str], *, verbose: bool) -> None:
        self._stream = stream
        self._color = color_wanted(stream, environ)
        self._groups = environ.get("GITHUB_ACTIONS") == "true"
        self._verbose = verbose
        self._lock = threading.Lock()
        self._total: int | None = None
        self._count = 0
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def begin(self, what: str, total: int | None, *, size_bytes: int | None = None) -> None:
        """Open a bar, a group or a heading."""
        with self._lock:
            self._total, self._count = total, 0
            if self._color:
                self._open_bar(what, total)
            elif self._groups:
                self._line(f"::group::{what}")
            else:
                amounts = [str(total)] if total is not None else []
                amounts += [format_bytes(size_bytes)] if size_bytes is not None else []
                self._line(f"{what} ({', '.join(amounts)})" if amounts else what)

    def advance(self, size_bytes: int) -> None:
        """Count nothing: lines are for steps."""

    def step(self, name: str, outcome: Outcome, *, seconds: float | None = None, detail: str = "") -> None:
        """Show that one step ended, with its place, time and detail."""
        with self._lock:
            self._count += 1
            if self._progress is not None and self._task is not None:
                self._progress.update(self._task, advance=1)
            if outcome is Outcome.UNCHANGED and not self._verbose:
                return
            place = "" if self._total is None else f"[{self._count:>{len(str(self._total))}}/{self._total}] "
            took = "" if seconds is None else f" {seconds:.1f} s"
            tail = f" ({detail})" if detail else ""
            word = "" if outcome is Outcome.DONE else f" {outcome.value}"
            self._line(f"  {_MARKS[outcome]} {place}{name}{word}{took}{tail}", style=_STYLES[outcome])

    def note(self, text: str) -> None:
        """Show one sentence."""
        with self._lock:
            self._line(text)

    def warn(self, text: str, *, hint: str | None = None) -> None:
        """Show a warning and its way out."""
        with self._lock:
            self._line(f"warning: {text}", style="yellow")
            if hint:
                self._line(f"  hint: {hint}")

    def end(self) -> None:
        """Close the bar or the group."""
        with self._lock:
            if self._progress is not None:
                self._progress.stop()
                self._progress = None
            elif self._groups:
                self._line("::endgroup::")

    def _open_bar(self, what: str, total: int | None) -> None:
        # Imported here: a command that shows no bar should not pay for it.
        from rich.console import Console as RichConsole  # noqa: PLC0415
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=RichConsole(file=self._stream),
            transient=True,
        )
        self._task = self._progress.add_task(what, total=total)
        self._progress.start()

    def _line(self, text: str, *, style: str | None = None) -> None:
        if self._progress is not None:
            self._progress.console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
        else:
            try:
                self._stream.write(printable(text) + "\n")
                self._stream.flush()
            except OSError:
                # Nobody reads on: no reason to leave the work half done.
                silence(self._stream)


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """Both outputs of one command.

    Parameters
    ----------
    json : `bool`
        Whether the answer is one JSON object.
    quiet : `bool`
        Whether progress is left out; warnings are not.
    verbose : `bool`
        Whether steps without an effect are told, too.
    stdout, stderr : `~typing.TextIO`
        The two streams.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        Decides on color.
    """

    json: bool = False
    quiet: bool = False
    verbose: bool = False
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def reporter(self) -> ConsoleReporter:
        """Make a listener for work; quiet ones still warn.

        Returns
        -------
        reporter : `ConsoleReporter`
            Writes to standard error.
        """
        if self.quiet:
            return _QuietReporter(self.stderr, self.environ, verbose=False)
        return ConsoleReporter(self.stderr, self.environ, verbose=self.verbose)

    def answer(self, data: Mapping[str, object], human: str) -> None:
        """Print the answer of a command.

        Parameters
        ----------
        data : `~collections.abc.Mapping` [ `str`, `object` ]
            For ``--json``; ``schema`` is put in front.
        human : `str`
            For people; empty prints nothing.

        Raises
        ------
        UnavailableError
            Raised if it goes to a file on a full disk.
        """
        if self.json:
            write_json(self.stdout, data)
        elif human:
            write_text(self.stdout, human.rstrip("\n") + "\n")


class _QuietReporter(ConsoleReporter):
    """Warnings and nothing else."""

    def begin(self, what: str, total: int | None, *, size_bytes: int | None = None) -> None:
        """Show nothing."""

    def step(self, name: str, outcome: Outcome, *, seconds: float | None = None, detail: str = "") -> None:
        """Show nothing."""

    def note(self, text: str) -> None:
        """Show nothing."""

    def end(self) -> None:
        """Show nothing."""
