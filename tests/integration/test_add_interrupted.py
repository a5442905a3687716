"""Installations that are stopped in the middle, and what the next run makes of them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.eups import Stack
from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from tests.support.eupsgoldens import list_tree, read_database
from tests.support.fileserver import serving
from tests.support.packages import LINUX, product_version, tarball_root

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.fileserver import FileServer

pytestmark = [pytest.mark.network, pytest.mark.process]

NEEDS = {"sphgeom": (), "utils": (), "afw": ("sphgeom", "utils"), "obs": ("afw",), "top": ("obs", "utils")}
PROGRAM = (sys.executable, "-c", "from lsstinstall.commands.main import main; raise SystemExit(main())")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FileServer]:
    for path, data in tarball_root(NEEDS).items():
        (tmp_path / "server" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "server" / path).write_bytes(data)
    with serving(tmp_path / "server") as running:
        yield running


def _arguments(stack: Path, url: str) -> list[str]:
    where = ["--stack", str(stack), "--pkgroot", url, "--flavor", "Linux64", "--jobs", "1", "--quiet"]
    return ["add", "-t", "w_2026_10", "top", *where]


def _start(stack: Path, url: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*PROGRAM, *_arguments(stack, url)], stderr=subprocess.PIPE)


def _hold(server: FileServer, name: str) -> None:
    # Sizes are asked for before; only the download itself is held.
    server.held = (f"{name}-{product_version(name).replace('+', '%2B')}%40Linux64.tar.gz",)


def _uninterrupted(server: FileServer, tmp_path: Path) -> Path:
    assert run_main(cli, name="lsstinstall", arguments=_arguments(tmp_path / "whole", server.url)) == 0
    return tmp_path / "whole"


def _same(stack: Path, other: Path) -> bool:
    return list_tree(stack) == list_tree(other) and read_database(stack, placeholders={}) == read_database(
        other, placeholders={}
    )


def test_a_killed_installation_leaves_nothing_half_and_the_next_run_goes_on(
    server: FileServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = tmp_path / "stack"
    _hold(server, "afw")
    process = _start(stack, server.url)
    assert server.holding.wait(30)
    process.kill()
    process.communicate()
    server.release()
    found = Stack.open(stack, flavor=LINUX)
    assert set(found.products()) <= {"sphgeom", "utils"}
    assert not (stack / "Linux64/afw").exists()
    assert run_main(cli, name="lsstinstall", arguments=[*_arguments(stack, server.url), "--json"]) == 0
    states = {row["product"]: row["state"] for row in json.loads(capsys.readouterr().out)["products"]}
    assert states["top"] == "installed"
    assert _same(stack, _uninterrupted(server, tmp_path))
    assert not (stack / ".lockDir").exists()


def test_an_interrupted_installation_ends_what_runs_and_begins_nothing_new(
    server: FileServer, tmp_path: Path
) -> None:
    stack = tmp_path / "stack"
    _hold(server, "afw")
    process = _start(stack, server.url)
    assert server.holding.wait(30)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    server.release()
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"error: interrupted after 3 of 5 products\n  hint: run the same command again to go on\n" in err
    found = Stack.open(stack, flavor=LINUX)
    assert found.products() == ("afw", "sphgeom", "utils")
    assert not (stack / ".lockDir").exists()
    assert run_main(cli, name="lsstinstall", arguments=_arguments(stack, server.url)) == 0
    assert _same(stack, _uninterrupted(server, tmp_path))


@pytest.mark.slow
def test_wherever_it_is_killed_the_next_run_repairs(server: FileServer, tmp_path: Path) -> None:
    whole = _uninterrupted(server, tmp_path)
    for moment in (0.0, 0.01, 0.02, 0.04, 0.06, 0.09, 0.12, 0.15):
        stack = tmp_path / f"stack{moment}"
        process = _start(stack, server.url)
        deadline = time.monotonic() + 20
        # Starting Python is most of the time; what matters comes after the stack appears.
        while not (stack / "EupsBuildDir").exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(moment)
        process.kill()
        process.communicate()
        assert run_main(cli, name="lsstinstall", arguments=_arguments(stack, server.url)) == 0
        assert _same(stack, whole)


def test_two_installations_on_one_stack_do_not_mix(server: FileServer, tmp_path: Path) -> None:
    stack = tmp_path / "stack"
    _hold(server, "afw")
    first = _start(stack, server.url)
    assert server.holding.wait(30)
    arguments = [one for one in _arguments(stack, server.url) if one != "--quiet"]
    second = subprocess.Popen([*PROGRAM, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert second.stderr is not None
    assert any(b"waiting for process" in line for line in second.stderr)
    server.release()
    for process in (first, second):
        process.communicate(timeout=60)
    assert (first.returncode, second.returncode) == (0, 0)
    assert _same(stack, _uninterrupted(server, tmp_path))
