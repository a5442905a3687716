"""The benchmarks run, at a small size: what they measure is there and right."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.process import run
from lsstinstall.core.releases import parse_release
from tests.support.weeklies import NEW, OLD, Weeklies, binary_folder, publish_weeklies

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.core.names import Sha256

pytestmark = pytest.mark.process

SMALL = Weeklies(products=12, files=300, compressed_bytes=1_000_000)


def _digests(root: Path, tag: str) -> dict[str, Sha256]:
    release = parse_release((root / f"releases/{tag}.json").read_bytes(), source=tag)
    return {file.path: file.sha256 for one in release.products for file in one.binaries.values()}


def test_made_up_weeklies_are_the_same_each_time(tmp_path: Path) -> None:
    for name in ("first", "second"):
        publish_weeklies(SMALL, tmp_path / name)
    for tag in (OLD, NEW):
        assert _digests(tmp_path / "first", tag) == _digests(tmp_path / "second", tag)


def test_made_up_weeklies_are_as_large_as_was_asked_for(tmp_path: Path) -> None:
    publish_weeklies(SMALL, tmp_path, tags=[OLD])
    size = sum(path.stat().st_size for path in binary_folder(tmp_path).glob("*.tar.gz"))
    assert 0.7 < size / SMALL.compressed_bytes < 1.3
    assert abs(sum(len(tree.files) + 2 for tree in SMALL.trees.values()) - SMALL.files) < SMALL.products


def test_a_week_changes_as_many_products_as_a_real_one() -> None:
    full = Weeklies()
    old, new = full.versions(OLD), full.versions(NEW)
    moved = sum(old[name] != new[name] for name in old)
    sources = sum(old[name].partition("+")[0] != new[name].partition("+")[0] for name in old)
    assert (len(old), sources, moved - sources) == (120, 17, 74)
    weight = sum(full.trees[name].weight for name in full.changed)
    assert 0.1 < weight / sum(tree.weight for tree in full.trees.values()) < 0.18


def test_the_program_makes_a_package_root_once(tmp_path: Path, project_root: Path) -> None:
    command = [sys.executable, str(project_root / "benchmarks/producttrees.py"), str(tmp_path / "root")]
    size = ["--products", "8", "--files", "60", "--megabytes", "1"]
    first = run([*command, *size], cwd=None, env=None, timeout=60)
    assert "8 products, tags w_2026_42 and w_2026_43" in first.stdout
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "root").rglob("*.tar.gz")}
    assert run([*command, *size], cwd=None, env=None, timeout=60).stdout == first.stdout
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "root").rglob("*.tar.gz")}
    assert run([*command, "--products", "9"], cwd=None, env=None, timeout=60, check=False).returncode == 1


@pytest.mark.slow
@pytest.mark.network
def test_the_installation_is_measured(tmp_path: Path, project_root: Path) -> None:
    command = [sys.executable, str(project_root / "benchmarks/bench_install.py"), "--root", str(tmp_path)]
    size = ["--products", "8", "--files", "60", "--megabytes", "1", "--rounds", "1", "--json"]
    answer = json.loads(run([*command, *size], cwd=None, env=None, timeout=120).stdout)
    rows = {row["name"]: row["best_seconds"] for row in answer["rows"]}
    assert {"tar, one after the other", "fresh, from a folder", "nothing to do"} <= set(rows)
    figures = {figure["name"]: figure["value"] for figure in answer["figures"]}
    assert {"fresh, of tar", "next weekly, of fresh", "peak memory"} <= set(figures)
    assert all(value > 0 for value in (*rows.values(), *figures.values()))


@pytest.mark.slow
@pytest.mark.conda
def test_the_making_of_an_environment_is_measured(tmp_path: Path, project_root: Path) -> None:
    command = [sys.executable, str(project_root / "benchmarks/bench_environment.py")]
    size = [
        "--packages",
        "5",
        "--files",
        "50",
        "--rounds",
        "1",
        "--snapshot",
        str(tmp_path / "none"),
        "--json",
    ]
    answer = json.loads(run([*command, *size], cwd=None, env=None, timeout=120).stdout)
    assert [row["name"] for row in answer["rows"]] == ["environment, warm cache", "cp -al of it"]
    assert answer["figures"][0]["value"] > 0


@pytest.mark.slow
@pytest.mark.conda
def test_solving_is_measured(shared_dir: Path, project_root: Path) -> None:
    command = [sys.executable, str(project_root / "benchmarks/bench_solve.py"), "--rounds", "1", "--json"]
    options = ["--snapshot", str(shared_dir / "data/conda-forge-snapshot")]
    answer = json.loads(run([*command, *options], cwd=None, env=None, timeout=600).stdout)
    assert [row["name"] for row in answer["rows"]] == [
        "solve rubin-env=13.0.1", "the same, bare", "check of all platforms",
    ]  # fmt: skip
    assert all(figure["value"] > 0 for figure in answer["figures"])


def test_without_a_channel_no_solving_is_measured(tmp_path: Path, project_root: Path) -> None:
    command = [sys.executable, str(project_root / "benchmarks/bench_solve.py")]
    done = run([*command, "--snapshot", str(tmp_path / "none")], cwd=None, env=None, timeout=60)
    assert (done.stdout, done.stderr.partition(":")[0]) == ("", "skipped")
