"""What an image of ours is: ``containers/<image>/image.toml``, and ``containers/pins.toml``."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from lsstinstall.core.errors import CorruptError, FormatError, InvalidNameError, NotFoundError
from lsstinstall.core.shapes import BrokenError, Items, Reading, Record, Table, Text
from rubin_releng.core.downstreams import DOWNSTREAMS
from rubin_releng.core.ocidocuments import Architecture, Digest, ImageSettings, parse_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.core.shapes import Shape
    from rubin_releng.core.downstreams import Downstream

__all__ = ["ImageRecipe", "PinnedImage", "base_reference", "parse_pins", "parse_recipe"]

T = TypeVar("T")

_NAME = re.compile(r"[a-z][a-z0-9-]*")
_REPOSITORY = re.compile(r"[a-z0-9.-]+(?::[0-9]+)?(?:/[a-z0-9._-]+)+")
_ARGUMENT = re.compile(r"[A-Z][A-Z0-9_]*")
_OWNER = re.compile(r"[0-9]+:[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedImage:
    """An image from elsewhere.

    Parameters
    ----------
    name : `str`
        Registry and repository.
    tag : `str`
        What it was called when it was pinned; for people only.
    digest : `Digest`
        What it is.
    """

    name: str
    tag: str
    digest: Digest

    @property
    def reference(self) -> str:
        """Name and digest, as every engine takes it."""
        return f"{self.name}@{self.digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRecipe:
    """One of our images.

    Parameters
    ----------
    name : `str`
        Of its folder.
    title, summary : `str`
        For people.
    pin, image : `str` or `None`
        What it lies on: a name in the pins, or another image of ours.
    architectures : `tuple` [ `Architecture`, ... ]
        What it is made for.
    arguments : `tuple` [ `str`, ... ]
        Of its Containerfile, beside ``BASE_IMAGE``.
    settings : `ImageSettings`
        What its containers start with.
    owner, home : `str`
        Who owns the files that the native builder writes, and from where on.
    downstream : `tuple` [ `Downstream`, ... ]
        Who builds on it, and hears of each new one.
    """

    name: str
    title: str
    summary: str
    pin: str | None
    image: str | None
    architectures: tuple[Architecture, ...]
    arguments: tuple[str, ...] = ()
    settings: ImageSettings = field(default_factory=ImageSettings)
    owner: str = "0:0"
    home: str = "/"
    downstream: tuple[Downstream, ...] = ()


def parse_recipe(text: str, *, source: str) -> ImageRecipe:
    """Read an ``image.toml``.

    Parameters
    ----------
    text : `str`
        All of it.
    source : `str`
        File name, for error messages only.

    Returns
    -------
    recipe : `ImageRecipe`
        What it says.

    Raises
    ------
    FormatError
        Raised if it is not TOML.
    CorruptError
        Raised if it breaks the format; names the first problem and its key.
    """
    recipe = _read(_RECIPE, text, source)
    if (recipe.pin is None) == (recipe.image is None):
        raise CorruptError(f"`{source}` is wrong at `from`: expected either `pin` or `image`")
    for number, one in enumerate(recipe.downstream):
        if bool(one.workflow) == bool(one.event):
            raise CorruptError(
                f"`{source}` is wrong at `downstream.{number}`: expected either `workflow` or `event`"
            )
    return recipe


def parse_pins(text: str, *, source: str) -> Mapping[str, PinnedImage]:
    """Read a ``pins.toml``.

    Parameters
    ----------
    text : `str`
        All of it.
    source : `str`
        File name, for error messages only.

    Returns
    -------
    pins : `~collections.abc.Mapping` [ `str`, `PinnedImage` ]
        By name.

    Raises
    ------
    FormatError
        Raised if it is not TOML.
    CorruptError
        Raised if it breaks the format; names the first problem and its key.
    """
    return _read(_PINS, text, source)


def base_reference(recipe: ImageRecipe, pins: Mapping[str, PinnedImage]) -> str | None:
    """Say what an image lies on, if that is an image from elsewhere.

    Parameters
    ----------
    recipe : `ImageRecipe`
        Ours.
    pins : `~collections.abc.Mapping` [ `str`, `PinnedImage` ]
        Images from elsewhere.

    Returns
    -------
    reference : `str` or `None`
        With its digest; `None` if it lies on one of ours.

    Raises
    ------
    NotFoundError
        Raised if it is not pinned.
    """
    if recipe.pin is None:
        return None
    if recipe.pin not in pins:
        raise NotFoundError(f"`{recipe.pin}` is not pinned", hint="add its digest to `containers/pins.toml`")
    return pins[recipe.pin].reference


def _read(shape: Shape[T], text: str, source: str) -> T:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FormatError(str(error), source=source) from error
    reading = Reading()
    try:
        return shape.read(data, (), reading)
    except BrokenError as error:
        path, problem = reading.problems[0]
        place = ".".join(str(step) for step in path) or "the document"
        raise CorruptError(f"`{source}` is wrong at `{place}`: {problem}") from error


def _word(pattern: re.Pattern[str], what: str) -> Text[str]:
    def parse(text: str) -> str:
        if pattern.fullmatch(text) is None:
            raise InvalidNameError(f"`{text}` is no {what}")
        return text

    return Text(parse=parse, pattern=f"^{pattern.pattern}$", description=what)


def _parse_platform(text: str) -> Architecture:
    known = {f"linux/{one}": one for one in Architecture}
    if text not in known:
        raise InvalidNameError(f"`{text}` is no platform of ours", hint=f"expected {' or '.join(known)}")
    return known[text]


def _make_recipe(
    name: str,
    title: str,
    summary: str,
    platforms: tuple[Architecture, ...],
    arguments: tuple[str, ...] = (),
    container: ImageSettings | None = None,
    layers: tuple[str, str] = ("0:0", "/"),
    downstream: tuple[Downstream, ...] = (),
    **rest: tuple[str | None, str | None],
) -> ImageRecipe:
    pin, image = rest["from"]
    return ImageRecipe(
        name=name,
        title=title,
        summary=summary,
        pin=pin,
        image=image,
        architectures=platforms,
        arguments=arguments,
        settings=container or ImageSettings(),
        owner=layers[0],
        home=layers[1],
        downstream=downstream,
    )


def _make_from(pin: str | None = None, image: str | None = None) -> tuple[str | None, str | None]:
    return pin, image


def _make_settings(
    user: str = "",
    folder: str = "",
    entry_point: tuple[str, ...] = (),
    command: tuple[str, ...] = (),
    variables: Mapping[str, str] = MappingProxyType({}),
) -> ImageSettings:
    return ImageSettings(
        user=user, folder=folder, entry_point=entry_point, command=command, environment=variables
    )


def _make_layers(owner: str = "0:0", home: str = "/") -> tuple[str, str]:
    return owner, home


_IMAGE_NAME = _word(_NAME, "name of an image")
_SOME = _word(re.compile(r".+"), "text")
_PLACE = _word(re.compile(r"/.*"), "absolute path")
_CONTAINER = Record(
    name="container",
    fields={},
    optional={
        "user": _word(re.compile(r"[0-9]+(?::[0-9]+)?"), "number of a user"),
        "folder": _PLACE,
        "entry_point": Items(of=_SOME),
        "command": Items(of=_SOME),
        "variables": Table(keys=_word(_ARGUMENT, "name of a variable"), values=_SOME),
    },
    make=_make_settings,
)
_FROM = Record(name="from", fields={}, optional={"pin": _IMAGE_NAME, "image": _IMAGE_NAME}, make=_make_from)
_LAYERS = Record(
    name="layers", fields={}, optional={"owner": _word(_OWNER, "owner"), "home": _PLACE}, make=_make_layers
)
_RECIPE = Record(
    name="image",
    fields={
        "name": _IMAGE_NAME,
        "title": _SOME,
        "summary": _SOME,
        "from": _FROM,
        "platforms": Items(of=Text(parse=_parse_platform, pattern=r"^linux/", description="a platform")),
    },
    optional={
        "arguments": Items(of=_word(_ARGUMENT, "name of an argument")),
        "container": _CONTAINER,
        "layers": _LAYERS,
        "downstream": DOWNSTREAMS,
    },
    make=_make_recipe,
)
_PINS = Table(
    keys=_IMAGE_NAME,
    values=Record(
        name="pin",
        fields={
            "name": _word(_REPOSITORY, "repository with its registry"),
            "tag": _SOME,
            "digest": Text(parse=parse_digest, pattern=r"^sha256:", description="a digest"),
        },
        make=PinnedImage,
    ),
)
