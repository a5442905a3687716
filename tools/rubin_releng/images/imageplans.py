"""What an image shall be, and what became of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.errors import RefusedError
from lsstinstall.core.jsontexts import canonical_json
from rubin_releng.core.ocidocuments import Architecture, ImageSettings
from rubin_releng.images.layers import LayerRules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rubin_releng.core.ocidocuments import Descriptor, Digest
    from rubin_releng.images.layers import LayerPart
    from rubin_releng.images.layouts import FoundImage, Layout
    from rubin_releng.images.ports import BlobStore

__all__ = [
    "BaseImage",
    "BuiltImage",
    "BuiltLayer",
    "ImagePlan",
    "KnownLayer",
    "LayerPlan",
    "LayerWork",
    "pick_image",
]

# Part of every key: to be raised when the same files are written differently.
_FORM = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerPlan:
    """One layer to be.

    Parameters
    ----------
    parts : `tuple` [ `LayerPart`, ... ]
        Its trees.
    name : `str`
        What people call it.
    key : `str` or `None`
        Same for the same content; `None` if that cannot be told without
        reading it.
    products : `tuple` [ `str`, ... ]
        What is in it, each as ``name version``.
    """

    parts: tuple[LayerPart, ...]
    name: str
    key: str | None = None
    products: tuple[str, ...] = ()

    def full_key(self, rules: LayerRules) -> str:
        """Key of the tar, which depends on places and owners, too.

        Parameters
        ----------
        rules : `LayerRules`
            Owners. The time of the image, another one each week, is no part of
            it; see `LayerFinder`.

        Returns
        -------
        key : `str`
            64 hexadecimal digits.
        """
        facts = {
            "form": _FORM,
            "key": self.key,
            "places": sorted(part.at for part in self.parts),
            "owner": [rules.uid, rules.gid, rules.home],
            "modes": rules.modes.value,
        }
        return hashlib.sha256(canonical_json(facts)).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseImage:
    """The image below.

    Parameters
    ----------
    image : `FoundImage`
        What it is.
    store : `BlobStore`
        Where its layers are.
    """

    image: FoundImage
    store: BlobStore

    @property
    def past(self) -> tuple[Mapping[str, object], ...]:
        """What made its layers; one step for each if nobody wrote that down."""
        history = self.image.settings.history
        if history is not None and self.image.settings.steps == len(self.image.layers):
            return history
        return tuple({"created_by": "unknown"} for _ in self.image.layers)


def _no_labels() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePlan:
    """One image to be.

    Parameters
    ----------
    layers : `tuple` [ `LayerPlan`, ... ]
        The lowest first.
    architecture : `Architecture`
        What it runs on.
    rules : `LayerRules`
        Times and owners.
    labels : `~collections.abc.Mapping` [ `str`, `str` ]
        Of the image.
    tag : `str` or `None`
        Name in the layout.
    settings : `ImageSettings`
        What containers start with.
    base : `BaseImage` or `None`
        The image below.
    """

    layers: tuple[LayerPlan, ...]
    architecture: Architecture = Architecture.AMD64
    rules: LayerRules = field(default_factory=LayerRules)
    labels: Mapping[str, str] = field(default_factory=_no_labels)
    tag: str | None = None
    settings: ImageSettings = field(default_factory=ImageSettings)
    base: BaseImage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltLayer:
    """One layer that was written.

    Parameters
    ----------
    descriptor : `Descriptor`
        Of the compressed blob.
    diff_id : `Digest`
        Of the tar inside.
    entries : `int`
        Files, folders and links.
    """

    descriptor: Descriptor
    diff_id: Digest
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLayer:
    """A layer of an earlier image that is what we would write.

    Parameters
    ----------
    layer : `BuiltLayer`
        What it is.
    store : `BlobStore`
        Where it is.
    epoch : `int`
        Its files are not newer.
    """

    layer: BuiltLayer
    store: BlobStore
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltImage:
    """One image that was written.

    Parameters
    ----------
    manifest : `Descriptor`
        What the image is known by.
    config : `Descriptor`
        Its configuration.
    layers : `tuple` [ `BuiltLayer`, ... ]
        Ours, the lowest first.
    """

    manifest: Descriptor
    config: Descriptor
    layers: tuple[BuiltLayer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerWork:
    """A layer whose trees were listed, or which is known.

    Parameters
    ----------
    plan : `LayerPlan`
        The layer.
    entries : `int`
        How many its trees have.
    size_bytes : `int`
        How much there is to read.
    known : `KnownLayer` or `None`
        What need not be written.
    """

    plan: LayerPlan
    entries: int = 0
    size_bytes: int = 0
    known: KnownLayer | None = None


def pick_image(layout: Layout, *, tag: str | None, architecture: Architecture) -> FoundImage:
    """Find one image of a layout.

    Parameters
    ----------
    layout : `Layout`
        With any number of them.
    tag : `str` or `None`
        Its name, if there are several.
    architecture : `Architecture`
        What it runs on.

    Returns
    -------
    image : `FoundImage`
        The only one that fits.

    Raises
    ------
    RefusedError
        Raised if none fits, or several do.
    """
    fitting = {
        image.manifest.digest: image
        for image in layout.images
        if image.settings.platform == architecture.platform and tag in {None, image.tag}
    }
    if len(fitting) != 1:
        wanted = f"for `linux/{architecture}`" + ("" if tag is None else f" with the tag `{tag}`")
        raise RefusedError(
            f"the layout holds {len(fitting)} images {wanted}", hint="name exactly one, as `LAYOUT@TAG`"
        )
    return next(iter(fitting.values()))
