"""What a user or a site sets once for all runs, as values; `settingsformats` reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from lsstinstall.core.mirrors import Mirrors

__all__ = ["MOST_JOBS", "LinkKind", "Settings"]

MOST_JOBS = 64
"""More at a time help nobody."""


class LinkKind(StrEnum):
    """How a file that is on the disk already comes to a second place."""

    REFLINK = "reflink"
    """A copy that shares the blocks until one is changed; a real copy where the disk cannot do that."""
    HARD = "hard"
    """A second name of the same file."""
    COPY = "copy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is assumed where the command line says nothing; `None` where nothing was set.

    Parameters
    ----------
    channels : `tuple` [ `str`, ... ] or `None`
        conda channels instead of conda-forge, the first has priority.
    eups_url : `str` or `None`
        Root of the EUPS distribution server.
    jobs : `int` or `None`
        How much to do at a time.
    link : `LinkKind` or `None`
        How files are shared; `None` for reflinks where the disk has them,
        else hard links.
    mirrors : `Mirrors`
        Of channels and EUPS servers.
    offline : `bool` or `None`
        Whether nothing is asked of any server.
    """

    channels: tuple[str, ...] | None = None
    eups_url: str | None = None
    jobs: int | None = None
    link: LinkKind | None = None
    mirrors: Mirrors = field(default_factory=Mirrors)
    offline: bool | None = None

    def over(self, other: Settings) -> Settings:
        """Put these settings in front of others, as a user's are before the site's.

        Parameters
        ----------
        other : `Settings`
            They count where this value says nothing; mirrors of both count.

        Returns
        -------
        settings : `Settings`
            Both.
        """
        return Settings(
            channels=other.channels if self.channels is None else self.channels,
            eups_url=other.eups_url if self.eups_url is None else self.eups_url,
            jobs=other.jobs if self.jobs is None else self.jobs,
            link=other.link if self.link is None else self.link,
            mirrors=self.mirrors.over(other.mirrors),
            offline=other.offline if self.offline is None else self.offline,
        )
