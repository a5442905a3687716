"""The exact block: what a table file is given when its product is built.

``setupRequired(afw)`` becomes a choice between the versions that it was built
with and "any version that is not older". Written line by line as ``eups
expandtable`` does it (EUPS 2.2.15), so that the text is the same to the byte;
that is also why lines are taken as they are, and not as `TableFile` has them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError, InvalidNameError, ToolkitError
from lsstinstall.core.names import ProductName
from lsstinstall.core.setups import MissingProductError
from lsstinstall.core.versionexpressions import VersionExpression, is_version_expression
from lsstinstall.core.versions import EupsVersion, local_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["BuiltWith", "ClosureEntry", "Expansion", "expand_table"]

_INDENT = "   "
_REMARK = re.compile(r"\s*(#.*)?")
_COMMENT = re.compile(r"\s*#.*")
_SETUP = re.compile(r'(setupRequired|setupOptional)\("?([^"]*)"?\)')
_EXACT = re.compile(r"if\s*\(type\s*==\s*exact\)\s*{")
_OPENS = re.compile(r"{\s*$")
_CLOSES = re.compile(r"\s*}\s*")
_FLAG_WITH_VALUE = re.compile(r"-[fgHmMqrUz]")
_FLAG = re.compile(r"-[cdejknoPsvtV0-3]|--external")
_LEFT = re.compile(r"\[\s*(.*)\s*\]?")
_RIGHT = re.compile(r"(.*)\s*\]")
_EUPS = "eups"
_EXTERNAL = "--external"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureEntry:
    """One product below another.

    Parameters
    ----------
    product : `ProductName`
        EUPS product.
    version : `EupsVersion`
        The version that is set up.
    optional : `bool`
        Whether the table that asks for it can do without.
    """

    product: ProductName
    version: EupsVersion
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltWith:
    """What a product was built with.

    Parameters
    ----------
    versions : `~collections.abc.Mapping` [ `ProductName`, `EupsVersion` ]
        Versions of what was set up.
    closure : `~collections.abc.Callable` or `None`
        Gives what a product of a version needs in its turn, depth first, from
        what is set up; it may say a product several times. `None` to list
        direct dependencies only, as the table files of a server do.
    chosen : `~collections.abc.Mapping` [ `ProductName`, `EupsVersion` ], optional
        Versions that go before those of ``versions`` and of the table.
    """

    versions: Mapping[ProductName, EupsVersion]
    closure: Callable[[ProductName, EupsVersion], Sequence[ClosureEntry]] | None
    chosen: Mapping[ProductName, EupsVersion] = field(default_factory=dict)

    def version(self, product: ProductName) -> EupsVersion | None:
        """Tell the version to write down; `None` if the product is not set up."""
        return self.chosen.get(product, self.versions.get(product))


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """An expanded table file.

    Parameters
    ----------
    text : `str`
        Its content.
    warnings : `tuple` [ `str`, ... ]
        What may not have been meant, one sentence each.
    """

    text: str
    warnings: tuple[str, ...]


def expand_table(
    text: str, built: BuiltWith, *, product: ProductName | None = None, force: bool = False
) -> Expansion:
    """Write the versions that a product was built with into its table file.

    Parameters
    ----------
    text : `str`
        Content of the table file.
    built : `BuiltWith`
        What was set up.
    product : `ProductName`, optional
        Whose table it is; never listed in it.
    force : `bool`, optional
        Whether a required product may be missing.

    Returns
    -------
    expansion : `Expansion`
        The last run of set-up lines became an exact block: the closure in
        order, names padded to 15, each with ``-j``. Earlier runs became blocks
        for other types. Two versions of one product are both listed.

    Raises
    ------
    MissingProductError
        Raised if a required product is not set up and ``force`` is false.
    ConfigurationError
        Raised if an exact block is there already and not as we write it.
    """
    table = _Table(built)
    for line in text.replace("\r\n", "\n").removesuffix("\n").split("\n") if text else ():
        table.read(line)
    entries = table.listed(product=product, force=force)
    lines = [*_Writer(table.blocks, table.last_setups, entries).lines(), *map(str.strip, table.tail)]
    return Expansion(text="".join(f"{line}\n" for line in lines), warnings=tuple(table.warnings))


@dataclass(slots=True)
class _Block:
    """Lines that follow each other and are all set-ups, or all something else."""

    setups: bool
    lines: list[str]


@dataclass(frozen=True, slots=True)
class _Asked:
    """One product that the table asks for."""

    product: ProductName
    optional: bool
    external: bool


class _Table:
    """The lines of a table, rewritten, and what they ask for."""

    def __init__(self, built: BuiltWith) -> None:
        self.blocks = [_Block(setups=False, lines=[])]
        self.last_setups = -1
        self.tail: list[str] = []
        self.warnings: list[str] = []
        self._built = built
        self._asked: list[_Asked] = []
        self._last = ""

    def read(self, line: str) -> None:
        """Take the next line."""
        self._last = line
        if _REMARK.fullmatch(line):
            self.blocks[-1].lines.append(line)
            return
        self._last = line = _SETUP.sub(self._rewritten, _COMMENT.sub("", line))
        setup = _SETUP.search(line)
        if self.blocks[-1].setups != (setup is not None):
            self.blocks.append(_Block(setups=setup is not None, lines=[]))
        if setup is not None:
            self.last_setups = len(self.blocks) - 1
            name = setup[2].split(" ")[0]
            if name == _EUPS:
                self.tail.append(line)
                return
            if setup[2]:
                self._ask(setup[1], name, line)
        self.blocks[-1].lines.append(line)

    def _ask(self, verb: str, name: str, line: str) -> None:
        optional = verb == "setupOptional"
        self._asked.append(_Asked(ProductName(name), optional=optional, external=_EXTERNAL in line))

    def _rewritten(self, statement: re.Match[str]) -> str:
        """Write a set-up with the version that was used; as it is if there is none."""
        verb, arguments = statement[1], statement[2].split()
        if arguments[:1] == [_EUPS]:
            return statement[0]
        flags, words = self._sorted(arguments)
        if not words:
            self.warnings.append(f"`{statement[0]}` names no product")
            return statement[0]
        product = ProductName(words.pop(0))
        named, expression = self._wanted(words, statement[0])
        version = self._built.chosen.get(product, named)
        if version is None:
            version = self._built.versions.get(product)
            if version is None:
                if verb == "setupRequired":
                    self.warnings.append(f"`{product}` is not set up")
                return statement[0]
            if expression is None and local_directory(version) is None:
                expression = f">= {version}"
        self._check(product, version, expression)
        brackets = [] if expression is None else [f"[{expression}]"]
        return f"{verb}({' '.join([product, *flags, version, *brackets])})"

    def _sorted(self, arguments: Sequence[str]) -> tuple[list[str], list[str]]:
        """Tell options from words; brackets become words of their own."""
        flags, words = [], []
        left = iter(arguments)
        for argument in left:
            if _FLAG_WITH_VALUE.match(argument):
                value = next(left, None)
                if value is None:
                    raise ConfigurationError(f"the option `{argument}` lacks its value")
                flags.append(f"{argument} {value}")
            elif _FLAG.match(argument):
                flags.append(argument)
            elif argument.startswith("-"):
                self.warnings.append(f"nobody knows the option `{argument}`, left out")
            else:
                words += _without_brackets(argument)
        return flags, words

    def _wanted(self, words: list[str], shown: str) -> tuple[EupsVersion | None, str | None]:
        """Read what follows the product: a version, an expression, or both."""
        version = words.pop(0) if words and words[0] != "[" else None
        expression = None
        if "[" in words and "]" in words:
            left, right = words.index("["), words.index("]")
            expression = " ".join(words[left + 1 : right])
            del words[left : right + 1]
        if version is None or not is_version_expression(version):
            return None if version is None else EupsVersion(version), expression or None
        if expression:
            self.warnings.append(f"`{shown}` holds two expressions; the first one counts")
        return None, " ".join([version, *words])

    def _check(self, product: ProductName, version: EupsVersion, expression: str | None) -> None:
        try:
            fits = expression is None or VersionExpression.parse(expression).matches(version)
        except InvalidNameError as error:
            self.warnings.append(str(error))
            return
        if not fits:
            self.warnings.append(f"`{product}` {version} does not satisfy `{expression}`")

    def listed(self, *, product: ProductName | None, force: bool) -> Mapping[tuple[str, str], bool]:
        """Collect the exact block: whether each product and version is optional, in order."""
        found: dict[tuple[str, str], bool] = {}
        for asked in self._asked:
            if asked.product == product:
                continue
            if asked.external:
                # As EUPS: the line that was read last, whatever it is.
                self.tail.append(self._last)
                continue
            for entry in self._below(asked, forgiving=asked.optional or force):
                if local_directory(entry.version) is not None:
                    self.warnings.append(f"the exact version of `{entry.product}` is {entry.version}")
                found.setdefault((entry.product, entry.version), entry.optional)
        return found

    def _below(self, asked: _Asked, *, forgiving: bool) -> Sequence[ClosureEntry]:
        version = self._built.version(asked.product)
        if version is None:
            if forgiving:
                return ()
            raise MissingProductError(asked.product, None, sought="is set up")
        entry = ClosureEntry(product=asked.product, version=version, optional=asked.optional)
        if self._built.closure is None:
            return (entry,)
        try:
            return (entry, *self._built.closure(asked.product, version))
        except ToolkitError:
            if forgiving:
                return ()
            raise


def _without_brackets(word: str) -> list[str]:
    words = []
    if left := _LEFT.fullmatch(word):
        words.append("[")
        word = left[1]
    if right := _RIGHT.fullmatch(word):
        return [*words, right[1], "]"]
    return [*words, word]


class _Writer:
    """Writes the blocks again, with indents as they come out of EUPS."""

    def __init__(
        self, blocks: Sequence[_Block], last_setups: int, entries: Mapping[tuple[str, str], bool]
    ) -> None:
        self._blocks = list(blocks)
        self._last_setups = last_setups
        self._entries = entries
        self._level = 0

    def lines(self) -> Iterator[str]:
        """Give the lines."""
        place = 0
        while place < len(self._blocks):
            block = self._blocks[place]
            if len(block.lines) == 1 and not block.setups and _EXACT.search(block.lines[0]):
                # An exact block that is there already: its `if`, its lines, its `else`.
                if place + 2 >= len(self._blocks):
                    raise ConfigurationError("the exact block of the table is not as it is written by EUPS")
                place += 3
                continue
            if block.setups:
                yield from self._setups(block, last=place == self._last_setups)
            else:
                yield from self._others(block)
            place += 1

    def _line(self, text: str) -> str:
        return _INDENT * self._level + text.strip()

    def _others(self, block: _Block) -> Iterator[str]:
        for number, line in enumerate(block.lines):
            if number == 0 and _CLOSES.fullmatch(line):
                self._level -= 1
            yield self._line(line)
            if number == 0 and _OPENS.search(line):
                self._level += 1

    def _setups(self, block: _Block, *, last: bool) -> Iterator[str]:
        yield self._line("if (type == exact) {" if last else "if (type != exact) {")
        self._level += 1
        if last:
            for (product, version), optional in self._entries.items():
                yield self._line(f"setup{'Optional' if optional else 'Required'}({product:<15} -j {version})")
            self._level -= 1
            yield self._line("} else {")
            self._level += 1
        lines = [line.strip() for line in block.lines]
        for number, line in enumerate(lines, start=1):
            if _EXTERNAL not in line and (line or number < len(lines) or self._level <= 0):
                yield self._line(line)
        self._level -= 1
        yield self._line("}")
