"""`rubin-releng env migrate`."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.files import read_text
from lsstinstall.commands.frame import output_options
from lsstinstall.core.environmentnames import METAPACKAGE
from lsstinstall.core.errors import ProblemsError, RefusedError
from lsstinstall.core.names import parse_subdir
from lsstinstall.core.reporting import Outcome
from rubin_releng.adapters.git import GitRepository
from rubin_releng.adapters.gitbranches import check_new_branch, commit_to_branch, switch_to, top_of
from rubin_releng.adapters.ledgerfiles import load_ledger, parse_ledger_text
from rubin_releng.adapters.matchspecs import RattlerMatcher
from rubin_releng.adapters.recipefiles import find_recipe
from rubin_releng.commands.ledgeroptions import read_ledger
from rubin_releng.commands.machines import Machines
from rubin_releng.commands.migrationanswers import answer_migration, changed_lines, commit_message
from rubin_releng.commands.solveoptions import EXCLUDE_NEWER_HELP, parse_newest
from rubin_releng.core.ledgerformats import format_ledger
from rubin_releng.core.ledgermigrations import line_to_migrate, migrate_ledger, newest_of
from rubin_releng.core.lineedits import carry_over
from rubin_releng.core.migrations import parse_migration
from rubin_releng.core.migrationsteps import find_steps
from rubin_releng.environments.migrating import try_migration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.adapters.console import Console
    from lsstinstall.core.names import CondaSubdir, GitSha
    from rubin_releng.core.ledgermigrations import MigratedLedger
    from rubin_releng.core.ledgerrows import VersionRecord
    from rubin_releng.core.ledgers import Ledger
    from rubin_releng.core.migrations import Migration, MigrationStep
    from rubin_releng.environments.migrating import PlatformTrial

__all__ = ["migrate"]


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
        repository = GitRepository(file.resolve().parent)
        path = file.resolve().relative_to(top_of(repository)).as_posix()
        repository = GitRepository(top_of(repository))
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


@click.command()
@click.argument("migrations", nargs=-1, required=True, metavar="KEY=VERSION...")
@click.option(
    "--recipe", "name", default=METAPACKAGE, show_default=True, help="Name or folder of the recipe."
)
@click.option("--line", "line_name", help="Line that gets the version [default: that of the newest one].")
@click.option("--channel", "channels", multiple=True, help="URI, name or folder to try it with.")
@click.option(
    "--platform", "platforms", multiple=True, help="Try this platform [default: all of the version]."
)
@click.option("--virtual", multiple=True, metavar="NAME=VERSION", help="What machines offer, `glibc=2.34`.")
@click.option("--exclude-newer", metavar="DATE", help=EXCLUDE_NEWER_HELP)
@click.option("--branch", help="Branch to make [default: migrate-KEY-VERSION].")
@click.option("--switch", is_flag=True, help="Check the branch out.")
@click.option("--dry-run", is_flag=True, help="Make no branch.")
@click.option("--root", type=click.Path(file_okay=False, path_type=Path), help="The checkout.")
@output_options
def migrate(
    console: Console,
    *,
    migrations: tuple[str, ...],
    name: str,
    line_name: str | None,
    channels: tuple[str, ...],
    platforms: tuple[str, ...],
    virtual: tuple[str, ...],
    exclude_newer: str | None,
    branch: str | None,
    switch: bool,
    dry_run: bool,
    root: Path | None,
) -> int:
    """Move pins to new versions, as a migration of conda-forge does.

    KEY is a library's variant key (`cfitsio=4.7`), `python`, `numpy`,
    `compilers` or `clang`. The ledger gets a new version with the number that
    the rules ask for, on a branch of its own with one commit; what is checked
    out stays as it is. With a channel, it is told what has to be rebuilt
    first, and whether each platform has a solution.

    Example: rubin-releng env migrate cfitsio=4.7 --channel conda-forge
    """
    machines = Machines(channels=channels, virtual=virtual, exclude_newer=parse_newest(exclude_newer))
    wanted = [parse_migration(text) for text in migrations]
    file = load_ledger(find_recipe(name, root=root, start=Path.cwd())).path
    ledger = read_ledger(file)
    line = line_to_migrate(ledger, line_name)
    steps = _steps(console, ledger, newest_of(ledger, line), wanted)
    if not steps:
        same = newest_of(ledger, line).id
        told = f"nothing to do: {ledger.name} {same} has {', '.join(map(str, wanted))}"
        console.answer({"version": None, "previous": str(same), "migrations": []}, told)
        return 0
    default = "-".join(["migrate", *(f"{one.key}-{one.version}" for one in wanted)])
    target = None if dry_run else _Branch.prepare(file, branch or default)
    migrated = migrate_ledger(ledger, line, steps, today=datetime.now(tz=UTC).date())
    text = carry_over(
        format_ledger(ledger), format_ledger(migrated.ledger), read_text(file), source=ledger.source
    )
    # What is committed is a ledger, and its rows have their new places.
    migrated = replace(migrated, ledger=_read_again(text, ledger.source, steps))
    trials = _tried(
        console,
        migrated,
        ledger,
        [parse_subdir(one) for one in platforms] or migrated.record.platforms,
        machines,
    )
    message = commit_message(ledger.name, migrated, steps)
    commit = None if target is None else target.make(text, message, switch=switch)
    change = tuple(changed_lines(read_text(file), text))
    made = None if target is None else target.name
    return answer_migration(
        console,
        migrated,
        steps,
        trials,
        change=change,
        branch=made,
        commit=commit,
    )


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
