"""Puts together what linters and our own rules say against workflows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rubin_releng.core.workflowfindings import WorkflowFinding
from rubin_releng.workflows.callchecks import check_calls
from rubin_releng.workflows.renderplans import RenderChange
from rubin_releng.workflows.rules import check_rules
from rubin_releng.workflows.sources import entry_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rubin_releng.workflows.pins import Pins
    from rubin_releng.workflows.ports import Linters
    from rubin_releng.workflows.renderplans import RenderedFile
    from rubin_releng.workflows.sources import WorkflowText

__all__ = ["check_workflows", "differences"]

_SHELLS = {"bash": "bash", "sh": "sh"}


def check_workflows(
    texts: Sequence[WorkflowText], pins: Pins | None, linters: Linters
) -> tuple[WorkflowFinding, ...]:
    """Check workflows and composite actions.

    Parameters
    ----------
    texts : `~collections.abc.Sequence` [ `WorkflowText` ]
        What to check.
    pins : `Pins` or `None`
        Of the checkout, if it has any.
    linters : `Linters`
        Programs that check.

    Returns
    -------
    findings : `tuple` [ `WorkflowFinding`, ... ]
        By file and place; none twice.
    """
    actions = [one for one in texts if entry_of(one.root, "runs") is not None]
    workflows = [one for one in texts if one not in actions]
    found = {*linters.actionlint([one.path for one in workflows])}
    found |= {*linters.zizmor([one.path for one in texts])}
    for text in texts:
        found |= {*check_rules(text, pins)}
    found |= {*check_calls(texts, pins.repository if pins else None)}
    for action in actions:
        found |= {*_scripts(action, linters)}
    return tuple(sorted(found))


def differences(files: Iterable[RenderedFile]) -> tuple[WorkflowFinding, ...]:
    """Say which rendered workflows are not what their sources make of them.

    Parameters
    ----------
    files : `~collections.abc.Iterable` [ `RenderedFile` ]
        From `plan_rendering`.

    Returns
    -------
    findings : `tuple` [ `WorkflowFinding`, ... ]
        One for each file, at the first line that differs.
    """
    messages = {
        RenderChange.ADD: "the workflow was not rendered from its source yet",
        RenderChange.CHANGE: "the workflow is not what its source makes of it",
        RenderChange.REMOVE: "the source that the workflow was rendered from is gone",
    }
    return tuple(
        WorkflowFinding(
            path=one.path,
            line=_first_difference(one),
            column=1,
            tool="rules",
            rule="rendered",
            message=f"{messages[one.change]}: run `rubin-releng workflow render`",
        )
        for one in files
        if one.change is not RenderChange.KEEP
    )


def _first_difference(file: RenderedFile) -> int:
    if file.before is None or file.after is None:
        return 1
    before, after = file.before.split("\n"), file.after.split("\n")
    pairs = enumerate(zip(before, after, strict=False), start=1)
    return next((number for number, (old, new) in pairs if old != new), min(len(before), len(after)))


def _scripts(action: WorkflowText, linters: Linters) -> Iterator[WorkflowFinding]:
    for entry in action.runs():
        shell = _SHELLS.get(text_of(entry_of(entry.owner, "shell")) or "")
        if shell is not None:
            # A block begins in the line below its mark.
            line = entry.value.line + (1 if entry.text.count("\n") else 0)
            yield from linters.shellcheck(entry.text, shell=shell, path=action.path, line=line)
