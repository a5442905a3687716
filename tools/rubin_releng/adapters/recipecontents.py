"""What a recipe of format v1 requires, as rattler-build renders it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rattler_build

from rubin_releng.adapters.rattlerbuild import explained
from rubin_releng.core.environmentdiffs import VARIANT, Content, ContentKind, Slot
from rubin_releng.core.ledgers import COMPATIBLE, EXACT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from lsstinstall.core.names import CondaSubdir

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
    values: dict[Slot, dict[CondaSubdir, str]] = {}
    outputs: dict[str, None] = {}
    rendered_for: dict[CondaSubdir, None] = {}
    for platform in platforms:
        for one in _render(recipe, variants, platform):
            rendered_for[platform] = None
            output = one.recipe.package.name
            outputs[output] = None
            for slot, limit in _requirements(output, one.recipe.requirements.to_dict()):
                known = values.setdefault(slot, {})
                known[platform] = ", ".join(sorted({*filter(None, (known.get(platform), limit))}))
            for key, value in one.recipe.used_variant.items():
                if key != "target_platform":
                    values.setdefault(Slot(name.split(" ", maxsplit=1)[0], VARIANT, key), {})[platform] = str(
                        value
                    )
    return Content(
        name=name,
        kind=ContentKind.REQUIREMENTS,
        platforms=tuple(rendered_for),
        outputs=tuple(outputs),
        values=values,
        used_variant=True,
    )


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


def _requirements(output: str, sections: dict[str, object]) -> Iterator[tuple[Slot, str]]:
    for key, section in _SECTIONS.items():
        items = sections.get(key)
        for item in items if isinstance(items, list) else ():
            if isinstance(item, str):
                package, _, limit = item.partition(" ")
                yield Slot(output, section, package), limit.strip()
            elif isinstance(item, dict):
                for pin in item.values():
                    limit = EXACT if isinstance(pin, dict) and pin.get("exact") else COMPATIBLE
                    package = pin["name"] if isinstance(pin, dict) else str(pin)
                    yield Slot(output, section, package), limit
