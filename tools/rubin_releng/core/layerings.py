"""Which tree goes into which layer: the document that `image plan` writes and `image build` reads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.errors import InvalidNameError, ProblemsError
from lsstinstall.core.jsontexts import canonical_json, decode_json, locate, parse_json
from lsstinstall.core.shapes import (
    BrokenError,
    Choice,
    Exactly,
    Items,
    Maybe,
    Reading,
    Record,
    Table,
    Text,
    Whole,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LayerKind", "Layering", "PlannedLayer", "PlannedPart", "parse_layering"]

_SCHEMA = 1


class LayerKind(StrEnum):
    """What a layer holds."""

    ENVIRONMENT = "environment"
    DATA = "data"
    PRODUCT = "product"
    SHARED = "shared"
    TOP = "top"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPart:
    """Files of one folder.

    Parameters
    ----------
    source : `str`
        The folder.
    at : `str`
        Where it lies in the image, absolute.
    packages : `tuple` [ `str`, ... ]
        Conda packages whose files are taken; all files if empty.
    without : `tuple` [ `str`, ... ]
        Paths below the folder that other layers hold.
    is_rest : `bool`
        Whether the files of `packages` are left out, instead of taken.
    """

    source: str
    at: str
    packages: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    is_rest: bool = False

    def to_dict(self) -> dict[str, object]:
        """Write it as plain values."""
        data: dict[str, object] = {"source": self.source, "at": self.at}
        if self.packages:
            data["rest_of" if self.is_rest else "packages"] = list(self.packages)
        return {**data, "without": list(self.without)} if self.without else data


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLayer:
    """One layer.

    Parameters
    ----------
    name : `str`
        The same from week to week.
    kind : `LayerKind`
        What it holds.
    key : `str` or `None`
        Same for the same content; `None` if only reading tells.
    products : `~collections.abc.Mapping` [ `str`, `str` ]
        Versions by name.
    parts : `tuple` [ `PlannedPart`, ... ]
        Where its files are.
    size_bytes : `int`
        Of its files, as far as that is known.
    """

    name: str
    kind: LayerKind
    key: str | None
    products: Mapping[str, str]
    parts: tuple[PlannedPart, ...]
    size_bytes: int = 0

    def to_dict(self) -> dict[str, object]:
        """Write it as plain values."""
        return {
            "name": self.name,
            "kind": self.kind.value,
            "key": self.key,
            "products": dict(self.products),
            "parts": [part.to_dict() for part in self.parts],
            "size_bytes": self.size_bytes,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Layering:
    """All layers that are ours.

    Parameters
    ----------
    layers : `tuple` [ `PlannedLayer`, ... ]
        The lowest first.
    budget : `int`
        How many there may be.
    """

    layers: tuple[PlannedLayer, ...]
    budget: int

    def members(self) -> Mapping[str, str]:
        """Tell the layer of each product by name, in their order."""
        return MappingProxyType({name: layer.name for layer in self.layers for name in layer.products})

    def canonical(self) -> bytes:
        """Write the document."""
        return canonical_json(
            {"schema": _SCHEMA, "budget": self.budget, "layers": [layer.to_dict() for layer in self.layers]}
        )


def parse_layering(data: bytes, *, source: str) -> Layering:
    """Read the document.

    Parameters
    ----------
    data : `bytes`
        All of it.
    source : `str`
        File name, for error messages only.

    Returns
    -------
    layering : `Layering`
        What it says.

    Raises
    ------
    FormatError
        Raised if it is not JSON.
    ProblemsError
        Raised if it breaks the format; holds every problem with its place.
    """
    text = decode_json(data, source=source)
    reading = Reading()
    try:
        return _LAYERING.read(parse_json(text, source=source), (), reading)
    except BrokenError as error:
        problems = locate(text, reading.problems, source=source)
        raise ProblemsError(f"`{source}` is no plan of an image", problems) from error


def _parse_place(text: str) -> str:
    parts = text.split("/")
    if parts[0] or any(part in {".", ".."} for part in parts) or (text != "/" and "" in parts[1:]):
        raise InvalidNameError(f"`{text}` is no place in an image", hint="give an absolute path without `..`")
    return text


def _parse_inner(text: str) -> str:
    if not text or text.startswith("/") or any(part in {"", ".", ".."} for part in text.split("/")):
        raise InvalidNameError(f"`{text}` is no path below a folder")
    return text


def _parse_word(text: str) -> str:
    # These texts are listed in annotations, separated by commas and blanks.
    if not text or any(sign in text for sign in ", \n"):
        raise InvalidNameError(f"`{text}` is empty, or has a comma or a blank")
    return text


def _parse_some(text: str) -> str:
    if not text:
        raise InvalidNameError("the text is empty")
    return text


def _make_part(
    source: str,
    at: str,
    packages: tuple[str, ...] = (),
    rest_of: tuple[str, ...] = (),
    without: tuple[str, ...] = (),
) -> PlannedPart:
    return PlannedPart(
        source=source, at=at, packages=packages or rest_of, without=without, is_rest=bool(rest_of)
    )


def _make_layering(budget: int, layers: tuple[PlannedLayer, ...], **_: object) -> Layering:
    return Layering(layers=layers, budget=budget)


_WORD = Text(parse=_parse_word, pattern=r"^[^, \n]+$", description="a word")
_SOME = Text(parse=_parse_some, pattern=r"^.+$", description="a text")
_WORDS = Items(of=_WORD)
_PART = Record(
    name="part",
    fields={"source": _SOME, "at": Text(parse=_parse_place, pattern=r"^/", description="a place")},
    optional={
        "packages": _WORDS,
        "rest_of": _WORDS,
        "without": Items(of=Text(parse=_parse_inner, pattern=r"^[^/]", description="a path below a folder")),
    },
    make=_make_part,
)
_LAYER = Record(
    name="layer",
    fields={
        "name": _SOME,
        "kind": Choice(words=LayerKind),
        "key": Maybe(of=_SOME),
        "products": Table(keys=_WORD, values=_WORD),
        "parts": Items(of=_PART),
        "size_bytes": Whole(minimum=0),
    },
    make=PlannedLayer,
)
_LAYERING = Record(
    name="plan",
    fields={"schema": Exactly(number=_SCHEMA), "budget": Whole(minimum=1), "layers": Items(of=_LAYER)},
    make=_make_layering,
)
