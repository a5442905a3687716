"""Whether those who call a workflow or an action of the same checkout give what it takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rubin_releng.core.workflowfindings import WorkflowFinding
from rubin_releng.workflows.inputchecks import unknown_inputs, wrong_inputs
from rubin_releng.workflows.outlines import outline
from rubin_releng.workflows.sources import entry_of, items_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rubin_releng.core.placedvalues import PlacedMapping
    from rubin_releng.workflows.sources import WorkflowText

__all__ = ["check_calls"]

_LEVELS = ("none", "read", "write")
# ./.github/workflows/lint.yaml, lsst/lsstinstall/.github/workflows/lint.yaml@v1
_WORKFLOW = re.compile(r"(?P<owner>\.|[\w.-]+/[\w.-]+)/(?P<path>\.github/workflows/[^/@]+)(?:@.*)?")
# ./.lsstinstall/workflows/actions/setup-stack, lsst/lsstinstall/workflows/actions/setup-stack@v1
_ACTION = re.compile(
    r"(?P<owner>\.|[\w.-]+/[\w.-]+)/(?:\.[\w-]+/)?(?P<path>workflows/actions/[^/@]+)(?:@.*)?"
)


def check_calls(texts: Sequence[WorkflowText], repository: str | None) -> Iterator[WorkflowFinding]:
    """Compare calls with what they call; what is not there is left to others.

    Parameters
    ----------
    texts : `~collections.abc.Sequence` [ `WorkflowText` ]
        Workflows and composite actions, callers and called.
    repository : `str` or `None`
        Owner and name of the checkout, by which others call it.

    Yields
    ------
    finding : `WorkflowFinding`
        At the call. GitHub starts no run of a workflow with a job that grants
        less than the called one asks, and does not say so anywhere else.
    """
    known = {one.path.removesuffix("/action.yaml"): one for one in texts}
    for text in texts:
        for entry in text.uses():
            called = _called(entry.text, known, repository)
            for rule, message in _problems(entry.owner, called) if called else ():
                yield WorkflowFinding(
                    path=text.path,
                    line=entry.value.line,
                    column=entry.value.column,
                    tool="rules",
                    rule=rule,
                    message=message,
                )


def _called(uses: str, known: Mapping[str, WorkflowText], repository: str | None) -> WorkflowText | None:
    match = _WORKFLOW.fullmatch(uses) or _ACTION.fullmatch(uses)
    return known.get(match["path"]) if match and match["owner"] in {".", repository} else None


def _problems(caller: PlacedMapping, called: WorkflowText) -> Iterator[tuple[str, str]]:
    if entry_of(called.root, "runs") is not None:
        for name in unknown_inputs(entry_of(caller, "with"), called.root):
            yield "inputs", f"`{called.path}` has no input `{name}`"
        return
    event = entry_of(entry_of(called.root, "on"), "workflow_call")
    given = (str(key.value) for key, _ in items_of(entry_of(caller, "with")))
    if problem := wrong_inputs(event, given):
        yield "inputs", f"`{called.path}`: {problem}"
    secrets = {one.name for one in outline(called).secrets}
    for key, _ in items_of(entry_of(caller, "secrets")):
        if key.value not in secrets:
            yield "secrets", f"`{called.path}` has no secret `{key.value}`"
    yield from _permission_problems(caller, called)


def _permission_problems(caller: PlacedMapping, called: WorkflowText) -> Iterator[tuple[str, str]]:
    granted = {str(key.value): text_of(value) for key, value in items_of(entry_of(caller, "permissions"))}
    asked = dict(outline(called).permissions)
    for name in sorted(granted.keys() | asked.keys()):
        has, needs = granted.get(name) or "none", asked.get(name, "none")
        if has in _LEVELS and _LEVELS.index(has) < _LEVELS.index(needs):
            yield "permissions", f"`{called.path}` asks for `{name}: {needs}`, and the job grants `{has}`"
        elif has in _LEVELS and has != needs:
            yield "permissions", f"`{called.path}` needs `{name}: {needs}`, and the job grants `{has}`"
