"""How calls of other workflows become calls of ours: what to change in a file, line by line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsstinstall.core.errors import FormatError
from rubin_releng.core.spannedvalues import SpannedMapping, SpannedScalar
from rubin_releng.core.yamledits import append_to, insert_behind, put_before, remove_entries, replace_scalar
from rubin_releng.workflows.migrationcopies import find_copies
from rubin_releng.workflows.migrationpermissions import missing_permissions, permission_edit
from rubin_releng.workflows.migrationrules import OLD_REPOSITORY, changed_value
from rubin_releng.workflows.migrations import FileMigration, MigratedCall, MigrationError, MigrationNote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rubin_releng.core.spannedvalues import SpannedDocument, TextEdit
    from rubin_releng.workflows.migrationrules import InputRule, WorkflowRule

__all__ = ["plan_migration"]

# lsst/rubin_workflows/.github/workflows/formatting.yaml@main
_CALL = re.compile(
    re.escape(OLD_REPOSITORY) + r"/\.github/workflows/(?P<name>[^@/]+?)(?:\.ya?ml)?@(?P<ref>\S+)",
    re.IGNORECASE,
)
_NAMED = re.compile(re.escape(OLD_REPOSITORY), re.IGNORECASE)


def plan_migration(
    document: SpannedDocument, rules: Sequence[WorkflowRule], *, repository: str, ref: str
) -> FileMigration:
    """Say what has to change in a workflow.

    Parameters
    ----------
    document : `~rubin_releng.core.spannedvalues.SpannedDocument`
        The workflow.
    rules : `~collections.abc.Sequence` [ `WorkflowRule` ]
        What becomes of which call.
    repository, ref : `str`
        Where ours are, and the tag, branch or commit to call.

    Returns
    -------
    migration : `FileMigration`
        Without edits, if nothing has to change.

    Raises
    ------
    FormatError
        Raised if the text is no workflow.
    """
    root = document.root
    jobs = root.mapping("jobs") if isinstance(root, SpannedMapping) else None
    if not isinstance(root, SpannedMapping) or jobs is None:
        raise FormatError("this is no workflow: it has no `jobs`", source=document.source)
    planner = _Planner(
        document, root, {rule.old: rule for rule in rules}, f"{repository}/.github/workflows", ref
    )
    for name, job in jobs.entries:
        if isinstance(job, SpannedMapping):
            planner.plan_job(name, job)
    planner.tighten(jobs)
    planner.look_elsewhere()
    return planner.migration()


class _Planner:
    """Collects what becomes of one file."""

    def __init__(
        self,
        document: SpannedDocument,
        root: SpannedMapping,
        rules: Mapping[str, WorkflowRule],
        folder: str,
        ref: str,
    ) -> None:
        self._document = document
        self._root = root
        self._rules = rules
        self._folder = folder
        self._ref = ref
        self._edits: list[TextEdit] = []
        self._calls: list[MigratedCall] = []
        self._notes: list[MigrationNote] = []
        self._problems: list[MigrationError] = []
        self._further: list[tuple[str, str]] = []
        self._seen: set[int] = set()

    def migration(self) -> FileMigration:
        """Put it together."""
        return FileMigration(
            document=self._document,
            edits=tuple(sorted(set(self._edits))),
            calls=tuple(self._calls),
            notes=tuple(sorted(self._notes, key=lambda note: note.line)),
            copies=find_copies(self._document),
            problems=tuple(self._problems),
        )

    def plan_job(self, name: SpannedScalar, job: SpannedMapping) -> None:
        """Rewrite a job, if it is a call."""
        uses = job.get("uses")
        found = _CALL.fullmatch(uses.value) if isinstance(uses, SpannedScalar) else None
        if not isinstance(uses, SpannedScalar) or found is None:
            return
        self._seen.add(self._document.line_of(uses.start))
        rule = self._rules.get(found["name"])
        if rule is None:
            known = ", ".join(f"`{one}`" for one in sorted(self._rules))
            hint = f"known are {known}"
            self._problem(uses.start, f"there is no counterpart of the workflow `{found['name']}`", hint=hint)
            return
        new = f"{self._folder}/{rule.new}.yaml@{self._ref}"
        self._edits.append(replace_scalar(self._document, uses, new))
        line = self._document.line_of(uses.start)
        self._calls.append(MigratedCall(line=line, job=name.value, old=uses.value, new=new))
        self._tell(uses.start, rule.note)
        self._tell_checks(name, job, rule)
        self._drop_secrets(job)
        self._give(job, rule, self._plan_inputs(job, rule))

    def tighten(self, jobs: SpannedMapping) -> None:
        """Take all permissions from a workflow of which each job now says what it needs."""
        if not self._calls or self._root.get("permissions") is not None or self._root.flow:
            return
        called = {call.job for call in self._calls}
        if all(
            name.value in called or (isinstance(job, SpannedMapping) and job.get("permissions") is not None)
            for name, job in jobs.entries
        ):
            self._edits.append(put_before(self._document, self._root, "jobs", "permissions: {}"))
        else:
            text = "jobs of your own have no `permissions`, so the workflow's were left as they are"
            self._notes.append(MigrationNote(line=self._document.line_of(jobs.start), text=text))

    def look_elsewhere(self) -> None:
        """Find what else names the old repository, as a download of its programs does."""
        for found in _NAMED.finditer(self._document.text):
            if self._document.line_of(found.start()) not in self._seen:
                self._tell(found.start(), f"`{OLD_REPOSITORY}` is named here, too; look at it yourself")

    def _plan_inputs(self, job: SpannedMapping, rule: WorkflowRule) -> list[tuple[str, str]]:
        """Rewrite the inputs that a job gives; say which are still to be added."""
        given = job.get("with")
        added = list(rule.added)
        if given is None:
            return added
        if not isinstance(given, SpannedMapping):
            if not (isinstance(given, SpannedScalar) and not given.value):
                self._problem(given.start, "`with` is no mapping of inputs")
            else:
                self._edits += remove_entries(self._document, job, {"with"})
            return added
        rules = {one.old: one for one in rule.inputs}
        dropped = [
            name.value for name, _ in given.entries if name.value in rules and not rules[name.value].new
        ]
        for name, value in given.entries:
            if name.value not in rules:
                self._problem(name.start, f"the workflow `{rule.old}` has no input `{name.value}`")
            else:
                self._plan_input(name, value, rules[name.value])
        if len(dropped) == len(given.entries):
            self._edits += remove_entries(self._document, job, {"with"})
            return added
        self._edits += remove_entries(self._document, given, dropped)
        if added := [*added, *self._further]:
            self._edits.append(append_to(self._document, given, added))
        return []

    def _plan_input(self, name: SpannedScalar, value: object, rule: InputRule) -> None:
        self._tell(name.start, rule.note)
        if rule.new is None:
            self._tell(name.start, f"the input `{rule.old}` is dropped")
            return
        if name.value != rule.new:
            self._edits.append(replace_scalar(self._document, name, rule.new))
        if not isinstance(value, SpannedScalar):
            self._problem(name.start, f"the value of `{name.value}` is no text")
            return
        try:
            changed, excluded = changed_value(value.value, rule)
        except ValueError as error:
            hint = f"write `{rule.new}` by hand, see the workflow's inputs"
            self._problem(value.start, str(error), hint=hint)
            return
        if changed != value.value:
            self._edits.append(replace_scalar(self._document, value, changed))
        if excluded and rule.excluding:
            self._further.append((rule.excluding, f'"{excluded}"'))

    def _give(self, job: SpannedMapping, rule: WorkflowRule, added: Sequence[tuple[str, str]]) -> None:
        """Add what a job lacks: permissions, and inputs if it has none."""
        blocks: list[tuple[str, Sequence[tuple[str, str]]]] = []
        own = job.get("permissions")
        lacking = missing_permissions(self._root, job, rule.permissions)
        if lacking and own is None:
            blocks.append(("permissions", rule.permissions))
        elif lacking and own is not None:
            edit = permission_edit(self._document, own, lacking)
            if edit is None:
                told = ", ".join(f"`{scope}: {level}`" for scope, level in lacking)
                self._problem(own.start, f"the job needs {told}, and its permissions are written another way")
            else:
                self._edits += edit
        if added:
            blocks.append(("with", added))
        if blocks:
            self._edits.append(insert_behind(self._document, job, "uses", blocks))

    def _drop_secrets(self, job: SpannedMapping) -> None:
        if (secrets := job.get("secrets")) is not None:
            self._edits += remove_entries(self._document, job, {"secrets"})
            self._tell(secrets.start, "`secrets` are dropped: the workflow needs none")

    def _tell_checks(self, name: SpannedScalar, job: SpannedMapping, rule: WorkflowRule) -> None:
        if rule.old_checks == rule.new_checks:
            return
        caller = job.text("name") or name.value
        old, new = (
            ", ".join(f"`{caller} / {check}`" for check in checks)
            for checks in (rule.old_checks, rule.new_checks)
        )
        self._tell(name.start, f"where checks are required, {old} is now {new}")

    def _tell(self, place: int, text: str) -> None:
        if text:
            self._notes.append(MigrationNote(line=self._document.line_of(place), text=text))

    def _problem(self, place: int, problem: str, *, hint: str | None = None) -> None:
        error = self._document.error(place, problem, hint=hint)
        self._problems.append(
            MigrationError(
                problem, source=error.source, line=error.line, column=error.column, text=error.text, hint=hint
            )
        )
