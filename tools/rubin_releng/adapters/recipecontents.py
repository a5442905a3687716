"""What a recipe of format v1 requires, as rattler-build renders it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rattler_build

from rubin_releng.adapters.rattlerbuild import explained
from rubin_releng.core.ledgers import COMPATIBLE, EXACT
from rubin_releng.core.renderedoutputs import RenderedOutput, gather_outputs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from lsstinstall.core.names import CondaSubdir
    from rubin_releng.core.environmentdiffs import Content

__all__ = ["recipe_content"]

_SECTIONS = {"run": "run", "host": "host", "build": "build", "run_constraints": "run_constrained"}


def recipe_content(
    recipe: Path, variants: Sequence[Path], *, name: str, platforms: Sequence[CondaSubdir]
) -> Content:
    """Render a recipe for some platforms, and list what its outputs require.

    Parameters
    ----------
    recipe : `~pathlib.Path`
        A ``recipe.yaml``.
    variants : `~collections.abc.Sequence` [ `~pathlib.Path` ]
        Variant files; later ones win.
    name : `str`
        What to call it.
    platforms : `~collections.abc.Sequence` [ `~lsstinstall.core.names.CondaSubdir` ]
        Platforms; those for which it makes nothing are left out.

    Returns
    -------
    content : `~rubin_releng.core.environmentdiffs.Content`
        Requirements of the outputs, and the values of the variant they use.

    Raises
    ------
    FormatError
        Raised if the recipe or a variant file breaks its format.
    """
    outputs = (
        RenderedOutput(
            platform=platform,
            name=one.recipe.package.name,
            requirements=tuple(_requirements(one.recipe.requirements.to_dict())),
            variant={key: str(value) for key, value in one.recipe.used_variant.items()},
        )
        for platform in platforms
        for one in _render(recipe, variants, platform)
    )
    return gather_outputs(outputs, name=name)


def _render(
    recipe: Path, variants: Sequence[Path], platform: CondaSubdir
) -> Iterable[rattler_build.RenderedVariant]:
    config = rattler_build.PlatformConfig(
        target_platform=platform, build_platform=platform, host_platform=platform, experimental=True
    )
    with explained(recipe):
        variant = rattler_build.VariantConfig.from_files_with_context(
            list(variants), rattler_build.JinjaConfig(platform=config)
        )
        stage = rattler_build.Stage0Recipe.from_file(recipe)
        return stage.render(variant, rattler_build.RenderConfig(platform=config))


def _requirements(sections: dict[str, object]) -> Iterator[tuple[str, str, str]]:
    for key, section in _SECTIONS.items():
        items = sections.get(key)
        for item in items if isinstance(items, list) else ():
            if isinstance(item, str):
                package, _, limit = item.partition(" ")
                yield section, package, limit.strip()
            elif isinstance(item, dict):
                for pin in item.values():
                    limit = EXACT if isinstance(pin, dict) and pin.get("exact") else COMPATIBLE
                    package = pin["name"] if isinstance(pin, dict) else str(pin)
                    yield section, package, limit
