"""`lsstinstall` with settings of a file, through mirrors and logins, and without a network."""

from __future__ import annotations

import json
import logging
import shutil
from typing import TYPE_CHECKING

import pytest

from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from tests.support.distribution import NEW_TAG, Distribution, make_distribution
from tests.support.guardedservers import guarding, unused_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.conda, pytest.mark.network, pytest.mark.process]

LOGIN = "me:s3cret"


@pytest.fixture(autouse=True)
def _quiet_logging() -> Iterator[None]:
    """Undo what a command does to the logging of its process."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="module")
def distribution(tmp_path_factory: pytest.TempPathFactory) -> Distribution:
    return make_distribution(tmp_path_factory.mktemp("distribution"))


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file with the settings; nothing of this machine counts."""
    for name in (
        "HTTP_PROXY",
        "http_proxy",
        "NO_PROXY",
        "no_proxy",
        "CONDA_EXE",
        "CONDA_PKGS_DIRS",
        "EUPS_PATH",
    ):
        monkeypatch.delenv(name, raising=False)
    for name in ("XDG_CACHE_HOME", "RATTLER_CACHE_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    path = tmp_path / "config.toml"
    monkeypatch.setenv("LSSTINSTALL_CONFIG", str(path))
    return path


def _settings(channel: str, root: str, *, mirrors: dict[str, list[str]] | None = None) -> str:
    lines = [f"channels = {json.dumps([channel])}", f"eups_url = {json.dumps(root)}", "jobs = 2", "[mirrors]"]
    return "\n".join(
        [*lines, *(f"{json.dumps(url)} = {json.dumps(places)}" for url, places in (mirrors or {}).items())]
    )


def _run(*arguments: str) -> int:
    return run_main(cli, name="lsstinstall", arguments=["-T", NEW_TAG, "utils", *arguments])


def _here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_channels_and_servers_are_set_once(
    tmp_path: Path, config: Path, distribution: Distribution, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text(_settings(str(distribution.channel), str(distribution.root)))
    here = _here(tmp_path / "here", monkeypatch)
    assert _run() == 0
    stack = here / "conda/envs/lsst-scipipe-13.0.1/share/eups"
    assert (stack / "pkgroot").read_text().startswith(f"{distribution.binaries}|")


def test_a_wrong_setting_is_told_with_its_place(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text("jobs = 2\nchanels = []\n")
    assert _run("-n") == 2
    assert f"{config}:2:1: `chanels`: unknown key" in capsys.readouterr().err


def test_mirrors_serve_environment_and_products_while_the_servers_are_dead(
    tmp_path: Path, config: Path, distribution: Distribution, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = unused_url(tmp_path)
    with (
        guarding(distribution.channel, login=LOGIN) as conda,
        guarding(distribution.root, login=LOGIN) as eups,
    ):
        mirrors = {
            "http://conda.invalid": [dead, f"http://{LOGIN}@{conda.place}"],
            "http://eups.invalid": [dead, f"http://{LOGIN}@{eups.place}"],
        }
        config.write_text(_settings("http://conda.invalid", "http://eups.invalid", mirrors=mirrors))
        here = _here(tmp_path / "here", monkeypatch)
        assert _run() == 0
    stack = here / "conda/envs/lsst-scipipe-13.0.1/share/eups"
    assert (stack / "pkgroot").read_text().startswith("http://eups.invalid/")
    kept = [path for path in here.rglob("*") if path.is_file()]
    assert not [path for path in kept if b"s3cret" in path.read_bytes()]


def test_without_a_network_all_that_was_fetched_before_is_used(
    tmp_path: Path,
    config: Path,
    distribution: Distribution,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with guarding(distribution.channel) as conda, guarding(distribution.root) as eups:
        config.write_text(_settings(conda.url, eups.url))
        _here(tmp_path / "first", monkeypatch)
        assert _run() == 0
        asked = len(conda.asked), len(eups.asked)
        assert _run("--offline") == 0
        # The packages of products are not kept, those of the environment are.
        capsys.readouterr()
        second = _here(tmp_path / "second", monkeypatch)
        assert _run("--offline") == 4
        problem = capsys.readouterr().err
        assert "is needed, and no server is asked offline" in problem
        assert (second / "conda/envs/lsst-scipipe-13.0.1/lib/libz.txt").read_text() == "1.3\n"
        assert (len(conda.asked), len(eups.asked)) == asked


def test_without_a_network_and_a_cache_it_is_said_what_is_missing(
    tmp_path: Path,
    config: Path,
    distribution: Distribution,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    here = _here(tmp_path / "here", monkeypatch)
    with guarding(distribution.channel) as conda:
        config.write_text(f"offline = true\n{_settings(conda.url, str(distribution.root))}")
        assert _run() == 4
        assert f"no usable repodata cache for {conda.url}" in capsys.readouterr().err
    assert list(here.iterdir()) == []
    config.write_text(f"offline = true\n{_settings(str(distribution.channel), 'http://eups.invalid/stack')}")
    assert _run() == 4
    assert f"<http://eups.invalid/stack/src/tags/{NEW_TAG}.list> is needed" in capsys.readouterr().err
    shutil.rmtree(tmp_path / "home", ignore_errors=True)
    config.write_text(f"offline = true\n{_settings(str(distribution.channel), str(distribution.root))}")
    assert _run() == 0


@pytest.mark.parametrize("how", [("-n",), ("-n", "--json"), ("--verbose",), ("--json-events",), ("--json",)])
def test_no_output_shows_a_password(
    tmp_path: Path,
    config: Path,
    distribution: Distribution,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    how: tuple[str, ...],
) -> None:
    with (
        guarding(distribution.channel, login=LOGIN) as conda,
        guarding(distribution.root, login=LOGIN) as eups,
    ):
        addresses = f"http://{LOGIN}@{conda.place}", f"http://{LOGIN}@{eups.place}"
        config.write_text(_settings(*addresses))
        _here(tmp_path / "here", monkeypatch)
        assert _run(*how) == 0
        out, err = capsys.readouterr()
    assert "s3cret" not in out + err
    assert conda.asked
    assert eups.asked


@pytest.mark.parametrize("arguments", [("-p", "a:b"), ("--stack", "a:b"), ()])
def test_a_folder_that_no_search_path_can_name_is_refused(
    tmp_path: Path,
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
) -> None:
    config.write_text("")
    here = _here(tmp_path / ("here" if arguments else "he:re"), monkeypatch)
    assert _run("-n", *arguments) == 2
    assert "has a `:` in its path" in capsys.readouterr().err
    assert list(here.iterdir()) == []
