"""Puts files beside an image in a registry, and finds them there."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.errors import NotFoundError, UnavailableError
from lsstinstall.core.jsontexts import canonical_json
from rubin_releng.core.attachmentdocuments import EMPTY_CONFIG, TITLE_ANNOTATION, attachment_document
from rubin_releng.core.attachmentlists import (
    attachment_entry,
    extend_index,
    fallback_tag,
    missing_from,
    own_tag,
    read_attachments,
)
from rubin_releng.core.ocidocuments import Descriptor, Digest, MediaType
from rubin_releng.core.ocireading import read_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rubin_releng.core.attachmentdocuments import AttachmentKind
    from rubin_releng.core.attachmentlists import FoundAttachment
    from rubin_releng.images.registryports import Repository

__all__ = [
    "AttachedFile",
    "Attachment",
    "attach",
    "list_attachments",
    "list_document",
    "read_attachment",
]

_ATTEMPTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file to put beside an image.

    Parameters
    ----------
    kind : `AttachmentKind`
        What it is.
    title : `str`
        Its name.
    content : `bytes`
        All of it.
    annotations : `~collections.abc.Mapping` [ `str`, `str` ]
        Shown in lists.
    """

    kind: AttachmentKind
    title: str
    content: bytes
    annotations: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFile:
    """A file that is beside an image.

    Parameters
    ----------
    title : `str`
        Its name; empty if it has none.
    content : `bytes`
        All of it.
    """

    title: str
    content: bytes


def attach(repository: Repository, subject: Descriptor, attachment: Attachment) -> Digest:
    """Put a file beside an image; doing it twice changes nothing.

    Parameters
    ----------
    repository : `Repository`
        Has the image.
    subject : `Descriptor`
        The image.
    attachment : `Attachment`
        The file.

    Returns
    -------
    digest : `Digest`
        Of the manifest that names both.

    Raises
    ------
    UnavailableError
        Raised if others keep overwriting the index under the fallback tag.
    """
    file = Descriptor(
        media_type=attachment.kind.artifact_type,
        digest=_digest_of(attachment.content),
        size_bytes=len(attachment.content),
        annotations=MappingProxyType({TITLE_ANNOTATION: attachment.title}),
    )
    for blob, content in ((EMPTY_CONFIG, b"{}"), (file, attachment.content)):
        _send(repository, blob, content)
    notes = {TITLE_ANNOTATION: attachment.title, **attachment.annotations}
    document = attachment_document(subject, file, kind=attachment.kind, annotations=notes)
    return list_document(repository, subject.digest, canonical_json(document))


def list_document(repository: Repository, subject: Digest, content: bytes) -> Digest:
    """Store the manifest of an attachment, and see to it that it is listed.

    Parameters
    ----------
    repository : `Repository`
        Has the image, and the blobs that the manifest names.
    subject : `Digest`
        The image.
    content : `bytes`
        The manifest.

    Returns
    -------
    digest : `Digest`
        Of it.

    Raises
    ------
    UnavailableError
        Raised if others keep overwriting the index under the fallback tag.
    """
    digest = _digest_of(content)
    is_noted = repository.write_document(digest, content, MediaType.MANIFEST)
    if not is_noted and repository.referrers(subject) is None:
        repository.write_document(own_tag(subject, digest), content, MediaType.MANIFEST)
        _complete_list(repository, subject)
    return digest


def list_attachments(repository: Repository, subject: Digest) -> tuple[FoundAttachment, ...]:
    """List what is beside an image.

    Parameters
    ----------
    repository : `Repository`
        Has the image.
    subject : `Digest`
        The image.

    Returns
    -------
    attachments : `tuple` [ `FoundAttachment`, ... ]
        From the registry's own list, else from that under the fallback tag.
    """
    content = repository.referrers(subject)
    if content is None:
        found = repository.read_document(fallback_tag(subject))
        content = None if found is None else found.content
    return () if content is None else read_attachments(content, source=f"attachments of {subject}")


def read_attachment(repository: Repository, digest: Digest) -> tuple[AttachedFile, ...]:
    """Read the files of an attachment.

    Parameters
    ----------
    repository : `Repository`
        Has it.
    digest : `Digest`
        Of its manifest.

    Returns
    -------
    files : `tuple` [ `AttachedFile`, ... ]
        In its order.

    Raises
    ------
    NotFoundError
        Raised if it is listed and not there.
    """
    found = repository.read_document(digest)
    if found is None:
        raise NotFoundError(f"the attachment `{digest}` is listed in `{repository.name}` and not there")
    return tuple(
        AttachedFile(
            title=layer.annotations.get(TITLE_ANNOTATION, ""),
            content=b"".join(repository.read_blob(layer.digest, layer.size_bytes)),
        )
        for layer in read_manifest(found.content, source=digest).layers
    )


def _send(repository: Repository, blob: Descriptor, content: bytes) -> None:
    def read() -> Iterator[bytes]:
        yield content

    if not repository.has_blob(blob.digest):
        repository.write_blob(blob.digest, blob.size_bytes, read)


def _complete_list(repository: Repository, subject: Digest) -> None:
    """Write the index under the fallback tag until all is in it that has a tag of its own.

    A registry neither locks a tag nor writes it on a condition, so whoever has
    read an old index may overwrite a newer one. But everybody looks again after
    writing, and finds by their tags the attachments that are lost so: the last
    one to write has looked at a list that lacked none.
    """
    tag = fallback_tag(subject)
    for attempt in range(_ATTEMPTS):
        if attempt > 1:
            repository.settle()
        found = repository.read_document(tag)
        tags = repository.tags_beginning(tag)
        if found is None and tag in tags:
            # Written just now. It may hold what has no tag of its own, and must not be begun anew.
            continue
        content = None if found is None else found.content
        missing = missing_from(content, tags, subject=subject)
        added = [entry for one in missing if (entry := _entry(repository, one, subject)) is not None]
        if not added:
            return
        repository.write_document(
            tag, canonical_json(extend_index(content, added, source=tag)), MediaType.INDEX
        )
    raise UnavailableError(
        f"others keep changing `{repository.name}:{tag}`", hint="run it again when they are done"
    )


def _entry(repository: Repository, tag: str, subject: Digest) -> dict[str, object] | None:
    found = repository.read_document(tag)
    return None if found is None else attachment_entry(found.content, subject=subject, source=tag)


def _digest_of(content: bytes) -> Digest:
    return Digest(f"sha256:{hashlib.sha256(content).hexdigest()}")
