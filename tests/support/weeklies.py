"""Two consecutive weeklies of made-up products, published as a package root."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.core.buildmanifests import ManifestProduct
from lsstinstall.core.environments import parse_env_version
from lsstinstall.core.expansions import BuiltWith, ClosureEntry, expand_table
from lsstinstall.core.graph import reachable, stable_order
from lsstinstall.core.names import GitSha, ProductName
from lsstinstall.core.platforms import binary_root, platform_of
from lsstinstall.core.reporting import SilentReporter
from lsstinstall.core.setups import InstalledProduct
from lsstinstall.core.tags import BuildId, parse_tag
from lsstinstall.core.versionhashes import derive_versions
from rubin_releng.adapters.objectstores import FolderObjects
from rubin_releng.adapters.packagemakers import StackPackages
from rubin_releng.adapters.packagestores import PackageRoot
from rubin_releng.core.buildkinds import SourceKind
from rubin_releng.stack.publications import Publication, PublishedProduct
from rubin_releng.stack.publisher import run_publish
from rubin_releng.stack.publishplans import plan_publish
from tests.support.producttrees import plan_trees, write_tree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lsstinstall.core.reporting import Reporter
    from lsstinstall.core.versions import EupsVersion
    from tests.support.producttrees import MadeTree

__all__ = ["NEW", "OLD", "TOP", "Weeklies", "binary_folder", "publish_weeklies"]

OLD, NEW = "w_2026_42", "w_2026_43"
"""The weeklies, as EUPS spells them."""

TOP = ProductName("lsst_distrib")
"""Needs all other products, and has few files."""

# What a usual week does to the pipelines.
_UNTOUCHED_SHARE = 0.24
_NEW_SOURCES_SHARE = 0.14

_NEEDS = 4
_PLATFORM = platform_of("linux-64")
_ENV_VERSION = parse_env_version("13.0.1")
# Long ago on every machine: files are packed with the date of their commit if they are younger.
_TIMES = {OLD: datetime(2020, 10, 15, 8, 0, 0, tzinfo=UTC), NEW: datetime(2020, 10, 22, 8, 0, 0, tzinfo=UTC)}


def binary_folder(root: Path) -> Path:
    """Say where the binaries lie below a package root."""
    return root / binary_root(_PLATFORM, _ENV_VERSION)


@dataclass(frozen=True)
class Weeklies:
    """What is in the two weeklies.

    Parameters
    ----------
    products : `int`
        How many products there are, with `TOP`; at least 8.
    files : `int`
        How many files all of them have together.
    compressed_bytes : `int`
        About how large all archives of one weekly are.
    """

    products: int = 120
    files: int = 82_000
    compressed_bytes: int = 300_000_000

    @cached_property
    def names(self) -> tuple[ProductName, ...]:
        """Products, each after all that it needs; the last one is `TOP`."""
        return (*(ProductName(f"product_{number:03}") for number in range(self.products - 1)), TOP)

    @cached_property
    def dependencies(self) -> Mapping[ProductName, tuple[ProductName, ...]]:
        """What each product needs."""
        found = {name: self._needs(number) for number, name in enumerate(self.names)}
        found[TOP] = self.names[:-1]
        return {name: found[name] for name in stable_order(found)}

    @cached_property
    def _untouched(self) -> int:
        return round(self.products * _UNTOUCHED_SHARE)

    def _needs(self, number: int) -> tuple[ProductName, ...]:
        below = self._untouched if number >= self._untouched else 0
        near = range(max(0, number - 3 * _NEEDS), number, 3)
        # All above the untouched ones need the first of them, so that its change reaches them.
        first = (self.names[below],) if below and number > below else ()
        return tuple(dict.fromkeys([*first, *(self.names[need] for need in near)]))

    @cached_property
    def trees(self) -> Mapping[ProductName, MadeTree]:
        """Files of each product: few have many, many have few."""
        shares: dict[str, float] = {
            name: 1 / (3 + int.from_bytes(hashlib.sha256(name.encode()).digest()[:2]) * self.products / 65536)
            for name in self.names[:-1]
        }
        total = sum(shares.values())
        own_files = self.files - 2 * self.products
        counts = {name: max(1, round(own_files * share / total)) for name, share in shares.items()}
        made = plan_trees(counts | {TOP: 1}, compressed_bytes=self.compressed_bytes)
        return {ProductName(name): tree for name, tree in made.items()}

    @cached_property
    def changed(self) -> frozenset[ProductName]:
        """Products with new sources in the second weekly: large and small ones."""
        touched = self.names[self._untouched + 1 : -1]
        wanted = max(1, round(self.products * _NEW_SOURCES_SHARE)) - 1
        ranked = sorted(touched, key=lambda name: self.trees[name].weight)
        step = len(ranked) / (wanted or 1)
        chosen = [ranked[int((number + 0.5) * step)] for number in range(wanted)]
        return frozenset([self.names[self._untouched], *chosen])

    def revision(self, tag: str, product: ProductName) -> int:
        """Count the changes of a product's sources."""
        return int(tag == NEW and product in self.changed)

    def versions(self, tag: str) -> Mapping[ProductName, EupsVersion]:
        """Versions of all products in a weekly."""
        return derive_versions(self._commits(tag), self.dependencies)

    def _commits(self, tag: str) -> dict[ProductName, GitSha]:
        return {name: _commit(name, self.revision(tag, name)) for name in self.dependencies}

    def table(self, tag: str, product: ProductName) -> str:
        """Write a product's table as it is when it is built."""
        lines = [f"setupRequired({need})" for need in self.dependencies[product]]
        lines += [
            "envPrepend(PATH, ${PRODUCT_DIR}/bin)",
            "envPrepend(PYTHONPATH, ${PRODUCT_DIR}/python)",
            "envPrepend(LD_LIBRARY_PATH, ${PRODUCT_DIR}/lib)",
        ]
        versions = self.versions(tag)
        below = {name: self._closure(name, versions) for name in self.dependencies[product]}
        built = BuiltWith(versions=versions, closure=lambda name, _: below[name])
        return expand_table("\n".join(lines) + "\n", built, product=product).text

    def _closure(
        self, product: ProductName, versions: Mapping[ProductName, EupsVersion]
    ) -> list[ClosureEntry]:
        found = reachable(self.dependencies, product)
        return [
            ClosureEntry(product=name, version=versions[name]) for name in self.dependencies if name in found
        ]

    def publication(self, tag: str) -> Publication:
        """Say what is to be published."""
        commits, versions = self._commits(tag), self.versions(tag)
        return Publication(
            tag=parse_tag(tag),
            build=BuildId("b8466" if tag == OLD else "b8467"),
            products=tuple(
                PublishedProduct(
                    product=ManifestProduct(
                        name=name, sha=commits[name], version=versions[name], dependencies=needs
                    ),
                    repository=f"https://example.org/{name}",
                    # What did not change keeps its date, as its commit does.
                    time=_TIMES[NEW if self.revision(tag, name) else OLD],
                    table=self.table(tag, name),
                    key=f"{name} {versions[name]}",
                )
                for name, needs in self.dependencies.items()
            ),
            platform=_PLATFORM,
            env_version=_ENV_VERSION,
            locks={},
            source=SourceKind.GIT,
        )


def _commit(product: ProductName, revision: int) -> GitSha:
    text = f"{product} {revision}".encode()
    return GitSha(hashlib.sha1(text, usedforsecurity=False).hexdigest())


class _Built:
    """A stack that has one product."""

    def __init__(self, product: ManifestProduct, folder: Path) -> None:
        self._installed = InstalledProduct(
            name=product.name,
            version=product.version,
            flavor=_PLATFORM.flavor,
            directory=str(folder),
            stack=str(folder.parent),
            table=None,
        )

    def find(self, product: ProductName, version: EupsVersion) -> InstalledProduct | None:
        known = self._installed
        return known if (known.name, known.version) == (product, version) else None

    def tagged(self, product: ProductName, tag: str) -> EupsVersion | None:
        del product, tag
        return None

    def versions(self, product: ProductName) -> tuple[EupsVersion, ...]:
        return (self._installed.version,) if product == self._installed.name else ()

    def table(self, product: InstalledProduct) -> str | None:
        del product
        return None


class _Packages:
    """Makes packages as the publisher does, of products that are there only meanwhile."""

    def __init__(self, weeklies: Weeklies, tag: str) -> None:
        self._weeklies = weeklies
        self._tag = tag

    def make_source(
        self, product: ManifestProduct, target: Path, *, kind: SourceKind, repository: str, time: datetime
    ) -> None:
        """Write what nobody will build."""
        del repository, time
        target.write_text(f"{kind} of {product.name} {product.version}\n", encoding="utf-8")

    def make_binary(self, product: ManifestProduct, target: Path, *, time: datetime) -> None:
        """Build a product, pack it and throw it away."""
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".build-") as scratch:
            folder = Path(scratch) / "built"
            write_tree(
                self._weeklies.trees[product.name],
                folder,
                revision=self._weeklies.revision(self._tag, product.name),
                version=product.version,
                table=self._weeklies.table(self._tag, product.name),
            )
            packages = StackPackages(Path(scratch), _Built(product, folder))
            packages.make_binary(product, target, time=time)


def publish_weeklies(
    weeklies: Weeklies,
    root: Path,
    *,
    tags: Sequence[str] = (OLD, NEW),
    jobs: int = 2,
    reporter: Reporter | None = None,
) -> None:
    """Write a package root; what is there already stays.

    Parameters
    ----------
    weeklies : `Weeklies`
        What to publish.
    root : `~pathlib.Path`
        Folder to write to.
    tags : `~collections.abc.Sequence` [ `str` ], optional
        Which of the weeklies, in order.
    jobs : `int`, optional
        How many packages to make at once.
    reporter : `~lsstinstall.core.reporting.Reporter`, optional
        Is told of each package.
    """
    store = PackageRoot(FolderObjects(root), journal=root / ".made.jsonl")
    for number, tag in enumerate(tags):
        run_publish(
            plan_publish(weeklies.publication(tag), store),
            store,
            _Packages(weeklies, tag),
            previous=parse_tag(tags[number - 1]) if number else None,
            tool="benchmark 1.0",
            jobs=jobs,
            reporter=reporter or SilentReporter(),
            clock=lambda: _TIMES[NEW],
        )
