"""Tells repositories that build on an image that there is a new one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from lsstinstall.core.errors import ToolkitError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rubin_releng.core.downstreams import Dispatch

__all__ = ["Dispatched", "Dispatcher", "run_dispatches"]


class Dispatcher(Protocol):
    """GitHub, as far as we need it."""

    def post(self, path: str, body: Mapping[str, object]) -> object:
        """Send a request once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatched:
    """What became of a request.

    Parameters
    ----------
    dispatch : `Dispatch`
        The request.
    error : `ToolkitError` or `None`
        Why it failed; `None` if it was accepted.
    """

    dispatch: Dispatch
    error: ToolkitError | None


def run_dispatches(dispatches: Sequence[Dispatch], service: Dispatcher) -> tuple[Dispatched, ...]:
    """Send requests; one that fails does not stop the others.

    Parameters
    ----------
    dispatches : `~collections.abc.Sequence` [ `Dispatch` ]
        In the order in which they are sent.
    service : `Dispatcher`
        Where to.

    Returns
    -------
    results : `tuple` [ `Dispatched`, ... ]
        In the same order.
    """
    results = []
    for one in dispatches:
        try:
            service.post(one.path, one.body)
        except ToolkitError as error:
            results.append(Dispatched(dispatch=one, error=error))
        else:
            results.append(Dispatched(dispatch=one, error=None))
    return tuple(results)
