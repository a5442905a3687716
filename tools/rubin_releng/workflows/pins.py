"""Which actions and tools the workflows use: the content of ``pins.toml``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from rubin_releng.core.placedreading import PlacedReader
from rubin_releng.core.placedvalues import PlacedMapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rubin_releng.core.placedvalues import PlacedDocument, PlacedScalar, PlacedValue

__all__ = ["ActionPin", "Pins", "read_pins", "repository_of"]

_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_SHA = re.compile(r"[0-9a-f]{40}")
_VERSION = re.compile(r"v?\d+(?:\.\d+)*")
_SERIES = re.compile(r"v\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionPin:
    """The one commit of an action's repository that is used.

    Parameters
    ----------
    repository : `str`
        Owner, slash, name.
    version : `str`
        Tag of the commit, ``v7.0.1``; for people.
    sha : `str`
        The commit, 40 lower-case hexadecimal digits.
    line : `int`, optional
        Where ``pins.toml`` has it, counted from 1.
    """

    repository: str
    version: str
    sha: str
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """All versions of a set of workflows.

    Parameters
    ----------
    repository : `str`
        Where the set itself is called from, ``lsst/lsstinstall``.
    series : `str`
        Moving tag by which callers name it, ``v1``.
    actions : `~collections.abc.Mapping` [ `str`, `ActionPin` ]
        By repository.
    tools : `~collections.abc.Mapping` [ `str`, `str` ]
        Name to version.
    """

    repository: str
    series: str
    actions: Mapping[str, ActionPin]
    tools: Mapping[str, str]


def repository_of(action: str) -> str:
    """Name the repository that an action lies in.

    Parameters
    ----------
    action : `str`
        Without its ref, perhaps with a folder: ``github/codeql-action/init``.

    Returns
    -------
    repository : `str`
        Owner, slash, name.
    """
    return "/".join(action.split("/")[:2])


def read_pins(document: PlacedDocument) -> Pins:
    """Read ``pins.toml``.

    Parameters
    ----------
    document : `PlacedDocument`
        Its content.

    Returns
    -------
    pins : `Pins`
        Every name and commit in it has the right form.

    Raises
    ------
    ProblemsError
        Raised if something is wrong; it names everything.
    """
    return _PinsReader(document).read()


class _PinsReader(PlacedReader):
    def __init__(self, document: PlacedDocument) -> None:
        super().__init__(document)
        self._root = document.root

    def read(self) -> Pins:
        content = self.mapping(self._root, ("self", "actions", "tools"))
        own = self.mapping(content.get("self", _EMPTY), ("repository", "series"))
        repository = self._matching(own.get("repository"), _REPOSITORY, "a repository, `lsst/lsstinstall`")
        series = self._matching(own.get("series"), _SERIES, "a series, `v1`")
        if not own:
            self.complain(self._root, "there is no table `self`", "name `repository` and `series` in it")
        actions = [self._action(key, value) for key, value in self.pairs(content.get("actions"))]
        tools = {
            str(key.value): version
            for key, value in self.pairs(content.get("tools"))
            if (version := self.text(value))
        }
        self.finish("pins")
        return Pins(
            repository=repository,
            series=series,
            actions=MappingProxyType({one.repository: one for one in actions}),
            tools=MappingProxyType(tools),
        )

    def _action(self, key: PlacedScalar, value: PlacedValue) -> ActionPin:
        name = self._matching(key, _REPOSITORY, "a repository, `actions/checkout`")
        entry = self.mapping(value, ("version", "sha"))
        for wanted in ("version", "sha"):
            if wanted not in entry:
                self.complain(value, f"`{name}` has no `{wanted}`")
        version = self._matching(entry.get("version"), _VERSION, "a version, `v7.0.1`")
        sha = self._matching(entry.get("sha"), _SHA, "a commit of 40 hexadecimal digits")
        return ActionPin(repository=name, version=version, sha=sha, line=key.line)

    def _matching(self, value: PlacedValue | None, pattern: re.Pattern[str], wanted: str) -> str:
        text = self.text(value)
        if value is not None and text is not None and not pattern.fullmatch(text):
            self.complain(value, f"`{text}` is not {wanted}")
        return text or ""


_EMPTY = PlacedMapping(entries=(), line=1, column=1)
