"""The ``KEY = value`` records that EUPS's database files are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from lsstinstall.core.errors import FormatError, InvalidNameError, RefusedError
from lsstinstall.core.lines import Line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["Group", "Record", "format_record", "read_record"]

Value = TypeVar("Value")

_RULER = "#" + "*" * 39


class Group:
    """Settings that belong together: those at the head of a file, or of one flavor.

    Parameters
    ----------
    number : `int`
        Line where the group begins.

    Parameters
    ----------
    number : `int`
        The same.
    settings : `dict`
        Line number and value by key in capitals, in file order; of a repeated
        key the last one counts.
    """

    __slots__ = ("number", "settings")

    def __init__(self, number: int) -> None:
        self.number = number
        self.settings: dict[str, tuple[int, str]] = {}

    def get(self, key: str) -> str | None:
        """Look a value up; `None` if it is not there."""
        setting = self.settings.get(key)
        return None if setting is None else setting[1]


class Record:
    """One database file, as groups of texts.

    Set-up reads hundreds of these files, so that lines stay plain texts and
    become values with a place only when something is wrong.

    Parameters
    ----------
    lines : `~collections.abc.Sequence` [ `str` ]
        The file's lines.
    source : `str`
        The file's name.

    Parameters
    ----------
    lines, source
        The same.
    head : `Group`
        What stands before the first flavor.
    groups : `list` [ `Group` ]
        One for each flavor, in file order.
    ended : `bool`
        Whether the last group is closed by its ``End:``.
    """

    __slots__ = ("ended", "groups", "head", "lines", "source")

    def __init__(self, lines: Sequence[str], source: str) -> None:
        self.lines = lines
        self.source = source
        self.head = Group(1)
        self.groups: list[Group] = []
        self.ended = False

    def line(self, number: int) -> Line:
        """Give a line its place; the first one of an empty file is empty."""
        return Line(number, self.lines[number - 1], self.source)

    def read(self, group: Group, key: str, parse: Callable[[str], Value]) -> Value:
        """Parse a value that must be there.

        Parameters
        ----------
        group : `Group`
            The head, or one of the groups.
        key : `str`
            In capitals.
        parse : `~collections.abc.Callable`
            From the text to the value.

        Returns
        -------
        value : `object`
            What ``parse`` made of it.

        Raises
        ------
        FormatError
            Raised if there is no such key, or ``parse`` refuses its value.
        """
        setting = group.settings.get(key)
        if setting is None:
            raise self.line(group.number).error(f"there is no `{key}`")
        try:
            return parse(setting[1])
        except InvalidNameError:
            # `KEY = value`: the value is the third field.
            return self.line(setting[0]).read(parse, setting[1], field=2)


def read_record(text: str, *, source: str, values_hold_hashes: bool) -> Record:
    """Read a version file or a chain file without looking at its meaning.

    Parameters
    ----------
    text : `str`
        Content of the file.
    source : `str`
        File name, for errors.
    values_hold_hashes : `bool`
        Whether ``#`` begins a comment only at the start of a line, as in
        chain files.

    Returns
    -------
    record : `Record`
        At least one group.

    Raises
    ------
    FormatError
        Raised if a line is no ``KEY = value``, the first key is not ``FILE``,
        no flavor is listed, or the text ends in the middle of a line.
    """
    record = Record(text.split("\n"), source)
    group = record.head
    for number, line in enumerate(record.lines, 1):
        content = line.strip()
        if not content or content.startswith("#"):
            # Chain files hide these marks in comments.
            record.ended = content.startswith("#End") or (record.ended and not content.startswith("#Group"))
            continue
        if not values_hold_hashes and "#" in content:
            content = content.partition("#")[0].rstrip()
        key, equals, value = content.partition("=")
        if not equals:
            record.ended = _read_mark(record, number, content)
            continue
        key, value = key.rstrip().upper(), value.lstrip()
        if key == "FLAVOR":
            group = Group(number)
            record.groups.append(group)
            record.ended = False
        group.settings[key] = (number, _unquoted(value))
    _refuse_strange(record)
    return record


def _read_mark(record: Record, number: int, content: str) -> bool:
    word, colon, _ = content.partition(":")
    if not colon or word.rstrip() not in {"End", "Group"}:
        line = record.line(number)
        raise line.error("the line is not `KEY = value`", column=line.column_of(0))
    return word.rstrip() == "End"


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == '"' and value[-1] == '"'
    return value[1:-1] if quoted else value


def _refuse_strange(record: Record) -> None:
    number, kind = record.head.settings.get("FILE", (1, None))
    if kind is None:
        raise record.line(1).error(
            "there is no `FILE = version` before the first flavor", hint="this is no file of EUPS's database"
        )
    if kind.lower() not in {"version", "chain"}:
        line = record.line(number)
        raise line.error(f"`FILE` is `{kind}` instead of `version`", column=line.column_of(2))
    if not record.groups:
        raise FormatError(
            "no flavor is declared",
            source=record.source,
            line=len(record.lines),
            hint="the file may have been cut: delete it, and declare the product again",
        )
    # A file may end without a line end behind `End:`, but not in the middle of a value.
    if record.lines[-1].strip() and not record.ended:
        line = record.line(len(record.lines))
        raise line.error("the file ends in the middle of a line", column=len(line.text) + 1)


def format_record(
    head: Iterable[tuple[str, str]], groups: Iterable[Iterable[tuple[str, str]]], *, opener: str, closer: str
) -> str:
    """Write a version file or a chain file up to the end of its last group.

    Parameters
    ----------
    head : `~collections.abc.Iterable` [ `tuple` [ `str`, `str` ] ]
        Keys and values that stand before the first flavor.
    groups : `~collections.abc.Iterable`
        Keys and values of each flavor.
    opener, closer : `str`
        What stands before and after each group, with its line end.

    Returns
    -------
    text : `str`
        Byte for byte as EUPS writes it.

    Raises
    ------
    RefusedError
        Raised if EUPS would read a value differently from how it was meant.
    """
    parts = [f"{key} = {_writable(key, value)}\n" for key, value in head]
    parts.append(f"{_RULER}\n")
    for group in groups:
        parts += ["\n", opener, *(f"   {key} = {_writable(key, value)}\n" for key, value in group), closer]
    return "".join(parts)


def _writable(key: str, value: str) -> str:
    bare = value[1:-1] if key == "QUALIFIERS" else value
    if bare != bare.strip() or len(bare.splitlines()) > 1 or any(character in bare for character in '"#'):
        raise RefusedError(
            f"`{value}` cannot be written as `{key}` in EUPS's database",
            hint="EUPS would read its blanks, quotes or `#` as something else: choose another name",
        )
    return value
