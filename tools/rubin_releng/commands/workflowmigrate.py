"""`rubin-releng workflow migrate`."""

from __future__ import annotations

from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.files import decode_text, read_bytes
from lsstinstall.commands.failures import end_with
from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import (
    ConfigurationError,
    FormatError,
    NotFoundError,
    ProblemsError,
    RefusedError,
    ToolkitError,
)
from rubin_releng.adapters.committedfiles import uncommitted
from rubin_releng.adapters.ruamelfiles import parse_spanned
from rubin_releng.adapters.textreplacements import replace_texts
from rubin_releng.workflows.migrating import plan_migration
from rubin_releng.workflows.migrations import parse_workflow_ref
from rubin_releng.workflows.migrationtable import OUR_REPOSITORY, OUR_SERIES, RULES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lsstinstall.adapters.console import Console
    from rubin_releng.workflows.migrations import FileMigration, WrittenCopy

__all__ = ["migrate"]

_FOLDER = Path(".github/workflows")
# More takes minutes to read, and nobody writes that by hand.
_LARGEST_BYTES = 1 << 20


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[REPOSITORY|FILE]...")
@click.option("--ref", default=OUR_SERIES, show_default=True, help="Tag, branch or commit of ours to call.")
@click.option("--dry-run", "-n", is_flag=True, help="Print what would change as a diff; write nothing.")
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 if something would change.")
@click.option("--force", is_flag=True, help="Rewrite files that git could not give back, too.")
@output_options
def migrate(
    console: Console, *, paths: tuple[Path, ...], ref: str, dry_run: bool, check: bool, force: bool
) -> int:
    """Call our workflows where those of lsst/rubin_workflows are called.

    Of a repository all files in `.github/workflows` are looked at, by default
    of the one we are in. Comments, quotes and order stay; only lines that have
    to change do. With any call that cannot be rewritten, nothing is. Jobs
    written by hand that one of ours could do are named, and left alone.

    Example: rubin-releng workflow migrate --dry-run ~/daf_butler
    """
    wanted = parse_workflow_ref(ref)
    migrations = _planned(_files(paths or (Path(),)), wanted)
    changing = {path: one for path, one in migrations.items() if one.changes}
    problems = [problem for one in migrations.values() for problem in one.problems]
    writing = not (dry_run or check or problems)
    if writing and not force:
        _refuse_uncommitted(changing)
    if writing:
        replace_texts({path: one.text for path, one in changing.items()})
    lines = [line for place in changing.items() for line in _diff(*place)] if dry_run else []
    data = {
        "ref": wanted,
        "written": bool(writing and changing),
        "files": [_data(*one) for one in migrations.items()],
    }
    lines += [*_told(migrations), _summary(changing, written=writing, problems=len(problems))]
    problem: ToolkitError | None = None
    if problems:
        hint = "name the other files to have them rewritten, and these by hand"
        problem = ProblemsError("calls cannot be rewritten, so nothing was", problems, hint=hint)
    elif check and changing:
        told = "1 file calls" if len(changing) == 1 else f"{len(changing)} files call"
        problem = ToolkitError(
            f"{told} lsst/rubin_workflows", hint="run it without `--check` to rewrite them"
        )
    return end_with(console, data, "\n".join(lines), problem)


def _files(paths: Sequence[Path]) -> list[Path]:
    """List the workflows that are meant, each once."""
    files: list[Path] = []
    for path in paths:
        if path.is_file():
            files.append(path)
            continue
        folder = path if path.parts[-2:] == _FOLDER.parts else path / _FOLDER
        if not folder.is_dir():
            raise NotFoundError(
                f"there are no workflows: `{path}` is no file and has no `{_FOLDER}`",
                hint="name a repository or files",
            )
        files += sorted(one for one in folder.iterdir() if one.suffix in {".yaml", ".yml"} and one.is_file())
    return list({path.resolve(): path for path in reversed(files)}.values())[::-1]


def _planned(files: Sequence[Path], ref: str) -> dict[Path, FileMigration]:
    """Plan all files; tell of all that cannot be read at once."""
    migrations: dict[Path, FileMigration] = {}
    problems: list[ToolkitError] = []
    for path in files:
        try:
            document = parse_spanned(_text(path), source=str(path))
            migrations[path] = plan_migration(document, RULES, repository=OUR_REPOSITORY, ref=ref)
        except (ConfigurationError, NotFoundError):
            raise
        except ToolkitError as error:
            problems.append(error)
    if problems:
        raise ProblemsError("not all files are workflows", problems)
    return migrations


def _text(path: Path) -> str:
    data = read_bytes(path)
    if len(data) > _LARGEST_BYTES:
        problem = f"there are {len(data)} bytes; expected a workflow of at most {_LARGEST_BYTES}"
        raise FormatError(problem, source=str(path))
    return decode_text(data, source=str(path))


def _refuse_uncommitted(paths: Mapping[Path, FileMigration]) -> None:
    problems = [RefusedError(f"`{path}` {reason}") for path, reason in uncommitted(paths).items()]
    if problems:
        hint = "commit them first, or see with `--dry-run` and give `--force`"
        raise ProblemsError("git could not give back what would be rewritten", problems, hint=hint)


def _diff(path: Path, one: FileMigration) -> Iterator[str]:
    before, after = one.document.text.splitlines(keepends=True), one.text.splitlines(keepends=True)
    for line in unified_diff(before, after, f"a/{path}", f"b/{path}"):
        yield line.rstrip("\r\n")


def _told(migrations: Mapping[Path, FileMigration]) -> Iterator[str]:
    for path, one in migrations.items():
        yield from (f"{path}:{call.line}: `{call.job}`: {call.old} -> {call.new}" for call in one.calls)
        yield from (f"{path}:{note.line}: note: {note.text}" for note in one.notes)
        yield from (f"{path}:{copy.line}: suggestion: {_suggestion(copy)}" for copy in one.copies)


def _suggestion(copy: WrittenCopy) -> str:
    text = f"`{copy.workflow}` does what the job `{copy.job}` does"
    if not copy.beyond:
        return text
    lines = ", ".join(map(str, copy.beyond))
    return f"{text}, but for steps in line{'s' if len(copy.beyond) > 1 else ''} {lines}"


def _summary(changing: Mapping[Path, FileMigration], *, written: bool, problems: int) -> str:
    if not changing and not problems:
        return "nothing to do: nothing calls lsst/rubin_workflows"
    verb = "rewritten" if written else "to be rewritten"
    count = len(changing)
    return f"{count} file{'' if count == 1 else 's'} {verb}"


def _data(path: Path, one: FileMigration) -> dict[str, object]:
    return {
        "path": str(path),
        "changes": one.changes,
        "diff": [] if one.problems else list(_diff(path, one)),
        "calls": [
            {"line": call.line, "job": call.job, "old": call.old, "new": call.new} for call in one.calls
        ],
        "notes": [{"line": note.line, "text": note.text} for note in one.notes],
        "suggestions": [
            {"line": copy.line, "job": copy.job, "workflow": copy.workflow, "beyond": list(copy.beyond)}
            for copy in one.copies
        ],
    }
