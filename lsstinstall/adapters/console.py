"""What a person sees: progress on standard error, the answer on standard output."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TextIO

from lsstinstall.adapters.linereporter import LineReporter, QuietReporter
from lsstinstall.adapters.streams import color_wanted, is_terminal, write_json, write_text
from lsstinstall.core.masking import masked
from lsstinstall.core.reporting import Reporter

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ClosingReporter", "Console"]


class ClosingReporter(Reporter, Protocol):
    """A reporter that may have drawn something."""

    def close(self) -> None:
        """Take away what is only for the time of work; afterwards others may write."""


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
    events : `bool`
        Whether progress is JSON lines.
    stdout, stderr : `~typing.TextIO`
        The two streams.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        Decides on color.
    """

    json: bool = False
    quiet: bool = False
    verbose: bool = False
    events: bool = False
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    _made: list[ClosingReporter] = field(default_factory=list, init=False, repr=False, compare=False)

    def reporter(self) -> ClosingReporter:
        """Make a listener for work; quiet ones still warn.

        Returns
        -------
        reporter : `ClosingReporter`
            Writes to standard error: a display on a terminal, lines
            elsewhere and with ``verbose``, which tells of each step.
        """
        reporter = self._make_reporter()
        self._made.append(reporter)
        return reporter

    def _make_reporter(self) -> ClosingReporter:
        if self.events:
            from lsstinstall.adapters.eventreporter import EventReporter  # noqa: PLC0415 - rarely needed

            return EventReporter(self.stderr)
        if self.quiet:
            return QuietReporter(self.stderr)
        if is_terminal(self.stderr, self.environ) and not self.verbose:
            from lsstinstall.adapters.barreporter import BarReporter  # noqa: PLC0415 - as above

            return BarReporter(self.stderr, color=color_wanted(self.stderr, self.environ))
        return LineReporter(self.stderr, self.environ, verbose=self.verbose)

    def tell(self, event: str, values: Mapping[str, object]) -> None:
        """Tell an event of a kind of its own, where events are told.

        Parameters
        ----------
        event : `str`
            Its kind.
        values : `~collections.abc.Mapping` [ `str`, `object` ]
            What it tells.
        """
        if self.events:
            from lsstinstall.adapters.eventreporter import EventReporter  # noqa: PLC0415 - as above

            EventReporter(self.stderr).tell(event, values)

    def close(self) -> None:
        """Take away what reporters drew: the command is over, well or not."""
        for reporter in self._made:
            reporter.close()

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
            write_text(self.stdout, masked(human).rstrip("\n") + "\n")
