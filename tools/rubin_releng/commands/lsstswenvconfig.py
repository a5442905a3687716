"""`lsstsw envconfig`."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.files import read_text
from lsstinstall.core.environments import parse_env_name
from lsstinstall.core.errors import ConfigurationError, NotFoundError, ToolkitError
from lsstinstall.core.shells import ShellKind
from lsstinstall.core.tags import parse_build_id
from rubin_releng.commands.lsstswplaces import find_root
from rubin_releng.commands.lsstswscripts import LANGUAGES, environment_commands

if TYPE_CHECKING:
    from rubin_releng.commands.lsstswplaces import LsstswRoot

__all__ = ["envconfig"]

_RECORDED = re.compile(r"^#environment_name: (\S+)$", re.MULTILINE)
_SHELLS = {"csh": ShellKind.CSH, "tcsh": ShellKind.CSH, "fish": ShellKind.FISH}


def _help(context: click.Context, _: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - click's order
    """Print the help, but not to a shell that evaluates what is printed."""
    if not asked:
        return
    click.echo(context.get_help(), err="shell" in context.params)
    context.exit()


class _Evaluated(click.Command):
    """A command whose answer a shell evaluates: that is to fail, too, if the arguments are wrong."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: object
    ) -> click.Context:
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError:
            click.echo("false")
            raise


@click.command(cls=_Evaluated, add_help_option=False)
@click.option("-i", "interactive", is_flag=True, help="Choose from a list of the environments.")
@click.option("-n", "name", metavar="NAME", help="Use this environment.")
@click.option("-b", "build", metavar="BUILD", help="Use the environment of this build, as b123.")
@click.option(
    "--shell",
    is_eager=True,
    type=click.Choice([kind.value for kind in LANGUAGES]),
    help="Language of the shell [default: that of the variable SHELL].",
)
@click.option(
    *("-h", "--help"),
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_help,
    help="Show this message and exit.",
)
def envconfig(name: str | None, build: str | None, shell: str | None, *, interactive: bool) -> None:
    """Print what a shell evaluates to use an environment of an lsstsw folder.

    Activates the environment, and sets EUPS_PATH, EUPS_DISTRIB and what else
    `rebuild` and `publish` go by [default: the environment that
    LSST_CONDA_ENV_NAME or LSST_SPLENV_REF names, else the only one that is
    there]. `bin/envconfig`, to be sourced, does the same.

    Example: eval "$(lsstsw envconfig -n lsst-scipipe-13.0.1)"
    """
    kind = _SHELLS.get(Path(os.environ.get("SHELL", "sh")).name, ShellKind.SH)
    if shell is not None:
        kind = ShellKind.parse(shell)
    try:
        root = find_root(Path.cwd(), os.environ)
        chosen = _choose(root, name, build, interactive=interactive)
        text = environment_commands(root, chosen, kind, os.environ)
    except (ToolkitError, click.Abort):
        # What evaluates this is to fail, too.
        click.echo("false")
        raise
    click.echo(f"notice: {chosen} is used; products go to {root.stack(chosen)}", err=True)
    click.echo(text)


def _choose(root: LsstswRoot, name: str | None, build: str | None, *, interactive: bool) -> str:
    if (name is not None) + (build is not None) + interactive > 1:
        raise ConfigurationError("only one of -i, -n and -b is allowed")
    environments = root.environments()
    if interactive:
        chosen = _ask(environments)
    elif build is not None:
        chosen = _recorded(root, build)
    else:
        chosen = name or os.environ.get("LSST_CONDA_ENV_NAME") or _default(root, environments)
    if f"{chosen}-exact" in environments and chosen not in environments:
        # As our installer calls the environment of a tag, which lsstsw calls by the tag alone.
        chosen = f"{chosen}-exact"
    if parse_env_name(chosen) not in environments:
        known = ", ".join(f"`{one}`" for one in environments) or "none"
        raise NotFoundError(
            f"there is no environment `{chosen}` in `{root.conda}`",
            hint=f"make it with `lsstsw deploy`; there are: {known}",
        )
    return chosen


def _default(root: LsstswRoot, environments: tuple[str, ...]) -> str:
    """Choose for those who say nothing; of a single environment there is no wrong choice."""
    told = root.default_environment
    return environments[0] if len(environments) == 1 and not os.environ.get("LSST_SPLENV_REF") else told


def _ask(environments: tuple[str, ...]) -> str:
    if not environments:
        raise NotFoundError("there are no environments to choose from", hint="make one with `lsstsw deploy`")
    for number, one in enumerate(environments, start=1):
        click.echo(f"{number} - {one}", err=True)
    click.echo("0 - EXIT (return)", err=True)
    number = click.prompt(
        f"Choose environment [0 to {len(environments)}]", type=click.IntRange(0, len(environments)), err=True
    )
    if number == 0:
        raise click.Abort
    return environments[number - 1]


def _recorded(root: LsstswRoot, build: str) -> str:
    path = root.saved_environment(parse_build_id(build))
    if not path.is_file():
        raise NotFoundError(
            f"nobody recorded the environment of build `{build}`", hint=f"it would be in `{path}`"
        )
    match = _RECORDED.search(read_text(path))
    if match is None:
        raise NotFoundError(f"`{path}` does not name its environment", hint="name it with `-n NAME`")
    return match[1]
