from __future__ import annotations

import json

import pytest

from lsstinstall.core.errors import CorruptError, NotFoundError, UnavailableError
from rubin_releng.core.attachmentdocuments import (
    AttachmentKind,
    extend_index,
    fallback_tag,
    join_indexes,
    read_attachments,
)
from rubin_releng.core.ocidocuments import Descriptor, MediaType
from rubin_releng.images.attacher import Attachment, attach, list_attachments, read_attachment
from tests.support.registries import MemoryRepository, digest_of

SUBJECT = Descriptor(
    media_type=MediaType.MANIFEST, digest=digest_of(b"image"), size_bytes=5, annotations={"a": "b"}
)
SBOM = Attachment(kind=AttachmentKind.SBOM, title="a.json", content=b"{}", annotations={"created": "x"})
PACKAGES = Attachment(kind=AttachmentKind.PACKAGES, title="env.txt", content=b"@EXPLICIT\n")


@pytest.mark.parametrize("has_referrers", [True, False])
def test_files_are_found_beside_an_image(*, has_referrers: bool) -> None:
    repository = MemoryRepository(has_referrers=has_referrers)
    digests = [attach(repository, SUBJECT, one) for one in (SBOM, PACKAGES)]
    found = list_attachments(repository, SUBJECT.digest)
    assert [one.digest for one in found] == digests
    assert [one.artifact_type for one in found] == [
        AttachmentKind.SBOM.artifact_type,
        AttachmentKind.PACKAGES.artifact_type,
    ]
    assert found[0].annotations["created"] == "x"
    (file,) = read_attachment(repository, digests[1])
    assert (file.title, file.content) == ("env.txt", b"@EXPLICIT\n")
    assert repository.tags() == (() if has_referrers else (fallback_tag(SUBJECT.digest),))


def test_a_registry_that_noted_the_subject_needs_no_fallback() -> None:
    repository = MemoryRepository(says_subject=True)
    attach(repository, SUBJECT, SBOM)
    assert repository.tags() == ()


def test_attaching_twice_changes_nothing() -> None:
    repository = MemoryRepository()
    attach(repository, SUBJECT, SBOM)
    before = dict(repository.documents)
    attach(repository, SUBJECT, SBOM)
    assert repository.documents == before


def test_the_subject_is_named_without_what_an_index_said_of_it() -> None:
    repository = MemoryRepository()
    digest = attach(repository, SUBJECT, SBOM)
    document = json.loads(repository.documents[digest][1])
    assert document["subject"] == {
        "mediaType": MediaType.MANIFEST.value,
        "digest": SUBJECT.digest,
        "size": 5,
    }
    assert document["config"]["mediaType"] == "application/vnd.oci.empty.v1+json"


def test_others_that_overwrite_the_index_end_it() -> None:
    with pytest.raises(UnavailableError, match="others keep changing"):
        attach(MemoryRepository(forgets_tags=True), SUBJECT, SBOM)


def test_what_others_have_overwritten_is_written_again() -> None:
    theirs = b'{"schemaVersion":2,"manifests":[{"digest":"theirs"}]}'
    repository = MemoryRepository(overwritten=[theirs])
    digest = attach(repository, SUBJECT, SBOM)
    assert [one.digest for one in list_attachments(repository, SUBJECT.digest)] == ["theirs", digest]


def test_nothing_is_beside_most_images() -> None:
    assert list_attachments(MemoryRepository(), SUBJECT.digest) == ()


def test_an_attachment_that_is_listed_and_not_there_is_told() -> None:
    with pytest.raises(NotFoundError, match="is listed"):
        read_attachment(MemoryRepository(), SUBJECT.digest)


@pytest.mark.parametrize("content", [b"[]", b'{"manifests":1}', b'{"manifests":[1]}'])
def test_what_is_no_index_is_told(content: bytes) -> None:
    with pytest.raises(CorruptError, match="no index of attachments"):
        read_attachments(content, source="x")


def test_entries_of_others_stay_as_they_are() -> None:
    old = b'{"schemaVersion":2,"manifests":[{"digest":"a","odd":[1]}]}'
    data = extend_index(old, {"digest": "b"}, source="x")
    assert data == {"schemaVersion": 2, "manifests": [{"digest": "a", "odd": [1]}, {"digest": "b"}]}
    assert read_attachments(old, source="x")[0].annotations == {}


def test_pages_of_a_list_are_one_list() -> None:
    pages = [b'{"manifests":[{"digest":"a"}],"x":1}', b'{"manifests":[{"digest":"b"}]}']
    assert join_indexes(None, pages[0], source="x") == pages[0]
    joined = join_indexes(pages[0], pages[1], source="x")
    assert [one.digest for one in read_attachments(joined, source="x")] == ["a", "b"]
