"""How fast the text formats are read, as a multiple of reading and splitting the same files."""

from __future__ import annotations

import hashlib
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from harness import Row, measure, report

from lsstinstall.core.buildmanifests import BuildManifest, ManifestProduct, parse_build_manifest
from lsstinstall.core.declarations import FlavorDeclaration, VersionFile, parse_version_file
from lsstinstall.core.distribmanifests import DistribManifest, DistribManifestRow, parse_distrib_manifest
from lsstinstall.core.graph import levels, reachable
from lsstinstall.core.names import Flavor, GitSha, ProductName
from lsstinstall.core.taglists import TagList, TagListEntry, parse_tag_list
from lsstinstall.core.tags import EupsTag, parse_build_id
from lsstinstall.core.versions import EupsVersion

if TYPE_CHECKING:
    from collections.abc import Callable

PRODUCTS = 127
"""As many as the newest weekly has."""

NEEDS = 6
"""Direct dependencies of a product, on average, in the newest weekly."""

FLAVOR = Flavor("Linux64")


def _products() -> list[ManifestProduct]:
    products: list[ManifestProduct] = []
    for number in range(PRODUCTS):
        sha = hashlib.sha1(str(number).encode(), usedforsecurity=False).hexdigest()
        nearest = range(max(0, number - 3 * NEEDS), number, 3)
        products.append(
            ManifestProduct(
                name=ProductName(f"product_{number:03}"),
                sha=GitSha(sha),
                version=EupsVersion(f"g{sha[:10]}+{sha[-10:]}"),
                dependencies=tuple(ProductName(f"product_{need:03}") for need in nearest),
            )
        )
    return products


def _distrib_row(product: ManifestProduct) -> DistribManifestRow:
    return DistribManifestRow(
        product=product.name,
        flavor=FLAVOR,
        version=product.version,
        table=f"{product.name}-{product.version}.table",
        directory=f"{product.name}/{product.version}",
        dist_id=f"{product.name}-{product.version}@{FLAVOR}.tar.gz",
    )


def _version_file(product: ManifestProduct) -> str:
    folder = f"{FLAVOR}/{product.name}/{product.version}"
    declaration = FlavorDeclaration(
        flavor=FLAVOR,
        declarer="builder",
        declared="2026/11/22 07:52:18 UTC",
        product_dir=folder,
        ups_dir="ups",
        table_file=f"{folder}/ups/{product.name}.table",
    )
    return VersionFile(product=product.name, version=product.version, flavors=(declaration,)).format()


def _write_files(folder: Path) -> dict[str, list[Path]]:
    products = _products()
    entries = tuple(
        TagListEntry(product=product.name, flavor=Flavor("generic"), version=product.version)
        for product in products
    )
    texts = {
        "build manifest": [
            BuildManifest(build=parse_build_id("b8466"), products=tuple(products)).format(),
        ],
        "tag list": [TagList(tag=EupsTag.parse("w_2026_47"), entries=entries).format()],
        "distrib manifest": [
            DistribManifest(
                product=products[-1].name,
                version=products[-1].version,
                rows=tuple(_distrib_row(product) for product in products),
                creator="builder",
                time=datetime(2026, 11, 22, tzinfo=UTC),
                eups_version="2.2.15",
            ).format()
        ],
        "120 version files": [_version_file(product) for product in products[:120]],
    }
    files: dict[str, list[Path]] = {}
    for name, contents in texts.items():
        files[name] = [folder / f"{name} {number}" for number in range(len(contents))]
        for path, content in zip(files[name], contents, strict=True):
            path.write_text(content, encoding="utf-8")
    return files


def _reader(parse: Callable[[str], object], paths: list[Path]) -> Callable[[], object]:
    return lambda: [parse(path.read_text(encoding="utf-8")) for path in paths]


def _pass_over(graph: dict[ProductName, tuple[ProductName, ...]]) -> int:
    return sum(need in graph for needs in graph.values() for need in needs)


def _measure_all(folder: Path) -> list[Row]:
    parsers: dict[str, Callable[[str], object]] = {
        "build manifest": lambda text: parse_build_manifest(text, source="bench"),
        "tag list": lambda text: parse_tag_list(text, source="bench"),
        "distrib manifest": lambda text: parse_distrib_manifest(text, source="bench"),
        "120 version files": lambda text: parse_version_file(text, source="bench"),
    }
    files = _write_files(folder)
    rows = [
        measure(name, _reader(parsers[name], paths), _reader(str.split, paths))
        for name, paths in files.items()
    ]
    graph = {product.name: product.dependencies for product in _products()}
    rows += [
        measure("levels of the graph", lambda: levels(graph), lambda: _pass_over(graph)),
        measure(
            "all closures", lambda: [reachable(graph, node) for node in graph], lambda: _pass_over(graph)
        ),
    ]
    return rows


def main() -> None:
    """Write files as the real tools do, and time their reading."""
    with tempfile.TemporaryDirectory() as folder:
        rows = _measure_all(Path(folder))
    report(
        f"Formats of {PRODUCTS} products (floors: reading and splitting the files; a pass over the graph)",
        rows,
    )


if __name__ == "__main__":
    main()
