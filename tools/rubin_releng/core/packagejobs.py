"""What is to be packaged: one recipe for one platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.core.condapackages import CondaPackage
    from lsstinstall.core.names import CondaSubdir

__all__ = ["PackageJob"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageJob:
    """One recipe for one platform.

    Parameters
    ----------
    recipe : `~pathlib.Path`
        The ``recipe.yaml``, beside its scripts.
    variants : `tuple` [ `~pathlib.Path`, ... ]
        Variant files; later ones win.
    platform : `CondaSubdir`
        Where the packages shall run.
    channels : `tuple` [ `str`, ... ]
        URIs that build and host requirements come from, first has priority.
    test : `bool`
        Whether the recipe's tests run after the build, if this machine can.
    packages : `tuple` [ `~lsstinstall.core.condapackages.CondaPackage`, ... ]
        What it makes, in the order of the outputs; empty if only the engine
        can tell.
    """

    recipe: Path
    variants: tuple[Path, ...]
    platform: CondaSubdir
    channels: tuple[str, ...]
    test: bool
    packages: tuple[CondaPackage, ...] = ()
