"""How table files change environment variables: lists of elements, and ``${...}`` in values.

As ``eups.table.Action`` does it (EUPS 2.2.15).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "ProductVariables",
    "UnsetVariableError",
    "expand_environment",
    "interpolate",
    "with_element",
    "without_element",
]

# As in `$?{HOME}`, `${HOME}` and `${HOME-/root}`.
_REFERENCE = re.compile(r"\$(\?)?\{([^-}]*)(?:-([^}]+))?\}")
_PLAIN_REFERENCE = re.compile(r"\$\{([^}]*)\}")
_PRODUCT_DIR = re.compile(r"(\$(\?)?\{PRODUCT_DIR(_EXTRA)?\})")
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


def with_element(current: str, value: str, separator: str = ":", *, append: bool = False) -> str:
    """Add to a list variable.

    Parameters
    ----------
    current : `str`
        The variable as it is; empty if it is not set.
    value : `str`
        One element, or several; a separator at its start or end is put at
        that of the result, as ``MANPATH`` has it.
    separator : `str`, optional
        What stands between elements; taken literally.
    append : `bool`, optional
        Whether to add behind, not in front.

    Returns
    -------
    result : `str`
        Empty elements of ``current`` are dropped, of equal elements the first
        is kept. Several elements come out reversed when they go in front.
    """
    bare = value.removeprefix(separator).removesuffix(separator)
    elements = _elements(current, separator)
    added = bare.split(separator)
    return _joined(elements + added if append else added[::-1] + elements, value, separator)


def without_element(current: str, value: str, separator: str = ":") -> str:
    """Take from a list variable what `with_element` put there.

    Parameters
    ----------
    current : `str`
        The variable as it is; empty if it is not set.
    value : `str`
        One element, or several.
    separator : `str`, optional
        What stands between elements.

    Returns
    -------
    result : `str`
        May be empty: EUPS leaves the variable set.
    """
    taken = value.removeprefix(separator).removesuffix(separator).split(separator)
    return _joined([one for one in _elements(current, separator) if one not in taken], value, separator)


def _elements(current: str, separator: str) -> list[str]:
    return [element for element in current.split(separator) if element]


def _joined(elements: Sequence[str], value: str, separator: str) -> str:
    result = separator.join(dict.fromkeys(elements))
    if value.startswith(separator) and not result.startswith(separator):
        result = separator + result
    # A value that is one separator is at the start only: that is taken off first.
    if value.removeprefix(separator).endswith(separator) and not result.endswith(separator):
        result += separator
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductVariables:
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
