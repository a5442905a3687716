"""Digests of all that decides on what a recipe makes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import read_bytes
from lsstinstall.core.errors import NotFoundError
from lsstinstall.core.names import Sha256

if TYPE_CHECKING:
    from pathlib import Path

    from rubin_releng.core.packagejobs import PackageJob

__all__ = ["digest_inputs", "existing"]

_FORMAT = b"package inputs 1\n"


def digest_inputs(job: PackageJob) -> Sha256:
    """Digest the recipe folder, the variant files and the platform.

    Parameters
    ----------
    job : `~rubin_releng.core.packagejobs.PackageJob`
        Recipe and platform.

    Returns
    -------
    digest : `Sha256`
        Of names and contents; hidden files and READMEs do not count, nor
        do the packages that the channels offer today.

    Raises
    ------
    NotFoundError
        Raised if the recipe or a variant file is not there.
    """
    digest = hashlib.sha256(_FORMAT + f"{job.platform}\n".encode())
    folder = job.recipe.parent
    members = sorted(path for path in folder.rglob("*") if path.is_file() and _counts(path, folder))
    named = [(path.relative_to(folder).as_posix(), path) for path in members]
    named += [(f"variants {number}", path) for number, path in enumerate(job.variants)]
    for name, path in named:
        content = read_bytes(path)
        digest.update(f"{name}\n{len(content)}\n".encode() + content)
    return Sha256(digest.hexdigest())


def existing(path: Path) -> Path:
    """Make sure that a file is there.

    Parameters
    ----------
    path : `~pathlib.Path`
        The file.

    Returns
    -------
    path : `~pathlib.Path`
        The same.

    Raises
    ------
    NotFoundError
        Raised if it is not.
    """
    if not path.is_file():
        raise NotFoundError(f"there is no `{path}`")
    return path


def _counts(path: Path, folder: Path) -> bool:
    parts = path.relative_to(folder).parts
    return not any(part.startswith(".") for part in parts) and not parts[-1].startswith("README")
