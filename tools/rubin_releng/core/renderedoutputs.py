"""Outputs of a recipe as an engine rendered them, for one platform each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rubin_releng.core.environmentdiffs import VARIANT, Content, ContentKind, Slot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lsstinstall.core.names import CondaSubdir

__all__ = ["RenderedOutput", "gather_outputs"]

_TARGET = "target_platform"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedOutput:
    """One output for one platform and one variant.

    Parameters
    ----------
    platform : `~lsstinstall.core.names.CondaSubdir`
        For which it was rendered.
    name : `str`
        Of the package.
    requirements : `tuple` [ `tuple` [ `str`, `str`, `str` ], ... ]
        Section, package and limit of each, in file order.
    variant : `~collections.abc.Mapping` [ `str`, `str` ]
        Keys that it uses, with their values.
    """

    platform: CondaSubdir
    name: str
    requirements: tuple[tuple[str, str, str], ...]
    variant: Mapping[str, str]


def gather_outputs(outputs: Iterable[RenderedOutput], *, name: str) -> Content:
    """Put what outputs require together, so that it can be compared.

    Parameters
    ----------
    outputs : `~collections.abc.Iterable` [ `RenderedOutput` ]
        Of one recipe.
    name : `str`
        What to call it; its first word has the variant.

    Returns
    -------
    content : `~rubin_releng.core.environmentdiffs.Content`
        Several limits on one package are one text, sorted; so are several
        values of a key.
    """
    values: dict[Slot, dict[CondaSubdir, str]] = {}
    names: dict[str, None] = {}
    platforms: dict[CondaSubdir, None] = {}
    for output in outputs:
        platforms[output.platform] = None
        names[output.name] = None
        slots = [
            (Slot(output.name, section, package), limit) for section, package, limit in output.requirements
        ]
        slots += [
            (Slot(name.split(" ", maxsplit=1)[0], VARIANT, key), value)
            for key, value in output.variant.items()
            if key != _TARGET
        ]
        for slot, text in slots:
            known = values.setdefault(slot, {})
            parts = {*known.get(output.platform, "").split(", "), *text.split(", ")}
            known[output.platform] = ", ".join(sorted(filter(None, parts)))
    return Content(
        name=name,
        kind=ContentKind.REQUIREMENTS,
        platforms=tuple(platforms),
        outputs=tuple(names),
        values=values,
        used_variant=True,
    )
