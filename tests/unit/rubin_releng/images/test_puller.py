from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import CorruptError, NotFoundError, ProblemsError, RefusedError
from lsstinstall.core.jsontexts import canonical_json
from lsstinstall.core.reporting import SilentReporter
from rubin_releng.core.ocidocuments import Architecture, Digest, MediaType, index_document
from rubin_releng.images.builder import build_image
from rubin_releng.images.checker import check_layout
from rubin_releng.images.differences import diff_layouts
from rubin_releng.images.imageplans import ImagePlan, LayerPlan
from rubin_releng.images.layers import LayerPart
from rubin_releng.images.layouts import read_layout
from rubin_releng.images.puller import run_pull
from rubin_releng.images.pusher import run_push
from rubin_releng.images.pushplans import PushWishes, plan_push
from rubin_releng.images.registryimages import open_image
from tests.support.images import MemoryStore, MemoryTree, NoCompression
from tests.support.registries import MemoryRepository

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def repository() -> MemoryRepository:
    """Two architectures under the name `w`."""
    store, repository = MemoryStore(), MemoryRepository()
    for architecture in Architecture:
        layer = LayerPlan(parts=(LayerPart(tree=MemoryTree({"x": architecture.encode()})),), name="x")
        plan = ImagePlan(layers=(layer,), architecture=architecture, tag="t")
        build_image(plan, store=store, codec=NoCompression(), reporter=SilentReporter())
    found = plan_push(store, repository, PushWishes(tags=("w",)))
    run_push(found, store=store, repository=repository, reporter=SilentReporter())
    return repository


def pull(repository: MemoryRepository, store: MemoryStore, *tags: str) -> tuple[int, int]:
    source = open_image(repository, "w")
    report = run_pull(source, store=store, tags=tags, reporter=SilentReporter())
    return report.fetched, report.kept


def test_an_image_comes_whole_and_the_second_time_nothing_comes(repository: MemoryRepository) -> None:
    store = MemoryStore()
    assert pull(repository, store, "w", "y") == (7, 0)
    report = check_layout(store, codecs={}, reporter=SilentReporter())
    assert len(report.images) == 4
    assert pull(repository, store) == (0, 7)
    assert [one.annotations for one in read_layout(store).entries] == [
        {"org.opencontainers.image.ref.name": "w"}
    ]


def test_other_images_of_the_layout_stay(repository: MemoryRepository) -> None:
    store = MemoryStore()
    plan = ImagePlan(layers=(), tag="other")
    build_image(plan, store=store, codec=NoCompression(), reporter=SilentReporter())
    pull(repository, store, "w")
    assert [one.tag for one in read_layout(store).images] == ["other", "w", "w"]


def test_an_image_of_a_registry_is_checked_where_it_is(repository: MemoryRepository) -> None:
    report = check_layout(open_image(repository, "w"), codecs={}, reporter=SilentReporter())
    assert report.blobs == 7
    name = next(iter(repository.blobs))
    repository.blobs[name] += b"x"
    with pytest.raises(ProblemsError):
        check_layout(open_image(repository, "w"), codecs={}, reporter=SilentReporter())


def test_an_image_is_opened_by_its_digest(repository: MemoryRepository) -> None:
    store = open_image(repository, repository.named["w"])
    assert store.root.annotations == {}


def test_layers_are_found_where_an_image_is_in_a_registry() -> None:
    store, repository = MemoryStore(), MemoryRepository()
    layer = LayerPlan(parts=(LayerPart(tree=MemoryTree({"x": b"x"})),), name="x", key="k")
    plan = ImagePlan(layers=(layer,), tag="t")
    build_image(plan, store=store, codec=NoCompression(), reporter=SilentReporter())
    found = plan_push(store, repository, PushWishes(tags=("w",)))
    run_push(found, store=store, repository=repository, reporter=SilentReporter())
    other = MemoryStore()
    empty = replace(plan, layers=(replace(layer, parts=(LayerPart(tree=MemoryTree({})),)),))
    earlier = [open_image(repository, "w")]
    build_image(empty, store=other, codec=NoCompression(), reporter=SilentReporter(), earlier=earlier)
    assert diff_layouts(earlier[0], other).layers == ()


def test_a_client_with_one_architecture_does_not_move_the_other(repository: MemoryRepository) -> None:
    image = open_image(repository, "w")
    tags = (None, "w")
    found = diff_layouts(MemoryStore(), image, tags=tags, architecture=Architecture.ARM64)
    assert (len(found.layers), len(found.documents)) == (1, 3)


def test_what_is_not_what_its_name_says_is_not_kept(repository: MemoryRepository) -> None:
    name = next(iter(repository.blobs))
    repository.blobs[name] += b"x"
    store = MemoryStore()
    with pytest.raises(CorruptError, match="the registry gives"):
        pull(repository, store, "w")
    assert store.index is None
    repository.blobs[name] = repository.blobs[name][:-1]
    pull(repository, store, "w")
    check_layout(store, codecs={}, reporter=SilentReporter())


def test_what_is_missing_is_told(repository: MemoryRepository) -> None:
    with pytest.raises(NotFoundError, match="no image `v`"):
        open_image(repository, "v")
    manifest = next(name for name in repository.documents if name != repository.named["w"])
    del repository.documents[manifest]
    with pytest.raises(NotFoundError, match=f"lacks `{manifest}`"):
        open_image(repository, "w")


def test_an_index_may_name_things_that_are_no_images_or_one_twice(repository: MemoryRepository) -> None:
    _, content = repository.documents[repository.named["w"]]
    data = json.loads(content)
    other = {"mediaType": "text/plain", "digest": f"sha256:{'0' * 64}", "size": 1}
    data["manifests"] += [data["manifests"][0], other]
    repository.write_document("odd", canonical_json(data), MediaType.INDEX)
    with pytest.raises(ProblemsError):
        read_layout(open_image(repository, "odd"))


def test_indexes_in_indexes_end_somewhere(repository: MemoryRepository) -> None:
    for _ in range(6):
        found = repository.read_document("w")
        assert found is not None
        source = open_image(repository, "w")
        repository.write_document("w", canonical_json(index_document([source.root])), MediaType.INDEX)
    with pytest.raises(ProblemsError):
        read_layout(open_image(repository, "w"))


@pytest.mark.parametrize(
    "change",
    [
        lambda store: store.write([b"x"]),
        lambda store: store.adopt(Digest("sha256:0"), source=store),
        lambda store: store.remove("x"),
        lambda store: store.write_index(b"{}"),
    ],
)
def test_an_image_of_a_registry_is_only_read(
    change: Callable[[object], object], repository: MemoryRepository
) -> None:
    with pytest.raises(RefusedError, match="only read"):
        change(open_image(repository, "w"))
