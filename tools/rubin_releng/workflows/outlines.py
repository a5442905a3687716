"""What a workflow or a composite action offers to those who call it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rubin_releng.core.placedvalues import PlacedMapping, PlacedScalar
from rubin_releng.workflows.sources import entry_of, items_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rubin_releng.core.placedvalues import PlacedValue
    from rubin_releng.workflows.sources import WorkflowText

__all__ = ["Outline", "Parameter", "outline"]

_LEVELS = ("none", "read", "write")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """An input, an output or a secret.

    Parameters
    ----------
    name, description : `str`
        As callers see them.
    kind : `str`
        ``string``, ``boolean``, ``number``; empty where there are no types.
    default : `object`
        `None` if there is none.
    required : `bool`
        Whether a caller has to give it.
    """

    name: str
    description: str
    kind: str = ""
    default: object = None
    required: bool = False

    def to_dict(self) -> dict[str, object]:
        """Give it for JSON."""
        return {
            "name": self.name,
            "description": self.description,
            "type": self.kind,
            "default": self.default,
            "required": self.required,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One workflow or composite action.

    Parameters
    ----------
    name, path : `str`
        Of the file.
    action : `bool`
        Whether it is a composite action.
    inputs, outputs, secrets : `tuple` [ `Parameter`, ... ]
        In file order.
    permissions : `tuple` [ `tuple` [ `str`, `str` ], ... ]
        What a caller's job has to have, by name: the most that any job asks.
    """

    name: str
    path: str
    action: bool
    inputs: tuple[Parameter, ...]
    outputs: tuple[Parameter, ...]
    secrets: tuple[Parameter, ...]
    permissions: tuple[tuple[str, str], ...]

    def to_dict(self) -> dict[str, object]:
        """Give it for JSON."""
        return {
            "name": self.name,
            "path": self.path,
            "kind": "action" if self.action else "workflow",
            "inputs": [one.to_dict() for one in self.inputs],
            "outputs": [{"name": one.name, "description": one.description} for one in self.outputs],
            "secrets": [
                {"name": one.name, "description": one.description, "required": one.required}
                for one in self.secrets
            ],
            "permissions": dict(self.permissions),
        }


def outline(text: WorkflowText) -> Outline:
    """Read what a workflow or a composite action offers.

    Parameters
    ----------
    text : `WorkflowText`
        The file.

    Returns
    -------
    outline : `Outline`
        Empty but for its name if it cannot be called.
    """
    action = entry_of(text.root, "runs") is not None
    owner = text.root if action else entry_of(entry_of(text.root, "on"), "workflow_call")
    name = text.path.split("/")[-2] if action else text.name
    return Outline(
        name=name,
        path=text.path,
        action=action,
        inputs=_parameters(entry_of(owner, "inputs")),
        outputs=_parameters(entry_of(owner, "outputs")),
        secrets=_parameters(entry_of(owner, "secrets")),
        permissions=_permissions(job for _, job in text.jobs()),
    )


def _parameters(value: PlacedValue | None) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(
            name=str(key.value),
            description=" ".join(str(_plain(item, "description") or "").split()),
            kind=str(_plain(item, "type") or ""),
            default=_plain(item, "default"),
            required=_plain(item, "required") is True,
        )
        for key, item in items_of(value)
    )


def _permissions(jobs: Iterable[PlacedMapping]) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for job in jobs:
        for key, value in items_of(entry_of(job, "permissions")):
            level = str(value.plain())
            known = found.get(str(key.value), "none")
            if level in _LEVELS and _LEVELS.index(level) > _LEVELS.index(known):
                found[str(key.value)] = level
    return tuple(sorted(found.items()))


def _plain(owner: PlacedValue, name: str) -> object:
    value = entry_of(owner, name)
    return value.value if isinstance(value, PlacedScalar) else None
