from __future__ import annotations

import lzma
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from lsstinstall.core.buildmanifests import BuildManifest, parse_build_manifest
from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.names import ProductName
from rubin_releng.images.grouping import change_rates
from rubin_releng.images.planner import Installation, PlacedProduct, PlanRules, plan_layers
from rubin_releng.images.simulation import DEFAULT_POLICIES, PolicyResult, restrict, simulate
from rubin_releng.images.simulationplots import draw_simulation, tabulate_simulation

DATA = Path(__file__).parents[3] / "data" / "versiondb"
TOP = [ProductName(name) for name in ("lsst_distrib", "pipelines_check", "lsst_sitcom")]
TEST_DATA = ("testdata_*", "*_testdata", "afwdata")
GRAPH = {"base": (), "hot": ("base",), "top": ("hot",), "cold_data": (), "cool": ("base",)}


def a_week(number: int, *, without: str = "", **sources: int) -> BuildManifest:
    """Versions that follow the sources, as those of real builds do."""
    lines = [f"BUILD=b{number + 1}\n"]
    versions: dict[str, str] = {}
    for name, needed in GRAPH.items():
        if name == without:
            continue
        own = sources.get(name, 0)
        versions[name] = f"g{own:08x}+" + "".join(versions[one][1:9] for one in needed)[-10:] + "a"
        lines.append(f"{name} {own:040x} {versions[name]} {','.join(needed)}\n")
    return parse_build_manifest("".join(lines), source="x")


def weeks(count: int) -> list[BuildManifest]:
    return [a_week(number, hot=number) for number in range(count)]


@pytest.fixture(scope="module")
def real_weeks() -> list[BuildManifest]:
    text = lzma.decompress((DATA / "weeklies.txt.xz").read_bytes()).decode()
    parts = re.split(r"(?m)^(?=# product)", text)[1:]
    return [parse_build_manifest(part, source="weeklies") for part in parts]


def everything(manifest: BuildManifest) -> frozenset[ProductName]:
    return frozenset(manifest.by_name)


def run(
    policy: str, manifests: list[BuildManifest], *, sizes: dict[str, float] | None = None, training: int = 12
) -> PolicyResult:
    known = {ProductName(name): size for name, size in (sizes or {}).items()}
    return simulate(manifests, policy, chosen=everything, sizes=known, training=training)


@pytest.mark.parametrize(
    ("policy", "count"),
    [("one", 1.0), ("product", 0.4), ("source", 0.2), ("without-base", 0.4), ("without-hot", 0.2)],
)
def test_plain_policies_move_what_changed(policy: str, count: float) -> None:
    result = run(policy, weeks(4))
    assert [week.count for week in result.weeks] == [count] * 3
    assert result.summary(by_size=False) == pytest.approx((count, count, count))
    assert [week.build for week in result.weeks] == ["b2", "b3", "b4"]


@pytest.mark.parametrize(
    ("policy", "mean"),
    [
        ("one", 1.0),
        ("product", 0.80),
        ("without-sconsUtils", 0.72),
        ("source", 0.14),
        *(("groups-8", 0.92), ("groups-16", 0.90), ("groups-32", 0.86), ("groups-64", 0.85)),
        *(("depth-8", 0.94), ("depth-16", 0.89), ("depth-32", 0.87)),
        # No dearer than a layer for each product in the same weeks.
        ("plan-53", 0.83),
    ],
)
def test_half_a_year_of_weeklies_would_have_moved_as_much_as_was_published(
    policy: str, mean: float, real_weeks: list[BuildManifest]
) -> None:
    found = simulate(real_weeks, policy, chosen=lambda one: restrict(one, TOP, TEST_DATA), sizes={})
    assert round(found.summary(by_size=False)[0], 2) == mean
    assert len(restrict(real_weeks[-1], TOP, TEST_DATA)) == 112


def test_a_layer_for_each_product_moves_most_of_them_in_most_weeks(real_weeks: list[BuildManifest]) -> None:
    found = simulate(real_weeks, "product", chosen=lambda one: restrict(one, TOP, TEST_DATA), sizes={})
    assert [round(value, 2) for value in found.summary(by_size=False)] == [0.80, 0.80, 0.97]
    assert len(found.weeks) == 26


def test_plans_of_real_weeks_move_what_the_simulation_says(real_weeks: list[BuildManifest]) -> None:
    chosen = [restrict(week, TOP, TEST_DATA) for week in real_weeks]
    versions = [
        {product.name: product.version for product in week.products if product.name in names}
        for week, names in zip(real_weeks, chosen, strict=True)
    ]
    rates = change_rates([{one.name: one.version for one in week.products} for week in real_weeks[:13]])
    homes: dict[str, str] = {}
    keys: set[str | None] = set()
    moved = []
    for week in versions[12:]:
        products = [
            PlacedProduct(
                name=name, version=version, flavor="Linux64", path=f"{name}/{version}", size_bytes=1
            )
            for name, version in week.items()
        ]
        installed = Installation(root="/r", at="/a", products=tuple(products))
        layers = plan_layers(installed, PlanRules(below=11, rates=rates, previous=homes)).layers
        assert 11 + len(layers) <= 64
        moved.append(sum(len(one.products) for one in layers if one.key not in keys) / len(week))
        keys = {one.key for one in layers}
        before, homes = homes, {name: one.name for one in layers for name in one.products}
        assert {name: homes[name] for name in before if name in homes}.items() <= before.items()
    found = simulate(
        real_weeks,
        "plan-52",
        chosen=lambda one: restrict(one, TOP, TEST_DATA),
        sizes=dict.fromkeys(chosen[0], 1),
    )
    assert moved[1:] == pytest.approx([week.count for week in found.weeks])


@pytest.mark.parametrize("policy", ["hot-cold", "groups-2", "depth-2", "plan-2", "plan-5"])
def test_policies_that_learn_are_judged_on_later_weeks(policy: str) -> None:
    result = run(policy, weeks(16))
    assert len(result.weeks) == 3
    assert round(result.summary(by_size=False)[0], 3) in {0.4, 0.8}


def test_groups_put_together_what_changes_often() -> None:
    assert run("groups-2", weeks(16)).summary(by_size=False)[0] == pytest.approx(0.4)
    assert run("groups-1", weeks(16)).summary(by_size=False)[0] == 1.0
    assert run("plan-5", weeks(16)).layers == 5


def test_bytes_count_and_those_that_are_unknown_are_usual() -> None:
    sizes = {"cold_data": 600.0, "base": 100.0, "cool": 100.0}
    result = run("product", weeks(2), sizes=sizes)
    assert result.weeks[0].size == pytest.approx(200 / 1000)


def test_a_newcomer_is_moved_and_what_goes_takes_its_layer_along() -> None:
    grown = [a_week(0, without="cool"), a_week(1)]
    assert run("product", grown).weeks[0].count == pytest.approx(1 / 5)
    shrunk = [a_week(0), a_week(1, without="cool")]
    assert run("product", shrunk).weeks[0].count == 0
    assert run("one", shrunk).weeks[0].count == 1
    later = [*weeks(14)[:13], a_week(13, hot=12, without="cool"), a_week(14, hot=12)]
    assert [week.count for week in run("groups-2", later).weeks] == [0.5, 0.6]


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("other", "`other` is no policy"),
        ("groups", "needs a number"),
        ("groups-x", "needs a number"),
        ("plan-0", "needs a number"),
        ("one-1", "`one-1` is no policy"),
        ("without", "`without` is no policy"),
        ("groups-2", "3 builds are too few"),
    ],
)
def test_policies_that_cannot_be_meant_are_told(policy: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        run(policy, weeks(3))


def test_the_image_is_what_its_top_products_pull_in() -> None:
    week = a_week(1)
    assert restrict(week, [ProductName("top")], [ProductName("base")]) == {"top", "hot"}
    assert restrict(week, [], [ProductName("top")]) == {"base", "hot", "cold_data", "cool"}


def test_results_are_a_table_and_a_picture() -> None:
    results = [run(policy, weeks(16)) for policy in DEFAULT_POLICIES]
    table = tabulate_simulation(results, by_size=False).splitlines()
    assert table[0] == "| policy | layers | weeks | by count: mean (median, worst) |"
    assert table[3] == "| product | 5 | 15 | 0.40 (0.40, 0.40) |"
    assert tabulate_simulation(results, by_size=True).splitlines()[3].endswith("| 0.40 (0.40, 0.40) |")
    picture = ET.fromstring(draw_simulation(results, by_size=True))  # noqa: S314
    lines = picture.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == len(DEFAULT_POLICIES)
    assert draw_simulation(results[:1], by_size=False).count("<polyline") == 1


def test_each_of_many_policies_has_a_line_of_its_own() -> None:
    results = [run("one", weeks(16))] * 24
    picture = ET.fromstring(draw_simulation(results, by_size=False))  # noqa: S314
    lines = picture.findall("{http://www.w3.org/2000/svg}polyline")
    assert len({(one.get("stroke"), one.get("stroke-dasharray")) for one in lines}) == 24
    assert float(picture.attrib["viewBox"].split()[3]) > 24 * 20
