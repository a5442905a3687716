"""Whether a workflow or an action gets the inputs that it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rubin_releng.core.placedvalues import PlacedScalar
from rubin_releng.workflows.sources import entry_of, items_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rubin_releng.core.placedvalues import PlacedValue

__all__ = ["unknown_inputs", "wrong_inputs"]


def wrong_inputs(event: PlacedValue | None, given: Iterable[str]) -> str | None:
    """Say what is wrong with the inputs of a dispatch or a call.

    Parameters
    ----------
    event : `PlacedValue` or `None`
        What the workflow says of the event.
    given : `~collections.abc.Iterable` [ `str` ]
        Names.

    Returns
    -------
    problem : `str` or `None`
        That of the first that is unknown or missing; `None` if all is well.
    """
    known = {str(key.value): value for key, value in items_of(entry_of(event, "inputs"))}
    names = set(given)
    if unknown := names - known.keys():
        told = ", ".join(f"`{name}`" for name in known) or "no inputs"
        return f"there is no input `{min(unknown)}`; there are {told}"
    missing = [name for name, value in known.items() if _is_needed(value) and name not in names]
    return f"the input `{missing[0]}` is required" if missing else None


def unknown_inputs(given: PlacedValue | None, action: PlacedValue) -> tuple[str, ...]:
    """Find inputs that an action does not have.

    Parameters
    ----------
    given : `PlacedValue` or `None`
        What follows ``with``.
    action : `PlacedValue`
        The action.

    Returns
    -------
    names : `tuple` [ `str`, ... ]
        In the order in which they are given.
    """
    known = {key.value for key, _ in items_of(entry_of(action, "inputs"))}
    return tuple(str(key.value) for key, _ in items_of(given) if key.value not in known)


def _is_needed(value: PlacedValue) -> bool:
    required = entry_of(value, "required")
    says_so = isinstance(required, PlacedScalar) and required.value is True
    return says_so and entry_of(value, "default") is None
