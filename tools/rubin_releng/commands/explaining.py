"""Tells why there is no solution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.errors import ProblemsError, ToolkitError
from rubin_releng.commands.ledgeroptions import nearest_ledger
from rubin_releng.core.explanations import Requirement
from rubin_releng.environments.solving import explain_failure

if TYPE_CHECKING:
    from pathlib import Path

    from rubin_releng.adapters.condasolvers import ChannelSolver
    from rubin_releng.commands.solveoptions import SolveRequest
    from rubin_releng.core.explanations import Conflict, Explanation

__all__ = ["conflict_error", "explain"]


def explain(
    request: SolveRequest, solver: ChannelSolver, ledger: Path | None
) -> tuple[Explanation, ProblemsError]:
    """Find out why there is no solution.

    Parameters
    ----------
    request : `SolveRequest`
        What was asked for.
    solver : `ChannelSolver`
        What has no solution for it.
    ledger : `~pathlib.Path` or `None`
        Ledger with reasons; by default that of the checkout.

    Returns
    -------
    explanation : `Explanation`
        The conflicts.
    error : `ProblemsError`
        The same to be raised, one problem a conflict.
    """
    requirements = [Requirement(spec=spec) for spec in request.specs]
    explanation = explain_failure(requirements, solver, ledger=nearest_ledger(ledger))
    wanted = ", ".join(f"`{spec}`" for spec in request.specs)
    return explanation, ProblemsError(
        f"no solution for {wanted} on {request.platform}",
        [conflict_error(one) for one in explanation.conflicts],
        hint=_way_out(explanation),
    )


def conflict_error(conflict: Conflict) -> ToolkitError:
    """Write a conflict as an error.

    Parameters
    ----------
    conflict : `Conflict`
        Any.

    Returns
    -------
    error : `ToolkitError`
        Its message has several lines.
    """
    lines = [conflict.summary, *(f"      {line}" for line in conflict.details.splitlines())]
    return ToolkitError("\n".join(lines))


def _way_out(explanation: Explanation) -> str:
    first = explanation.first_relaxations
    if explanation.machine:
        offers = " ".join(f"--virtual {one}" for one in explanation.machine.split())
        return f"the machine offers too little for most of it: solve for a newer one, `{offers}`"
    if not explanation.together:
        return "ask for another version, or give a channel that has what is missing"
    return f"there is a solution with: {'; '.join(one.format() for one in first)}"
