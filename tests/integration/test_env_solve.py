"""`rubin-releng env solve` and `env check` as a maintainer calls them."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.commands.frame import run_main
from rubin_releng.commands.main import cli
from tests.support.condaindexes import Listed, write_index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

pytestmark = pytest.mark.conda

LEDGER = """\
schema: 1
name: rubin-env
outputs:
  rubin-env-nosysroot: {}
  rubin-env: {}
  rubin-env-rsp: {}
lines:
  "main": {versions: ["2.0.0"], live: true}
  "1": {versions: ["1.0.0"], live: true}
versions:
  "2.0.0": {build: 3, platforms: [linux-64, osx-arm64]}
  "1.0.0": {build: 0, platforms: [linux-64]}
requirements:
  rubin-env-nosysroot:
    run:
      moto:
      - {limit: "<5", versions: ["1.0.0"], reason: "5 renamed everything"}
      - {versions: ["2.0.0"]}
      python:
      - {limit: ">=3.13,<3.14", versions: ["2.0.0"]}
      scipy:
      - {limit: "<1.17", versions: ["2.0.0"],
        ticket: DM-12345, since: 2026-02-03, review: 2026-08-01, reason: "1.17 gives other sums"}
  rubin-env:
    run:
      rubin-env-nosysroot:
      - {limit: "exact"}
  rubin-env-rsp:
    run:
      rubin-env:
      - {limit: "exact"}
"""

PACKAGES = (
    Listed(file="moto-4.0-h0_0", subdir="noarch"),
    Listed(file="moto-5.0-h0_0", subdir="noarch"),
    Listed(file="python-3.12.1-h0_0"),
    Listed(file="python-3.13.5-h0_0"),
    Listed(file="scipy-1.16.3-h0_0", depends=("python >=3.13",), date="2026-01-10"),
    Listed(file="scipy-1.17.0-h0_0", depends=("python >=3.13",), date="2026-01-20"),
    Listed(file="scipy-1.18.0-h0_0", depends=("python >=3.13",), date="2026-03-01"),
    Listed(file="old-1.0-h0_0", depends=("python <3.13",)),
    Listed(file="new-1.0-h0_0", depends=("scipy >=1.17",)),
    Listed(file="needs-14-h0_0", depends=("__glibc >=2.99",)),
    Listed(file="needs-too-14-h0_0", depends=("__glibc >=2.99",)),
    Listed(file="rubin-env-nosysroot-2.0.0-h1_3", depends=("moto", "python >=3.13,<3.14", "scipy <1.17")),
    Listed(file="rubin-env-2.0.0-h2_3", depends=("rubin-env-nosysroot ==2.0.0 h1_3",)),
    Listed(file="rubin-env-rsp-2.0.0-h3_4", depends=("rubin-env ==2.0.0 h2_4",)),
)


@pytest.fixture(autouse=True)
def _quiet_logging() -> Iterator[None]:
    """Undo what a command does to the logging of its process."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def channel(tmp_path: Path) -> Path:
    return write_index(tmp_path / "channel", *PACKAGES, subdirs=("linux-64", "osx-arm64"))


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with a small ledger, in which the commands run."""
    folder = tmp_path / "checkout"
    (folder / "recipes/rubin-env").mkdir(parents=True)
    (folder / "recipes/rubin-env/requirements.yaml").write_text(LEDGER)
    (folder / "docs").mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run(*arguments: object) -> tuple[int, str, str]:
        code = run_main(cli, name="rubin-releng", arguments=["env", *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def answer(call: Callable[..., tuple[int, str, str]]) -> Callable[..., tuple[int, Mapping[str, Any]]]:
    def run(*arguments: object) -> tuple[int, Mapping[str, Any]]:
        code, out, _ = call(*arguments, "--json")
        data: Mapping[str, Any] = json.loads(out)
        return code, data

    return run


def _solve(channel: Path, *specs: str, platform: str = "linux-64") -> tuple[object, ...]:
    return ("solve", *specs, "--channel", channel, "--platform", platform)


def test_a_conflict_is_told_with_the_row_that_makes_it(
    call: Callable[..., tuple[int, str, str]], checkout: Path, channel: Path
) -> None:
    code, out, err = call(*_solve(channel, "rubin-env=2.0.0", "new"))
    assert (code, out) == (1, "")
    row = "recipes/rubin-env/requirements.yaml:22, 1.17 gives other sums, DM-12345, since 2026-02-03"
    assert err.splitlines() == [
        "error: no solution for `rubin-env=2.0.0`, `new` on linux-64 (1 problem)",
        "  - `scipy <1.17` and `new` exclude one another",
        f"      `scipy <1.17`: {row}",
        "      `new`: asked for",
        "      | new * cannot be installed because there are no viable options:",
        "      | └─ new 1.0 would require",
        "      |    └─ scipy >=1.17, for which no candidates were found.",
        "      solved by: `scipy <1.17` -> `scipy <=1.17.0`, which takes 1.17.0",
        "      solved by: leave `new` out",
        "  hint: there is a solution with: `scipy <1.17` -> `scipy <=1.17.0`, which takes 1.17.0",
    ]
    assert checkout.is_dir()


def test_a_conflict_is_told_to_programs(
    answer: Callable[..., tuple[int, Mapping[str, Any]]], checkout: Path, channel: Path
) -> None:
    ledger = checkout / "recipes/rubin-env"
    code, data = answer(*_solve(channel, "rubin-env=2.0.0", "new"), "--ledger", ledger)
    assert (code, data["error"]["code"]) == (1, 1)
    (conflict,) = data["conflicts"]
    assert [one["spec"] for one in conflict["requirements"]] == ["scipy <1.17", "new"]
    assert conflict["requirements"][0]["reason"] == "1.17 gives other sums"
    assert conflict["relaxations"][0] == {"from": "scipy <1.17", "to": "scipy <=1.17.0", "version": "1.17.0"}
    assert data["solved_by"] == [conflict["relaxations"][0]]


def test_a_channel_with_some_of_the_outputs_only_is_told(
    answer: Callable[..., tuple[int, Mapping[str, Any]]], checkout: Path, channel: Path
) -> None:
    code, data = answer(*_solve(channel, "rubin-env-rsp"))
    assert code == 1
    (conflict,) = data["conflicts"]
    assert conflict["requirements"][0]["place"] == "recipes/rubin-env/requirements.yaml:31"
    assert conflict["finding"].startswith(
        "the channels have only some of the outputs of `rubin-env-rsp 2.0.0`"
    )
    assert conflict["relaxations"] == []
    assert checkout.is_dir()


def test_without_a_ledger_a_conflict_is_told_all_the_same(
    answer: Callable[..., tuple[int, Mapping[str, Any]]],
    channel: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, data = answer(*_solve(channel, "rubin-env", "old"))
    assert code == 1
    requirements = data["conflicts"][0]["requirements"]
    assert [one["needed_by"] for one in requirements] == ["rubin-env-nosysroot 2.0.0", None]


def test_what_a_machine_lacks_is_told(
    call: Callable[..., tuple[int, str, str]], checkout: Path, channel: Path
) -> None:
    code, _, err = call(*_solve(channel, "needs"))
    assert code == 1
    assert "a machine with glibc 2.99 may do: `--virtual glibc=2.99`" in err
    assert call(*_solve(channel, "needs"), "--virtual", "glibc=3.0")[0] == 0
    _, _, err = call(*_solve(channel, "needs", "needs-too"))
    assert "(1 problem)" in err
    assert "solve for a newer one, `--virtual glibc=2.99`" in err
    assert checkout.is_dir()


@pytest.mark.parametrize(
    ("date", "version"),
    [("2026-01-10", "1.16.3"), ("2026-01-20T00:00:00Z", "1.17.0"), ("2026-12-31", "1.18.0")],
)
def test_an_environment_of_a_past_day_is_solved(
    answer: Callable[..., tuple[int, Mapping[str, Any]]], channel: Path, date: str, version: str
) -> None:
    code, data = answer(*_solve(channel, "scipy"), "--exclude-newer", date)
    assert code == 0
    assert {one["name"]: one["version"] for one in data["packages"]}["scipy"] == version


def test_wrong_dates_platforms_and_ledgers_are_told(
    answer: Callable[..., tuple[int, Mapping[str, Any]]], channel: Path, checkout: Path, tmp_path: Path
) -> None:
    assert answer(*_solve(channel, "scipy"), "--exclude-newer", "yesterday")[0] == 2
    assert answer(*_solve(channel, "scipy", platform="linux-65"))[0] == 2
    assert answer("check", "--channel", channel, "--platform", "linux-65")[0] == 3
    assert answer("check", "--platform", "linux-65")[0] == 3
    assert answer(*_solve(channel, "scipy >9"), "--ledger", tmp_path / "none")[0] == 3
    (checkout / "recipes/rubin-env/requirements.yaml").write_text(LEDGER.replace('"<1.17"', '"<1.17 >"'))
    code, data = answer(*_solve(channel, "scipy >9"))
    assert code == 5
    assert "requirements.yaml:22:" in data["error"]["problems"][0]["message"]


def test_a_check_tries_all_on_every_platform(
    answer: Callable[..., tuple[int, Mapping[str, Any]]], checkout: Path, channel: Path
) -> None:
    code, data = answer("check", "--channel", channel, "--today", "2026-08-02")
    assert (code, data["version"], data["platforms"]) == (1, "2.0.0", ["linux-64", "osx-arm64"])
    assert checkout.is_dir()
    found = {(one["kind"], one["platform"], one["place"].rpartition(":")[2]) for one in data["findings"]}
    assert found == {
        ("missing", "osx-arm64", "20"),
        ("missing", "osx-arm64", "22"),
        ("past-date", None, "22"),
        ("lacking", None, "18"),
        ("idle", "linux-64", "20"),
        ("liftable", "linux-64", "22"),
        ("unexplained", None, "20"),
    }
    assert (data["errors"], data["warnings"], data["notes"]) == (2, 3, 2)
    assert [one["severity"] for one in data["findings"]] == ["error"] * 2 + ["warning"] * 3 + ["note"] * 2


def test_a_check_says_in_words_what_to_do(
    call: Callable[..., tuple[int, str, str]], checkout: Path, channel: Path
) -> None:
    arguments = (
        "check",
        "rubin-env",
        "--channel",
        channel,
        "--platform",
        "linux-64",
        "--today",
        "2026-01-01",
    )
    code, out, _ = call(*arguments, "--virtual", "glibc=2.34", "--virtual", "osx=14")
    assert code == 0
    assert "warning: recipes/rubin-env/requirements.yaml:18: line `main` needs `moto`" in out
    assert "  hint: recipes/rubin-env/requirements.yaml:17: 5 renamed everything" in out
    assert out.splitlines()[-1] == "2.0.0: 0 errors, 2 warnings, 2 notes"
    code, out, _ = call(*arguments, "--version", "1.0.0")
    assert out.splitlines()[-1].startswith("1.0.0: 0 errors")
    assert checkout.is_dir()


def test_documents_that_name_a_version_that_is_not_there_are_told(
    call: Callable[..., tuple[int, str, str]], checkout: Path, tmp_path: Path
) -> None:
    (checkout / "docs/releases.md").write_text("# 23.0\nmade with rubin-env 0.8.5 and rubin-env 1.0.0\n")
    (checkout / "docs/_build").mkdir()
    (checkout / "docs/_build/old.md").write_text("rubin-env 0.8.5\n")
    (checkout / "docs/picture.png").write_bytes(b"rubin-env 0.8.5")
    code, out, err = call("check", "--today", "2026-01-01")
    assert code == 1
    assert "error: docs/releases.md:2:21: there is no rubin-env `0.8.5`\n  hint: " in out
    assert out.count("0.8.5") == 1
    assert "no requirement was tried: give a channel by `--channel`" in err
    assert call("check", "--documents", checkout / "docs/_build/old.md")[0] == 1
    assert call("check", "--documents", tmp_path / "none")[0] == 3
    assert call("check", "--today", "soon")[0] == 2
    assert call("check", "nonsense")[0] == 3


@pytest.fixture
def snapshot(shared_dir: Path) -> Path:
    """What conda-forge had of the packages behind rubin-env in summer 2026; its indexes are packed."""
    return shared_dir / "data/conda-forge-snapshot"


@pytest.mark.parametrize(
    ("arguments", "members", "solved_by"),
    [
        (
            ("rubin-env=13.0.1", "--platform", "osx-arm64"),
            ["compilers >=1.9.0", "clang_osx-arm64 19.*"],
            [None],
        ),
        (
            ("rubin-env=13.0.1", "scipy<1.16", "--platform", "linux-64", "--virtual", "glibc=2.34"),
            ["scipy >=1.16.3,<1.17", "scipy<1.16"],
            ["scipy <=1.16.3"],
        ),
    ],
)
def test_real_conflicts_are_told_in_few_limits(
    answer: Callable[..., tuple[int, Mapping[str, Any]]],
    snapshot: Path,
    project_root: Path,
    arguments: tuple[str, ...],
    members: list[str],
    solved_by: list[str | None],
) -> None:
    ledger = project_root / "recipes/rubin-env"
    code, data = answer("solve", *arguments, "--channel", snapshot, "--ledger", ledger)
    assert code == 1
    (conflict,) = data["conflicts"]
    assert [one["spec"] for one in conflict["requirements"]] == members
    assert all("requirements.yaml:" in one["place"] for one in conflict["requirements"] if one["needed_by"])
    assert [one["to"] for one in data["solved_by"]] == solved_by


def test_a_platform_that_lacks_many_packages_is_told_all_of_them(
    answer: Callable[..., tuple[int, Mapping[str, Any]]], snapshot: Path, project_root: Path
) -> None:
    ledger = project_root / "recipes/rubin-env"
    platform = ("--platform", "osx-64", "--ledger", ledger)
    code, data = answer("solve", "rubin-env=13.0.1", "--channel", snapshot, *platform)
    assert code == 1
    missing = [one for one in data["conflicts"] if "no package" in one["finding"]]
    assert len(data["conflicts"]) > 50
    assert "the channels have no package `eups` for this platform" in {one["finding"] for one in missing}


@pytest.mark.slow
def test_the_real_limits_are_checked_on_all_platforms(
    answer: Callable[..., tuple[int, Mapping[str, Any]]],
    snapshot: Path,
    project_root: Path,
) -> None:
    arguments = ("--root", project_root, "--channel", snapshot, "--virtual", "glibc=2.34")
    code, data = answer("check", "rubin-env", *arguments)
    assert code == 1
    assert len(data["platforms"]) == 4
    kinds = {(one["kind"], one["platform"]) for one in data["findings"]}
    # The sample has all of it for one platform only.
    assert {platform for kind, platform in kinds if kind == "missing"} == {
        "linux-aarch64", "osx-64", "osx-arm64",
    }  # fmt: skip
    assert {("liftable", "linux-64"), ("idle", "linux-64")} <= kinds
    assert "unknown-version" not in {kind for kind, _ in kinds}
