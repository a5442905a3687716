"""What commands on images answer."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rubin_releng.images.builder import list_layers

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.adapters.console import Console
    from rubin_releng.core.ocidocuments import Descriptor
    from rubin_releng.images.imageplans import BuiltImage, ImagePlan, LayerPlan

__all__ = ["answer_built", "answer_listed", "show_blob"]


def answer_listed(console: Console, plan: ImagePlan) -> None:
    """Tell what would be built.

    Parameters
    ----------
    console : `~lsstinstall.adapters.console.Console`
        Where to.
    plan : `ImagePlan`
        Whose trees are listed.
    """
    rows: list[dict[str, object]] = [
        {
            "name": work.plan.name,
            "tree": ", ".join(part.tree.name for part in work.plan.parts),
            "path": _place(work.plan),
            "entries": work.entries,
            "size_bytes": work.size_bytes,
        }
        for work in list_layers(plan)
    ]
    lines = [
        f"{row['name']}: {row['entries']} entries, {row['size_bytes']} bytes from {row['tree']}"
        for row in rows
    ]
    console.answer(
        {"layers": rows, "tag": plan.tag, "architecture": plan.architecture.value}, "\n".join(lines)
    )


def answer_built(console: Console, plan: ImagePlan, built: BuiltImage, output: Path) -> None:
    """Tell what was built.

    Parameters
    ----------
    console : `~lsstinstall.adapters.console.Console`
        Where to.
    plan : `ImagePlan`
        What was to be built.
    built : `BuiltImage`
        What was.
    output : `~pathlib.Path`
        Where it is.
    """
    layers: list[dict[str, object]] = [
        {
            "name": layer.name,
            "path": _place(layer),
            **show_blob(done.descriptor),
            "diff_id": done.diff_id,
            "entries": done.entries,
        }
        for layer, done in zip(plan.layers, built.layers, strict=True)
    ]
    size = sum(done.descriptor.size_bytes for done in built.layers)
    data = {
        "output": os.fspath(output),
        "tag": plan.tag,
        "architecture": plan.architecture.value,
        "manifest": built.manifest.digest,
        "config": built.config.digest,
        "size_bytes": size,
        "layers": layers,
    }
    console.answer(data, f"{built.manifest.digest} ({len(layers)} layers, {size} bytes) in {output}")


def show_blob(blob: Descriptor) -> dict[str, object]:
    """Describe a blob in an answer.

    Parameters
    ----------
    blob : `Descriptor`
        Any.

    Returns
    -------
    data : `dict` [ `str`, `object` ]
        Plain values.
    """
    return {"digest": blob.digest, "media_type": str(blob.media_type), "size_bytes": blob.size_bytes}


def _place(layer: LayerPlan) -> str:
    return layer.parts[0].at if layer.parts else "/"
