"""What may not change as long as callers name a series of workflows, such as ``v1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rubin_releng.adapters.yamlfiles import compose_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["WorkflowInterface", "breaches", "parse_interface"]

_LEVELS = ("none", "read", "write")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowInterface:
    """What a caller of a workflow relies on.

    Parameters
    ----------
    inputs : `~collections.abc.Mapping` [ `str`, `str` ]
        Name to type.
    outputs : `frozenset` [ `str` ]
        Names.
    secrets : `frozenset` [ `str` ]
        Names.
    required : `frozenset` [ `str` ]
        Inputs and secrets that must be given.
    permissions : `~collections.abc.Mapping` [ `str`, `str` ]
        Scope to level: the most that any job asks for.
    checks : `frozenset` [ `str` ]
        Names of jobs, which branches may require; those that are made of
        expressions are left out.
    """

    inputs: Mapping[str, str]
    outputs: frozenset[str]
    secrets: frozenset[str]
    required: frozenset[str]
    permissions: Mapping[str, str]
    checks: frozenset[str]


def parse_interface(text: str, *, source: str) -> WorkflowInterface | None:
    """Read the interface of a workflow.

    Parameters
    ----------
    text : `str`
        The workflow.
    source : `str`
        Its name, for messages.

    Returns
    -------
    interface : `WorkflowInterface` or `None`
        `None` if others cannot call it.
    """
    root = _mapping(compose_yaml(text, source=source, texts=True).root.plain())
    on = root.get("on")
    if not isinstance(on, dict) or "workflow_call" not in on:
        return None
    call = _mapping(on["workflow_call"])
    inputs, secrets = _mapping(call.get("inputs")), _mapping(call.get("secrets"))
    needed = {
        name
        for name, one in {**inputs, **secrets}.items()
        if _mapping(one).get("required") == "true" and "default" not in _mapping(one)
    }
    scopes: dict[str, str] = {}
    jobs = _mapping(root.get("jobs"))
    for job in jobs.values():
        for scope, level in _mapping(_mapping(job).get("permissions")).items():
            scopes[scope] = max(scopes.get(scope, "none"), str(level), key=_LEVELS.index)
    return WorkflowInterface(
        inputs={name: str(_mapping(one).get("type", "string")) for name, one in inputs.items()},
        outputs=frozenset(_mapping(call.get("outputs"))),
        secrets=frozenset(secrets),
        required=frozenset(needed),
        permissions=scopes,
        checks=frozenset(name for name in _names(jobs) if "${{" not in name),
    )


def breaches(before: WorkflowInterface, after: WorkflowInterface | None) -> Iterator[str]:
    """Tell what callers of a workflow would stumble over.

    Parameters
    ----------
    before : `WorkflowInterface`
        What they call now.
    after : `WorkflowInterface` or `None`
        What they would call; `None` if it is gone.

    Yields
    ------
    breach : `str`
        What may not be within a series.
    """
    if after is None:
        yield "it is gone"
        return
    for name, kind in before.inputs.items():
        if name not in after.inputs:
            yield f"the input `{name}` is gone"
        elif after.inputs[name] != kind:
            yield f"the input `{name}` is a {after.inputs[name]} and was a {kind}"
    yield from (f"the output `{name}` is gone" for name in sorted(before.outputs - after.outputs))
    yield from (f"the secret `{name}` is gone" for name in sorted(before.secrets - after.secrets))
    yield from (f"the job `{name}` is gone" for name in sorted(before.checks - after.checks))
    yield from (f"`{name}` must be given now" for name in sorted(after.required - before.required))
    for scope, level in after.permissions.items():
        had = before.permissions.get(scope, "none")
        if _LEVELS.index(level) > _LEVELS.index(had):
            yield f"it needs the permission `{scope}: {level}` and had `{had}`"


def _names(jobs: Mapping[str, object]) -> Iterator[str]:
    for key, job in jobs.items():
        yield str(_mapping(job).get("name", key))


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
