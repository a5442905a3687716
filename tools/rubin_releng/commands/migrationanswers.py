"""How a migration is told: to people, to programs, to git."""

from __future__ import annotations

from difflib import unified_diff
from typing import TYPE_CHECKING

from lsstinstall.commands.failures import end_with
from lsstinstall.core.errors import ToolkitError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lsstinstall.adapters.console import Console
    from lsstinstall.core.names import GitSha
    from rubin_releng.core.ledgermigrations import MigratedLedger
    from rubin_releng.core.migrations import MigrationStep
    from rubin_releng.environments.migrating import PlatformTrial

__all__ = ["answer_migration", "changed_lines", "commit_message"]

_LONGEST = 110


def changed_lines(before: str, after: str) -> Iterator[str]:
    """List lines of a text that go, with ``-``, and that come, with ``+``."""
    for line in unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""):
        if not line.startswith(("---", "+++", "@@")):
            yield line


def commit_message(name: str, migrated: MigratedLedger, steps: Sequence[MigrationStep]) -> str:
    """Write the message of the commit.

    Parameters
    ----------
    name : `str`
        Of the metapackage.
    migrated : `MigratedLedger`
        What is committed.
    steps : `~collections.abc.Sequence` [ `MigrationStep` ]
        What was done.

    Returns
    -------
    message : `str`
        A title, and a line a step.
    """
    moved = ", ".join(f"{step.migration.key} {step.migration.version}" for step in steps)
    lines = [f"Migrate {name} to {moved}", "", _number(migrated), ""]
    lines += [f"- {step.migration.key} {step.old} -> {step.migration.version}" for step in steps]
    return "\n".join(lines) + "\n"


def answer_migration(
    console: Console,
    migrated: MigratedLedger,
    steps: Sequence[MigrationStep],
    trials: Sequence[PlatformTrial],
    *,
    change: Sequence[str],
    branch: str | None,
    commit: GitSha | None,
) -> int:
    """Tell a migration.

    Parameters
    ----------
    console : `~lsstinstall.adapters.console.Console`
        Where to.
    migrated : `MigratedLedger`
        The ledger with the new version.
    steps : `~collections.abc.Sequence` [ `MigrationStep` ]
        What was done.
    trials : `~collections.abc.Sequence` [ `PlatformTrial` ]
        How it went on platforms.
    change : `~collections.abc.Sequence` [ `str` ]
        Lines of the ledger, as `changed_lines` gives them.
    branch, commit : `str` or `None`
        What was made; `None` if nothing was.

    Returns
    -------
    code : `int`
        For the process: 1 if a platform that had a solution has none now.
    """
    notes = [*migrated.notes, *(note for step in steps for note in step.notes)]
    data = {
        **_data(migrated, steps, trials),
        "notes": notes,
        "change": list(change),
        "branch": branch,
        "commit": commit,
    }
    lines = [
        *(f"{one.migration.key} {one.old} -> {one.migration.version}" for one in steps),
        _number(migrated),
        *(f"note: {note}" for note in notes),
        *([] if branch else (line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..." for line in change)),
        *(line for trial in trials for line in _trial_lines(trial)),
        f"branch {branch}, commit {commit[:10]}" if branch and commit else "no branch was made",
    ]
    broken = [one.platform for one in trials if one.solved_before and not one.solved]
    lacking = sorted({spec for one in trials if one.platform in broken for spec in one.missing})
    problem = ToolkitError(
        f"{migrated.record.id} has no solution on {', '.join(broken)}, as {migrated.previous.id} had",
        hint=f"first of all the channels need {', '.join(f'`{spec}`' for spec in lacking)}"
        if lacking
        else "rebuild first what pins the old version",
    )
    return end_with(console, data, "\n".join(lines), problem if broken else None)


def _data(
    migrated: MigratedLedger, steps: Sequence[MigrationStep], trials: Sequence[PlatformTrial]
) -> dict[str, object]:
    return {
        "version": str(migrated.record.id),
        "build": migrated.record.build,
        "level": migrated.level.value,
        "previous": str(migrated.previous.id),
        "previous_build": migrated.previous.build,
        "migrations": [
            {"key": one.migration.key, "from": one.old, "to": one.migration.version} for one in steps
        ],
        "platforms": [one.to_dict() for one in trials],
    }


def _number(migrated: MigratedLedger) -> str:
    old, new = migrated.previous, migrated.record
    return (
        f"{new.version} build {new.build} follows {old.version} build {old.build}: "
        f"a new {migrated.level}{'' if migrated.level == 'build' else ' version'}"
    )


def _trial_lines(trial: PlatformTrial) -> Iterator[str]:
    verdict = "solved" if trial.solved else "no solution"
    before = "" if trial.solved_before else ", nor had the version before" if not trial.solved else ""
    yield f"{trial.platform}: {verdict}{before}"
    yield from (f"  not in the channels: {spec}" for spec in trial.missing)
    if not trial.rebuilds:
        yield "  nothing that is installed pins the old version"
    for one in trial.rebuilds:
        state = f"rebuilt: {one.found}" if one.found else "to be rebuilt"
        yield f"  {one.name} {one.version} needs {one.spec}: {state}"
    for conflict in trial.conflicts:
        yield f"  {conflict.summary}"
        yield from (f"    {line}" for line in conflict.details.splitlines())
