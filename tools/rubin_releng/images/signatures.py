"""Signatures and provenances beside an image, as they are found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.attestations import STATEMENT_MEDIA_TYPE, parse_statement
from lsstinstall.core.errors import CorruptError, NotFoundError, ProblemsError, ToolkitError
from rubin_releng.core.provenances import PROVENANCE_PREDICATE
from rubin_releng.core.signedbundles import SIGNED_TYPES, parse_signed
from rubin_releng.images.attacher import read_attachment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.core.attestations import Statement
    from lsstinstall.core.envelopes import Envelope
    from rubin_releng.core.attachmentlists import FoundAttachment
    from rubin_releng.core.ocidocuments import Digest
    from rubin_releng.images.registryports import Repository

__all__ = [
    "FoundProvenance",
    "FoundSignature",
    "read_provenances",
    "read_signatures",
    "told_subjects",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSignature:
    """A signature beside an image; nothing of it is verified.

    Parameters
    ----------
    digest : `Digest`
        Of the attachment.
    envelope : `Envelope`
        What was signed, and how.
    statement : `Statement` or `None`
        What was signed, if it is a statement.
    """

    digest: Digest
    envelope: Envelope
    statement: Statement | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundProvenance:
    """A provenance beside an image that is about it.

    Parameters
    ----------
    digest : `Digest`
        Of the attachment.
    content : `bytes`
        The statement as it was found.
    statement : `Statement`
        The same, read.
    """

    digest: Digest
    content: bytes
    statement: Statement


def read_provenances(
    repository: Repository, subject: Digest, listed: Sequence[FoundAttachment]
) -> tuple[FoundProvenance, ...]:
    """Read what is said of how an image was made.

    Parameters
    ----------
    repository : `Repository`
        Has the image.
    subject : `Digest`
        The image.
    listed : `~collections.abc.Sequence` [ `FoundAttachment` ]
        What is beside it.

    Returns
    -------
    provenances : `tuple` [ `FoundProvenance`, ... ]
        In the order of the list of attachments.

    Raises
    ------
    CorruptError
        Raised if one is damaged or about something else.
    """
    found = []
    for one in listed:
        if one.artifact_type != STATEMENT_MEDIA_TYPE:
            continue
        for file in read_attachment(repository, one.digest):
            statement = _read_statement(file.content, one.digest, subject)
            if statement.predicate_type != PROVENANCE_PREDICATE:
                continue
            if not statement.is_about(subject):
                raise CorruptError(
                    f"the provenance `{one.digest}` beside `{subject}` is about {told_subjects(statement)}",
                    hint="it belongs to another image; attach the one that this image's build wrote",
                )
            found.append(FoundProvenance(digest=one.digest, content=file.content, statement=statement))
    return tuple(found)


def _read_statement(content: bytes, digest: Digest, subject: Digest) -> Statement:
    try:
        return parse_statement(content, source=digest)
    except (CorruptError, ProblemsError) as error:
        raise CorruptError(
            f"the provenance `{digest}` beside `{subject}` cannot be read: {_first_line(error)}",
            hint="nothing that it says counts; `image check` tells all that is wrong beside the image",
        ) from error


def _first_line(error: ToolkitError) -> str:
    told = error.problems[0] if isinstance(error, ProblemsError) else error
    return str(told).partition("\n")[0]


def read_signatures(
    repository: Repository, listed: Sequence[FoundAttachment]
) -> tuple[tuple[FoundSignature, ...], tuple[ToolkitError, ...]]:
    """Read the signatures beside an image.

    Parameters
    ----------
    repository : `Repository`
        Has the image.
    listed : `~collections.abc.Sequence` [ `FoundAttachment` ]
        What is beside it.

    Returns
    -------
    signatures : `tuple` [ `FoundSignature`, ... ]
        In the order of the list of attachments.
    problems : `tuple` [ `ToolkitError`, ... ]
        Why others could not be read.
    """
    found: list[FoundSignature] = []
    problems: list[ToolkitError] = []
    for one in listed:
        if one.artifact_type not in SIGNED_TYPES:
            continue
        try:
            for file in read_attachment(repository, one.digest):
                envelope = parse_signed(file.content, media_type=one.artifact_type, source=one.digest)
                statement = None
                if envelope.payload_type == STATEMENT_MEDIA_TYPE:
                    statement = parse_statement(envelope.payload, source=one.digest)
                found.append(FoundSignature(digest=one.digest, envelope=envelope, statement=statement))
        except (CorruptError, ProblemsError, NotFoundError) as error:
            problems.append(
                CorruptError(f"the signature `{one.digest}` cannot be read: {_first_line(error)}")
            )
    return tuple(found), tuple(problems)


def told_subjects(statement: Statement) -> str:
    """Tell what a statement is about.

    Parameters
    ----------
    statement : `Statement`
        Read, not verified.

    Returns
    -------
    text : `str`
        Digests, for messages.
    """
    told = [f"`{kind}:{digits}`" for one in statement.subjects for kind, digits in one.digests.items()]
    return ", ".join(told) or "nothing"
