"""Which products need not be fetched whole, because other versions of them are installed."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from lsstinstall.core.errors import CorruptError, ToolkitError
from lsstinstall.core.packageindexreading import parse_outline
from lsstinstall.core.productplans import ProductAction
from lsstinstall.core.productreuse import Reuse, join_groups
from lsstinstall.install.leavablepools import open_pool

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lsstinstall.core.names import Sha256
    from lsstinstall.core.productplans import InstallPlan, PlannedProduct
    from lsstinstall.core.productreuse import ReuseSource
    from lsstinstall.core.releases import FileRecord
    from lsstinstall.core.reporting import Reporter
    from lsstinstall.install.ports import InstalledVersions, PackageFiles

__all__ = ["plan_reuse"]

_WORTHWHILE = 0.75
"""What share of a package may be fetched in parts; of more, the whole is fetched in one stream."""


def plan_reuse(
    plan: InstallPlan,
    *,
    roots: Mapping[str, PackageFiles],
    installed: InstalledVersions,
    jobs: int,
    reporter: Reporter,
) -> InstallPlan:
    """Find out what of the products to install is there in other versions of them.

    Parameters
    ----------
    plan : `InstallPlan`
        What is to be installed.
    roots : `~collections.abc.Mapping` [ `str`, `PackageFiles` ]
        The package roots of the plan, by URL.
    installed : `InstalledVersions`
        The other versions.
    jobs : `int`
        How many indexes are read at a time.
    reporter : `Reporter`
        Hears of indexes that cannot be used.

    Returns
    -------
    plan : `InstallPlan`
        The same, where it pays with what is to be reused.
    """

    def look(planned: PlannedProduct) -> PlannedProduct:
        if planned.action is not ProductAction.UNPACK or planned.index is None or planned.root is None:
            return planned
        sources = installed.versions_beside(planned)
        if not sources:
            return planned
        try:
            reuse = _plan_one(planned, planned.index, roots[planned.root], sources)
        except ToolkitError as error:
            reporter.warn(f"`{planned.product}` is fetched whole: {error}", hint=error.hint)
            return planned
        return replace(planned, reuse=reuse)

    with open_pool(jobs) as pool:
        return replace(plan, products=tuple(pool.map(look, plan.products)))


def _plan_one(
    planned: PlannedProduct, record: FileRecord, root: PackageFiles, sources: Sequence[ReuseSource]
) -> Reuse | None:
    source = f"{root.url}/{record.path}"
    data = root.read_bytes(record.path)
    if hashlib.sha256(data).hexdigest() != record.sha256:
        raise CorruptError(f"<{source}> has not the SHA-256 digest {record.sha256}")
    outline = parse_outline(data, source=source)
    if outline.sha256 != planned.sha256:
        raise CorruptError(f"<{source}> is the index of another package")
    known: set[Sha256] = set().union(*(source.digests for source in sources))
    missing = {group for digest, size, group in outline.contents if size and digest not in known}
    fetch_bytes = sum(part.size_bytes for part in join_groups(outline.groups, missing))
    if fetch_bytes > _WORTHWHILE * outline.size_bytes:
        return None
    return Reuse(index=data, sources=tuple(sources), fetch_bytes=fetch_bytes)
