"""A solver for one machine and its channels, by py-rattler."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from lsstinstall.adapters.conda import CondaEngine
    from lsstinstall.core.environments import SolvedPackage
    from lsstinstall.core.names import CondaSubdir
    from lsstinstall.core.packageoffers import SpecOffers
    from lsstinstall.core.virtualpackages import VirtualPackage

__all__ = ["ChannelSolver"]


class ChannelSolver:
    """Answers questions about one machine.

    Parameters
    ----------
    engine : `~lsstinstall.adapters.conda.CondaEngine`
        Does the work; one that keeps indexes does it much faster.
    channels : `~collections.abc.Sequence` [ `str` ]
        URIs, names or folders, the first has priority.
    platform : `~lsstinstall.core.names.CondaSubdir`
        What to solve for, beside noarch.
    virtual_packages : `~collections.abc.Sequence` [ `VirtualPackage` ]
        What the machine offers.
    exclude_newer : `~datetime.datetime`, optional
        Pass over what was made later.
    """

    def __init__(
        self,
        engine: CondaEngine,
        *,
        channels: Sequence[str],
        platform: CondaSubdir,
        virtual_packages: Sequence[VirtualPackage],
        exclude_newer: datetime | None = None,
    ) -> None:
        self._engine = engine
        self._channels = tuple(channels)
        self._platform = platform
        self._virtual_packages = tuple(virtual_packages)
        self._exclude_newer = exclude_newer
        self._offers: dict[str, SpecOffers] = {}

    def solve(self, specs: Sequence[str]) -> tuple[SolvedPackage, ...]:
        """Find the newest packages that satisfy specs, as `CondaEngine.solve` does."""
        return self._engine.solve(
            specs,
            channels=self._channels,
            platform=self._platform,
            virtual_packages=self._virtual_packages,
            exclude_newer=self._exclude_newer,
        )

    def offers(self, spec: str) -> SpecOffers:
        """List what the channels have for a spec, as `CondaEngine.offers` does."""
        if spec not in self._offers:
            self._offers[spec] = self._engine.offers(
                spec, channels=self._channels, platform=self._platform, exclude_newer=self._exclude_newer
            )
        return self._offers[spec]
