"""The statements of table files: their verbs, and how arguments are split and joined.

Both follow ``eups.table`` (EUPS 2.2.15), quotes and all.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

__all__ = ["Statement", "Verb", "join_arguments", "split_arguments", "verb_of"]


class Verb(StrEnum):
    """What a statement does, in its canonical spelling."""

    ADD_ALIAS = "addAlias"
    DECLARE_OPTIONS = "declareOptions"
    ENV_APPEND = "envAppend"
    ENV_PREPEND = "envPrepend"
    ENV_SET = "envSet"
    ENV_UNSET = "envUnset"
    PRINT = "print"
    PROD_DIR = "prodDir"
    SETUP_ENV = "setupEnv"
    SETUP_OPTIONAL = "setupOptional"
    SETUP_REQUIRED = "setupRequired"
    UNSETUP_OPTIONAL = "unsetupOptional"
    UNSETUP_REQUIRED = "unsetupRequired"
    COMMENT = "#"
    """A comment, for readers only; its argument is the text after the mark."""
    UNKNOWN = "?"
    """A line that EUPS reports and skips; its argument is the line."""

    @property
    def acts(self) -> bool:
        """Whether EUPS knows the statement, so that a block that holds it is not empty."""
        return self is not Verb.COMMENT and self is not Verb.UNKNOWN

    @property
    def names_product(self) -> bool:
        """Whether the first argument that is no option is a product."""
        return self in _SETUPS


_SETUPS = frozenset({Verb.SETUP_REQUIRED, Verb.SETUP_OPTIONAL, Verb.UNSETUP_REQUIRED, Verb.UNSETUP_OPTIONAL})
_ALIASES = {
    "pathappend": Verb.ENV_APPEND,
    "pathprepend": Verb.ENV_PREPEND,
    "pathremove": Verb.ENV_UNSET,
    "pathset": Verb.ENV_SET,
    "setenv": Verb.ENV_SET,
    "unsetenv": Verb.ENV_UNSET,
}
_VERBS = {verb.lower(): verb for verb in Verb if verb.acts} | _ALIASES


def verb_of(name: str) -> Verb:
    """Find the verb that a name in a table file means.

    Parameters
    ----------
    name : `str`
        For example ``envPrepend`` or its old name ``pathPrepend``; case does
        not matter.

    Returns
    -------
    verb : `Verb`
        `Verb.UNKNOWN` for a name that EUPS skips, which ``sourceRequired`` is, too.
    """
    return _VERBS.get(name.lower(), Verb.UNKNOWN)


class Statement(NamedTuple):
    """One line of a table file that is not part of a condition.

    Parameters
    ----------
    verb : `Verb`
        What it does.
    arguments : `tuple` [ `str`, ... ]
        As split, without the quotes round them, options included.
    line : `int`
        Where it stands, from 1; 0 if it was not read. Not compared.
    """

    verb: Verb
    arguments: tuple[str, ...]
    line: int = 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Statement) and self[:2] == other[:2]

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self[:2])

    @property
    def operands(self) -> tuple[str, ...]:
        """The arguments without the first ``-f`` and its value, which EUPS drops wherever they stand."""
        if "-f" not in self.arguments:
            return self.arguments
        at = self.arguments.index("-f")
        return self.arguments[:at] + self.arguments[at + 2 :]

    def format(self) -> str:
        """Write the statement as one line.

        Returns
        -------
        line : `str`
            Without indent and line end.
        """
        if self.verb is Verb.COMMENT:
            return f"#{self.arguments[0]}"
        if self.verb is Verb.UNKNOWN:
            return self.arguments[0]
        separator = " " if self.verb in _SETUPS else ", "
        return f"{self.verb}({join_arguments(self.arguments, separator)})"


# EUPS marks what must survive the split with these characters.
_BLANK, _QUOTE, _COMMA = "\x01", "\x02", "\x03"
_ALL_QUOTED = re.compile(r'"(.*)"')
_QUOTED_BLANK = re.compile(r',\s*"(\s)"')
_QUOTED = re.compile(r'"[^"]+"')
_RESTORE = str.maketrans({_BLANK: " ", _QUOTE: '"', _COMMA: ","})
_PROTECT = str.maketrans({" ": _BLANK, ",": _COMMA})


def split_arguments(text: str) -> tuple[str, ...]:
    r"""Split what stands between the parentheses of a statement.

    Parameters
    ----------
    text : `str`
        For example ``FOO, "a b", :``.

    Returns
    -------
    arguments : `tuple` [ `str`, ... ]
        In order. Commas and blanks separate, tabs do not; ``\"`` is a quote.

    Notes
    -----
    Quotes round the whole text are taken off first, so that ``"a", "b"`` is
    the one argument ``a", "b``: a habit of EUPS that is kept.
    """
    if '"' not in text:
        return tuple(part for part in text.replace(",", " ").split(" ") if part)
    if whole := _ALL_QUOTED.fullmatch(text):
        text = whole[1]
    text = _QUOTED_BLANK.sub(rf'\1"{_BLANK}"', text.replace(r"\"", _QUOTE))
    text = _QUOTED.sub(lambda found: found[0].translate(_PROTECT), text)
    parts = [part for part in text.replace(",", " ").split(" ") if part]
    return tuple(_unquoted(part).translate(_RESTORE) for part in parts)


def _unquoted(part: str) -> str:
    whole = _ALL_QUOTED.fullmatch(part)
    return whole[1] if whole else part


def join_arguments(arguments: tuple[str, ...], separator: str = ", ") -> str:
    """Write arguments so that `split_arguments` gives them back.

    Parameters
    ----------
    arguments : `tuple` [ `str`, ... ]
        In order.
    separator : `str`, optional
        What to put between them: blanks, or a comma and a blank.

    Returns
    -------
    text : `str`
        With quotes where they are needed.
    """
    text = separator.join(_quoted(argument) for argument in arguments)
    if text.startswith('"') and text.endswith('"'):
        # Else the two quotes would be read as quotes round the whole.
        text += " "
    return text


def _quoted(argument: str) -> str:
    if argument and " " not in argument and "," not in argument:
        return argument.replace('"', r"\"")
    if argument.endswith("\\"):
        # A closing quote after it would not close; such a one can only have quotes of its own.
        return argument
    return '"' + argument.replace('"', r"\"") + '"'
