"""Our own rules for workflows and composite actions, beyond what linters look at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rubin_releng.core.placedvalues import PlacedMapping
from rubin_releng.core.workflowfindings import WorkflowFinding
from rubin_releng.workflows.pins import repository_of
from rubin_releng.workflows.sources import entry_of, items_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rubin_releng.core.placedvalues import PlacedValue
    from rubin_releng.workflows.pins import Pins
    from rubin_releng.workflows.sources import Entry, WorkflowText

__all__ = ["check_rules"]

_OURS = "lsst/lsstinstall"
_SHA = re.compile(r"[0-9a-f]{40}")
_SERIES = re.compile(r"v\d+")
# zizmor: ignore[artipacked] reason
_ZIZMOR_IGNORE = re.compile(r"#\s*zizmor:\s*ignore(?:\[[^\]]*\])?(?P<reason>.*)")
_SHELLCHECK_IGNORE = re.compile(r"#\s*shellcheck\s+disable=(?:SC\d+,?)+(?P<reason>.*)")
# GitHub starts nothing of a larger file, and takes 21,000 characters of a text with an expression, perhaps of
# any. It does not say so before: the file is then simply no workflow.
_LARGEST_FILE = 512_000
_LONGEST_TEXT = 20_000
_COMMENT = re.compile(r"\s*#\s*(?!shellcheck\b)\S")


def check_rules(workflow: WorkflowText, pins: Pins | None) -> tuple[WorkflowFinding, ...]:
    """Look for what breaks our rules.

    Parameters
    ----------
    workflow : `WorkflowText`
        A workflow, or a composite action.
    pins : `Pins` or `None`
        What actions have to agree with; `None` asks for any commit.

    Returns
    -------
    findings : `tuple` [ `WorkflowFinding`, ... ]
        By place.
    """
    rules = _Rules(workflow, pins)
    if entry_of(workflow.root, "runs") is not None:
        found = [*rules.described(workflow.root, ("inputs", "outputs")), *rules.of_steps()]
    else:
        found = [*rules.of_workflow(), *rules.of_jobs(), *rules.of_steps()]
    return tuple(sorted({*found, *rules.ignores()}))


@dataclass(frozen=True, slots=True)
class _Rules:
    workflow: WorkflowText
    pins: Pins | None

    def of_workflow(self) -> Iterator[WorkflowFinding]:
        """Check what stands on top."""
        root = self.workflow.root
        permissions = entry_of(root, "permissions")
        if permissions is None:
            yield self._finding(
                root, "permissions", "there is no `permissions: {}`: every job would get more"
            )
        elif not isinstance(permissions, PlacedMapping) or permissions.entries:
            yield self._finding(
                permissions, "permissions", "on top stands `permissions: {}`; each job asks for what it needs"
            )
        concurrency = entry_of(root, "concurrency")
        if concurrency is None:
            yield self._finding(root, "concurrency", "there is no `concurrency`: runs would pile up")
        if text_of(entry_of(root, "name")) is None:
            yield self._finding(root, "names", "the workflow has no `name`")
        call = entry_of(entry_of(root, "on"), "workflow_call")
        yield from self.described(call, ("inputs", "outputs", "secrets"))
        if concurrency is not None and "workflow_call" in _names_of(entry_of(root, "on")):
            yield from self._told_apart(concurrency, _names_of(entry_of(call, "inputs")))
        if len(self.workflow.text.encode()) > _LARGEST_FILE:
            yield self._found(1, 1, "size", f"GitHub runs no workflow of more than {_LARGEST_FILE:,} bytes")

    def of_jobs(self) -> Iterator[WorkflowFinding]:
        """Check every job."""
        for key, job in self.workflow.jobs():
            calls = entry_of(job, "uses") is not None
            permissions = entry_of(job, "permissions")
            if permissions is None:
                yield self._finding(key, "permissions", f"job `{key.value}` does not say its `permissions`")
            elif not isinstance(permissions, PlacedMapping):
                yield self._finding(
                    permissions, "permissions", "name each permission, with `read` or `write`"
                )
            if not calls and entry_of(job, "timeout-minutes") is None:
                yield self._finding(key, "timeout", f"job `{key.value}` has no `timeout-minutes`")
            if text_of(entry_of(job, "name")) is None:
                yield self._finding(key, "names", f"job `{key.value}` has no `name`")

    def of_steps(self) -> Iterator[WorkflowFinding]:
        """Check every step, and what is called."""
        for step in self.workflow.steps():
            if text_of(entry_of(step, "name")) is None:
                yield self._finding(step, "names", "a step has no `name`")
        for entry in self.workflow.runs():
            if "${{" in entry.text:
                yield self._finding(entry.value, "inputs", "a script holds `${{`: give it the value by `env`")
            if len(entry.text) > _LONGEST_TEXT:
                message = (
                    f"a script has {len(entry.text):,} characters; more than {_LONGEST_TEXT:,} may be refused"
                )
                yield self._finding(entry.value, "size", message)
        for entry in self.workflow.uses():
            yield from self._pinned(entry)

    def described(self, owner: PlacedValue | None, sections: tuple[str, ...]) -> Iterator[WorkflowFinding]:
        """Check that whatever callers see is described."""
        for section in sections:
            for key, value in items_of(entry_of(owner, section)):
                if not text_of(entry_of(value, "description")):
                    what = f"{section.removesuffix('s')} `{key.value}`"
                    yield self._finding(key, "descriptions", f"{what} has no `description`")

    def ignores(self) -> Iterator[WorkflowFinding]:
        """Check that who silences a linter says why."""
        lines = self.workflow.text.split("\n")
        for number, line in enumerate(lines):
            before = lines[number - 1] if number else ""
            for pattern, earlier in (
                (_ZIZMOR_IGNORE, False),
                (_SHELLCHECK_IGNORE, bool(_COMMENT.match(before))),
            ):
                match = pattern.search(line)
                if match is not None and not match["reason"].strip(" #") and not earlier:
                    yield self._found(
                        number + 1, match.start() + 1, "ignores", "a finding is ignored without a reason"
                    )

    def _told_apart(self, concurrency: PlacedValue, inputs: frozenset[str]) -> Iterator[WorkflowFinding]:
        """Check that calls of one workflow do not cancel each other, nor their callers."""
        group = text_of(entry_of(concurrency, "group") or concurrency) or ""
        names = [
            "github.workflow",
            "github.ref",
            *(f"inputs.{one}" for one in ("results", "runner") if one in inputs),
        ]
        for name in names:
            if not re.search(rf"\b{re.escape(name)}\b", group):
                message = f"the group of a called workflow lacks `{name}`: its calls would cancel each other"
                yield self._finding(concurrency, "concurrency", message)
        if not re.match(r"\w", group):
            message = "the group of a called workflow begins with its own name, which its callers do not have"
            yield self._finding(concurrency, "concurrency", message)

    def _pinned(self, entry: Entry) -> Iterator[WorkflowFinding]:
        action, _, ref = entry.text.partition("@")
        if action.startswith("./"):
            return
        if action.startswith("docker://"):
            if not ref.startswith("sha256:"):
                yield self._finding(entry.value, "pins", f"image `{entry.text}` is not pinned by a digest")
            return
        repository = repository_of(action)
        if self.pins is not None and repository == self.pins.repository:
            if ref != self.pins.series:
                yield self._finding(
                    entry.value, "pins", f"our own workflows are called `@{self.pins.series}`, not `@{ref}`"
                )
            return
        if not _SHA.fullmatch(ref):
            # Callers name our series, which may move.
            if self.pins is not None or repository != _OURS or not _SERIES.fullmatch(ref):
                yield self._finding(entry.value, "pins", f"`{entry.text}` is not pinned by a commit")
        elif self.pins is not None:
            yield from self._agreeing(entry, repository, ref, self.pins)

    def _agreeing(self, entry: Entry, repository: str, ref: str, pins: Pins) -> Iterator[WorkflowFinding]:
        pin = pins.actions.get(repository)
        line = self.workflow.document.lines[entry.value.line - 1]
        told = line.partition("#")[2].strip().partition(" ")[0]
        if pin is None:
            yield self._finding(entry.value, "pins", f"`pins.toml` has no action `{repository}`")
        elif ref != pin.sha:
            yield self._finding(
                entry.value, "pins", f"`{repository}` is not the {pin.version} (`{pin.sha}`) of `pins.toml`"
            )
        elif told != pin.version:
            yield self._finding(
                entry.value, "pins", f"the comment says `{told}`, and `pins.toml` `{pin.version}`"
            )

    def _finding(self, place: PlacedValue, rule: str, message: str) -> WorkflowFinding:
        return self._found(place.line, place.column, rule, message)

    def _found(self, line: int, column: int, rule: str, message: str) -> WorkflowFinding:
        return WorkflowFinding(
            path=self.workflow.path, line=line, column=column, tool="rules", rule=rule, message=message
        )


def _names_of(value: PlacedValue | None) -> frozenset[str]:
    return frozenset(str(key.value) for key, _ in items_of(value))
