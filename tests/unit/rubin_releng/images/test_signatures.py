from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.attestations import STATEMENT_MEDIA_TYPE, Statement, Subject
from lsstinstall.core.envelopes import ENVELOPE_TYPE, Envelope, sign
from lsstinstall.core.errors import CorruptError, NotFoundError, ProblemsError
from rubin_releng.core.attachmentdocuments import AttachmentKind
from rubin_releng.core.ocidocuments import Descriptor, MediaType
from rubin_releng.core.provenances import (
    PROVENANCE_PREDICATE,
    BuildFacts,
    Material,
    make_provenance,
    run_address,
)
from rubin_releng.core.signedbundles import format_bundle, parse_signed
from rubin_releng.images.attacher import Attachment, attach, list_attachments
from rubin_releng.images.signatures import read_provenances, read_signatures
from rubin_releng.images.signer import apply_signature, plan_signatures
from rubin_releng.images.verifier import verify_image
from tests.support.fakekeys import FakeKey
from tests.support.registries import MemoryRepository, digest_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rubin_releng.core.ocidocuments import Digest

ONE, OTHER = FakeKey("one"), FakeKey("other")
SUBJECT = Descriptor(media_type=MediaType.MANIFEST, digest=digest_of(b"image"), size_bytes=5)
STRANGE = digest_of(b"another image")


def provenance(about: Digest) -> bytes:
    return make_provenance(BuildFacts(builder="native", versions={}), [("x", about)]).format()


def signed(repository: MemoryRepository, *keys: FakeKey) -> MemoryRepository:
    for key in keys:
        for one in plan_signatures(repository, [SUBJECT], name="x", key=key):
            apply_signature(repository, one, key)
    return repository


def add(
    repository: MemoryRepository, content: bytes, kind: AttachmentKind = AttachmentKind.SIGNATURE
) -> None:
    attach(repository, SUBJECT, Attachment(kind=kind, title="x", content=content))


def bundle(payload: bytes, *, kind: str = STATEMENT_MEDIA_TYPE) -> bytes:
    return format_bundle(sign(Envelope(payload=payload, payload_type=kind), ONE))


@pytest.mark.parametrize("has_referrers", [True, False])
def test_a_signed_image_is_verified_and_signed_once(*, has_referrers: bool) -> None:
    repository = signed(MemoryRepository(has_referrers=has_referrers), ONE)
    found = verify_image(repository, SUBJECT.digest, [OTHER, ONE])
    assert [name for _, name in found.signatures] == ["one"]
    assert (found.provenances, found.ignored) == ((), ())
    (again,) = plan_signatures(repository, [SUBJECT], name="x", key=ONE)
    assert again.is_there
    assert apply_signature(repository, again, ONE) is None
    (another,) = plan_signatures(repository, [SUBJECT], name="x", key=OTHER)
    assert not another.is_there


def test_a_signed_provenance_is_told_from_one_that_anybody_put_there() -> None:
    repository = MemoryRepository()
    add(repository, provenance(SUBJECT.digest), AttachmentKind.PROVENANCE)
    signed(repository, ONE)
    found = verify_image(repository, SUBJECT.digest, [ONE], needs_provenance=True)
    assert [is_signed for _, is_signed in found.provenances] == [True]
    assert len(found.signatures) == 1
    late = signed(MemoryRepository(), ONE)
    add(late, provenance(SUBJECT.digest), AttachmentKind.PROVENANCE)
    assert [one for _, one in verify_image(late, SUBJECT.digest, [ONE]).provenances] == [False]
    with pytest.raises(NotFoundError, match="no provenance that one of these keys"):
        verify_image(late, SUBJECT.digest, [ONE], needs_provenance=True)


def test_an_index_may_have_the_provenances_of_its_parts() -> None:
    repository = signed(MemoryRepository(), ONE)
    part = Descriptor(media_type=MediaType.MANIFEST, digest=STRANGE, size_bytes=1)
    told = Attachment(kind=AttachmentKind.PROVENANCE, title="x", content=provenance(STRANGE))
    attach(repository, part, told)
    found = verify_image(repository, SUBJECT.digest, [ONE], parts=[STRANGE])
    assert [is_signed for _, is_signed in found.provenances] == [False]
    with pytest.raises(NotFoundError, match="no provenance"):
        verify_image(repository, SUBJECT.digest, [ONE], parts=[STRANGE], needs_provenance=True)
    for one in plan_signatures(repository, [part], name="x", key=ONE):
        apply_signature(repository, one, ONE)
    found = verify_image(repository, SUBJECT.digest, [ONE], parts=[STRANGE], needs_provenance=True)
    assert [is_signed for _, is_signed in found.provenances] == [True]


def test_a_provenance_of_another_image_is_neither_signed_nor_accepted() -> None:
    repository = signed(MemoryRepository(), ONE)
    add(repository, provenance(STRANGE), AttachmentKind.PROVENANCE)
    with pytest.raises(CorruptError, match="is about `sha256:"):
        verify_image(repository, SUBJECT.digest, [ONE])
    with pytest.raises(CorruptError, match="is about `sha256:"):
        plan_signatures(repository, [SUBJECT], name="x", key=ONE)


@pytest.mark.parametrize(("content", "problem"), [(b"\xe4", "is not UTF-8$"), (b"{}", "missing key")])
def test_a_provenance_that_cannot_be_read_is_told_with_its_image(content: bytes, problem: str) -> None:
    repository = signed(MemoryRepository(), ONE)
    add(repository, content, AttachmentKind.PROVENANCE)
    with pytest.raises(CorruptError, match=f"the provenance `sha256:.*cannot be read.*{problem}"):
        verify_image(repository, SUBJECT.digest, [ONE])
    with pytest.raises(CorruptError, match="cannot be read"):
        signed(repository, ONE)


def test_statements_of_other_kinds_are_no_provenances() -> None:
    repository = MemoryRepository()
    about = Subject(name="", digests={"sha256": STRANGE[7:]})
    add(repository, Statement(subjects=(about,), predicate_type="p").format(), AttachmentKind.PROVENANCE)
    assert read_provenances(repository, SUBJECT.digest, list_attachments(repository, SUBJECT.digest)) == ()


def test_an_image_without_a_signature_is_told() -> None:
    repository = MemoryRepository()
    add(repository, b"{}", AttachmentKind.SBOM)
    with pytest.raises(NotFoundError, match="no signature beside"):
        verify_image(repository, SUBJECT.digest, [ONE])


def changed(envelope: Envelope, **values: object) -> bytes:
    data = {"payload": envelope.payload, "payload_type": envelope.payload_type, **values}
    return format_bundle(Envelope(signatures=envelope.signatures, **data))  # type: ignore[arg-type]


IMAGE = Statement(
    subjects=(Subject(name="", digests={"sha256": SUBJECT.digest[7:]}),), predicate_type="p"
).format()
ABOUT_ANOTHER = Statement(
    subjects=(Subject(name="", digests={"sha256": STRANGE[7:]}),), predicate_type="p"
).format()
GOOD = sign(Envelope(payload=ABOUT_ANOTHER, payload_type=STATEMENT_MEDIA_TYPE), ONE)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (changed(GOOD, payload=IMAGE), "names the key, and what was signed has been changed"),
        (changed(GOOD), f"is about `{STRANGE}`"),
        (bundle(b"text", kind="text/plain"), "signs `text/plain`, no statement"),
        (bundle(Statement(subjects=(), predicate_type="p").format()), "is about nothing"),
        (b"{}", "cannot be read: .*missing key"),
        (bundle(b"no statement"), "cannot be read"),
    ],
)
def test_a_signature_that_does_not_hold_is_told(content: bytes, problem: str) -> None:
    repository = MemoryRepository()
    add(repository, content)
    with pytest.raises(CorruptError, match=problem):
        verify_image(repository, SUBJECT.digest, [ONE])


def test_a_signature_by_another_key_is_told_with_its_name() -> None:
    with pytest.raises(CorruptError, match="is by another key, `one`"):
        verify_image(signed(MemoryRepository(), ONE), SUBJECT.digest, [OTHER])
    repository = MemoryRepository()
    add(
        repository,
        format_bundle(sign(Envelope(payload=IMAGE, payload_type=STATEMENT_MEDIA_TYPE), FakeKey(""))),
    )
    with pytest.raises(CorruptError, match="none that it names"):
        verify_image(repository, SUBJECT.digest, [ONE])


def test_of_several_bad_signatures_all_are_told() -> None:
    repository = signed(MemoryRepository(), ONE, FakeKey("third"))
    with pytest.raises(ProblemsError, match="no signature holds") as caught:
        verify_image(repository, SUBJECT.digest, [OTHER])
    assert (len(caught.value.problems), caught.value.code) == (2, 5)


def test_bad_signatures_beside_a_good_one_do_not_count() -> None:
    repository = signed(MemoryRepository(), ONE, OTHER)
    add(repository, b"[]")
    found = verify_image(repository, SUBJECT.digest, [ONE])
    assert (len(found.signatures), len(found.ignored)) == (1, 1)


def test_a_signature_that_is_listed_and_not_there_is_told() -> None:
    repository = signed(MemoryRepository(), ONE)
    (found,) = read_signatures(repository, list_attachments(repository, SUBJECT.digest))[0]
    del repository.documents[found.digest]
    with pytest.raises(CorruptError, match="not there"):
        verify_image(repository, SUBJECT.digest, [ONE])


def test_bare_envelopes_and_bundles_are_read() -> None:
    envelope = sign(Envelope(payload=b"x", payload_type="t"), ONE)
    assert parse_signed(envelope.format(), media_type=ENVELOPE_TYPE, source="x") == envelope
    written = format_bundle(envelope)
    assert parse_signed(written, media_type="bundle", source="x") == envelope
    assert json.loads(written)["verificationMaterial"]["publicKey"] == {"hint": "one"}


def test_a_provenance_says_facts_and_no_times() -> None:
    facts = BuildFacts(
        builder="native",
        versions={"lsstinstall": "1"},
        parameters={"epoch": 7},
        materials=[Material(name="base", uri="u", digest=STRANGE), Material(name="program", uri="")],
        layers=[Material(name="tree at /", uri="", digest=STRANGE)],
        run="https://example.org/run",
    )
    data = json.loads(make_provenance(facts, [("index", SUBJECT.digest)]).format())
    assert data["predicateType"] == PROVENANCE_PREDICATE
    assert data["subject"] == [{"name": "index", "digest": {"sha256": SUBJECT.digest[7:]}}]
    assert data["predicate"]["buildDefinition"]["resolvedDependencies"] == [
        {"name": "base", "uri": "u", "digest": {"sha256": STRANGE[7:]}},
        {"name": "program"},
    ]
    assert data["predicate"]["runDetails"]["metadata"] == {"invocationId": "https://example.org/run"}
    assert data["predicate"]["runDetails"]["byproducts"][0]["name"] == "tree at /"
    assert make_provenance(facts, []).format() == make_provenance(facts, []).format()


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        ({}, ""),
        ({"BUILD_URL": "https://jenkins/1"}, "https://jenkins/1"),
        (
            {"GITHUB_SERVER_URL": "https://g", "GITHUB_REPOSITORY": "a/b", "GITHUB_RUN_ID": "7"},
            "https://g/a/b/actions/runs/7/attempts/1",
        ),
    ],
)
def test_the_run_is_what_the_service_says(environ: Mapping[str, str], address: str) -> None:
    assert run_address(environ) == address
