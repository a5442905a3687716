"""``config.txt``: how a package root is laid out, as templates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError, CorruptError
from lsstinstall.core.lines import Line, numbered_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FileKind", "ServerConfig", "parse_server_config"]

# What EUPS assumes when a key is absent (`ConfigurableDistribServer`, EUPS 2.2).
_DEFAULTS = {
    "MANIFEST_URL": "%(base)s/manifests/%(product)s-%(version)s.manifest",
    "MANIFEST_DIR": "manifests",
    "MANIFEST_FILE_RE": r"^(?P<product>[^\-\s]+)(-(?P<version>\S+))?(@(?P<flavor>[^\-\s]+))?.manifest$",
    "TABLE_URL": "%(base)s/tables/%(product)s-%(version)s.table",
    "LIST_URL": "%(base)s/%(tag)s.list",
    "TAGLIST_DIR": "",
    "TAGLIST_FILE_RE": r"^(?P<tag>[^\.]+)\.list$",
    "DIST_URL": "%(base)s/%(path)s",
    "FILE_URL": "%(base)s/%(path)s",
    "PRODUCT_FILE_URL": "%(base)s/%(product)s/%(version)s/%(path)s",
}

_WITHOUT_DEFAULT = frozenset(
    {
        "DISTRIB_CLASS", "DISTRIB_SERVER_CLASS", "EUPSPKG_URL", "TARBALL_URL", "BUILD_URL",
        "AVAILABLE_PRODUCTS_URL", "MANIFEST_DIR_URL", "PREFER_GENERIC",
    }
)  # fmt: skip

_PLACEHOLDERS = frozenset({"base", "path", "product", "version", "flavor", "tag"})

# `%(product)s`, `%%`, and what neither is.
_PERCENT = re.compile(r"%(?:\((?P<name>[^)]*)\)s|(?P<escape>%))?")

_SETTING = re.compile(r"(?P<key>\w+)\s*=\s*(?P<value>.*)")


class FileKind(StrEnum):
    """What a file of a package root is; the value begins the keys of its templates."""

    MANIFEST = "MANIFEST"
    TABLE = "TABLE"
    LIST = "LIST"
    DIST = "DIST"
    TARBALL = "TARBALL"
    EUPSPKG = "EUPSPKG"
    FILE = "FILE"
    PRODUCT_FILE = "PRODUCT_FILE"


_TEMPLATES = frozenset(f"{kind}{variant}_URL" for kind in FileKind for variant in ("", "_TAGGED", "_FLAVOR"))
_DIRECTORIES = frozenset({"MANIFEST_DIR", "TAGLIST_DIR"})
_PATTERNS = {"MANIFEST_FILE_RE": frozenset({"product", "version"}), "TAGLIST_FILE_RE": frozenset({"tag"})}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """How a package root is laid out.

    Parameters
    ----------
    settings : `tuple` [ `tuple` [ `str`, `str` ], ... ]
        Key and value in file order; of a repeated key the last one counts.
        Keys that EUPS does not know are kept.
    comments : `tuple` [ `str`, ... ]
        Comment lines before the first setting.
    """

    settings: tuple[tuple[str, str], ...] = ()
    comments: tuple[str, ...] = ()

    @property
    def unknown_keys(self) -> tuple[str, ...]:
        """Keys that mean nothing to EUPS nor to us, in file order."""
        known = _DEFAULTS.keys() | _WITHOUT_DEFAULT | _TEMPLATES
        return tuple(key for key, _ in self.settings if key not in known)

    def get(self, key: str) -> str | None:
        """Look a setting up.

        Parameters
        ----------
        key : `str`
            For example ``LIST_URL``.

        Returns
        -------
        value : `str` or `None`
            What the file says, else EUPS's default, else `None`.
        """
        return dict(self.settings).get(key, _DEFAULTS.get(key))

    @property
    def manifest_directory(self) -> str:
        """Directory with the manifests, below the package root."""
        return (self.get("MANIFEST_DIR") or "").strip("/")

    @property
    def tag_list_directory(self) -> str:
        """Directory with the tag lists, below the package root; empty if it is the root itself."""
        return (self.get("TAGLIST_DIR") or "").strip("/")

    def path(self, kind: FileKind, values: Mapping[str, str]) -> str:
        """Say where a file lies.

        Parameters
        ----------
        kind : `FileKind`
            What it is.
        values : `~collections.abc.Mapping`
            What the template asks for: ``product``, ``version``, ``flavor``,
            ``tag``, ``path``.

        Returns
        -------
        path : `str`
            Below the package root, not quoted for URLs.

        Raises
        ------
        ConfigurationError
            Raised if there is no template, or it asks for another value.
        CorruptError
            Raised if the path leaves the package root.
        """
        return self._expand(f"{kind}_URL", values)

    def candidates(self, kind: FileKind, values: Mapping[str, str]) -> tuple[str, ...]:
        """Say where a file may lie.

        Parameters
        ----------
        kind : `FileKind`
            What it is.
        values : `~collections.abc.Mapping`
            What the templates ask for.

        Returns
        -------
        paths : `tuple` [ `str`, ... ]
            To be tried in this order, as EUPS does: the variant for a tag,
            for a flavor, and the plain one, which ``PREFER_GENERIC`` puts
            before that for a flavor. Each once.
        """
        order = ["_TAGGED", "_FLAVOR", ""]
        if (self.get("PREFER_GENERIC") or "false").lower() != "false":
            order = ["_TAGGED", "", "_FLAVOR"]
        absent = {
            variant for name, variant in (("tag", "_TAGGED"), ("flavor", "_FLAVOR")) if name not in values
        }
        keys = [f"{kind}{variant}_URL" for variant in order if variant not in absent]
        templates = {key: self.get(key) for key in keys}
        fitting = [
            key
            for key, template in templates.items()
            if template and _placeholders(template) <= {"base", *values}
        ]
        return tuple(dict.fromkeys(self._expand(key, values) for key in fitting))

    def _expand(self, key: str, values: Mapping[str, str]) -> str:
        template = self.get(key)
        if template is None:
            raise ConfigurationError(f"the server's `config.txt` has no `{key}`")
        try:
            path = template.removeprefix("%(base)s/") % values
        except KeyError as error:
            raise ConfigurationError(
                f"`{key}` in the server's `config.txt` asks for `{error.args[0]}`, which is not known here"
            ) from error
        if path.startswith("/") or ".." in path.split("/"):
            raise CorruptError(f"path `{path}` leaves the package root")
        return path

    def format(self) -> str:
        """Write the configuration.

        Returns
        -------
        text : `str`
            Byte for byte what EUPS would write.
        """
        lines = [*self.comments, *(f"{key} = {value}" for key, value in self.settings)]
        return "".join(f"{line}\n" for line in lines)


def parse_server_config(text: str, *, source: str) -> ServerConfig:
    """Read a package root's ``config.txt``.

    Parameters
    ----------
    text : `str`
        Content of the file; empty if the server has none.
    source : `str`
        File name or URL, for error messages only.

    Returns
    -------
    config : `ServerConfig`
        With EUPS's defaults for what is not said.

    Raises
    ------
    FormatError
        Raised if a line is no ``KEY = value``, a template that we use does not
        begin with ``%(base)s/`` or asks for an unknown value, or a file-name
        pattern is no regular expression or names no groups.

    Notes
    -----
    Format: ``eups.distrib.server.ServerConf`` (EUPS 2.2). ``#`` starts a
    comment anywhere in a line.
    """
    settings: list[tuple[str, str]] = []
    comments: list[str] = []
    for line in numbered_lines(text, source=source):
        content = line.text.partition("#")[0].strip()
        if not content:
            if not settings and line.text.strip():
                comments.append(line.text.rstrip("\r"))
            continue
        setting = _SETTING.fullmatch(content)
        if setting is None:
            raise line.error("the line is not `KEY = value`", column=line.column_of(0))
        key, value = setting["key"], setting["value"]
        _check_setting(
            line, key, value, column=len(line.text) - len(line.text.lstrip()) + setting.start(2) + 1
        )
        settings.append((key, value))
    return ServerConfig(settings=tuple(settings), comments=tuple(comments))


def _placeholders(template: str) -> set[str]:
    return {match["name"] for match in _PERCENT.finditer(template) if match["name"] is not None}


def _check_setting(line: Line, key: str, value: str, *, column: int) -> None:
    if key in _TEMPLATES:
        _check_template(line, value, column=column)
    elif key in _DIRECTORIES and ("%" in value or value.startswith("/") or ".." in value.split("/")):
        raise line.error(f"`{value}` is not a directory below the package root", column=column)
    elif key in _PATTERNS:
        _check_pattern(line, value, _PATTERNS[key], column=column)


def _check_template(line: Line, value: str, *, column: int) -> None:
    if not value.startswith("%(base)s/"):
        raise line.error(
            f"template `{value}` does not begin with `%(base)s/`",
            column=column,
            hint="files elsewhere than below the package root are not supported",
        )
    for match in _PERCENT.finditer(value):
        if match["name"] is None and match["escape"] is None:
            raise line.error(
                "`%` begins no `%(name)s`", column=column + match.start(), hint="write `%%` for `%`"
            )
        if match["name"] is not None and match["name"] not in _PLACEHOLDERS:
            known = ", ".join(f"`{name}`" for name in sorted(_PLACEHOLDERS))
            raise line.error(
                f"template asks for the unknown value `{match['name']}`",
                column=column + match.start(),
                hint=f"known are {known}",
            )


def _check_pattern(line: Line, value: str, groups: frozenset[str], *, column: int) -> None:
    pattern = line.read_pattern(value, column=column)
    if missing := sorted(groups - pattern.groupindex.keys()):
        raise line.error(f"the pattern has no group `{missing[0]}`", column=column)
