"""YAML texts, by ruamel.yaml, as values that know of which characters they are made."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError, FormatError
from rubin_releng.core.spannedvalues import (
    SpannedDocument,
    SpannedList,
    SpannedMapping,
    SpannedScalar,
)

try:
    from ruamel.yaml import YAML, error
    from ruamel.yaml.nodes import CollectionNode, ScalarNode, SequenceNode
except ImportError as missing:  # pragma: no cover - what is installed decides
    raise ConfigurationError(
        "ruamel.yaml is not installed",
        hint="install the extra: `pip install 'lsstinstall[releng,workflows]'`",
    ) from missing

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node

    from rubin_releng.core.spannedvalues import SpannedValue

__all__ = ["parse_spanned"]

# A block whose first line is indented further than the others says how far they are: `|2-`.
_DEPTH = re.compile(r"[|>][-+]?\d")
# An anchor or a tag before a value, or both: they are none of its characters, for aliases name them.
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")


def parse_spanned(text: str, *, source: str) -> SpannedDocument:
    """Read a YAML 1.2 text, where `on` is a text and `0644` a number that we do not read.

    Parameters
    ----------
    text : `str`
        One document.
    source : `str`
        File name, for messages only.

    Returns
    -------
    document : `SpannedDocument`
        An alias stands for what it names, with that one's characters; of
        merge keys nothing is made.

    Raises
    ------
    FormatError
        Raised if the text is not YAML, is empty or several documents, repeats
        a key, or has keys that are no scalars.
    """
    parser = YAML(typ="rt", pure=True)
    places = _Places(text, source)
    try:
        node = parser.compose(text)
    except error.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        told = ", ".join(part for part in (problem.context, problem.problem) if part)
        raise places.error(mark.index if mark else 0, told or "the text is not YAML") from problem
    except error.YAMLError as problem:
        raise FormatError("there are characters that YAML does not allow", source=source) from problem
    except RecursionError as problem:
        raise FormatError("values are nested too deeply", source=source) from problem
    if node is None:
        raise FormatError("there is nothing in it", source=source)
    return SpannedDocument(root=_Reader(places).read(node), text=text, source=source)


class _Places:
    """Makes errors before there is a document."""

    def __init__(self, text: str, source: str) -> None:
        root = SpannedScalar(value="", start=0, end=0)
        self.text = text
        self._document = SpannedDocument(root=root, text=text, source=source)

    def error(self, place: int, problem: str) -> FormatError:
        return self._document.error(min(place, len(self._document.text)), problem)


class _Reader:
    """Turns ruamel's nodes into values, a node that has several aliases once."""

    def __init__(self, places: _Places) -> None:
        self._places = places
        self._done: dict[int, SpannedValue] = {}
        self._open: set[int] = set()

    def read(self, node: Node) -> SpannedValue:
        known = id(node)
        if known in self._open:
            raise self._places.error(node.start_mark.index, "an alias stands inside of what it names")
        if known not in self._done:
            self._open.add(known)
            self._done[known] = self._made(node)
            self._open.remove(known)
        return self._done[known]

    def _made(self, node: Node) -> SpannedValue:
        start, end = node.start_mark.index, node.end_mark.index
        if properties := _PROPERTIES.match(self._places.text, start, end):
            start = properties.end()
        if not isinstance(node, CollectionNode):
            if isinstance(node, ScalarNode) and node.style in {"|", ">"}:
                end = start + len(_block(self._places.text[start:end]))
            return SpannedScalar(value=node.value, start=start, end=end)
        flow = bool(node.flow_style)
        if isinstance(node, SequenceNode):
            items = tuple(self.read(item) for item in node.value)
            return SpannedList(items=items, start=start, end=_end(end, items, flow=flow), flow=flow)
        entries = tuple((self._key(key), self.read(value)) for key, value in node.value)
        self._refuse_repeated(entries)
        values = tuple(value for _, value in entries)
        return SpannedMapping(entries=entries, start=start, end=_end(end, values, flow=flow), flow=flow)

    def _key(self, node: Node) -> SpannedScalar:
        key = self.read(node)
        if not isinstance(key, SpannedScalar):
            raise self._places.error(node.start_mark.index, "a key is no text")
        return key

    def _refuse_repeated(self, entries: tuple[tuple[SpannedScalar, SpannedValue], ...]) -> None:
        seen: set[str] = set()
        for key, _ in entries:
            if key.value in seen:
                raise self._places.error(key.start, f"the key `{key.value}` is repeated")
            seen.add(key.value)


def _block(text: str) -> str:
    """Cut off what ruamel takes for a part of a block of text: empty lines and comments behind it."""
    header, *lines = text.splitlines(keepends=True)
    depth = next((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), 0)
    if _DEPTH.match(header):
        depth = 1
    kept = [header]
    for line in lines:
        if line.strip() and len(line) - len(line.lstrip(" ")) < max(depth, 1):
            break
        kept.append(line)
    return "".join(kept).rstrip()


def _end(end: int, values: tuple[SpannedValue, ...], *, flow: bool) -> int:
    """Leave out what follows the last value of a block: comments, empty lines, blanks."""
    return end if flow or not values else min(end, max(value.end for value in values))
