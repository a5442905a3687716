"""`rubin-releng image dispatch`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.files import read_text
from lsstinstall.adapters.locks import hold_lock
from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import ConfigurationError, ProblemsError, RefusedError
from lsstinstall.core.tags import parse_tag
from rubin_releng.adapters.journals import append_line, read_lines
from rubin_releng.commands.imageregistries import change_options, open_subject
from rubin_releng.core.downstreams import plan_dispatch
from rubin_releng.core.imagerecipes import parse_recipe
from rubin_releng.core.imagereferences import parse_reference
from rubin_releng.core.secrets import read_secret
from rubin_releng.images.dispatcher import DispatchJournal, run_dispatches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.adapters.console import Console
    from rubin_releng.adapters.githubapi import GitHubApi
    from rubin_releng.core.downstreams import Dispatch, Downstream
    from rubin_releng.core.imagerecipes import ImageRecipe
    from rubin_releng.images.dispatcher import Dispatched

__all__ = ["dispatch"]

_ENDING = ".dispatches.jsonl"
_WAIT_SECONDS = 60.0


@click.command(
    epilog="Example: rubin-releng image dispatch containers/stack/image.toml"
    " example.org/lsst/scipipe:al9-w_2026_42 --release-tag w_2026_42 --yes"
)
@click.argument("recipe", type=click.Path(dir_okay=False, path_type=Path), metavar="IMAGE.TOML")
@click.argument("image", metavar="SERVER/REPOSITORY:TAG")
@click.option("--release-tag", metavar="TAG", help="Tag of the release, where an input asks for it.")
@click.option("--only", multiple=True, metavar="OWNER/NAME", help="Just this repository; repeatable.")
@click.option(
    "--journal",
    type=click.Path(dir_okay=False, path_type=Path),
    help="What has started; beside the recipe, with the ending `.dispatches.jsonl`, unless named.",
)
@click.option("--again", is_flag=True, help="Start what the journal says has started, too.")
@change_options
@output_options
def dispatch(
    console: Console,
    /,
    recipe: Path,
    image: str,
    release_tag: str | None,
    only: tuple[str, ...],
    journal: Path | None,
    *,
    again: bool,
    yes: bool,
    dry_run: bool,
) -> None:
    """Start the workflows of those who build on an image.

    They are named in the image's recipe, under `downstream`, and get the image
    by its digest. The token comes from `GITHUB_TOKEN` or `GH_TOKEN`. The same
    command goes on where another one ended: what has started is left alone.
    """
    found = parse_recipe(read_text(recipe), source=str(recipe))
    wanted = _chosen(found, only, recipe)
    plan = _planned(wanted, found.name, image, release_tag)
    path = journal or recipe.with_name(f"{recipe.name}{_ENDING}")
    if dry_run or not yes:
        _answer_planned(console, plan, frozenset() if again else _journal(path).started(), recipe)
        return
    service = _service(console) if plan else None
    results: tuple[Dispatched, ...] = ()
    if service is not None:
        with hold_lock(
            path.with_name(f".{path.name}.lock"),
            wait_seconds=_WAIT_SECONDS,
            purpose="starting workflows",
            is_kept=False,
        ):
            results = run_dispatches(plan, service, _journal(path), again=again)
    _answer(console, results, recipe)


def _planned(wanted: Sequence[Downstream], name: str, image: str, release_tag: str | None) -> list[Dispatch]:
    tag = "" if release_tag is None else str(parse_tag(release_tag))
    if not tag and any("{tag}" in text for one in wanted for text in one.inputs.values()):
        raise ConfigurationError(
            "an input asks for the tag of the release", hint="name it with `--release-tag TAG`"
        )
    _, subject = open_subject(image, is_written=False)
    pinned = str(parse_reference(image).at(subject.digest))
    facts = {"image": pinned, "digest": str(subject.digest), "tag": tag, "name": name}
    return [plan_dispatch(one, facts) for one in wanted]


def _journal(path: Path) -> DispatchJournal:
    return DispatchJournal(
        lambda: read_lines(path),
        lambda line: append_line(path, line),
        lambda: datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _answer_planned(
    console: Console, plan: Sequence[Dispatch], started: frozenset[str], recipe: Path
) -> None:
    lines = [f"{one.name}: {'started before' if one.key in started else _told(one)}" for one in plan]
    lines.append("nothing was sent; `--yes` does it" if plan else f"{recipe} names nobody")
    rows = [_row(one, "started before" if one.key in started else "planned") for one in plan]
    console.answer({"dispatches": rows, "done": False}, "\n".join(lines))


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


def _row(one: Dispatch, outcome: str) -> dict[str, object]:
    return {"repository": one.repository, "path": one.path, "body": dict(one.body), "outcome": outcome}


def _answer(console: Console, results: Sequence[Dispatched], recipe: Path) -> None:
    lines = [f"{one.dispatch.name}: {one.outcome}" for one in results]
    failed = [one.error for one in results if one.error is not None]
    if failed:
        for line in lines:
            console.reporter().note(line)
        raise ProblemsError(
            f"{len(failed)} of {len(results)} workflows were not started",
            failed,
            hint="run the same command again: it starts these, and no other",
        )
    rows = [_row(one.dispatch, one.outcome) for one in results]
    console.answer({"dispatches": rows, "done": True}, "\n".join(lines or [f"{recipe} names nobody"]))
