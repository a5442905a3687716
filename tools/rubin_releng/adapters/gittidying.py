"""Clones that are fetched into every day: many small packs and single refs become few, nothing is pruned."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rubin_releng.adapters.git import GitRepository

__all__ = ["tidy"]

_MOST_PACKS = 50
_MOST_REFS = 500


def tidy(repository: GitRepository, *, most_packs: int = _MOST_PACKS, most_refs: int = _MOST_REFS) -> bool:
    """Bring together what many fetches have left, if it is much.

    Objects that nothing names any more are kept, since they may be somebody's
    work; that is why git's own ``gc`` is not run.

    Parameters
    ----------
    repository : `~rubin_releng.adapters.git.GitRepository`
        The clone.
    most_packs, most_refs : `int`, optional
        How many packs, and refs in files of their own, are not yet much.

    Returns
    -------
    tidied : `bool`
        Whether there was anything to do.
    """
    packs = sum(1 for _ in (repository.git_dir / "objects" / "pack").glob("*.pack"))
    refs = sum(len(names) for _, _, names in os.walk(repository.git_dir / "refs"))
    if packs > most_packs:
        repository.run("repack", "-q", "-d", "--geometric=2", doing="tidy the clone", check=False)
    if refs > most_refs:
        repository.run("pack-refs", "--all", doing="tidy the clone", check=False)
    return packs > most_packs or refs > most_refs
