"""The frame round every command: shared options, lazy subcommands, errors, exit codes."""

from __future__ import annotations

import functools
import importlib
import itertools
import logging
import os
import sys
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import click

from lsstinstall.adapters.console import Console
from lsstinstall.adapters.streams import hide_secrets, silence
from lsstinstall.commands.failures import Failures
from lsstinstall.core.errors import ExitCode, ToolkitError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["LazyGroup", "output_options", "run_main", "wants_events", "wants_json"]

_EVENTS = "--json-events"

P = ParamSpec("P")
R = TypeVar("R")


class LazyGroup(click.Group):
    """A group that imports a subcommand only when it is called.

    Parameters
    ----------
    lazy : `~collections.abc.Mapping` [ `str`, `tuple` [ `str`, `str` ] ]
        Subcommand to (``module:attribute``, one line of help), in the order
        in which ``--help`` shows them.
    default : `str`, optional
        Subcommand that gets the arguments when they name none.
    """

    def __init__(
        self, *args: object, lazy: Mapping[str, tuple[str, str]], default: str | None = None, **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._lazy = dict(lazy)
        self._default = default

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the subcommands in the order of the table, the default one left out."""
        del ctx
        return [name for name in self._lazy if name != self._default]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a subcommand."""
        del ctx
        if cmd_name not in self._lazy:
            return None
        module, _, attribute = self._lazy[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        # Here, for the group may have another use for `-h`.
        command.context_settings.setdefault("help_option_names", ["-h", "--help"])
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default subcommand in front of arguments that name none."""
        if self._default is not None and (not args or args[0] not in {*self._lazy, "--help", "--version"}):
            args = [self._default, *args]
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands without importing them."""
        rows = [(name, self._lazy[name][1]) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def output_options(function: Callable[Concatenate[Console, P], R]) -> Callable[P, R]:
    """Add ``--json`` and its like, ``--quiet`` and ``--verbose``; pass a `Console` as first argument."""

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    @click.option(_EVENTS, "events", is_flag=True, help="Tell progress as JSON lines on standard error.")
    @click.option("--quiet", "-q", is_flag=True, help="Show no progress.")
    @click.option("--verbose", is_flag=True, help="Tell also what did not change, and log commands.")
    @functools.wraps(function)
    def wrapper(  # type: ignore[valid-type]
        *args: P.args, as_json: bool, events: bool, quiet: bool, verbose: bool, **kwargs: P.kwargs
    ) -> R:
        _start_logging(events=events, verbose=verbose)
        console = Console(json=as_json, events=events, quiet=quiet, verbose=verbose)
        try:
            return function(console, *args, **kwargs)
        finally:
            console.close()

    return wrapper  # type: ignore[return-value]


def _start_logging(*, events: bool, verbose: bool) -> None:
    level = logging.DEBUG if verbose else logging.WARNING
    if events:
        from lsstinstall.adapters.eventreporter import EventHandler  # noqa: PLC0415 - rarely needed

        logging.basicConfig(level=level, handlers=[EventHandler(sys.stderr)])
    else:
        logging.basicConfig(level=level, stream=sys.stderr)
    for handler in logging.getLogger().handlers:
        handler.addFilter(hide_secrets)


def wants_json(arguments: Sequence[str]) -> bool:
    """Say whether somebody who gives these arguments waits for JSON, also on failure.

    Parameters
    ----------
    arguments : `~collections.abc.Sequence` [ `str` ]
        Of a program or one of its commands; they may be wrong. What stands
        behind ``--`` is meant for another program.

    Returns
    -------
    wants : `bool`
        True with ``--json``, or with ``--shell json``.
    """
    ours = _before_dashes(arguments)
    return "--json" in ours or "--shell=json" in ours or ("--shell", "json") in itertools.pairwise(ours)


def wants_events(arguments: Sequence[str]) -> bool:
    """Say whether somebody who gives these arguments waits for events, also on failure.

    Parameters
    ----------
    arguments : `~collections.abc.Sequence` [ `str` ]
        As for `wants_json`.

    Returns
    -------
    wants : `bool`
        True with ``--json-events``.
    """
    return _EVENTS in _before_dashes(arguments)


def _before_dashes(arguments: Sequence[str]) -> tuple[str, ...]:
    return tuple(itertools.takewhile(lambda argument: argument != "--", arguments))


def run_main(command: click.Command, *, name: str, arguments: Sequence[str] | None = None) -> int:
    """Run a command to its exit code; nothing it raises gets out.

    Parameters
    ----------
    command : `click.Command`
        The whole program.
    name : `str`
        How the user calls it.
    arguments : `~collections.abc.Sequence` [ `str` ], optional
        Without the program's name; by default those of this process.

    Returns
    -------
    code : `int`
        One of `ExitCode`.
    """
    args = list(sys.argv[1:] if arguments is None else arguments)
    failures = Failures(name=name, json=wants_json(args), events=wants_events(args))
    _replace_closed_streams()
    try:
        result = command.main(args=args, prog_name=name, standalone_mode=False)
    except ToolkitError as error:
        return failures.show(error)
    except click.ClickException as error:
        return failures.show_misuse(error)
    except (KeyboardInterrupt, click.Abort):
        return failures.show_interruption()
    except (BrokenPipeError, SystemExit):
        # The reader left, as `head` does; say nothing, not even at exit. Click makes a
        # `SystemExit` of it, and of nothing else outside its standalone mode.
        silence(sys.stdout)
        return int(ExitCode.OK)
    except Exception as error:  # noqa: BLE001
        # The only place for it: a bug must not hide its traceback, nor show it to a user.
        return failures.show_bug(error)
    return result if isinstance(result, int) else int(ExitCode.OK)


def _replace_closed_streams() -> None:
    # Of a stream that the caller closed, as `>&-` does, Python makes `None`.
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))
