"""`rubin-releng image build` for several platforms at once: one index, written at the end."""

from __future__ import annotations

import re
import shutil
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.releaseschemas import parse_image_tag
from rubin_releng.adapters.ocilayouts import OciLayout
from rubin_releng.core.imagetags import ARCHITECTURE_SUFFIXES
from rubin_releng.core.ocidocuments import Architecture
from rubin_releng.images.builder import build_image
from rubin_releng.images.joiner import SourceImage, join_images
from rubin_releng.images.layouts import read_layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lsstinstall.core.reporting import Reporter
    from rubin_releng.commands.imageoptions import ImageOptions
    from rubin_releng.core.ocidocuments import Digest
    from rubin_releng.images.imageplans import BuiltImage, ImagePlan
    from rubin_releng.images.joiner import JoinedImage
    from rubin_releng.images.ports import BlobStore, Codec

__all__ = [
    "PlatformOptions",
    "build_platforms",
    "named_images",
    "platform_options",
    "split_platforms",
    "take_platforms",
]

F = TypeVar("F", bound="Callable[..., object]")

_KNOWN = {f"linux/{one}": one for one in Architecture}

# `darwin/arm64` before an equals sign is meant as a platform, and no folder is called like that.
_PLATFORM = re.compile(r"(?:linux|darwin|windows)/[a-z0-9_]+(?:/v[0-9]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformOptions:
    """Options on platforms as they were given.

    Parameters
    ----------
    platforms : `tuple` [ `tuple` [ `Architecture`, `~pathlib.Path` or `None` ], ... ]
        Each with a plan of its own, if it has one.
    has_single : `bool`
        Whether each architecture gets a name, too.
    """

    platforms: tuple[tuple[Architecture, Path | None], ...]
    has_single: bool


def platform_options(function: F) -> F:
    """Add the options of `PlatformOptions` to a command, which calls `take_platforms`.

    Parameters
    ----------
    function : `~collections.abc.Callable`
        The command.

    Returns
    -------
    function : `~collections.abc.Callable`
        The same, decorated.
    """
    for add in (
        click.option(
            "--single", is_flag=True, help="Name each platform, too: the tag and `_x86`, `_aarch64`."
        ),
        click.option(
            "--platform",
            "platforms",
            multiple=True,
            metavar="PLATFORM[=PLAN]",
            help="`linux/amd64` or `linux/arm64`, instead of `--architecture`; repeatable, for one index of"
            " all. Write `--tree PLATFORM=DIR` for trees of one platform; others are of each.",
        ),
    ):
        function = add(function)
    return function


def take_platforms(values: dict[str, Any]) -> PlatformOptions:
    """Take the options of platforms out of all options.

    Parameters
    ----------
    values : `dict`
        Loses them.

    Returns
    -------
    options : `PlatformOptions`
        As given.

    Raises
    ------
    ConfigurationError
        Raised if one is no platform of ours, or named twice.
    """
    found: dict[Architecture, Path | None] = {}
    for text in values.pop("platforms"):
        name, _, plan = text.partition("=")
        if name not in _KNOWN:
            raise _unknown(name)
        if _KNOWN[name] in found:
            raise ConfigurationError(f"`{name}` is named twice", hint="leave one out")
        found[_KNOWN[name]] = Path(plan) if plan else None
    return PlatformOptions(platforms=tuple(sorted(found.items())), has_single=values.pop("single"))


def split_platforms(options: ImageOptions, wanted: PlatformOptions) -> tuple[ImageOptions, ...]:
    """Say what is asked for of each platform.

    Parameters
    ----------
    options : `ImageOptions`
        Of all.
    wanted : `PlatformOptions`
        Platforms that are named.

    Returns
    -------
    options : `tuple` [ `ImageOptions`, ... ]
        Of each platform; just one if no platform is named anywhere.

    Raises
    ------
    ConfigurationError
        Raised if a tree is for a platform that is not built, or a platform
        has nothing, or single names are asked for and there is none to make
        them of.
    """
    trees = [(*_split(text), "trees") for text in options.trees]
    trees += [(*_split(text), "more") for text in options.more]
    named = {one for one, _, _ in trees if one is not None}
    chosen = (
        dict(wanted.platforms) or dict.fromkeys(sorted(named)) or {Architecture(options.architecture): None}
    )
    for one in sorted(named - set(chosen)):
        raise ConfigurationError(
            f"there are trees for `linux/{one}`, which is not built", hint=f"add `--platform linux/{one}`"
        )
    if wanted.has_single and options.tag is None:
        raise ConfigurationError("there is no tag to make single names of", hint="add `--tag NAME`")
    found = []
    for one, plan in chosen.items():
        own: dict[str, tuple[str, ...]] = {
            kind: tuple(text for of, text, where in trees if where == kind and of in {None, one})
            for kind in ("trees", "more")
        }
        split = replace(
            options, architecture=one.value, plan=plan or options.plan, trees=own["trees"], more=own["more"]
        )
        if trees and not (own["trees"] or own["more"] or split.plan):
            raise ConfigurationError(
                f"there is no tree for `linux/{one}`", hint=f"name one with `--tree linux/{one}=DIR`"
            )
        found.append(split)
    return tuple(found)


def build_platforms(
    plans: Sequence[ImagePlan],
    output: Path,
    *,
    codec: Codec,
    reporter: Reporter,
    jobs: int,
    earlier: Sequence[BlobStore],
    has_single: bool,
) -> tuple[JoinedImage | None, tuple[BuiltImage, ...]]:
    """Build images of several platforms, and join them at the end.

    Parameters
    ----------
    plans : `~collections.abc.Sequence` [ `ImagePlan` ]
        One for each platform.
    output : `~pathlib.Path`
        Layout to write to; until the end it stays as it is. What is built
        lies beside it, and goes away, also after a failure.
    codec, reporter, jobs, earlier
        As for `build_image`.
    has_single : `bool`
        Whether each platform gets a name, too.

    Returns
    -------
    joined : `JoinedImage` or `None`
        The index; `None` for a single platform without a name of its own.
    built : `tuple` [ `BuiltImage`, ... ]
        In the order of the plans.
    """
    if len(plans) == 1 and not has_single:
        store = OciLayout.create(output)
        one = build_image(plans[0], store=store, codec=codec, reporter=reporter, jobs=jobs, earlier=earlier)
        return None, (one,)
    home = OciLayout(output) if (output / "index.json").exists() else None
    with ExitStack() as stack:
        built, sources = [], []
        for plan in plans:
            store = OciLayout.create(stack.enter_context(_scratch(output, plan.architecture)))
            built.append(
                build_image(
                    plan, store=store, codec=codec, reporter=reporter, jobs=jobs, earlier=earlier, home=home
                )
            )
            sources += [SourceImage(image=one, store=store) for one in read_layout(store).images]
        tag = plans[0].tag
        single = {
            one.platform: (parse_image_tag(f"{tag}{end}"),) for one, end in ARCHITECTURE_SUFFIXES.items()
        }
        joined = join_images(
            sources,
            store=OciLayout.create(output),
            tags=[] if tag is None else [tag],
            single=single if has_single else {},
        )
    return joined, tuple(built)


def named_images(
    plans: Sequence[ImagePlan], built: Sequence[BuiltImage], joined: JoinedImage | None
) -> list[tuple[str, Digest]]:
    """Name what a build made.

    Parameters
    ----------
    plans, built : `~collections.abc.Sequence`
        Of each platform.
    joined : `JoinedImage` or `None`
        The index, if there is one.

    Returns
    -------
    images : `list` [ `tuple` [ `str`, `Digest` ] ]
        The index first.
    """
    found = [] if joined is None else [("index", joined.index.digest)]
    pairs = zip(plans, built, strict=True)
    return found + [(f"linux/{plan.architecture}", one.manifest.digest) for plan, one in pairs]


@contextmanager
def _scratch(output: Path, architecture: Architecture) -> Iterator[Path]:
    # A fixed name: what a killed build left is found, and removed, by the next one.
    folder = output.parent / f".{output.name}.{architecture}"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _split(text: str) -> tuple[Architecture | None, str]:
    name, equals, rest = text.partition("=")
    if equals and name not in _KNOWN and _PLATFORM.fullmatch(name):
        raise _unknown(name)
    return (_KNOWN[name], rest) if equals and name in _KNOWN else (None, text)


def _unknown(name: str) -> ConfigurationError:
    return ConfigurationError(f"`{name}` is no platform of ours", hint=f"expected {' or '.join(_KNOWN)}")
