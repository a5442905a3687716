"""What a step works with: the places, and a way to run public commands that shows them."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import textwrap
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsstinstall.adapters.process import ProcessError, run, show_command
from lsstinstall.core.errors import InterruptedWorkError, NotFoundError
from lsstinstall.core.reporting import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from demo.places import Places
    from lsstinstall.core.reporting import Reporter

__all__ = ["Bench", "Step", "StepResult", "done_if"]

_TIMEOUT_SECONDS = 3600.0
# Half of the demo's time would go into optimizing sphgeom, which it asks one question.
_QUICK_COMPILATION = "-O0"
# The report has the whole command.
_SHOWN_LENGTH = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """How a step ended.

    Parameters
    ----------
    outcome : `Outcome`
        Whether anything had to be done.
    detail : `str`
        What came out, a few words.
    """

    outcome: Outcome
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the demo.

    Parameters
    ----------
    name : `str`
        For ``--only``.
    title : `str`
        For people.
    action : `~collections.abc.Callable`
        Does it; running it again when it is done changes nothing.
    """

    name: str
    title: str
    action: Callable[[Bench], StepResult]


def done_if(changed: object, detail: str) -> StepResult:
    """Say how a step ended.

    Parameters
    ----------
    changed : `object`
        True in a boolean context if anything had to be done.
    detail : `str`
        What came out, a few words.

    Returns
    -------
    result : `StepResult`
        Done or unchanged.
    """
    return StepResult(outcome=Outcome.DONE if changed else Outcome.UNCHANGED, detail=detail)


class Bench:
    """Places and commands of one step.

    Parameters
    ----------
    places : `~demo.places.Places`
        Where things are.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        The environment of the commands; a conda, a stack and products that
        are active in it are left out, and compilers are told to be quick
        unless it says how.
    reporter : `~lsstinstall.core.reporting.Reporter`
        Is told each command before it runs.
    """

    def __init__(self, places: Places, environ: Mapping[str, str], reporter: Reporter) -> None:
        self.places = places
        self.commands: list[str] = []
        self._reporter = reporter
        kept = {name: value for name, value in environ.items() if not _is_stack_variable(name)}
        self.environ = {"CFLAGS": _QUICK_COMPILATION, "CXXFLAGS": _QUICK_COMPILATION, **kept}

    def ask(self, program: str, *arguments: str | Path, cwd: Path | None = None) -> dict[str, Any]:
        """Run one of our own commands with ``--json``.

        Parameters
        ----------
        program : `str`
            ``lsstinstall`` or ``rubin-releng``.
        *arguments : `str` or `~pathlib.Path`
            Without ``--quiet`` and ``--json``, which are not shown to people
            either.
        cwd : `~pathlib.Path`, optional
            Where to run it; by default in the output folder.

        Returns
        -------
        answer : `dict`
            What it printed.

        Raises
        ------
        ProcessError
            Raised if it failed; its own message is part of ours.
        """
        command = [program, *map(str, arguments)]
        self._show(command)
        with _interruption_waits():
            completed = run(
                [str(_beside_python(program)), *command[1:], "--quiet", "--json"],
                cwd=cwd or self.places.output,
                env=self.environ,
                timeout=_TIMEOUT_SECONDS,
                check=False,
                foreground=True,
            )
        if completed.returncode != 0:
            raise ProcessError(
                command, returncode=completed.returncode, output=completed.stderr + completed.stdout
            )
        answer: dict[str, Any] = json.loads(completed.stdout)
        return answer

    def call(
        self,
        *command: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
    ) -> str:
        """Run any program.

        Parameters
        ----------
        *command : `str` or `~pathlib.Path`
            Program and arguments.
        cwd : `~pathlib.Path`, optional
            Where to run it; by default in the output folder.
        env : `~collections.abc.Mapping` [ `str`, `str` ], optional
            Its whole environment; by default that of all commands.
        stdin : `str`, optional
            Its input.

        Returns
        -------
        output : `str`
            What it printed.

        Raises
        ------
        ProcessError
            Raised if it failed.
        """
        words = [str(word) for word in command]
        self._show(words)
        where, environ = cwd or self.places.output, self.environ if env is None else env
        return run(words, cwd=where, env=environ, timeout=_TIMEOUT_SECONDS, stdin=stdin).stdout

    def pip(self, *arguments: str | Path) -> None:
        """Run pip: that of our Python, else the one uv gets.

        Parameters
        ----------
        *arguments : `str` or `~pathlib.Path`
            For example ``download``.

        Raises
        ------
        ProcessError
            Raised if it failed.
        """
        words = [str(word) for word in arguments]
        self._show(["pip", *words])
        pip = [sys.executable, "-m", "pip"]
        if not list(Path(sys.prefix).glob("lib*/python*/site-packages/pip")):
            pip = [str(_beside_python("uv")), "tool", "run", "--python", sys.executable, "pip"]
        run([*pip, *words], cwd=self.places.output, env=self.environ, timeout=_TIMEOUT_SECONDS)

    def _show(self, command: list[str]) -> None:
        shown = show_command(command)
        self.commands.append(shown)
        self._reporter.note(f"  $ {textwrap.shorten(shown, _SHOWN_LENGTH, placeholder=' ...')}")


@contextmanager
def _interruption_waits() -> Iterator[None]:
    """Let the command that runs deal with Ctrl-C, as a shell does, and stop when it has ended."""
    hits: list[int] = []
    former = signal.signal(signal.SIGINT, lambda number, _: hits.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)
        if hits:
            raise InterruptedWorkError("the demo was stopped", hint="run the same command again to go on")


def _is_stack_variable(name: str) -> bool:
    return name.startswith(("EUPS_", "SETUP_", "CONDA_", "PYTHON", "RUBIN_")) or name == "VIRTUAL_ENV"


def _beside_python(program: str) -> Path:
    found = Path(sys.executable).with_name(program)
    elsewhere = shutil.which(program)
    if not found.exists() and elsewhere is None:
        raise NotFoundError(f"there is no `{program}`", hint="`make demo` sets everything up")
    return found if found.exists() else Path(str(elsewhere))
