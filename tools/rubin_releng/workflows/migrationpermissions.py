"""What a job of a workflow may do, and what it lacks to call another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rubin_releng.core.spannedvalues import SpannedMapping, SpannedScalar
from rubin_releng.core.yamledits import append_to, replace_scalar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rubin_releng.core.spannedvalues import SpannedDocument, SpannedValue, TextEdit

__all__ = ["missing_permissions", "permission_edit"]

_LEVELS = ("none", "read", "write")


def missing_permissions(
    root: SpannedMapping, job: SpannedMapping, needed: Sequence[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    """Say what a job must be given.

    Parameters
    ----------
    root, job : `~rubin_releng.core.spannedvalues.SpannedMapping`
        The workflow and one of its jobs.
    needed : `~collections.abc.Sequence` [ `tuple` [ `str`, `str` ] ]
        Scope and level.

    Returns
    -------
    missing : `tuple` [ `tuple` [ `str`, `str` ], ... ]
        In the order of what is needed. Where neither says anything, the
        repository's settings decide, and all counts as missing.
    """
    given = job.get("permissions")
    if given is None:
        given = root.get("permissions")
    return tuple((scope, level) for scope, level in needed if _LEVELS.index(level) > _level(given, scope))


def permission_edit(
    document: SpannedDocument, given: SpannedValue, lacking: Sequence[tuple[str, str]]
) -> tuple[TextEdit, ...] | None:
    """Widen the permissions that a job has.

    Parameters
    ----------
    document : `~rubin_releng.core.spannedvalues.SpannedDocument`
        The workflow.
    given : `~rubin_releng.core.spannedvalues.SpannedValue`
        What the job has.
    lacking : `~collections.abc.Sequence` [ `tuple` [ `str`, `str` ] ]
        Scope and level.

    Returns
    -------
    edits : `tuple` [ `~rubin_releng.core.spannedvalues.TextEdit`, ... ] or `None`
        `None` if the job has all at one level, which says nothing of a scope.
    """
    if not isinstance(given, SpannedMapping):
        return None
    edits = []
    new = []
    for scope, level in lacking:
        value = given.get(scope)
        if isinstance(value, SpannedScalar):
            edits.append(replace_scalar(document, value, level))
        else:
            new.append((scope, level))
    if new:
        edits.append(append_to(document, given, new))
    return tuple(edits)


def _level(given: SpannedValue | None, scope: str) -> int:
    if isinstance(given, SpannedMapping):
        told = given.text(scope)
    elif isinstance(given, SpannedScalar):
        told = given.value.removesuffix("-all")
    else:
        told = None
    return _LEVELS.index(told) if told in _LEVELS else 0 if given is not None else -1
