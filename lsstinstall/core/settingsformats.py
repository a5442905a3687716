"""The format of the configuration file, ``config.toml``."""

from __future__ import annotations

import re
import tomllib
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from lsstinstall.core.errors import ExitCode, FormatError, InvalidNameError, ProblemsError
from lsstinstall.core.mirrors import Mirrors
from lsstinstall.core.settings import MOST_JOBS, LinkKind, Settings
from lsstinstall.core.shapes import BrokenError, Choice, Items, Reading, Record, Table, Text, Truth, Whole

if TYPE_CHECKING:
    from lsstinstall.core.jsonplaces import JsonPath

__all__ = ["SettingsError", "parse_settings"]

_TOML_PLACE = re.compile(r"(.*?) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)
_ADDRESS = re.compile(r"(?:https?|file)://\S+")


class SettingsError(FormatError):
    """A configuration file that says what cannot be meant."""

    exit_code = ExitCode.USAGE


def parse_settings(text: str, *, source: str) -> Settings:
    """Read a configuration file.

    Parameters
    ----------
    text : `str`
        TOML with the keys ``channels``, ``eups_url``, ``jobs``, ``link``,
        ``offline`` and the table ``mirrors``; all may be missing.
    source : `str`
        File name, for error messages only.

    Returns
    -------
    settings : `Settings`
        What it says.

    Raises
    ------
    SettingsError
        Raised if it is no TOML, or one thing in it cannot be meant.
    ProblemsError
        Raised if several things cannot.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _broken_toml(error, text, source) from error
    reading = Reading()
    try:
        return _SETTINGS.read(content, (), reading)
    except BrokenError as error:
        problems = [_located(path, problem, text, source) for path, problem in reading.problems]
        if len(problems) == 1:
            raise problems[0] from error
        raise ProblemsError(f"`{source}` cannot be meant", problems) from error


def _make(*, mirrors: Any = MappingProxyType({}), **settings: Any) -> Settings:
    places = {url.rstrip("/"): tuple(one.rstrip("/") for one in mirrors[url]) for url in mirrors}
    return Settings(mirrors=Mirrors(places=MappingProxyType(places)), **settings)


def _word(text: str) -> str:
    if not text.strip():
        raise InvalidNameError("an empty text names nothing")
    return text.strip()


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise InvalidNameError(
            f"`{text}` is no URL", hint="write `https://...`, `http://...` or `file:///...`"
        )
    return text


_WORD = Text(parse=_word, pattern=r"\S", description="a name, URL or folder")
_URL = Text(parse=_address, pattern=_ADDRESS.pattern, description="a URL")

_SETTINGS = Record(
    name="settings",
    fields={},
    optional={
        "channels": Items(of=_WORD),
        "eups_url": _WORD,
        "jobs": Whole(minimum=1, maximum=MOST_JOBS),
        "link": Choice(words=LinkKind),
        "mirrors": Table(keys=_URL, values=Items(of=_URL)),
        "offline": Truth(),
    },
    make=_make,
)


def _broken_toml(error: tomllib.TOMLDecodeError, text: str, source: str) -> SettingsError:
    found = _TOML_PLACE.fullmatch(str(error))
    problem = found[1] if found else str(error)
    lines = text.split("\n")
    line, column = (int(found[2]), int(found[3])) if found and found[2] else (len(lines), len(lines[-1]) + 1)
    return SettingsError(
        problem[:1].lower() + problem[1:], source=source, line=line, column=column, text=lines[line - 1]
    )


def _located(path: JsonPath, problem: str, text: str, source: str) -> SettingsError:
    """Point at the line on which the last key of a path stands first; TOML readers tell no places."""
    key = [step for step in path if isinstance(step, str)][-1]
    written = re.compile(rf"^[ \t]*(?:[\w.]+\.)?\[?[\"']?({re.escape(key)})(?![\w-])", re.MULTILINE)
    found = written.search(text)
    start = found.start(1) if found else max(text.find(key), 0)
    line = text.count("\n", 0, start) + 1
    return SettingsError(
        f"`{key}`: {problem}",
        source=source,
        line=line,
        column=start - (text.rfind("\n", 0, start) + 1) + 1,
        text=text.split("\n")[line - 1],
        hint="known keys are " + ", ".join(f"`{name}`" for name in _SETTINGS.optional)
        if problem == "unknown key"
        else None,
    )
