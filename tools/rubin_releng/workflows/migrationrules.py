"""What becomes of a call of `lsst/rubin_workflows`: names, inputs, permissions, names of checks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

__all__ = ["OLD_REPOSITORY", "InputRule", "ValueChange", "WorkflowRule", "changed_value"]

OLD_REPOSITORY = "lsst/rubin_workflows"
"""Whose workflows are called before a migration."""

# What a shell would have made something else of; ours gives inputs to no shell.
_SHELL = re.compile(r"[$`*?|;&<>(){}\[\]'\"\\~#]")
# Such as mypy==1.9.0, mypy[reports] != 1.9.0, mypy.
_REQUIREMENT = re.compile(r"\s*[A-Za-z0-9._-]+\s*(?P<specifier>(?:[<>=!~]=?.*)?)")
# Such as ==7.3.0 or 7.3.0.
_EXACT = re.compile(r"\s*(?:===?)?\s*(?P<version>[0-9][0-9A-Za-z.+!]*)\s*")


class ValueChange(StrEnum):
    """What becomes of the value of an input."""

    KEEP = "keep"
    """It stays."""
    LINES = "lines"
    """Names of files and folders, with blanks between them, become one a line."""
    VERSION = "version"
    """A requirement on a version becomes the version, if there is just one."""
    REQUIREMENT = "requirement"
    """A requirement on a package loses the package's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputRule:
    """What becomes of an input.

    Parameters
    ----------
    old : `str`
        Its name before.
    new : `str` or `None`
        Its name now; `None` if it is dropped.
    change : `ValueChange`
        What becomes of its value.
    note : `str`
        What a user should know who sets it; empty for nothing.
    """

    old: str
    new: str | None
    change: ValueChange = ValueChange.KEEP
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowRule:
    """What becomes of the call of a workflow.

    Parameters
    ----------
    old, new : `str`
        Names of files, without their ending.
    inputs : `tuple` [ `InputRule`, ... ]
        Every input that the old one has.
    added : `tuple` [ `tuple` [ `str`, `str` ], ... ]
        Inputs and values that keep what the old one did.
    permissions : `tuple` [ `tuple` [ `str`, `str` ], ... ]
        What the calling job must have, ``(scope, level)``.
    old_checks, new_checks : `tuple` [ `str`, ... ]
        Names of jobs, as they stand in a pull request behind the caller's.
    note : `str`
        What every caller should know; empty for nothing.
    """

    old: str
    new: str
    inputs: tuple[InputRule, ...] = ()
    added: tuple[tuple[str, str], ...] = ()
    permissions: tuple[tuple[str, str], ...] = (("contents", "read"),)
    old_checks: tuple[str, ...]
    new_checks: tuple[str, ...]
    note: str = ""


def changed_value(value: str, change: ValueChange) -> str:
    """Give an input's value the form that the new workflow takes.

    Parameters
    ----------
    value : `str`
        As the caller gives it.
    change : `ValueChange`
        What to do.

    Returns
    -------
    changed : `str`
        Perhaps of several lines.

    Raises
    ------
    ValueError
        Raised if it has no such form; the message says why.
    """
    match change:
        case ValueChange.KEEP:
            return value
        case ValueChange.LINES:
            return _lines(value)
        case ValueChange.VERSION:
            if found := _EXACT.fullmatch(value):
                return found["version"]
            raise ValueError(f"`{value}` is not one version, and the new workflow takes one, as `1.2.3`")
        case ValueChange.REQUIREMENT:
            if found := _REQUIREMENT.fullmatch(value):
                return found["specifier"].strip()
            raise ValueError(f"`{value}` is no plain requirement, as `mypy==1.9.0`")
        case _:  # pragma: no cover - none is left
            assert_never(change)


def _lines(value: str) -> str:
    words = value.split()
    if "${{" in value or _SHELL.search(value):
        raise ValueError(
            f"`{value}` is for a shell, and the new workflow gives inputs to none: it takes names"
        )
    if options := [word for word in words if word.startswith("-")]:
        raise ValueError(f"`{options[0]}` is an option, and the new workflow takes files and folders alone")
    return "\n".join(words)
