"""What a ``setupRequired`` or ``setupOptional`` statement asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.names import ProductName
from lsstinstall.core.statements import Verb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lsstinstall.core.statements import Statement

__all__ = ["Dependency"]

# As in `1.4+2 [>= 1.4+2]`, or in brackets only.
_BRACKETS = re.compile(r"(?:(\S*)\s+)?\[([^\]]+)\]\s*")
_WITH_VALUE = {
    "-f": "flavor",
    "--flavor": "flavor",
    "-r": "directory",
    "-T": "build",
    "-t": "tag",
    "--tag": "tag",
}
_FLAGS = {
    "-j": "just",
    "--just": "just",
    "-k": "keep",
    "--keep": "keep",
    "-n": "check",
    "--noaction": "check",
}


class Dependency(NamedTuple):
    """One product that a table file sets up, or with ``unsetup...`` takes away.

    Parameters
    ----------
    product : `ProductName` or `None`
        EUPS product; `None` if only ``directory`` is given.
    version : `str` or `None`
        Version, or an expression such as ``>= 1.2``; `None` for any.
    expression : `str` or `None`
        What stood in brackets.
    optional : `bool`
        Whether a failure is forgiven.
    just : `bool`
        Whether its own dependencies are left alone (``-j``).
    keep : `bool`
        Whether a version that is set up already stays (``-k``).
    check : `bool`
        Whether only the version is checked (``-n``; always so for ``eups``).
    external : `bool`
        Whether it is only recorded, for EUPS does not manage it.
    tags : `tuple` [ `str`, ... ]
        Values of ``-t``, in order.
    order : `tuple` [ `str`, ... ] or `None`
        Words of ``--vro``, the version resolution order of this product.
    directory : `str` or `None`
        Value of ``-r``.
    flavor : `str` or `None`
        Value of ``--flavor``, which EUPS ignores.
    ignored : `tuple` [ `str`, ... ]
        Options that nobody knows.
    """

    product: ProductName | None
    version: str | None = None
    expression: str | None = None
    optional: bool = False
    just: bool = False
    keep: bool = False
    check: bool = False
    external: bool = False
    tags: tuple[str, ...] = ()
    order: tuple[str, ...] | None = None
    directory: str | None = None
    flavor: str | None = None
    ignored: tuple[str, ...] = ()

    @classmethod
    def parse(cls, statement: Statement) -> Dependency:
        """Read the arguments of a set-up statement.

        Parameters
        ----------
        statement : `Statement`
            One of the four verbs that name a product.

        Returns
        -------
        dependency : `Dependency`
            The value.

        Raises
        ------
        ConfigurationError
            Raised if no product is named, or an option lacks its value.
        """
        options = _Options()
        words = options.read(iter(statement.operands))
        if not words and options.directory is None:
            raise ConfigurationError(f"`{statement.format()}` names no product")
        version, expression = _version(" ".join(words[1:]))
        product = ProductName(words[0]) if words else None
        return cls(
            product=product,
            version=version,
            expression=expression,
            optional=statement.verb in {Verb.SETUP_OPTIONAL, Verb.UNSETUP_OPTIONAL},
            just="just" in options.flags,
            keep="keep" in options.flags,
            check="check" in options.flags or product == "eups",
            external="external" in options.flags,
            tags=tuple(options.tags),
            order=None if options.order is None else tuple(options.order.split()),
            directory=options.directory,
            flavor=options.flavor,
            ignored=tuple(options.ignored),
        )


def _version(text: str) -> tuple[str | None, str | None]:
    if brackets := _BRACKETS.search(text):
        return brackets[1], brackets[2]
    return text or None, None


class _Options:
    """The options met so far in one statement."""

    def __init__(self) -> None:
        self.flags: set[str] = set()
        self.tags: list[str] = []
        self.ignored: list[str] = []
        self.order: str | None = None
        self.directory: str | None = None
        self.flavor: str | None = None

    def read(self, words: Iterator[str]) -> list[str]:
        """Take the options out; give what is left, in order."""
        left = []
        for word in words:
            if not word.startswith("-"):
                left.append(word)
            elif word in _FLAGS:
                self.flags.add(_FLAGS[word])
            # EUPS looks for the option *inside* the name, so that `-e` is `--external` and `-v` is `--vro`.
            elif word in "--external":
                self.flags.add("external")
            elif word in _WITH_VALUE:
                self._keep_value(_WITH_VALUE[word], _next(word, words))
            elif word in "--vro":
                self.order = _next(word, words)
            else:
                self.ignored.append(word)
        return left

    def _keep_value(self, kind: str, value: str) -> None:
        if kind == "tag":
            self.tags.append(value)
        elif kind == "directory":
            self.directory = value
        elif kind == "flavor":
            self.flavor = value


def _next(option: str, words: Iterator[str]) -> str:
    value = next(words, None)
    if value is None:
        raise ConfigurationError(f"the option `{option}` lacks its value")
    return value
