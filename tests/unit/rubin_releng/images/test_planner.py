from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lsstinstall.core.errors import ConfigurationError
from rubin_releng.core.layerings import LayerKind, PlannedPart
from rubin_releng.images.planner import Installation, PlacedPackage, PlacedProduct, PlanRules, plan_layers

AFW = PlacedProduct(name="afw", version="g1", flavor="Linux64", path="s/Linux64/afw/g1", size_bytes=5)
DATA = PlacedProduct(name="obs_x_data", version="g2", flavor="generic", path="s/Linux64/obs_x_data/g2")
UTILS = PlacedProduct(name="utils", version="g3", flavor="Linux64", path="s/Linux64/utils/g3", size_bytes=1)
NUMPY = PlacedPackage(name="numpy", version="2-0", digest="sha256:1", size_bytes=10)
PYTHON = PlacedPackage(name="python", version="3-0", digest="sha256:2", size_bytes=10)
ALL = Installation(
    root="/srv/r", at="/opt/r", environment="conda/e", packages=(NUMPY, PYTHON), products=(AFW, DATA, UTILS)
)


def keys(installation: Installation, rules: PlanRules | None = None) -> dict[str, str | None]:
    return {layer.name: layer.key for layer in plan_layers(installation, rules or PlanRules()).layers}


def test_environment_data_products_and_top_lie_in_this_order() -> None:
    layering = plan_layers(ALL, PlanRules(environment_layers=2, rates={"utils": 0.5, "numpy": 0.1}))
    assert [(layer.name, layer.kind, dict(layer.products)) for layer in layering.layers] == [
        ("environment-1", LayerKind.ENVIRONMENT, {"python": "3-0"}),
        ("environment-2", LayerKind.ENVIRONMENT, {"numpy": "2-0"}),
        ("environment-rest", LayerKind.ENVIRONMENT, {}),
        ("obs_x_data", LayerKind.DATA, {"obs_x_data": "g2"}),
        ("afw", LayerKind.PRODUCT, {"afw": "g1"}),
        ("utils", LayerKind.PRODUCT, {"utils": "g3"}),
        ("top", LayerKind.TOP, {}),
    ]
    parts = {layer.name: layer.parts for layer in layering.layers}
    env = ("/srv/r/conda/e", "/opt/r/conda/e")
    assert parts["environment-1"] == (PlannedPart(source=env[0], at=env[1], packages=("python",)),)
    rest = PlannedPart(source=env[0], at=env[1], packages=("numpy", "python"), is_rest=True)
    assert parts["environment-rest"] == (rest,)
    assert parts["afw"] == (PlannedPart(source=f"/srv/r/{AFW.path}", at=f"/opt/r/{AFW.path}"),)
    left_out = ("conda/e", AFW.path, DATA.path, UTILS.path)
    assert parts["top"] == (PlannedPart(source="/srv/r", at="/opt/r", without=left_out),)
    assert layering.layers[-1].key is None


def test_the_budget_holds_and_products_share() -> None:
    products = tuple(replace(AFW, name=f"p{number}", path=f"s/{number}") for number in range(200))
    layering = plan_layers(replace(ALL, products=products), PlanRules(below=3))
    assert len(layering.layers) + 3 == 63
    assert [layer.kind for layer in layering.layers[-2:]] == [LayerKind.SHARED, LayerKind.TOP]
    small = plan_layers(replace(ALL, products=products), PlanRules(budget=6))
    assert len(small.layers) == 4
    with pytest.raises(ConfigurationError, match="a budget of 5 layers leaves 4"):
        plan_layers(ALL, PlanRules(budget=5))


def test_without_an_environment_and_products_there_is_only_the_top() -> None:
    assert list(keys(Installation(root="r", at="/"))) == ["top"]


def test_groups_of_last_week_stay() -> None:
    rules = PlanRules(previous={"afw": "products-hot", "utils": "products-cold", "python": "environment-6"})
    names = [layer.name for layer in plan_layers(ALL, rules).layers]
    assert names[-4:] == ["obs_x_data", "products-cold", "products-hot", "top"]
    assert "environment-6" in names


@pytest.mark.parametrize(
    "change", [{"version": "g9"}, {"digest": "d"}, {"path": "s/elsewhere"}, {"flavor": "generic"}]
)
def test_a_changed_product_has_another_key_and_others_keep_theirs(change: dict[str, Any]) -> None:
    old, new = keys(ALL), keys(replace(ALL, products=(replace(AFW, **change), DATA, UTILS)))
    assert {name for name in old if old[name] != new[name]} == {"afw"}


def test_a_changed_environment_changes_all_that_was_built_on_it() -> None:
    other = replace(NUMPY, digest="sha256:9")
    old, new = keys(ALL), keys(replace(ALL, packages=(other, PYTHON)))
    assert {name for name in old if old[name] == new[name]} == {"environment-5", "top"}


def test_what_else_was_done_to_the_files_is_part_of_the_keys() -> None:
    old, new = keys(ALL), keys(ALL, PlanRules(variant="clean-1"))
    assert {name for name in old if old[name] == new[name]} == {"top"}


def test_sizes_and_the_root_are_not() -> None:
    elsewhere = replace(ALL, root="/elsewhere", products=(replace(AFW, size_bytes=7), DATA, UTILS))
    assert keys(elsewhere) == keys(ALL)
