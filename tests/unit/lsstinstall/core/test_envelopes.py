from __future__ import annotations

import json

import pytest

from lsstinstall.core.envelopes import Envelope, EnvelopeSignature, parse_envelope, sign, verified_by
from lsstinstall.core.errors import FormatError, ProblemsError
from tests.support.fakekeys import FakeKey

ONE, OTHER = FakeKey("one"), FakeKey("other")
ENVELOPE = Envelope(payload=b"hello world", payload_type="http://example.com/HelloWorld")


def test_what_is_signed_is_as_the_protocol_says() -> None:
    # The example of the protocol's own text.
    assert ENVELOPE.signed_bytes == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_an_envelope_survives_writing_and_reading() -> None:
    signed = sign(sign(ENVELOPE, ONE), OTHER)
    assert parse_envelope(signed.format(), source="x") == signed
    assert [one.key_id for one in signed.signatures] == ["one", "other"]


def test_a_key_signs_once() -> None:
    assert sign(sign(ENVELOPE, ONE), ONE) == sign(ENVELOPE, ONE)


def test_signatures_are_found_by_what_they_are_and_not_by_what_they_say() -> None:
    signed = sign(ENVELOPE, ONE)
    assert verified_by(signed, [OTHER, ONE, ONE]) == (ONE,)
    renamed = Envelope(
        payload=signed.payload,
        payload_type=signed.payload_type,
        signatures=(EnvelopeSignature(key_id="", signature=signed.signatures[0].signature),),
    )
    assert verified_by(renamed, [ONE]) == (ONE,)
    assert verified_by(ENVELOPE, [ONE]) == ()


@pytest.mark.parametrize("change", [{"payload": b"hello"}, {"payload_type": "text/plain"}])
def test_a_change_breaks_the_signature(change: dict[str, object]) -> None:
    signed = sign(ENVELOPE, ONE)
    data = {"payload": signed.payload, "payload_type": signed.payload_type, **change}
    changed = Envelope(**data, signatures=signed.signatures)  # type: ignore[arg-type]
    assert verified_by(changed, [ONE]) == ()


def test_both_alphabets_are_read() -> None:
    text = '{"payload":"-_8","payloadType":"t","signatures":[{"sig":"+/8="}],"more":1}'
    found = parse_envelope(text, source="x")
    assert (found.payload, found.signatures[0].signature) == (b"\xfb\xff", b"\xfb\xff")
    assert found.signatures[0].key_id == ""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"payload":"?","payloadType":"t","signatures":[]}', "no base64"),
        ('{"payload":"","payloadType":"","signatures":[]}', "the text is empty"),
        ('{"payload":"","payloadType":"t"}', "missing key"),
        ('{"payload":"","payloadType":"t","signatures":[{}]}', "missing key"),
        ("[]", "expected an object"),
    ],
)
def test_what_is_no_envelope_is_told_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(ProblemsError, match="`x` is not a signed document") as caught:
        parse_envelope(text, source="x")
    assert problem in str(caught.value.problems[0])
    assert caught.value.code == 5


def test_what_is_no_json_is_told() -> None:
    with pytest.raises(FormatError):
        parse_envelope(b"\xff", source="x")
    assert json.loads(ENVELOPE.format())["signatures"] == []
