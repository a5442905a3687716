"""Turns options into the plan of an image."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import read_bytes, read_text
from lsstinstall.core.errors import ConfigurationError, RefusedError
from lsstinstall.core.releases import parse_release
from lsstinstall.core.releaseschemas import parse_image_tag
from rubin_releng.adapters.foldertrees import FolderTree
from rubin_releng.adapters.ocilayouts import OciLayout
from rubin_releng.commands.imagefolders import FOLDER, need_folder, parse_folder
from rubin_releng.commands.imageplanfiles import read_layers
from rubin_releng.core.imagelabels import LabelFacts, stack_labels
from rubin_releng.core.imagerecipes import ImageRecipe, parse_recipe
from rubin_releng.core.ocidocuments import Architecture, ImageSettings
from rubin_releng.core.trees import ModeRule
from rubin_releng.images.imageplans import BaseImage, ImagePlan, LayerPlan, pick_image
from rubin_releng.images.layers import LayerPart, LayerRules
from rubin_releng.images.layouts import read_layout
from rubin_releng.images.layoutwriter import format_created

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rubin_releng.commands.imageoptions import ImageOptions

__all__ = [
    "FOLDER",
    "find_base",
    "make_plan",
    "parse_labels",
    "split_layout",
]


_NO_RECIPE = ImageRecipe(
    name="image", title="LSST Science Pipelines", summary="", pin=None, image=None, architectures=()
)


def make_plan(
    options: ImageOptions, *, output: Path, environ: Mapping[str, str], has_layers: bool = True
) -> ImagePlan:
    """Turn options into a plan; nothing is read but files that the options name.

    Parameters
    ----------
    options : `ImageOptions`
        As given.
    output : `~pathlib.Path`
        Layout that will be written.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        Where Jenkins says what it is doing, for labels.
    has_layers : `bool`, optional
        Whether it has to have trees; without, it is only about the rest.

    Returns
    -------
    plan : `ImagePlan`
        Without the image below, see `find_base`.

    Raises
    ------
    ConfigurationError
        Raised if an option cannot be meant.
    NotFoundError
        Raised if a tree is missing.
    RefusedError
        Raised if the layout lies inside a tree.
    """
    layers: tuple[LayerPlan, ...] = ()
    if options.plan is None and not has_layers:
        _refuse_trees(options)
    elif options.plan is None:
        layers = tuple(_parse_tree(text) for text in _joined(options.trees, options.more))
    elif options.trees or options.more:
        raise ConfigurationError(
            "there are trees beside a plan", hint="put them into the plan, or leave it out"
        )
    else:
        layers = read_layers(options.plan)
    for layer in layers:
        for part in layer.parts:
            _refuse_inside(output, part.tree.name)
    recipe = (
        _NO_RECIPE
        if options.recipe is None
        else parse_recipe(read_text(options.recipe), source=str(options.recipe))
    )
    return ImagePlan(
        layers=layers,
        architecture=Architecture(options.architecture),
        rules=_parse_rules(options, recipe),
        labels={**_release_labels(options, recipe, environ), **parse_labels(options.labels)},
        tag=None if options.tag is None else parse_image_tag(options.tag),
        settings=_settings(options, recipe.settings),
    )


def find_base(plan: ImagePlan, options: ImageOptions) -> ImagePlan:
    """Put the image below under a plan.

    Parameters
    ----------
    plan : `ImagePlan`
        As `make_plan` returned it.
    options : `ImageOptions`
        As given.

    Returns
    -------
    plan : `ImagePlan`
        The same if there is none.

    Raises
    ------
    NotFoundError
        Raised if there is no such layout.
    RefusedError
        Raised if it does not hold exactly one image that fits.
    """
    if options.base is None:
        return plan
    folder, tag = split_layout(options.base)
    store = OciLayout.open(folder)
    image = pick_image(read_layout(store), tag=tag, architecture=plan.architecture)
    labels = dict(plan.labels)
    if options.release is not None:
        labels["org.opencontainers.image.base.digest"] = image.manifest.digest
    return replace(plan, base=BaseImage(image=image, store=store), labels=labels)


def split_layout(text: str) -> tuple[Path, str | None]:
    """Split ``LAYOUT@TAG``.

    Parameters
    ----------
    text : `str`
        With or without a tag.

    Returns
    -------
    layout, tag : `tuple` [ `~pathlib.Path`, `str` or `None` ]
        Its parts.
    """
    name, sign, tag = text.rpartition("@")
    if sign and "/" not in tag:
        return parse_folder(name), parse_image_tag(tag)
    return parse_folder(text), None


def parse_labels(labels: Iterable[str], *, what: str = "label") -> dict[str, str]:
    """Read ``KEY=VALUE`` texts.

    Parameters
    ----------
    labels : `~collections.abc.Iterable` [ `str` ]
        As given; later ones win.
    what : `str`, optional
        What they are called.

    Returns
    -------
    labels : `dict` [ `str`, `str` ]
        In their order.

    Raises
    ------
    ConfigurationError
        Raised if one has no key.
    """
    found = {}
    for text in labels:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise ConfigurationError(f"`{text}` is no {what}", hint="expected `KEY=VALUE`")
        found[key] = value
    return found


def _refuse_trees(options: ImageOptions) -> None:
    if options.trees or options.more:
        raise ConfigurationError("there are trees beside a Containerfile", hint="leave one of them out")


def _joined(trees: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    """Take `--tree A B` as well as `--tree A --tree B`, but nothing whose order is unclear."""
    if not trees and not more:
        raise ConfigurationError("there is no tree to make an image of", hint="name one with `--tree`")
    if len(trees) > 1 and more:
        raise ConfigurationError(
            f"the order of `{trees[-1]}` and `{more[0]}` is unclear", hint="put `--tree` before each of them"
        )
    return (*trees, *more)


def _parse_tree(text: str) -> LayerPlan:
    name, colon, at = text.rpartition(":")
    if not colon or not at.startswith("/"):
        name, at = text, "/"
    if any(part in {".", ".."} for part in at.split("/")):
        raise ConfigurationError(f"`{at}` is no place in an image", hint="give an absolute path without `..`")
    at = "/" + "/".join(part for part in at.split("/") if part)
    return LayerPlan(
        parts=(LayerPart(tree=FolderTree(need_folder(parse_folder(name))), at=at),), name=f"tree at {at}"
    )


def _refuse_inside(output: Path, tree: str) -> None:
    if Path(os.path.realpath(output)).is_relative_to(os.path.realpath(tree)):
        raise RefusedError(f"`{output}` lies inside the tree `{tree}`", hint="write the layout elsewhere")


def _parse_rules(options: ImageOptions, recipe: ImageRecipe) -> LayerRules:
    owner, home = options.owner or recipe.owner, options.home or recipe.home
    uid, colon, gid = owner.partition(":")
    if not colon or not (uid.isdecimal() and gid.isdecimal()):
        raise ConfigurationError(f"`{owner}` is no owner", hint="expected numbers, as `1000:1000`")
    if not home.startswith("/"):
        raise ConfigurationError(f"`{home}` is no place in an image", hint="give an absolute path")
    return LayerRules(
        epoch=options.epoch, uid=int(uid), gid=int(gid), home=home, modes=ModeRule(options.modes)
    )


def _settings(options: ImageOptions, recipe: ImageSettings) -> ImageSettings:
    return ImageSettings(
        user=options.user or recipe.user,
        environment={**recipe.environment, **parse_labels(options.environment, what="variable")},
        entry_point=options.entry_point or recipe.entry_point,
        command=options.command or recipe.command,
        folder=options.folder or recipe.folder,
    )


def _release_labels(options: ImageOptions, recipe: ImageRecipe, environ: Mapping[str, str]) -> dict[str, str]:
    if options.release is None:
        return {}
    release = parse_release(read_bytes(options.release), source=str(options.release))
    facts = LabelFacts(
        tag=str(release.tag),
        products=options.products,
        environment="" if release.environment is None else release.environment.version,
        compiler=environ.get("LSST_COMPILER", ""),
        build=release.build or "",
        source=environ.get("DOCKERFILE_GIT_URL", ""),
        branch=environ.get("DOCKERFILE_GIT_BRANCH", ""),
        commit=environ.get("DOCKERFILE_GIT_COMMIT", ""),
        # Jenkins itself leaves the first word out of two of them.
        jenkins={
            "JENKINS_JOB_NAME": environ.get("JENKINS_JOB_NAME") or environ.get("JOB_NAME", ""),
            "JENKINS_BUILD_ID": environ.get("JENKINS_BUILD_ID") or environ.get("BUILD_ID", ""),
            "JENKINS_BUILD_URL": environ.get("JENKINS_BUILD_URL") or environ.get("BUILD_URL", ""),
        },
        title=recipe.title,
        created=format_created(options.epoch),
        base_name=options.base_name,
    )
    return stack_labels(facts)
