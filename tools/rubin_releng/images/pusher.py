"""Pushes an image: blobs, then documents, then names; nothing half pushed has a name."""

from __future__ import annotations

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import CorruptError
from lsstinstall.core.reporting import Outcome
from rubin_releng.images.attacher import list_document
from rubin_releng.images.plannedtags import refuse_taken

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lsstinstall.core.reporting import Reporter
    from rubin_releng.core.ocidocuments import Descriptor, Digest
    from rubin_releng.images.plannedtags import PlannedTag
    from rubin_releng.images.ports import BlobStore
    from rubin_releng.images.pushplans import PushPlan
    from rubin_releng.images.registryports import Repository

__all__ = ["PushReport", "run_push", "set_tags"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PushReport:
    """What a push moved.

    Parameters
    ----------
    sent_bytes : `int`
        Of blobs and documents, repetitions included.
    uploaded, mounted : `tuple` [ `Digest`, ... ]
        Blobs that were sent, and those that came from another repository.
    documents : `tuple` [ `Digest`, ... ]
        Manifests and indexes that were sent.
    """

    sent_bytes: int
    uploaded: tuple[Digest, ...]
    mounted: tuple[Digest, ...]
    documents: tuple[Digest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moved:
    digest: Digest
    sent_bytes: int
    is_mounted: bool


def run_push(
    plan: PushPlan,
    *,
    store: BlobStore,
    repository: Repository,
    reporter: Reporter,
    jobs: int = 4,
    mounts: Sequence[str] = (),
    smoke_test: Callable[[Digest], None] | None = None,
    before_names: Callable[[], None] | None = None,
) -> PushReport:
    """Push an image.

    Parameters
    ----------
    plan : `PushPlan`
        What is to be done.
    store : `BlobStore`
        Layout with the image.
    repository : `Repository`
        Where to.
    reporter : `Reporter`
        Gets a step for each blob, document and name.
    jobs : `int`, optional
        How many blobs at a time.
    mounts : `~collections.abc.Sequence` [ `str` ], optional
        Other repositories of the server that may have them.
    smoke_test : `~collections.abc.Callable`, optional
        Tries the image that was pushed; if it raises an error, names that
        move are left where they are.
    before_names : `~collections.abc.Callable`, optional
        Puts beside the image what has to be there when somebody finds it.

    Returns
    -------
    report : `PushReport`
        What was moved.

    Raises
    ------
    CorruptError
        Raised if a blob of the layout is damaged; it is not sent.
    ToolkitError
        Raised as by `Repository` and by the smoke test.
    """
    reporter.begin("push", len(plan.missing))
    moved = _send_blobs(
        plan.missing, store=store, repository=repository, reporter=reporter, jobs=jobs, mounts=mounts
    )
    reporter.end()
    sent = [document for document in plan.documents if not document.is_there]
    for document in sent:
        repository.write_document(
            document.descriptor.digest, document.content, document.descriptor.media_type
        )
    for beside in plan.attachments:
        list_document(repository, beside.subject, beside.content)
    if before_names is not None:
        before_names()
    set_tags(plan.tags, repository=repository, reporter=reporter)
    if smoke_test is not None:
        smoke_test(plan.root.digest)
    set_tags(plan.moving, repository=repository, reporter=reporter)
    return PushReport(
        sent_bytes=sum(one.sent_bytes for one in moved) + sum(one.descriptor.size_bytes for one in sent),
        uploaded=tuple(one.digest for one in moved if not one.is_mounted),
        mounted=tuple(one.digest for one in moved if one.is_mounted),
        documents=tuple(one.descriptor.digest for one in sent),
    )


def set_tags(tags: Sequence[PlannedTag], *, repository: Repository, reporter: Reporter) -> None:
    """Set names.

    Parameters
    ----------
    tags : `~collections.abc.Sequence` [ `PlannedTag` ]
        In their order; those that are as they shall be are left alone.
    repository : `Repository`
        Has the documents.
    reporter : `Reporter`
        Gets a step for each.

    Raises
    ------
    RefusedError
        Raised if one that is to stay was given to another image meanwhile.
    """
    if not tags:
        return
    reporter.begin("set tags", len(tags))
    for one in tags:
        if one.is_guarded:
            # Since the plan was made, hours may have passed, and somebody else may have been here.
            refuse_taken(one, repository.find_document(one.tag), repository)
        if not one.is_set:
            repository.write_document(one.tag, one.document.content, one.document.descriptor.media_type)
        reporter.step(one.tag, Outcome.UNCHANGED if one.is_set else Outcome.DONE)
    reporter.end()


def _send_blobs(
    blobs: Sequence[Descriptor],
    *,
    store: BlobStore,
    repository: Repository,
    reporter: Reporter,
    jobs: int,
    mounts: Sequence[str],
) -> tuple[_Moved, ...]:
    def send(blob: Descriptor) -> _Moved:
        started = time.monotonic()
        is_mounted = any(repository.mount_blob(blob.digest, source) for source in mounts)
        size = 0
        if not is_mounted:
            _refuse_damaged(blob, store)
            size = repository.write_blob(blob.digest, blob.size_bytes, lambda: store.read(blob.digest))
        detail = "mounted" if is_mounted else f"{blob.size_bytes} bytes"
        reporter.step(blob.digest, Outcome.DONE, seconds=time.monotonic() - started, detail=detail)
        return _Moved(digest=blob.digest, sent_bytes=size, is_mounted=is_mounted)

    # The largest first, or it would run alone at the end.
    order = sorted(blobs, key=lambda blob: -blob.size_bytes)
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        running = [pool.submit(send, blob) for blob in order]
        try:
            return tuple(one.result() for one in running)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _refuse_damaged(blob: Descriptor, store: BlobStore) -> None:
    content, size = hashlib.sha256(), 0
    for piece in store.read(blob.digest):
        content.update(piece)
        size += len(piece)
    if f"sha256:{content.hexdigest()}" != blob.digest or size != blob.size_bytes:
        raise CorruptError(f"the blob `{blob.digest}` of the layout is damaged", hint="build the image anew")
