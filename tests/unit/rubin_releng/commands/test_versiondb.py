from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lsstinstall.commands.frame import run_main
from rubin_releng.commands.versiondb import versiondb

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: str | Path) -> int:
    return run_main(versiondb, name="versiondb", arguments=["verify", *map(str, arguments)])


@pytest.fixture
def right(tmp_path: Path) -> Path:
    path = tmp_path / "b7.txt"
    path.write_text(
        "BUILD=b7\n"
        f"alpha {'1' * 40} g1111111111\n"
        f"beta {'2' * 40} g2222222222+92f4f12fba alpha\n"
        f"delta {'4' * 40} g4444444444+92f4f12fba alpha\n"
        f"gamma {'3' * 40} g3333333333+58a4dd8c81 delta,beta\n"
    )
    return path


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "b8.txt"
    path.write_text(f"BUILD=b8\nalpha {'1' * 40} g1111111111\nbeta {'2' * 40} g2222222222+0000000000 alpha\n")
    return path


def test_a_build_whose_versions_follow_ends_well(right: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(right, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "schema": 1,
        "manifests": [
            {
                "build": "b7",
                "products": 4,
                "scheme": "gSHA+hash",
                "versions_matching": 4,
                "suffixes_matching": 4,
                "mismatches": [],
            }
        ],
    }


def test_a_version_that_does_not_follow_fails_the_command(
    right: Path, wrong: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(right, wrong, "--json") == 1
    first, second = json.loads(capsys.readouterr().out)["manifests"]
    assert (first["build"], first["mismatches"]) == ("b7", [])
    assert second == {
        "build": "b8",
        "products": 2,
        "scheme": "gSHA+hash",
        "versions_matching": 1,
        "suffixes_matching": 1,
        "mismatches": [
            {"product": "beta", "recorded": "g2222222222+0000000000", "expected": "g2222222222+92f4f12fba"}
        ],
    }


def test_people_get_a_table_and_what_is_wrong(
    right: Path, wrong: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(right, wrong) == 1
    assert capsys.readouterr().out == (
        "BUILD  SCHEME     PRODUCTS  VERSIONS MATCHING  SUFFIXES MATCHING  MISMATCHES\n"
        "b7     gSHA+hash         4                  4                  4           0\n"
        "b8     gSHA+hash         2                  1                  1           1\n"
        "\n"
        "BUILD  PRODUCT  RECORDED                EXPECTED\n"
        "b8     beta     g2222222222+0000000000  g2222222222+92f4f12fba\n"
    )


def test_counts_of_a_rule_of_another_time_are_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "b5029.txt"
    path.write_text(f"BUILD=b5029\nalpha {'1' * 40} 20.0.0+3\n")
    assert run(path) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["b5029", "describe+N", "1", "-", "-", "0"]


def test_every_manifest_that_cannot_be_read_is_reported(
    right: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = tmp_path / "cut.txt"
    cut.write_text(right.read_text()[:-30])
    missing = tmp_path / "missing.txt"
    assert run(right, cut, missing) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: some of these manifests cannot be read (2 problems)\n")
    assert f"{cut}:5:" in error
    assert f"cannot read `{missing}`" in error


def test_a_missing_manifest_is_not_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "b1.txt", "--json") == 3
    assert json.loads(capsys.readouterr().out)["error"]["code"] == 3


def test_a_manifest_with_a_cycle_is_corrupt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "b9.txt"
    path.write_text(f"BUILD=b9\nalpha {'1' * 40} g1111111111 beta\nbeta {'2' * 40} g2222222222 alpha\n")
    assert run(path) == 5
    assert "`alpha` -> `beta` -> `alpha`" in capsys.readouterr().err


def test_real_builds_are_verified(shared_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = sorted((shared_dir / "data" / "manifests").glob("b*.txt"))
    assert run("--json", *paths) == 0
    told = json.loads(capsys.readouterr().out)["manifests"]
    assert [one["build"] for one in told] == [path.stem for path in paths]
    assert [one["mismatches"] for one in told] == [[]] * len(paths)
    assert told[-1]["versions_matching"] == told[-1]["products"] == 127
