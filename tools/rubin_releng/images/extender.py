"""Packages that are added to an environment: nothing that is there changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.core.environments import SolvedPackage

__all__ = ["plan_extension"]


def plan_extension(
    present: Sequence[SolvedPackage], wanted: Sequence[SolvedPackage]
) -> tuple[SolvedPackage, ...]:
    """Tell what has to be added to an environment.

    Parameters
    ----------
    present : `~collections.abc.Sequence` [ `SolvedPackage` ]
        What it has.
    wanted : `~collections.abc.Sequence` [ `SolvedPackage` ]
        What it shall have.

    Returns
    -------
    added : `tuple` [ `SolvedPackage`, ... ]
        In the order of `wanted`.

    Raises
    ------
    RefusedError
        Raised if a package that is there is not wanted, or as another build.
    """
    offered = {one.package.name: one.package for one in wanted}
    for one in present:
        there, other = one.package, offered.get(one.package.name)
        if there != other:
            instead = "is not in the list" if other is None else f"would become `{other.file_name}`"
            raise RefusedError(
                f"`{there.file_name}` of the environment {instead}",
                hint="solve the list with the packages that are there, or make another environment",
            )
    names = {one.package.name for one in present}
    return tuple(one for one in wanted if one.package.name not in names)
