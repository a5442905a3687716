"""rattler's progress, told to a `Reporter`."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

from rattler.install import InstallerReporter

from lsstinstall.core.reporting import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.core.reporting import Reporter

__all__ = ["InstallProgress"]


class InstallProgress(InstallerReporter):
    """What `rattler.install` calls; one step a package that was linked.

    Parameters
    ----------
    reporter : `~lsstinstall.core.reporting.Reporter`
        Hears of it; called from rattler's threads.
    sizes : `~collections.abc.Mapping` [ `str`, `int` ], optional
        How much is to be fetched, by package.

    Notes
    -----
    Of channels that are folders rattler tells no progress: what is linked was
    fetched.
    """

    def __init__(self, reporter: Reporter, *, sizes: Mapping[str, int] | None = None) -> None:
        self._reporter = reporter
        self._sizes = dict(sizes or {})
        self._linked_bytes = self._untold_bytes = 0
        self._fetched: dict[int, int] = {}
        self._begun = False
        self._tokens = itertools.count()
        self._running: dict[int, tuple[str, float]] = {}

    def on_transaction_start(self, total_operations: int) -> None:
        """Say how many packages follow."""
        self._begun = True
        self._reporter.begin(
            "install conda packages", total_operations, size_bytes=sum(self._sizes.values()) or None
        )

    def on_transaction_complete(self) -> None:
        """Say that all are there."""
        self._begun = False
        self._reporter.end()

    def restart(self) -> None:
        """Forget an attempt that failed."""
        if self._begun:
            self._begun = False
            self._reporter.advance(-sum(self._fetched.values()) - self._untold_bytes)
            self._reporter.end()
        self._running.clear()
        self._fetched.clear()
        self._linked_bytes = self._untold_bytes = 0

    def on_download_start(self, cache_entry: int) -> int:
        """Note that an archive comes."""
        del cache_entry
        return next(self._tokens)

    def on_download_progress(self, download_idx: int, progress: int, total: int | None) -> None:
        """Say how much more of it came."""
        del total
        more = progress - self._fetched.get(download_idx, 0)
        if more > 0:
            self._fetched[download_idx] = progress
            self._reporter.advance(more)

    def on_link_start(self, operation: int, package_name: str) -> int:
        """Note when a package's turn came."""
        del operation
        return self._begin(package_name)

    def on_link_complete(self, index: int) -> None:
        """Say that a package is there."""
        name, started = self._running.pop(index)
        self._linked_bytes += self._sizes.get(name, 0)
        untold = self._linked_bytes - sum(self._fetched.values()) - self._untold_bytes
        if untold > 0:
            self._untold_bytes += untold
            self._reporter.advance(untold)
        self._reporter.step(name, Outcome.DONE, seconds=time.monotonic() - started)

    def on_post_link_start(self, package_name: str, script_path: str) -> int:
        """Note which package runs a script."""
        del script_path
        return self._begin(package_name)

    def on_post_link_complete(self, index: int, success: bool) -> None:  # noqa: FBT001 - rattler's signature
        """Warn of a script that failed: rattler goes on."""
        name, _ = self._running.pop(index)
        if not success:
            self._reporter.warn(f"the script that `{name}` runs after its installation failed")

    def _begin(self, name: str) -> int:
        token = next(self._tokens)
        self._running[token] = (name, time.monotonic())
        return token
