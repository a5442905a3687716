"""What a user may say of a build, and what follows for the place where it is done."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import read_text
from rubin_releng.stack.weights import Capacity, parse_weights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.core.names import Flavor, ProductName
    from rubin_releng.stack.weights import Weight

__all__ = ["BuildOptions", "find_capacity", "read_weights"]

_GIB = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """What a user may say of a build.

    Parameters
    ----------
    build_dir : `~pathlib.Path`
        Clones and the manifest.
    stack : `~pathlib.Path`
        Gets the products.
    env : `~pathlib.Path` or `None`
        Prefix of the conda environment to build with.
    flavor : `Flavor`
        The platform's.
    jobs : `int`
        How many products at once.
    keep_going : `bool`
        Whether products that need nothing failed are still built.
    rebuild : `bool`
        Whether products built from other inputs are replaced.
    caches : `tuple` [ `str`, ... ]
        Build caches, the nearest first.
    weights : `~pathlib.Path` or `None`
        File of what products weigh.
    cores : `int` or `None`
        Of all builds together; by default the machine's.
    memory_gib : `float` or `None`
        Likewise.
    parsl_config : `~pathlib.Path` or `None`
        Python file with a configuration of Parsl, to build elsewhere.
    """

    build_dir: Path
    stack: Path
    env: Path | None
    flavor: Flavor
    jobs: int
    keep_going: bool
    rebuild: bool
    caches: tuple[str, ...] = ()
    weights: Path | None = None
    cores: int | None = None
    memory_gib: float | None = None
    parsl_config: Path | None = None


def find_capacity(options: BuildOptions) -> Capacity:
    """Say how much can be built at once.

    Parameters
    ----------
    options : `BuildOptions`
        What the user says.

    Returns
    -------
    capacity : `~rubin_releng.stack.weights.Capacity`
        Of this machine; elsewhere only the number of products counts.
    """
    if options.parsl_config is not None:
        return Capacity(jobs=options.jobs)
    wanted = options.memory_gib
    memory = _memory_bytes() if wanted is None else int(wanted * _GIB)
    return Capacity(jobs=options.jobs, cores=options.cores or _cores(), memory_bytes=memory)


def read_weights(options: BuildOptions) -> Mapping[ProductName, Weight]:
    """Read what products weigh; nothing without a file."""
    if options.weights is None:
        return {}
    return parse_weights(read_text(options.weights), source=str(options.weights))


def _cores() -> int:
    # In a container or a batch job fewer than the machine has.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory_bytes() -> int:
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
    except OSError:
        return whole
    return min(whole, int(limit)) if limit.isdecimal() else whole
