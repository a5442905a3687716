"""`rubin-releng workflow run`."""

from __future__ import annotations

import html
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.commands.failures import end_with
from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import ConfigurationError, NotFoundError, ToolkitError
from lsstinstall.core.reporting import Outcome
from rubin_releng.adapters.act import act_program
from rubin_releng.adapters.runcopies import copy_checkout
from rubin_releng.adapters.terminations import cleaned_up_after
from rubin_releng.adapters.workflowfiles import nearest_checkout
from rubin_releng.commands.workflowruns import LocalRun, RepositoryFiles, machine_environment
from rubin_releng.core.actevents import StepResult
from rubin_releng.workflows.runplans import EVENTS, RunRequest, plan_run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.adapters.console import Console
    from lsstinstall.core.reporting import Reporter
    from rubin_releng.core.actevents import JobResult, RunRecord
    from rubin_releng.workflows.runplans import RunPlan

__all__ = ["run"]

_OUTCOMES = {"success": Outcome.DONE, "skipped": Outcome.SKIPPED, "failure": Outcome.FAILED}
_SHOWN_LINES = 40


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--event", type=click.Choice(EVENTS), help="What sets it off [default: the first that does].")
@click.option("--job", help="Run this job and those that it needs [default: all].")
@click.option("--input", "inputs", multiple=True, metavar="NAME=VALUE", help="Input of a dispatch or a call.")
@click.option("--secret-env", "secrets", multiple=True, metavar="NAME", help="Variable that holds a secret.")
@click.option("--env", "passed", multiple=True, metavar="NAME", help="Variable that jobs see, too.")
@click.option(
    "--local",
    "local",
    multiple=True,
    metavar="OWNER/NAME[@REF]=DIR",
    help="Folder that stands for a repository of actions or workflows.",
)
@click.option(
    "--standins",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with OWNER/NAME for actions of any ref.",
)
@click.option(
    "--platform", "labels", multiple=True, metavar="LABEL", help="Let this machine stand for LABEL."
)
@click.option("--dry-run", "-n", is_flag=True, help="Say what would be run.")
@output_options
def run(
    console: Console,
    file: Path,
    event: str | None,
    job: str | None,
    inputs: tuple[str, ...],
    secrets: tuple[str, ...],
    passed: tuple[str, ...],
    local: tuple[str, ...],
    standins: tuple[Path, ...],
    labels: tuple[str, ...],
    *,
    dry_run: bool,
) -> int:
    """Run the workflow FILE of a repository on this machine.

    act runs the jobs as processes, in a copy of the repository with all its
    changes, and with a home of their own. Jobs in containers are refused, and
    so are actions that nothing stands for: nothing is fetched from GitHub.
    GitHub's machines have other programs than this one.

    Example: rubin-releng workflow run .github/workflows/ci.yaml --standins actions
    """
    root = nearest_checkout(file.resolve().parent, marks=(".git",))
    given = _pairs(inputs, "--input")
    request = RunRequest(
        root=str(root),
        workflow=str(file.resolve().relative_to(root)),
        event=event,
        job=job,
        local={name: _folder(name, place) for name, place in _pairs(local, "--local").items()},
        standins=tuple(str(place.resolve()) for place in standins),
        labels=labels,
        inputs=frozenset(given),
    )
    plan = plan_run(request, RepositoryFiles())
    known = {name: _variable(name) for name in secrets}
    if dry_run:
        console.answer(_plan_data(plan), _plan_text(plan))
        return 0
    act_program()
    env = {**machine_environment(), **{name: _variable(name) for name in passed}}
    record, code = _execute(plan, root, console.reporter(), env=env, inputs=given, secrets=known)
    return _answer(console, plan, record, code)


def _execute(
    plan: RunPlan,
    root: Path,
    reporter: Reporter,
    *,
    env: Mapping[str, str],
    inputs: Mapping[str, str],
    secrets: Mapping[str, str],
) -> tuple[RunRecord, int]:
    """Run in copies, of which nothing is left."""
    temporary = tempfile.TemporaryDirectory(prefix="lsstinstall-run-", ignore_cleanup_errors=True)
    with cleaned_up_after(), temporary as folder:
        copy = Path(folder, root.name)
        copy_checkout(root, copy)
        order = LocalRun(
            plan=_with_copies(plan, Path(folder, "others")),
            repository=copy,
            folder=Path(folder, "run"),
            env=env,
            inputs=inputs,
            secrets=secrets,
        )
        reporter.begin(f"run {plan.workflow}", None)
        record, code = order.run(lambda ended: _tell(ended, reporter))
        reporter.end()
    return record, code


def _with_copies(plan: RunPlan, folder: Path) -> RunPlan:
    """Let copies stand for repositories: act takes a whole folder, also what git ignores there."""
    copies: dict[str, str] = {}
    for place in dict.fromkeys(plan.local.values()):
        if Path(place, ".git").exists():
            copies[place] = str(folder / str(len(copies)) / Path(place).name)
            copy_checkout(Path(place), Path(copies[place]))
    return replace(plan, local={name: copies.get(place, place) for name, place in plan.local.items()})


def _answer(console: Console, plan: RunPlan, record: RunRecord, code: int) -> int:
    data = {
        **_plan_data(plan),
        "jobs": [
            {"name": one.name, "identifier": one.identifier, "result": one.result} for one in record.jobs
        ],
        "steps": [step.to_dict() for step in record.steps],
        "errors": list(record.errors),
    }
    failed = [step for step in record.steps if step.result == "failure"]
    told = [f"--- {step.job}: {step.name}\n{_last(step)}" for step in failed]
    told += [
        f"--- summary of {step.job}: {step.name}\n{_readable(step.summary)}"
        for step in record.steps
        if step.summary
    ]
    told += [f"{job.name}: {job.result}" for job in record.jobs]
    problem = None
    if code:
        bad = [f"`{job.name}`" for job in record.jobs if job.result != "success"]
        why = "; ".join(record.errors) if record.errors else f"{', '.join(bad) or 'a job'} failed"
        problem = ToolkitError(f"`{plan.workflow}`: {why}")
    return end_with(console, data, "\n".join(told), problem)


def _tell(ended: StepResult | JobResult, reporter: Reporter) -> None:
    if isinstance(ended, StepResult):
        outcome = _OUTCOMES.get(ended.result, Outcome.FAILED)
        reporter.step(f"{ended.job}: {ended.name}", outcome, seconds=ended.seconds)


def _last(step: StepResult) -> str:
    left_out = len(step.lines) - _SHOWN_LINES
    first = f"... {left_out} lines before\n" if left_out > 0 else ""
    return first + "".join(f"{line}\n" for line in step.lines[-_SHOWN_LINES:])


def _readable(summary: str) -> str:
    """Show a page of a run without what keeps names in it from being read as Markdown."""
    return f"{html.unescape(summary).strip()}\n"


def _plan_data(plan: RunPlan) -> dict[str, object]:
    return {
        "workflow": plan.workflow,
        "event": plan.event,
        "wanted": list(plan.jobs),
        "local": dict(plan.local),
    }


def _plan_text(plan: RunPlan) -> str:
    lines = [f"run {plan.workflow} for {plan.event}", *(f"  job {name}" for name in plan.jobs)]
    return "\n".join([*lines, *(f"  {name} is {place}" for name, place in plan.local.items())])


def _pairs(given: tuple[str, ...], option: str) -> dict[str, str]:
    pairs = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not name or not equals:
            raise ConfigurationError(f"`{one}` is no `NAME=VALUE`", hint=f"write `{option} NAME=VALUE`")
        pairs[name] = value
    return pairs


def _folder(name: str, place: str) -> str:
    if not Path(place).is_dir():
        raise NotFoundError(f"there is no folder `{place}` to stand for `{name}`")
    return str(Path(place).resolve())


def _variable(name: str) -> str:
    if name not in os.environ:
        raise NotFoundError(f"the environment has no variable `{name}`")
    return os.environ[name]
