"""Lines of a text file that know their place, for errors that point at it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from lsstinstall.core.errors import FormatError, InvalidNameError, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Line", "numbered_lines", "refuse_partial_last_line"]

Value = TypeVar("Value")

_FIELD = re.compile(r"\S+")


class Line(NamedTuple):
    """One line of a text.

    Parameters
    ----------
    number : `int`
        Counted from 1.
    text : `str`
        Without its line end.
    source : `str`
        File name or URL of the whole text.
    """

    number: int
    text: str
    source: str

    def error(self, problem: str, *, column: int = 1, hint: str | None = None) -> FormatError:
        """Make an error that points into this line.

        Parameters
        ----------
        problem : `str`
            What was found and what was expected.
        column : `int`, optional
            Counted from 1.
        hint : `str`, optional
            What the user can do about it.

        Returns
        -------
        error : `FormatError`
            To be raised or collected.
        """
        return FormatError(
            problem, source=self.source, line=self.number, column=column, text=self.text, hint=hint
        )

    def column_of(self, field: int) -> int:
        """Find where a blank-separated field begins.

        Parameters
        ----------
        field : `int`
            Index of the field, counted from 0.

        Returns
        -------
        column : `int`
            Counted from 1; one behind the text if there are fewer fields.
        """
        starts = [match.start() for match in _FIELD.finditer(self.text)]
        return (starts[field] if field < len(starts) else len(self.text.rstrip())) + 1

    def read(self, parse: Callable[[str], Value], text: str, *, field: int) -> Value:
        """Parse one blank-separated field.

        Parameters
        ----------
        parse : `~collections.abc.Callable`
            From the field's text to its value.
        text : `str`
            The field.
        field : `int`
            Its index, counted from 0, for the error.

        Returns
        -------
        value : `object`
            What ``parse`` made of it.

        Raises
        ------
        FormatError
            Raised if ``parse`` refuses the text; it points at the field.
        """
        try:
            return parse(text)
        except InvalidNameError as error:
            raise self.error(str(error), column=self.column_of(field), hint=error.hint) from error

    def read_at(self, parse: Callable[[str], Value], text: str, *, column: int) -> Value:
        """Parse a part of the line.

        Parameters
        ----------
        parse : `~collections.abc.Callable`
            From the text of the part to its value.
        text : `str`
            The part.
        column : `int`
            Where it begins, counted from 1, for the error.

        Returns
        -------
        value : `object`
            What ``parse`` made of it.

        Raises
        ------
        FormatError
            Raised if ``parse`` refuses the text; it points at the part.
        """
        try:
            return parse(text)
        except InvalidNameError as error:
            raise self.error(str(error), column=column, hint=error.hint) from error

    def read_pattern(self, text: str, *, column: int) -> re.Pattern[str]:
        """Compile a part of the line.

        Parameters
        ----------
        text : `str`
            The part.
        column : `int`
            Where it begins, counted from 1, for the error.

        Returns
        -------
        pattern : `re.Pattern`
            In Python's syntax.

        Raises
        ------
        FormatError
            Raised if it is no regular expression; it points at the place in
            the expression.
        """
        try:
            return re.compile(text)
        except (re.error, OverflowError, RecursionError) as error:
            reason = (
                "nested too deeply" if isinstance(error, RecursionError) else getattr(error, "msg", error)
            )
            place = (error.pos or 0) if isinstance(error, re.error) else 0
            problem = f"`{shown(text)}` is not a regular expression: {reason}"
            raise self.error(problem, column=column + place) from error


def numbered_lines(text: str, *, source: str) -> Iterator[Line]:
    r"""Split a text into lines.

    Parameters
    ----------
    text : `str`
        The text; ``\n`` and ``\r\n`` end a line, nothing else does.
    source : `str`
        File name or URL, for errors.

    Yields
    ------
    line : `Line`
        In file order. A final line end opens no further line.
    """
    parts = text.split("\n")
    if not parts[-1]:
        parts.pop()
    for number, part in enumerate(parts, 1):
        yield Line(number, part.removesuffix("\r"), source)


def refuse_partial_last_line(text: str, *, source: str) -> None:
    """Refuse a text that ends in the middle of a line.

    Programs end the last line too, so that a text without a line end was
    cut.

    Parameters
    ----------
    text : `str`
        The whole text.
    source : `str`
        File name or URL, for the error.

    Raises
    ------
    FormatError
        Raised if the text is empty or its last line has no end.
    """
    if not text:
        raise FormatError("the file is empty", source=source, hint="fetch or make it again")
    if not text.endswith("\n"):
        *_, last = numbered_lines(text, source=source)
        raise last.error(
            "the file ends in the middle of a line",
            column=len(last.text) + 1,
            hint="it was cut short: fetch or make it again (or end its last line)",
        )
