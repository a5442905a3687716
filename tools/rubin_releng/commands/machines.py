"""Machines of several platforms, to try requirements with."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.adapters.conda import CondaEngine
from lsstinstall.adapters.condacaches import package_cache
from rubin_releng.adapters.condasolvers import ChannelSolver
from rubin_releng.commands.solveoptions import offered_packages

if TYPE_CHECKING:
    from datetime import datetime

    from lsstinstall.core.names import CondaSubdir

__all__ = ["Machines"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machines:
    """Channels and machines to try requirements with.

    Parameters
    ----------
    channels : `tuple` [ `str`, ... ]
        The first has priority.
    virtual : `tuple` [ `str`, ... ]
        Values of ``--virtual``.
    exclude_newer : `~datetime.datetime` or `None`
        Pass over packages that were made later.
    """

    channels: tuple[str, ...]
    virtual: tuple[str, ...]
    exclude_newer: datetime | None

    def solver(self, platform: CondaSubdir) -> ChannelSolver:
        """Make a solver for a machine of a platform."""
        # A `--virtual` is of one system: glibc says nothing of a Mac.
        linux = platform.startswith("linux")
        virtual = [one for one in self.virtual if one.lstrip("_").startswith("osx") is not linux]
        return ChannelSolver(
            CondaEngine(package_cache(None, os.environ), keep_indexes=True),
            channels=self.channels,
            platform=platform,
            virtual_packages=offered_packages(platform, virtual),
            exclude_newer=self.exclude_newer,
        )
