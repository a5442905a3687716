"""What a layout holds: its images, and which blobs they lead to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from lsstinstall.core.errors import CorruptError, NotFoundError, ProblemsError, ToolkitError
from rubin_releng.core.ocidocuments import MediaType
from rubin_releng.core.ocireading import read_config, read_index, read_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rubin_releng.core.ocidocuments import Architecture, Descriptor, Digest
    from rubin_releng.core.ocireading import FoundConfig
    from rubin_releng.images.ports import BlobStore

__all__ = [
    "TAG_ANNOTATION",
    "AttachedManifest",
    "FoundImage",
    "Layout",
    "narrow_layout",
    "read_layout",
    "survey_layout",
]

T = TypeVar("T")

TAG_ANNOTATION = "org.opencontainers.image.ref.name"
"""Where ``index.json`` keeps an image's tag."""

_LARGEST_DOCUMENT_BYTES = 32 * 1024 * 1024
_DEEPEST_INDEX = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundImage:
    """One image of a layout.

    Parameters
    ----------
    manifest : `Descriptor`
        As the index describes it.
    config : `Descriptor`
        As the manifest describes it.
    layers : `tuple` [ `Descriptor`, ... ]
        The lowest first.
    settings : `FoundConfig`
        What the configuration says.
    annotations : `~collections.abc.Mapping` [ `str`, `str` ]
        Of the manifest.
    index_tag : `str` or `None`
        Name of the index that joins it with those of other platforms.
    """

    manifest: Descriptor
    config: Descriptor
    layers: tuple[Descriptor, ...]
    settings: FoundConfig
    annotations: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    index_tag: str | None = None

    @property
    def tag(self) -> str | None:
        """Name in the layout, its own or its index's; `None` if it has none."""
        return self.manifest.annotations.get(TAG_ANNOTATION, self.index_tag)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedManifest:
    """Something in a layout that is about one of its images.

    Parameters
    ----------
    manifest : `Descriptor`
        As the index describes it.
    subject : `Descriptor`
        What it is about, as it says itself.
    """

    manifest: Descriptor
    subject: Descriptor


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """All images of a layout.

    Parameters
    ----------
    entries : `tuple` [ `Descriptor`, ... ]
        Of ``index.json``.
    images : `tuple` [ `FoundImage`, ... ]
        In the order in which they are found.
    blobs : `~collections.abc.Mapping` [ `Digest`, `Descriptor` ]
        Every blob that is needed, in the order in which they are found.
    attachments : `tuple` [ `AttachedManifest`, ... ]
        What other programs have put beside images, in the order in which they
        are found; these are no images.
    """

    entries: tuple[Descriptor, ...] = ()
    images: tuple[FoundImage, ...] = ()
    blobs: Mapping[Digest, Descriptor] = field(default_factory=lambda: MappingProxyType({}))
    attachments: tuple[AttachedManifest, ...] = ()


class _Survey:
    """One walk through a layout, which goes on after a problem."""

    def __init__(self, store: BlobStore) -> None:
        self._store = store
        self.problems: list[ToolkitError] = []
        self.blobs: dict[Digest, Descriptor] = {}
        self.images: list[FoundImage] = []
        self.attachments: list[AttachedManifest] = []

    def follow(self, entry: Descriptor, *, depth: int = 0, tag: str | None = None) -> None:
        """Read an entry of an index, and all that it leads to."""
        self.blobs[entry.digest] = entry
        if entry.media_type == MediaType.MANIFEST:
            self._follow_manifest(entry, tag)
        elif entry.media_type == MediaType.INDEX and depth < _DEEPEST_INDEX:
            self._follow_index(entry, depth=depth, tag=tag)
        else:
            self._add(f"`{entry.digest}` is listed as `{entry.media_type}`, which is no image")

    def _follow_index(self, entry: Descriptor, *, depth: int, tag: str | None) -> None:
        tag = entry.annotations.get(TAG_ANNOTATION, tag)
        for inner in self._read(entry, read_index) or ():
            self.follow(inner, depth=depth + 1, tag=tag)

    def _follow_manifest(self, entry: Descriptor, tag: str | None) -> None:
        manifest = self._read(entry, read_manifest)
        if manifest is None:
            return
        self.blobs.update({blob.digest: blob for blob in (manifest.config, *manifest.layers)})
        if manifest.subject is not None:
            self.attachments.append(AttachedManifest(manifest=entry, subject=manifest.subject))
            return
        if manifest.config.media_type != MediaType.CONFIG:
            self._add(
                f"`{manifest.config.digest}` is listed as `{manifest.config.media_type}`,"
                " which is no configuration"
            )
            return
        settings = self._read(manifest.config, read_config)
        if settings is not None:
            self.images.append(
                FoundImage(
                    manifest=entry,
                    config=manifest.config,
                    layers=manifest.layers,
                    settings=settings,
                    annotations=manifest.annotations,
                    index_tag=tag,
                )
            )

    def _read(self, entry: Descriptor, reader: Callable[..., T]) -> T | None:
        """Read a document of a limited size."""
        try:
            if entry.size_bytes > _LARGEST_DOCUMENT_BYTES:
                self._add(f"`{entry.digest}` is too large for a document: {entry.size_bytes} bytes")
                return None
            return reader(b"".join(self._store.read(entry.digest)), source=entry.digest)
        except ProblemsError as error:
            self.problems.extend(error.problems)
        except ToolkitError as error:
            self.problems.append(error)
        return None

    def _add(self, problem: str) -> None:
        self.problems.append(CorruptError(problem))


def survey_layout(store: BlobStore) -> tuple[Layout, tuple[ToolkitError, ...]]:
    """Read all documents of a layout.

    Parameters
    ----------
    store : `BlobStore`
        The layout. Contents of layers are not read.

    Returns
    -------
    layout : `Layout`
        What could be read.
    problems : `tuple` [ `ToolkitError`, ... ]
        What could not, in the order in which it was found.
    """
    data = store.read_index()
    if data is None:
        return Layout(), ()
    try:
        entries = read_index(data, source="index.json")
    except ProblemsError as error:
        return Layout(), error.problems
    except ToolkitError as error:
        return Layout(), (error,)
    survey = _Survey(store)
    for entry in entries:
        survey.follow(entry)
    layout = Layout(
        entries=entries,
        images=tuple(survey.images),
        blobs=MappingProxyType(survey.blobs),
        attachments=tuple(survey.attachments),
    )
    return layout, tuple(survey.problems)


def read_layout(store: BlobStore) -> Layout:
    """Read all documents of a layout that should be in order.

    Parameters
    ----------
    store : `BlobStore`
        The layout. Contents of layers are not read.

    Returns
    -------
    layout : `Layout`
        Empty if there is no ``index.json`` yet.

    Raises
    ------
    ProblemsError
        Raised if a document is missing or damaged.
    """
    layout, problems = survey_layout(store)
    if problems:
        raise ProblemsError("the image layout is damaged", problems, hint="remove it and build it again")
    return layout


def narrow_layout(layout: Layout, *, tag: str | None, architecture: Architecture | None) -> Layout:
    """Leave out what somebody does not fetch who wants one image only.

    Parameters
    ----------
    layout : `Layout`
        With any number of them.
    tag : `str` or `None`
        Name of the image; `None` for all.
    architecture : `Architecture` or `None`
        What it is to run on; `None` for all.

    Returns
    -------
    layout : `Layout`
        The same entries, fewer images and blobs.

    Raises
    ------
    NotFoundError
        Raised if nothing is left.
    """
    kept = tuple(
        image
        for image in layout.images
        if tag in {None, image.tag}
        and (architecture is None or image.settings.platform == architecture.platform)
    )
    if not kept:
        wanted = ("" if architecture is None else f" for `linux/{architecture}`") + (
            "" if tag is None else f" with the tag `{tag}`"
        )
        raise NotFoundError(f"there is no image{wanted}", hint="`rubin-releng image check` lists them")
    needed = {blob for image in kept for blob in _blobs_of(image)}
    others = {blob for image in layout.images for blob in _blobs_of(image)} - needed
    if tag is not None:
        others |= {
            entry.digest
            for entry in layout.entries
            if entry.media_type == MediaType.INDEX and entry.annotations.get(TAG_ANNOTATION) != tag
        }
    blobs = {digest: blob for digest, blob in layout.blobs.items() if digest not in others}
    return replace(layout, images=kept, blobs=MappingProxyType(blobs))


def _blobs_of(image: FoundImage) -> tuple[Digest, ...]:
    return (image.manifest.digest, image.config.digest, *(layer.digest for layer in image.layers))
