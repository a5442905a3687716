"""Moves actions on to their newest releases, and writes that where they are named."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ToolkitError
from rubin_releng.workflows.pins import ActionPin, repository_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from rubin_releng.workflows.pins import Pins
    from rubin_releng.workflows.ports import ReleaseSource

__all__ = ["PinChange", "PinUpdate", "moved", "plan_updates", "rewrite_pins", "rewrite_uses"]

_USES = re.compile(
    r"(?P<key>\buses:\s+)(?P<action>[\w.-]+/[\w./-]+)@(?P<sha>[0-9a-f]{40})(?:\s+#\s*(?P<told>\S+))?"
)


class PinChange(StrEnum):
    """What becomes of a pin."""

    KEEP = "keep"
    MOVE = "move"
    MOVED_TAG = "moved-tag"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PinUpdate:
    """An action as it is pinned, and as it should be.

    Parameters
    ----------
    pin : `ActionPin`
        As it is.
    new : `ActionPin`
        As it should be; the same if nothing changes.
    problem : `ToolkitError` or `None`, optional
        Why nobody knows.
    """

    pin: ActionPin
    new: ActionPin
    problem: ToolkitError | None = None

    @property
    def change(self) -> PinChange:
        """What becomes of it; a tag that was moved to another commit is not followed."""
        if self.problem is not None:
            return PinChange.FAILED
        if self.new.version == self.pin.version:
            return PinChange.KEEP if self.new.sha == self.pin.sha else PinChange.MOVED_TAG
        return PinChange.MOVE


def plan_updates(
    pins: Pins, source: ReleaseSource, *, before: datetime, only: Iterable[str] = ()
) -> tuple[PinUpdate, ...]:
    """Ask for the newest release of each action.

    Parameters
    ----------
    pins : `Pins`
        As they are.
    source : `ReleaseSource`
        Tells of releases.
    before : `~datetime.datetime`
        Releases that are younger are not taken: who publishes something bad
        is often found out within days.
    only : `~collections.abc.Iterable` [ `str` ], optional
        Repositories to look at; by default all.

    Returns
    -------
    updates : `tuple` [ `PinUpdate`, ... ]
        In the order of the pins; those that could not be asked for, too.
    """
    wanted = set(only) or set(pins.actions)
    return tuple(_update(pin, source, before) for name, pin in pins.actions.items() if name in wanted)


def moved(pins: Pins, updates: Iterable[PinUpdate]) -> Pins:
    """Give the pins after the updates."""
    new = {one.new.repository: one.new for one in updates if one.change is PinChange.MOVE}
    return replace(pins, actions=MappingProxyType({**pins.actions, **new}))


def rewrite_pins(text: str, updates: Iterable[PinUpdate]) -> str:
    """Write updates into ``pins.toml``.

    Parameters
    ----------
    text : `str`
        The file.
    updates : `~collections.abc.Iterable` [ `PinUpdate` ]
        What changes; each action begins in the line that its pin tells.

    Returns
    -------
    text : `str`
        The same but for the commits and versions that changed.
    """
    lines = text.split("\n")
    for one in updates:
        if one.change is PinChange.MOVE:
            rest = "\n".join(lines[one.pin.line - 1 :]).replace(one.pin.sha, one.new.sha, 1)
            version = rf"([\"']){re.escape(one.pin.version)}\1"
            rest = re.sub(version, rf"\g<1>{one.new.version}\g<1>", rest, count=1)
            lines[one.pin.line - 1 :] = rest.split("\n")
    return "\n".join(lines)


def rewrite_uses(text: str, actions: Mapping[str, ActionPin]) -> str:
    """Write pins into a workflow or an action that names commits itself.

    Parameters
    ----------
    text : `str`
        The file.
    actions : `~collections.abc.Mapping` [ `str`, `ActionPin` ]
        By repository.

    Returns
    -------
    text : `str`
        The same but for the commits of these actions and the versions behind
        them.
    """

    def pinned(match: re.Match[str]) -> str:
        pin = actions.get(repository_of(match["action"]))
        if pin is None or (pin.sha == match["sha"] and match["told"] == pin.version):
            return match[0]
        return f"{match['key']}{match['action']}@{pin.sha}  # {pin.version}"

    return _USES.sub(pinned, text)


def _update(pin: ActionPin, source: ReleaseSource, before: datetime) -> PinUpdate:
    try:
        versions = source.versions(pin.repository, before=before)
        newest = max((pin.version, *versions), key=_order)
        sha = source.commit(pin.repository, newest)
    except ToolkitError as error:
        return PinUpdate(pin=pin, new=pin, problem=error)
    return PinUpdate(pin=pin, new=replace(pin, version=newest, sha=sha))


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.removeprefix("v").split("."))
