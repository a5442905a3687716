"""Whether limits on one package can hold together, for the plain ones among them."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["VersionRange", "exclusive", "parse_range"]

_Release: TypeAlias = tuple[int, ...]

# One part of `>=2.12.4,<3`; also `=4`, `==7.3.0`, `3.13.*`, `2.17`.
_PART = re.compile(r"(?P<sign>>=|<=|==|=|>|<|)(?P<release>[0-9]{1,9}(?:\.[0-9]{1,9})*)(?P<rest>\.?\*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRange:
    """Versions in a row.

    Parameters
    ----------
    low : `tuple` [ `int`, ... ]
        Where it begins.
    high : `tuple` [ `int`, ... ] or `None`
        Where it ends; `None` if it does not.
    low_open, high_open : `bool`
        Whether the end itself is left out.
    """

    low: _Release = ()
    high: _Release | None = None
    low_open: bool = False
    high_open: bool = False

    @property
    def empty(self) -> bool:
        """Whether no version is in it."""
        if self.high is None:
            return False
        return self.high < self.low or (self.high == self.low and (self.low_open or self.high_open))

    def meet(self, other: VersionRange) -> VersionRange:
        """Find what two ranges have in common.

        Parameters
        ----------
        other : `VersionRange`
            Any.

        Returns
        -------
        common : `VersionRange`
            Perhaps an empty one.
        """
        low, low_open = max((self.low, self.low_open), (other.low, other.low_open))
        ends = [(end.high, not end.high_open) for end in (self, other) if end.high is not None]
        if not ends:
            return VersionRange(low=low, low_open=low_open)
        high, closed = min(ends)
        return VersionRange(low=low, low_open=low_open, high=high, high_open=not closed)


@functools.lru_cache(maxsize=10_000)
def parse_range(limit: str) -> VersionRange | None:
    """Read a limit as a range of versions.

    Parameters
    ----------
    limit : `str`
        What conda writes after a package's name.

    Returns
    -------
    versions : `VersionRange` or `None`
        `None` if the limit is not plain: alternatives, exclusions, letters.
    """
    common = VersionRange()
    for part in (limit.split(maxsplit=1) or [""])[0].split(","):
        if part in {"", "*"}:
            continue
        match = _PART.fullmatch(part)
        if match is None:
            return None
        release = tuple(int(number) for number in match["release"].split("."))
        common = common.meet(
            _range(match["sign"], _trimmed(release), _next(release), rest=bool(match["rest"]))
        )
    return common


def exclusive(limits: Iterable[str]) -> bool:
    """Say whether limits contradict one another.

    Parameters
    ----------
    limits : `~collections.abc.Iterable` [ `str` ]
        On one package.

    Returns
    -------
    exclusive : `bool`
        True if no version is in all of them; False also where that cannot be
        told.
    """
    common = VersionRange()
    for limit in limits:
        versions = parse_range(limit)
        if versions is not None:
            common = common.meet(versions)
    return common.empty


def _range(sign: str, release: _Release, after: _Release, *, rest: bool) -> VersionRange:
    if sign == "=" or (rest and sign in {"", "=="}):
        return VersionRange(low=release, high=after, high_open=True)
    low = release if sign in {">=", ">", "==", ""} else ()
    high = release if sign in {"<=", "<", "==", ""} else None
    return VersionRange(low=low, low_open=sign == ">", high=high, high_open=sign == "<")


def _next(release: _Release) -> _Release:
    return _trimmed((*release[:-1], release[-1] + 1))


def _trimmed(release: _Release) -> _Release:
    """Leave zeros at the end out: 2.0 is 2."""
    while release and release[-1] == 0:
        release = release[:-1]
    return release
