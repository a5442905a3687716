"""Plans of images, turned into layers over folders on disk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import read_bytes
from rubin_releng.adapters.condaprefixes import CondaPrefix, ListedTree, RestTree
from rubin_releng.adapters.foldertrees import FolderTree
from rubin_releng.core.layerings import parse_layering
from rubin_releng.images.imageplans import LayerPlan
from rubin_releng.images.layers import LayerPart

if TYPE_CHECKING:
    from rubin_releng.core.layerings import PlannedLayer, PlannedPart

__all__ = ["layer_plan", "read_layers"]


def read_layers(path: Path) -> tuple[LayerPlan, ...]:
    """Read the layers of a plan.

    Parameters
    ----------
    path : `~pathlib.Path`
        Document that `image plan` wrote. Its folders are relative to the
        current one, as they were when it was written.

    Returns
    -------
    layers : `tuple` [ `LayerPlan`, ... ]
        The lowest first; no tree was looked at.

    Raises
    ------
    ProblemsError
        Raised if it breaks the format.
    NotFoundError
        Raised if there is no such file.
    """
    return tuple(layer_plan(layer) for layer in parse_layering(read_bytes(path), source=str(path)).layers)


def layer_plan(layer: PlannedLayer) -> LayerPlan:
    """Put trees behind a planned layer.

    Parameters
    ----------
    layer : `PlannedLayer`
        Of a plan.

    Returns
    -------
    layer : `LayerPlan`
        No tree was looked at.
    """
    return LayerPlan(
        parts=tuple(LayerPart(tree=_tree(part), at=part.at) for part in layer.parts),
        name=layer.name,
        key=layer.key,
        products=tuple(f"{name} {version}" for name, version in sorted(layer.products.items())),
    )


def _tree(part: PlannedPart) -> FolderTree:
    path = Path(part.source)
    if not part.packages:
        return RestTree(path, lambda: part.without) if part.without else FolderTree(path)
    prefix = CondaPrefix(path)
    if part.is_rest:
        return RestTree(path, lambda: {*prefix.files(part.packages), *part.without})
    return ListedTree(path, lambda: prefix.files(part.packages) - set(part.without))
