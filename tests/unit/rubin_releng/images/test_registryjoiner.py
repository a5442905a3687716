from __future__ import annotations

import json

import pytest

from lsstinstall.core.errors import NotFoundError, RefusedError
from rubin_releng.core.ocidocuments import MediaType
from rubin_releng.images.registryjoiner import plan_index
from tests.support.registries import MemoryRepository, digest_of


def add_image(repository: MemoryRepository, architecture: str, **annotations: str) -> str:
    """Put an image without layers into a repository; returns its digest."""
    config = json.dumps(
        {"os": "linux", "architecture": architecture, "rootfs": {"type": "layers", "diff_ids": []}}
    ).encode()
    repository.blobs[digest_of(config)] = config
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MediaType.MANIFEST,
            "config": {"mediaType": MediaType.CONFIG, "digest": digest_of(config), "size": len(config)},
            "layers": [],
            "annotations": annotations,
        }
    ).encode()
    digest = digest_of(manifest)
    repository.documents[digest] = (MediaType.MANIFEST, manifest)
    return digest


def test_an_index_joins_what_a_registry_has_in_any_order() -> None:
    repository = MemoryRepository()
    arm = add_image(repository, "arm64", title="stack", own="arm")
    intel = add_image(repository, "amd64", title="stack", own="intel")
    plan = plan_index(repository, [arm, intel, arm])
    document = json.loads(plan.content)
    assert [one["digest"] for one in document["manifests"]] == [intel, arm]
    assert document["manifests"][0]["platform"] == {"architecture": "amd64", "os": "linux"}
    assert document["annotations"] == {"title": "stack"}
    assert (plan.digest, plan.is_there) == (digest_of(plan.content), False)
    repository.write_document(plan.digest, plan.content, MediaType.INDEX)
    again = plan_index(repository, [intel, arm])
    assert (again.content, again.is_there) == (plan.content, True)


def test_images_of_one_architecture_are_not_joined() -> None:
    repository = MemoryRepository()
    images = [add_image(repository, "amd64", own=own) for own in "ab"]
    with pytest.raises(RefusedError, match="two images for `linux/amd64`"):
        plan_index(repository, images)


def test_an_index_joins_at_least_one_image() -> None:
    with pytest.raises(RefusedError, match="no image to join"):
        plan_index(MemoryRepository(), [])


def test_an_image_that_is_not_there_is_not_joined() -> None:
    with pytest.raises(NotFoundError, match="there is no image `w_1`"):
        plan_index(MemoryRepository(), ["w_1"])


def test_an_index_is_not_joined() -> None:
    repository = MemoryRepository()
    plan = plan_index(repository, [add_image(repository, "amd64")])
    repository.write_document("both", plan.content, MediaType.INDEX)
    with pytest.raises(RefusedError, match="no image of one architecture"):
        plan_index(repository, ["both"])
