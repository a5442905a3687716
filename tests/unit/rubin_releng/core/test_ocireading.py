from __future__ import annotations

import json
from typing import Any

import pytest

from lsstinstall.core.errors import ProblemsError
from rubin_releng.core.ocidocuments import Architecture
from rubin_releng.core.ocireading import read_config, read_manifest

CONFIG = {"os": "linux", "architecture": "arm64", "rootfs": {"type": "layers", "diff_ids": []}}
BLOB = {"mediaType": "x", "digest": f"sha256:{'0' * 64}", "size": 1}


def config(**more: Any) -> bytes:
    return json.dumps({**CONFIG, **more}).encode()


def test_labels_and_history_are_read_as_they_are() -> None:
    history = [{"created_by": "a"}, {"empty_layer": True}, {"empty_layer": False}]
    found = read_config(config(config={"Labels": {"a": "b"}, "User": "7"}, history=history), source="x")
    assert found.labels == {"a": "b"}
    assert found.settings["User"] == "7"
    assert found.steps == 2


@pytest.mark.parametrize("settings", [None, {}, {"Labels": None}])
def test_labels_and_history_may_be_missing(settings: dict[str, object] | None) -> None:
    found = read_config(config(config=settings), source="x")
    assert found.labels == {}
    assert found.steps is None


def test_what_must_be_an_object_is_told() -> None:
    with pytest.raises(ProblemsError) as caught:
        read_config(config(history=[1]), source="x")
    assert ["expected an object" in str(one) for one in caught.value.problems] == [True]


def test_annotations_of_a_manifest_are_read() -> None:
    manifest = {"schemaVersion": 2, "config": BLOB, "layers": [BLOB], "annotations": {"a": "b"}}
    assert read_manifest(json.dumps(manifest).encode(), source="x").annotations == {"a": "b"}
    del manifest["annotations"]
    assert read_manifest(json.dumps(manifest).encode(), source="x").annotations == {}


def test_conda_calls_platforms_otherwise() -> None:
    assert [one.subdir for one in Architecture] == ["linux-64", "linux-aarch64"]
