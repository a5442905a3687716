"""The next weekly from servers that misbehave: parts are proven, and whole packages are the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from lsstinstall.core.errors import ExitCode
from tests.support.soundstacks import faults_in, stack_state
from tests.support.webservers import WebServer, serve
from tests.support.weeklies import NEW, OLD, TOP, Weeklies, binary_folder, publish_weeklies

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytestmark = [pytest.mark.network, pytest.mark.process]

WEEKLIES = Weeklies(products=8, files=200, compressed_bytes=2_000_000)
CHANGED = min(WEEKLIES.changed)
ARCHIVE = f"{CHANGED}-{WEEKLIES.versions(NEW)[CHANGED]}@Linux64.tar.gz"
INDEX = f"{ARCHIVE}.index"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weeklies")
    publish_weeklies(WEEKLIES, folder)
    return folder


@pytest.fixture(scope="module")
def files(root: Path) -> Mapping[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


class _Site:
    """A server, and a stack that has the first weekly."""

    def __init__(self, server: WebServer, root: Path, folder: Path) -> None:
        self.server = server
        self.stack = folder / "stack"
        self._whole = folder / "whole"
        self._root = root
        self._below = binary_folder(root).relative_to(root).as_posix()
        self.archive, self.index = f"{self._below}/{ARCHIVE}", f"{self._below}/{INDEX}"
        assert self._add(self.stack, OLD, str(binary_folder(root))) == 0

    def _add(self, stack: Path, tag: str, pkgroot: str) -> int:
        where = ["--stack", str(stack), "--pkgroot", pkgroot, "--flavor", "Linux64"]
        return run_main(cli, name="lsstinstall", arguments=["add", "-t", tag, TOP, *where, "--quiet"])

    def update(self) -> int:
        return self._add(self.stack, NEW, f"{self.server.url}/{self._below}")

    def check_complete(self) -> None:
        for tag in (OLD, NEW):
            assert self._add(self._whole, tag, str(binary_folder(self._root))) == 0
        assert faults_in(self.stack) == []
        assert stack_state(self.stack) == stack_state(self._whole)

    def check_refused(self) -> None:
        """Look for a version that is not there, while the old ones are whole; the next run brings it."""
        assert faults_in(self.stack) == []
        assert not (self.stack / "Linux64" / CHANGED / WEEKLIES.versions(NEW)[CHANGED]).exists()
        assert self._add(self.stack, NEW, str(binary_folder(self._root))) == 0
        self.check_complete()


@pytest.fixture
def site(files: Mapping[str, bytes], root: Path, tmp_path: Path) -> Iterator[_Site]:
    with serve(WebServer(files=dict(files))) as server:
        yield _Site(server, root, tmp_path)


def test_a_good_server_sends_only_what_changed(site: _Site) -> None:
    assert site.update() == 0
    asked = [(path.rpartition("/")[2], part) for method, path, part in site.server.asked if method == "GET"]
    archives = [(name.partition("-")[0], part) for name, part in asked if name.endswith(".tar.gz")]
    assert any(part is not None for _, part in archives)
    # Nothing of the small top product stays the same.
    assert {product for product, part in archives if part is None} <= {TOP, CHANGED}
    site.check_complete()


def test_a_server_without_ranges_sends_whole_packages(site: _Site) -> None:
    site.server.ranges = False
    assert site.update() == 0
    site.check_complete()


def test_a_server_that_sends_other_parts_than_it_was_asked_for_is_caught(site: _Site) -> None:
    site.server.wrong_range = True
    if site.update():
        site.check_refused()
    else:
        site.check_complete()


def test_parts_that_break_off_are_fetched_again(site: _Site) -> None:
    site.server.cuts[site.archive] = [100]
    assert site.update() == 0
    assert site.server.cuts[site.archive] == []
    site.check_complete()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_passing_failures_of_parts_are_waited_for(status: int, site: _Site) -> None:
    site.server.statuses[site.archive] = [status]
    assert site.update() == 0
    site.check_complete()


@pytest.mark.parametrize("status", [403, 404, 503])
def test_lasting_failures_of_parts_are_told(
    status: int, site: _Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.server.statuses[site.archive] = [status] * 50
    assert site.update() in {ExitCode.UNAVAILABLE, ExitCode.NOT_FOUND}
    assert CHANGED in capsys.readouterr().err
    site.check_refused()


@pytest.mark.parametrize("seed", range(4))
def test_parts_with_other_content_are_refused(
    seed: int, site: _Site, capsys: pytest.CaptureFixture[str]
) -> None:
    data = bytearray(site.server.files[site.archive])
    for position in range(seed, len(data), 97):
        data[position] ^= 1 << seed
    site.server.files[site.archive] = bytes(data)
    assert site.update() == ExitCode.CORRUPT
    assert CHANGED in capsys.readouterr().err
    site.check_refused()


def test_a_package_that_became_shorter_is_refused(site: _Site) -> None:
    site.server.files[site.archive] = site.server.files[site.archive][:500]
    assert site.update() in {ExitCode.CORRUPT, ExitCode.UNAVAILABLE}
    site.check_refused()


def test_a_missing_index_costs_only_time(site: _Site) -> None:
    del site.server.files[site.index]
    assert site.update() == 0
    site.check_complete()


@pytest.mark.parametrize("seed", range(3))
def test_a_wrong_index_makes_no_wrong_product(seed: int, site: _Site) -> None:
    data = bytearray(site.server.files[site.index])
    data[len(data) * seed // 3 + 7] ^= 1 << seed
    site.server.files[site.index] = bytes(data)
    if site.update():
        site.check_refused()
    else:
        site.check_complete()
