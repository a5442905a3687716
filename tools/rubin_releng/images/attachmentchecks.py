"""Checks what lies beside an image in a registry: who it is about, digests, types and contents."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from lsstinstall.core.attestations import STATEMENT_MEDIA_TYPE, parse_statement
from lsstinstall.core.buildmanifests import parse_build_manifest
from lsstinstall.core.errors import CorruptError, FormatError, ProblemsError, ToolkitError
from lsstinstall.core.jsontexts import parse_json
from rubin_releng.core.attachmentdocuments import AttachmentKind
from rubin_releng.core.ocireading import read_manifest
from rubin_releng.core.signedbundles import SIGNED_TYPES, parse_signed
from rubin_releng.images.attacher import list_attachments

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lsstinstall.core.attestations import Statement
    from rubin_releng.core.attachmentlists import FoundAttachment
    from rubin_releng.core.ocidocuments import Descriptor, Digest
    from rubin_releng.core.ocireading import FoundManifest
    from rubin_releng.images.attacher import Attachment
    from rubin_releng.images.registryports import Repository

__all__ = ["check_attachments", "check_content"]

# What SPDX 2.3 requires of a document and of each of its packages.
_DOCUMENT_KEYS = ("spdxVersion", "SPDXID", "name", "dataLicense", "documentNamespace", "creationInfo")
_PACKAGE_KEYS = ("SPDXID", "name", "downloadLocation")


def check_attachments(
    repository: Repository, subjects: Sequence[Descriptor]
) -> tuple[int, tuple[ToolkitError, ...]]:
    """Check everything beside some images.

    Parameters
    ----------
    repository : `Repository`
        Has the images.
    subjects : `~collections.abc.Sequence` [ `Descriptor` ]
        The images.

    Returns
    -------
    count : `int`
        How many attachments there are.
    problems : `tuple` [ `ToolkitError`, ... ]
        What is wrong with them.
    """
    count = 0
    problems: list[ToolkitError] = []
    for subject in subjects:
        for one in list_attachments(repository, subject.digest):
            count += 1
            problems += _told(f"the attachment `{one.digest}`", _check(repository, subject, one))
    return count, tuple(problems)


def check_content(attachment: Attachment, subject: Digest) -> tuple[ToolkitError, ...]:
    """Check a file before it is put beside an image.

    Parameters
    ----------
    attachment : `Attachment`
        The file.
    subject : `Digest`
        The image.

    Returns
    -------
    problems : `tuple` [ `ToolkitError`, ... ]
        What `check_attachments` would say of its content.
    """
    name, kind = attachment.title, attachment.kind
    found = _check_content(kind.artifact_type, attachment.content, subject, source=name)
    return tuple(_told(f"the file `{name}` ({kind})", found))


def _told(name: str, problems: Iterator[str]) -> Iterator[ToolkitError]:
    """Go on with the next attachment after one that cannot be read."""
    try:
        for problem in problems:
            yield CorruptError(f"{name} {problem}")
    except ProblemsError as error:
        yield CorruptError(f"{name} is damaged: {error.problems[0]}")
    except CorruptError as error:
        yield CorruptError(f"{name} is damaged: {error}")


def _check(repository: Repository, subject: Descriptor, one: FoundAttachment) -> Iterator[str]:
    found = repository.read_document(one.digest)
    if found is None:
        yield "is listed and not there"
        return
    manifest = read_manifest(found.content, source=one.digest)
    yield from _check_subject(manifest, subject)
    if one.artifact_type and one.artifact_type != manifest.kind:
        yield f"is listed as `{one.artifact_type}`, and says that it is `{manifest.kind}`"
    for layer in manifest.layers:
        content = b"".join(repository.read_blob(layer.digest))
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        if (digest, len(content)) != (layer.digest, layer.size_bytes):
            yield f"has a file of {len(content)} bytes and `{digest}` in place of `{layer.digest}`"
        else:
            yield from _check_content(manifest.kind, content, subject.digest, source=one.digest)


def _check_subject(manifest: FoundManifest, subject: Descriptor) -> Iterator[str]:
    about = manifest.subject
    if about is None:
        yield f"is listed beside `{subject.digest}`, and about nothing"
    elif about.digest != subject.digest:
        yield f"is listed beside `{subject.digest}`, and about `{about.digest}`"
    elif (about.media_type, about.size_bytes) != (subject.media_type, subject.size_bytes):
        yield (
            f"says that `{about.digest}` is `{about.media_type}` of {about.size_bytes} bytes; it is"
            f" `{subject.media_type}` of {subject.size_bytes} bytes"
        )


def _check_content(kind: str, content: bytes, subject: Digest, *, source: str) -> Iterator[str]:
    """Look into what we know; the files of others are theirs."""
    if kind == STATEMENT_MEDIA_TYPE:
        yield from _check_about(parse_statement(content, source=source), subject)
    elif kind in SIGNED_TYPES:
        envelope = parse_signed(content, media_type=kind, source=source)
        if not envelope.signatures:
            yield "has no signature in it"
        if envelope.payload_type == STATEMENT_MEDIA_TYPE:
            yield from _check_about(parse_statement(envelope.payload, source=source), subject)
    elif kind == AttachmentKind.SBOM.artifact_type:
        yield from _check_sbom(parse_json(content, source=source))
    elif kind == AttachmentKind.MANIFEST.artifact_type:
        parse_build_manifest(_text(content, source), source=source)
    elif kind == AttachmentKind.PACKAGES.artifact_type and "@EXPLICIT" not in _text(content, source).split(
        "\n"
    ):
        yield "is no exact list of packages: there is no line `@EXPLICIT`"


def _check_about(statement: Statement, subject: Digest) -> Iterator[str]:
    if not statement.is_about(subject):
        yield f"holds a statement that is not about `{subject}`"


def _check_sbom(data: object) -> Iterator[str]:
    document = data if isinstance(data, dict) else {}
    packages = document.get("packages")
    missing = [key for key in _DOCUMENT_KEYS if not document.get(key)]
    for one in packages if isinstance(packages, list) else []:
        known = one if isinstance(one, dict) else {}
        missing += [f"{known.get('name', '?')}.{key}" for key in _PACKAGE_KEYS if not known.get(key)]
    if missing:
        yield f"is no SPDX document: it lacks `{missing[0]}`"


def _text(content: bytes, source: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise FormatError("the bytes are not UTF-8", source=source) from error
