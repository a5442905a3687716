from __future__ import annotations

from dataclasses import replace

import pytest

from lsstinstall.core.errors import ConfigurationError, RefusedError
from rubin_releng.core.ocidocuments import Architecture, Descriptor, MediaType
from rubin_releng.release.imagerecords import pushed_records, record_images
from tests.support.registries import digest_of
from tests.support.releases import a_release

ROOT = digest_of(b"root")
IMAGES = tuple(
    Descriptor(
        media_type=MediaType.MANIFEST,
        digest=digest_of(one.value.encode()),
        size_bytes=1,
        platform=one.platform,
    )
    for one in Architecture
)


def test_an_index_and_its_images_are_recorded() -> None:
    names = [("al9-w", ROOT), ("al9-w_x86", IMAGES[0].digest), ("al9-w", ROOT)]
    found = pushed_records("e.org/x", ROOT, IMAGES, names)
    assert [(one.subdir, one.tags) for one in found] == [
        ("noarch", ("al9-w",)),
        ("linux-64", ("al9-w_x86",)),
        ("linux-aarch64", ()),
    ]


def test_a_single_image_is_recorded_as_itself() -> None:
    (one,) = pushed_records("e.org/x", IMAGES[1].digest, IMAGES[1:], [("t", IMAGES[1].digest)])
    assert (one.subdir, one.tags, one.digest) == ("linux-aarch64", ("t",), IMAGES[1].digest)


def test_an_image_for_no_platform_of_ours_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no release is made for"):
        pushed_records("e.org/x", ROOT, [replace(IMAGES[0], platform=None)], [])


def test_names_are_added_to_those_of_the_same_image() -> None:
    first = pushed_records("e.org/x", ROOT, IMAGES, [("a", ROOT)])
    second = pushed_records("e.org/x", ROOT, IMAGES, [("b", ROOT)])
    release = record_images(a_release(), first, may_replace=False)
    both = record_images(release, second, may_replace=False)
    assert [one.tags for one in both.images if one.subdir == "noarch"] == [("a", "b")]
    assert record_images(both, second, may_replace=False) == both


def test_another_image_gives_way_only_if_told() -> None:
    release = record_images(a_release(), pushed_records("e.org/x", ROOT, IMAGES, []), may_replace=False)
    new = [replace(one, digest=digest_of(b"new")) for one in IMAGES[:1]]
    records = pushed_records("e.org/x", digest_of(b"new"), new, [])
    with pytest.raises(RefusedError, match="has another image `e"):
        record_images(release, records, may_replace=False)
    found = record_images(release, records, may_replace=True)
    assert digest_of(b"new") in {one.digest for one in found.images}
