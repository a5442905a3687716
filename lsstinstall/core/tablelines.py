"""The lines of a table file, with its oldest forms turned into today's.

``Group: Flavor=... Common: ... End:`` and sections that begin with
``Flavor=...`` become ``if (FLAVOR == ...) {`` and ``}``; what is the same in
all old files is left out. As in ``eups.table`` (EUPS 2.2.15).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from lsstinstall.core.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["TableLine", "table_lines"]

_SYNONYMS = {
    "${PROD_DIR}": "${PRODUCT_DIR}",
    "${UPS_PROD_DIR}": "${PRODUCT_DIR}",
    "${UPS_PROD_FLAVOR}": "${PRODUCT_FLAVOR}",
    "${UPS_PROD_NAME}": "${PRODUCT_NAME}",
    "${UPS_PROD_VERSION}": "${PRODUCT_VERSION}",
    "${UPS_DB}": "${PRODUCTS}",
    "${UPS_UPS_DIR}": "${UPS_DIR}",
}
# "File = Table", "Qualifiers = "", "Flavor=Linux+2.2", "Group:"
_OLD = re.compile(r"(file|product|action|qualifiers|flavor)\s*=|(group|common|end):\s*$", re.IGNORECASE)
_NAME = re.compile(r"\w+\s*=\s*(\w+)")
_ACTION = re.compile(r"\w+\s*=\s*([\w+.]+)")
_QUALIFIERS = re.compile(r'\w+\s*=\s*"([^"]*)"')


class TableLine(NamedTuple):
    """One line that matters.

    Parameters
    ----------
    text : `str`
        Without indent and comment; empty if there is only a comment. Blanks
        at its end are kept, for they matter.
    comment : `str` or `None`
        What follows the first ``#``.
    number : `int`
        Line of the file, from 1.
    indent : `int`
        How many characters were taken off at the left.
    excerpt : `str`
        The line of the file.
    """

    text: str
    comment: str | None
    number: int
    indent: int
    excerpt: str


def table_lines(text: str, *, source: str) -> Iterator[TableLine]:
    """Give the lines of a table file, old forms rewritten.

    Parameters
    ----------
    text : `str`
        Content of the file, any kind of line end.
    source : `str`
        File name, for error messages only.

    Yields
    ------
    line : `TableLine`
        In file order; empty lines are left out.

    Raises
    ------
    FormatError
        Raised if an old form names a kind of file or an action other than
        ``table`` and ``setup``.
    """
    forms = _OldForms(source)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    number = 0
    for number, excerpt in enumerate(text.split("\n"), start=1):
        stripped = excerpt.lstrip() if excerpt else ""
        if not stripped:
            continue
        content, mark, comment = stripped.partition("#")
        if "{U" in content or "{PROD_DIR}" in content:
            content = _modern(content)
        old = _OLD.match(content)
        line = TableLine(content, comment if mark else None, number, len(excerpt) - len(stripped), excerpt)
        if old is None and forms.idle:
            yield line
        else:
            yield from forms.rewritten(line, old)
    yield from forms.end(number)


def _modern(text: str) -> str:
    for old, new in _SYNONYMS.items():
        text = text.replace(old, new)
    return text


class _OldForms:
    """What was seen of the old forms so far; both kinds share one condition, as in EUPS."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._file_seen = False
        self._terms: list[str] = []
        self._in_group = False
        self._names_flavors = False
        self._in_section = False

    @property
    def idle(self) -> bool:
        """Whether a line that is not of an old form stands for itself."""
        return not self._names_flavors

    def rewritten(self, line: TableLine, old: re.Match[str] | None) -> Iterator[TableLine]:
        """Give what stands for a line: itself, conditions, nothing."""
        word = (old[1] or old[2]).lower() if old else ""
        if word and self._is_left_out(word, line):
            return
        if word == "group":
            self._in_group, self._terms = True, []
        elif self._in_group and word in {"common", "end", "flavor"}:
            yield from self._group_line(word, line)
        elif word == "flavor" and (flavor := _ACTION.match(line.text)):
            yield from self._section_flavor(flavor[1], line)
        else:
            yield from self._open_section(line)
            yield line

    def end(self, number: int) -> Iterator[TableLine]:
        """Close the last section."""
        if self._in_section or self._names_flavors:
            yield _made("}", number)

    def _is_left_out(self, word: str, line: TableLine) -> bool:
        if word == "file" and (kind := _NAME.match(line.text)):
            self._require(kind[1], "table", "a table file", line, place=kind.start(1))
            self._file_seen = True
            return True
        if word == "product":
            return self._file_seen and _NAME.match(line.text) is not None
        if word == "action" and (action := _ACTION.match(line.text)):
            found = "setup" if "setup" in action[1].lower() else action[1]
            self._require(found, "setup", "the action `setup`", line, place=action.start(1))
            return True
        return word == "qualifiers" and _QUALIFIERS.match(line.text) is not None

    def _require(self, found: str, expected: str, kind: str, line: TableLine, *, place: int) -> None:
        if found.lower() != expected:
            raise FormatError(
                f"expected {kind}, got `{found}`",
                source=self._source,
                line=line.number,
                column=line.indent + place + 1,
                text=line.excerpt,
            )

    def _group_line(self, word: str, line: TableLine) -> Iterator[TableLine]:
        if word == "common":
            yield self._condition(line)
        elif word == "end":
            self._in_group = False
            yield _made("}", line.number)
        elif flavor := _ACTION.match(line.text):
            self._terms.append("FLAVOR =~ .*" if flavor[1].lower() == "any" else f"FLAVOR == {flavor[1]}")
        else:
            yield line

    def _section_flavor(self, flavor: str, line: TableLine) -> Iterator[TableLine]:
        if not self._names_flavors:
            if self._in_section:
                yield _made("}", line.number)
            self._names_flavors, self._in_section, self._terms = True, False, []
        self._terms.append(f"FLAVOR == {flavor}")

    def _open_section(self, line: TableLine) -> Iterator[TableLine]:
        if self._names_flavors and line.text:
            self._names_flavors, self._in_section = False, True
            yield self._condition(line)

    def _condition(self, line: TableLine) -> TableLine:
        return _made(f"if ({' || '.join(self._terms)}) {{", line.number)


def _made(text: str, number: int) -> TableLine:
    return TableLine(text=text, comment=None, number=number, indent=0, excerpt=text)
