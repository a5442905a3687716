from __future__ import annotations

import json
import random
from functools import partial
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import CorruptError, NotFoundError, UnavailableError
from rubin_releng.core.attachmentdocuments import TITLE_ANNOTATION, AttachmentKind
from rubin_releng.core.attachmentlists import (
    extend_index,
    fallback_tag,
    join_indexes,
    own_tag,
    read_attachments,
)
from rubin_releng.core.ocidocuments import Descriptor, MediaType
from rubin_releng.images.attacher import Attachment, attach, list_attachments, read_attachment
from tests.support.registries import MemoryRepository, Turns, digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    tag = fallback_tag(SUBJECT.digest)
    assert set(repository.tags()) == (
        set() if has_referrers else {tag, *(own_tag(SUBJECT.digest, one) for one in digests)}
    )


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


THEIRS = b'{"schemaVersion":2,"manifests":[{"digest":"sha256:1"}]}'


def test_others_that_overwrite_the_index_again_and_again_end_it() -> None:
    with pytest.raises(UnavailableError, match="others keep changing"):
        attach(MemoryRepository(overwritten=[THEIRS] * 20), SUBJECT, SBOM)


@pytest.mark.parametrize("times", [1, 2, 5])
def test_what_others_have_overwritten_is_written_again(times: int) -> None:
    repository = MemoryRepository(overwritten=[THEIRS] * times)
    digest = attach(repository, SUBJECT, SBOM)
    assert [one.digest for one in list_attachments(repository, SUBJECT.digest)] == ["sha256:1", digest]
    assert repository.done.count("settle") == times


def test_what_somebody_overwrote_and_never_looked_at_is_found_by_the_next() -> None:
    repository = MemoryRepository()
    digests = [attach(repository, SUBJECT, SBOM)]
    repository.write_document(fallback_tag(SUBJECT.digest), THEIRS, MediaType.INDEX)
    digests.append(attach(repository, SUBJECT, PACKAGES))
    found = [one.digest for one in list_attachments(repository, SUBJECT.digest)]
    assert found[0] == "sha256:1"
    assert set(found[1:]) == set(digests)


def test_tags_of_others_that_look_like_ours_are_left_alone() -> None:
    repository = MemoryRepository()
    other = Descriptor(media_type=MediaType.MANIFEST, digest=digest_of(b"other"), size_bytes=5)
    elsewhere = attach(repository, other, PACKAGES)
    for end, content in (("0" * 32, b"[1]"), ("1" * 32, b"{}"), ("sig", b"{}")):
        repository.write_document(f"{fallback_tag(SUBJECT.digest)}.{end}", content, MediaType.MANIFEST)
    repository.named[own_tag(SUBJECT.digest, elsewhere)] = elsewhere
    repository.named[f"{fallback_tag(SUBJECT.digest)}.{'2' * 32}"] = "gone"
    digest = attach(repository, SUBJECT, SBOM)
    assert [one.digest for one in list_attachments(repository, SUBJECT.digest)] == [digest]


def test_an_index_that_is_just_being_written_is_not_begun_anew() -> None:
    repository = MemoryRepository()
    repository.named[fallback_tag(SUBJECT.digest)] = "not there yet"
    with pytest.raises(UnavailableError, match="others keep changing"):
        attach(repository, SUBJECT, SBOM)


@pytest.mark.parametrize("seed", range(25))
def test_nothing_is_lost_however_several_writers_take_turns(seed: int) -> None:
    turns = Turns(random.Random(seed))  # noqa: S311 - an order, no secret
    names = [("a1", "a2"), ("b1", "b2"), ("c1",)]

    def work(mine: Iterable[str]) -> None:
        for name in mine:
            attach(turns, SUBJECT, Attachment(kind=AttachmentKind.SBOM, title=name, content=name.encode()))

    turns.run([partial(work, mine) for mine in names])
    found = list_attachments(turns.repository, SUBJECT.digest)
    titles = sorted(one.annotations[TITLE_ANNOTATION] for one in found)
    assert titles == ["a1", "a2", "b1", "b2", "c1"]


def test_nothing_is_beside_most_images() -> None:
    assert list_attachments(MemoryRepository(), SUBJECT.digest) == ()


def test_an_attachment_that_is_listed_and_not_there_is_told() -> None:
    with pytest.raises(NotFoundError, match="is listed"):
        read_attachment(MemoryRepository(), SUBJECT.digest)


@pytest.mark.parametrize("content", [b"[]", b'{"manifests":1}', b'{"manifests":[1]}'])
def test_what_is_no_index_is_told(content: bytes) -> None:
    with pytest.raises(CorruptError, match="no index of attachments"):
        read_attachments(content, source="x")


@pytest.mark.parametrize("digest", ["", "t", "../../../token", 5, None])
def test_an_entry_that_names_no_digest_is_told(digest: object) -> None:
    with pytest.raises(CorruptError, match="which is no digest"):
        read_attachments(json.dumps({"manifests": [{"digest": digest}]}).encode(), source="x")


def test_entries_of_others_stay_as_they_are() -> None:
    old = b'{"schemaVersion":2,"manifests":[{"digest":"sha256:a","odd":[1]}]}'
    data = extend_index(old, [{"digest": "b"}], source="x")
    assert data == {"schemaVersion": 2, "manifests": [{"digest": "sha256:a", "odd": [1]}, {"digest": "b"}]}
    assert read_attachments(old, source="x")[0].annotations == {}


def test_pages_of_a_list_are_one_list() -> None:
    pages = [b'{"manifests":[{"digest":"sha256:a"}],"x":1}', b'{"manifests":[{"digest":"sha512:b"}]}']
    assert join_indexes(None, pages[0], source="x") == pages[0]
    joined = join_indexes(pages[0], pages[1], source="x")
    assert [one.digest for one in read_attachments(joined, source="x")] == ["sha256:a", "sha512:b"]
