"""Which tools a repository wants for its Python, told from its settings."""

from __future__ import annotations

import configparser
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workflows.scripts.findings import CheckError

__all__ = ["Choice", "choose", "ini_section", "names_of", "read_toml", "ruff_settings", "table"]

_TOML_LINE = re.compile(r"line (\d+)")
# Settings of ruff's linter that older files have beside `line-length`.
_OLD_LINT = frozenset({"select", "ignore", "extend-select", "per-file-ignores"})
_IMPORT_RULES = frozenset({"ALL", "I", "I0", "I00", "I001"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What checks one thing.

    Parameters
    ----------
    kind : `str`
        ``format``, ``lint`` or ``isort``.
    tool : `str`
        ``ruff``, ``black``, ``flake8``, ``isort`` or ``none``.
    reason : `str`
        Which setting says so.
    """

    kind: str
    tool: str
    reason: str


def read_toml(name: str) -> dict[str, Any]:
    """Read a TOML file at the top of the repository.

    Parameters
    ----------
    name : `str`
        Of the file.

    Returns
    -------
    content : `dict` [ `str`, `typing.Any` ]
        Empty if there is no such file.

    Raises
    ------
    CheckError
        Raised if it is no TOML.
    """
    path = Path(name)
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        found = _TOML_LINE.search(str(error))
        line = int(found.group(1)) if found else 1
        raise CheckError(f"`{name}` is no TOML: {error}", file=name, line=line) from error


def table(content: dict[str, Any], *keys: str) -> dict[str, Any] | None:
    """Look a table up in another.

    Parameters
    ----------
    content : `dict` [ `str`, `typing.Any` ]
        The outer one.
    *keys : `str`
        The way inward.

    Returns
    -------
    table : `dict` [ `str`, `typing.Any` ] or `None`
        `None` if there is none, which an empty one is not.
    """
    value: Any = content
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else None


def ini_section(name: str, section: str) -> dict[str, str] | None:
    """Read a section of an INI file at the top of the repository.

    Parameters
    ----------
    name, section : `str`
        File and section.

    Returns
    -------
    values : `dict` [ `str`, `str` ] or `None`
        `None` if there is no such section.

    Raises
    ------
    CheckError
        Raised if it is no INI file.
    """
    parser = configparser.RawConfigParser(strict=False)
    path = Path(name)
    if not path.is_file():
        return None
    try:
        parser.read_string(path.read_text(encoding="utf-8"), source=name)
    except (configparser.Error, ValueError) as error:
        message = " ".join(str(error).split())
        raise CheckError(f"`{name}` is no INI file: {message}", file=name, line=1) from error
    return dict(parser[section]) if parser.has_section(section) else None


def names_of(settings: dict[str, Any], *keys: str) -> list[str]:
    """Collect names of rules.

    Parameters
    ----------
    settings : `dict` [ `str`, `typing.Any` ]
        Their table.
    *keys : `str`
        Settings whose lists, or texts with commas, are joined.

    Returns
    -------
    names : `list` [ `str` ]
        In file order.
    """
    names: list[str] = []
    for key in keys:
        value = settings.get(key, [])
        parts = re.split(r"[\s,]+", value) if isinstance(value, str) else value
        names += [str(part) for part in parts if part]
    return names


def ruff_settings() -> tuple[dict[str, Any] | None, str]:
    """Find ruff's settings as ruff does.

    Returns
    -------
    settings : `dict` [ `str`, `typing.Any` ] or `None`
        `None` if the repository has none.
    where : `str`
        Their place, for messages: ``pyproject.toml [tool.ruff``, without the closing bracket.
    """
    for name in (".ruff.toml", "ruff.toml"):
        if Path(name).is_file():
            return read_toml(name), name
    return table(read_toml("pyproject.toml"), "tool", "ruff"), "pyproject.toml"


def ruff_lint() -> dict[str, Any] | None:
    """Find the settings of ruff's linter.

    Returns
    -------
    settings : `dict` [ `str`, `typing.Any` ] or `None`
        `None` if ruff is there for other things, or not at all.
    """
    settings = ruff_settings()[0] or {}
    lint = table(settings, "lint")
    if lint is None and not _OLD_LINT & settings.keys():
        return None
    return {**{key: settings[key] for key in _OLD_LINT & settings.keys()}, **(lint or {})}


def _formatter() -> tuple[str, str]:
    settings, where = ruff_settings()
    if settings is not None and table(settings, "format") is not None:
        return "ruff", f"{where} has settings of ruff's formatter"
    if table(read_toml("pyproject.toml"), "tool", "black") is not None:
        return "black", "pyproject.toml has [tool.black] and no settings of ruff's formatter"
    return "none", f"neither [tool.ruff.format] nor [tool.black] is in {where}"


def _linter() -> tuple[str, str]:
    settings, where = ruff_settings()
    if ruff_lint() is not None:
        return "ruff", f"{where} has settings of ruff's linter"
    for name in (".flake8", "setup.cfg", "tox.ini"):
        if ini_section(name, "flake8") is not None:
            return "flake8", f"{name} has [flake8] and ruff's linter has no settings"
    if settings is not None:
        return "ruff", f"{where} has settings of ruff, and no file has some of flake8"
    return "flake8", "no file has settings of ruff or flake8"


def _import_sorter() -> tuple[str, str]:
    lint = ruff_lint() or {}
    selected = _IMPORT_RULES.intersection(names_of(lint, "select", "extend-select"))
    ignored = (_IMPORT_RULES - {"ALL"}).intersection(names_of(lint, "ignore"))
    if selected and not ignored:
        return "ruff", f"{ruff_settings()[1]} selects ruff's rules `{min(selected)}`"
    if table(read_toml("pyproject.toml"), "tool", "isort") is not None:
        return "isort", "pyproject.toml has [tool.isort] and ruff does not sort imports"
    for name, section in ((".isort.cfg", "settings"), ("setup.cfg", "isort"), ("tox.ini", "isort")):
        if ini_section(name, section) is not None:
            return "isort", f"{name} has [{section}] and ruff does not sort imports"
    return "none", "no file has settings of isort, and ruff does not sort imports"


_DETECTORS = {"format": _formatter, "lint": _linter, "isort": _import_sorter}
_TOOLS = {
    "format": ("ruff", "black", "none"),
    "lint": ("ruff", "flake8", "none"),
    "isort": ("ruff", "isort", "none"),
}


def choose(kind: str, wanted: str) -> Choice:
    """Choose the tool for one thing.

    Parameters
    ----------
    kind : `str`
        ``format``, ``lint`` or ``isort``.
    wanted : `str`
        What the caller asks for; ``auto`` or empty to look at the settings.

    Returns
    -------
    choice : `Choice`
        With its reason.

    Raises
    ------
    CheckError
        Raised if the caller asks for a tool that does not do it.
    """
    if wanted in {"", "auto"}:
        tool, reason = _DETECTORS[kind]()
        return Choice(kind=kind, tool=tool, reason=reason)
    if wanted not in _TOOLS[kind]:
        known = ", ".join(("auto", *_TOOLS[kind]))
        raise CheckError(f"`{wanted}` is no tool for `{kind}`, expected one of {known}")
    return Choice(kind=kind, tool=wanted, reason="the caller asks for it")
