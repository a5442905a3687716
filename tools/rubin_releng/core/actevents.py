"""What act tells of a workflow that runs, put together to results of jobs and steps."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Annotation", "JobResult", "RunRecord", "StepResult"]

_ANNOTATIONS = frozenset({"error", "warning", "notice"})
_STAGES = ("Main", "Pre", "Post")
_NO_MACHINE = "Skipping unsupported platform"
# What act says at its end; each job has said it before.
_JOB_FAILED = re.compile(r"Error: Job '.*' failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """A remark that GitHub would show beside a file.

    Parameters
    ----------
    level : `str`
        ``error``, ``warning`` or ``notice``.
    message : `str`
        What is remarked.
    place : `~collections.abc.Mapping` [ `str`, `str` ]
        ``file``, ``line``, ``col``, ``title``, as far as they were given.
    """

    level: str
    message: str
    place: Mapping[str, str]


@dataclass(slots=True, kw_only=True)
class StepResult:
    """One step of a job; it grows while the step runs.

    Parameters
    ----------
    job, name : `str`
        The job and the step, as GitHub shows them.
    result : `str`
        ``success``, ``failure``, ``skipped``; empty while it runs.
    seconds : `float`
        Wall time.
    lines : `list` [ `str` ]
        What it printed.
    annotations : `list` [ `Annotation` ]
        In the order in which they were made.
    outputs : `dict` [ `str`, `str` ]
        What it set for later steps.
    summary : `str`
        What it wrote for the page of the run, as Markdown.
    """

    job: str
    name: str
    result: str = ""
    seconds: float = 0.0
    lines: list[str] = field(default_factory=list)
    annotations: list[Annotation] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""

    @property
    def output(self) -> str:
        """What it printed, as one text."""
        return "".join(f"{line}\n" for line in self.lines)

    def to_dict(self) -> dict[str, object]:
        """Give it for JSON."""
        return {
            "job": self.job,
            "name": self.name,
            "result": self.result,
            "seconds": round(self.seconds, 3),
            "output": self.output,
            "outputs": dict(self.outputs),
            "summary": self.summary,
            "annotations": [
                {"level": one.level, "message": one.message, **one.place} for one in self.annotations
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """One job that has ended.

    Parameters
    ----------
    name : `str`
        As GitHub shows it; a called workflow's job after the caller's.
    identifier : `str`
        Its key in the workflow.
    result : `str`
        ``success`` or ``failure``.
    """

    name: str
    identifier: str
    result: str


class RunRecord:
    """Gathers the events of one run."""

    def __init__(self) -> None:
        self._steps: dict[tuple[str, str], StepResult] = {}
        self._jobs: list[JobResult] = []
        self._errors: list[str] = []

    @property
    def steps(self) -> tuple[StepResult, ...]:
        """Steps that were begun, in the order of their beginnings."""
        return tuple(self._steps.values())

    @property
    def jobs(self) -> tuple[JobResult, ...]:
        """Jobs that have ended, in the order of their ends."""
        return tuple(self._jobs)

    @property
    def errors(self) -> tuple[str, ...]:
        """What went wrong outside of steps."""
        return tuple(self._errors)

    def add(self, event: Mapping[str, object]) -> StepResult | JobResult | None:
        """Take one event.

        Parameters
        ----------
        event : `~collections.abc.Mapping` [ `str`, `object` ]
            A line of ``act --json``.

        Returns
        -------
        ended : `StepResult`, `JobResult` or `None`
            What ended by it.
        """
        job = str(event.get("job", "")).strip()
        if result := event.get("jobResult"):
            self._jobs.append(JobResult(name=job, identifier=str(event.get("jobID", "")), result=str(result)))
            return self._jobs[-1]
        number = event.get("stepID")
        if not isinstance(number, list) or not number or event.get("stage") not in _STAGES:
            message = str(event.get("msg", "")).strip()
            if _NO_MACHINE in message:
                label = message.partition("`-P ")[2].partition("=")[0]
                message = f"job `{job}` was not run: this machine does not stand for `{label}`"
            elif event.get("level") != "error" or _JOB_FAILED.fullmatch(message):
                return None
            self._errors.append(message)
            return None
        return self._add_to_step(job, str(number[0]), event, inner=len(number) > 1)

    def _add_to_step(
        self, job: str, number: str, event: Mapping[str, object], *, inner: bool
    ) -> StepResult | None:
        # A step without a name has its whole script for one.
        stage, name = str(event["stage"]), str(event.get("step", "")).strip().partition("\n")[0]
        key = (job, number if stage == "Main" else f"{stage} {number}")
        if (step := self._steps.get(key)) is None:
            step = StepResult(job=job, name=name if stage == "Main" else f"{stage} {name}")
            if stage == "Main" or event.get("stepResult") == "failure":
                self._steps[key] = step
        message = str(event.get("msg", ""))
        if event.get("raw_output"):
            step.lines.extend(_without_last_end(message).split("\n"))
        elif command := event.get("command"):
            _obey(step, str(command), event)
        elif inner:
            # A step of a composite action; how it ends is told by the step that uses it.
            return None
        elif event.get("stepResult"):
            step.result = str(event["stepResult"])
            nanoseconds = event.get("executionTime")
            step.seconds = nanoseconds / 1e9 if isinstance(nanoseconds, int) else 0.0
            return step if key in self._steps else None
        elif event.get("level") == "error":
            step.lines.append(message)
        return None


def _obey(step: StepResult, command: str, event: Mapping[str, object]) -> None:
    """Do what a step asked its runner for by a line or a file."""
    if command in _ANNOTATIONS:
        pairs = event.get("kvPairs")
        place = {str(key): str(value) for key, value in _pairs(pairs)}
        step.annotations.append(
            Annotation(level=command, message=_unescaped(str(event.get("arg", ""))), place=place)
        )
        step.lines.append(_without_last_end(str(event.get("raw", ""))))
    elif command == "set-output":
        step.outputs[str(event.get("name", ""))] = str(event.get("arg", ""))
    elif command == "summary":
        step.summary += str(event.get("content", ""))


def _pairs(value: object) -> Iterable[tuple[object, object]]:
    return value.items() if isinstance(value, dict) else ()


def _unescaped(text: str) -> str:
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def _without_last_end(text: str) -> str:
    return text.removesuffix("\n").removesuffix("\r")
