"""What a push sends and which names it sets, before anything is sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rubin_releng.core.imagetags import ARCHITECTURE_SUFFIXES
from rubin_releng.images.layouts import read_layout
from rubin_releng.images.plannedtags import PlannedDocument, PlannedTag, plan_fixed, plan_tag
from rubin_releng.images.pushdocuments import attachments_of, documents_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rubin_releng.core.ocidocuments import Descriptor
    from rubin_releng.images.layouts import FoundImage
    from rubin_releng.images.ports import BlobStore
    from rubin_releng.images.pushdocuments import LaidAttachment
    from rubin_releng.images.registryports import Repository

__all__ = [
    "PlannedBlob",
    "PushPlan",
    "PushWishes",
    "plan_push",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PushWishes:
    """What is to be pushed under which names.

    Parameters
    ----------
    tag : `str` or `None`
        Name in the layout; `None` if it holds one image only.
    tags : `tuple` [ `str`, ... ]
        Names that are to stay; of the index if there are several platforms.
    moving : `tuple` [ `str`, ... ]
        Names of the newest image, set last.
    has_single : `bool`
        Whether each architecture gets a name, too.
    may_replace : `bool`
        Whether names that are to stay may be taken from another image.
    """

    tag: str | None = None
    tags: tuple[str, ...] = ()
    moving: tuple[str, ...] = ()
    has_single: bool = False
    may_replace: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedBlob:
    """A configuration or a layer.

    Parameters
    ----------
    blob : `Descriptor`
        What it is.
    is_there : `bool`
        Whether the repository has it.
    """

    blob: Descriptor
    is_there: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PushPlan:
    """One push.

    Parameters
    ----------
    blobs : `tuple` [ `PlannedBlob`, ... ]
        In the order in which documents name them, each once.
    documents : `tuple` [ `PlannedDocument`, ... ]
        What is named comes before what names it; the last is the image.
    tags : `tuple` [ `PlannedTag`, ... ]
        Names that are to stay.
    moving : `tuple` [ `PlannedTag`, ... ]
        Names that are set last.
    attachments : `tuple` [ `LaidAttachment`, ... ]
        What other programs have put beside it in the layout.
    """

    blobs: tuple[PlannedBlob, ...]
    documents: tuple[PlannedDocument, ...]
    tags: tuple[PlannedTag, ...]
    moving: tuple[PlannedTag, ...]
    attachments: tuple[LaidAttachment, ...] = ()

    @property
    def root(self) -> Descriptor:
        """The image: an index if it has several platforms."""
        return self.documents[-1].descriptor

    @property
    def missing(self) -> tuple[Descriptor, ...]:
        """Blobs that the repository does not have."""
        return tuple(one.blob for one in self.blobs if not one.is_there)

    @property
    def size_bytes(self) -> int:
        """Of these, and of the documents that it does not have."""
        documents = (one.descriptor for one in self.documents if not one.is_there)
        return sum(one.size_bytes for one in (*self.missing, *documents))


def plan_push(store: BlobStore, repository: Repository, wishes: PushWishes, *, jobs: int = 4) -> PushPlan:
    """Plan a push; the registry is asked and not changed.

    Parameters
    ----------
    store : `BlobStore`
        Layout with the image.
    repository : `Repository`
        Where to.
    wishes : `PushWishes`
        What, and under which names.
    jobs : `int`, optional
        How many questions at a time.

    Returns
    -------
    plan : `PushPlan`
        What is to be done.

    Raises
    ------
    ProblemsError
        Raised if the layout is damaged.
    RefusedError
        Raised if it is not clear which image is meant, or a name that is to
        stay names another image.
    """
    layout = read_layout(store)
    documents = tuple(documents_of(layout, store, wishes.tag))
    reached = {one.digest for one, _ in documents}
    beside = attachments_of(layout, store, reached)
    blobs = {
        blob.digest: blob
        for image in layout.images
        if image.manifest.digest in reached
        for blob in (image.config, *image.layers)
    }
    blobs.update({blob.digest: blob for one in beside for blob in one.blobs})
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        there = pool.map(repository.has_blob, blobs)
        known = pool.map(repository.find_document, [one.digest for one, _ in documents])
        planned = tuple(
            PlannedBlob(blob=blob, is_there=is_there)
            for blob, is_there in zip(blobs.values(), there, strict=True)
        )
        written = tuple(
            PlannedDocument(descriptor=one, content=content, is_there=found is not None)
            for (one, content), found in zip(documents, known, strict=True)
        )
    return PushPlan(
        blobs=planned,
        documents=written,
        tags=tuple(_plan_tags(written, layout.images, wishes, repository)),
        moving=tuple(plan_tag(tag, written[-1], repository) for tag in wishes.moving),
        attachments=beside,
    )


def _plan_tags(
    documents: Sequence[PlannedDocument],
    images: Sequence[FoundImage],
    wishes: PushWishes,
    repository: Repository,
) -> Iterator[PlannedTag]:
    wanted = [(tag, documents[-1]) for tag in wishes.tags]
    if wishes.has_single and wishes.tags:
        suffixes = {one.platform: end for one, end in ARCHITECTURE_SUFFIXES.items()}
        platforms = {image.manifest.digest: image.settings.platform for image in images}
        for document in documents:
            platform = platforms.get(document.descriptor.digest)
            if platform in suffixes:
                wanted.append((f"{wishes.tags[0]}{suffixes[platform]}", document))
    for tag, document in wanted:
        yield plan_fixed(tag, document, repository, may_replace=wishes.may_replace)
