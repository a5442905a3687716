"""What commands on images answer."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rubin_releng.images.builder import list_layers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lsstinstall.adapters.console import Console
    from rubin_releng.core.ocidocuments import Descriptor, Digest
    from rubin_releng.images.imageplans import BuiltImage, ImagePlan, LayerPlan

__all__ = ["answer_built", "answer_listed", "show_blob", "show_built"]


def answer_listed(console: Console, plans: Sequence[ImagePlan]) -> None:
    """Tell what would be built.

    Parameters
    ----------
    console : `~lsstinstall.adapters.console.Console`
        Where to.
    plans : `~collections.abc.Sequence` [ `ImagePlan` ]
        Whose trees are listed, one for each platform.
    """
    images = [_listed(plan) for plan in plans]
    lines = [
        f"{f'linux/{plan.architecture}: ' if len(plans) > 1 else ''}{row['name']}: {row['entries']} entries,"
        f" {row['size_bytes']} bytes from {row['tree']}"
        for plan, rows in zip(plans, images, strict=True)
        for row in rows
    ]
    found: list[dict[str, object]] = [
        {"layers": rows, "tag": plan.tag, "architecture": plan.architecture.value}
        for plan, rows in zip(plans, images, strict=True)
    ]
    data = found[0] if len(found) == 1 else {"tag": plans[0].tag, "images": found}
    console.answer(data, "\n".join(lines))


def _listed(plan: ImagePlan) -> list[dict[str, object]]:
    return [
        {
            "name": work.plan.name,
            "tree": ", ".join(part.tree.name for part in work.plan.parts),
            "path": _place(work.plan),
            "entries": work.entries,
            "size_bytes": work.size_bytes,
        }
        for work in list_layers(plan)
    ]


def show_built(plan: ImagePlan, built: BuiltImage, output: Path) -> dict[str, object]:
    """Describe what was built.

    Parameters
    ----------
    plan : `ImagePlan`
        What was to be built.
    built : `BuiltImage`
        What was.
    output : `~pathlib.Path`
        Where it is.

    Returns
    -------
    data : `dict` [ `str`, `object` ]
        Plain values.
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
    return {
        "output": os.fspath(output),
        "tag": plan.tag,
        "architecture": plan.architecture.value,
        "manifest": built.manifest.digest,
        "config": built.config.digest,
        "size_bytes": size,
        "layers": layers,
    }


def answer_built(
    console: Console,
    plans: Sequence[ImagePlan],
    built: Sequence[BuiltImage],
    output: Path,
    *,
    index: Digest | None = None,
    provenance: Path | None = None,
) -> None:
    """Tell what was built.

    Parameters
    ----------
    console : `~lsstinstall.adapters.console.Console`
        Where to.
    plans, built : `~collections.abc.Sequence`
        What was to be built, and what was, for each platform.
    output : `~pathlib.Path`
        Where it is.
    index : `Digest`, optional
        What joins several platforms.
    provenance : `~pathlib.Path`, optional
        What says how it was made.
    """
    images = [show_built(plan, one, output) for plan, one in zip(plans, built, strict=True)]
    lines = [
        f"{one.manifest.digest} ({len(one.layers)} layers,"
        f" {sum(layer.descriptor.size_bytes for layer in one.layers)} bytes) in {output}"
        for one in built
    ]
    told = {"provenance": None if provenance is None else os.fspath(provenance)}
    if index is None:
        console.answer({**images[0], **told}, lines[0])
        return
    lines.append(f"{index} ({len(built)} images) in {output}")
    data = {"output": os.fspath(output), "tag": plans[0].tag, "index": index, "images": images, **told}
    console.answer(data, "\n".join(lines))


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
