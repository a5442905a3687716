"""The program behind `make release` and the release workflow."""

from __future__ import annotations

import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.files import decode_text, read_text, write_atomic
from lsstinstall.commands.frame import output_options, run_main
from lsstinstall.core.errors import ProblemsError, ToolkitError
from rubin_releng.adapters.git import GitRepository
from selfrelease.preparing import check_tag, make_release, plan_release
from selfrelease.series import breaches, parse_interface
from selfrelease.versions import parse_version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lsstinstall.adapters.console import Console
    from lsstinstall.core.names import GitSha

__all__ = ["cli"]

_WORKFLOWS = ".github/workflows/"
_ROOT = click.option(
    "--root",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(__file__).resolve().parents[2],
    help="The checkout [default: the one this program is in].",
)


@click.group()
def cli() -> None:
    """Release this project."""


@cli.command()
@click.argument("version")
@click.option(
    "--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Day of the release [default: today, UTC]."
)
@click.option("--dry-run", is_flag=True, help="Print the section of the change log; make no branch.")
@_ROOT
@output_options
def prepare(console: Console, *, version: str, day: datetime | None, dry_run: bool, root: Path) -> int:
    """Collect fragments and set the version, as one commit on a branch of its own.

    Example: make release VERSION=0.2.0
    """
    today = day or datetime.now(tz=UTC)
    plan = plan_release(root, parse_version(version), today.date())
    commit = None if dry_run else make_release(root, plan)
    data = {"version": version, "branch": plan.branch, "commit": commit, "fragments": list(plan.fragments)}
    if commit is None:
        console.answer(data, f"no branch was made; the change log would say:\n\n{plan.notes}")
        return 0
    told = (
        f"branch {plan.branch}, commit {commit[:10]}: {len(plan.fragments)} fragments are in the change log"
    )
    steps = f"push it, have it reviewed and merged, then tag the merged commit: git tag -s {version}"
    console.answer(data, f"{told}\n{steps}")
    return 0


@cli.command()
@click.argument("tag")
@click.option("--main", default="origin/main", show_default=True, help="Branch that the tag must be on.")
@click.option("--notes", type=click.Path(dir_okay=False, path_type=Path), help="Where to write what changed.")
@click.option("--outputs", type=click.Path(dir_okay=False, path_type=Path), help="File to add NAME=VALUE to.")
@_ROOT
@output_options
def check(
    console: Console, *, tag: str, main: str, notes: Path | None, outputs: Path | None, root: Path
) -> int:
    """Make sure that a tag names a release, and find what it changed."""
    text = check_tag(root, tag, main=main)
    if notes is not None:
        write_atomic(notes, text)
    candidate = parse_version(tag).candidate is not None
    pins = tomllib.loads(read_text(root / "workflows/pins.toml"))
    if outputs is not None:
        commit = GitRepository(root).resolve("HEAD")
        told = {"candidate": str(candidate).lower(), "commit": commit, "series": pins["self"]["series"]}
        with outputs.open("a", encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in told.items())
    console.answer(
        {"version": tag, "candidate": candidate}, f"{tag} is a {'candidate' if candidate else 'release'}"
    )
    return 0


@cli.command()
@click.argument("ref")
@_ROOT
@output_options
def series(console: Console, *, ref: str, root: Path) -> int:
    """Make sure that those who call our workflows by a tag that moves stumble over nothing."""
    repository = GitRepository(root)
    before = repository.resolve(f"{ref}^{{commit}}")
    if before is None:
        console.answer({"ref": ref, "workflows": 0}, f"there is no `{ref}` yet, so nobody calls it")
        return 0
    problems: list[ToolkitError] = []
    names = [path for path in repository.list_files(before) if path.startswith(_WORKFLOWS)]
    for path, told in _breaches(repository, before, names, root):
        problems.append(ToolkitError(f"`{path}`: {told}"))
    if problems:
        hint = "keep what was, or begin a new series in `workflows/pins.toml`"
        raise ProblemsError(f"callers of `{ref}` would fail", problems, hint=hint)
    console.answer({"ref": ref, "workflows": len(names)}, f"whoever calls `{ref}` can go on")
    return 0


def _breaches(
    repository: GitRepository, before: GitSha, names: list[str], root: Path
) -> Iterator[tuple[str, str]]:
    for path in names:
        data = repository.read_file(before, path)
        old = parse_interface(decode_text(data or b"", source=path), source=f"{before[:10]}:{path}")
        if old is None:
            continue
        file = root / path
        new = parse_interface(file.read_text(encoding="utf-8"), source=path) if file.is_file() else None
        for told in breaches(old, new):
            yield path, told


if __name__ == "__main__":
    sys.exit(run_main(cli, name="selfrelease"))
