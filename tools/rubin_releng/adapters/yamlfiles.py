"""YAML texts, by PyYAML, as plain values that know their place."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

import yaml
from yaml.composer import Composer

from lsstinstall.core.errors import FormatError, ProblemsError, shown
from rubin_releng.core.placedvalues import (
    PlacedDocument,
    PlacedList,
    PlacedMapping,
    PlacedScalar,
    find_duplicate_keys,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rubin_releng.core.placedvalues import PlacedValue

__all__ = ["compose_yaml", "parse_yaml"]

_BASIC = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("map", "seq", "str", "bool", "int", "float", "null", "timestamp")
)
# What ends a line for YAML, where a text may say so in any of the ways of the world.
_LINE_END = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")

# A few lines of aliases of aliases can stand for more than any memory holds.
_MOST_VALUES = 1_000_000

_MERGE = "tag:yaml.org,2002:merge"


def parse_yaml(text: str, *, source: str) -> PlacedDocument:
    """Read a YAML text.

    Parameters
    ----------
    text : `str`
        One document.
    source : `str`
        File name or URL, for error messages only.

    Returns
    -------
    document : `PlacedDocument`
        Values of YAML 1.1's basic types; an alias stands for what it names.

    Raises
    ------
    FormatError
        Raised if the text is not YAML, holds several documents, or uses
        merge keys, keys that are no scalars, tags of applications, or an
        alias inside of what it names.
    ProblemsError
        Raised if keys are repeated; it names all of them.
    """
    document = compose_yaml(text, source=source)
    if problems := find_duplicate_keys(document):
        raise ProblemsError(f"`{source}` repeats keys", problems)
    return document


def compose_yaml(text: str, *, source: str, texts: bool = False) -> PlacedDocument:
    """Read a YAML text, repeated keys and all.

    Parameters
    ----------
    text : `str`
        One document.
    source : `str`
        File name or URL, for error messages only.
    texts : `bool`, optional
        Whether to take every scalar as the text it is: `3.10` is a version.

    Returns
    -------
    document : `PlacedDocument`
        A key may be there twice: for those who collect all problems.

    Raises
    ------
    FormatError
        Raised as by `parse_yaml`.
    """
    lines = tuple(_LINE_END.split(text))
    try:
        value = _compose(text, texts=texts)
    except yaml.MarkedYAMLError as error:
        raise _explain(error, source=source, lines=lines) from error
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        raise FormatError(
            f"character {error.character!r} is not allowed in YAML",
            source=source,
            line=before.count("\n") + 1,
            column=len(before) - before.rfind("\n"),
        ) from error
    except RecursionError as error:
        raise FormatError("values are nested too deeply", source=source) from error
    if value is None:
        value = PlacedScalar(value=None, line=1, column=1)
    if _count(value, {}) > _MOST_VALUES:
        raise FormatError(f"aliases unfold to more than {_MOST_VALUES} values", source=source)
    return PlacedDocument(root=value, source=source, lines=lines)


def _compose(text: str, *, texts: bool) -> PlacedValue | None:
    """Read all values, fast if the text is right, and else with the better messages."""
    with suppress(yaml.YAMLError):
        return _read_all(_FastLoader(text), texts=texts)
    return _read_all(yaml.SafeLoader(text), texts=texts)


def _read_all(loader: yaml.SafeLoader | _FastLoader, *, texts: bool) -> PlacedValue | None:
    try:
        root = loader.get_single_node()
        return _Reader(loader, texts=texts).read(root) if root is not None else None
    finally:
        loader.dispose()


class _FastLoader(Composer, yaml.CSafeLoader):
    """Lets libyaml read the words, and Python put them together.

    libyaml puts them together itself, too, but then a deeply nested text
    overflows its stack and kills the process.
    """

    def __init__(self, text: str) -> None:
        yaml.CSafeLoader.__init__(self, text)
        Composer.__init__(self)


class _Reader:
    """Turns PyYAML's nodes into values, a node that has several aliases once."""

    def __init__(self, loader: yaml.SafeLoader | _FastLoader, *, texts: bool) -> None:
        self._loader = loader
        self._texts = texts
        self._done: dict[int, PlacedValue] = {}
        self._open: set[int] = set()

    def read(self, node: yaml.Node) -> PlacedValue:
        if id(node) in self._open:
            raise yaml.MarkedYAMLError(
                problem="an alias stands inside of what it names", problem_mark=node.start_mark
            )
        if id(node) not in self._done:
            self._open.add(id(node))
            self._done[id(node)] = self._convert(node)
            self._open.remove(id(node))
        return self._done[id(node)]

    def _convert(self, node: yaml.Node) -> PlacedValue:
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        if node.tag not in _BASIC:
            problem = f"values of type `{kind}` are not supported"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        if isinstance(node, yaml.MappingNode):
            entries = tuple((self._read_key(key), self.read(value)) for key, value in node.value)
            return PlacedMapping(entries=entries, line=line, column=column)
        if isinstance(node, yaml.SequenceNode):
            items = tuple(self.read(item) for item in node.value)
            return PlacedList(items=items, line=line, column=column)
        if (self._texts or kind == "str") and isinstance(node, yaml.ScalarNode):
            # What almost all values are, and what nobody has to convert.
            return PlacedScalar(value=str(node.value), line=line, column=column)
        try:
            value = self._loader.construct_object(node)
            # A number of many thousand digits is read by Python, but never written.
            str(value)
        except (ValueError, LookupError, AttributeError, ArithmeticError) as error:
            # PyYAML does not look before it converts: `!!int ''`, `!!bool x`, `!!timestamp x`.
            problem = f"`{shown(node.value)}` is no value of type `{kind}`"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark) from error
        return PlacedScalar(value=value, line=line, column=column)

    def _read_key(self, node: yaml.Node) -> PlacedScalar:
        if node.tag == _MERGE:
            raise yaml.MarkedYAMLError(problem="merge keys are not supported", problem_mark=node.start_mark)
        key = self.read(node)
        if not isinstance(key, PlacedScalar):
            raise yaml.MarkedYAMLError(problem=f"a key is {key.description}", problem_mark=node.start_mark)
        return key


def _count(value: PlacedValue, known: dict[int, int]) -> int:
    if id(value) not in known:
        parts: Iterable[PlacedValue] = ()
        if isinstance(value, PlacedMapping):
            parts = (item for _, item in value.entries)
        elif isinstance(value, PlacedList):
            parts = value.items
        known[id(value)] = 1 + sum(_count(part, known) for part in parts)
    return known[id(value)]


def _explain(error: yaml.MarkedYAMLError, *, source: str, lines: tuple[str, ...]) -> FormatError:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    problem = error.problem or error.context or "the text is not YAML"
    if problem.startswith("but "):
        problem = f"{error.context}, {problem}"
    text = lines[line - 1] if line <= len(lines) else None
    return FormatError(problem, source=source, line=line, column=column, text=text)
