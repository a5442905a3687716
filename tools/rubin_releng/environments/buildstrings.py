"""Build strings of the versions that conda-build made before Python came into their hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rubin_releng.core.varianthashes import TARGET_PLATFORM, variant_hash

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.core.names import CondaSubdir
    from rubin_releng.environments.recipeplans import RecipePlan

__all__ = ["published_strings"]


def published_strings(plan: RecipePlan, variant: Mapping[str, str], platform: CondaSubdir) -> dict[str, str]:
    """Compute build strings as conda-forge has them, for versions up to 3.0.0.

    rattler-build puts the siblings that an output pins into its hash;
    conda-build does not.

    Parameters
    ----------
    plan : `RecipePlan`
        Recipe for the platform.
    variant : `~collections.abc.Mapping` [ `str`, `str` ]
        All keys of the version on the platform.
    platform : `~lsstinstall.core.names.CondaSubdir`
        Where the packages are for.

    Returns
    -------
    strings : `dict` [ `str`, `str` ]
        By output, ``ha770c72_3``; empty if an output has a Python in ``host``:
        then who builds computes them.
    """
    if any("python" in output.used_keys for output in plan.outputs):
        return {}
    return {
        output.name: variant_hash(
            {**{key: variant[key] for key in output.used_keys}, TARGET_PLATFORM: platform}
        )
        + f"_{plan.build}"
        for output in plan.outputs
    }
