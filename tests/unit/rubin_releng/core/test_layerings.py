from __future__ import annotations

import json
from typing import Any

import pytest

from lsstinstall.core.errors import ProblemsError
from rubin_releng.core.layerings import Layering, LayerKind, PlannedLayer, PlannedPart, parse_layering

PLAN = Layering(
    budget=64,
    layers=(
        PlannedLayer(
            name="environment-1",
            kind=LayerKind.ENVIRONMENT,
            key="k",
            products={"numpy": "2-0", "scipy": "1-0"},
            parts=(PlannedPart(source="r/e", at="/opt/e", packages=("numpy", "scipy")),),
            size_bytes=7,
        ),
        PlannedLayer(
            name="environment-rest",
            kind=LayerKind.ENVIRONMENT,
            key="k",
            products={},
            parts=(PlannedPart(source="r/e", at="/opt/e", packages=("numpy",), is_rest=True),),
        ),
        PlannedLayer(
            name="top",
            kind=LayerKind.TOP,
            key=None,
            products={},
            parts=(PlannedPart(source="r", at="/", without=("e", "s/afw/1")),),
        ),
    ),
)


def test_what_is_written_is_read() -> None:
    assert parse_layering(PLAN.canonical(), source="plan.json") == PLAN


def test_members_are_known_by_layer() -> None:
    assert PLAN.members() == {"numpy": "environment-1", "scipy": "environment-1"}


def change(part: dict[str, Any] | None = None, **layer: Any) -> bytes:
    data = json.loads(PLAN.canonical())
    data["layers"][2].update(layer)
    data["layers"][2].get("parts", [{}])[0].update(part or {})
    return json.dumps(data).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"[]",
        b'{"schema":2,"budget":64,"layers":[]}',
        b'{"schema":1,"budget":0,"layers":[]}',
        change(name=""),
        change(kind="other"),
        change(products={"a b": "1"}),
        change(products={"a": ""}),
        change({"at": "opt"}),
        change({"at": "/opt/../x"}),
        change({"at": "/opt//x"}),
        change({"source": ""}),
        change({"without": ["/a"]}),
        change({"without": ["a/../b"]}),
        change({"without": [""]}),
        change({"other": 1}),
    ],
)
def test_what_breaks_the_format_is_told_with_its_place(data: bytes) -> None:
    with pytest.raises(ProblemsError, match=r"`plan\.json` is no plan of an image"):
        parse_layering(data, source="plan.json")
