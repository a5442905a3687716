"""Signs an image in a registry, and what is said of how it was made."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.attestations import STATEMENT_MEDIA_TYPE, Statement, Subject
from lsstinstall.core.envelopes import Envelope, sign, verified_by
from rubin_releng.core.attachmentdocuments import AttachmentKind
from rubin_releng.core.provenances import PROVENANCE_PREDICATE
from rubin_releng.core.signedbundles import IMAGE_PREDICATE, format_bundle
from rubin_releng.images.attacher import Attachment, attach, list_attachments
from rubin_releng.images.signatures import read_provenances, read_signatures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lsstinstall.core.envelopes import SigningKey
    from rubin_releng.core.ocidocuments import Descriptor, Digest
    from rubin_releng.images.registryports import Repository

__all__ = ["PlannedSignature", "apply_signature", "plan_signatures"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSignature:
    """Something to sign.

    Parameters
    ----------
    subject : `~rubin_releng.core.ocidocuments.Descriptor`
        The image.
    what : `str`
        ``image`` or ``provenance``.
    payload : `bytes`
        The statement.
    is_there : `bool`
        Whether the same key has signed it already.
    """

    subject: Descriptor
    what: str
    payload: bytes
    is_there: bool = False


def plan_signatures(
    repository: Repository, subjects: Sequence[Descriptor], *, name: str, key: SigningKey
) -> tuple[PlannedSignature, ...]:
    """Work out what a key has to sign; nothing is changed.

    Parameters
    ----------
    repository : `Repository`
        Has the images.
    subjects : `~collections.abc.Sequence` [ `~rubin_releng.core.ocidocuments.Descriptor` ]
        Images.
    name : `str`
        Server and repository, which goes into the statements.
    key : `~lsstinstall.core.envelopes.SigningKey`
        Who will sign.

    Returns
    -------
    signatures : `tuple` [ `PlannedSignature`, ... ]
        Of each image itself, then of its provenances.

    Raises
    ------
    CorruptError
        Raised if a provenance beside an image is about something else: we
        sign no such thing.
    """
    return tuple(one for subject in subjects for one in _of_image(repository, subject, name, key))


def apply_signature(repository: Repository, one: PlannedSignature, key: SigningKey) -> Digest | None:
    """Sign, and put the signature beside the image.

    Parameters
    ----------
    repository : `Repository`
        Has the image.
    one : `PlannedSignature`
        What to sign.
    key : `~lsstinstall.core.envelopes.SigningKey`
        Who signs.

    Returns
    -------
    digest : `~rubin_releng.core.ocidocuments.Digest` or `None`
        Of the attachment; `None` if there was nothing to do.
    """
    if one.is_there:
        return None
    envelope = sign(Envelope(payload=one.payload, payload_type=STATEMENT_MEDIA_TYPE), key)
    predicate = IMAGE_PREDICATE if one.what == "image" else PROVENANCE_PREDICATE
    notes = {
        "dev.sigstore.bundle.content": "dsse-envelope",
        "dev.sigstore.bundle.predicateType": predicate,
    }
    title = f"{one.what}.sigstore.json"
    return attach(
        repository,
        one.subject,
        Attachment(
            kind=AttachmentKind.SIGNATURE,
            title=title,
            content=format_bundle(envelope),
            annotations=MappingProxyType(notes),
        ),
    )


def _of_image(
    repository: Repository, subject: Descriptor, name: str, key: SigningKey
) -> Iterator[PlannedSignature]:
    algorithm, _, digits = subject.digest.partition(":")
    about = Subject(name=name, digests=MappingProxyType({algorithm: digits}))
    payloads = [("image", Statement(subjects=(about,), predicate_type=IMAGE_PREDICATE).format())]
    listed = list_attachments(repository, subject.digest)
    payloads += [("provenance", one.content) for one in read_provenances(repository, subject.digest, listed)]
    found, _ = read_signatures(repository, listed)
    signed = {one.envelope.payload for one in found if verified_by(one.envelope, [key.public])}
    for what, payload in payloads:
        yield PlannedSignature(subject=subject, what=what, payload=payload, is_there=payload in signed)
