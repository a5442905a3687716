"""Verifies that somebody whom we trust has signed an image, and what is said of how it was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.envelopes import verified_by
from lsstinstall.core.errors import CorruptError, NotFoundError, ProblemsError, ToolkitError
from rubin_releng.core.signedbundles import IMAGE_PREDICATE
from rubin_releng.images.attacher import list_attachments
from rubin_releng.images.signatures import read_provenances, read_signatures, told_subjects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.core.envelopes import VerifyingKey
    from rubin_releng.core.attachmentlists import FoundAttachment
    from rubin_releng.core.ocidocuments import Digest
    from rubin_releng.images.registryports import Repository
    from rubin_releng.images.signatures import FoundSignature

__all__ = ["VerifiedImage", "verify_image"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedImage:
    """An image that somebody whom we trust has signed.

    Parameters
    ----------
    signatures : `tuple` [ `tuple` [ `Digest`, `str` ], ... ]
        Attachment and name of the key, of each good signature of the image.
    provenances : `tuple` [ `tuple` [ `Digest`, `bool` ], ... ]
        Attachment of each provenance that is about the image, and whether one
        of the keys has signed it.
    ignored : `tuple` [ `ToolkitError`, ... ]
        Why further signatures do not count; those of other keys are passed
        over.
    """

    signatures: tuple[tuple[Digest, str], ...]
    provenances: tuple[tuple[Digest, bool], ...]
    ignored: tuple[ToolkitError, ...]


def verify_image(
    repository: Repository,
    subject: Digest,
    keys: Sequence[VerifyingKey],
    *,
    parts: Sequence[Digest] = (),
    needs_provenance: bool = False,
) -> VerifiedImage:
    """Verify that one of some keys has signed an image.

    Parameters
    ----------
    repository : `Repository`
        Has the image.
    subject : `Digest`
        The image, computed of what was read.
    keys : `~collections.abc.Sequence` [ `VerifyingKey` ]
        Those that are trusted; a signature of one of them is enough.
    parts : `~collections.abc.Sequence` [ `Digest` ], optional
        Images that it joins, which may have provenances of their own.
    needs_provenance : `bool`, optional
        Whether one of the keys has to have signed a provenance of the whole,
        or of each part.

    Returns
    -------
    image : `VerifiedImage`
        What was found.

    Raises
    ------
    NotFoundError
        Raised if there is no signature, or no signed provenance where one is
        needed.
    CorruptError
        Raised if the only signature does not hold, or a provenance is about
        something else.
    ProblemsError
        Raised if none of several signatures holds.
    """
    judged = _judge(repository, subject, keys)
    if not judged.good:
        raise _unsigned(repository, subject, judged.ignored)
    own = _provenances(repository, subject, judged)
    below = [_provenances(repository, one, _judge(repository, one, keys)) for one in parts]
    is_told = _has_signed(own) or (bool(below) and all(map(_has_signed, below)))
    if needs_provenance and not is_told:
        raise NotFoundError(
            f"beside `{repository.name}@{subject}` is no provenance that one of these keys has signed",
            hint="attach it with `image attach --provenance`, then run `image sign` again, for parts of an"
            " index with `--each`",
        )
    return VerifiedImage(
        signatures=tuple(judged.good),
        provenances=tuple(one for each in (own, *below) for one in each),
        ignored=tuple(one for one in judged.ignored if not isinstance(one, _OtherKeyError)),
    )


class _OtherKeyError(CorruptError):
    """A signature by a key that we were not asked about: nothing is wrong with it."""


@dataclass(slots=True)
class _Judged:
    """Signatures of an image, what was signed, why others do not count, and what is beside it."""

    good: list[tuple[Digest, str]]
    signed: set[bytes]
    ignored: list[ToolkitError]
    listed: Sequence[FoundAttachment]


def _judge(repository: Repository, subject: Digest, keys: Sequence[VerifyingKey]) -> _Judged:
    listed = list_attachments(repository, subject)
    signatures, unread = read_signatures(repository, listed)
    judged = _Judged(good=[], signed=set(), ignored=list(unread), listed=listed)
    for one in signatures:
        try:
            key = _verify(one, subject, keys)
        except CorruptError as error:
            judged.ignored.append(error)
            continue
        if one.statement is not None and one.statement.predicate_type == IMAGE_PREDICATE:
            judged.good.append((one.digest, key.key_id))
        judged.signed.add(one.envelope.payload)
    return judged


def _provenances(repository: Repository, subject: Digest, judged: _Judged) -> list[tuple[Digest, bool]]:
    found = read_provenances(repository, subject, judged.listed)
    return [(one.digest, one.content in judged.signed) for one in found]


def _has_signed(provenances: Sequence[tuple[Digest, bool]]) -> bool:
    return any(is_signed for _, is_signed in provenances)


def _verify(one: FoundSignature, subject: Digest, keys: Sequence[VerifyingKey]) -> VerifyingKey:
    by = verified_by(one.envelope, keys)
    if not by:
        raise _why_not(one, {key.key_id for key in keys})
    if one.statement is None:
        raise CorruptError(f"the signature `{one.digest}` signs `{one.envelope.payload_type}`, no statement")
    if not one.statement.is_about(subject):
        raise CorruptError(
            f"the signature `{one.digest}` beside `{subject}` is about {told_subjects(one.statement)}"
        )
    return by[0]


def _why_not(one: FoundSignature, trusted: set[str]) -> CorruptError:
    named = [signature.key_id for signature in one.envelope.signatures]
    if trusted.intersection(named):
        return CorruptError(
            f"the signature `{one.digest}` names the key, and what was signed has been changed since"
        )
    told = ", ".join(f"`{name}`" for name in named if name) or "none that it names"
    return _OtherKeyError(f"the signature `{one.digest}` is by another key, {told}")


def _unsigned(repository: Repository, subject: Digest, ignored: Sequence[ToolkitError]) -> ToolkitError:
    place = f"{repository.name}@{subject}"
    if not ignored:
        return NotFoundError(
            f"there is no signature beside `{place}`", hint="`rubin-releng image sign` makes one"
        )
    if len(ignored) == 1:
        return CorruptError(f"`{place}` is not verified: {ignored[0]}", hint=ignored[0].hint)
    return ProblemsError(f"`{place}` is not verified: no signature holds", ignored)
