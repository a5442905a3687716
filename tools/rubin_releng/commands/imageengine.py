"""`rubin-releng image build --engine`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from lsstinstall.adapters.files import read_text
from lsstinstall.adapters.locks import hold_lock
from lsstinstall.core.errors import ConfigurationError
from rubin_releng.adapters.engines import ENGINES, CommandEngine
from rubin_releng.adapters.ocilayouts import OciLayout
from rubin_releng.commands.imageanswers import show_blob
from rubin_releng.commands.imageinputs import FOLDER, find_base, make_plan, parse_labels
from rubin_releng.commands.imageprovenance import note_build, write_build
from rubin_releng.images.enginebuilder import Recipe, build_with_engine, write_recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lsstinstall.adapters.console import Console
    from rubin_releng.commands.imageoptions import ImageOptions
    from rubin_releng.commands.imageprovenance import NotedBuild
    from rubin_releng.images.imageplans import BuiltImage, ImagePlan

__all__ = ["EngineOptions", "build_by_engine", "engine_options", "take_engine"]

F = TypeVar("F", bound="Callable[..., object]")

_FILE = click.Path(dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """Options on engines as they were given.

    Parameters
    ----------
    name : `str` or `None`
        One of `ENGINES`; `None` for our own builder.
    containerfile : `~pathlib.Path` or `None`
        What to build instead of trees.
    context : `~pathlib.Path` or `None`
        Folder that it copies from; `None` for the one in which it lies.
    arguments : `tuple` [ `str`, ... ]
        ``NAME=VALUE`` each.
    """

    name: str | None
    containerfile: Path | None
    context: Path | None
    arguments: tuple[str, ...]


def engine_options(function: F) -> F:
    """Add the options of `EngineOptions` to a command.

    Parameters
    ----------
    function : `~collections.abc.Callable`
        The command; calls `take_engine` with its keywords.

    Returns
    -------
    function : `~collections.abc.Callable`
        The same, decorated.
    """
    for add in (
        click.option(
            "--build-arg", "arguments", multiple=True, metavar="NAME=VALUE", help="For the Containerfile."
        ),
        click.option("--context", type=FOLDER, help="Folder that the Containerfile copies from."),
        click.option("--containerfile", type=_FILE, help="Containerfile to build instead of trees."),
        click.option("--engine", type=click.Choice(ENGINES), help="Program to build with, instead of ours."),
    ):
        function = add(function)
    return function


def take_engine(values: dict[str, Any]) -> EngineOptions:
    """Take the options of engines out of all options.

    Parameters
    ----------
    values : `dict`
        Loses them.

    Returns
    -------
    options : `EngineOptions`
        As given.

    Raises
    ------
    ConfigurationError
        Raised if something is said of a Containerfile that is not there.
    """
    options = EngineOptions(
        name=values.pop("engine"),
        containerfile=values.pop("containerfile"),
        context=values.pop("context"),
        arguments=values.pop("arguments"),
    )
    if options.containerfile is not None and options.name is None:
        raise ConfigurationError("a Containerfile needs an engine", hint="add `--engine buildah`")
    if options.containerfile is None and (options.context is not None or options.arguments):
        raise ConfigurationError(
            "`--context` and `--build-arg` are for Containerfiles", hint="add `--containerfile FILE`"
        )
    return options


def build_by_engine(
    console: Console,
    chosen: Sequence[ImageOptions],
    engine: EngineOptions,
    output: Path,
    *,
    dry_run: bool,
    notes: NotedBuild,
) -> None:
    """Build an image with an engine, and answer.

    Parameters
    ----------
    console : `~lsstinstall.adapters.console.Console`
        Where to answer.
    chosen : `~collections.abc.Sequence` [ `ImageOptions` ]
        What to build, for one platform.
    engine : `EngineOptions`
        With what.
    output : `~pathlib.Path`
        Layout to write to.
    dry_run : `bool`
        Whether to tell only what would be built.
    notes : `NotedBuild`
        What is noted of the build.

    Raises
    ------
    ConfigurationError
        Raised if there are several platforms.
    """
    if len(chosen) != 1:
        raise ConfigurationError(
            "an engine builds one platform at a time", hint="build each, then run `rubin-releng image index`"
        )
    options = chosen[0]
    name = engine.name or ENGINES[0]
    plan = make_plan(options, output=output, environ=console.environ, has_layers=engine.containerfile is None)
    plan = find_base(plan, options)
    recipe = None if engine.containerfile is None else _read_recipe(engine.containerfile, engine)
    if dry_run:
        text = write_recipe(plan) if recipe is None else recipe.text
        data = {"engine": name, "recipe": text, "tag": plan.tag, "labels": dict(plan.labels)}
        console.answer(data, text.rstrip("\n"))
        return
    trace = output.parent / f".{output.name}.engine"
    program = CommandEngine(name, environ=console.environ, trace=trace)
    with hold_lock(output.parent / f".{output.name}.lock", purpose="building an image there", is_kept=False):
        store = OciLayout.create(output)
        built = build_with_engine(
            plan, engine=program, store=store, reporter=console.reporter(), recipe=recipe
        )
        facts = note_build(
            [options],
            [plan],
            [built],
            notes=notes,
            builder=name,
            versions={"engine": program.description},
            environ=console.environ,
            containerfile=engine.containerfile,
            arguments=engine.arguments,
        )
        provenance = write_build(
            output, facts, [(f"linux/{plan.architecture}", built.manifest.digest)], notes=notes
        )
    _answer(console, plan, built, output, provenance)


def _read_recipe(path: Path, engine: EngineOptions) -> Recipe:
    return Recipe(
        text=read_text(path),
        context=str(engine.context or path.parent),
        arguments=parse_labels(engine.arguments, what="build argument"),
    )


def _answer(
    console: Console, plan: ImagePlan, built: BuiltImage, output: Path, provenance: Path | None
) -> None:
    size = sum(layer.descriptor.size_bytes for layer in built.layers)
    data = {
        "output": str(output),
        "tag": plan.tag,
        "architecture": plan.architecture.value,
        "manifest": built.manifest.digest,
        "config": built.config.digest,
        "size_bytes": size,
        "layers": [{**show_blob(one.descriptor), "diff_id": one.diff_id} for one in built.layers],
        "provenance": None if provenance is None else str(provenance),
    }
    console.answer(data, f"{built.manifest.digest} ({len(built.layers)} layers, {size} bytes) in {output}")
