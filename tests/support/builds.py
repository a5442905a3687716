"""Manifests, an executor, a stack and a journal in memory, for tests of building."""

from __future__ import annotations

import signal
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lsstinstall.core.buildmanifests import BuildManifest, ManifestProduct
from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.graph import stable_order
from lsstinstall.core.names import ProductName
from lsstinstall.core.tags import BuildId
from lsstinstall.core.versionhashes import derive_versions
from rubin_releng.core.buildtasks import Made
from tests.support.sources import fake_commit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rubin_releng.core.buildtasks import BuildTask
    from rubin_releng.stack.journals import JournalEntry

__all__ = ["FakeJournal", "FakeWorkshop", "fake_manifest"]


def fake_manifest(build: str = "b1", **needs: str) -> BuildManifest:
    """Make a manifest from products and the names each needs, separated by blanks."""
    dependencies = {
        ProductName(name): tuple(ProductName(need) for need in text.split()) for name, text in needs.items()
    }
    commits = {name: fake_commit(name) for name in dependencies}
    versions = derive_versions(commits, dependencies)
    products = tuple(
        ManifestProduct(name=name, sha=commits[name], version=versions[name], dependencies=dependencies[name])
        for name in stable_order(dependencies)
    )
    return BuildManifest(build=BuildId(build), products=products)


@dataclass
class FakeJournal:
    """A journal in a list."""

    kept: list[JournalEntry] = field(default_factory=list)

    def entries(self) -> tuple[JournalEntry, ...]:
        """Read all."""
        return tuple(self.kept)

    def append(self, *entries: JournalEntry) -> None:
        """Add some."""
        assert entries
        self.kept.extend(entries)


class FakeWorkshop:
    """Builds nothing, in threads, and tells in which order; executor and stack in one."""

    def __init__(
        self,
        *,
        failing: tuple[str, ...] = (),
        undeclarable: tuple[str, ...] = (),
        cached: tuple[str, ...] = (),
        damaged: tuple[str, ...] = (),
    ) -> None:
        self.failing = failing
        self.undeclarable = undeclarable
        self.in_cache = cached
        self.damaged = damaged
        self.stops_in_cache = False
        self.declarations: list[list[ProductName]] = []
        self.interrupt_after: str | None = None
        self.tasks: list[BuildTask] = []
        self.declared: dict[ProductName, BuildId] = {}
        self.stopped = False
        self.made = Made(cpu_seconds=1.5, peak_bytes=1000)
        self._pool = ThreadPoolExecutor(8)

    @property
    def begun(self) -> list[ProductName]:
        """Names of the products that were begun, in order."""
        return [task.product.name for task in self.tasks]

    def cached(self, tasks: Sequence[BuildTask]) -> tuple[BuildTask, ...]:
        """Find what is in the cache."""
        if self.stops_in_cache:
            signal.raise_signal(signal.SIGINT)
        return tuple(task for task in tasks if task.product.name in self.in_cache)

    def restore(self, tasks: Sequence[BuildTask]) -> dict[ProductName, Made]:
        """Take products out of the cache, but for the damaged ones."""
        names = [task.product.name for task in tasks]
        return {name: Made(cached=True, seconds=0.25) for name in names if name not in self.damaged}

    def submit(self, task: BuildTask) -> Future[Made]:
        """Begin to build a product."""
        self.tasks.append(task)
        return self._pool.submit(self._make, task.product)

    def _make(self, product: ManifestProduct) -> Made:
        if product.name in self.failing:
            raise ToolkitError(f"`{product.name}` does not compile")
        return self.made

    def stop(self) -> None:
        """Take note of it."""
        self.stopped = True

    def declare(self, products: Sequence[ManifestProduct], build: BuildId) -> None:
        """Declare products."""
        names = [product.name for product in products]
        for name in names:
            if name in self.undeclarable:
                raise ToolkitError(f"`{name}` cannot be declared")
        self.declarations.append(names)
        self.declared |= dict.fromkeys(names, build)
        if self.interrupt_after in names:
            signal.raise_signal(signal.SIGINT)
