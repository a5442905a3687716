"""The frame round every command: shared options, lazy subcommands, errors, exit codes."""

from __future__ import annotations

import contextlib
import functools
import importlib
import itertools
import logging
import os
import sys
import tempfile
import traceback
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import click

from lsstinstall.adapters.console import Console, printable, silence, write_json
from lsstinstall.core.errors import ExitCode, FormatError, ProblemsError, ToolkitError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["LazyGroup", "output_options", "run_main", "wants_json"]

_OUR_PACKAGES = frozenset({"lsstinstall", "rubin_releng"})

# Longer ones, as a damaged file may have, would hide the others.
_LONGEST_LINE = 500

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
    """Add ``--json``, ``--quiet`` and ``--verbose``; pass a `Console` as first argument."""

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    @click.option("--quiet", "-q", is_flag=True, help="Show no progress.")
    @click.option("--verbose", is_flag=True, help="Tell also what did not change, and log commands.")
    @functools.wraps(function)
    def wrapper(*args: P.args, as_json: bool, quiet: bool, verbose: bool, **kwargs: P.kwargs) -> R:  # type: ignore[valid-type]
        logging.basicConfig(level=logging.DEBUG if verbose else logging.WARNING, stream=sys.stderr)
        return function(Console(json=as_json, quiet=quiet, verbose=verbose), *args, **kwargs)

    return wrapper  # type: ignore[return-value]


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
    ours = tuple(itertools.takewhile(lambda argument: argument != "--", arguments))
    return "--json" in ours or "--shell=json" in ours or ("--shell", "json") in itertools.pairwise(ours)


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
    as_json = wants_json(args)
    _replace_closed_streams()
    try:
        result = command.main(args=args, prog_name=name, standalone_mode=False)
    except ToolkitError as error:
        _show_error(error, as_json=as_json)
        return int(error.code)
    except click.ClickException as error:
        return _show_click_error(error, as_json=as_json)
    except (KeyboardInterrupt, click.Abort):
        _show(ExitCode.INTERRUPTED, "interrupted", "run the same command again to go on", as_json=as_json)
        return int(ExitCode.INTERRUPTED)
    except (BrokenPipeError, SystemExit):
        # The reader left, as `head` does; say nothing, not even at exit. Click makes a
        # `SystemExit` of it, and of nothing else outside its standalone mode.
        silence(sys.stdout)
        return int(ExitCode.OK)
    except Exception as error:  # noqa: BLE001
        # The only place for it: a bug must not hide its traceback, nor show it to a user.
        return _show_bug(error, name, as_json=as_json)
    return result if isinstance(result, int) else int(ExitCode.OK)


def _replace_closed_streams() -> None:
    # Of a stream that the caller closed, as `>&-` does, Python makes `None`.
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))


def _show_click_error(error: click.ClickException, *, as_json: bool) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError) and not as_json:
        error.show()
        return int(ExitCode.USAGE)
    hint = None
    if isinstance(error, click.UsageError) and error.ctx is not None:
        hint = f"see `{error.ctx.command_path} --help`"
    message = error.format_message().partition("\n")[0].rstrip(".")
    _show(ExitCode.USAGE, message[:1].lower() + message[1:], hint, as_json=as_json)
    return int(ExitCode.USAGE)


def _show_error(error: ToolkitError, *, as_json: bool) -> None:
    if as_json:
        _show(error.code, str(error), error.hint, as_json=True, problems=_problems(error))
        return
    _show(error.code, str(error), None, as_json=False)
    for problem in error.problems if isinstance(error, ProblemsError) else ():
        _tell(f"  - {problem}")
        _show_details(problem, indent="    ")
    _show_details(error, indent="  ")


def _show_details(error: ToolkitError, *, indent: str) -> None:
    excerpt = error.excerpt if isinstance(error, FormatError) else None
    for line in excerpt.splitlines() if excerpt else ():
        _tell(f"{indent}| {line}")
    if error.hint:
        _tell(f"{indent}hint: {error.hint}")


def _problems(error: ToolkitError) -> list[dict[str, object]]:
    if not isinstance(error, ProblemsError):
        return []
    return [{"code": int(one.code), "message": str(one), "hint": one.hint} for one in error.problems]


def _show(
    code: ExitCode,
    message: str,
    hint: str | None,
    *,
    as_json: bool,
    problems: Sequence[Mapping[str, object]] = (),
) -> None:
    if as_json:
        error: dict[str, object] = {"code": int(code), "message": message, "hint": hint}
        if problems:
            error["problems"] = list(problems)
        with contextlib.suppress(OSError, ToolkitError):
            write_json(sys.stdout, {"error": error})
        return
    _tell(f"error: {message}")
    if hint:
        _tell(f"  hint: {hint}")


def _tell(text: str) -> None:
    lines = printable(text).split("\n")
    short = (line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}..." for line in lines)
    # When nobody can be told, the exit code still says it.
    with contextlib.suppress(OSError):
        sys.stderr.write("\n".join(short) + "\n")


def _show_bug(error: Exception, name: str, *, as_json: bool) -> int:
    library = error.name if isinstance(error, ModuleNotFoundError) else None
    if library and library.partition(".")[0] not in _OUR_PACKAGES:
        wanted = "lsstinstall" if name == "lsstinstall" else "lsstinstall[releng]"
        message = f"`{name}` needs the library `{library.partition('.')[0]}`, which is not installed"
        _show(ExitCode.USAGE, message, f"install `{wanted}`", as_json=as_json)
        return int(ExitCode.USAGE)
    message = f"this is a bug in {name}: {type(error).__name__}: {error}"
    _show(ExitCode.BUG, message, _log_bug(error, name), as_json=as_json)
    return int(ExitCode.BUG)


def _log_bug(error: Exception, name: str) -> str:
    text = "".join(traceback.format_exception(error))
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix=f"{name}-", suffix=".log", delete=False, encoding="utf-8", errors="backslashreplace"
        ) as log:
            log.write(text)
    except OSError:
        _tell(text)
        return "send the lines above with your report"
    return f"send <{log.name}> with your report"
