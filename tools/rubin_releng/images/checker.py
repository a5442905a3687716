"""Checks an image layout to the last byte, and compares two of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import CorruptError, NotFoundError, ProblemsError, ToolkitError
from lsstinstall.core.releaseschemas import parse_image_tag
from lsstinstall.core.reporting import Outcome
from rubin_releng.core.ocidocuments import Digest, MediaType
from rubin_releng.core.ocireading import read_marker
from rubin_releng.images.layerchecks import check_members
from rubin_releng.images.layouts import TAG_ANNOTATION, survey_layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lsstinstall.core.reporting import Reporter
    from rubin_releng.core.ocidocuments import Descriptor
    from rubin_releng.images.layouts import FoundImage, Layout
    from rubin_releng.images.ports import BlobStore, Codec

__all__ = ["LayoutReport", "check_layout"]


_LAYERS = frozenset({MediaType.LAYER, MediaType.LAYER_GZIP, MediaType.LAYER_ZSTD})


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutReport:
    """A layout that was found in order.

    Parameters
    ----------
    images : `tuple` [ `FoundImage`, ... ]
        In the order of the index.
    blobs : `int`
        How many there are.
    size_bytes : `int`
        Of all blobs.
    """

    images: tuple[FoundImage, ...]
    blobs: int
    size_bytes: int


def check_layout(store: BlobStore, *, codecs: Mapping[str, Codec], reporter: Reporter) -> LayoutReport:
    """Check every document, digest, size, diff-id, platform and stray blob.

    Parameters
    ----------
    store : `BlobStore`
        The layout.
    codecs : `~collections.abc.Mapping` [ `str`, `Codec` ]
        By media type of layers; those without compression need none.
    reporter : `Reporter`
        Gets a step for each blob.

    Returns
    -------
    report : `LayoutReport`
        Only of a layout without any problem.

    Raises
    ------
    ProblemsError
        Raised if there are problems; holds all of them.
    """
    problems: list[ToolkitError] = [*_check_marker(store)]
    layout, found = survey_layout(store)
    problems.extend(found)
    blobs = layout.blobs
    diff_ids, more = _check_blobs(blobs, store, codecs, reporter)
    problems.extend(more)
    problems.extend(_check_entries(layout.entries))
    for image in layout.images:
        problems.extend(_check_image(image, diff_ids))
    problems.extend(_check_attached(layout))
    if not found:
        # A damaged document hides what it leads to, which is then not stray.
        problems.extend(_check_stray(blobs, store))
    if problems:
        raise ProblemsError("the image layout is damaged", problems)
    return LayoutReport(
        images=layout.images, blobs=len(blobs), size_bytes=sum(blob.size_bytes for blob in blobs.values())
    )


def _check_marker(store: BlobStore) -> Iterator[ToolkitError]:
    data = store.read_marker()
    if data is None:
        yield CorruptError("the file `oci-layout` is missing, so this is no image layout")
    elif store.read_index() is None:
        yield CorruptError("the file `index.json` is missing, so the layout has no image")
    try:
        read_marker(data or b'{"imageLayoutVersion":"1.0.0"}', source="oci-layout")
    except ToolkitError as error:
        yield error


def _check_attached(layout: Layout) -> Iterator[ToolkitError]:
    """Look at what other programs have put beside images."""
    for one in layout.attachments:
        about, there = one.subject, layout.blobs.get(one.subject.digest)
        if there is None:
            yield CorruptError(
                f"`{one.manifest.digest}` is about `{about.digest}`, which is no image of the layout"
            )
        elif (there.media_type, there.size_bytes) != (about.media_type, about.size_bytes):
            yield CorruptError(
                f"`{one.manifest.digest}` says that `{about.digest}` is `{about.media_type}` of"
                f" {about.size_bytes} bytes; it is `{there.media_type}` of {there.size_bytes} bytes"
            )


def _check_entries(entries: Iterable[Descriptor]) -> Iterator[ToolkitError]:
    """Look at the names in the index."""
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        tag = entry.annotations.get(TAG_ANNOTATION)
        if tag is None:
            continue
        try:
            parse_image_tag(tag)
        except ToolkitError as error:
            yield CorruptError(f"`{entry.digest}` has a name that is none: {error}")
        platform = "" if entry.platform is None else f"{entry.platform.os}/{entry.platform.architecture}"
        if (tag, platform) in seen:
            yield CorruptError(f"the index has two images with the tag `{tag}`")
        seen.add((tag, platform))


def _check_blobs(
    blobs: Mapping[Digest, Descriptor],
    store: BlobStore,
    codecs: Mapping[str, Codec],
    reporter: Reporter,
) -> tuple[dict[Digest, Digest], list[ToolkitError]]:
    """Read every blob once; return the diff-ids of layers and what is wrong."""
    diff_ids: dict[Digest, Digest] = {}
    problems: list[ToolkitError] = []
    reporter.begin("check blobs", len(blobs))
    for digest, blob in blobs.items():
        inside: list[str] = []
        try:
            diff_id = _check_blob(blob, store, codecs, inside)
        except ToolkitError as error:
            problems.append(error)
            reporter.step(digest, Outcome.FAILED)
            continue
        problems.extend(CorruptError(f"in the layer `{digest}` {problem}") for problem in inside)
        if diff_id is not None:
            diff_ids[digest] = diff_id
        reporter.step(digest, Outcome.FAILED if inside else Outcome.DONE, detail=f"{blob.size_bytes} bytes")
    reporter.end()
    return diff_ids, problems


def _check_blob(
    blob: Descriptor, store: BlobStore, codecs: Mapping[str, Codec], inside: list[str]
) -> Digest | None:
    """Compare digest and size; for a layer look inside and return its diff-id."""
    counter = _Counter(store, blob.digest)
    diff_id, damage = None, None
    try:
        diff_id = _diff_id(blob, counter.pieces, codecs, inside)
    except NotFoundError as error:
        raise CorruptError(f"the blob `{blob.digest}` is missing") from error
    except CorruptError as error:
        damage = error
    counter.finish()
    if counter.size_bytes != blob.size_bytes:
        raise CorruptError(
            f"the blob `{blob.digest}` has {counter.size_bytes} bytes instead of {blob.size_bytes}"
        )
    if counter.digest != blob.digest:
        raise CorruptError(f"the blob `{blob.digest}` has the digest `{counter.digest}`")
    if damage is not None:
        raise CorruptError(f"the blob `{blob.digest}` cannot be unpacked: {damage}")
    return diff_id


class _Counter:
    """Reads a blob once, and knows its size and digest at the end."""

    def __init__(self, store: BlobStore, digest: Digest) -> None:
        self._content = hashlib.sha256()
        self.size_bytes = 0
        self.pieces = self._count(store.read(digest))

    def _count(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._content.update(piece)
            self.size_bytes += len(piece)
            yield piece

    def finish(self) -> None:
        """Read what nobody asked for, since it is part of the blob."""
        for _ in self.pieces:
            continue

    @property
    def digest(self) -> str:
        """Of what was read so far."""
        return f"sha256:{self._content.hexdigest()}"


def _diff_id(
    blob: Descriptor, pieces: Iterable[bytes], codecs: Mapping[str, Codec], inside: list[str]
) -> Digest | None:
    codec = codecs.get(blob.media_type)
    if codec is None and blob.media_type != MediaType.LAYER:
        return None
    content = hashlib.sha256()

    def hashed() -> Iterator[bytes]:
        for piece in pieces if codec is None else codec.decompress(pieces):
            content.update(piece)
            yield piece

    check_members(hashed(), tell=inside.append)
    return Digest(f"sha256:{content.hexdigest()}")


def _check_image(image: FoundImage, diff_ids: Mapping[Digest, Digest]) -> Iterator[ToolkitError]:
    said, expected = image.settings.platform, image.manifest.platform
    name = image.manifest.digest
    if expected is not None and expected != said:
        yield CorruptError(
            f"the index lists `{name}` for `{expected.os}/{expected.architecture}`,"
            f" and its configuration says `{said.os}/{said.architecture}`"
        )
    if len(image.layers) != len(image.settings.diff_ids):
        yield CorruptError(
            f"`{name}` has {len(image.layers)} layers, and its configuration"
            f" {len(image.settings.diff_ids)} diff-ids"
        )
    steps = image.settings.steps
    if steps is not None and steps != len(image.settings.diff_ids):
        yield CorruptError(
            f"the history of `{name}` is one of {steps} layers, and there are {len(image.settings.diff_ids)}"
        )
    for layer, diff_id in zip(image.layers, image.settings.diff_ids, strict=False):
        if layer.media_type not in _LAYERS:
            yield CorruptError(f"`{layer.digest}` is listed as `{layer.media_type}`, which is no layer")
        elif diff_ids.get(layer.digest, diff_id) != diff_id:
            yield CorruptError(
                f"the layer `{layer.digest}` has the diff-id `{diff_ids[layer.digest]}`"
                f" instead of `{diff_id}`"
            )


def _check_stray(blobs: Mapping[Digest, Descriptor], store: BlobStore) -> Iterator[ToolkitError]:
    needed = {digest.partition(":")[2] for digest in blobs}
    for name in sorted(set(store.sizes()) - needed):
        yield CorruptError(f"no image needs the file `{name}` among the blobs")
