"""How table files change environment variables: lists of elements, and ``${...}`` in values.

As ``eups.table.Action`` does it (EUPS 2.2.15).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from lsstinstall.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ListValue",
    "ProductVariables",
    "UnsetVariableError",
    "expand_environment",
    "interpolate",
]

# As in `$?{HOME}`, `${HOME}` and `${HOME-/root}`.
_REFERENCE = re.compile(r"\$(\?)?\{([^-}]*)(?:-([^}]+))?\}")
_PLAIN_REFERENCE = re.compile(r"\$\{([^}]*)\}")
_PRODUCT_DIR = re.compile(r"(\$(\?)?\{PRODUCT_DIR(_EXTRA)?\})")
_MOST_COMMON = "${PRODUCT_DIR}"
_PATH_ELEMENT = re.compile(r"\$\{EUPS_PATH\[(\d+)\]\}")


class UnsetVariableError(ConfigurationError):
    """A value that names an environment variable which is not set.

    Parameters
    ----------
    name : `str`
        The variable.
    value : `str`
        The value that names it.
    """

    def __init__(self, name: str, *, value: str) -> None:
        super().__init__(
            f"the environment variable `{name}` in `{value}` is not set",
            hint=f"set it; a table file may write `$?{{{name}}}` or `${{{name}-default}}`",
        )


class ListValue(NamedTuple):
    """What is added to a list variable, or taken from it.

    Parameters
    ----------
    text : `str`
        One element, or several; without the separators at its ends.
    separator : `str`
        What stands between elements; taken literally.
    leads, trails : `bool`
        Whether the variable is to begin or end with the separator, as
        ``MANPATH`` has it.
    """

    text: str
    separator: str
    leads: bool
    trails: bool

    @classmethod
    def parse(cls, text: str, separator: str = ":") -> ListValue:
        """Read the value in a table file.

        Parameters
        ----------
        text : `str`
            With a separator at its start or end if the variable is to have one.
        separator : `str`, optional
            What stands between elements.

        Returns
        -------
        value : `ListValue`
            The value; a text of one separator is one at the start.
        """
        rest = text.removeprefix(separator)
        bare = rest.removesuffix(separator)
        return cls(text=bare, separator=separator, leads=rest != text, trails=bare != rest)

    def before(self, current: str) -> str:
        """Put the elements in front of a variable.

        Parameters
        ----------
        current : `str`
            Its value; empty if it is not set.

        Returns
        -------
        result : `str`
            Several elements come out reversed. Empty elements of ``current``
            are dropped; of equal elements the first is kept.
        """
        return self._joined([*reversed(self._elements()), *self._kept(current)])

    def behind(self, current: str) -> str:
        """Put the elements behind a variable, in their order; else as `before`."""
        return self._joined([*self._kept(current), *self._elements()])

    def removed_from(self, current: str) -> str:
        """Take the elements out of a variable, which may become empty; else as `before`."""
        elements = self._elements()
        return self._joined([one for one in self._kept(current) if one not in elements])

    def _elements(self) -> list[str]:
        return self.text.split(self.separator)

    def _kept(self, current: str) -> list[str]:
        elements = current.split(self.separator)
        return [element for element in elements if element] if "" in elements else elements

    def _joined(self, elements: list[str]) -> str:
        result = self.separator.join(dict.fromkeys(elements))
        if self.leads and not result.startswith(self.separator):
            result = self.separator + result
        if self.trails and not result.endswith(self.separator):
            result += self.separator
        return result


def expand_environment(value: str, environ: Mapping[str, str]) -> str | None:
    """Replace what a value says about environment variables.

    Parameters
    ----------
    value : `str`
        With ``${X}``, ``${X-default}`` or ``$?{X}``.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        The variables.

    Returns
    -------
    expanded : `str` or `None`
        `None` if the statement does not count, for ``$?{X}`` is not set. As
        in EUPS the first reference decides: its value replaces all of them.

    Raises
    ------
    UnsetVariableError
        Raised if the variable is not set and there is no default.
    """
    reference = _REFERENCE.search(value) if "{" in value else None
    if reference is None:
        return value
    optional, name, default = reference.groups()
    found: str | None = environ.get(name, default)
    if found is None:
        if optional:
            return None
        raise UnsetVariableError(name, value=value)
    text = found
    return _REFERENCE.sub(lambda _: text, value)


def interpolate(value: str, environ: Mapping[str, str]) -> str:
    """Replace ``${X}`` by the variable if there is one, leave it if not.

    Parameters
    ----------
    value : `str`
        What a variable is about to be set to.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        The variables.

    Returns
    -------
    interpolated : `str`
        The value that is set.
    """
    if "${" not in value:
        return value
    return _PLAIN_REFERENCE.sub(lambda found: environ.get(found[1], found[0]), value)


class ProductVariables(NamedTuple):
    """What a table may say of the product it belongs to.

    Parameters
    ----------
    name, version, flavor : `str`
        Of the product.
    directory : `str`
        Its directory; ``none`` if it has none.
    stack : `str`
        The stack that declares it; ``(none)`` for a directory.
    ups_dir : `str`
        Directory of its table file.
    extra_dir : `str`
        ``<stack>/ups_db/<flavor>/<product>/<version>``.
    extra_exists : `bool`
        Whether that directory is there.
    """

    name: str
    version: str
    flavor: str
    directory: str
    stack: str
    ups_dir: str
    extra_dir: str
    extra_exists: bool

    def expand(self, value: str, environ: Mapping[str, str]) -> str:
        """Replace ``${PRODUCT_DIR}`` and its like.

        Parameters
        ----------
        value : `str`
            One argument of a statement.
        environ : `~collections.abc.Mapping` [ `str`, `str` ]
            Variables; only ``EUPS_PATH`` is used.

        Returns
        -------
        expanded : `str`
            References to other variables are still there.
        """
        if "{" not in value:
            return value
        if value.startswith(_MOST_COMMON) and value.count("{") == 1:
            return self.directory + value[len(_MOST_COMMON) :]
        value = self._expand_directory(value.replace("${PRODUCTS}", self.stack))
        for reference, text in (
            (f"${{{self.name.upper()}_DIR}}", self.directory),
            ("${PRODUCT_FLAVOR}", self.flavor),
            ("${PRODUCT_NAME}", self.name),
            ("${PRODUCT_VERSION}", self.version),
            ("${UPS_DIR}", self.ups_dir),
        ):
            value = value.replace(reference, text)
        return _path_element(value, environ)

    def _expand_directory(self, value: str) -> str:
        # Only what stands first is replaced, so `$?{PRODUCT_DIR}` after `${PRODUCT_DIR}` stays; as EUPS.
        found = _PRODUCT_DIR.search(value)
        if found is None:
            return value
        reference, optional, extra = found.groups()
        if optional and (not self.extra_exists if extra else self.directory == "none"):
            return value
        return value.replace(reference, self.extra_dir if extra else self.directory)


def _path_element(value: str, environ: Mapping[str, str]) -> str:
    # EUPS puts the element in place of the whole value.
    found = _PATH_ELEMENT.search(value)
    if found is None or "EUPS_PATH" not in environ:
        return value
    elements = environ["EUPS_PATH"].split(":")
    index = int(found[1])
    return elements[index] if index < len(elements) else value.removesuffix(f"[{found[1]}]}}") + "}"
