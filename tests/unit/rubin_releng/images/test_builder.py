from __future__ import annotations

import hashlib
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.core.errors import CorruptError, ExitCode, ProblemsError, RefusedError
from lsstinstall.core.reporting import SilentReporter
from rubin_releng.core.ocidocuments import Architecture, MediaType
from rubin_releng.images.builder import build_image
from rubin_releng.images.checker import check_layout
from rubin_releng.images.differences import diff_layouts
from rubin_releng.images.imageplans import ImagePlan, LayerPlan
from rubin_releng.images.layers import LayerPart, LayerRules
from tests.support.images import MemoryStore, MemoryTree, NoCompression, a_link

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rubin_releng.images.imageplans import BuiltImage


def a_plan(*contents: bytes, tag: str | None = None, **rest: Any) -> ImagePlan:
    layers = tuple(
        LayerPlan(
            parts=(LayerPart(tree=MemoryTree({"x": content}), at=f"/opt/{number}"),),
            name=f"tree at /opt/{number}",
        )
        for number, content in enumerate(contents)
    )
    return ImagePlan(layers=layers, tag=tag, **rest)


def one_tree(tree: MemoryTree) -> LayerPlan:
    return LayerPlan(parts=(LayerPart(tree=tree),), name="tree at /")


def build(plan: ImagePlan, store: MemoryStore, *, jobs: int = 2) -> BuiltImage:
    return build_image(plan, store=store, codec=NoCompression(), reporter=SilentReporter(), jobs=jobs)


def check(store: MemoryStore) -> Any:
    codecs = {MediaType.LAYER_ZSTD.value: NoCompression()}
    return check_layout(store, codecs=codecs, reporter=SilentReporter())


def problems_of(store: MemoryStore) -> list[str]:
    with pytest.raises(ProblemsError) as caught:
        check(store)
    assert caught.value.code is ExitCode.CORRUPT
    return [str(problem) for problem in caught.value.problems]


def document(store: MemoryStore, digest: str) -> Any:
    return json.loads(store.blobs[digest.partition(":")[2]])


def put(store: MemoryStore, data: Any) -> dict[str, object]:
    """Store a document and describe it."""
    blob = store.write([json.dumps(data).encode()])
    return {"digest": blob.digest, "size": blob.size_bytes}


def replace_document(store: MemoryStore, which: str, change: dict[str, object]) -> None:
    """Change the manifest or the configuration, with all digests set right."""
    index = json.loads(store.index or b"")
    manifest = document(store, index["manifests"][0]["digest"])
    config = document(store, manifest["config"]["digest"])
    {"manifest": manifest, "config": config}[which].update(change)
    if which == "config":
        manifest["config"].update(put(store, config))
    index["manifests"][0].update(put(store, manifest))
    store.index = json.dumps(index).encode()


def test_an_image_has_a_layer_for_each_tree_in_order() -> None:
    store = MemoryStore()
    built = build(a_plan(b"one", b"two", tag="w_2026_42", labels={"a": "b"}), store)
    manifest = document(store, built.manifest.digest)
    assert [layer["digest"] for layer in manifest["layers"]] == [
        layer.descriptor.digest for layer in built.layers
    ]
    config = document(store, manifest["config"]["digest"])
    assert config["rootfs"]["diff_ids"] == [layer.diff_id for layer in built.layers]
    assert (config["os"], config["architecture"], config["created"]) == (
        "linux",
        "amd64",
        "1970-01-01T00:00:00Z",
    )
    assert config["config"] == {"Labels": {"a": "b"}}
    assert [one["created_by"] for one in config["history"]] == [
        "lsstinstall: tree at /opt/0",
        "lsstinstall: tree at /opt/1",
    ]
    assert manifest["annotations"] == {
        "a": "b",
        "org.lsst.image.compressor": "none",
        "org.opencontainers.image.created": "1970-01-01T00:00:00Z",
    }


def test_the_index_names_tag_and_platform_and_comes_last() -> None:
    store = MemoryStore()
    built = build(a_plan(b"one", tag="w_2026_42", architecture=Architecture.ARM64), store)
    assert json.loads(store.index or b"") == {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [
            {
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "digest": built.manifest.digest,
                "size": built.manifest.size_bytes,
                "annotations": {"org.opencontainers.image.ref.name": "w_2026_42"},
                "platform": {"os": "linux", "architecture": "arm64"},
            }
        ],
    }
    assert store.written[-1] == "index.json"


def test_digests_and_diff_ids_are_those_of_the_bytes() -> None:
    store = MemoryStore()
    (layer,) = build(a_plan(b"one"), store).layers
    content = store.blobs[layer.descriptor.digest.partition(":")[2]]
    assert layer.diff_id == "sha256:" + hashlib.sha256(content).hexdigest()
    assert layer.descriptor.size_bytes == len(content)


def test_the_number_of_jobs_makes_no_difference() -> None:
    plan = a_plan(*(b"x" * size for size in (5, 5000, 50)))
    stores = [MemoryStore(), MemoryStore()]
    for store, jobs in zip(stores, (1, 3), strict=True):
        build(plan, store, jobs=jobs)
    assert stores[0].blobs == stores[1].blobs
    assert stores[0].index == stores[1].index


def test_the_largest_layer_is_written_first() -> None:
    store = MemoryStore()
    built = build(a_plan(b"x", b"x" * 50_000, b"x" * 500), store, jobs=1)
    sizes = [len(store.blobs[name]) for name in store.written[:3]]
    assert sizes[0] == max(sizes)
    assert [layer.descriptor.size_bytes for layer in built.layers][1] == max(sizes)


def test_an_image_under_the_same_name_is_replaced_and_its_blobs_removed() -> None:
    store, fresh = MemoryStore(), MemoryStore()
    build(a_plan(b"old", tag="x"), store)
    build(a_plan(b"new", tag="x"), store)
    build(a_plan(b"new", tag="x"), fresh)
    assert (store.blobs, store.index) == (fresh.blobs, fresh.index)


def test_images_of_other_tags_and_platforms_stay() -> None:
    store = MemoryStore()
    build(a_plan(b"one", tag="x"), store)
    build(a_plan(b"two", tag="y"), store)
    build(a_plan(b"one", tag="x", architecture=Architecture.ARM64), store)
    report = check(store)
    assert [image.settings.platform.architecture for image in report.images] == ["amd64", "amd64", "arm64"]
    assert report.blobs == len(store.blobs) == 3 + 3 + 2
    assert report.size_bytes == sum(store.sizes().values())


def test_a_layout_that_is_damaged_is_not_added_to() -> None:
    store = MemoryStore()
    built = build(a_plan(b"one", tag="x"), store)
    del store.blobs[built.manifest.digest.partition(":")[2]]
    with pytest.raises(ProblemsError, match="the image layout is damaged"):
        build(a_plan(b"two", tag="y"), store)


def test_a_tree_that_no_layer_can_hold_writes_nothing() -> None:
    store = MemoryStore()
    plan = ImagePlan(layers=(one_tree(MemoryTree({}, [a_link(".wh.x", "y")])),))
    with pytest.raises(RefusedError):
        build(plan, store)
    assert store.written == []


def test_a_failed_layer_leaves_no_image() -> None:
    store = MemoryStore()
    broken = MemoryTree({"x": b"1"})
    broken.files["x"] = b"12"
    plan = a_plan(b"one", b"two")
    plan = ImagePlan(layers=(*plan.layers, one_tree(broken)))
    with pytest.raises(CorruptError, match="changed while it was read"):
        build(plan, store, jobs=1)
    assert store.index is None


def test_the_epoch_is_the_time_of_the_image() -> None:
    store = MemoryStore()
    built = build(a_plan(b"one", rules=LayerRules(epoch=1_760_494_269)), store)
    assert document(store, built.config.digest)["created"] == "2025-10-15T02:11:09Z"


class TestCheck:
    def built(self) -> tuple[MemoryStore, BuiltImage]:
        store = MemoryStore()
        return store, build(a_plan(b"one", b"two", tag="x"), store)

    def test_an_image_as_we_write_it_is_in_order(self) -> None:
        store, built = self.built()
        report = check(store)
        assert [image.manifest.digest for image in report.images] == [built.manifest.digest]

    def test_a_changed_layer_is_told(self) -> None:
        store, built = self.built()
        digest = built.layers[0].descriptor.digest
        name = digest.partition(":")[2]
        store.blobs[name] = b"X" + store.blobs[name][1:]
        (problem,) = problems_of(store)
        assert problem.startswith(f"the blob `{digest}` has the digest `sha256:")

    def test_a_truncated_layer_is_told(self) -> None:
        store, built = self.built()
        name = built.layers[1].descriptor.digest.partition(":")[2]
        store.blobs[name] = store.blobs[name][:-1]
        assert problems_of(store) == [f"the blob `sha256:{name}` has 10239 bytes instead of 10240"]

    def test_a_missing_layer_is_told(self) -> None:
        store, built = self.built()
        name = built.layers[1].descriptor.digest.partition(":")[2]
        del store.blobs[name]
        assert problems_of(store) == [f"the blob `sha256:{name}` is missing"]

    def test_a_stray_blob_is_told(self) -> None:
        store, _ = self.built()
        store.blobs["f00"] = b"x"
        assert problems_of(store) == ["no image needs the file `f00` among the blobs"]

    def test_a_missing_marker_is_told(self) -> None:
        store, _ = self.built()
        store.marker = None
        assert problems_of(store) == ["the file `oci-layout` is missing, so this is no image layout"]

    @pytest.mark.parametrize("marker", [b"{}", b'{"imageLayoutVersion":"2.0.0"}', b"x"])
    def test_another_marker_is_told(self, marker: bytes) -> None:
        store, _ = self.built()
        store.marker = marker
        assert "oci-layout" in problems_of(store)[0]

    def test_a_missing_index_is_told(self) -> None:
        store = MemoryStore()
        assert problems_of(store) == ["the file `index.json` is missing, so the layout has no image"]

    @pytest.mark.parametrize(
        "index",
        [
            b"{",
            b"[]",
            b'{"schemaVersion":1,"manifests":[]}',
            b'{"schemaVersion":2}',
            b'{"schemaVersion":2,"manifests":[{"mediaType":"x","digest":"md5:1","size":1}]}',
            b'{"schemaVersion":2,"manifests":[{"mediaType":"","digest":"sha256:1","size":-1}]}',
        ],
    )
    def test_a_damaged_index_is_told(self, index: bytes) -> None:
        store, _ = self.built()
        store.index = index
        assert problems_of(store)[0].startswith("index.json:1:")

    def test_damage_of_a_document_and_of_a_layer_are_both_told(self) -> None:
        store, built = self.built()
        for digest in (built.config.digest, built.layers[0].descriptor.digest):
            store.blobs[digest.partition(":")[2]] += b"x"
        problems = problems_of(store)
        assert len(problems) == 3
        assert "extra data" in problems[0]

    def test_a_wrong_diff_id_is_told(self) -> None:
        store, built = self.built()
        diff_ids = [built.layers[1].diff_id, built.layers[0].diff_id]
        replace_document(store, "config", {"rootfs": {"type": "layers", "diff_ids": diff_ids}})
        assert sum("has the diff-id" in problem for problem in problems_of(store)) == 2

    def test_a_missing_diff_id_is_told(self) -> None:
        store, built = self.built()
        diff_ids = [built.layers[0].diff_id]
        replace_document(store, "config", {"rootfs": {"type": "layers", "diff_ids": diff_ids}})
        assert any("has 2 layers, and its configuration 1 diff-ids" in one for one in problems_of(store))

    def test_another_platform_than_the_index_says_is_told(self) -> None:
        store, _ = self.built()
        replace_document(store, "config", {"architecture": "arm64"})
        assert any(
            "for `linux/amd64`, and its configuration says `linux/arm64`" in one for one in problems_of(store)
        )

    def test_an_index_need_not_say_the_platform(self) -> None:
        store, _ = self.built()
        index = json.loads(store.index or b"")
        del index["manifests"][0]["platform"]
        store.index = json.dumps(index).encode()
        assert check(store)

    def test_what_is_no_layer_is_told(self) -> None:
        store, built = self.built()
        layers = [layer.descriptor.to_dict() | {"mediaType": "text/plain"} for layer in built.layers]
        replace_document(store, "manifest", {"layers": layers})
        assert sum("is listed as `text/plain`, which is no layer" in one for one in problems_of(store)) == 2

    def test_what_is_no_configuration_is_told(self) -> None:
        store, built = self.built()
        replace_document(store, "manifest", {"config": built.config.to_dict() | {"mediaType": "text/plain"}})
        assert any("which is no configuration" in problem for problem in problems_of(store))

    @pytest.mark.parametrize("change", [{"layers": 3}, {"schemaVersion": 1}])
    def test_a_manifest_that_breaks_its_format_is_told(self, change: dict[str, object]) -> None:
        store, _ = self.built()
        replace_document(store, "manifest", change)
        assert problems_of(store)

    def test_an_entry_that_is_no_image_is_told(self) -> None:
        store, _ = self.built()
        index = json.loads(store.index or b"")
        index["manifests"][0]["mediaType"] = "text/plain"
        store.index = json.dumps(index).encode()
        assert "is listed as `text/plain`, which is no image" in problems_of(store)[0]

    def test_a_document_of_absurd_size_is_not_read(self) -> None:
        store, _ = self.built()
        index = json.loads(store.index or b"")
        index["manifests"][0]["size"] = 10**12
        store.index = json.dumps(index).encode()
        assert "is too large for a document" in problems_of(store)[0]

    def test_an_index_of_indexes_is_followed_to_a_depth(self) -> None:
        store, _ = self.built()
        for _ in range(3):
            inner = store.write([store.index or b""])
            entry = {
                "mediaType": "application/vnd.oci.image.index.v1+json",
                "digest": inner.digest,
                "size": inner.size_bytes,
            }
            store.index = json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode()
        assert len(check(store).images) == 1

    def test_an_index_that_leads_to_too_many_indexes_is_told(self) -> None:
        store, _ = self.built()
        for _ in range(6):
            inner = store.write([store.index or b""])
            entry = {
                "mediaType": "application/vnd.oci.image.index.v1+json",
                "digest": inner.digest,
                "size": inner.size_bytes,
            }
            store.index = json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode()
        assert "which is no image" in problems_of(store)[0]

    def test_a_layer_that_cannot_be_unpacked_is_told(self) -> None:
        class Damaged(NoCompression):
            media_type = MediaType.LAYER_ZSTD

            def decompress(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
                yield from ()
                raise CorruptError(f"the stream of {type(pieces).__name__} is damaged")

        store = MemoryStore()
        codec = Damaged()
        build_image(a_plan(b"one"), store=store, codec=codec, reporter=SilentReporter())
        with pytest.raises(ProblemsError) as caught:
            check_layout(store, codecs={codec.media_type: codec}, reporter=SilentReporter())
        assert "cannot be unpacked: the stream of generator is damaged" in str(caught.value.problems[0])


class TestDifference:
    def test_equal_layouts_need_nothing(self) -> None:
        store = MemoryStore()
        build(a_plan(b"one"), store)
        assert diff_layouts(store, store).size_bytes == 0

    def test_one_changed_tree_moves_its_layer_and_the_documents(self) -> None:
        old, new = MemoryStore(), MemoryStore()
        build(a_plan(b"one", b"two"), old)
        built = build(a_plan(b"one", b"three"), new)
        found = diff_layouts(old, new)
        assert [layer.digest for layer in found.layers] == [built.layers[1].descriptor.digest]
        assert [layer.digest for layer in found.kept] == [built.layers[0].descriptor.digest]
        assert {blob.digest for blob in found.documents} == {built.manifest.digest, built.config.digest}
        assert found.size_bytes == 10240 + built.manifest.size_bytes + built.config.size_bytes

    def test_a_layer_that_two_images_share_moves_once(self) -> None:
        new = MemoryStore()
        build(a_plan(b"one", tag="x"), new)
        build(a_plan(b"one", tag="y", labels={"a": "b"}), new)
        found = diff_layouts(MemoryStore(), new)
        assert (len(found.layers), len(found.documents)) == (1, 4)


def test_layers_are_written_side_by_side() -> None:
    both = threading.Barrier(2, timeout=20)

    class Waiting(NoCompression):
        def compress(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
            both.wait()
            yield from pieces

    build_image(
        a_plan(b"one", b"two"), store=MemoryStore(), codec=Waiting(), reporter=SilentReporter(), jobs=2
    )
    assert not both.broken


def test_a_history_of_other_layers_is_told() -> None:
    store, _ = TestCheck().built()
    replace_document(store, "config", {"history": [{"empty_layer": True}, {"created_by": "x"}]})
    assert any("is one of 1 layers, and there are 2" in one for one in problems_of(store))


def test_an_image_without_a_history_is_in_order() -> None:
    store, _ = TestCheck().built()
    replace_document(store, "config", {"history": None})
    assert [one for one in problems_of(store) if "history" in one] == []


def test_names_that_are_none_or_twice_there_are_told() -> None:
    store, built = TestCheck().built()
    index = json.loads(store.index or b"")
    (entry,) = index["manifests"]
    wrong = {**entry, "annotations": {"org.opencontainers.image.ref.name": "a b"}}
    del wrong["platform"]
    index["manifests"] = [entry, entry, wrong]
    store.index = json.dumps(index).encode()
    twice, bad = problems_of(store)
    assert twice == "the index has two images with the tag `x`"
    assert bad.startswith(f"`{built.manifest.digest}` has a name that is none: ")


def test_what_is_wrong_inside_of_a_layer_is_told() -> None:
    store = MemoryStore()
    tree = MemoryTree({"x": b"1", "y": b"2"})
    built = build(ImagePlan(layers=(one_tree(tree),)), store)
    digest = built.layers[0].descriptor.digest
    name = digest.partition(":")[2]
    content = bytearray(store.blobs[name])
    content[1024:1536] = content[0:512]
    changed = store.write([bytes(content)])
    manifest = document(store, built.manifest.digest)
    manifest["layers"][0].update(digest=changed.digest)
    config = document(store, built.config.digest)
    config["rootfs"]["diff_ids"] = [changed.digest]
    manifest["config"].update(put(store, config))
    index = json.loads(store.index or b"")
    index["manifests"][0].update(put(store, manifest))
    store.index = json.dumps(index).encode()
    assert f"in the layer `{changed.digest}` the entry `x` is there twice" in problems_of(store)
