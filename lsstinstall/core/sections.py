"""The sections of a table file, and what EUPS makes of the blocks it meets."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lsstinstall.core.conditions import ALWAYS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from lsstinstall.core.conditions import Condition
    from lsstinstall.core.statements import Statement

__all__ = ["Branch", "Diagnostic", "Section", "SectionBuilder"]

_INDENT = "   "


class Diagnostic(NamedTuple):
    """Something in a file that does not mean what it seems to.

    Parameters
    ----------
    source : `str`
        File name.
    line : `int`
        Where, from 1.
    message : `str`
        One sentence: lower case, no full stop.
    skipped : `bool`
        Whether EUPS passes the line over, and says so each time.
    """

    source: str
    line: int
    message: str
    skipped: bool = False

    def __str__(self) -> str:
        return f"{self.source}:{self.line}: {self.message}"


class Branch(NamedTuple):
    """A condition and what is done if it holds.

    Parameters
    ----------
    condition : `Condition`
        The condition.
    statements : `tuple` [ `Statement`, ... ]
        In file order.
    """

    condition: Condition
    statements: tuple[Statement, ...]


class Section(NamedTuple):
    """Branches of which the first that holds is taken.

    Parameters
    ----------
    branches : `tuple` [ `Branch`, ... ]
        At least one; a section without any condition has one, whose
        condition is `ALWAYS`.
    otherwise : `tuple` [ `Statement`, ... ]
        What is done if no branch holds; empty without ``else``.
    """

    branches: tuple[Branch, ...]
    otherwise: tuple[Statement, ...] = ()

    @property
    def unconditional(self) -> bool:
        """Whether the section is no ``if`` at all."""
        return len(self.branches) == 1 and not self.otherwise and self.branches[0].condition == ALWAYS

    def chosen(
        self, *, flavor: str, types: Collection[str], environ: Mapping[str, str]
    ) -> tuple[Statement, ...]:
        """Choose the statements that count.

        Parameters
        ----------
        flavor : `str`
            EUPS flavor.
        types : `~collections.abc.Collection` [ `str` ]
            Setup types.
        environ : `~collections.abc.Mapping` [ `str`, `str` ]
            Environment variables, for conditions that ask for one.

        Returns
        -------
        statements : `tuple` [ `Statement`, ... ]
            In file order, comments and unknown lines included.

        Raises
        ------
        ConfigurationError
            Raised if a condition cannot be answered.
        """
        for branch in self.branches:
            condition = branch.condition
            if condition is ALWAYS or condition.holds(flavor=flavor, types=types, environ=environ):
                return branch.statements
        return self.otherwise

    def lines(self) -> Iterator[str]:
        """Write the section.

        Yields
        ------
        line : `str`
            One line, without its end.
        """
        if self.unconditional:
            yield from (statement.format() for statement in self.branches[0].statements)
            return
        keyword = "if"
        for branch in self.branches:
            yield f"{keyword} ({branch.condition.text}) {{"
            yield from (_INDENT + statement.format() for statement in branch.statements)
            keyword = "} else if"
        if self.otherwise:
            yield "} else {"
            yield from (_INDENT + statement.format() for statement in self.otherwise)
        yield "}"


class SectionBuilder:
    """Puts statements and the edges of blocks together as EUPS does.

    EUPS keeps one block at a time and looks at it only if it is not empty,
    which is why an empty block has an effect on its neighbors. This class has
    the same memory: one condition, one block, the branches before it.

    Parameters
    ----------
    source : `str`
        File name, for diagnostics.
    """

    def __init__(self, source: str) -> None:
        self.sections: list[Section] = []
        self.diagnostics: list[Diagnostic] = []
        self._source = source
        self._condition = ALWAYS
        self._block: list[Statement] = []
        self._acts = False
        self._if_block: list[Statement] = []
        self._pending: list[tuple[Condition, list[Statement]]] = []
        self._inside = False

    def add(self, statement: Statement) -> None:
        """Add a statement to the block at hand."""
        self._block.append(statement)
        if not self._acts:
            self._acts = statement.verb.acts

    def warn(self, line: int, message: str, *, skipped: bool = False) -> None:
        """Add a diagnostic."""
        self.diagnostics.append(Diagnostic(self._source, line, message, skipped))

    def open(self, condition: Condition, line: int) -> None:
        """Begin a block: ``if (...) {``."""
        if self._inside:
            self.warn(line, "blocks do not nest: this `if` ends the block it stands in")
        if self._acts:
            self._finish(self._take())
        elif not self._inside:
            self._keep_remarks()
        self._condition = condition
        self._inside = True

    def open_other(self, condition: Condition, line: int) -> None:
        """End a block and begin the next: ``} else if (...) {``."""
        if not self._acts:
            self.warn(line, "the block before is empty, so this one stands under the condition of that")
            return
        self._pending.append((self._condition, self._take()))
        self._condition = condition

    def open_else(self, line: int) -> None:
        """End a block and begin the last: ``} else {``."""
        if not self._acts:
            self.warn(line, "the block before is empty, so this one stands under the condition of that")
            return
        self._if_block = self._take()

    def close(self, line: int) -> None:
        """End a block: ``}``."""
        if not self._inside:
            self.warn(line, "this `}` closes nothing")
        elif self._if_block and not self._acts:
            self.warn(line, "the `else` block is empty, so what stands before it is not done as written")
        if self._acts:
            self._finish(self._take())
        elif self._pending:
            self._store(otherwise=[])
        self._condition = ALWAYS
        self._inside = False

    def end(self, line: int) -> None:
        """End the file."""
        if self._inside:
            self.warn(line, "the last block is not closed")
        if self._pending:
            self._store(otherwise=[])
        if self._acts:
            self._pending = [(self._condition, self._take())]
            self._store(otherwise=[])
        self._keep_remarks()

    def _take(self) -> list[Statement]:
        block, self._block, self._acts = self._block, [], False
        return block

    def _finish(self, block: list[Statement]) -> None:
        first, otherwise = (self._if_block, block) if self._if_block else (block, [])
        self._pending.append((self._condition, first))
        self._store(otherwise=otherwise)

    def _store(self, *, otherwise: list[Statement]) -> None:
        branches = tuple(
            Branch(condition=condition, statements=tuple(statements))
            for condition, statements in self._pending
        )
        self._append(Section(branches=branches, otherwise=tuple(otherwise)))
        self._pending, self._if_block = [], []

    def _keep_remarks(self) -> None:
        if self._block:
            self._append(Section(branches=(Branch(condition=ALWAYS, statements=tuple(self._take())),)))

    def _append(self, section: Section) -> None:
        if self.sections and section.unconditional and self.sections[-1].unconditional:
            before = self.sections.pop().branches[0].statements
            together = before + section.branches[0].statements
            section = Section(branches=(Branch(condition=ALWAYS, statements=together),))
        self.sections.append(section)
