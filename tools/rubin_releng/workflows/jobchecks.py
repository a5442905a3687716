"""Whether a file has jobs that a runner could begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rubin_releng.core.placedvalues import PlacedMapping
from rubin_releng.workflows.sources import entry_of, items_of, scalars_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lsstinstall.core.errors import FormatError
    from rubin_releng.core.placedvalues import PlacedScalar
    from rubin_releng.workflows.sources import WorkflowText

__all__ = ["broken_jobs", "needed_by"]


def needed_by(job: PlacedMapping) -> tuple[str, ...]:
    """Give the identifiers that a job needs.

    Parameters
    ----------
    job : `PlacedMapping`
        The job.

    Returns
    -------
    identifiers : `tuple` [ `str`, ... ]
        In file order.
    """
    needs = entry_of(job, "needs")
    return tuple(str(one.value) for one in scalars_of(needs)) if needs is not None else ()


def broken_jobs(text: WorkflowText) -> tuple[FormatError, ...]:
    """Find what keeps jobs of a workflow from being begun at all.

    Parameters
    ----------
    text : `WorkflowText`
        A workflow.

    Returns
    -------
    problems : `tuple` [ `FormatError`, ... ]
        In file order.
    """
    jobs = entry_of(text.root, "jobs")
    if not items_of(jobs):
        problem = "there are no jobs: expected a mapping `jobs` with at least one"
        return (text.document.error(jobs or text.document.root, problem),)
    return (*_unfit(text), *_waiting_for_themselves(text))


def _unfit(text: WorkflowText) -> Iterator[FormatError]:
    identifiers = [key.value for key, _ in items_of(entry_of(text.root, "jobs"))]
    for key, job in items_of(entry_of(text.root, "jobs")):
        missing = _missing(job) if isinstance(job, PlacedMapping) else "it is no mapping"
        if missing is not None:
            yield text.document.error(key, f"job `{key.value}` cannot be run: {missing}")
        needs = entry_of(job, "needs")
        for one in scalars_of(needs) if needs is not None else ():
            if one.value not in identifiers:
                told = ", ".join(f"`{name}`" for name in identifiers)
                problem = f"job `{key.value}` needs `{one.value}`, which is no job"
                yield text.document.error(one, problem, hint=f"there are {told}")


def _missing(job: PlacedMapping) -> str | None:
    if entry_of(job, "uses") is not None:
        return None
    missing = [f"`{name}`" for name in ("runs-on", "steps") if entry_of(job, name) is None]
    return f"it has no {' and no '.join(missing)}" if missing else None


def _waiting_for_themselves(text: WorkflowText) -> Iterator[FormatError]:
    jobs = {str(key.value): (key, needed_by(job)) for key, job in text.jobs()}
    waiting: dict[str, tuple[PlacedScalar, tuple[str, ...]]] = dict(jobs)
    ended: set[str] = set()
    while ready := [name for name, (_, needs) in waiting.items() if not {*needs} & (jobs.keys() - ended)]:
        ended.update(ready)
        for name in ready:
            del waiting[name]
    if waiting:
        key, _ = next(iter(waiting.values()))
        told = ", ".join(f"`{name}`" for name in waiting)
        yield text.document.error(key, f"jobs that wait for one another never begin: {told}")
