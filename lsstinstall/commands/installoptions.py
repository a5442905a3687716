"""The classic options of ``lsstinstall``, as click reads them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["classic_options"]

F = TypeVar("F", bound="Callable[..., Any]")

_OPTIONS = (
    click.option(
        "-T",
        "--tag",
        "tags",
        multiple=True,
        metavar="TAG",
        help="Use the rubin-env version that TAG was built with.",
    ),
    click.option(
        "-X",
        "--exact-tag",
        "exact_tags",
        multiple=True,
        metavar="TAG",
        help="Use exactly the environment that TAG was built with.",
    ),
    click.option(
        "-v",
        "--rubin-env",
        "versions",
        multiple=True,
        metavar="VERSION",
        help="Version of rubin-env, or the commit of an environment from before 2021.  [default: latest]",
    ),
    click.option(
        "-e", "--env-name", metavar="NAME", help="Name of the environment; if it is there, it is used."
    ),
    click.option("-u", "--update", is_flag=True, help="Update rubin-env in an existing environment."),
    click.option(
        "-d", "--developer", is_flag=True, help="Add the matching rubin-env-developer (from 5.0.0 on)."
    ),
    click.option(
        "-p",
        "--conda-path",
        metavar="DIRECTORY",
        help="Folder of the conda installation, made if it is missing; an active conda is used instead of it."
        "  [default: ./conda]",
    ),
    click.option("-P", "--no-active-conda", is_flag=True, help="Do not use a conda that is active."),
    click.option("--no-conda", is_flag=True, help="Do not put the conda command into a new folder."),
    click.option(
        "-C",
        "--channel",
        "channels",
        multiple=True,
        metavar="URI",
        help="Channel before conda-forge, or those that were configured; the first wins.",
    ),
    click.option("--override-channels", is_flag=True, help="Use only the channels given with -C."),
    click.option(
        "-E", "--eups-url", metavar="URL", help="Root of the EUPS distribution server, or a folder."
    ),
    click.option(
        "--former-url",
        metavar="URL",
        help="Where the lists of environments from before 2021 are, or a folder.",
    ),
    click.option("-B", "--no-binaries", is_flag=True, help="Do not use binary packages (tarballs)."),
    click.option("-S", "--no-sources", is_flag=True, help="Do not use source packages."),
    click.option(
        "--stack",
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder of the products.  [default: that of the environment]",
    ),
    click.option("-n", "--dry-run", is_flag=True, help="Print what would be done, and do nothing."),
    click.option("-b", "ignored_b", is_flag=True, expose_value=False, help="Ignored, as it always was."),
    click.option("-c", "ignored_c", is_flag=True, expose_value=False, help="Ignored, as it always was."),
    click.option("-t", "ignored_t", is_flag=True, expose_value=False, help="Ignored, as it always was."),
)


def classic_options(function: F) -> F:
    """Add the classic options to a command, all but ``-h``.

    Parameters
    ----------
    function : `~collections.abc.Callable`
        Takes ``dry_run`` and the fields of
        `~lsstinstall.commands.installrequests.InstallOptions`.

    Returns
    -------
    function : `~collections.abc.Callable`
        With the options, in the order of the real script's help.
    """
    for option in reversed(_OPTIONS):
        function = option(function)
    return function
