"""The conditions of table files: what ``if (...)`` may ask, and how it is answered.

The grammar is that of ``eups.VersionParser`` (EUPS 2.2.15), with its habits:
``&&`` and ``||`` bind alike and run from left to right, the first of them that
settles the answer ends the evaluation, ``!`` negates all that follows, and
what cannot be read is not read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, assert_never

from lsstinstall.core.errors import ConfigurationError, FormatError, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["ALWAYS", "Chain", "Comparison", "Condition", "Negation", "Operand", "parse_condition"]

_QUOTED = re.compile(r"['\"]([^'\"]+)['\"]")
# "${FOO:-x}", "exact", "2.2", "==": what stands between two of them is a token as well, "&&", "=~".
_TOKENS = re.compile(r"(\$\??\{[^}]+\}|[\w.+]+|\s+|==|!=|<=|>=|[()<>])")
_VARIABLE = re.compile(r"\$\{([^:}]*)(:-([^}*]*))?\}")
_RELATIONS = frozenset({"==", "!=", "=~", "!~", "<", "<=", ">", ">="})
_JUNCTIONS = {"&&": "and", "and": "and", "||": "or", "or": "or"}
_DEEPEST = 40

Value: TypeAlias = str | int | frozenset[str]


class Operand(NamedTuple):
    """One word: ``FLAVOR``, ``type``, ``${HOME}``, ``exact``, ``12``.

    Parameters
    ----------
    text : `str`
        The word; empty where one is missing.
    """

    text: str


class Comparison(NamedTuple):
    """Two values and how they are compared.

    Parameters
    ----------
    left, right : `Expression`
        The values.
    relation : `str`
        One of ``== != =~ !~ < <= > >=``.
    """

    left: Expression
    relation: str
    right: Expression


class Negation(NamedTuple):
    """Not this, nor anything after it in the same parentheses.

    Parameters
    ----------
    inner : `Expression`
        What is negated.
    """

    inner: Expression


class Chain(NamedTuple):
    """Several terms, evaluated from left to right until the answer is settled.

    Parameters
    ----------
    first : `Expression`
        The first term.
    rest : `tuple` [ `tuple` [ `str`, `Expression` ] ]
        ``and`` or ``or`` and the term after it, in order.
    """

    first: Expression
    rest: tuple[tuple[str, Expression], ...]


Expression: TypeAlias = Operand | Comparison | Negation | Chain


class Condition(NamedTuple):
    """The condition of one ``if``.

    Parameters
    ----------
    text : `str`
        As written between the parentheses, without outer blanks.
    expression : `Expression`
        What was read.
    unread : `str`
        The words at which reading stopped, joined by blanks; empty if all of
        the text counts.
    """

    text: str
    expression: Expression
    unread: str = ""

    def holds(self, *, flavor: str, types: Collection[str] = (), environ: Mapping[str, str]) -> bool:
        """Answer the condition.

        Parameters
        ----------
        flavor : `str`
            Value of ``FLAVOR``.
        types : `~collections.abc.Collection` [ `str` ], optional
            Setup types: ``type == exact`` asks whether ``exact`` is among
            them. Without any, ``type`` is no more than a word.
        environ : `~collections.abc.Mapping` [ `str`, `str` ]
            Values of ``${...}``.

        Returns
        -------
        answer : `bool`
            Whether the block is meant.

        Raises
        ------
        ConfigurationError
            Raised if a variable without a default is not set, or if values
            are compared that cannot be.
        """
        symbols: dict[str, Value] = {"flavor": flavor}
        if types:
            symbols["type"] = frozenset(types)
        value = _Answer(self.text, symbols, environ).value(self.expression)
        return bool(value) and value != "EOF"


ALWAYS = Condition(text="True", expression=Operand(text="True"))
"""The condition of what stands outside all blocks."""


def parse_condition(
    text: str, *, source: str, line: int = 1, column: int = 1, excerpt: str | None = None
) -> Condition:
    """Read a condition.

    Parameters
    ----------
    text : `str`
        What stands between the parentheses of ``if (...)``.
    source : `str`
        File name, for error messages only.
    line, column : `int`, optional
        Where the text begins, both counted from 1, for error messages only.
    excerpt : `str`, optional
        The whole line, for error messages only; by default the text.

    Returns
    -------
    condition : `Condition`
        The value.

    Raises
    ------
    FormatError
        Raised if a parenthesis is not closed, or if there are too many.
    """
    column += len(text) - len(text.lstrip())
    text = text.strip()
    words = [word for word in _TOKENS.split(_QUOTED.sub(r"\1", text)) if word.strip()]
    reader = _Reader(words)
    try:
        expression = reader.chain(0)
    except _UnbalancedError as error:
        shown = text if excerpt is None else excerpt
        raise FormatError(str(error), source=source, line=line, column=column, text=shown) from error
    return Condition(text=text, expression=expression, unread=" ".join(reader.words[reader.place :]))


class _UnbalancedError(Exception):
    """Parentheses that do not match."""


class _Reader:
    """Recursive descent over the words of a condition."""

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.place = 0

    def chain(self, depth: int) -> Expression:
        """Read terms joined by ``&&`` and ``||``; stop before anything else."""
        if depth > _DEEPEST:
            raise _UnbalancedError(f"a condition with more than {_DEEPEST} levels of parentheses")
        first = self._term(depth)
        rest: list[tuple[str, Expression]] = []
        while (junction := _JUNCTIONS.get(self._peek())) is not None:
            self.place += 1
            rest.append((junction, self._term(depth)))
        return Chain(first=first, rest=tuple(rest)) if rest else first

    def _term(self, depth: int) -> Expression:
        left = self._primary(depth)
        relation = self._peek()
        if relation not in _RELATIONS:
            return left
        self.place += 1
        return Comparison(left=left, relation=relation, right=self._primary(depth))

    def _primary(self, depth: int) -> Expression:
        word = self._peek()
        self.place += bool(word)
        if word in {"!", "not"}:
            return Negation(inner=self.chain(depth + 1))
        if word != "(":
            return Operand(text=word)
        inner = self.chain(depth + 1)
        if self._peek() != ")":
            found = f"`{self._peek()}`" if self._peek() else "its end"
            raise _UnbalancedError(f"expected `)` in the condition, got {found}")
        self.place += 1
        return inner

    def _peek(self) -> str:
        return self.words[self.place] if self.place < len(self.words) else ""


class _Answer:
    """Evaluation of one condition."""

    def __init__(self, text: str, symbols: Mapping[str, Value], environ: Mapping[str, str]) -> None:
        self._text = text
        self._symbols = symbols
        self._environ = environ

    def value(self, expression: Expression) -> Value:
        """Evaluate an expression; a truth is an `int`, as in Python."""
        match expression:
            case Operand():
                return self._operand(expression.text)
            case Negation():
                return not self.value(expression.inner)
            case Comparison():
                return self._compare(expression)
            case Chain():
                return self._chain(expression)
            case _:
                assert_never(expression)

    def _chain(self, chain: Chain) -> Value:
        value = self.value(chain.first)
        for junction, term in chain.rest:
            if bool(value) == (junction == "or"):
                return value
            value = self.value(term)
        return value

    def _operand(self, word: str) -> Value:
        value: Value = word or "EOF"
        if variable := _VARIABLE.match(word):
            value = self._variable(variable)
        else:
            value = self._symbols.get(word.lower(), value)
        if isinstance(value, frozenset):
            return value
        if value in {"True", "False"}:
            return value == "True"
        try:
            return int(value)
        except ValueError:
            return value

    def _variable(self, variable: re.Match[str]) -> str:
        name, modifier, default = variable.groups()
        if name in self._environ:
            return self._environ[name]
        if modifier:
            return "0" if default in {"", "false"} else default
        raise ConfigurationError(
            f"the condition `{self._text}` asks for the environment variable `{name}`, which is not set",
            hint=f"set it, or write `${{{name}:-false}}`",
        )

    def _compare(self, comparison: Comparison) -> bool:
        left, right = self.value(comparison.left), self.value(comparison.right)
        relation = comparison.relation
        if relation in {"==", "!="}:
            equal = right in left if isinstance(left, frozenset) else left == right
            return equal == (relation == "==")
        if isinstance(left, str) and isinstance(right, str):
            if relation in {"=~", "!~"}:
                return self._search(right, left) == (relation == "=~")
            return _satisfies((left > right) - (left < right), relation)
        if isinstance(left, int) and isinstance(right, int) and relation not in {"=~", "!~"}:
            return _satisfies((left > right) - (left < right), relation)
        raise ConfigurationError(
            f"the condition `{self._text}` compares with `{relation}` what cannot be compared so",
            hint="compare a number with a number, a word with a word, and the type with `==` or `!=`",
        )

    def _search(self, pattern: str, text: str) -> bool:
        try:
            return re.search(pattern, text) is not None
        except (re.error, OverflowError, RecursionError) as error:
            raise ConfigurationError(
                f"the condition `{self._text}` holds `{shown(pattern)}`, "
                f"which is no regular expression: {error}"
            ) from error


def _satisfies(sign: int, relation: str) -> bool:
    if sign == 0:
        return relation.endswith("=")
    return relation.startswith("<" if sign < 0 else ">")
