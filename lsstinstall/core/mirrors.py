"""Other addresses of the same files."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Mirrors"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirrors:
    """Where else what lies below some addresses can be had.

    Parameters
    ----------
    places : `~collections.abc.Mapping` [ `str`, `tuple` [ `str`, ... ] ]
        Address without a final slash to those that are tried in its place,
        the best first.
    """

    places: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def candidates(self, url: str) -> tuple[str, ...]:
        """Say where a file or folder can be had.

        Parameters
        ----------
        url : `str`
            Its own address.

        Returns
        -------
        urls : `tuple` [ `str`, ... ]
            At least one, in the order in which they are tried, each once. The
            mirrors are those of the longest address that ``url`` lies below;
            its own address is the last unless they include it.
        """
        below = [place for place in self.places if url == place or url.startswith(f"{place}/")]
        if not below:
            return (url,)
        place = max(below, key=len)
        rest = url[len(place) :]
        return tuple(dict.fromkeys([*(mirror + rest for mirror in self.places[place]), url]))

    def over(self, other: Mirrors) -> Mirrors:
        """Put these in front of others.

        Parameters
        ----------
        other : `Mirrors`
            They count for the addresses of which this value says nothing.

        Returns
        -------
        mirrors : `Mirrors`
            Both.
        """
        return Mirrors(places=MappingProxyType({**other.places, **self.places}))
