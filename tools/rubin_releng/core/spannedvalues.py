"""A text as values that know of which characters they are made, and edits of single places in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from lsstinstall.core.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "SpannedDocument",
    "SpannedList",
    "SpannedMapping",
    "SpannedScalar",
    "SpannedValue",
    "TextEdit",
    "apply_edits",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpannedScalar:
    """A single value.

    Parameters
    ----------
    value : `str`
        What it says, without quotes; nothing is made a number.
    start, end : `int`
        Its characters, quotes included: ``text[start:end]``.
    """

    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpannedList:
    """Values in a row.

    Parameters
    ----------
    items : `tuple` [ `SpannedValue`, ... ]
        In file order.
    start, end : `int`
        From the first character to behind the last one of its last item, or
        of its closing bracket.
    flow : `bool`
        Whether it is written in brackets.
    """

    items: tuple[SpannedValue, ...]
    start: int
    end: int
    flow: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SpannedMapping:
    """Values by key.

    Parameters
    ----------
    entries : `tuple` [ `tuple` [ `SpannedScalar`, `SpannedValue` ], ... ]
        In file order; no key is there twice.
    start, end : `int`
        As of a list.
    flow : `bool`
        Whether it is written in braces.
    """

    entries: tuple[tuple[SpannedScalar, SpannedValue], ...]
    start: int
    end: int
    flow: bool

    def get(self, key: str) -> SpannedValue | None:
        """Find the value of a key; `None` if there is none."""
        return next((value for name, value in self.entries if name.value == key), None)

    def mapping(self, key: str) -> SpannedMapping | None:
        """Find the mapping that a key names; `None` if it names something else or nothing."""
        value = self.get(key)
        return value if isinstance(value, SpannedMapping) else None

    def text(self, key: str) -> str | None:
        """Find the text that a key names; `None` if it names something else or nothing."""
        value = self.get(key)
        return value.value if isinstance(value, SpannedScalar) else None


SpannedValue: TypeAlias = SpannedScalar | SpannedList | SpannedMapping


@dataclass(frozen=True, slots=True, kw_only=True)
class SpannedDocument:
    """A whole text.

    Parameters
    ----------
    root : `SpannedValue`
        Its outermost value.
    text : `str`
        All of it, line ends as they are.
    source : `str`
        File name, for messages.
    """

    root: SpannedValue
    text: str
    source: str

    def line_of(self, place: int) -> int:
        """Count the lines up to a character, from 1."""
        return self.text.count("\n", 0, place) + 1

    def line_start(self, place: int) -> int:
        """Find the first character of the line that a character is in."""
        return self.text.rfind("\n", 0, place) + 1

    def line_end(self, place: int) -> int:
        """Find where the line that a character is in ends, before what ends it."""
        found = self.text.find("\n", place)
        end = len(self.text) if found < 0 else found
        return end - 1 if self.text[place:end].endswith("\r") else end

    @property
    def newline(self) -> str:
        """What ends its lines."""
        return "\r\n" if "\r\n" in self.text else "\n"

    def error(self, place: int, problem: str, *, hint: str | None = None) -> FormatError:
        """Make an error that points at a character.

        Parameters
        ----------
        place : `int`
            The character.
        problem : `str`
            What was found and what was expected.
        hint : `str`, optional
            What the user can do about it.

        Returns
        -------
        error : `FormatError`
            To be raised or collected.
        """
        start = self.line_start(place)
        return FormatError(
            problem,
            source=self.source,
            line=self.line_of(place),
            column=place - start + 1,
            text=self.text[start : self.line_end(start)],
            hint=hint,
        )


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class TextEdit:
    """One place that gets other characters.

    Parameters
    ----------
    start, end : `int`
        What goes: ``text[start:end]``; nothing, if both are the same.
    text : `str`
        What comes.
    """

    start: int
    end: int
    text: str


def apply_edits(text: str, edits: Iterable[TextEdit]) -> str:
    """Change single places of a text.

    Parameters
    ----------
    text : `str`
        The whole text.
    edits : `~collections.abc.Iterable` [ `TextEdit` ]
        In any order; the same one may come several times, and no two others
        may touch the same character.

    Returns
    -------
    changed : `str`
        The text with all of them made.

    Raises
    ------
    ValueError
        Raised if edits overlap.
    """
    parts: list[str] = []
    done = 0
    for edit in sorted(set(edits)):
        if edit.start < done:
            raise ValueError(f"edits overlap at character {edit.start}")
        parts += [text[done : edit.start], edit.text]
        done = edit.end
    return "".join([*parts, text[done:]])
