"""What belongs to an image and lies beside it: manifests with a ``subject`` (OCI 1.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.errors import CorruptError
from lsstinstall.core.jsontexts import canonical_json, parse_json
from rubin_releng.core.ocidocuments import Descriptor, Digest, MediaType

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "EMPTY_CONFIG",
    "TITLE_ANNOTATION",
    "AttachmentKind",
    "FoundAttachment",
    "attachment_document",
    "extend_index",
    "fallback_tag",
    "join_indexes",
    "read_attachments",
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAttachment:
    """Something beside an image.

    Parameters
    ----------
    artifact_type : `str`
        What it is; empty if nobody says.
    digest : `Digest`
        Of its manifest.
    annotations : `~collections.abc.Mapping` [ `str`, `str` ]
        Of its manifest.
    """

    artifact_type: str
    digest: Digest
    annotations: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def fallback_tag(digest: Digest) -> str:
    """Name the index of attachments where a registry keeps none itself.

    Parameters
    ----------
    digest : `Digest`
        Of the image.

    Returns
    -------
    tag : `str`
        As the distribution specification says.
    """
    return digest.replace(":", "-")


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


def extend_index(content: bytes | None, entry: dict[str, object], *, source: str) -> dict[str, object] | None:
    """Add an entry to the index under a fallback tag.

    Parameters
    ----------
    content : `bytes` or `None`
        The index as it is; `None` if there is none.
    entry : `dict` [ `str`, `object` ]
        Descriptor to add; those of others stay as they are.
    source : `str`
        Where it came from, for error messages only.

    Returns
    -------
    data : `dict` [ `str`, `object` ] or `None`
        `None` if the entry is there already.

    Raises
    ------
    CorruptError
        Raised if it is no index.
    """
    empty: dict[str, object] = {"schemaVersion": 2, "mediaType": MediaType.INDEX.value, "manifests": []}
    data = empty if content is None else _index(content, source)
    entries = _entries(data, source)
    if any(one.get("digest") == entry["digest"] for one in entries):
        return None
    return {**data, "manifests": [*entries, entry]}


def join_indexes(first: bytes | None, second: bytes, *, source: str) -> bytes:
    """Join two pages of one list of attachments.

    Parameters
    ----------
    first : `bytes` or `None`
        What was read so far.
    second : `bytes`
        The next page.
    source : `str`
        Where it came from, for error messages only.

    Returns
    -------
    content : `bytes`
        The second one as it is, if it is the only one.

    Raises
    ------
    CorruptError
        Raised if one is no index.
    """
    if first is None:
        return second
    data = _index(first, source)
    return canonical_json(
        {**data, "manifests": [*_entries(data, source), *_entries(_index(second, source), source)]}
    )


def read_attachments(content: bytes, *, source: str) -> tuple[FoundAttachment, ...]:
    """Read the list of what is beside an image.

    Parameters
    ----------
    content : `bytes`
        An index, from a registry or under a fallback tag.
    source : `str`
        Where it came from, for error messages only.

    Returns
    -------
    attachments : `tuple` [ `FoundAttachment`, ... ]
        In its order.

    Raises
    ------
    CorruptError
        Raised if it is no index.
    """
    found = []
    for entry in _entries(_index(content, source), source):
        notes = entry.get("annotations")
        pairs = notes.items() if isinstance(notes, dict) else ()
        found.append(
            FoundAttachment(
                artifact_type=str(entry.get("artifactType", "")),
                digest=Digest(str(entry.get("digest", ""))),
                annotations=MappingProxyType({str(key): str(value) for key, value in pairs}),
            )
        )
    return tuple(found)


def _index(content: bytes, source: str) -> dict[str, object]:
    data = parse_json(content, source=source)
    if not isinstance(data, dict):
        raise CorruptError(f"`{source}` is no index of attachments")
    return data


def _entries(data: dict[str, object], source: str) -> list[dict[str, object]]:
    entries = data.get("manifests")
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise CorruptError(f"`{source}` is no index of attachments")
    return entries
