"""Whether what a plan fetches and unpacks will fit on the disks it goes to."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from lsstinstall.adapters.condacaches import package_cache
from lsstinstall.adapters.hostfacts import disk_of, free_space
from lsstinstall.commands.installwords import environment_work
from lsstinstall.core.quantities import format_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from lsstinstall.commands.installationplans import InstallationPlan
    from lsstinstall.core.productplans import InstallPlan
    from lsstinstall.core.reporting import Reporter

__all__ = ["DiskNeed", "installation_needs", "product_need", "warn_of_full_disks"]

_GROWTH = 3
"""How many bytes a byte of a package becomes: roughly so of conda's packages and of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskNeed:
    """What goes to one folder.

    Parameters
    ----------
    folder : `~pathlib.Path`
        It need not be there.
    fetch_bytes : `int`
        Packages.
    unpack_bytes : `int`
        What comes out of packages, roughly.
    """

    folder: Path
    fetch_bytes: int
    unpack_bytes: int


def product_need(plan: InstallPlan, *, stack: Path) -> DiskNeed:
    """Say what the products of a plan need.

    Parameters
    ----------
    plan : `InstallPlan`
        The plan; what other versions have is not counted.
    stack : `~pathlib.Path`
        Where they go.

    Returns
    -------
    need : `DiskNeed`
        Of the stack.
    """
    size = plan.known_bytes
    return DiskNeed(folder=stack, fetch_bytes=size, unpack_bytes=size * _GROWTH)


def installation_needs(
    plan: InstallationPlan, products: InstallPlan | None, environ: Mapping[str, str]
) -> Iterator[DiskNeed]:
    """Say what an environment and products need.

    Parameters
    ----------
    plan : `InstallationPlan`
        Of environment and stack.
    products : `InstallPlan` or `None`
        Of products, if some were named.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        Says where the cache of packages is.

    Yields
    ------
    need : `DiskNeed`
        Of the cache, of the environments, of the stack.
    """
    _, size = environment_work(plan)
    cache = package_cache(plan.conda_root, environ)
    yield DiskNeed(folder=cache, fetch_bytes=size, unpack_bytes=size * _GROWTH)
    if disk_of(cache) != disk_of(plan.conda_root):
        # There are no links from disk to disk.
        yield DiskNeed(folder=plan.conda_root, fetch_bytes=0, unpack_bytes=size * _GROWTH)
    if products is not None:
        yield product_need(products, stack=plan.stack)


def warn_of_full_disks(needs: Iterable[DiskNeed], reporter: Reporter) -> None:
    """Warn of each disk on which there is less space than is needed.

    Parameters
    ----------
    needs : `~collections.abc.Iterable` [ `DiskNeed` ]
        Of a whole plan; what goes to the same disk is added up.
    reporter : `Reporter`
        Hears the warnings. They are no errors: caches may have packages
        already, and the sizes are rough.
    """
    placed = [(disk, need) for need in needs for disk in [disk_of(need.folder)] if disk is not None]
    by_number = sorted(placed, key=lambda one: one[0].number)
    for _, group in groupby(by_number, key=lambda one: one[0].number):
        same = list(group)
        fetched = sum(need.fetch_bytes for _, need in same)
        unpacked = sum(need.unpack_bytes for _, need in same)
        free, _files = free_space(same[0][0].folder)
        if free < fetched + unpacked:
            folders = " and ".join(dict.fromkeys(f"`{need.folder}`" for _, need in same))
            reporter.warn(
                f"{format_bytes(free)} are free for {folders}, and about {format_bytes(fetched + unpacked)} "
                f"are needed: {format_bytes(fetched)} to fetch, about {format_bytes(unpacked)} unpacked",
                hint="free some space, `lsstinstall gc` shows what nobody needs, or choose another disk",
            )
