"""What belongs to an image and lies beside it: manifests with a ``subject`` (OCI 1.1)."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from rubin_releng.core.ocidocuments import Descriptor, Digest, MediaType

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "EMPTY_CONFIG",
    "TITLE_ANNOTATION",
    "AttachmentKind",
    "attachment_document",
]

TITLE_ANNOTATION = "org.opencontainers.image.title"
"""Where a file has its name."""

EMPTY_CONFIG = Descriptor(
    media_type="application/vnd.oci.empty.v1+json",
    digest=Digest("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"),
    size_bytes=2,
)
"""The configuration ``{}`` of what is no image."""


class AttachmentKind(StrEnum):
    """What we put beside images."""

    SBOM = "sbom"
    PACKAGES = "packages"
    MANIFEST = "manifest"
    PROVENANCE = "provenance"
    SIGNATURE = "signature"

    @property
    def artifact_type(self) -> str:
        """By which others find it; also of the file itself."""
        return {
            "sbom": "application/spdx+json",
            "packages": "application/vnd.lsst.conda-packages.v1+text",
            "manifest": "application/vnd.lsst.build-manifest.v1+text",
            "provenance": "application/vnd.in-toto+json",
            "signature": "application/vnd.dev.sigstore.bundle.v0.3+json",
        }[self.value]


def attachment_document(
    subject: Descriptor, file: Descriptor, *, kind: AttachmentKind, annotations: Mapping[str, str]
) -> dict[str, object]:
    """Write the manifest of an attachment.

    Parameters
    ----------
    subject : `Descriptor`
        The image.
    file : `Descriptor`
        The content.
    kind : `AttachmentKind`
        What it is.
    annotations : `~collections.abc.Mapping` [ `str`, `str` ]
        Shown in lists of attachments.

    Returns
    -------
    data : `dict` [ `str`, `object` ]
        An OCI image manifest that is no image.
    """
    bare = Descriptor(media_type=subject.media_type, digest=subject.digest, size_bytes=subject.size_bytes)
    return {
        "schemaVersion": 2,
        "mediaType": MediaType.MANIFEST.value,
        "artifactType": kind.artifact_type,
        "config": EMPTY_CONFIG.to_dict(),
        "layers": [file.to_dict()],
        "subject": bare.to_dict(),
        "annotations": dict(annotations),
    }
