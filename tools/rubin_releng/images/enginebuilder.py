"""Builds an image with an engine: from the same plan as our own builder, or by a Containerfile."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError, RefusedError
from lsstinstall.core.reporting import Outcome
from rubin_releng.core.engineworks import EngineWork
from rubin_releng.core.ocidocuments import Descriptor, MediaType, manifest_document
from rubin_releng.images.imageplans import BuiltImage, BuiltLayer, pick_image
from rubin_releng.images.layers import arrange_members, refuse_overlaps, stream_layer
from rubin_releng.images.layouts import TAG_ANNOTATION, read_layout
from rubin_releng.images.layoutwriter import format_created, publish_entry, write_document
from rubin_releng.images.reuse import COMPRESSOR_ANNOTATION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lsstinstall.core.reporting import Reporter
    from rubin_releng.core.ocidocuments import ImageSettings
    from rubin_releng.images.engineports import Engine
    from rubin_releng.images.imageplans import ImagePlan, LayerPlan
    from rubin_releng.images.layouts import FoundImage
    from rubin_releng.images.ports import BlobStore

__all__ = ["Recipe", "build_with_engine", "write_recipe"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A Containerfile that somebody wrote.

    Parameters
    ----------
    text : `str`
        Its content.
    context : `str`
        Folder that it copies from.
    arguments : `~collections.abc.Mapping` [ `str`, `str` ]
        Of its building.
    """

    text: str
    context: str
    arguments: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def build_with_engine(
    plan: ImagePlan, *, engine: Engine, store: BlobStore, reporter: Reporter, recipe: Recipe | None = None
) -> BuiltImage:
    """Build an image with an engine into a layout.

    Parameters
    ----------
    plan : `ImagePlan`
        What to build: labels, name, platform and time, and without a recipe
        also layers and settings.
    engine : `Engine`
        Which runs the steps.
    store : `BlobStore`
        Layout to write to; an image with the same tag and architecture is
        replaced.
    reporter : `Reporter`
        Gets a step.
    recipe : `Recipe`, optional
        Containerfile to build instead of the plan's layers.

    Returns
    -------
    image : `BuiltImage`
        With all its layers.

    Raises
    ------
    RefusedError
        Raised if a tree holds what no layer can hold, or the plan has an image
        below it.
    ToolkitError
        Raised if the engine fails; then the layout has the images that it had.
    """
    work = _work_of(plan) if recipe is None else _work_by(recipe, plan)
    before = read_layout(store)
    reporter.begin(f"build with {engine.name}", 1)
    with engine.build(work) as made:
        image = pick_image(read_layout(made), tag=None, architecture=plan.architecture)
        for blob in (image.config, *image.layers):
            store.adopt(blob.digest, source=made)
    reporter.step(plan.tag or "image", Outcome.DONE, detail=f"{len(image.layers)} layers")
    reporter.end()
    entry = _write_manifest(image, plan, engine, store)
    publish_entry(before, entry, store)
    layers = tuple(
        BuiltLayer(descriptor=layer, diff_id=diff_id, entries=0)
        for layer, diff_id in zip(image.layers, image.settings.diff_ids, strict=True)
    )
    return BuiltImage(manifest=entry, config=image.config, layers=layers)


def write_recipe(plan: ImagePlan) -> str:
    """Write a Containerfile that makes the image of a plan.

    Parameters
    ----------
    plan : `ImagePlan`
        Its layers are expected beside it as ``layer-0.tar`` and so on.

    Returns
    -------
    recipe : `str`
        Without here-documents and without ``SHELL``, which engines drop.
    """
    lines = ["FROM scratch", *(f"ADD {_file_name(number)} /" for number in range(len(plan.layers)))]
    return "\n".join([*lines, *_settings_lines(plan.settings), ""])


def _settings_lines(settings: ImageSettings) -> Iterator[str]:
    for name, value in settings.environment.items():
        if "\n" in value:
            raise ConfigurationError(
                f"the variable `{name}` holds a line end, which no Containerfile can",
                hint="build without `--engine`",
            )
        quoted = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
        yield f'ENV {name}="{quoted}"'
    if settings.folder:
        yield f"WORKDIR {settings.folder}"
    if settings.user:
        yield f"USER {settings.user}"
    if settings.entry_point:
        yield f"ENTRYPOINT {json.dumps(settings.entry_point)}"
    if settings.command:
        yield f"CMD {json.dumps(settings.command)}"


def _work_of(plan: ImagePlan) -> EngineWork:
    if plan.base is not None:
        raise RefusedError(
            "an engine does not build trees on top of a layout",
            hint="build without `--engine`, or write a Containerfile that names the image below by digest",
        )
    for layer in plan.layers:
        refuse_overlaps(layer.parts)
    files = {_file_name(number): _streamer(layer, plan) for number, layer in enumerate(plan.layers)}
    return EngineWork(
        recipe=write_recipe(plan),
        platform=plan.architecture.platform,
        epoch=plan.rules.epoch,
        files=MappingProxyType(files),
        labels=plan.labels,
    )


def _work_by(recipe: Recipe, plan: ImagePlan) -> EngineWork:
    return EngineWork(
        recipe=recipe.text,
        platform=plan.architecture.platform,
        epoch=plan.rules.epoch,
        context=recipe.context,
        labels=plan.labels,
        arguments=recipe.arguments,
    )


def _streamer(layer: LayerPlan, plan: ImagePlan) -> Callable[[], Iterator[bytes]]:
    return lambda: stream_layer(arrange_members(layer.parts, rules=plan.rules))


def _file_name(number: int) -> str:
    return f"layer-{number}.tar"


def _write_manifest(image: FoundImage, plan: ImagePlan, engine: Engine, store: BlobStore) -> Descriptor:
    """Write the manifest anew, with the annotations that our own builder gives."""
    annotations = {
        **plan.labels,
        COMPRESSOR_ANNOTATION: engine.description,
        "org.opencontainers.image.created": format_created(plan.rules.epoch),
    }
    bare = replace(image.config, annotations=MappingProxyType({}))
    manifest = write_document(store, manifest_document(bare, image.layers, annotations), MediaType.MANIFEST)
    return replace(
        manifest,
        annotations=MappingProxyType({} if plan.tag is None else {TAG_ANNOTATION: plan.tag}),
        platform=plan.architecture.platform,
    )
