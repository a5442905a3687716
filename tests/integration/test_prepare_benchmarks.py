"""The benchmarks of preparing and planning run, at a small size, and write where they are told to."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from lsstinstall.adapters.process import run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.process, pytest.mark.slow]


def measured(script: Path, folder: Path, *arguments: str) -> dict[str, Any]:
    scratch = folder / "scratch"
    scratch.mkdir()
    environ = os.environ | {"TMPDIR": str(scratch), "HOME": str(scratch)}
    done = run([sys.executable, str(script), *arguments, "--json"], cwd=folder, env=environ, timeout=300)
    assert list(scratch.iterdir()) == []
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.network
def test_preparing_is_measured_near_and_far(tmp_path: Path, project_root: Path) -> None:
    script = project_root / "benchmarks/bench_prepare.py"
    answer = measured(script, tmp_path, "--products", "3", "--rounds", "1", "--far")
    names = [row["name"] for row in answer["rows"]]
    cases = [
        *("git clone", "prepare, cold", "git fetch", "prepare, 20 changed"),
        *("git ls-remote", "prepare, nothing new", "prepare, no fetch"),
    ]
    assert names == [f"{distance}: {case}" for distance in ("near", "far") for case in cases]
    assert all(row["best_seconds"] > 0 for row in answer["rows"])
    assert {"near, cold: times git clone", "far, nothing new: times git ls-remote"} <= {
        figure["name"] for figure in answer["figures"]
    }


def test_the_growth_of_a_plan_is_measured_and_drawn(tmp_path: Path, project_root: Path) -> None:
    script, plot = project_root / "benchmarks/bench_plan.py", tmp_path / "plot.svg"
    answer = measured(script, tmp_path, "--sizes", "50", "200", "--rounds", "1", "--plot", str(plot))
    assert [row["name"] for row in answer["rows"]] == ["plan 50 products", "plan 200 products"]
    figures = {figure["name"]: figure for figure in answer["figures"]}
    assert figures["growth for 4 times the products"]["limit"] == 8
    assert 0 < figures["200 products, largest size"]["value"] < 500
    texts = [text.text for text in ET.parse(plot).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314
    assert {"50", "200", "products"} <= set(texts)


def test_without_a_file_for_it_there_is_no_plot(tmp_path: Path, project_root: Path) -> None:
    script = project_root / "benchmarks/bench_plan.py"
    measured(script, tmp_path, "--sizes", "50", "100", "--rounds", "1")
    assert [path.name for path in tmp_path.iterdir()] == ["scratch"]
