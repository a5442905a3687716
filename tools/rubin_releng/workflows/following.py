"""Following what workflows and actions use, to see whether all of it can be run here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.errors import ExitCode, FormatError
from rubin_releng.core.placedvalues import PlacedList
from rubin_releng.workflows.inputchecks import unknown_inputs, wrong_inputs
from rubin_releng.workflows.jobchecks import broken_jobs
from rubin_releng.workflows.pins import repository_of
from rubin_releng.workflows.sources import entry_of, items_of, scalars_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lsstinstall.core.errors import ToolkitError
    from rubin_releng.core.placedvalues import PlacedMapping, PlacedScalar, PlacedValue
    from rubin_releng.workflows.ports import WorkflowReader
    from rubin_releng.workflows.sources import Entry, WorkflowText

__all__ = ["CHECKOUT", "Following", "NotHereError"]

CHECKOUT = "actions/checkout"
"""The only action that is not missed: what it does is done before."""


class NotHereError(FormatError):
    """A place in a workflow that GitHub could run, and this machine cannot as it was asked to."""

    exit_code = ExitCode.USAGE


class Following:
    """Follows what workflows and actions use.

    Parameters
    ----------
    reader : `WorkflowReader`
        Gives files.
    local, standins
        As in `~rubin_releng.workflows.runplans.RunRequest`.
    labels : `tuple` [ `str`, ... ]
        All machines that this one stands for.
    """

    def __init__(
        self,
        reader: WorkflowReader,
        *,
        local: Mapping[str, str],
        standins: tuple[str, ...],
        labels: tuple[str, ...],
    ) -> None:
        self._reader = reader
        self._given = local
        self._standins = standins
        self._labels = labels
        self._seen: set[tuple[str, str]] = set()
        self._open: list[tuple[str, str]] = []
        self.local: dict[str, str] = {}
        self.problems: list[ToolkitError] = []

    def visit(self, text: WorkflowText, root: str, jobs: Mapping[str, PlacedMapping] | None = None) -> None:
        """Look at a file and all that it uses.

        Parameters
        ----------
        text : `WorkflowText`
            A workflow or an action.
        root : `str`
            Folder of the repository that it is in.
        jobs : `~collections.abc.Mapping`, optional
            Those of its jobs that will be run; by default all.
        """
        if (root, text.path) in self._seen:
            return
        self._seen.add((root, text.path))
        self._open.append((root, text.path))
        wanted = list(jobs.values()) if jobs is not None else [job for _, job in text.jobs()]
        for job in wanted:
            self._check_job(text, job)
        owners = {id(job) for job in wanted} | {id(step) for job in wanted for step in _steps(job)}
        owners |= {id(step) for step in _steps(entry_of(text.root, "runs"))}
        for entry in text.uses():
            if id(entry.owner) in owners:
                self._follow(text, entry, root)
        self._open.pop()

    def _check_job(self, text: WorkflowText, job: PlacedMapping) -> None:
        for key, value in job.entries:
            # Of a job with a condition only the run tells whether it begins.
            if key.value in {"container", "services"} and entry_of(job, "if") is None:
                problem = f"`{key.value}` needs a container engine, and jobs run as processes of this machine"
                self._complain(text, key, problem)
            if key.value == "runs-on":
                for label in _labels(value):
                    if label.value not in self._labels:
                        problem = f"this machine does not stand for `{label.value}`"
                        self._complain(text, label, problem, hint=f"let it by `--platform {label.value}`")

    def _follow(self, text: WorkflowText, entry: Entry, root: str) -> None:
        if entry.text.startswith("./"):
            self._follow_local(text, entry, root)
            return
        action, _, ref = entry.text.partition("@")
        if action.startswith("docker://"):
            self._complain(text, entry.value, f"`{entry.text}` needs a container engine")
            return
        repository = repository_of(action)
        if "/" not in repository or not ref:
            problem = f"`{entry.text}` is neither `OWNER/NAME@REF` nor a path that begins with `./`"
            self.problems.append(text.document.error(entry.value, problem))
            return
        folder = self._folder(repository, ref)
        if folder is None:
            self._miss(text, entry, repository)
            return
        self.local[f"{repository}@{ref}"] = folder
        path = action.removeprefix(repository).strip("/")
        if (found := self._read(folder, path)) is not None:
            self._enter(text, entry, found, folder)
        else:
            problem = f"`{folder}` stands for `{repository}@{ref}`, and has no `{path or 'action.yml'}`"
            self._complain(text, entry.value, problem)

    def _follow_local(self, text: WorkflowText, entry: Entry, root: str) -> None:
        path = entry.text.removeprefix("./")
        if (found := self._read(root, path)) is not None:
            self._enter(text, entry, found, root)
            return
        if any(job is entry.owner for _, job in text.jobs()):
            self._complain(text, entry.value, f"there is no workflow `{path}` in `{root}`")
            return
        # A step puts it there, of which we know no more than who may stand for what is checked out.
        inner = path.partition("/")[2]
        for folder in dict.fromkeys(self._given.values()):
            if (found := self._read(folder, inner)) is not None:
                self.visit(found, folder)

    def _enter(self, text: WorkflowText, entry: Entry, found: WorkflowText, root: str) -> None:
        """Look at what is called: whether it gets what it asks for, can be run, and ever ends."""
        call = entry_of(entry_of(found.root, "on"), "workflow_call")
        if call is not None:
            self.problems += broken_jobs(found) if (root, found.path) not in self._seen else ()
            given = {str(key.value) for key, _ in items_of(entry_of(entry.owner, "with"))}
            if wrong := wrong_inputs(call, given):
                self._complain(text, entry.value, f"`{entry.text}`: {wrong}")
        elif unknown := unknown_inputs(entry_of(entry.owner, "with"), found.root):
            problem = f"`{entry.text}` has no input `{unknown[0]}` in `{found.path}`"
            self._complain(text, entry.value, problem)
        if text_of(entry_of(entry_of(found.root, "runs"), "using")) == "docker":
            self._complain(text, entry.value, f"`{entry.text}` needs a container engine")
        if (root, found.path) in self._open:
            problem = f"`{entry.text}` would never end: it is called by itself"
            self.problems.append(text.document.error(entry.value, problem))
        self.visit(found, root)

    def _miss(self, text: WorkflowText, entry: Entry, repository: str) -> None:
        elsewhere = entry_of(entry_of(entry.owner, "with"), "repository")
        if repository == CHECKOUT and elsewhere is None:
            return
        named = f"--local {repository}@{entry.text.partition('@')[2]}=FOLDER"
        hint = f"map it by `{named}`, or give a folder that holds `{repository}` by `--standins`"
        problem = f"nothing stands for `{entry.text}`, and nothing is fetched from GitHub"
        self._complain(text, entry.value, problem, hint=hint)

    def _complain(
        self, text: WorkflowText, place: PlacedValue, problem: str, *, hint: str | None = None
    ) -> None:
        one = text.document.error(place, problem)
        self.problems.append(
            NotHereError(
                problem, source=one.source, line=one.line, column=one.column, text=one.text, hint=hint
            )
        )

    def _folder(self, repository: str, ref: str) -> str | None:
        named = self._given.get(f"{repository}@{ref}") or self._given.get(repository)
        places = (self._reader.folder(place, repository) for place in self._standins)
        return named or next((place for place in places if place is not None), None)

    def _read(self, root: str, path: str) -> WorkflowText | None:
        if path.endswith((".yaml", ".yml")):
            return self._reader.read(root, path)
        names = (f"{path}/{name}".lstrip("/") for name in ("action.yml", "action.yaml"))
        return next((found for name in names if (found := self._reader.read(root, name)) is not None), None)


def _steps(owner: PlacedValue | None) -> Sequence[PlacedValue]:
    steps = entry_of(owner, "steps")
    return steps.items if isinstance(steps, PlacedList) else ()


def _labels(value: PlacedValue) -> Iterable[PlacedScalar]:
    """Give the labels that are written out; those of expressions are known in the run alone."""
    return (one for one in scalars_of(value) if "${{" not in (text_of(one) or "${{"))
