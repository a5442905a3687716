"""Servers that refuse, fail, stall, lie and send in circles: plain errors, and the next run completes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.eups import Stack
from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from lsstinstall.core.errors import ExitCode
from tests.support.packages import LINUX, product_version, tarball_root
from tests.support.soundstacks import faults_in, stack_state
from tests.support.webservers import WebServer, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.network, pytest.mark.process]

NEEDS: dict[str, tuple[str, ...]] = {
    "sphgeom": (),
    "other": (),
    "utils": ("sphgeom",),
    "top": ("utils", "other"),
}
UTILS = f"utils-{product_version('utils')}@{LINUX}.tar.gz"
MANIFEST = f"manifests/top-{product_version('top')}@{LINUX}.manifest"
LIST = "w_2026_10.list"
MANY = 50


class _Site:
    """A server and a stack."""

    def __init__(self, server: WebServer, folder: Path) -> None:
        self.server = server
        self.stack = folder / "stack"

    def add(self, stack: Path | None = None) -> int:
        where = ["--stack", str(stack or self.stack), "--pkgroot", self.server.url, "--flavor", "Linux64"]
        return run_main(
            cli, name="lsstinstall", arguments=["add", "-t", "w_2026_10", "top", "--quiet", *where]
        )

    def check_only_others_are_installed(self) -> None:
        """Look at a stack that lacks what could not be had; nothing at all is as good as that."""
        if (self.stack / "ups_db").is_dir():
            assert set(Stack.open(self.stack, flavor=LINUX).products()) == {"sphgeom", "other"}
        assert faults_in(self.stack) == []
        assert not (self.stack / "Linux64/utils").exists()

    def check_the_next_run_completes(self) -> None:
        self.server.statuses.clear()
        self.server.cuts.clear()
        self.server.redirects.clear()
        whole = self.stack.with_name("whole")
        assert (self.add(), self.add(whole)) == (0, 0)
        assert faults_in(self.stack) == []
        assert stack_state(self.stack) == stack_state(whole)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[_Site]:
    with serve(WebServer(files=tarball_root(NEEDS))) as server:
        yield _Site(server, tmp_path)


@pytest.mark.parametrize(
    ("path", "status"), [(LIST, 429), (LIST, 504), (MANIFEST, 503), (UTILS, 408), (UTILS, 500), (UTILS, 502)]
)
def test_a_passing_failure_is_waited_for(status: int, path: str, site: _Site) -> None:
    site.server.statuses[path] = [status]
    assert site.add() == 0
    assert site.server.statuses[path] == []
    site.check_the_next_run_completes()


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, ExitCode.UNAVAILABLE),
        (403, ExitCode.UNAVAILABLE),
        (404, ExitCode.NOT_FOUND),
        (410, ExitCode.NOT_FOUND),
        (418, ExitCode.UNAVAILABLE),
        (429, ExitCode.UNAVAILABLE),
        (500, ExitCode.UNAVAILABLE),
        (503, ExitCode.UNAVAILABLE),
    ],
)
def test_a_lasting_failure_is_told_and_nothing_is_half(
    status: int, code: ExitCode, site: _Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.server.statuses[UTILS] = [status] * MANY
    assert site.add() == code
    assert "utils" in capsys.readouterr().err
    site.check_only_others_are_installed()
    site.check_the_next_run_completes()


@pytest.mark.parametrize(
    ("path", "status"), [(LIST, 403), (LIST, 404), (LIST, 503), (MANIFEST, 403), (MANIFEST, 404)]
)
def test_a_failure_before_anything_is_known_changes_nothing(status: int, path: str, site: _Site) -> None:
    site.server.statuses[path] = [status] * MANY
    assert site.add() in {ExitCode.UNAVAILABLE, ExitCode.NOT_FOUND}
    assert not (site.stack / "Linux64").exists()
    site.check_the_next_run_completes()


@pytest.mark.parametrize("status", [405, 501])
def test_a_server_that_does_not_tell_sizes_is_good_enough(status: int, site: _Site) -> None:
    # The size is asked for first.
    site.server.statuses[UTILS] = [status]
    assert site.add() == 0


def test_a_page_that_answers_everything_is_no_package_root(site: _Site, tmp_path: Path) -> None:
    page = b"<!DOCTYPE html><title>Accept the conditions of this network</title>"
    with serve(WebServer(files=dict.fromkeys(site.server.files, page))) as portal:
        assert _Site(portal, tmp_path).add() in {ExitCode.CORRUPT, ExitCode.NOT_FOUND}
    assert not (site.stack / "Linux64").exists()
    site.check_the_next_run_completes()


def test_a_redirection_is_followed(site: _Site) -> None:
    site.server.files["elsewhere"] = site.server.files.pop(UTILS)
    site.server.redirects[UTILS] = "/elsewhere"
    assert site.add() == 0
    assert faults_in(site.stack) == []


@pytest.mark.parametrize("target", [f"/{UTILS}", f"/loop/{UTILS}"])
def test_circles_end(target: str, site: _Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.server.redirects[UTILS] = target
    site.server.redirects[f"loop/{UTILS}"] = f"/{UTILS}"
    begin = time.monotonic()
    assert site.add() == ExitCode.UNAVAILABLE
    assert time.monotonic() - begin < 30
    assert "redirect" in capsys.readouterr().err
    site.check_only_others_are_installed()
    site.check_the_next_run_completes()


def test_a_redirection_to_another_protocol_is_refused(site: _Site) -> None:
    site.server.redirects[UTILS] = "file:///etc/hostname"
    assert site.add() == ExitCode.UNAVAILABLE
    site.check_only_others_are_installed()
    site.check_the_next_run_completes()


@pytest.mark.parametrize("lengths", [True, False])
@pytest.mark.parametrize("ranges", [True, False])
def test_a_connection_that_breaks_is_made_again(site: _Site, *, ranges: bool, lengths: bool) -> None:
    site.server.ranges, site.server.lengths = ranges, lengths
    site.server.cuts[UTILS] = [50]
    if lengths:
        assert site.add() == 0
    else:
        # Nobody can see that something is missing, but the archive's own checksum.
        assert site.add() in {0, ExitCode.CORRUPT}
    assert faults_in(site.stack) == []
    site.check_the_next_run_completes()


def test_a_connection_that_breaks_again_and_again_gets_there_in_the_end(site: _Site) -> None:
    size = len(site.server.files[UTILS])
    site.server.cuts[UTILS] = [size // 10] * 8
    assert site.add() == 0
    assert faults_in(site.stack) == []


def test_a_server_that_sends_another_part_than_it_was_asked_for_is_caught(site: _Site) -> None:
    site.server.wrong_range = True
    site.server.cuts[UTILS] = [50]
    assert site.add() in {0, ExitCode.UNAVAILABLE, ExitCode.CORRUPT}
    assert faults_in(site.stack) == []
    site.server.wrong_range = False
    site.check_the_next_run_completes()


def test_a_file_that_changes_between_two_parts_is_not_mixed(site: _Site) -> None:
    site.server.cuts[UTILS] = [50] + [0] * MANY
    assert site.add() == ExitCode.UNAVAILABLE
    site.server.mark = ("ETag", '"two"')
    other = tarball_root(NEEDS)[UTILS]
    site.server.files[UTILS] = other[:4] + b"\1\2\3\4" + other[8:]
    site.check_the_next_run_completes()


def test_a_server_that_goes_away_is_told_and_its_return_is_enough(
    site: _Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve(WebServer(files=site.server.files)) as gone:
        pass
    assert _Site(gone, tmp_path).add() == ExitCode.UNAVAILABLE
    assert "hint: " in capsys.readouterr().err
    assert not (site.stack / "Linux64").exists()
    site.check_the_next_run_completes()


@pytest.mark.slow
def test_a_server_that_stalls_is_asked_again(site: _Site) -> None:
    site.server.cuts[UTILS] = [50]
    site.server.stall_seconds = 40
    assert site.add() == 0
    assert faults_in(site.stack) == []
