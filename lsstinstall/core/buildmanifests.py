"""Build manifests, ``manifest.txt`` and ``manifests/bN.txt``: what one build is made of."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.errors import FormatError
from lsstinstall.core.graph import CycleError, levels
from lsstinstall.core.lines import Line, numbered_lines, refuse_partial_last_line
from lsstinstall.core.names import GitSha, ProductName, parse_git_sha, parse_product_name
from lsstinstall.core.tags import BuildId, parse_build_id
from lsstinstall.core.versions import EupsVersion, parse_eups_version

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BuildManifest", "ManifestProduct", "parse_build_manifest"]

# The peer pads each column, also the last of the header: trailing blanks belong to the format.
_HEADER = f"# {'product':<23} {'SHA1':<41} {'Version':<30}\n"

# For example `BUILD=b8466`.
_SETTING = re.compile(r"(\w+)=(.*)")

_FIELDS_WITHOUT_DEPENDENCIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestProduct:
    """One product of a build.

    Parameters
    ----------
    name : `ProductName`
        EUPS product.
    sha : `GitSha`
        Commit it is built from.
    version : `EupsVersion`
        Version it gets.
    dependencies : `tuple` [ `ProductName`, ... ]
        Direct ones in the order of the table file, duplicates as listed there.
    """

    name: ProductName
    sha: GitSha
    version: EupsVersion
    dependencies: tuple[ProductName, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildManifest:
    """The record of one build.

    Parameters
    ----------
    build : `BuildId`
        For example ``b8466``.
    products : `tuple` [ `ManifestProduct`, ... ]
        In file order, which is `stable_order` of their dependencies in all
        that a program wrote since 2020.
    """

    build: BuildId
    products: tuple[ManifestProduct, ...]

    @property
    def by_name(self) -> Mapping[ProductName, ManifestProduct]:
        """The products by name, in file order; made anew at each use."""
        return MappingProxyType({product.name: product for product in self.products})

    @property
    def dependencies(self) -> Mapping[ProductName, tuple[ProductName, ...]]:
        """The dependency graph, in file order; made anew at each use."""
        return MappingProxyType({product.name: product.dependencies for product in self.products})

    def content_hash(self) -> str:
        """Compute the key of versiondb's ``content_sha.db.txt``.

        Returns
        -------
        digest : `str`
            SHA-1 as 40 hexadecimal digits over name, commit and version of
            each product in order. Neither the dependencies nor the build id
            enter, so that several builds can have the same one.
        """
        text = "".join(f"{product.name}\t{product.sha}\t{product.version}\n" for product in self.products)
        return hashlib.sha1(text.encode("ascii"), usedforsecurity=False).hexdigest()

    def format(self) -> str:
        """Write the manifest as the peer does.

        Returns
        -------
        text : `str`
            Byte for byte what ``lsst-build`` would write.
        """
        rows = (
            f"{product.name:<25} {product.sha:<41} {product.version:<40} {','.join(product.dependencies)}\n"
            for product in self.products
        )
        return "".join([_HEADER, f"BUILD={self.build}\n", *rows])


def parse_build_manifest(text: str, *, source: str) -> BuildManifest:
    """Read a build manifest.

    Parameters
    ----------
    text : `str`
        Content of ``manifest.txt`` or ``manifests/bN.txt``.
    source : `str`
        File name or URL, for error messages only.

    Returns
    -------
    manifest : `BuildManifest`
        Products in file order.

    Raises
    ------
    FormatError
        Raised if a line breaks the format, a product is listed twice, there is
        no ``BUILD=`` line or no product, the text ends in the middle of a
        line, a dependency is not in the manifest, or there is a cycle.

    Notes
    -----
    Format: the writer of ``lsst_build`` (2014 to 2026), read as it reads it:
    fields are separated by any number of blanks, ``#`` begins a comment line,
    ``NAME=value`` lines but ``BUILD`` are ignored. The end has no mark, so a
    file cut between two lines is noticed only if nothing is left.
    """
    refuse_partial_last_line(text, source=source)
    build: BuildId | None = None
    rows: dict[ProductName, tuple[Line, ManifestProduct]] = {}
    for line in numbered_lines(text, source=source):
        content = line.text.strip()
        if not content or content.startswith("#"):
            continue
        if setting := _SETTING.fullmatch(content):
            build = _read_setting(line, setting, build)
            continue
        product = _read_row(line)
        if product.name in rows:
            raise line.error(
                f"product `{product.name}` was listed in line {rows[product.name][0].number} already",
                column=line.column_of(0),
            )
        rows[product.name] = (line, product)
    if build is None:
        raise FormatError("there is no `BUILD=` line", source=source)
    if not rows:
        raise FormatError(
            "there is no product in the manifest", source=source, line=2, hint="the file may have been cut"
        )
    _check_graph(rows)
    return BuildManifest(build=build, products=tuple(product for _, product in rows.values()))


def _read_setting(line: Line, setting: re.Match[str], build: BuildId | None) -> BuildId | None:
    if setting[1] != "BUILD":
        return build
    if build is not None:
        raise line.error("there is a second `BUILD=` line")
    column = line.text.index("=") + 2
    return line.read_at(parse_build_id, setting[2].strip(), column=column)


def _read_row(line: Line) -> ManifestProduct:
    fields = line.text.split()
    if not _FIELDS_WITHOUT_DEPENDENCIES <= len(fields) <= _FIELDS_WITHOUT_DEPENDENCIES + 1:
        raise line.error(
            f"{len(fields)} fields instead of name, commit, version and dependencies",
            column=line.column_of(_FIELDS_WITHOUT_DEPENDENCIES + 1),
        )
    name, sha, version, *dependencies = fields
    return ManifestProduct(
        name=line.read(parse_product_name, name, field=0),
        sha=line.read(parse_git_sha, sha, field=1),
        version=line.read(parse_eups_version, version, field=2),
        dependencies=line.read(_parse_dependencies, dependencies[0], field=3) if dependencies else (),
    )


def _parse_dependencies(text: str) -> tuple[ProductName, ...]:
    return tuple(parse_product_name(name) for name in text.split(","))


def _check_graph(rows: Mapping[ProductName, tuple[Line, ManifestProduct]]) -> None:
    graph = {name: product.dependencies for name, (_, product) in rows.items()}
    for line, product in rows.values():
        for dependency in product.dependencies:
            if dependency not in graph:
                raise line.error(
                    f"`{product.name}` depends on `{dependency}`, which is not in the manifest",
                    column=line.column_of(3),
                )
    try:
        levels(graph)
    except CycleError as error:
        line, _ = min((rows[ProductName(member)] for member in error.members), key=lambda row: row[0].number)
        raise line.error(str(error), column=line.column_of(3)) from error
