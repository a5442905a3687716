"""`rubin-releng env diff`."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.files import write_atomic
from lsstinstall.commands.frame import output_options
from lsstinstall.core.environmentnames import METAPACKAGE
from lsstinstall.core.errors import ConfigurationError, NotFoundError
from lsstinstall.core.names import CondaSubdir, parse_subdir
from rubin_releng.commands.ledgeroptions import nearest_ledger
from rubin_releng.core.environmentdiffs import compare_contents
from rubin_releng.environments.contents import ledger_content, lock_content
from rubin_releng.environments.diffhtml import diff_html
from rubin_releng.environments.diffmarkdown import diff_markdown

if TYPE_CHECKING:
    from collections.abc import Callable

    from lsstinstall.adapters.console import Console
    from rubin_releng.core.environmentdiffs import Change, Content, EnvironmentDiff
    from rubin_releng.core.ledgers import Ledger

__all__ = ["diff"]

# 13.0.1 and 13.0.1=0 and 14.0.0dev
_VERSION = re.compile(r"[0-9]+(?:\.[0-9]+)*[a-z0-9]*(?:=[0-9]+)?")
_PLATFORMS = tuple(map(CondaSubdir, ("linux-64", "linux-aarch64", "osx-64", "osx-arm64")))
_META = "meta.yaml"
_RECIPES = ("recipe.yaml", _META)
_LOCKS = (".env", ".lock", ".txt")


@click.command()
@click.argument("before")
@click.argument("after")
@click.option(
    "--ledger",
    type=click.Path(path_type=Path),
    help="Ledger of versions [default: that of recipes/rubin-env].",
)
@click.option("--platform", "platforms", multiple=True, help="Compare on this platform [default: on all].")
@click.option(
    "--format",
    "form",
    type=click.Choice(["markdown", "html"]),
    help="How to write it [default: as the output's name says, else markdown].",
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
@output_options
def diff(
    console: Console,
    before: str,
    after: str,
    ledger: Path | None,
    platforms: tuple[str, ...],
    form: str | None,
    output: Path | None,
) -> None:
    """Tell what differs between two environments.

    BEFORE and AFTER are versions of the ledger (`13.0.1`, `13.0.1=0` for an
    older build), locks (`pixi.lock`, `w_2026_42.env`), or recipes (`meta.yaml`,
    `recipe.yaml`, or a folder with one); a version can be compared with a
    recipe. Direct requirements come first.

    Example: rubin-releng env diff 12.2.0 13.0.1 --output diff.html
    """
    wanted = tuple(parse_subdir(one) for one in platforms)
    # Both sides may need it, and reading it takes most of the time.
    known = functools.cache(lambda: nearest_ledger(ledger))
    sides = [_content(side, known, wanted) for side in (before, after)]
    found = compare_contents(*sides)
    html = form == "html" or (form is None and output is not None and output.suffix in {".html", ".htm"})
    text = diff_html(found) if html else diff_markdown(found)
    if output is None:
        console.answer(_data(found), text.rstrip("\n"))
        return
    write_atomic(output, text)
    console.answer({**_data(found), "path": str(output)}, f"wrote `{output}`")


def _content(side: str, find: Callable[[], Ledger | None], platforms: tuple[CondaSubdir, ...]) -> Content:
    path = Path(side)
    if _VERSION.fullmatch(side) and not path.exists():
        known = find()
        if known is None:
            raise NotFoundError(
                f"there is no ledger to look up `{side}` in", hint="name it: `--ledger recipes/rubin-env`"
            )
        return ledger_content(known, known.record(side), platforms)
    if path.is_dir():
        return _folder(path, platforms)
    if path.name in _RECIPES:
        return _recipe(path, platforms)
    if path.suffix in _LOCKS:
        from rubin_releng.adapters.lockfiles import read_lock_file  # noqa: PLC0415 - needs rattler

        parts = read_lock_file(path).parts
        return lock_content(side, parts, metapackage=METAPACKAGE, ledger=find(), platforms=platforms)
    raise NotFoundError(
        f"`{side}` is no version, lock or folder of a recipe",
        hint="a version is `13.0.1`; a lock ends in `.lock` or `.env`",
    )


def _folder(folder: Path, platforms: tuple[CondaSubdir, ...]) -> Content:
    if (folder / "requirements.yaml").is_file():
        ledger = nearest_ledger(folder)
        if ledger is None:
            raise NotFoundError(f"there is no ledger in `{folder}`")
        return ledger_content(ledger, ledger.newest, platforms)
    # A feedstock keeps its recipe one folder deeper.
    for place in (folder, folder / "recipe"):
        for name in _RECIPES:
            if (place / name).is_file():
                return _recipe(place / name, platforms)
    raise ConfigurationError(f"there is no recipe in `{folder}`", hint=f"looked for {', '.join(_RECIPES)}")


def _recipe(recipe: Path, platforms: tuple[CondaSubdir, ...]) -> Content:
    folder, name = recipe.parent, f"{METAPACKAGE} ({recipe.parent})"
    if recipe.name == _META:
        from rubin_releng.adapters.metarecipes import meta_content  # noqa: PLC0415 - needs Jinja

        return meta_content(recipe, name=name, platforms=platforms or _PLATFORMS)
    from rubin_releng.adapters.recipecontents import recipe_content  # noqa: PLC0415 - rattler-build is slow

    variants = [path for path in (folder / "variants.yaml",) if path.is_file()]
    return recipe_content(recipe, variants, name=name, platforms=platforms or _PLATFORMS)


def _data(found: EnvironmentDiff) -> dict[str, object]:
    return {
        "before": found.before,
        "after": found.after,
        "kind": found.kind.value,
        "equal": found.empty,
        "platforms": list(found.platforms),
        "platforms_added": list(found.platforms_added),
        "platforms_removed": list(found.platforms_removed),
        "outputs_added": list(found.outputs_added),
        "outputs_removed": list(found.outputs_removed),
        "groups": [
            {
                "output": group.output,
                "section": group.section,
                "changes": [_change(change) for change in group.changes],
            }
            for group in found.groups
        ],
    }


def _change(change: Change) -> dict[str, object]:
    return {
        "package": change.package,
        "change": change.kind.value,
        "before": change.before,
        "after": change.after,
        "platforms": list(change.platforms),
        "direct": change.direct,
        "reason": None if change.why is None else change.why.reason,
        "ticket": None if change.why is None else change.why.ticket,
    }
