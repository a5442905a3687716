"""What becomes of a call of `lsst/rubin_workflows`: names, inputs, permissions, names of checks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

__all__ = ["OLD_REPOSITORY", "InputRule", "ValueChange", "WorkflowRule", "changed_value"]

OLD_REPOSITORY = "lsst/rubin_workflows"
"""Whose workflows are called before a migration."""

# What a shell would have made something else of; ours gives inputs to none.
_SHELL = re.compile(r"[$`*?|;&<>(){}\[\]\\~#]|\$\{\{")
_QUOTES = re.compile(r"['\"]")
# Such as mypy==1.9.0, mypy[reports] != 1.9.0, mypy.
_REQUIREMENT = re.compile(r"\s*[A-Za-z0-9._-]+\s*(?P<specifier>(?:[<>=!~]=?.*)?)")
# $(find python -name '*.py' | egrep -v 'parser/ply|parserYacc')
_FIND = re.compile(
    r"""\s*\$\(\s*find\s+(?P<folders>[\w./\s-]*?[\w./])\s+-name\s+(?P<a>['"])\*\.py(?P=a)
    (?:\s*\|\s*(?:e?grep|grep\s+-E)\s+-v\s+(?P<b>['"]?)(?P<without>[\w./|-]+)(?P=b))?\s*\)\s*""",
    re.VERBOSE,
)


class ValueChange(StrEnum):
    """What becomes of the value of an input."""

    KEEP = "keep"
    """It stays."""
    LINES = "lines"
    """Names of files and folders, with blanks between them, become one a line."""
    WORDS = "words"
    """The same stay between blanks; `find` of a shell becomes a folder and what is left out of it."""
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
    excluding : `str` or `None`
        Input that takes what is left out; `None` if there is none.
    note : `str`
        What a user should know who sets it; empty for nothing.
    """

    old: str
    new: str | None
    change: ValueChange = ValueChange.KEEP
    excluding: str | None = None
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


def changed_value(value: str, rule: InputRule) -> tuple[str, str]:
    """Give an input's value the form that the new workflow takes.

    Parameters
    ----------
    value : `str`
        As the caller gives it.
    rule : `InputRule`
        Of the input.

    Returns
    -------
    changed : `str`
        Perhaps of several lines.
    excluded : `str`
        Patterns for the input that takes what is left out; empty for none.

    Raises
    ------
    ValueError
        Raised if it has no such form; the message says why.
    """
    match rule.change:
        case ValueChange.KEEP:
            return value, ""
        case ValueChange.LINES:
            if _QUOTES.search(value):
                raise ValueError(f"`{value}` has quotes, and the new workflow takes a name a line")
            return "\n".join(_words(value)), ""
        case ValueChange.WORDS:
            if rule.excluding and (found := _FIND.fullmatch(value)):
                without = (found["without"] or "").split("|")
                return " ".join(found["folders"].split()), " ".join(f"*{part}*" for part in without if part)
            _words(value)
            return value, ""
        case ValueChange.REQUIREMENT:
            if found := _REQUIREMENT.fullmatch(value):
                return found["specifier"].strip(), ""
            raise ValueError(f"`{value}` is no plain requirement, as `mypy==1.9.0`")
        case _:  # pragma: no cover - none is left
            assert_never(rule.change)


def _words(value: str) -> list[str]:
    words = value.split()
    if _SHELL.search(value):
        raise ValueError(
            f"`{value}` is for a shell, and the new workflow gives inputs to none: it takes names"
        )
    if options := [word for word in words if word.startswith("-")]:
        raise ValueError(f"`{options[0]}` is an option, and the new workflow takes files and folders alone")
    return words
