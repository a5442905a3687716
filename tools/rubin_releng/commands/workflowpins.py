"""`rubin-releng workflow pins`: which versions of actions and tools workflows use."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.commands.failures import end_with
from lsstinstall.commands.frame import LazyGroup, output_options
from lsstinstall.core.errors import NotFoundError, ProblemsError, ToolkitError
from rubin_releng.adapters.actionreleases import GitHubReleases
from rubin_releng.adapters.githubapi import GITHUB_URL, TOKEN_VARIABLES, GitHubApi
from rubin_releng.adapters.workflowfiles import WorkflowFolders, find_workflows
from rubin_releng.commands.workflowrender import workflow_texts
from rubin_releng.core.secrets import read_secret
from rubin_releng.workflows.pins import read_pins
from rubin_releng.workflows.pinupdates import PinChange, moved, plan_updates, rewrite_pins, rewrite_uses
from rubin_releng.workflows.rendering import is_rendered
from rubin_releng.workflows.renderplans import plan_rendering

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.adapters.console import Console
    from rubin_releng.workflows.pins import Pins
    from rubin_releng.workflows.pinupdates import PinUpdate

__all__ = ["list_pins", "pins", "update"]

_COMMANDS = {
    "list": ("rubin_releng.commands.workflowpins:list_pins", "List actions and tools with their versions."),
    "update": ("rubin_releng.commands.workflowpins:update", "Move actions on to their newest releases."),
}
_ROOT = click.option(
    "--root",
    type=click.Path(file_okay=False, path_type=Path),
    help="Checkout with workflows/ [default: found upward from here].",
)


@click.command(cls=LazyGroup, lazy=_COMMANDS)
def pins() -> None:
    """List and update the versions in workflows/pins.toml."""


@click.command("list")
@_ROOT
@output_options
def list_pins(console: Console, root: Path | None) -> None:
    """List the actions and tools that the workflows use, with their versions.

    Example: rubin-releng workflow pins list --json
    """
    folders = find_workflows(root=root, start=Path.cwd())
    known = read_pins(folders.pins())
    texts = {**folders.sources(), **folders.actions(), **folders.starters()}
    used = {
        name: [path for path, text in texts.items() if f"uses: {name}@" in text or f"uses: {name}/" in text]
        for name in known.actions
    }
    data = {
        "repository": known.repository,
        "series": known.series,
        "actions": [
            {"repository": one.repository, "version": one.version, "sha": one.sha, "used_by": used[name]}
            for name, one in known.actions.items()
        ],
        "tools": dict(known.tools),
    }
    width = max((len(name) for name in (*known.actions, *known.tools)), default=0)
    lines = [
        f"{name:<{width}}  {one.version:<8}  {one.sha}  used {len(used[name])} times"
        for name, one in known.actions.items()
    ]
    console.answer(
        data, "\n".join([*lines, *(f"{name:<{width}}  {one}" for name, one in known.tools.items())])
    )


@click.command()
@click.argument("actions", nargs=-1, metavar="[OWNER/NAME]...")
@click.option(
    "--cooldown",
    type=click.IntRange(0),
    default=7,
    show_default=True,
    metavar="DAYS",
    help="Leave out releases that are younger.",
)
@click.option("--dry-run", "-n", is_flag=True, help="Say what would change and write nothing.")
@_ROOT
@output_options
def update(
    console: Console, actions: tuple[str, ...], cooldown: int, root: Path | None, *, dry_run: bool
) -> int:
    """Move pinned actions on to their newest releases.

    GitHub is asked, with the token in GITHUB_TOKEN or GH_TOKEN if there is
    one, for the newest full release and for the commit that its tag leads to.
    pins.toml, composite actions, starters, workflows that name commits
    themselves, and the rendered ones are written. A tag that was moved to
    another commit is told and not followed.

    Example: rubin-releng workflow pins update --dry-run
    """
    folders = find_workflows(root=root, start=Path.cwd())
    document = folders.pins()
    known = read_pins(document)
    _check_names(known, actions)
    api = GitHubApi(os.environ.get("GITHUB_API_URL") or GITHUB_URL, read_secret(os.environ, TOKEN_VARIABLES))
    before = datetime.now(tz=UTC) - timedelta(days=cooldown)
    updates = plan_updates(known, GitHubReleases(api), before=before, only=actions)
    files = _changed_files(folders, known, "\n".join((*document.lines, "")), updates)
    if not dry_run:
        for path, text in files.items():
            folders.write(path, text)
    return _answer(console, updates, sorted(files), dry_run=dry_run)


def _check_names(known: Pins, actions: Sequence[str]) -> None:
    missing = [f"`{name}`" for name in actions if name not in known.actions]
    if missing:
        told = ", ".join(f"`{name}`" for name in known.actions)
        raise NotFoundError(f"`pins.toml` has no action {', '.join(missing)}", hint=f"it has {told}")


def _changed_files(
    folders: WorkflowFolders, known: Pins, text: str, updates: Sequence[PinUpdate]
) -> dict[str, str | None]:
    """Give every file that has to be written, with its new text."""
    new = moved(known, updates)
    present = folders.rendered()
    own = {path: one for path, one in present.items() if not is_rendered(one)}
    before = {"workflows/pins.toml": text, **own, **folders.actions(), **folders.starters()}
    after = {
        path: rewrite_uses(one, new.actions) for path, one in before.items() if path != "workflows/pins.toml"
    }
    after["workflows/pins.toml"] = rewrite_pins(text, updates)
    sources = workflow_texts(folders.sources(), "sources of workflows")
    rendered = {one.path: one for one in plan_rendering(sources, present, new, folders.scripts())}
    files: dict[str, str | None] = {path: one for path, one in after.items() if one != before[path]}
    return files | {path: one.after for path, one in rendered.items() if one.before != one.after}


def _answer(console: Console, updates: Sequence[PinUpdate], files: Sequence[str], *, dry_run: bool) -> int:
    data = {
        "actions": [
            {
                "repository": one.pin.repository,
                "change": one.change.value,
                "version": one.pin.version,
                "sha": one.pin.sha,
                "new_version": one.new.version,
                "new_sha": one.new.sha,
            }
            for one in updates
        ],
        "files": list(files),
    }
    told = [_line(one) for one in updates if one.change in {PinChange.MOVE, PinChange.MOVED_TAG}]
    verb = "would be written" if dry_run else "written"
    told += [*(f"{path} {verb}" for path in files), f"{len(files)} files {verb}"]
    problems = [problem for one in updates if (problem := _problem(one)) is not None]
    problem = (
        ProblemsError("some actions were not looked up, or should be looked at", problems)
        if problems
        else None
    )
    return end_with(console, data, "\n".join(told), problem)


def _line(one: PinUpdate) -> str:
    return (
        f"{one.change.value:<9} {one.pin.repository} {one.pin.version} -> {one.new.version} ({one.new.sha})"
    )


def _problem(one: PinUpdate) -> ToolkitError | None:
    if one.change is PinChange.MOVED_TAG:
        return ToolkitError(
            f"tag `{one.pin.version}` of `{one.pin.repository}` leads to `{one.new.sha}`"
            f" and not to `{one.pin.sha}`",
            hint="find out who moved it before you change the pin by hand",
        )
    return one.problem
