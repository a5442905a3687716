"""What `env migrate` does: plan a version, try it, and put it on a branch."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import read_text
from lsstinstall.core.errors import ConfigurationError, NotFoundError, ProblemsError, RefusedError
from lsstinstall.core.reporting import Outcome
from rubin_releng.adapters.git import GitRepository
from rubin_releng.adapters.gitbranches import check_new_branch, commit_to_branch, switch_to, top_of
from rubin_releng.adapters.ledgerfiles import load_ledger, parse_ledger_text
from rubin_releng.adapters.matchspecs import RattlerMatcher
from rubin_releng.adapters.recipefiles import find_recipe
from rubin_releng.commands.ledgeroptions import read_ledger
from rubin_releng.commands.migrationanswers import answer_migration, changed_lines, commit_message
from rubin_releng.core.ledgerformats import format_ledger
from rubin_releng.core.ledgermigrations import line_to_migrate, migrate_ledger, newest_of
from rubin_releng.core.lineedits import carry_over
from rubin_releng.core.migrationsteps import find_steps
from rubin_releng.environments.migrating import try_migration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.adapters.console import Console
    from lsstinstall.core.names import CondaSubdir, GitSha
    from rubin_releng.commands.machines import Machines
    from rubin_releng.core.ledgermigrations import MigratedLedger
    from rubin_releng.core.ledgerrows import LedgerLine, VersionRecord
    from rubin_releng.core.ledgers import Ledger
    from rubin_releng.core.migrations import Migration, MigrationStep
    from rubin_releng.environments.migrating import PlatformTrial

__all__ = ["MigrationOrder", "run_migration"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationOrder:
    """What a caller of `env migrate` asked for.

    Parameters
    ----------
    wanted : `tuple` [ `Migration`, ... ]
        New versions of pins.
    recipe : `str`
        Name or folder of the recipe.
    root : `~pathlib.Path` or `None`
        The checkout; by default the one we are in.
    line : `str` or `None`
        Line that gets the version.
    platforms : `tuple` [ `~lsstinstall.core.names.CondaSubdir`, ... ]
        Where to try it; empty means everywhere.
    branch : `str` or `None`
        Name of the branch.
    switch : `bool`
        Whether to check it out.
    dry_run : `bool`
        Whether to make none.
    """

    wanted: tuple[Migration, ...]
    recipe: str
    root: Path | None
    line: str | None
    platforms: tuple[CondaSubdir, ...]
    branch: str | None
    switch: bool
    dry_run: bool

    @property
    def branch_name(self) -> str:
        """Its name, given or made of the migrations."""
        return self.branch or "-".join(["migrate", *(f"{one.key}-{one.version}" for one in self.wanted)])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Branch:
    """A branch to be made, of a ledger that nobody has changed since the last commit."""

    repository: GitRepository
    name: str
    parent: GitSha
    path: str

    @classmethod
    def prepare(cls, file: Path, name: str) -> _Branch:
        """Look whether it can be made."""
        try:
            top = top_of(GitRepository(file.resolve().parent))
        except NotFoundError as error:
            raise NotFoundError(
                f"`{file.parent}` is in no git repository, so that no branch can be made",
                hint="`--dry-run` shows the change without one",
            ) from error
        path = file.resolve().relative_to(top).as_posix()
        repository = GitRepository(top)
        tree = repository.work_tree()
        hint = "commit it first, so that the branch holds the migration alone"
        if tree.commit is None or repository.read_file(tree.commit, path) is None:
            raise RefusedError(f"`{path}` is in no commit", hint=hint)
        if path in tree.changed:
            raise RefusedError(f"`{path}` has changes that are not committed", hint=hint)
        check_new_branch(repository, name)
        return cls(repository=repository, name=name, parent=tree.commit, path=path)

    def make(self, text: str, message: str, *, switch: bool) -> GitSha:
        """Commit the ledger to it."""
        commit = commit_to_branch(
            self.repository, self.name, parent=self.parent, files={self.path: text}, message=message
        )
        if switch:
            switch_to(self.repository, self.name)
        return commit


def run_migration(console: Console, order: MigrationOrder, machines: Machines) -> int:
    """Do what was asked for, and answer.

    Parameters
    ----------
    console : `~lsstinstall.adapters.console.Console`
        Hears of it.
    order : `MigrationOrder`
        What was asked for.
    machines : `~rubin_releng.commands.machines.Machines`
        On what to try it.

    Returns
    -------
    code : `int`
        For the process.

    Raises
    ------
    ToolkitError
        Raised if the migration cannot be made; nothing was written then.
    """
    loaded = load_ledger(find_recipe(order.recipe, root=order.root, start=Path.cwd()))
    # A recipe of one line is part of a ledger of all, and that is what changes.
    file, ledger = loaded.path, read_ledger(loaded.path)
    line = line_to_migrate(ledger, order.line or loaded.line)
    record = newest_of(ledger, line)
    _check_platforms(ledger, record, order.platforms)
    steps = _steps(console, ledger, record, order.wanted)
    if not steps:
        told = f"nothing to do: {ledger.name} {record.id} has {', '.join(map(str, order.wanted))}"
        console.answer({"version": None, "previous": str(record.id), "migrations": []}, told)
        return 0
    # Whatever keeps a branch from being made is told before the work.
    target = None if order.dry_run else _Branch.prepare(file, order.branch_name)
    before = read_text(file)
    migrated, text = _migrated(ledger, line, steps, before)
    trials = _tried(console, migrated, ledger, order.platforms or migrated.record.platforms, machines)
    message = commit_message(ledger.name, migrated, steps)
    commit = None if target is None else target.make(text, message, switch=order.switch)
    return answer_migration(
        console,
        migrated,
        steps,
        trials,
        change=tuple(changed_lines(before, text)),
        branch=None if target is None else target.name,
        commit=commit,
    )


def _check_platforms(ledger: Ledger, record: VersionRecord, platforms: Sequence[CondaSubdir]) -> None:
    for platform in platforms:
        if platform not in record.platforms:
            raise ConfigurationError(
                f"{ledger.name} `{record.id}` is not built for `{platform}`",
                hint=f"it is for {', '.join(f'`{one}`' for one in record.platforms)}",
            )


def _migrated(
    ledger: Ledger, line: LedgerLine, steps: Sequence[MigrationStep], before: str
) -> tuple[MigratedLedger, str]:
    """Make the new ledger and its text."""
    migrated = migrate_ledger(ledger, line, steps, today=datetime.now(tz=UTC).date())
    text = carry_over(format_ledger(ledger), format_ledger(migrated.ledger), before, source=ledger.source)
    # What is committed is a ledger, and its rows have their new places.
    return replace(migrated, ledger=_read_again(text, ledger.source, steps)), text


def _read_again(text: str, source: str, steps: Sequence[MigrationStep]) -> Ledger:
    try:
        return parse_ledger_text(text, source=source)
    except ProblemsError as error:
        told = "; ".join(note for step in steps for note in step.notes)
        raise ProblemsError(
            "the migrated ledger would contradict itself", error.problems, hint=told
        ) from error


def _steps(
    console: Console, ledger: Ledger, record: VersionRecord, wanted: Sequence[Migration]
) -> tuple[MigrationStep, ...]:
    steps = find_steps(ledger, record, wanted)
    for step in steps:
        if step.older:
            console.reporter().warn(f"{step.migration} is older than {step.old} of {ledger.name} {record.id}")
    return tuple(step for step in steps if not step.same)


def _tried(
    console: Console,
    migrated: MigratedLedger,
    before: Ledger,
    platforms: Sequence[CondaSubdir],
    machines: Machines,
) -> tuple[PlatformTrial, ...]:
    reporter = console.reporter()
    if not machines.channels:
        reporter.note("nothing was tried: give a channel by `--channel`")
        return ()

    def on(platform: CondaSubdir) -> PlatformTrial:
        trial = try_migration(migrated, before, platform, machines.solver(platform), RattlerMatcher())
        reporter.step(platform, Outcome.DONE, detail="solved" if trial.solved else "no solution")
        return trial

    reporter.begin(f"try {before.name} {migrated.record.id}", len(platforms))
    # The solver lets other threads run.
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        trials = tuple(pool.map(on, platforms))
    reporter.end()
    return trials
