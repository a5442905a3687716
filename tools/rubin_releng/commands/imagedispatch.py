"""`rubin-releng image dispatch`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.files import read_text
from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import ConfigurationError, ProblemsError, RefusedError
from lsstinstall.core.tags import parse_tag
from rubin_releng.commands.imageregistries import change_options, open_subject
from rubin_releng.core.downstreams import plan_dispatch
from rubin_releng.core.imagerecipes import parse_recipe
from rubin_releng.core.imagereferences import parse_reference
from rubin_releng.core.secrets import read_secret
from rubin_releng.images.dispatcher import run_dispatches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.adapters.console import Console
    from rubin_releng.adapters.githubapi import GitHubApi
    from rubin_releng.core.downstreams import Dispatch, Downstream
    from rubin_releng.core.imagerecipes import ImageRecipe
    from rubin_releng.images.dispatcher import Dispatched

__all__ = ["dispatch"]


@click.command(
    epilog="Example: rubin-releng image dispatch containers/stack/image.toml"
    " example.org/lsst/scipipe:al9-w_2026_42 --release-tag w_2026_42 --yes"
)
@click.argument("recipe", type=click.Path(dir_okay=False, path_type=Path), metavar="IMAGE.TOML")
@click.argument("image", metavar="SERVER/REPOSITORY:TAG")
@click.option("--release-tag", metavar="TAG", help="Tag of the release, where an input asks for it.")
@click.option("--only", multiple=True, metavar="OWNER/NAME", help="Just this repository; repeatable.")
@change_options
@output_options
def dispatch(
    console: Console,
    /,
    recipe: Path,
    image: str,
    release_tag: str | None,
    only: tuple[str, ...],
    *,
    yes: bool,
    dry_run: bool,
) -> None:
    """Start the workflows of those who build on an image.

    They are named in the image's recipe, under `downstream`, and get the image
    by its digest. The token comes from `GITHUB_TOKEN` or `GH_TOKEN`.
    """
    found = parse_recipe(read_text(recipe), source=str(recipe))
    wanted = _chosen(found, only, recipe)
    tag = "" if release_tag is None else str(parse_tag(release_tag))
    if not tag and any("{tag}" in text for one in wanted for text in one.inputs.values()):
        raise ConfigurationError(
            "an input asks for the tag of the release", hint="name it with `--release-tag TAG`"
        )
    reference = parse_reference(image)
    _, subject = open_subject(image, is_written=False)
    facts = {
        "image": str(reference.at(subject.digest)),
        "digest": str(subject.digest),
        "tag": tag,
        "name": found.name,
    }
    plan = [plan_dispatch(one, facts) for one in wanted]
    if dry_run or not yes:
        lines = [f"{one.name}: {_told(one)}" for one in plan]
        lines.append("nothing was sent; `--yes` does it" if plan else f"{recipe} names nobody")
        console.answer({"dispatches": [_row(one) for one in plan], "done": False}, "\n".join(lines))
        return
    results = run_dispatches(plan, _service(console)) if plan else ()
    _answer(console, results, recipe)


def _chosen(recipe: ImageRecipe, only: tuple[str, ...], path: Path) -> list[Downstream]:
    known = {one.repository for one in recipe.downstream}
    for name in only:
        if name not in known:
            raise ConfigurationError(
                f"`{path}` does not name `{name}`", hint=f"it names {', '.join(sorted(known)) or 'nobody'}"
            )
    return [one for one in recipe.downstream if not only or one.repository in only]


def _service(console: Console) -> GitHubApi:
    from rubin_releng.adapters.githubapi import (  # noqa: PLC0415 - it is slow to load
        GITHUB_URL,
        TOKEN_VARIABLES,
        GitHubApi,
    )

    token = read_secret(console.environ, TOKEN_VARIABLES)
    if token is None:
        raise RefusedError("GitHub starts nothing without a token", hint="set `GITHUB_TOKEN`")
    return GitHubApi(console.environ.get("GITHUB_API_URL") or GITHUB_URL, token)


def _told(one: Dispatch) -> str:
    body = one.body.get("inputs") or one.body.get("client_payload") or {}
    pairs = body.items() if isinstance(body, dict) else ()
    return ", ".join(f"{key}={value}" for key, value in pairs) or "no inputs"


def _row(one: Dispatch) -> dict[str, object]:
    return {"repository": one.repository, "path": one.path, "body": dict(one.body)}


def _answer(console: Console, results: Sequence[Dispatched], recipe: Path) -> None:
    failed = [one for one in results if one.error is not None]
    sent = [one.dispatch for one in results if one.error is None]
    for one in sent if failed else ():
        console.reporter().note(f"{one.name} has started")
    if failed:
        again = " ".join(f"--only {one.dispatch.repository}" for one in failed)
        raise ProblemsError(
            f"{len(failed)} of {len(results)} workflows were not started",
            [one.error for one in failed if one.error is not None],
            hint=f"run it again with `{again}`",
        )
    lines = [f"{one.name}: started" for one in sent] or [f"{recipe} names nobody"]
    console.answer({"dispatches": [_row(one) for one in sent], "done": True}, "\n".join(lines))
