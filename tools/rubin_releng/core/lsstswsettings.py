"""Settings of an lsstsw folder: ``etc/settings.cfg.sh``, and the variables that come before it."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LsstswSettings", "read_settings"]

_LINE = re.compile(r"(?:export\s+)?([A-Z][A-Z_]*|miniconda_path)=(.*)")
_ARRAY = re.compile(r"\((.*)\)")
_DEFAULT = re.compile(r"\$\{([A-Za-z_]+):-(.*)\}")
_VARIABLE = re.compile(r"(?<!\\)\$(?:\{([A-Za-z_]+)\}|([A-Za-z_]+))")
_PRODUCT = re.compile(r"\\?\$(?:PRODUCT\b|\{PRODUCT\})")

# As lsstsw has them; its file may say otherwise, and variables more than that.
_DEFAULTS = {
    "LSST_SPLENV_REF": "12.1.0",
    "SPLENV_BASE_NAME": "lsst-scipipe",
    "PRODUCTS": "lsst_distrib",
    "VERSIONDB_REPO": "https://github.com/lsst/versiondb.git",
    "VERSIONDB_PUSH": "false",
    "REPOSFILE_REPO": "lsst/repos",
    "REPOSFILE": "${LSSTSW}/etc/repos.yaml",
    "LSSTSW_BUILD_DIR": "${LSSTSW}/build",
    "VERSIONDB": "${LSSTSW}/versiondb",
    "EXCLUSIONS": "${LSSTSW}/etc/exclusions.txt",
    "EUPSPKG_REPOSITORY_PATH": "${LSSTSW_BUILD_DIR}/$PRODUCT",
    "EUPSPKG_SOURCE": "git",
    "EUPS_PKGROOT": "",
    "miniconda_path": "${LSSTSW}/miniconda",
}

# What the file sets whatever the environment says.
_FIXED = {"SPLENV_BASE_NAME", "PRODUCTS", "VERSIONDB", "EXCLUSIONS", "miniconda_path"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LsstswSettings:
    """What holds in one lsstsw folder.

    Parameters
    ----------
    values : `~collections.abc.Mapping` [ `str`, `str` ]
        By the names of lsstsw's variables, all of them.
    """

    values: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    @property
    def products(self) -> tuple[str, ...]:
        """The products that are built if none are named."""
        return tuple(self.values["PRODUCTS"].split())

    @property
    def pushes(self) -> bool:
        """Whether versiondb's remote gets each build.

        Raises
        ------
        ConfigurationError
            Raised if it says neither.
        """
        text = self.values["VERSIONDB_PUSH"]
        if text not in {"true", "false"}:
            raise ConfigurationError(f"`VERSIONDB_PUSH` is `{text}`", hint="set it to `true` or `false`")
        return text == "true"


def read_settings(text: str, environ: Mapping[str, str], *, root: str, source: str) -> LsstswSettings:
    """Read the settings of a folder.

    Parameters
    ----------
    text : `str`
        Content of ``etc/settings.cfg.sh``; empty if there is none.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        The calling environment; where the file leaves it the choice, it has it.
    root : `str`
        The folder.
    source : `str`
        Name of the file, for error messages only.

    Returns
    -------
    settings : `LsstswSettings`
        Of the names that lsstsw knows; what else is in the file is its own.

    Raises
    ------
    ConfigurationError
        Raised if a setting is more than a value that may have a default.
    """
    values = {"LSSTSW": root}
    written = {name: value for name, value in _lines(text) if name in _DEFAULTS}
    for name, default in _DEFAULTS.items():
        told = environ.get(name, "") if name not in _FIXED else ""
        if name in written:
            values[name] = _value(name, written[name], environ, values, source=source)
        else:
            values[name] = told or _expand(default, values, {})
    return LsstswSettings(values=values)


def _lines(text: str) -> list[tuple[str, str]]:
    found = (_LINE.fullmatch(line.strip()) for line in text.splitlines())
    return [(match[1], match[2].strip()) for match in found if match is not None]


def _value(
    name: str, text: str, environ: Mapping[str, str], values: Mapping[str, str], *, source: str
) -> str:
    array = _ARRAY.fullmatch(text)
    try:
        words = shlex.split(array[1] if array is not None else _PRODUCT.sub("@PRODUCT@", text), comments=True)
    except ValueError:
        words = []
    if "$(" in text or "`" in text or (array is None and len(words) != 1):
        raise ConfigurationError(
            f"`{source}` sets `{name}` to `{text}`, which only a shell can read",
            hint=f"write `{name}=${{{name}:-value}}`, or set the variable and take the line out",
        )
    word = " ".join(words)
    default = _DEFAULT.fullmatch(word)
    if default is not None:
        word = environ.get(default[1], "") or default[2]
    return _expand(word.replace("@PRODUCT@", "$PRODUCT"), values, environ)


def _expand(text: str, values: Mapping[str, str], environ: Mapping[str, str]) -> str:
    def replace(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        return match[0] if name == "PRODUCT" else values.get(name, environ.get(name, ""))

    return _VARIABLE.sub(replace, text)
