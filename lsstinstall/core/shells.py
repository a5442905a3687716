"""Changes of an environment in the words of a shell, safe to evaluate."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lsstinstall.core.setups import SetupChanges

__all__ = ["FAILURE", "ShellKind", "quote_for", "render_changes"]

FAILURE = "false\n"
"""What to print for a shell to evaluate when nothing can be set up."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ALIAS = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
_PLAIN = re.compile(r"[A-Za-z0-9_@%+:,./-]+")
_ALL_ARGUMENTS = re.compile(r'"?\$@"?')


class ShellKind(StrEnum):
    """A language that changes can be written in."""

    SH = "sh"
    """Any shell of the Bourne family: ``bash``, ``dash``, ``ksh``, ``zsh``."""

    CSH = "csh"
    """``csh`` and ``tcsh``."""

    FISH = "fish"
    JSON = "json"

    @classmethod
    def parse(cls, text: str) -> ShellKind:
        """Find the language that a shell speaks.

        Parameters
        ----------
        text : `str`
            A shell's name or path, ``/bin/tcsh``; or ``json``.

        Returns
        -------
        kind : `ShellKind`
            `SH` for a shell that nobody knows: most are of that family.
        """
        return _SPEAKERS.get(_program(text), cls.SH)

    @classmethod
    def named(cls, text: str) -> ShellKind:
        """Find the language of a shell that somebody asks for.

        Parameters
        ----------
        text : `str`
            As for `parse`.

        Returns
        -------
        kind : `ShellKind`
            Its language.

        Raises
        ------
        ConfigurationError
            Raised for a shell that nobody knows: it may be of any family, and
            a misspelled ``json`` would get commands.
        """
        kind = _SPEAKERS.get(_program(text))
        if kind is None:
            known = ", ".join(f"`{name}`" for name in _SPEAKERS)
            raise ConfigurationError(f"`{text}` is no shell that is known", hint=f"there are {known}")
        return kind


_SPEAKERS = {
    "sh": ShellKind.SH,
    "bash": ShellKind.SH,
    "zsh": ShellKind.SH,
    "dash": ShellKind.SH,
    "ash": ShellKind.SH,
    "ksh": ShellKind.SH,
    "mksh": ShellKind.SH,
    "csh": ShellKind.CSH,
    "tcsh": ShellKind.CSH,
    "fish": ShellKind.FISH,
    "json": ShellKind.JSON,
}


def _program(shell: str) -> str:
    # A login shell calls itself `-bash`, a version of its own `ksh93`.
    name = shell.rpartition("/")[2].removeprefix("-")
    return "ksh" if name.startswith("ksh") else name


def render_changes(changes: SetupChanges, kind: ShellKind) -> str:
    """Write changes as commands that make them.

    Parameters
    ----------
    changes : `SetupChanges`
        The changes.
    kind : `ShellKind`
        The language.

    Returns
    -------
    text : `str`
        Commands with ``;`` and a line end between them, so that they survive
        an ``eval`` without quotes; or one JSON object in one line. Empty if
        there is nothing to do.

    Raises
    ------
    RefusedError
        Raised if a table file names a variable or an alias as the shell
        cannot.
    """
    if kind is ShellKind.JSON:
        # Imported here: shells that evaluate text want none.
        import json  # noqa: PLC0415

        return json.dumps(_as_json(changes), ensure_ascii=False) + "\n"
    commands = list(_WRITERS[kind]().commands(changes))
    return ";\n".join(commands) + "\n" if commands else ""


def quote_for(kind: ShellKind, value: str) -> str:
    """Write a text so that a shell takes it for one word, as it is.

    Parameters
    ----------
    kind : `ShellKind`
        The language; not JSON.
    value : `str`
        Any text.

    Returns
    -------
    word : `str`
        Quoted if need be.
    """
    return _WRITERS[kind]().quoted(value) or "''"


def _as_json(changes: SetupChanges) -> dict[str, object]:
    return {
        "schema": 1,
        "set": dict(changes.variables),
        "unset": list(changes.unset),
        "aliases": dict(changes.aliases),
        "unaliases": list(changes.forgotten),
        "products": [list(product) for product in changes.products],
        "messages": list(changes.messages),
        "warnings": list(changes.warnings),
    }


class _ShWriter:
    """The Bourne family."""

    def commands(self, changes: SetupChanges) -> Iterator[str]:
        """Give one command for each change: variables, then aliases."""
        for name, value in changes.variables.items():
            yield self.set_variable(_checked(_NAME, name, "variable"), value)
        for name in changes.unset:
            if _NAME.fullmatch(name):
                yield self.unset_variable(name)
        for name, command in changes.aliases.items():
            yield self.set_alias(_checked(_ALIAS, name, "alias"), command or ":")
        for name in changes.forgotten:
            yield self.unset_alias(_checked(_ALIAS, name, "alias"))

    def set_variable(self, name: str, value: str) -> str:
        return f"export {name}={self.quoted(value)}"

    def unset_variable(self, name: str) -> str:
        return f"unset {name}"

    def set_alias(self, name: str, command: str) -> str:
        return f"{name}() {{ {command} ; }}"

    def unset_alias(self, name: str) -> str:
        return f"unset -f {name}"

    def quoted(self, value: str) -> str:
        if not value or _PLAIN.fullmatch(value):
            return value
        return "'" + value.replace("'", r"'\''") + "'"


class _CshWriter(_ShWriter):
    """The C shell, in which even a quoted ``!`` recalls old commands, and a line end must be escaped."""

    def set_variable(self, name: str, value: str) -> str:
        return f"setenv {name} {self.quoted(value)}"

    def unset_variable(self, name: str) -> str:
        return f"unsetenv {name}"

    def set_alias(self, name: str, command: str) -> str:
        # An alias recalls old commands once more when it is used; only its arguments are meant so.
        literal = command.replace("!", r"\!")
        return f"alias {name} {self.quoted(_ALL_ARGUMENTS.sub('!*', literal))}"

    def unset_alias(self, name: str) -> str:
        return f"unalias {name}"

    def quoted(self, value: str) -> str:
        if not value:
            return "''"
        return super().quoted(value).replace("!", r"\!").replace("\n", "\\\n")


class _FishWriter(_ShWriter):
    """fish, whose lists are not ours: a value with colons stays one text unless fish knows better."""

    def set_variable(self, name: str, value: str) -> str:
        return f"set -gx {name} {self.quoted(value)}"

    def unset_variable(self, name: str) -> str:
        return f"set -eg {name}"

    def set_alias(self, name: str, command: str) -> str:
        return f"function {name}; {_ALL_ARGUMENTS.sub('$argv', command)} ; end"

    def unset_alias(self, name: str) -> str:
        return f"functions -e {name}"

    def quoted(self, value: str) -> str:
        if value and _PLAIN.fullmatch(value):
            return value
        return "'" + value.replace("\\", r"\\").replace("'", r"\'") + "'"


_WRITERS: dict[ShellKind, type[_ShWriter]] = {
    ShellKind.SH: _ShWriter,
    ShellKind.CSH: _CshWriter,
    ShellKind.FISH: _FishWriter,
}


def _checked(pattern: re.Pattern[str], name: str, kind: str) -> str:
    if pattern.fullmatch(name) is None:
        raise RefusedError(
            f"a table file names the {kind} `{name}`, which a shell would not take for one",
            hint="`--shell json` shows where it comes from",
        )
    return name
