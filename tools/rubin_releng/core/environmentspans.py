"""Which environment a release was made with, as far as the ledger knows, in a form that is read at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.tags import TagKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lsstinstall.core.tags import EupsTag
    from rubin_releng.core.environmenthistory import DefaultPeriod, VersionHistory

__all__ = ["EnvironmentSpan", "environment_of", "environment_spans"]

# 29.1.0-29.1.1, 24.0.0
_RELEASES = re.compile(r"([0-9]+\.[0-9]+\.[0-9]+)(?:-([0-9]+\.[0-9]+\.[0-9]+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentSpan:
    """Releases of one kind, one after another, that had the same version of rubin-env.

    Parameters
    ----------
    version : `str`
        Of rubin-env.
    kind : `TagKind`
        Weeklies or final releases.
    first, last : `tuple` [ `int`, ... ]
        Numbers of the first and the last one, as in their tags.
    """

    version: str
    kind: TagKind
    first: tuple[int, ...]
    last: tuple[int, ...]


def environment_spans(histories: Iterable[VersionHistory]) -> tuple[EnvironmentSpan, ...]:
    """Say what the ledger knows.

    Parameters
    ----------
    histories : `~collections.abc.Iterable` [ `VersionHistory` ]
        Of all versions.

    Returns
    -------
    spans : `tuple` [ `EnvironmentSpan`, ... ]
        In the order of the versions. Weeklies of the last default are left
        out, for the ledger does not tell its end; so are releases that it
        names in other words.
    """
    return tuple(span for history in histories for span in _spans(history))


def environment_of(spans: Iterable[EnvironmentSpan], tag: EupsTag) -> str | None:
    """Look the environment of a release up.

    Parameters
    ----------
    spans : `~collections.abc.Iterable` [ `EnvironmentSpan` ]
        What is known.
    tag : `EupsTag`
        The release.

    Returns
    -------
    version : `str` or `None`
        Of rubin-env; `None` if it is not known, or is not the same in all
        that is.
    """
    found = {
        span.version for span in spans if span.kind is tag.kind and span.first <= tag.numbers <= span.last
    }
    return found.pop() if len(found) == 1 else None


def _spans(history: VersionHistory) -> Iterator[EnvironmentSpan]:
    version = str(history.version)
    for text in history.releases:
        if match := _RELEASES.fullmatch(text):
            first, last = _numbers(match[1]), _numbers(match[2] or match[1])
            yield EnvironmentSpan(version=version, kind=TagKind.RELEASE, first=first, last=last)
    weeklies = () if history.default is None else _weeklies(history.default)
    if weeklies:
        first, last = weeklies
        yield EnvironmentSpan(version=version, kind=TagKind.WEEKLY, first=first, last=last)


def _weeklies(period: DefaultPeriod) -> tuple[tuple[int, ...], tuple[int, ...]] | tuple[()]:
    if period.first_weekly is None or period.last_weekly is None:
        return ()
    return period.first_weekly.numbers, period.last_weekly.numbers


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))
