from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.core.attestations import STATEMENT_MEDIA_TYPE
from lsstinstall.core.envelopes import Envelope, sign
from lsstinstall.core.jsontexts import canonical_json
from lsstinstall.core.reporting import SilentReporter
from rubin_releng.core.attachmentdocuments import AttachmentKind, attachment_document
from rubin_releng.core.attachmentlists import attachment_entry
from rubin_releng.core.ocidocuments import Architecture, Descriptor, MediaType, index_document
from rubin_releng.core.provenances import BuildFacts, make_provenance
from rubin_releng.core.signedbundles import format_bundle
from rubin_releng.images.attacher import Attachment, attach, list_attachments, read_attachment
from rubin_releng.images.attachmentchecks import check_attachments, check_content
from rubin_releng.images.builder import build_image
from rubin_releng.images.checker import check_layout
from rubin_releng.images.imageplans import ImagePlan, LayerPlan
from rubin_releng.images.layers import LayerPart
from rubin_releng.images.layouts import read_layout, survey_layout
from rubin_releng.images.layoutwriter import prune
from rubin_releng.images.pusher import run_push
from rubin_releng.images.pushplans import PushWishes, plan_push
from rubin_releng.images.sboms import make_sbom
from tests.support.fakekeys import FakeKey
from tests.support.images import MemoryStore, MemoryTree, NoCompression
from tests.support.registries import MemoryRepository, digest_of

if TYPE_CHECKING:
    from collections.abc import Callable

SUBJECT = Descriptor(media_type=MediaType.MANIFEST, digest=digest_of(b"image"), size_bytes=5)
STATEMENT = make_provenance(BuildFacts(builder="native", versions={}), [("x", SUBJECT.digest)]).format()
STRANGE = make_provenance(BuildFacts(builder="native", versions={}), [("x", digest_of(b"?"))]).format()
SBOM = make_sbom(name="x", created="2026-10-15T00:00:00Z", creator="t", packages=[], release=None)


def sbom(*packages: object) -> bytes:
    return canonical_json({**json.loads(SBOM), "packages": list(packages)})


def bundle(payload: bytes, kind: str = STATEMENT_MEDIA_TYPE) -> bytes:
    return format_bundle(sign(Envelope(payload=payload, payload_type=kind), FakeKey("one")))


def beside(kind: AttachmentKind, content: bytes) -> MemoryRepository:
    repository = MemoryRepository()
    attach(repository, SUBJECT, Attachment(kind=kind, title="x", content=content))
    return repository


def problems(repository: MemoryRepository) -> list[str]:
    return [str(one) for one in check_attachments(repository, [SUBJECT])[1]]


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (AttachmentKind.SBOM, SBOM),
        (AttachmentKind.PACKAGES, b"# x\n@EXPLICIT\n"),
        (AttachmentKind.MANIFEST, f"BUILD=b1\nafw {'a' * 40} g1 \n".encode()),
        (AttachmentKind.PROVENANCE, STATEMENT),
        (AttachmentKind.SIGNATURE, bundle(STATEMENT)),
        (AttachmentKind.SIGNATURE, bundle(b"text", "text/plain")),
    ],
)
def test_what_is_in_order_is_counted(kind: AttachmentKind, content: bytes) -> None:
    assert check_attachments(beside(kind, content), [SUBJECT]) == (1, ())
    assert check_content(Attachment(kind=kind, title="x", content=content), SUBJECT.digest) == ()


@pytest.mark.parametrize(
    ("kind", "content", "problem"),
    [
        (AttachmentKind.SBOM, b"[]", "lacks `spdxVersion`"),
        (AttachmentKind.SBOM, b"{", "is damaged"),
        (AttachmentKind.SBOM, sbom(1), r"lacks `\?.SPDXID`"),
        (
            AttachmentKind.SBOM,
            sbom({"name": "a"}),
            "`a.SPDXID`",
        ),
        (AttachmentKind.PACKAGES, b"numpy\n", "no line `@EXPLICIT`"),
        (AttachmentKind.PACKAGES, b"\xff", "not UTF-8"),
        (AttachmentKind.MANIFEST, b"afw\n", "is damaged"),
        (AttachmentKind.PROVENANCE, STRANGE, "a statement that is not about"),
        (AttachmentKind.PROVENANCE, b"{}", "is damaged: .*missing key"),
        (AttachmentKind.SIGNATURE, bundle(STRANGE), "a statement that is not about"),
        (
            AttachmentKind.SIGNATURE,
            bundle(STATEMENT).replace(b'"signatures":[{', b'"signatures":[],"other":[{'),
            "has no signature",
        ),
    ],
)
def test_contents_that_are_not_what_they_should_be_are_told(
    kind: AttachmentKind, content: bytes, problem: str
) -> None:
    (told,) = problems(beside(kind, content))
    assert told.startswith("the attachment `sha256:")
    (before,) = check_content(Attachment(kind=kind, title="x.json", content=content), SUBJECT.digest)
    assert str(before).startswith(f"the file `x.json` ({kind}) ")
    with pytest.raises(AssertionError, match=problem):
        raise AssertionError(told)


def changed(change: Callable[[dict[str, Any]], None]) -> MemoryRepository:
    """Replace the manifest of an attachment by another one."""
    repository = beside(AttachmentKind.PACKAGES, b"@EXPLICIT\n")
    listed = json.loads(repository.read_document(repository.tags()[0]).content)  # type: ignore[union-attr]
    (entry,) = listed["manifests"]
    manifest = json.loads(repository.documents.pop(entry["digest"])[1])
    change(manifest)
    content = canonical_json(manifest)
    repository.documents[digest_of(content)] = (MediaType.MANIFEST, content)
    entry["digest"] = digest_of(content)
    repository.write_document(repository.tags()[0], canonical_json(listed), MediaType.INDEX)
    return repository


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda one: one.pop("subject"), "and about nothing"),
        (lambda one: one["subject"].update(digest=digest_of(b"?")), f"and about `{digest_of(b'?')}`"),
        (lambda one: one["subject"].update(size=6), "of 6 bytes; it is"),
        (lambda one: one.update(artifactType="text/plain"), "and says that it is `text/plain`"),
        (lambda one: one["layers"][0].update(size=3), "has a file of 10 bytes"),
    ],
)
def test_manifests_that_are_not_what_they_should_be_are_told(
    change: Callable[[dict[str, Any]], None], problem: str
) -> None:
    (told,) = problems(changed(change))
    assert problem in told


def test_an_attachment_that_is_listed_and_not_there_is_told() -> None:
    repository = beside(AttachmentKind.PACKAGES, b"@EXPLICIT\n")
    (name,) = [digest for tag, digest in repository.named.items() if "." in tag]
    del repository.documents[name]
    (told,) = problems(repository)
    assert "is listed and not there" in told


def test_files_of_others_are_theirs() -> None:
    def make_strange(one: dict[str, Any]) -> None:
        one.pop("artifactType")
        one["config"]["mediaType"] = AttachmentKind.PACKAGES.artifact_type

    assert problems(changed(make_strange)) == []


def a_layout(*, size: int | None = None, name: bytes | None = None) -> MemoryStore:
    """An image, and something beside it that another program has put into the layout."""
    store = MemoryStore()
    layer = LayerPlan(parts=(LayerPart(tree=MemoryTree({"x": b"y"})),), name="x")
    plan = ImagePlan(layers=(layer,), architecture=Architecture.AMD64, tag="t")
    built = build_image(plan, store=store, codec=NoCompression(), reporter=SilentReporter())
    file = store.write([b"{}"])
    about = Descriptor(
        media_type=MediaType.MANIFEST,
        digest=built.manifest.digest if name is None else digest_of(name),
        size_bytes=built.manifest.size_bytes if size is None else size,
    )
    content = canonical_json(
        attachment_document(
            about,
            Descriptor(media_type="text/plain", digest=file.digest, size_bytes=2),
            kind=AttachmentKind.SBOM,
            annotations={},
        )
    )
    blob = store.write([content])
    entry = Descriptor(media_type=MediaType.MANIFEST, digest=blob.digest, size_bytes=blob.size_bytes)
    store.write_index(canonical_json(index_document([built.manifest, entry])))
    return store


def test_what_lies_beside_an_image_in_a_layout_is_no_image_and_stays() -> None:
    store = a_layout()
    store.blobs["44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"] = b"{}"
    prune(store)
    assert (len(read_layout(store).images), len(read_layout(store).attachments)) == (1, 1)
    assert len(check_layout(store, codecs={}, reporter=SilentReporter()).images) == 1
    plan = plan_push(store, MemoryRepository(), PushWishes(tags=("t",)))
    assert [one.descriptor.media_type for one in plan.documents] == [MediaType.MANIFEST]


def put(store: MemoryStore, document: object, kind: MediaType = MediaType.MANIFEST) -> Descriptor:
    blob = store.write([canonical_json(document)])
    return Descriptor(media_type=kind, digest=blob.digest, size_bytes=blob.size_bytes)


@pytest.mark.parametrize("has_referrers", [True, False])
def test_what_lies_beside_an_image_in_a_layout_is_pushed_with_it(*, has_referrers: bool) -> None:
    store = a_layout()
    store.blobs["44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"] = b"{}"
    image, beside = read_layout(store).entries
    file = put(store, {})
    about_it = put(store, attachment_document(beside, file, kind=AttachmentKind.SIGNATURE, annotations={}))
    nothing = Descriptor(media_type=MediaType.MANIFEST, digest=digest_of(b"?"), size_bytes=1)
    lost = put(store, attachment_document(nothing, file, kind=AttachmentKind.SBOM, annotations={"a": "b"}))
    listing = put(store, index_document([beside]), MediaType.INDEX)
    store.write_index(canonical_json(index_document([listing, about_it, lost, image])))
    repository = MemoryRepository(has_referrers=has_referrers)
    plan = plan_push(store, repository, PushWishes(tags=("t",)))
    assert [(one.digest, one.subject) for one in plan.attachments] == [
        (beside.digest, image.digest),
        (about_it.digest, beside.digest),
    ]
    run_push(plan, store=store, repository=repository, reporter=SilentReporter())
    assert [one.digest for one in list_attachments(repository, image.digest)] == [beside.digest]
    assert [one.digest for one in list_attachments(repository, beside.digest)] == [about_it.digest]
    (file_beside,) = read_attachment(repository, beside.digest)
    assert file_beside.content
    assert lost.digest not in repository.documents
    assert repository.done[-1] == "document t"
    assert plan_push(store, repository, PushWishes(tags=("t",))).missing == ()


def test_an_artifact_that_does_not_say_what_it_is_is_what_its_configuration_is() -> None:
    document = {"subject": {"digest": SUBJECT.digest}, "config": {"mediaType": "text/x"}}
    for data, kind in ((document, "text/x"), ({**document, "config": 1}, "")):
        entry = attachment_entry(canonical_json(data), subject=SUBJECT.digest, source="x")
        assert entry is not None
        assert entry["artifactType"] == kind


@pytest.mark.parametrize(
    ("store", "problem"),
    [(a_layout(size=7), "of 7 bytes; it is"), (a_layout(name=b"?"), "which is no image of the layout")],
)
def test_what_is_about_nothing_in_a_layout_is_told(store: MemoryStore, problem: str) -> None:
    assert survey_layout(store)[1] == ()
    with pytest.raises(Exception, match="the image layout is damaged") as caught:
        check_layout(store, codecs={}, reporter=SilentReporter())
    assert any(problem in str(one) for one in caught.value.problems)  # type: ignore[attr-defined]
