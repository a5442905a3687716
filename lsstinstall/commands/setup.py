"""``lsstinstall setup`` and ``lsstinstall unsetup``: text for a shell to evaluate."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from lsstinstall.adapters.files import explain, read_text
from lsstinstall.adapters.streams import silence
from lsstinstall.commands.frame import output_options, wants_json
from lsstinstall.commands.quick import show_answer
from lsstinstall.commands.setupanswers import answer_setup, answer_unsetup
from lsstinstall.commands.setupoptions import SETUP_OPTIONS, UNSETUP_OPTIONS, SetupOptions
from lsstinstall.core.buildmanifests import parse_build_manifest
from lsstinstall.core.shells import FAILURE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lsstinstall.adapters.console import Console
    from lsstinstall.commands.setupanswers import Answer
    from lsstinstall.commands.setupoptions import Option
    from lsstinstall.core.names import ProductName
    from lsstinstall.core.versions import EupsVersion

__all__ = ["setup", "unsetup"]

F = TypeVar("F", bound="Callable[..., object]")


class _EvaluatedCommand(click.Command):
    """A command whose answer a shell evaluates: on failure it is ``false``."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Read the arguments."""
        as_json = wants_json(args)
        try:
            context = super().make_context(info_name, args, parent, **extra)
        except click.UsageError:
            _fail(as_json=as_json)
            raise
        context.meta[__name__] = as_json
        return context

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except BaseException:
            # Whatever it was, bugs and Ctrl-C included, the shell must not take it for done.
            _fail(as_json=ctx.meta[__name__])
            raise


def _fail(*, as_json: bool) -> None:
    if not as_json:
        # Nobody may be there to read it; the error itself goes another way.
        with suppress(OSError):
            click.echo(FAILURE, nl=False)


def _declared(options: Sequence[Option]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for option in reversed(options):
            add = click.option(
                *option.spellings,
                option.name,
                metavar=option.metavar,
                help=option.help,
                is_flag=option.metavar is None,
                multiple=option.many,
            )
            function = add(function)
        return function

    return decorate


@click.command(cls=_EvaluatedCommand, short_help="Print shell commands that set a product up.")
@click.argument("words", metavar="PRODUCT [VERSION]", nargs=-1)
@_declared(SETUP_OPTIONS)
@output_options
def setup(console: Console, /, **values: Any) -> None:
    """Print the shell commands that set PRODUCT up, with all that it needs.

    Versions are looked for as EUPS does: in what the tables of installed
    products say exactly, then VERSION, then the tag `current`; tags that are
    given come first. VERSION may be an expression, ">= 1.2". On failure the
    answer is `false`.

    Example: eval "$(lsstinstall setup lsst_distrib -t w_2026_42)"
    """
    options = SetupOptions(**values, as_json=console.json)
    manifests = {name: _versions_in(name) for name in options.manifests}
    _show(answer_setup(options, console.environ, manifests=manifests), console)


@click.command(cls=_EvaluatedCommand, short_help="Print shell commands that undo a set-up.")
@click.argument("words", metavar="PRODUCT [VERSION]", nargs=-1)
@_declared(UNSETUP_OPTIONS)
@output_options
def unsetup(console: Console, /, **values: Any) -> None:
    """Print the shell commands that take PRODUCT down, with all that it needs.

    What other products need is taken down, too: EUPS keeps no count. On
    failure the answer is `false`.

    Example: eval "$(lsstinstall unsetup lsst_distrib)"
    """
    options = SetupOptions(**values, as_json=console.json)
    _show(answer_unsetup(options, console.environ), console)


def _show(answer: Answer, console: Console) -> None:
    if console.verbose:
        for product, version in answer.changes.products:
            console.stderr.write(f"{product} {version}\n")
    try:
        show_answer(answer, console.stdout, console.stderr)
    except BrokenPipeError:
        raise
    except OSError as error:
        silence(console.stdout)
        error.filename = "standard output"
        raise explain(error, doing="write to") from error


def _versions_in(name: str) -> Mapping[ProductName, EupsVersion]:
    manifest = parse_build_manifest(read_text(Path(name)), source=name)
    return {product.name: product.version for product in manifest.products}
