"""Takes images of a registry into a layout."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.errors import CorruptError
from lsstinstall.core.jsontexts import canonical_json
from lsstinstall.core.reporting import Outcome
from rubin_releng.core.ocidocuments import Descriptor, index_document
from rubin_releng.images.layouts import TAG_ANNOTATION, read_layout
from rubin_releng.images.layoutwriter import prune

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.core.reporting import Reporter
    from rubin_releng.images.ports import BlobStore
    from rubin_releng.images.registryimages import RegistryStore

__all__ = ["PullReport", "run_pull"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PullReport:
    """What a pull moved.

    Parameters
    ----------
    image : `Descriptor`
        The image.
    received_bytes : `int`
        Of the blobs and documents that were not there.
    fetched, kept : `int`
        How many there were, and how many were there already.
    """

    image: Descriptor
    received_bytes: int
    fetched: int
    kept: int


def run_pull(
    source: RegistryStore, *, store: BlobStore, tags: Sequence[str], reporter: Reporter, jobs: int = 4
) -> PullReport:
    """Take an image into a layout; what is there already is not fetched.

    Parameters
    ----------
    source : `RegistryStore`
        The image.
    store : `BlobStore`
        Layout; images with the same names are replaced.
    tags : `~collections.abc.Sequence` [ `str` ]
        Names in the layout.
    reporter : `Reporter`
        Gets a step for each blob.
    jobs : `int`, optional
        How many blobs at a time.

    Returns
    -------
    report : `PullReport`
        What was moved.

    Raises
    ------
    ToolkitError
        Raised as by `Repository`; then the layout has the images that it had.
    """
    before = read_layout(store)
    needed = read_layout(source).blobs
    have = store.sizes()
    missing = [blob for blob in needed.values() if have.get(blob.digest.partition(":")[2]) != blob.size_bytes]
    reporter.begin("pull", len(missing))
    _fetch(missing, source=source, store=store, reporter=reporter, jobs=jobs)
    reporter.end()
    entries = [replace(source.root, annotations=MappingProxyType({TAG_ANNOTATION: tag})) for tag in tags] or [
        source.root
    ]
    kept = [
        one
        for one in before.entries
        if one.annotations.get(TAG_ANNOTATION) not in tags and one.digest != source.root.digest
    ]
    store.write_index(canonical_json(index_document([*kept, *entries])))
    prune(store)
    return PullReport(
        image=source.root,
        received_bytes=sum(blob.size_bytes for blob in missing),
        fetched=len(missing),
        kept=len(needed) - len(missing),
    )


def _fetch(
    missing: Sequence[Descriptor],
    *,
    source: RegistryStore,
    store: BlobStore,
    reporter: Reporter,
    jobs: int,
) -> None:
    def fetch(blob: Descriptor) -> None:
        stored = store.write(source.read(blob.digest))
        if stored.digest != blob.digest or stored.size_bytes != blob.size_bytes:
            store.remove(stored.digest.partition(":")[2])
            raise CorruptError(
                f"the registry gives `{stored.digest}`, {stored.size_bytes} bytes,"
                f" for the blob `{blob.digest}`, {blob.size_bytes} bytes"
            )
        reporter.step(blob.digest, Outcome.DONE, detail=f"{blob.size_bytes} bytes")

    with ThreadPoolExecutor(max_workers=jobs) as pool:
        running = [pool.submit(fetch, blob) for blob in sorted(missing, key=lambda blob: -blob.size_bytes)]
        try:
            for one in running:
                one.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
