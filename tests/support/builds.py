"""Manifests, a workshop and a journal in memory, for tests of building."""

from __future__ import annotations

import signal
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lsstinstall.core.buildmanifests import BuildManifest, ManifestProduct
from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.graph import stable_order
from lsstinstall.core.names import ProductName
from lsstinstall.core.tags import BuildId
from lsstinstall.core.versionhashes import derive_versions
from tests.support.sources import fake_commit

if TYPE_CHECKING:
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

    def append(self, entry: JournalEntry) -> None:
        """Add one."""
        self.kept.append(entry)


class FakeWorkshop:
    """Builds nothing, in any number of threads, and tells in which order."""

    def __init__(self, *, failing: tuple[str, ...] = (), undeclarable: tuple[str, ...] = ()) -> None:
        self.failing = failing
        self.undeclarable = undeclarable
        self.interrupt_after: str | None = None
        self.made: list[ProductName] = []
        self.declared: dict[ProductName, BuildId] = {}
        self._lock = threading.Lock()

    def make(self, product: ManifestProduct, *, replaces: bool) -> None:
        """Build a product."""
        del replaces
        with self._lock:
            self.made.append(product.name)
        if product.name in self.failing:
            raise ToolkitError(f"`{product.name}` does not compile")

    def declare(self, product: ManifestProduct, build: BuildId) -> None:
        """Declare a product."""
        if product.name in self.undeclarable:
            raise ToolkitError(f"`{product.name}` cannot be declared")
        self.declared[product.name] = build
        if product.name == self.interrupt_after:
            signal.raise_signal(signal.SIGINT)
