"""The files of a recipe, in either format."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from rubin_releng.environments.condarecipes import conda_recipe, conda_variants
from rubin_releng.environments.rattlerrecipes import rattler_recipe, rattler_variants

if TYPE_CHECKING:
    from rubin_releng.environments.recipeplans import RecipePlan

__all__ = ["RecipeFormat", "render_recipe"]


class RecipeFormat(StrEnum):
    """Who shall read a recipe."""

    RATTLER = "rattler"
    CONDA_BUILD = "conda-build"

    @property
    def recipe_file(self) -> str:
        """Name of the file with the recipe."""
        return "recipe.yaml" if self is RecipeFormat.RATTLER else "meta.yaml"

    @property
    def variants_file(self) -> str:
        """Name of the file with its variants."""
        return "variants.yaml" if self is RecipeFormat.RATTLER else "conda_build_config.yaml"


def render_recipe(plan: RecipePlan, form: RecipeFormat) -> dict[str, str]:
    """Write the generated files of a recipe.

    Parameters
    ----------
    plan : `RecipePlan`
        What the recipe shall say.
    form : `RecipeFormat`
        In whose words.

    Returns
    -------
    files : `dict` [ `str`, `str` ]
        Name to content: the recipe and its variants. The scripts that it
        installs lie beside the ledger.
    """
    if form is RecipeFormat.RATTLER:
        return {form.recipe_file: rattler_recipe(plan), form.variants_file: rattler_variants(plan)}
    return {form.recipe_file: conda_recipe(plan), form.variants_file: conda_variants(plan)}
