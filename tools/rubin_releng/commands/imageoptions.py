"""Options that say what an image is made of: the same for every builder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rubin_releng.core.ocidocuments import Architecture
from rubin_releng.core.trees import ModeRule

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ImageOptions", "image_options"]

F = TypeVar("F", bound="Callable[..., object]")

_FILE = click.Path(dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageOptions:
    """Options as they were given.

    Parameters
    ----------
    more, trees : `tuple` [ `str`, ... ]
        Trees, ``DIR`` or ``DIR:PATH``.
    plan : `~pathlib.Path` or `None`
        Plan to build from instead of trees.
    epoch : `int`
        Seconds since 1970-01-01 UTC.
    owner, home : `str` or `None`
        ``UID:GID``, and where it owns everything; `None` for those of the
        recipe.
    modes : `str`
        One of `~rubin_releng.core.trees.ModeRule`.
    recipe : `~pathlib.Path` or `None`
        Gives what the options do not.
    release : `~pathlib.Path` or `None`
        Release document that labels are made of.
    products, base_name : `str`
        For labels: top products, reference of the image below.
    labels, environment : `tuple` [ `str`, ... ]
        ``NAME=VALUE`` each.
    tag : `str` or `None`
        Name in the layout.
    architecture : `str`
        In OCI's words.
    base : `str` or `None`
        Image below, ``LAYOUT`` or ``LAYOUT@TAG``.
    user, folder : `str`
        Of containers; empty for those of the image below.
    entry_point, command : `tuple` [ `str`, ... ]
        Words of what containers start.
    """

    more: tuple[str, ...]
    trees: tuple[str, ...]
    plan: Path | None
    epoch: int
    owner: str | None
    home: str | None
    modes: str
    recipe: Path | None
    release: Path | None
    products: str
    base_name: str
    labels: tuple[str, ...]
    environment: tuple[str, ...]
    tag: str | None
    architecture: str
    base: str | None
    user: str
    folder: str
    entry_point: tuple[str, ...]
    command: tuple[str, ...]


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.argument("more", nargs=-1, metavar="[DIR[:PATH]]..."),
    click.option(
        "--tree",
        "trees",
        multiple=True,
        metavar="DIR[:PATH]",
        help="Content of one layer, and where it lies in the image [default: /]; repeatable, lowest first.",
    ),
    click.option(
        "--plan", type=_FILE, help="Plan to build from, as `image plan` writes it, instead of trees."
    ),
    click.option("--base", metavar="LAYOUT[@TAG]", help="Image below."),
    click.option(
        "--epoch",
        type=click.IntRange(min=0),
        envvar="SOURCE_DATE_EPOCH",
        default=0,
        show_default=True,
        help="Time of the image, in seconds since 1970 UTC; no file is newer.",
    ),
    click.option("--recipe", type=_FILE, help="`image.toml` that says what the options do not."),
    click.option("--owner", metavar="UID:GID", help="Owner of all files below `--home`.  [default: 0:0]"),
    click.option("--home", help="Folder in the image; those above it belong to user 0.  [default: /]"),
    click.option(
        "--modes",
        type=click.Choice([one.value for one in ModeRule]),
        default=ModeRule.NORMAL.value,
        show_default=True,
        help="Permissions: 0755 for folders and programs and 0644 for other files, or as they are on disk.",
    ),
    click.option("--release", type=_FILE, help="Release document to make the labels of a stack image from."),
    click.option("--products", default="", help="Top products, for the labels."),
    click.option("--base-name", default="", help="Reference of the image below, for the labels."),
    click.option("--label", "labels", multiple=True, metavar="KEY=VALUE", help="Label; repeatable."),
    click.option("--tag", metavar="NAME", help="Name of the image in the layout."),
    click.option(
        "--architecture",
        type=click.Choice([one.value for one in Architecture]),
        default="amd64",
        show_default=True,
        help="What the image runs on.",
    ),
    click.option("--user", default="", metavar="UID[:GID]", help="Who containers run as."),
    click.option("--env", "environment", multiple=True, metavar="NAME=VALUE", help="Variable of containers."),
    click.option("--workdir", "folder", default="", metavar="PATH", help="Where containers start."),
    click.option(
        "--entry-point", multiple=True, metavar="WORD", help="Program of containers; a word each time."
    ),
    click.option("--command", multiple=True, metavar="WORD", help="Its arguments, unless others are given."),
)


def image_options(function: F) -> F:
    """Add the options of `ImageOptions` to a command.

    Parameters
    ----------
    function : `~collections.abc.Callable`
        The command; gets the fields of `ImageOptions` as keywords.

    Returns
    -------
    function : `~collections.abc.Callable`
        The same, decorated.
    """
    for add in reversed(_OPTIONS):
        function = add(function)
    return function
