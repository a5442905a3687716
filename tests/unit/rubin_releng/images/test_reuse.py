from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.core.errors import NotFoundError, RefusedError
from lsstinstall.core.reporting import SilentReporter
from rubin_releng.core.ocidocuments import Architecture, ImageSettings
from rubin_releng.images.builder import build_image, list_layers
from rubin_releng.images.differences import diff_layouts, layer_name, layer_products
from rubin_releng.images.imageplans import BaseImage, ImagePlan, LayerPlan, pick_image
from rubin_releng.images.layers import LayerPart, LayerRules
from rubin_releng.images.layouts import read_layout
from tests.support.images import MemoryStore, MemoryTree, NoCompression

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rubin_releng.core.trees import TreeEntry
    from rubin_releng.images.imageplans import BuiltImage


class UntouchableTree(MemoryTree):
    """A folder at which nobody may look."""

    def entries(self) -> list[TreeEntry]:
        """Fail."""
        raise AssertionError(self.name)


class OtherCompression(NoCompression):
    """The same bytes by another name."""

    description = "other"


def a_plan(*trees: MemoryTree, key: str | None = "key", **rest: Any) -> ImagePlan:
    layers = tuple(
        LayerPlan(
            parts=(LayerPart(tree=tree, at=f"/opt/{number}"),),
            name=f"layer {number}",
            key=None if key is None else f"{key} {number}",
            products=(f"afw g{number}",),
        )
        for number, tree in enumerate(trees)
    )
    return ImagePlan(layers=layers, tag="x", **rest)


def build(
    plan: ImagePlan, store: MemoryStore, *, earlier: Iterable[MemoryStore] = (), codec: Any = None
) -> BuiltImage:
    codec = codec or NoCompression()
    return build_image(plan, store=store, codec=codec, reporter=SilentReporter(), earlier=tuple(earlier))


def manifest(store: MemoryStore) -> Any:
    index = json.loads(store.index or b"")
    return json.loads(store.blobs[index["manifests"][0]["digest"].partition(":")[2]])


@pytest.fixture
def last_week() -> MemoryStore:
    store = MemoryStore()
    build(a_plan(MemoryTree({"x": b"one"}), MemoryTree({"x": b"two"})), store)
    return store


def test_a_layer_says_what_it_is(last_week: MemoryStore) -> None:
    annotations = manifest(last_week)["layers"][0]["annotations"]
    assert len(annotations.pop("org.lsst.image.layer.key")) == 64
    assert annotations == {
        "org.lsst.image.compressor": "none",
        "org.lsst.image.layer.entries": "3",
        "org.lsst.image.layer.epoch": "0",
        "org.lsst.image.layer.name": "layer 0",
        "org.lsst.image.layer.products": "afw g0",
    }


def test_a_layer_with_the_same_key_is_taken_without_a_look_at_its_tree(last_week: MemoryStore) -> None:
    store = MemoryStore()
    build(a_plan(UntouchableTree({}), UntouchableTree({})), store, earlier=[last_week])
    assert (store.blobs, store.index) == (last_week.blobs, last_week.index)


def test_an_image_in_the_same_layout_is_an_earlier_one_too(last_week: MemoryStore) -> None:
    before = dict(last_week.blobs)
    build(a_plan(UntouchableTree({}), UntouchableTree({})), last_week)
    assert last_week.blobs == before


@pytest.mark.parametrize(
    "change",
    [
        {"rules": LayerRules(uid=1)},
        {"rules": LayerRules(home="/opt")},
        {"key": "other"},
        {"key": None},
    ],
)
def test_a_layer_with_another_key_is_written(change: dict[str, Any], last_week: MemoryStore) -> None:
    store = MemoryStore()
    plan = a_plan(MemoryTree({"x": b"new"}), MemoryTree({"x": b"newer"}), **change)
    build(plan, store, earlier=[last_week])
    assert not set(store.blobs) & set(last_week.blobs)


def test_a_later_image_takes_layers_of_earlier_ones(last_week: MemoryStore) -> None:
    plan, later = a_plan(UntouchableTree({}), UntouchableTree({})), MemoryStore()
    build(replace(plan, rules=LayerRules(epoch=7)), later, earlier=[last_week])
    assert {layer["annotations"]["org.lsst.image.layer.epoch"] for layer in manifest(later)["layers"]} == {
        "0"
    }
    third = MemoryStore()
    build(replace(plan, rules=LayerRules(epoch=14)), third, earlier=[later])
    assert manifest(third)["layers"] == manifest(last_week)["layers"]


def test_a_layer_for_another_architecture_is_written(last_week: MemoryStore) -> None:
    # EUPS has the same flavor for both, and keys know no more.
    store = MemoryStore()
    plan = a_plan(MemoryTree({"x": b"arm"}), MemoryTree({"x": b"arm, too"}), architecture=Architecture.ARM64)
    build(plan, store, earlier=[last_week])
    assert not set(store.blobs) & set(last_week.blobs)


def test_a_layer_whose_files_may_be_newer_than_the_image_is_written() -> None:
    later, store = MemoryStore(), MemoryStore()
    build(a_plan(MemoryTree({"x": b"one"}), rules=LayerRules(epoch=7)), later)
    build(a_plan(MemoryTree({"x": b"one"}), rules=LayerRules(epoch=6)), store, earlier=[later])
    assert not set(store.blobs) & set(later.blobs)


def test_what_lies_in_the_layout_already_makes_no_difference(last_week: MemoryStore) -> None:
    plan = a_plan(MemoryTree({"x": b"one"}, mtime=3), MemoryTree({"x": b"two"}), rules=LayerRules(epoch=7))
    clean = MemoryStore()
    build(plan, clean)
    build(plan, last_week)
    assert last_week.blobs == clean.blobs


def test_the_layout_that_an_image_goes_to_gives_what_would_be_written_anyway(last_week: MemoryStore) -> None:
    plan, store = a_plan(UntouchableTree({}), UntouchableTree({})), MemoryStore()
    build_image(plan, store=store, codec=NoCompression(), reporter=SilentReporter(), home=last_week)
    assert store.blobs == last_week.blobs
    with pytest.raises(AssertionError, match="memory"):
        build_image(
            replace(plan, rules=LayerRules(epoch=7)),
            store=MemoryStore(),
            codec=NoCompression(),
            reporter=SilentReporter(),
            home=last_week,
        )


def test_a_layer_of_another_compressor_is_written(last_week: MemoryStore) -> None:
    store = MemoryStore()
    tree = MemoryTree({"x": b"new"})
    build(a_plan(tree, tree), store, earlier=[last_week], codec=OtherCompression())
    assert not set(store.blobs) & set(last_week.blobs)


def test_a_layer_that_is_cut_short_is_written(last_week: MemoryStore) -> None:
    (name,) = (layer["digest"].partition(":")[2] for layer in manifest(last_week)["layers"][:1])
    last_week.blobs[name] = b"short"
    store = MemoryStore()
    build(a_plan(MemoryTree({"x": b"one"}), UntouchableTree({})), store, earlier=[last_week])
    assert len(store.blobs[name]) > 5


def test_a_layer_whose_neighbours_have_other_names_gets_the_words_of_today(last_week: MemoryStore) -> None:
    store = MemoryStore()
    plan = a_plan(UntouchableTree({}), UntouchableTree({}))
    plan = replace(plan, layers=(replace(plan.layers[0], name="renamed"), plan.layers[1]))
    build(plan, store, earlier=[last_week])
    assert manifest(store)["layers"][0]["annotations"]["org.lsst.image.layer.name"] == "renamed"


def test_the_order_of_jobs_needs_sizes_only_of_what_is_written() -> None:
    works = list_layers(a_plan(MemoryTree({"x": b"12345"})))
    assert [(work.entries, work.size_bytes, work.known) for work in works] == [(3, 5, None)]


def test_a_difference_is_told_by_layer_and_by_product(last_week: MemoryStore) -> None:
    store = MemoryStore()
    plan = a_plan(UntouchableTree({}), MemoryTree({"x": b"new"}))
    new = replace(plan.layers[1], key="new", products=("afw g9", "utils g1"))
    build(replace(plan, layers=(plan.layers[0], new)), store, earlier=[last_week])
    found = diff_layouts(last_week, store)
    assert [layer_name(layer) for layer in found.layers] == ["layer 1"]
    assert [layer_products(layer) for layer in found.kept] == [(("afw", "g0"),)]
    told = [(one.product, one.old, one.new, one.layer, one.is_moved) for one in found.products]
    assert told == [
        ("afw", "g1", "g0", "layer 0", False),
        ("afw", "g1", "g9", "layer 1", True),
        ("utils", None, "g1", "layer 1", True),
    ]
    assert {one.layer_digest for one in found.products if one.is_moved} == {found.layers[0].digest}
    assert found.size_bytes == sum(one.size_bytes for one in (*found.layers, *found.documents))


def test_a_client_moves_what_its_architecture_needs_and_no_other_image() -> None:
    old, new = MemoryStore(), MemoryStore()
    for store, text in ((old, b"old"), (new, b"new")):
        for architecture in Architecture:
            tree = MemoryTree({"x": text + architecture.encode()})
            build(replace(a_plan(tree, architecture=architecture), tag=architecture.value), store)
    build(replace(a_plan(MemoryTree({"y": b"y"}), key="y"), tag="another"), new)
    found = diff_layouts(old, new, tags=(None, "arm64"), architecture=Architecture.ARM64)
    assert (len(found.layers), len(found.documents)) == (1, 2)
    assert len(diff_layouts(MemoryStore(), new, architecture=Architecture.AMD64).layers) == 2
    assert len(diff_layouts(old, new, tags=("amd64", "another")).documents) == 2
    with pytest.raises(NotFoundError, match="there is no image for `linux/arm64` with the tag `amd64`"):
        diff_layouts(old, new, tags=(None, "amd64"), architecture=Architecture.ARM64)


class TestBase:
    def base(self, **rest: Any) -> MemoryStore:
        store = MemoryStore()
        settings = ImageSettings(
            user="7", environment={"PATH": "/bin", "A": "b"}, command=("sh",), folder="/root"
        )
        build(a_plan(MemoryTree({"etc": b"1"}), settings=settings, labels={"of": "base"}, **rest), store)
        return store

    def over(self, base: MemoryStore, settings: ImageSettings) -> tuple[MemoryStore, Any]:
        image = pick_image(read_layout(base), tag=None, architecture=Architecture.AMD64)
        store = MemoryStore()
        plan = a_plan(MemoryTree({"x": b"1"}), settings=settings)
        built = build(replace(plan, base=BaseImage(image=image, store=base)), store)
        return store, json.loads(store.blobs[built.config.digest.partition(":")[2]])

    def test_its_layers_lie_below_and_its_history_comes_first(self) -> None:
        base = self.base()
        store, config = self.over(base, ImageSettings())
        layers = manifest(store)["layers"]
        assert layers[:1] == manifest(base)["layers"]
        assert len(layers) == len(config["rootfs"]["diff_ids"]) == len(config["history"]) == 2
        assert layers[0]["digest"].partition(":")[2] in store.blobs

    def test_an_image_has_no_more_layers_than_docker_takes(self) -> None:
        base, store = self.base(), MemoryStore()
        image = pick_image(read_layout(base), tag=None, architecture=Architecture.AMD64)
        below = BaseImage(image=image, store=base)
        build(a_plan(*[MemoryTree({"x": b"1"})] * 124, base=below), store)
        with pytest.raises(RefusedError, match="Docker takes 125"):
            build(a_plan(*[MemoryTree({"x": b"1"})] * 125, base=below), store)

    def test_what_is_not_said_comes_from_it_but_its_labels(self) -> None:
        _, config = self.over(self.base(), ImageSettings())
        assert config["config"] == {
            "User": "7",
            "Env": ["PATH=/bin", "A=b"],
            "Cmd": ["sh"],
            "WorkingDir": "/root",
        }

    def test_what_is_said_wins_and_an_entry_point_ends_its_command(self) -> None:
        ours = ImageSettings(user="1000", environment={"A": "c", "D": "e"}, entry_point=("/run",))
        _, config = self.over(self.base(), ours)
        assert config["config"] == {
            "User": "1000",
            "Env": ["PATH=/bin", "A=c", "D=e"],
            "Entrypoint": ["/run"],
            "WorkingDir": "/root",
        }

    def test_a_history_that_is_missing_or_wrong_is_made_up(self) -> None:
        base = self.base()
        image = pick_image(read_layout(base), tag="x", architecture=Architecture.AMD64)
        for history in (None, (), ({"empty_layer": True}, {"created_by": "a"}, {"created_by": "b"})):
            one = replace(image, settings=replace(image.settings, history=history))
            assert BaseImage(image=one, store=base).past == ({"created_by": "unknown"},)

    def test_it_must_be_one_image_that_fits(self) -> None:
        layout = read_layout(self.base())
        with pytest.raises(RefusedError, match="holds 0 images for `linux/arm64`"):
            pick_image(layout, tag=None, architecture=Architecture.ARM64)
        with pytest.raises(RefusedError, match="holds 0 images for `linux/amd64` with the tag `y`"):
            pick_image(layout, tag="y", architecture=Architecture.AMD64)
