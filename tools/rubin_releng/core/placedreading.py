"""Reads names and numbers from configuration, and collects what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from lsstinstall.core.errors import InvalidNameError, ProblemsError
from lsstinstall.core.names import parse_product_name
from lsstinstall.core.tags import parse_tag
from rubin_releng.core.placedvalues import PlacedList, PlacedMapping, PlacedScalar
from rubin_releng.core.tickets import parse_ticket

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lsstinstall.core.errors import FormatError
    from lsstinstall.core.names import ProductName
    from lsstinstall.core.tags import EupsTag
    from rubin_releng.core.placedvalues import PlacedDocument, PlacedValue
    from rubin_releng.core.tickets import Ticket

__all__ = ["PlacedReader"]

T = TypeVar("T")


class PlacedReader:
    """Turns placed values into names and numbers.

    Whatever is wrong becomes a problem and an empty value, so that one run
    finds everything. A value that is not there is an empty one.

    Parameters
    ----------
    document : `PlacedDocument`
        Whose values they are.
    """

    def __init__(self, document: PlacedDocument) -> None:
        self._document = document
        self._problems: list[FormatError] = []

    def complain(self, place: PlacedValue, problem: str, hint: str | None = None) -> None:
        """Collect a problem."""
        self._problems.append(self._document.error(place, problem, hint=hint))

    def finish(self, what: str) -> None:
        """Raise everything that was wrong, if anything was."""
        if self._problems:
            problems = sorted(self._problems, key=lambda one: (one.line, one.column))
            raise ProblemsError(f"{what} in `{self._document.source}` cannot be read", problems)

    def mapping(self, value: PlacedValue, known: Sequence[str]) -> dict[str, PlacedValue]:
        """Read a mapping of known keys; an empty file is an empty one."""
        if isinstance(value, PlacedScalar) and value.value is None:
            return {}
        if not isinstance(value, PlacedMapping):
            self.complain(value, f"{value.description} instead of a mapping")
            return {}
        for key, _ in value.entries:
            if key.value not in known:
                names = ", ".join(f"`{name}`" for name in known)
                self.complain(key, f"unknown key `{key.value}`", f"known are {names}")
        return {str(key.value): item for key, item in value.entries}

    def mappings(self, value: PlacedValue | None) -> tuple[PlacedMapping, ...]:
        """Read a list of mappings."""
        found = []
        for item in self._items(value):
            if isinstance(item, PlacedMapping):
                found.append(item)
            else:
                self.complain(item, f"{item.description} instead of a mapping")
        return tuple(found)

    def text(self, value: PlacedValue | None) -> str | None:
        """Read a text; a YAML number is one too, for commits may look like numbers."""
        if value is None:
            return None
        if isinstance(value, PlacedScalar) and isinstance(value.value, str):
            return value.value.strip()
        self.complain(value, f"{value.description} instead of a text", "put quotes round it")
        return None

    def texts(self, value: PlacedValue | None) -> tuple[str, ...]:
        """Read a list of texts."""
        return tuple(text for item in self._items(value) if (text := self.text(item)))

    def pairs(self, value: PlacedValue | None) -> tuple[tuple[PlacedScalar, PlacedValue], ...]:
        """Read a mapping of names that the writer chose."""
        if value is None:
            return ()
        if isinstance(value, PlacedMapping):
            return value.entries
        self.complain(value, f"{value.description} instead of a mapping")
        return ()

    def number(self, value: PlacedValue | None) -> int | None:
        """Read a number from 1."""
        if value is None:
            return None
        number = value.plain()
        if isinstance(number, int) and not isinstance(number, bool) and number > 0:
            return number
        self.complain(value, f"{value.description} instead of a number from 1")
        return None

    def truth(self, value: PlacedValue | None) -> bool:
        """Read a truth value, by default false."""
        if value is None:
            return False
        truth = value.plain()
        if isinstance(truth, bool):
            return truth
        self.complain(value, f"{value.description} is neither `true` nor `false`")
        return False

    def product(self, value: PlacedValue | None) -> ProductName | None:
        """Read a product's name."""
        return self._named(value, parse_product_name)

    def tag(self, value: PlacedValue | None) -> EupsTag | None:
        """Read a tag in EUPS's or git's spelling."""
        return self._named(value, parse_tag)

    def ticket(self, value: PlacedValue | None) -> Ticket | None:
        """Read a ticket's key."""
        return self._named(value, parse_ticket)

    def tickets(self, value: PlacedValue | None) -> tuple[Ticket, ...]:
        """Read a list of keys."""
        return tuple(ticket for item in self._items(value) if (ticket := self.ticket(item)) is not None)

    def _named(self, value: PlacedValue | None, parse: Callable[[str], T]) -> T | None:
        text = self.text(value)
        if text is None or value is None:
            return None
        try:
            return parse(text)
        except InvalidNameError as error:
            self.complain(value, str(error), error.hint)
            return None

    def _items(self, value: PlacedValue | None) -> tuple[PlacedValue, ...]:
        if value is None or (isinstance(value, PlacedScalar) and value.value is None):
            return ()
        if isinstance(value, PlacedList):
            return value.items
        self.complain(value, f"{value.description} instead of a list")
        return ()
