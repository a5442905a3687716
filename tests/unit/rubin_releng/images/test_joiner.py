from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.core.errors import RefusedError
from lsstinstall.core.reporting import SilentReporter
from rubin_releng.core.ocidocuments import Architecture
from rubin_releng.images.builder import build_image
from rubin_releng.images.checker import check_layout
from rubin_releng.images.imageplans import ImagePlan, LayerPlan
from rubin_releng.images.joiner import SourceImage, join_images
from rubin_releng.images.layers import LayerPart
from rubin_releng.images.layouts import read_layout
from tests.support.images import MemoryStore, MemoryTree, NoCompression

if TYPE_CHECKING:
    from collections.abc import Iterator

TAG = "org.opencontainers.image.ref.name"


def a_layout(architecture: Architecture, *, content: bytes = b"x", tag: str | None = "t") -> MemoryStore:
    store = MemoryStore()
    layer = LayerPlan(parts=(LayerPart(tree=MemoryTree({"x": content})),), name="x")
    labels = {"both": "same", "own": architecture.value}
    plan = ImagePlan(layers=(layer,), architecture=architecture, tag=tag, labels=labels)
    build_image(plan, store=store, codec=NoCompression(), reporter=SilentReporter())
    return store


def sources(*stores: MemoryStore) -> list[SourceImage]:
    def all_of() -> Iterator[SourceImage]:
        for store in stores:
            for image in read_layout(store).images:
                yield SourceImage(image=image, store=store)

    return list(all_of())


def index(store: MemoryStore) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(store.index or b"")["manifests"]
    return found


def test_tags_are_on_the_index_only_and_the_index_has_what_is_common() -> None:
    store = MemoryStore()
    both = sources(a_layout(Architecture.ARM64), a_layout(Architecture.AMD64))
    joined = join_images(both, store=store, tags=["al9-x", "y"])
    assert [(one["annotations"][TAG], one["digest"]) for one in index(store)] == [
        ("al9-x", joined.index.digest),
        ("y", joined.index.digest),
    ]
    document = json.loads(store.blobs[joined.index.digest.partition(":")[2]])
    assert [one["platform"]["architecture"] for one in document["manifests"]] == ["amd64", "arm64"]
    assert all("annotations" not in one for one in document["manifests"])
    assert document["annotations"] == {
        "both": "same",
        "org.opencontainers.image.created": "1970-01-01T00:00:00Z",
    }
    report = check_layout(store, codecs={}, reporter=SilentReporter())
    assert len(report.images) == 4


def test_the_order_of_sources_does_not_matter() -> None:
    stores = [MemoryStore(), MemoryStore()]
    both = sources(a_layout(Architecture.AMD64), a_layout(Architecture.ARM64))
    for store, ordered in zip(stores, (both, both[::-1]), strict=True):
        join_images(ordered, store=store, tags=["x"])
    assert (stores[0].blobs, stores[0].index) == (stores[1].blobs, stores[1].index)


def test_single_architectures_are_named_by_request() -> None:
    store = MemoryStore()
    both = sources(a_layout(Architecture.AMD64), a_layout(Architecture.ARM64))
    single = {Architecture.ARM64.platform: ("x_aarch64",)}
    joined = join_images(both, store=store, tags=["x"], single=single)
    assert [(one["annotations"][TAG], one["digest"]) for one in index(store)] == [
        ("x", joined.index.digest),
        ("x_aarch64", joined.manifests[1].digest),
    ]


def test_in_one_layout_the_name_goes_from_the_images_to_the_index() -> None:
    store = a_layout(Architecture.AMD64)
    join_images([*sources(store), *sources(a_layout(Architecture.ARM64))], store=store, tags=["t"])
    assert [one["mediaType"].rpartition(".v1+")[0].rpartition(".")[2] for one in index(store)] == ["index"]
    check_layout(store, codecs={}, reporter=SilentReporter())


def test_other_images_of_the_layout_stay_and_those_without_a_name_are_named_none() -> None:
    store = a_layout(Architecture.AMD64, content=b"other", tag="other")
    join_images(sources(a_layout(Architecture.AMD64)), store=store, tags=[])
    assert [one.get("annotations") for one in index(store)] == [{TAG: "other"}, None]


def test_two_images_for_one_platform_are_refused_and_so_is_none() -> None:
    store = MemoryStore()
    twice = sources(a_layout(Architecture.AMD64), a_layout(Architecture.AMD64, content=b"y"))
    with pytest.raises(RefusedError, match="two images for `linux/amd64`"):
        join_images(twice, store=store, tags=["x"])
    with pytest.raises(RefusedError, match="no image to join"):
        join_images([], store=store, tags=["x"])
    assert store.written == []
