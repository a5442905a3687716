"""What the statements of a table file do to a shell, set-ups of other products apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.setuprecords import directory_variable
from lsstinstall.core.statements import Verb
from lsstinstall.core.variables import ListValue, expand_environment, interpolate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.core.statements import Statement
    from lsstinstall.core.variables import ProductVariables

__all__ = ["Shell"]

_STREAMS = frozenset({"stdout", "stderr", "stdwarn", "stdinfo"})


class Shell:
    """Variables and aliases of a shell, changed statement by statement.

    Parameters
    ----------
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        The variables to begin with, in their order.

    Attributes
    ----------
    environ : `dict` [ `str`, `str` ]
        The variables.
    aliases : `dict` [ `str`, `str` ]
        Commands by alias.
    forgotten : `dict` [ `str`, `None` ]
        Aliases that were taken away, in order.
    messages : `list` [ `str` ]
        What ``print`` statements said.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = dict(environ)
        self.aliases: dict[str, str] = {}
        self.forgotten: dict[str, None] = {}
        self.messages: list[str] = []

    def perform(self, statement: Statement, product: ProductVariables) -> None:
        """Do what a statement says.

        Parameters
        ----------
        statement : `Statement`
            Any but a set-up; statements for other purposes do nothing.
        product : `ProductVariables`
            The product whose table it stands in.

        Raises
        ------
        UnsetVariableError
            Raised if a value needs an environment variable that is not set.
        """
        name, *rest = self._arguments(statement, product)
        match statement.verb:
            case Verb.ENV_PREPEND | Verb.ENV_APPEND:
                self._extend(name, ListValue.parse(*rest), append=statement.verb is Verb.ENV_APPEND)
            case Verb.ENV_SET:
                if value := expand_environment(" ".join(rest), self.environ):
                    self.environ[name] = interpolate(value, self.environ)
            case Verb.ENV_UNSET:
                own = directory_variable(product.name)
                if name in {"PRODUCT_DIR", own}:
                    self.environ.pop(own, None)
            case Verb.ADD_ALIAS:
                self.aliases[name] = " ".join(rest)
            case Verb.PRINT:
                self.messages.append(" ".join(rest if name.lower() in _STREAMS else (name, *rest)))
            case _:
                pass

    def undo(self, statement: Statement, product: ProductVariables) -> None:
        """Undo what a statement did, as far as EUPS can.

        Parameters
        ----------
        statement : `Statement`
            Any but a set-up.
        product : `ProductVariables`
            The product whose table it stands in.
        """
        name, *rest = self._arguments(statement, product)
        match statement.verb:
            case Verb.ENV_PREPEND | Verb.ENV_APPEND:
                # EUPS sets the variable even if there was none, and expands nothing in the value.
                left = ListValue.parse(*rest).removed_from(self.environ.get(name, ""))
                self.environ[name] = interpolate(left, self.environ)
            case Verb.ENV_SET:
                self.environ.pop(name, None)
            case Verb.ADD_ALIAS:
                self.aliases.pop(name, None)
                self.forgotten[name] = None
            case _:
                pass

    def _arguments(self, statement: Statement, product: ProductVariables) -> list[str]:
        expanded = [product.expand(argument, self.environ) for argument in statement.operands]
        return expanded or [""]

    def _extend(self, name: str, value: ListValue, *, append: bool) -> None:
        text = expand_environment(value.text, self.environ)
        if text is None:
            return
        if text != value.text:
            value = value._replace(text=text)
        current = self.environ.get(name, "")
        result = value.behind(current) if append else value.before(current)
        self.environ[name] = interpolate(result, self.environ)
