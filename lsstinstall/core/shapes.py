"""Shapes of JSON documents: each reads its values and writes its own JSON Schema.

One description of a document serves both our reader and everyone else's, so
the two cannot differ. Reading goes on after a problem: all of them are found.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Protocol, TypeVar

from lsstinstall.core.errors import InvalidNameError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from enum import StrEnum

    from lsstinstall.core.jsonplaces import JsonPath

__all__ = [
    "BrokenError",
    "Choice",
    "Exactly",
    "Items",
    "Maybe",
    "Reading",
    "Record",
    "Shape",
    "Table",
    "Text",
    "Truth",
    "Whole",
]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
K = TypeVar("K", bound=str)
E = TypeVar("E", bound="StrEnum")


class BrokenError(Exception):
    """A value that could not be read; why is among the problems of its `Reading`."""


@dataclass(slots=True, kw_only=True)
class Reading:
    """The problems found while one document is read.

    Parameters
    ----------
    problems : `list` [ `tuple` [ `JsonPath`, `str` ] ]
        Place and message of each, in the order in which they were found.
    """

    problems: list[tuple[JsonPath, str]] = field(default_factory=list)

    def refuse(self, path: JsonPath, problem: str) -> NoReturn:
        """Note a problem and give the value up.

        Parameters
        ----------
        path : `JsonPath`
            Where it is.
        problem : `str`
            What was found and what was expected.

        Raises
        ------
        BrokenError
            Raised always.
        """
        self.problems.append((path, problem))
        raise BrokenError(problem)


class Shape(Protocol[T_co]):
    """What a value must look like, and what becomes of it."""

    def schema(self, definitions: dict[str, object]) -> dict[str, object]:
        """Write it as JSON Schema (2020-12); named parts go to ``definitions``."""

    def read(self, value: object, path: JsonPath, reading: Reading) -> T_co:
        """Read a plain value, or note every problem and raise `BrokenError`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Generic[T]):
    """A text with a grammar.

    Parameters
    ----------
    parse : `~collections.abc.Callable`
        Makes the value; raises `InvalidNameError` for a wrong one.
    pattern : `str`
        What a schema can say of the grammar: at least what ``parse`` takes.
    description : `str`
        For readers of the schema.
    """

    parse: Callable[[str], T]
    pattern: str
    description: str

    def schema(self, definitions: dict[str, object]) -> dict[str, object]:
        """Write it as JSON Schema."""
        del definitions
        return {"type": "string", "pattern": self.pattern, "description": self.description}

    def read(self, value: object, path: JsonPath, reading: Reading) -> T:
        """Read a text."""
        if not isinstance(value, str):
            reading.refuse(path, f"expected a text, found {_kind(value)}")
        try:
            return self.parse(value)
        except InvalidNameError as error:
            reading.refuse(path, f"{error}" + (f", {error.hint}" if error.hint else ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Generic[E]):
    """One of a few words.

    Parameters
    ----------
    words : `type` [ `~enum.StrEnum` ]
        All of them.
    barred : `frozenset`
        Those that cannot stand here.
    """

    words: type[E]
    barred: frozenset[E] = frozenset()

    def _values(self) -> list[str]:
        return [word.value for word in self.words if word not in self.barred]

    def schema(self, definitions: dict[str, object]) -> dict[str, object]:
        """Write it as JSON Schema."""
        del definitions
        return {"enum": self._values()}

    def read(self, value: object, path: JsonPath, reading: Reading) -> E:
        """Read one of the words."""
        if not isinstance(value, str) or value not in self._values():
            expected = ", ".join(f"`{word}`" for word in self._values())
            found = f"`{value}`" if isinstance(value, str) else _kind(value)
            reading.refuse(path, f"expected one of {expected}, found {found}")
        return self.words(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A whole number.

    Parameters
    ----------
    minimum : `int`
        The smallest that is allowed.
    maximum : `int` or `None`
        The largest that is allowed, if there is one.
    """

    minimum: int
    maximum: int | None = None

    def schema(self, definitions: dict[str, object]) -> dict[str, object]:
        """Write it as JSON Schema."""
        del definitions
        most = {} if self.maximum is None else {"maximum": self.maximum}
        return {"type": "integer", "minimum": self.minimum, **most}

    def read(self, value: object, path: JsonPath, reading: Reading) -> int:
        """Read a number."""
        if not isinstance(value, int) or isinstance(value, bool):
            reading.refuse(path, f"expected a whole number, found {_kind(value)}")
        if value < self.minimum:
            reading.refuse(path, f"{value} is less than {self.minimum}")
        if self.maximum is not None and value > self.maximum:
            reading.refuse(path, f"{value} is more than {self.maximum}")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """True or false."""

    def schema(self, definitions: dict[str, object]) -> dict[str, object]:
        """Write it as JSON Schema."""
        del definitions
        return {"type": "boolean"}

    def read(self, value: object, path: JsonPath, reading: Reading) -> bool:
        """Read it."""
        if not isinstance(value, bool):
            reading.refuse(path, f"expected true or false, found {_kind(value)}")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Exactly:
    """One fixed number.

    Parameters
    ----------
    number : `int`
        The only one that is allowed.
    """

    number: int

    def schema(self, definitions: dict[str, object]) -> dict[str, object]:
        """Write it as JSON Schema."""
        del definitions
        return {"const": self.number}

    def read(self, value: object, path: JsonPath, reading: Reading) -> int:
        """Read the number."""
        if value != self.number or type(value) is not int:
            found = str(value) if type(value) is int else _kind(value)
            reading.refuse(path, f"expected {self.number}, found {found}")
        return self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Maybe(Generic[T]):
    """A value, or ``null``.

    Parameters
    ----------
    of : `Shape`
        The value, when there is one.
    """

    of: Shape[T]

    def schema(self, definitions: dict[str, object]) -> dict[str, object]:
        """Write it as JSON Schema."""
        return {"anyOf": [self.of.schema(definitions), {"type": "null"}]}

    def read(self, value: object, path: JsonPath, reading: Reading) -> T | None:
        """Read the value, if there is one."""
        return None if value is None else self.of.read(value, path, reading)


@dataclass(frozen=True, slots=True, kw_only=True)
class Items(Generic[T]):
    """A list of values of one shape.

    Parameters
    ----------
    of : `Shape`
        Each of them.
    """

    of: Shape[T]

    def schema(self, definitions: dict[str, object]) -> dict[str, object]:
        """Write it as JSON Schema."""
        return {"type": "array", "items": self.of.schema(definitions)}

    def read(self, value: object, path: JsonPath, reading: Reading) -> tuple[T, ...]:
        """Read all of them, in their order."""
        if not isinstance(value, list):
            reading.refuse(path, f"expected a list, found {_kind(value)}")
        found = []
        for index, item in enumerate(value):
            try:
                found.append(self.of.read(item, (*path, index), reading))
            except BrokenError:
                continue
        if len(found) < len(value):
            raise BrokenError
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Generic[K, T]):
    """An object whose keys are data.

    Parameters
    ----------
    keys : `Text`
        Each key.
    values : `Shape`
        Each value.
    """

    keys: Text[K]
    values: Shape[T]

    def schema(self, definitions: dict[str, object]) -> dict[str, object]:
        """Write it as JSON Schema."""
        return {
            "type": "object",
            "propertyNames": {"pattern": self.keys.pattern},
            "additionalProperties": self.values.schema(definitions),
        }

    def read(self, value: object, path: JsonPath, reading: Reading) -> Mapping[K, T]:
        """Read all of them; the mapping cannot be changed."""
        if not isinstance(value, dict):
            reading.refuse(path, f"expected an object, found {_kind(value)}")
        found = {}
        for name, item in value.items():
            try:
                key = self.keys.read(name, (*path, name), reading)
                found[key] = self.values.read(item, (*path, name), reading)
            except BrokenError:
                continue
        if len(found) < len(value):
            raise BrokenError
        return MappingProxyType(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Generic[T]):
    """An object with fixed keys.

    Parameters
    ----------
    name : `str`
        Of the definition in the schema.
    fields : `~collections.abc.Mapping` [ `str`, `Shape` ]
        Shape of each key's value; all are required.
    make : `~collections.abc.Callable`
        Makes the value; gets the fields' values by their names, without the
        optional ones that are missing.
    optional : `~collections.abc.Mapping` [ `str`, `Shape` ]
        Shape of the values of keys that may be missing.
    is_open : `bool`
        Whether further keys are allowed, and passed over; not in formats of
        our own, where they are mistakes.
    """

    name: str
    fields: Mapping[str, Shape[object]]
    make: Callable[..., T]
    optional: Mapping[str, Shape[object]] = field(default_factory=lambda: MappingProxyType({}))
    is_open: bool = False

    def definition(self, definitions: dict[str, object]) -> dict[str, object]:
        """Write what its name stands for.

        Parameters
        ----------
        definitions : `dict` [ `str`, `object` ]
            Gets the definitions of its named parts.

        Returns
        -------
        schema : `dict` [ `str`, `object` ]
            JSON Schema, draft 2020-12.
        """
        return {
            "type": "object",
            "properties": {
                key: shape.schema(definitions) for key, shape in {**self.fields, **self.optional}.items()
            },
            "required": list(self.fields),
            "additionalProperties": self.is_open,
        }

    def schema(self, definitions: dict[str, object]) -> dict[str, object]:
        """Write a reference, and the definition that it names."""
        definitions[self.name] = self.definition(definitions)
        return {"$ref": f"#/$defs/{self.name}"}

    def read(self, value: object, path: JsonPath, reading: Reading) -> T:
        """Read every field, then make the value."""
        if not isinstance(value, dict):
            reading.refuse(path, f"expected an object, found {_kind(value)}")
        before = len(reading.problems)
        known = {**self.fields, **self.optional}
        if not self.is_open:
            reading.problems.extend(((*path, key), "unknown key") for key in value if key not in known)
        reading.problems.extend(((*path, key), "missing key") for key in self.fields if key not in value)
        found: dict[str, Any] = {}
        for key, shape in known.items():
            try:
                if key in value:
                    found[key] = shape.read(value[key], (*path, key), reading)
            except BrokenError:
                continue
        if len(reading.problems) > before:
            raise BrokenError
        return self.make(**found)


def _kind(value: object) -> str:
    if value is None:
        return "null"
    words = {str: "a text", bool: "true or false", int: "a number", float: "a fraction", list: "a list"}
    return words.get(type(value), "an object")
