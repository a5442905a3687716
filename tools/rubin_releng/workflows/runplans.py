"""What a run of a workflow on this machine needs, and whether it is there."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError, NotFoundError, ProblemsError
from rubin_releng.core.placedvalues import PlacedList, PlacedScalar
from rubin_releng.workflows.following import CHECKOUT, Following
from rubin_releng.workflows.inputchecks import wrong_inputs
from rubin_releng.workflows.jobchecks import broken_jobs, needed_by
from rubin_releng.workflows.sources import entry_of, items_of, scalars_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rubin_releng.core.placedvalues import PlacedMapping
    from rubin_releng.workflows.ports import WorkflowReader
    from rubin_releng.workflows.sources import WorkflowText

__all__ = ["EVENTS", "LABELS", "RunPlan", "RunRequest", "plan_run"]

EVENTS = ("push", "pull_request", "workflow_dispatch", "workflow_call")
"""What can set a workflow off here, in the order in which they are preferred."""

LABELS = ("ubuntu-latest", "ubuntu-26.04", "ubuntu-24.04", "ubuntu-22.04", "self-hosted")
"""Machines that this one stands for, whatever it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What somebody wants to run.

    Parameters
    ----------
    root : `str`
        The repository.
    workflow : `str`
        File in it.
    event : `str` or `None`, optional
        What shall set it off; by default the first of `EVENTS` that does.
    job : `str` or `None`, optional
        The only job wanted, with those that it needs.
    local : `~collections.abc.Mapping` [ `str`, `str` ], optional
        ``owner/name@ref``, or ``owner/name`` for any ref, to a folder.
    standins : `tuple` [ `str`, ... ], optional
        Folders that hold ``owner/name`` for any ref; the first that has it.
    labels : `tuple` [ `str`, ... ], optional
        Further machines that this one stands for.
    inputs : `frozenset` [ `str` ], optional
        Names of what is given to a dispatch or a call.
    """

    root: str
    workflow: str
    event: str | None = None
    job: str | None = None
    local: Mapping[str, str] = field(default_factory=dict)
    standins: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    inputs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """What will be run.

    Parameters
    ----------
    workflow, event, job
        As in `RunRequest`, but that the event is known.
    jobs : `tuple` [ `str`, ... ]
        Identifiers of the workflow's jobs that are wanted, in file order.
    local : `~collections.abc.Mapping` [ `str`, `str` ]
        Every ``owner/name@ref`` that is used, to the folder that stands for it.
    labels : `tuple` [ `str`, ... ]
        Machines that this one stands for.
    checks_out : `bool`
        Whether something stands for the action that checks repositories out.
    """

    workflow: str
    event: str
    job: str | None
    jobs: tuple[str, ...]
    local: Mapping[str, str]
    labels: tuple[str, ...]
    checks_out: bool


def plan_run(request: RunRequest, reader: WorkflowReader) -> RunPlan:
    """Look at a workflow and all that it calls.

    Parameters
    ----------
    request : `RunRequest`
        What to run.
    reader : `WorkflowReader`
        Gives files.

    Returns
    -------
    plan : `RunPlan`
        Everything that it names is there.

    Raises
    ------
    NotFoundError
        Raised if there is no such workflow or job.
    ConfigurationError
        Raised if the event does not set it off, or has not such inputs.
    ProblemsError
        Raised if it is no workflow, or cannot be run here; it names every
        reason.
    """
    workflow = reader.read(request.root, request.workflow)
    if workflow is None:
        raise NotFoundError(f"there is no workflow `{request.workflow}` in `{request.root}`")
    if broken := broken_jobs(workflow):
        raise ProblemsError(f"`{request.workflow}` is no workflow", broken)
    jobs = _wanted(workflow, request.job)
    event = _event(workflow, request.event)
    if wrong := wrong_inputs(entry_of(entry_of(workflow.root, "on"), event), request.inputs):
        raise ConfigurationError(f"`{request.workflow}`: {wrong}")
    labels = tuple(dict.fromkeys((*LABELS, *request.labels)))
    following = Following(reader, local=request.local, standins=request.standins, labels=labels)
    following.visit(workflow, request.root, jobs)
    if following.problems:
        raise ProblemsError(f"`{request.workflow}` cannot be run here", following.problems)
    return RunPlan(
        workflow=request.workflow,
        event=event,
        job=request.job,
        jobs=tuple(jobs),
        local=MappingProxyType(following.local),
        labels=labels,
        checks_out=any(one.startswith(f"{CHECKOUT}@") for one in following.local),
    )


def _event(workflow: WorkflowText, wanted: str | None) -> str:
    on = entry_of(workflow.root, "on")
    names = [str(one.value) for one in scalars_of(on)] if isinstance(on, PlacedList | PlacedScalar) else []
    names += [str(key.value) for key, _ in items_of(on)]
    known = [event for event in EVENTS if event in names]
    if wanted is None and known:
        return known[0]
    if wanted is None or wanted not in names:
        what = f"`{wanted}`" if wanted else "any event that can be made up here"
        told = ", ".join(f"`{name}`" for name in names) or "nothing"
        raise ConfigurationError(f"`{workflow.path}` is not set off by {what}", hint=f"it is by {told}")
    return wanted


def _wanted(workflow: WorkflowText, job: str | None) -> dict[str, PlacedMapping]:
    """Give the jobs to run: all, or one and what it needs."""
    jobs = {str(key.value): value for key, value in workflow.jobs()}
    if job is None:
        return jobs
    if job not in jobs:
        told = ", ".join(f"`{name}`" for name in jobs)
        raise NotFoundError(f"`{workflow.path}` has no job `{job}`", hint=f"there are {told}")
    wanted, pending = set(), [job]
    while pending:
        name = pending.pop()
        if name not in wanted:
            wanted.add(name)
            pending += needed_by(jobs[name])
    return {name: value for name, value in jobs.items() if name in wanted}
