"""Table files: what setting a product up does, and what else it needs.

The format is that of EUPS 2.2.15, read as EUPS reads it: conditions do not
nest, an empty block changes what the next one means, unknown lines are
skipped. Where that may surprise, the value carries a diagnostic.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from lsstinstall.core.conditions import parse_condition
from lsstinstall.core.dependencies import Dependency
from lsstinstall.core.errors import ConfigurationError, FormatError
from lsstinstall.core.sections import Diagnostic, Section, SectionBuilder
from lsstinstall.core.statements import Statement, Verb, split_arguments, verb_of
from lsstinstall.core.tablelines import table_lines

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from lsstinstall.core.conditions import Condition
    from lsstinstall.core.tablelines import TableLine

__all__ = ["TableFile", "parse_table"]

# "if (type == exact) {", "} else if (FLAVOR == Darwin) {", "} else {", "}"; no blank may follow the
# brace of an `else`.
_EDGE = re.compile(r"(?:if\s*\((.*)\)\s*\{\s*|\}\s*(?:(else(?:\s*if\s*\((.*)\))?)\s*\{)?)", re.IGNORECASE)
_STATEMENT = re.compile(r"(\w+)\s*\((.*)\)\s*;?\s*")
_EXACT = "if (type == exact) {"
_EXACT_BLOCK = re.compile(
    r"[^{}]*?(?:^|\n)(if \(type == exact\) \{\n(?:   setup\w+\([^\n#]*\)\n)+"
    r"\} else \{\n(?:   setup\w+\([^\n#]*\)\n)+\})(?=\n)"
)
_ARGUMENT_COUNTS = {
    Verb.ENV_APPEND: (2, 3),
    Verb.ENV_PREPEND: (2, 3),
    Verb.ENV_SET: (2, None),
    Verb.ENV_UNSET: (1, 1),
    Verb.ADD_ALIAS: (1, None),
    Verb.PRINT: (1, None),
}


class TableFile(NamedTuple):
    """Content of one table file.

    Parameters
    ----------
    sections : `tuple` [ `Section`, ... ]
        In file order.
    diagnostics : `tuple` [ `Diagnostic`, ... ]
        What does not mean what it seems to, in file order; unknown lines
        among them. Not compared.
    """

    sections: tuple[Section, ...]
    diagnostics: tuple[Diagnostic, ...] = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TableFile) and self.sections == other.sections

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.sections)

    def statements(
        self,
        *,
        flavor: str,
        types: Collection[str] = frozenset(),
        environ: Mapping[str, str] | None = None,
    ) -> tuple[Statement, ...]:
        """Choose the statements that count.

        Parameters
        ----------
        flavor : `str`
            EUPS flavor, ``Linux64``.
        types : `~collections.abc.Collection` [ `str` ], optional
            Setup types: ``exact``, ``build``.
        environ : `~collections.abc.Mapping` [ `str`, `str` ], optional
            Environment variables, for conditions that ask for one.

        Returns
        -------
        statements : `tuple` [ `Statement`, ... ]
            In file order, without comments and unknown lines.

        Raises
        ------
        ConfigurationError
            Raised if a condition cannot be answered.
        """
        variables = {} if environ is None else environ
        return tuple(
            statement
            for section in self.sections
            for statement in section.chosen(flavor=flavor, types=types, environ=variables)
            if statement.verb.acts
        )

    def dependencies(
        self,
        *,
        flavor: str,
        types: Collection[str] = frozenset(),
        environ: Mapping[str, str] | None = None,
    ) -> tuple[Dependency, ...]:
        """List what the product needs, one level deep.

        Parameters
        ----------
        flavor : `str`
            EUPS flavor, ``Linux64``.
        types : `~collections.abc.Collection` [ `str` ], optional
            Setup types; a build looks at a table without any.
        environ : `~collections.abc.Mapping` [ `str`, `str` ], optional
            Environment variables, for conditions that ask for one.

        Returns
        -------
        dependencies : `tuple` [ `Dependency`, ... ]
            In file order, duplicates included; without what is external,
            only checked, or taken away again by ``unsetupRequired``.

        Raises
        ------
        ConfigurationError
            Raised if a condition cannot be answered.
        """
        found: list[Dependency] = []
        for statement in self.statements(flavor=flavor, types=types, environ=environ):
            if not statement.verb.names_product:
                continue
            dependency = Dependency.parse(statement)
            if dependency.check or dependency.external:
                continue
            if statement.verb in {Verb.SETUP_REQUIRED, Verb.SETUP_OPTIONAL}:
                found.append(dependency)
            else:
                found = [other for other in found if other.product != dependency.product]
        return tuple(found)

    def declare_options(self, *, flavor: str, types: Collection[str] = frozenset()) -> dict[str, str]:
        """Collect what ``declareOptions(name=value)`` says.

        Parameters
        ----------
        flavor : `str`
            EUPS flavor, ``Linux64``.
        types : `~collections.abc.Collection` [ `str` ], optional
            Setup types.

        Returns
        -------
        options : `dict` [ `str`, `str` ]
            A later statement overrides an earlier one.
        """
        options: dict[str, str] = {}
        for statement in self.statements(flavor=flavor, types=types):
            if statement.verb is Verb.DECLARE_OPTIONS:
                words = [word for text in statement.operands for word in re.split(r"\s*=\s*", text) if word]
                options.update(zip(words[::2], words[1::2], strict=False))
        return options

    def format(self) -> str:
        """Write the file.

        Returns
        -------
        text : `str`
            Canonical: old forms as conditions, three blanks of indent,
            comments each on a line of its own.
        """
        return "".join(f"{line}\n" for section in self.sections for line in section.lines())


def parse_table(text: str, *, source: str, dependencies: bool = True) -> TableFile:
    """Read a table file.

    Parameters
    ----------
    text : `str`
        Content of ``ups/<product>.table``, any kind of line end.
    source : `str`
        File name or URL, for messages only.
    dependencies : `bool`, optional
        If false, the caller will not look at set-up statements, and an exact
        block as `~lsstinstall.core.expansions` writes it may be passed over.

    Returns
    -------
    table : `TableFile`
        The value; what EUPS skips is in it and in its diagnostics.

    Raises
    ------
    FormatError
        Raised if a statement has the wrong number of arguments, a set-up
        names no product, or a condition's parentheses do not match.
    """
    if not dependencies and _EXACT in text and (block := _EXACT_BLOCK.match(text)):
        # The whole closure stands there twice; leave its line ends, so that places stay right.
        start, end = block.span(1)
        text = text[:start] + "\n" * block[1].count("\n") + text[end:]
    reader = _Reader(source)
    number = 0
    for line in table_lines(text, source=source):
        reader.read(line)
        number = line.number
    reader.builder.end(number)
    return TableFile(sections=tuple(reader.builder.sections), diagnostics=tuple(reader.builder.diagnostics))


class _Reader:
    """Takes lines, hands blocks and statements to a builder."""

    def __init__(self, source: str) -> None:
        self.builder = SectionBuilder(source)
        self._source = source

    def read(self, line: TableLine) -> None:
        if line.comment is not None:
            self._add(Verb.COMMENT, (line.comment,), line)
        if not line.text:
            return
        if found := _STATEMENT.fullmatch(line.text):
            self._read_statement(found, line)
        elif edge := _EDGE.fullmatch(line.text):
            self._read_edge(edge, line)
        else:
            self._skip(line, "unrecognized line")

    def _read_edge(self, edge: re.Match[str], line: TableLine) -> None:
        if edge[1] is not None:
            self.builder.open(self._condition(edge, 1, line), line.number)
        elif edge[3] is not None:
            self.builder.open_other(self._condition(edge, 3, line), line.number)
        elif edge[2] is not None:
            self.builder.open_else(line.number)
        else:
            self.builder.close(line.number)

    def _condition(self, edge: re.Match[str], group: int, line: TableLine) -> Condition:
        condition = parse_condition(
            edge[group],
            source=self._source,
            line=line.number,
            column=line.indent + edge.start(group) + 1,
            excerpt=line.excerpt,
        )
        if condition.unread:
            self.builder.warn(line.number, f"`{condition.unread}` in the condition is not read")
        return condition

    def _read_statement(self, found: re.Match[str], line: TableLine) -> None:
        verb = verb_of(found[1])
        if verb is Verb.UNKNOWN:
            self._skip(line, f"unknown statement `{found[1]}`")
            return
        arguments = split_arguments(found[2])
        statement = Statement(verb, arguments, line.number)
        counts = _ARGUMENT_COUNTS.get(verb)
        if counts is not None:
            least, most = counts
            if len(arguments) < least or (most is not None and len(arguments) > most):
                raise self._error(_count_message(statement, least, most), found, line)
        elif verb.names_product:
            self._check(statement, found, line)
        self.builder.add(statement)

    def _check(self, statement: Statement, found: re.Match[str], line: TableLine) -> None:
        operands = statement.operands
        if operands and not operands[0].startswith("-") and not operands[-1].startswith("-"):
            return
        try:
            Dependency.parse(statement)
        except ConfigurationError as error:
            raise self._error(str(error), found, line) from error

    def _skip(self, line: TableLine, problem: str) -> None:
        self.builder.warn(line.number, f"{problem}, skipped: `{line.text}`", skipped=True)
        self._add(Verb.UNKNOWN, (line.text,), line)

    def _add(self, verb: Verb, arguments: tuple[str, ...], line: TableLine) -> None:
        self.builder.add(Statement(verb=verb, arguments=arguments, line=line.number))

    def _error(self, problem: str, found: re.Match[str], line: TableLine) -> FormatError:
        column = line.indent + found.start(2) + 1
        return FormatError(problem, source=self._source, line=line.number, column=column, text=line.excerpt)


def _count_message(statement: Statement, least: int, most: int | None) -> str:
    wanted = f"at least {least}" if most is None else str(least) if most == least else f"{least} or {most}"
    plural = "" if wanted in {"1", "at least 1"} else "s"
    shown = " ".join(f"`{argument}`" for argument in statement.arguments) or "none"
    return f"`{statement.verb}` takes {wanted} argument{plural}, got {shown}"
