"""What package roots offer: every product that an installation needs, and how to get it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lsstinstall.core.distribmanifests import SEARCH
from lsstinstall.core.errors import CorruptError, DeniedError, InvalidNameError, NotFoundError
from lsstinstall.core.packageindexes import index_path
from lsstinstall.core.pkgroots import dist_path, table_path
from lsstinstall.core.tags import EupsTag
from lsstinstall.install.leavablepools import open_pool
from lsstinstall.install.packageroots import find_manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lsstinstall.core.distribmanifests import DistribManifestRow
    from lsstinstall.core.errors import ToolkitError
    from lsstinstall.core.names import Flavor, ProductName, Sha256
    from lsstinstall.core.releases import FileRecord
    from lsstinstall.core.reporting import Reporter
    from lsstinstall.core.versions import EupsVersion
    from lsstinstall.install.packageroots import FoundManifest, PackageRoot

__all__ = ["Offer", "collect_tags", "find_offers"]

_CURRENT = "current"

_TARBALL = ".tar.gz"

_READERS = 16
"""How many tag lists are read at a time at least: they are small, and a server may have a thousand."""

_MANY = 50
"""From how many lists on it takes its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """How to get one version of a product.

    Parameters
    ----------
    dist_id : `str`
        Distribution id: ``eupspkg:...`` or a tarball.
    requires : `frozenset` [ `ProductName` ]
        All products without which it is of no use.
    root : `str` or `None`
        URL of the package root; `None` if there is none.
    path : `str` or `None`
        The package below the root.
    directory : `str` or `None`
        Its folder below ``<stack>/<flavor>``; `None` if it has none.
    table_path : `str` or `None`
        The root's copy of its table file; `None` if it has no table.
    size_bytes : `int` or `None`
        Of the package, if known.
    sha256 : `Sha256` or `None`
        Of the package, if a release document names it.
    index : `FileRecord` or `None`
        What is in the package, below the root; `None` if no release document
        names it.
    problem : `ToolkitError` or `None`
        Why it cannot be had.
    """

    dist_id: str
    requires: frozenset[ProductName] = frozenset()
    root: str | None = None
    path: str | None = None
    directory: str | None = None
    table_path: str | None = None
    size_bytes: int | None = None
    sha256: Sha256 | None = None
    index: FileRecord | None = None
    problem: ToolkitError | None = None


def find_offers(
    wanted: Iterable[tuple[ProductName, EupsVersion]],
    roots: Sequence[PackageRoot],
    *,
    flavor: Flavor,
    digests: Mapping[str, FileRecord],
    jobs: int,
) -> dict[ProductName, Offer]:
    """Find out how to get products.

    Parameters
    ----------
    wanted : `~collections.abc.Iterable`
        Products and versions.
    roots : `~collections.abc.Sequence` [ `PackageRoot` ]
        The best first.
    flavor : `Flavor`
        Flavor to install for.
    digests : `~collections.abc.Mapping` [ `str`, `FileRecord` ]
        What release documents say, by URL.
    jobs : `int`
        How many requests at a time.

    Returns
    -------
    offers : `dict` [ `ProductName`, `Offer` ]
        One for each product, in the same order; what is missing or broken is
        a problem of its offer.

    Raises
    ------
    UnavailableError
        Raised if a server does not answer.
    """
    products = list(wanted)

    def find(item: tuple[ProductName, EupsVersion]) -> Offer:
        return _find_offer(*item, roots, flavor=flavor, digests=digests)

    with open_pool(jobs) as pool:
        found = list(pool.map(find, products))
    return {product: offer for (product, _), offer in zip(products, found, strict=True)}


def _find_offer(
    product: ProductName,
    version: EupsVersion,
    roots: Sequence[PackageRoot],
    *,
    flavor: Flavor,
    digests: Mapping[str, FileRecord],
) -> Offer:
    try:
        found = find_manifest(roots, product, version)
        if found is not None:
            return _make_offer(found, flavor=flavor, digests=digests)
    except (CorruptError, DeniedError, NotFoundError) as error:
        return Offer(dist_id=SEARCH, problem=error)
    where = " or ".join(f"<{root.url}>" for root in roots)
    problem = NotFoundError(f"no manifest of `{product}` {version} for `{flavor}` at {where}")
    return Offer(dist_id=SEARCH, problem=problem)


def _make_offer(found: FoundManifest, *, flavor: Flavor, digests: Mapping[str, FileRecord]) -> Offer:
    manifest, root = found.manifest, found.root
    row = next(row for row in reversed(manifest.rows) if row.product == manifest.product)
    offer = Offer(
        dist_id=row.dist_id,
        requires=frozenset(other.product for other in manifest.rows) - {manifest.product},
        root=root.url,
        directory=_directory(row),
        table_path=_table_path(root, row, flavor),
    )
    if offer.directory is None or row.dist_id == SEARCH:
        return offer
    path = dist_path(root.config(), row.dist_id, product=row.product, version=row.version, flavor=row.flavor)
    record = digests.get(f"{root.url}/{path}")
    if record is not None:
        index = None if record.index is None else replace(record.index, path=index_path(path))
        return replace(offer, path=path, size_bytes=record.size_bytes, sha256=record.sha256, index=index)
    return replace(offer, path=path, size_bytes=root.files.size_bytes(path))


def _directory(row: DistribManifestRow) -> str | None:
    """Say where a product will lie; EUPS unpacks a tarball even if it should lie nowhere."""
    if row.directory is None and row.dist_id.endswith(_TARBALL):
        return f"{row.product}/{row.version}"
    return row.directory


def _table_path(root: PackageRoot, row: DistribManifestRow, flavor: Flavor) -> str | None:
    return None if row.table is None else table_path(root.config(), row.product, row.version, flavor)


def collect_tags(
    roots: Sequence[PackageRoot],
    *,
    tag: EupsTag | None,
    every: bool,
    current: bool = False,
    jobs: int,
    reporter: Reporter,
) -> dict[tuple[ProductName, EupsVersion], tuple[str, ...]]:
    """Find out which tags the servers give to which versions.

    Parameters
    ----------
    roots : `~collections.abc.Sequence` [ `PackageRoot` ]
        The best first.
    tag : `EupsTag` or `None`
        The tag that was asked for.
    every : `bool`
        Whether all tags of all roots are read, as EUPS does, or only ``tag``.
    current : `bool`, optional
        Whether what the roots call ``current`` is one of these tags.
    jobs : `int`
        How many requests at a time; at least a few.
    reporter : `Reporter`
        Hears of many lists, and of lists that cannot be read.

    Returns
    -------
    tags : `dict`
        Tags by product and version, in the order of the roots and sorted for
        each; a root's broken list counts as none.
    """
    asked = () if tag is None else (tag,)
    questions = [
        (root, one)
        for root in roots
        for one in dict.fromkeys([*(_listed_tags(root) if every else ()), *asked])
        # A stack decides for itself what is current, unless it is told otherwise.
        if current or one.name != _CURRENT
    ]

    def read(question: tuple[PackageRoot, EupsTag]) -> dict[ProductName, EupsVersion]:
        root, one = question
        try:
            return root.versions(one) or {}
        except CorruptError as error:
            reporter.warn(f"the tag `{one.name}` is left out: {error}", hint=error.hint)
            return {}

    if len(questions) >= _MANY:
        hint = ", `-U` sets only the tag" if tag is not None else ""
        reporter.note(f"reading {len(questions)} tag lists, to set all tags of the servers{hint}")
    with open_pool(max(jobs, _READERS)) as pool:
        answers = list(pool.map(read, questions))
    found: dict[tuple[ProductName, EupsVersion], dict[str, None]] = {}
    for (_, one), versions in zip(questions, answers, strict=True):
        for item in versions.items():
            found.setdefault(item, {})[one.name] = None
    return {item: tuple(names) for item, names in found.items()}


def _listed_tags(root: PackageRoot) -> list[EupsTag]:
    """List the root's tags, whatever their names are; what cannot be written down is left out."""
    found = []
    for name in root.tag_names():
        try:
            tag = EupsTag.named(name)
        except InvalidNameError:
            continue
        found.append(tag)
    return found
