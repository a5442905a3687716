from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import CorruptError, NotFoundError, RefusedError, ToolkitError
from lsstinstall.core.jsontexts import canonical_json
from lsstinstall.core.reporting import SilentReporter
from rubin_releng.core.ocidocuments import Architecture, MediaType, index_document
from rubin_releng.core.ocireading import read_index
from rubin_releng.images.builder import build_image
from rubin_releng.images.imageplans import ImagePlan, LayerPlan
from rubin_releng.images.joiner import SourceImage, join_images
from rubin_releng.images.layers import LayerPart
from rubin_releng.images.layouts import read_layout
from rubin_releng.images.pusher import PushReport, run_push
from rubin_releng.images.pushplans import PushPlan, PushWishes, plan_push
from rubin_releng.images.tagger import plan_tags
from tests.support.images import MemoryStore, MemoryTree, NoCompression
from tests.support.registries import MemoryRepository

if TYPE_CHECKING:
    from collections.abc import Callable

    from rubin_releng.core.ocidocuments import Digest


def add_image(
    store: MemoryStore,
    *contents: str,
    architecture: Architecture = Architecture.AMD64,
    tag: str | None = "w",
) -> MemoryStore:
    layers = tuple(
        LayerPlan(parts=(LayerPart(tree=MemoryTree({content: content.encode()})),), name=content)
        for content in contents
    )
    plan = ImagePlan(layers=layers, architecture=architecture, tag=tag)
    build_image(plan, store=store, codec=NoCompression(), reporter=SilentReporter())
    return store


def pushed(
    store: MemoryStore,
    repository: MemoryRepository,
    wishes: PushWishes,
    *,
    mounts: tuple[str, ...] = (),
    smoke_test: Callable[[Digest], None] | None = None,
) -> tuple[PushPlan, PushReport]:
    plan = plan_push(store, repository, wishes)
    report = run_push(
        plan,
        store=store,
        repository=repository,
        reporter=SilentReporter(),
        mounts=mounts,
        smoke_test=smoke_test,
    )
    return plan, report


def test_blobs_come_first_then_the_document_then_names_and_those_that_move_last() -> None:
    repository = MemoryRepository()
    wishes = PushWishes(tags=("al9-w_1",), moving=("w_latest",))
    plan, report = pushed(add_image(MemoryStore(), "a", "b"), repository, wishes)
    kinds = [one.partition(" ")[0] for one in repository.done]
    assert kinds == ["blob"] * 3 + ["document"] * 3
    assert repository.done[3:] == [
        f"document {plan.root.digest}",
        "document al9-w_1",
        "document w_latest",
    ]
    assert report.sent_bytes == plan.size_bytes
    assert len(report.uploaded) == 3
    assert report.documents == (plan.root.digest,)


def overtaken(*, may_replace: bool) -> tuple[PushPlan, MemoryStore, MemoryRepository]:
    """Plan a push, and give its names to another image before it is done."""
    repository, store = MemoryRepository(), add_image(MemoryStore(), "a")
    plan = plan_push(store, repository, PushWishes(tags=("w_1",), moving=("w",), may_replace=may_replace))
    pushed(add_image(MemoryStore(), "b"), repository, PushWishes(tags=("w_1",), moving=("w",)))
    return plan, store, repository


def test_a_name_that_somebody_gave_meanwhile_is_not_taken() -> None:
    plan, store, repository = overtaken(may_replace=False)
    before = dict(repository.named)
    with pytest.raises(RefusedError, match=f"names another image, `{before['w_1']}`"):
        run_push(plan, store=store, repository=repository, reporter=SilentReporter())
    assert repository.named == before


def test_a_name_that_somebody_gave_meanwhile_is_taken_if_that_is_wanted() -> None:
    plan, store, repository = overtaken(may_replace=True)
    run_push(plan, store=store, repository=repository, reporter=SilentReporter())
    assert set(repository.named.values()) == {plan.root.digest}


def test_what_belongs_beside_the_image_is_there_before_its_names() -> None:
    repository, store = MemoryRepository(), add_image(MemoryStore(), "a")
    run_push(
        plan_push(store, repository, PushWishes(tags=("w_1",))),
        store=store,
        repository=repository,
        reporter=SilentReporter(),
        before_names=lambda: repository.done.append("beside"),
    )
    assert repository.done[-2:] == ["beside", "document w_1"]


def test_a_second_push_sends_nothing() -> None:
    repository, store = MemoryRepository(), add_image(MemoryStore(), "a")
    pushed(store, repository, PushWishes(tags=("w",)))
    repository.done.clear()
    plan, report = pushed(store, repository, PushWishes(tags=("w",)))
    assert repository.done == []
    assert (plan.size_bytes, report.sent_bytes) == (0, 0)


def test_of_a_second_week_only_what_is_new_is_sent() -> None:
    repository = MemoryRepository()
    pushed(add_image(MemoryStore(), "a", "b", "c"), repository, PushWishes(tags=("w_1",)))
    plan, report = pushed(add_image(MemoryStore(), "a", "b", "d"), repository, PushWishes(tags=("w_2",)))
    assert len(plan.missing) == len(report.uploaded) == 2
    assert repository.tags() == ("w_1", "w_2")


def test_blobs_come_from_another_repository_where_it_has_them() -> None:
    store = add_image(MemoryStore(), "a", "b")
    other = MemoryRepository()
    pushed(store, other, PushWishes(tags=("w",)))
    layer = read_layout(store).images[0].layers[0]
    repository = MemoryRepository(elsewhere={"lsst/other": {layer.digest: other.blobs[layer.digest]}})
    _, report = pushed(store, repository, PushWishes(tags=("w",)), mounts=("lsst/none", "lsst/other"))
    assert report.mounted == (layer.digest,)
    assert len(report.uploaded) == 2


def test_names_that_move_stay_where_they_are_if_the_smoke_test_fails() -> None:
    repository = MemoryRepository()
    tried = []

    def fail(digest: Digest) -> None:
        tried.append((digest, repository.tags()))
        raise ToolkitError("it does not start")

    with pytest.raises(ToolkitError, match="does not start"):
        pushed(
            add_image(MemoryStore(), "a"),
            repository,
            PushWishes(tags=("w_1",), moving=("w_latest",)),
            smoke_test=fail,
        )
    assert tried == [(repository.named["w_1"], ("w_1",))]
    assert repository.tags() == ("w_1",)


def test_several_images_of_one_name_get_an_index_and_single_names_on_request_only() -> None:
    store = add_image(MemoryStore(), "a")
    add_image(store, "a", architecture=Architecture.ARM64)
    repository = MemoryRepository()
    plan, _ = pushed(store, repository, PushWishes(tag="w", tags=("al9-w_1",)))
    assert repository.tags() == ("al9-w_1",)
    media_type, content = repository.documents[plan.root.digest]
    assert media_type == MediaType.INDEX
    platforms = [one.platform for one in read_index(content, source="index")]
    assert [one.architecture if one else None for one in platforms] == ["amd64", "arm64"]
    single = MemoryRepository()
    pushed(store, single, PushWishes(tag="w", tags=("al9-w_1",), has_single=True))
    assert single.tags() == ("al9-w_1", "al9-w_1_aarch64", "al9-w_1_x86")


def test_an_index_of_the_layout_is_pushed_behind_its_manifests() -> None:
    stores = [
        add_image(MemoryStore(), "a", architecture=one) for one in (Architecture.AMD64, Architecture.ARM64)
    ]
    images = [SourceImage(image=read_layout(one).images[0], store=one) for one in stores]
    store = MemoryStore()
    joined = join_images(images, store=store, tags=["x"])
    repository = MemoryRepository()
    plan, _ = pushed(store, repository, PushWishes(tag="x", tags=("x",)))
    assert plan.root.digest == joined.index.digest
    assert [one.descriptor.digest for one in plan.documents[:2]] == [one.digest for one in joined.manifests]
    assert repository.named == {"x": joined.index.digest}


def test_a_name_that_is_to_stay_is_not_taken_from_another_image_unasked() -> None:
    repository = MemoryRepository()
    pushed(add_image(MemoryStore(), "a"), repository, PushWishes(tags=("w",)))
    store = add_image(MemoryStore(), "b")
    with pytest.raises(RefusedError, match="names another image"):
        plan_push(store, repository, PushWishes(tags=("w",)))
    plan, _ = pushed(store, repository, PushWishes(tags=("w",), may_replace=True))
    assert repository.named["w"] == plan.root.digest


def test_a_damaged_layer_is_not_sent() -> None:
    store = add_image(MemoryStore(), "a")
    name = read_layout(store).images[0].layers[0].digest.partition(":")[2]
    store.blobs[name] = b"other"
    repository = MemoryRepository()
    with pytest.raises(CorruptError, match="is damaged"):
        pushed(store, repository, PushWishes(tags=("w",)))
    assert repository.documents == {}


def test_a_damaged_manifest_is_not_sent() -> None:
    store = add_image(MemoryStore(), "a")
    name = read_layout(store).entries[0].digest.partition(":")[2]
    store.blobs[name] += b" "
    with pytest.raises(CorruptError, match="is damaged"):
        plan_push(store, MemoryRepository(), PushWishes(tags=("w",)))


def test_it_must_be_clear_which_image_is_meant() -> None:
    store = add_image(MemoryStore(), "a", tag="x")
    with pytest.raises(RefusedError, match="no image with the tag `y`"):
        plan_push(store, MemoryRepository(), PushWishes(tag="y"))
    with pytest.raises(RefusedError, match="holds no image"):
        plan_push(MemoryStore(), MemoryRepository(), PushWishes())
    add_image(store, "b", tag="y")
    with pytest.raises(RefusedError, match="not clear which"):
        plan_push(store, MemoryRepository(), PushWishes())


def test_an_index_beside_a_manifest_is_not_joined() -> None:
    store = add_image(MemoryStore(), "a", tag=None)
    (entry,) = read_layout(store).entries
    inner = store.write([canonical_json(index_document([entry]))])
    document = json.loads(store.index or b"")
    document["manifests"].append(
        {"mediaType": MediaType.INDEX.value, "digest": inner.digest, "size": inner.size_bytes}
    )
    store.index = canonical_json(document)
    with pytest.raises(RefusedError, match="not clear which"):
        plan_push(store, MemoryRepository(), PushWishes())


def test_an_image_gets_more_names() -> None:
    repository = MemoryRepository()
    plan, _ = pushed(add_image(MemoryStore(), "a"), repository, PushWishes(tags=("w_1",)))
    found = plan_tags(repository, "w_1", tags=("w_1", "x"), moving=("w_latest",))
    assert found.digest == plan.root.digest
    assert [one.is_set for one in found.tags] == [True, False]
    assert [one.tag for one in found.moving] == ["w_latest"]


def test_what_is_not_there_gets_no_names() -> None:
    with pytest.raises(NotFoundError, match="no image `w_1`"):
        plan_tags(MemoryRepository(), "w_1", tags=("x",))
