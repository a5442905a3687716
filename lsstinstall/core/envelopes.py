"""Signed documents: DSSE envelopes, as images and release documents have them.

What is signed is not the JSON but the payload's bytes with their type in
front, so that no two readers can differ about it. Format: protocol and
envelope of https://github.com/secure-systems-lab/dsse, version 1.0.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from lsstinstall.core.errors import InvalidNameError
from lsstinstall.core.jsonrecords import ANY_TEXT, WORD, read_record
from lsstinstall.core.jsontexts import canonical_json
from lsstinstall.core.shapes import Items, Record, Text

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "ENVELOPE_SHAPE",
    "ENVELOPE_TYPE",
    "Envelope",
    "EnvelopeSignature",
    "SigningKey",
    "VerifyingKey",
    "parse_envelope",
    "sign",
    "verified_by",
]

ENVELOPE_TYPE = "application/vnd.dsse.envelope.v1+json"
"""Media type of an envelope."""


class VerifyingKey(Protocol):
    """A public key."""

    @property
    def key_id(self) -> str:
        """Name that signatures of it carry."""

    def verifies(self, signature: bytes, content: bytes) -> bool:
        """Tell whether a signature of these bytes is by this key."""


class SigningKey(Protocol):
    """A private key."""

    @property
    def public(self) -> VerifyingKey:
        """Its other half."""

    def sign(self, content: bytes) -> bytes:
        """Sign bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeSignature:
    """One signature.

    Parameters
    ----------
    key_id : `str`
        Which key it says to be of: a hint, not a proof; may be empty.
    signature : `bytes`
        In the form of the key's kind.
    """

    key_id: str
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A document and its signatures.

    Parameters
    ----------
    payload : `bytes`
        The document, to the byte.
    payload_type : `str`
        Its media type, which is signed as well.
    signatures : `tuple` [ `EnvelopeSignature`, ... ]
        In the order in which they were made.
    """

    payload: bytes
    payload_type: str
    signatures: tuple[EnvelopeSignature, ...] = ()

    @property
    def signed_bytes(self) -> bytes:
        """What keys sign: DSSE's *pre-authentication encoding*."""
        kind = self.payload_type.encode()
        return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(self.payload), self.payload)

    def to_dict(self) -> dict[str, object]:
        """Write it as plain values.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            Bytes in base64.
        """
        return {
            "payload": base64.b64encode(self.payload).decode(),
            "payloadType": self.payload_type,
            "signatures": [
                {"keyid": one.key_id, "sig": base64.b64encode(one.signature).decode()}
                for one in self.signatures
            ],
        }

    def format(self) -> bytes:
        """Write it.

        Returns
        -------
        data : `bytes`
            Canonical JSON.
        """
        return canonical_json(self.to_dict())


def parse_envelope(data: str | bytes, *, source: str) -> Envelope:
    """Read an envelope; nothing is verified.

    Parameters
    ----------
    data : `str` or `bytes`
        All of it.
    source : `str`
        File name or digest, for error messages only.

    Returns
    -------
    envelope : `Envelope`
        What it holds, its signatures in their order.

    Raises
    ------
    FormatError
        Raised if it is not JSON.
    ProblemsError
        Raised if it is no envelope; holds every problem with its place.
    """
    return read_record(ENVELOPE_SHAPE, data, source=source, kind="a signed document")


def sign(envelope: Envelope, key: SigningKey) -> Envelope:
    """Add a signature.

    Parameters
    ----------
    envelope : `Envelope`
        Stays as it is.
    key : `SigningKey`
        Who signs; a signature that the same key has made already is replaced.

    Returns
    -------
    envelope : `Envelope`
        With it as the last one.
    """
    key_id = key.public.key_id
    others = tuple(one for one in envelope.signatures if one.key_id != key_id)
    made = EnvelopeSignature(key_id=key_id, signature=key.sign(envelope.signed_bytes))
    return replace(envelope, signatures=(*others, made))


def verified_by(envelope: Envelope, keys: Iterable[VerifyingKey]) -> tuple[VerifyingKey, ...]:
    """Tell which keys have signed a document.

    Parameters
    ----------
    envelope : `Envelope`
        The document.
    keys : `~collections.abc.Iterable` [ `VerifyingKey` ]
        Those that are trusted.

    Returns
    -------
    keys : `tuple` [ `VerifyingKey`, ... ]
        In their order, each once; what signatures say of themselves does not
        count. Empty if there is no signature by any of them.
    """
    content = envelope.signed_bytes
    found = {
        key.key_id: key
        for key in keys
        if any(key.verifies(one.signature, content) for one in envelope.signatures)
    }
    return tuple(found.values())


def _parse_base64(text: str) -> bytes:
    # Writers may use either alphabet, readers take both.
    plain = text.translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidNameError("the text is no base64") from error


def _make_envelope(
    payload: bytes,
    payloadType: str,  # noqa: N803 - a key of the format
    signatures: tuple[EnvelopeSignature, ...],
) -> Envelope:
    return Envelope(payload=payload, payload_type=payloadType, signatures=signatures)


def _make_signature(sig: bytes, keyid: str = "") -> EnvelopeSignature:
    return EnvelopeSignature(key_id=keyid, signature=sig)


_BASE64 = Text(parse=_parse_base64, pattern=r"^[A-Za-z0-9+/_=-]*$", description="bytes in base64")
ENVELOPE_SHAPE = Record(
    name="envelope",
    fields={
        "payload": _BASE64,
        "payloadType": WORD,
        "signatures": Items(
            of=Record(
                name="signature",
                fields={"sig": _BASE64},
                optional={"keyid": ANY_TEXT},
                make=_make_signature,
                is_open=True,
            )
        ),
    },
    make=_make_envelope,
    is_open=True,
)
"""What an envelope looks like, also inside of other documents."""
