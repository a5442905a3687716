"""What a run of a workflow on this machine needs, and whether it is there."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError, NotFoundError, ProblemsError
from rubin_releng.core.placedvalues import PlacedList, PlacedScalar
from rubin_releng.workflows.inputchecks import unknown_inputs, wrong_inputs
from rubin_releng.workflows.pins import repository_of
from rubin_releng.workflows.sources import entry_of, items_of, scalars_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lsstinstall.core.errors import ToolkitError
    from rubin_releng.core.placedvalues import PlacedMapping, PlacedValue
    from rubin_releng.workflows.ports import WorkflowReader
    from rubin_releng.workflows.sources import Entry, WorkflowText

__all__ = ["CHECKOUT", "EVENTS", "LABELS", "RunPlan", "RunRequest", "plan_run"]

EVENTS = ("push", "pull_request", "workflow_dispatch", "workflow_call")
"""What can set a workflow off here, in the order in which they are preferred."""

LABELS = ("ubuntu-latest", "ubuntu-26.04", "ubuntu-24.04", "ubuntu-22.04", "self-hosted")
"""Machines that this one stands for, whatever it is."""

CHECKOUT = "actions/checkout"
"""The only action that is not missed: what it does is done before."""


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
        Raised if it cannot be run here; it names every reason.
    """
    workflow = reader.read(request.root, request.workflow)
    if workflow is None:
        raise NotFoundError(f"there is no workflow `{request.workflow}` in `{request.root}`")
    jobs = _wanted(workflow, request.job)
    event = _event(workflow, request.event)
    if wrong := wrong_inputs(entry_of(entry_of(workflow.root, "on"), event), request.inputs):
        raise ConfigurationError(f"`{request.workflow}`: {wrong}")
    search = _Search(request, reader)
    search.visit(workflow, request.root, jobs)
    if search.problems:
        raise ProblemsError(f"`{request.workflow}` cannot be run here", search.problems)
    return RunPlan(
        workflow=request.workflow,
        event=event,
        job=request.job,
        jobs=tuple(jobs),
        local=MappingProxyType(search.local),
        labels=tuple(dict.fromkeys((*LABELS, *request.labels))),
        checks_out=any(one.startswith(f"{CHECKOUT}@") for one in search.local),
    )


def _event(workflow: WorkflowText, wanted: str | None) -> str:
    on = entry_of(workflow.root, "on")
    names = [str(one.value) for one in scalars_of(on)] if isinstance(on, PlacedList | PlacedScalar) else []
    names += [str(key.value) for key, _ in items_of(on)]
    known = [event for event in EVENTS if event in names]
    if wanted is None and known:
        return known[0]
    if wanted is None or wanted not in names:
        what = f"`{wanted}`" if wanted else "nothing that can be made up here"
        told = ", ".join(f"`{name}`" for name in names) or "nothing"
        raise ConfigurationError(f"`{workflow.path}` is not set off by {what}", hint=f"it is by {told}")
    return wanted


def _wanted(workflow: WorkflowText, job: str | None) -> dict[str, PlacedMapping]:
    """Give the jobs to run: all, or one and what it needs."""
    jobs = {str(key.value): value for key, value in workflow.jobs()}
    if job is None:
        return jobs
    if job not in jobs:
        told = ", ".join(f"`{name}`" for name in jobs) or "none"
        raise NotFoundError(f"`{workflow.path}` has no job `{job}`", hint=f"there are {told}")
    wanted, pending = set(), [job]
    while pending:
        name = pending.pop()
        if name in jobs and name not in wanted:
            wanted.add(name)
            needs = entry_of(jobs[name], "needs")
            pending += [str(one.value) for one in scalars_of(needs)] if needs is not None else []
    return {name: value for name, value in jobs.items() if name in wanted}


class _Search:
    """Follows what workflows and actions use."""

    def __init__(self, request: RunRequest, reader: WorkflowReader) -> None:
        self._request = request
        self._reader = reader
        self._labels = {*LABELS, *request.labels}
        self._seen: set[tuple[str, str]] = set()
        self.local: dict[str, str] = {}
        self.problems: list[ToolkitError] = []

    def visit(self, text: WorkflowText, root: str, jobs: Mapping[str, PlacedMapping] | None = None) -> None:
        """Look at a file of the repository that lies in a folder, at all of its jobs by default."""
        if (root, text.path) in self._seen:
            return
        self._seen.add((root, text.path))
        wanted = dict(jobs) if jobs is not None else {str(key.value): job for key, job in text.jobs()}
        for job in wanted.values():
            self._check_job(text, job)
        lines = {id(job) for job in wanted.values()}
        skipped = {id(step) for _, job in text.jobs() if id(job) not in lines for step in _steps(job)}
        skipped |= {id(job) for _, job in text.jobs() if id(job) not in lines}
        for entry in text.uses():
            if id(entry.owner) not in skipped:
                self._follow(text, entry, root)

    def _check_job(self, text: WorkflowText, job: PlacedMapping) -> None:
        for key, value in job.entries:
            # Of a job with a condition only the run tells whether it begins.
            if key.value in {"container", "services"} and entry_of(job, "if") is None:
                problem = f"`{key.value}` needs a container engine, and jobs run as processes of this machine"
                self.problems.append(text.document.error(key, problem))
            if key.value == "runs-on":
                for label in _labels(value):
                    if label.value not in self._labels:
                        problem = f"this machine does not stand for `{label.value}`"
                        hint = f"let it by `--platform {label.value}`"
                        self.problems.append(text.document.error(label, problem, hint=hint))

    def _follow(self, text: WorkflowText, entry: Entry, root: str) -> None:
        if entry.text.startswith("./"):
            self._follow_local(entry.text.removeprefix("./"), root)
            return
        action, _, ref = entry.text.partition("@")
        if action.startswith("docker://"):
            problem = f"`{entry.text}` needs a container engine"
            self.problems.append(text.document.error(entry.value, problem))
            return
        repository = repository_of(action)
        folder = self._folder(repository, ref)
        if folder is None:
            self._miss(text, entry, repository)
            return
        self.local[f"{repository}@{ref}"] = folder
        path = action.removeprefix(repository).strip("/")
        if (found := self._read(folder, path)) is not None:
            self._check_called(text, entry, found)
            self.visit(found, folder)
        else:
            problem = f"`{folder}` stands for `{repository}@{ref}`, and has no `{path or 'action.yml'}`"
            self.problems.append(text.document.error(entry.value, problem))

    def _follow_local(self, path: str, root: str) -> None:
        if (found := self._read(root, path)) is not None:
            self.visit(found, root)
            return
        # A step puts it there, of which we know no more than who may stand for what is checked out.
        inner = path.partition("/")[2]
        for folder in dict.fromkeys(self._request.local.values()):
            if (found := self._read(folder, inner)) is not None:
                self.visit(found, folder)

    def _check_called(self, text: WorkflowText, entry: Entry, found: WorkflowText) -> None:
        """Look at what is called: whether it gets what it asks for, and can be run."""
        call = entry_of(entry_of(found.root, "on"), "workflow_call")
        if call is not None:
            given = {str(key.value) for key, _ in items_of(entry_of(entry.owner, "with"))}
            if wrong := wrong_inputs(call, given):
                self.problems.append(text.document.error(entry.value, f"`{entry.text}`: {wrong}"))
        elif unknown := unknown_inputs(entry_of(entry.owner, "with"), found.root):
            problem = f"`{entry.text}` has no input `{unknown[0]}` in `{found.path}`"
            self.problems.append(text.document.error(entry.value, problem))
        if text_of(entry_of(entry_of(found.root, "runs"), "using")) == "docker":
            problem = f"`{entry.text}` needs a container engine"
            self.problems.append(text.document.error(entry.value, problem))

    def _miss(self, text: WorkflowText, entry: Entry, repository: str) -> None:
        elsewhere = entry_of(entry_of(entry.owner, "with"), "repository")
        if repository == CHECKOUT and elsewhere is None:
            return
        hint = f"map it by `--local {repository}@{entry.text.partition('@')[2]}=FOLDER`"
        problem = f"nothing stands for `{entry.text}`, and nothing is fetched from GitHub"
        self.problems.append(text.document.error(entry.value, problem, hint=hint))

    def _folder(self, repository: str, ref: str) -> str | None:
        local = self._request.local
        named = local.get(f"{repository}@{ref}") or local.get(repository)
        places = (self._reader.folder(place, repository) for place in self._request.standins)
        return named or next((place for place in places if place is not None), None)

    def _read(self, root: str, path: str) -> WorkflowText | None:
        if path.endswith((".yaml", ".yml")):
            return self._reader.read(root, path)
        names = (f"{path}/{name}".lstrip("/") for name in ("action.yml", "action.yaml"))
        return next((found for name in names if (found := self._reader.read(root, name)) is not None), None)


def _steps(job: PlacedMapping) -> tuple[PlacedValue, ...]:
    steps = entry_of(job, "steps")
    return steps.items if isinstance(steps, PlacedList) else ()


def _labels(value: PlacedValue) -> Iterable[PlacedScalar]:
    """Give the labels that are written out; those of expressions are known in the run alone."""
    return (one for one in scalars_of(value) if "${{" not in (text_of(one) or "${{"))
