"""What a push does beside pushing: provenances next to the image, its place in a release document."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import read_bytes
from rubin_releng.commands.imagedocuments import check_document, write_images
from rubin_releng.core.ocidocuments import MediaType
from rubin_releng.images.attacher import attach
from rubin_releng.images.describer import place_provenances
from rubin_releng.images.layouts import read_layout
from rubin_releng.release.imagerecords import pushed_records

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.core.releases import ImageRecord
    from rubin_releng.core.ocidocuments import Descriptor
    from rubin_releng.images.attacher import Attachment
    from rubin_releng.images.ports import BlobStore
    from rubin_releng.images.pushplans import PushPlan
    from rubin_releng.images.registryports import Repository

__all__ = ["PushedBeside", "plan_beside"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedBeside:
    """What is done beside a push.

    Parameters
    ----------
    provenances : `tuple` [ `tuple` [ `Descriptor`, `Attachment` ], ... ]
        What goes next to which image.
    document : `~pathlib.Path` or `None`
        Release document that learns of the image.
    records : `tuple` [ `ImageRecord`, ... ]
        What it learns.
    may_replace : `bool`
        Whether it may forget another image.
    is_changed : `bool`
        Whether it does not know all of it yet.
    """

    provenances: tuple[tuple[Descriptor, Attachment], ...]
    document: Path | None
    records: tuple[ImageRecord, ...]
    may_replace: bool
    is_changed: bool

    def attach(self, repository: Repository) -> None:
        """Put provenances next to the image.

        Parameters
        ----------
        repository : `Repository`
            Has the image.
        """
        for subject, attachment in self.provenances:
            attach(repository, subject, attachment)

    def record(self) -> None:
        """Write the image into the document."""
        write_images(self.document, self.records, may_replace=self.may_replace)

    def to_dict(self) -> dict[str, object]:
        """Describe it in an answer.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            Plain values.
        """
        document = None
        if self.document is not None:
            document = {"path": os.fspath(self.document), "changed": self.is_changed}
        return {"provenances": len(self.provenances), "document": document}

    def lines(self) -> list[str]:
        """Describe it to people.

        Returns
        -------
        lines : `list` [ `str` ]
            Indented.
        """
        lines = [f"  provenance {subject.digest}" for subject, _ in self.provenances]
        if self.document is not None:
            told = "learns of it" if self.is_changed else "knows it already"
            lines.append(f"  {self.document} {told}")
        return lines


def plan_beside(
    store: BlobStore,
    *,
    provenance: Path | None,
    plan: PushPlan,
    place: str,
    document: Path | None,
    may_replace: bool,
) -> PushedBeside:
    """Find out what a push has to do beside pushing; nothing is changed.

    Parameters
    ----------
    store : `BlobStore`
        The layout.
    provenance : `~pathlib.Path` or `None`
        What its build has noted, if that is to go next to the image; may be
        missing.
    plan : `PushPlan`
        The push.
    place : `str`
        Server and repository.
    document : `~pathlib.Path` or `None`
        Release document that shall learn of the image.
    may_replace : `bool`
        Whether it may forget another image.

    Returns
    -------
    beside : `PushedBeside`
        What is to be done.

    Raises
    ------
    CorruptError
        Raised if the provenance beside the layout is of another build.
    ToolkitError
        Raised as by `check_document`.
    """
    known = {one.manifest.digest: one.settings.platform for one in read_layout(store).images}
    images = tuple(
        replace(one.descriptor, platform=known.get(one.descriptor.digest))
        for one in plan.documents
        if one.descriptor.media_type == MediaType.MANIFEST
    )
    provenances: tuple[tuple[Descriptor, Attachment], ...] = ()
    if provenance is not None and provenance.is_file():
        below = tuple(one for one in images if one.digest != plan.root.digest)
        provenances = place_provenances(read_bytes(provenance), plan.root, below, source=str(provenance))
    records: tuple[ImageRecord, ...] = ()
    if document is not None:
        named = [(one.tag, one.document.descriptor.digest) for one in plan.tags]
        records = pushed_records(place, plan.root.digest, images, named)
    return PushedBeside(
        provenances=provenances,
        document=document,
        records=records,
        may_replace=may_replace,
        is_changed=check_document(document, records, may_replace=may_replace),
    )
