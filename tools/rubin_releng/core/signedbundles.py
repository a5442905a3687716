"""Signatures as files beside images: bundles as Sigstore's clients read them, or bare envelopes.

Format: version 0.3 of ``sigstore_bundle.proto`` in
https://github.com/sigstore/protobuf-specs, with a public key in place of a
certificate and without an entry in a public log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.envelopes import ENVELOPE_SHAPE, ENVELOPE_TYPE, parse_envelope
from lsstinstall.core.jsonrecords import WORD, read_record
from lsstinstall.core.jsontexts import canonical_json
from lsstinstall.core.shapes import Record

if TYPE_CHECKING:
    from lsstinstall.core.envelopes import Envelope

__all__ = ["BUNDLE_TYPE", "IMAGE_PREDICATE", "SIGNED_TYPES", "format_bundle", "parse_signed"]

BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
"""Media type of a bundle."""

SIGNED_TYPES = frozenset({BUNDLE_TYPE, ENVELOPE_TYPE})
"""Media types of files that may be signatures."""

IMAGE_PREDICATE = "https://sigstore.dev/cosign/sign/v1"
"""Predicate that says nothing but that somebody signs the image."""


def format_bundle(envelope: Envelope) -> bytes:
    """Write a bundle.

    Parameters
    ----------
    envelope : `~lsstinstall.core.envelopes.Envelope`
        With one signature.

    Returns
    -------
    data : `bytes`
        Canonical JSON.
    """
    (signature,) = envelope.signatures
    return canonical_json(
        {
            "mediaType": BUNDLE_TYPE,
            "verificationMaterial": {"publicKey": {"hint": signature.key_id}, "tlogEntries": []},
            "dsseEnvelope": envelope.to_dict(),
        }
    )


def parse_signed(data: bytes, *, media_type: str, source: str) -> Envelope:
    """Read a signature; nothing is verified.

    Parameters
    ----------
    data : `bytes`
        The file.
    media_type : `str`
        One of `SIGNED_TYPES`.
    source : `str`
        Its digest, for error messages only.

    Returns
    -------
    envelope : `~lsstinstall.core.envelopes.Envelope`
        What was signed, and the signatures.

    Raises
    ------
    FormatError
        Raised if it is not JSON.
    ProblemsError
        Raised if it has another form; holds every problem with its place.
    """
    if media_type == ENVELOPE_TYPE:
        return parse_envelope(data, source=source)
    return read_record(_BUNDLE, data, source=source, kind="a bundle with a signed document")


def _make_bundle(dsseEnvelope: Envelope, **_: object) -> Envelope:  # noqa: N803 - a key of the format
    return dsseEnvelope


_BUNDLE = Record(
    name="bundle",
    fields={"mediaType": WORD, "dsseEnvelope": ENVELOPE_SHAPE},
    make=_make_bundle,
    is_open=True,
)
