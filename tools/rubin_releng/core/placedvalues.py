"""Configuration as plain values that know their place in a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from lsstinstall.core.errors import FormatError

if TYPE_CHECKING:
    from datetime import date

__all__ = [
    "PlacedDocument",
    "PlacedList",
    "PlacedMapping",
    "PlacedScalar",
    "PlacedValue",
    "find_duplicate_keys",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedScalar:
    """A single value.

    Parameters
    ----------
    value : `str`, `bool`, `int`, `float`, `~datetime.date` or `None`
        What the file's format makes of the text.
    line, column : `int`
        Where it stands, both counted from 1.
    """

    value: str | bool | float | date | None
    line: int
    column: int

    @property
    def description(self) -> str:
        """Kind of the value, for messages: ``the number `1.0```."""
        names = {str: "the text", bool: "the truth value", int: "the number", float: "the number"}
        return f"{names.get(type(self.value), 'the value')} `{self.value}`"

    def plain(self) -> object:
        """Give the value without its place."""
        return self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedList:
    """Values in a row.

    Parameters
    ----------
    items : `tuple` [ `PlacedValue`, ... ]
        In file order.
    line, column : `int`
        Where it begins, both counted from 1.
    """

    items: tuple[PlacedValue, ...]
    line: int
    column: int

    @property
    def description(self) -> str:
        """Kind of the value, for messages."""
        return "a list"

    def plain(self) -> object:
        """Give the values without their places, as a `list`."""
        return [item.plain() for item in self.items]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedMapping:
    """Values by key.

    Parameters
    ----------
    entries : `tuple` [ `tuple` [ `PlacedScalar`, `PlacedValue` ], ... ]
        In file order; a key may be there twice until somebody looks.
    line, column : `int`
        Where it begins, both counted from 1.
    """

    entries: tuple[tuple[PlacedScalar, PlacedValue], ...]
    line: int
    column: int

    @property
    def description(self) -> str:
        """Kind of the value, for messages."""
        return "a mapping"

    def plain(self) -> object:
        """Give keys and values without their places, as a `dict`."""
        return {key.value: value.plain() for key, value in self.entries}


PlacedValue: TypeAlias = PlacedScalar | PlacedList | PlacedMapping


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedDocument:
    """A whole file.

    Parameters
    ----------
    root : `PlacedValue`
        Its outermost value.
    source : `str`
        File name or URL.
    lines : `tuple` [ `str`, ... ]
        Its text, to be shown in errors.
    """

    root: PlacedValue
    source: str
    lines: tuple[str, ...]

    def error(self, place: PlacedValue, problem: str, *, hint: str | None = None) -> FormatError:
        """Make an error that points at a value.

        Parameters
        ----------
        place : `PlacedValue`
            The value; of a mapping or list its beginning.
        problem : `str`
            What was found and what was expected.
        hint : `str`, optional
            What the user can do about it.

        Returns
        -------
        error : `FormatError`
            To be raised or collected.
        """
        text = self.lines[place.line - 1] if place.line <= len(self.lines) else None
        return FormatError(
            problem, source=self.source, line=place.line, column=place.column, text=text, hint=hint
        )


def find_duplicate_keys(document: PlacedDocument) -> tuple[FormatError, ...]:
    """Find keys that stand in one mapping twice.

    Parameters
    ----------
    document : `PlacedDocument`
        To be searched to its depth.

    Returns
    -------
    problems : `tuple` [ `FormatError`, ... ]
        One for each repetition, naming the first place too, in file order.
    """
    problems: list[FormatError] = []
    pending: list[PlacedValue] = [document.root]
    # A value that is referred to from several places is looked at once.
    seen: set[int] = set()
    while pending:
        value = pending.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, PlacedList):
            pending += value.items
        elif isinstance(value, PlacedMapping):
            problems += _duplicates_of(document, value)
            pending += [item for _, item in value.entries]
    return tuple(sorted(problems, key=lambda problem: (problem.line, problem.column)))


def _duplicates_of(document: PlacedDocument, mapping: PlacedMapping) -> list[FormatError]:
    first: dict[object, PlacedScalar] = {}
    problems = []
    for key, _ in mapping.entries:
        known = first.setdefault(key.value, key)
        if known is not key:
            problems.append(
                document.error(
                    key, f"key `{key.value}` stands in line {known.line}, column {known.column} already"
                )
            )
    return problems
