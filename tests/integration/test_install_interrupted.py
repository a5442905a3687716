"""Installations that are killed, interrupted, or out of luck; the next run completes them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.adapters.condamachines import machine_platform
from tests.support.condachannels import SmallPackage, make_channel, rubin_env_packages
from tests.support.fileserver import FileServer, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytestmark = [pytest.mark.conda, pytest.mark.network, pytest.mark.process]

NAME = "lsst-scipipe-13.0.1"


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    many = {f"share/many/{number}.txt": f"{number}\n" for number in range(300)}
    return make_channel(
        tmp_path_factory.mktemp("made") / "channel",
        machine_platform(),
        *(one for one in rubin_env_packages() if one.version != "12.2.0"),
        SmallPackage(name="rubin-env-developer", version="13.0.1", build="h0_1", files=many),
    )


@pytest.fixture
def server(channel: Path) -> Iterator[FileServer]:
    with serving(channel) as running:
        yield running


class _Installer:
    """Runs the program in a process of its own."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self._url = url
        self._environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "RATTLER_CACHE_DIR": str(folder / "cache"),
        }

    @property
    def prefix(self) -> Path:
        return self.folder / "conda/envs" / NAME

    def start(self, *arguments: str, quiet: bool = True) -> subprocess.Popen[str]:
        """Start it."""
        command = [sys.executable, "-m", "lsstinstall", "-v", "13.0.1", "--json"]
        return subprocess.Popen(
            [*command, *["--quiet"][:quiet], "-C", self._url, "--override-channels", *arguments],
            cwd=self.folder,
            env=self._environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> Mapping[str, Any]:
        """Run it to its end; it must succeed."""
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        answer: Mapping[str, Any] = json.loads(out)
        return answer

    def content(self) -> dict[str, str]:
        """Read all that packages brought."""
        return {
            path.relative_to(self.prefix).as_posix(): path.read_text()
            for top in ("bin", "lib", "share", "etc")
            for path in sorted((self.prefix / top).rglob("*"))
            if path.is_file()
        }


@pytest.fixture
def installer(tmp_path: Path, server: FileServer) -> _Installer:
    folder = tmp_path / "here"
    folder.mkdir()
    return _Installer(folder, server.url)


def _whole(folder: Path, url: str, *arguments: str) -> dict[str, str]:
    folder.mkdir()
    untouched = _Installer(folder, url)
    untouched.run(*arguments)
    return untouched.content()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_run_that_ends_while_it_fetches_is_completed_by_the_next(
    installer: _Installer, server: FileServer, tmp_path: Path, how: signal.Signals
) -> None:
    server.held = ("zlib-1.3-h0_0.conda",)
    with installer.start() as process:
        assert server.holding.wait(30)
        process.send_signal(how)
        process.communicate(timeout=30)
    assert process.returncode == (130 if how is signal.SIGINT else -how)
    assert not (installer.folder / "loadLSST.sh").exists()
    server.held = ()
    server.release()
    assert installer.run()["environment"]["action"] == "rebuild"
    assert installer.content().items() >= _whole(tmp_path / "whole", server.url).items()
    assert installer.run()["environment"]["action"] == "keep"


def test_an_interrupted_run_says_how_to_go_on(installer: _Installer, server: FileServer) -> None:
    server.held = ("zlib-1.3-h0_0.conda",)
    with installer.start() as process:
        assert server.holding.wait(30)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    error = json.loads(out)["error"]
    assert (error["code"], error["message"]) == (130, "interrupted")


def test_a_killed_change_is_repaired_and_keeps_the_products(
    installer: _Installer, server: FileServer, tmp_path: Path
) -> None:
    installer.run()
    (installer.prefix / "share/eups/ups_db/afw").mkdir()
    server.held = ("rubin-env-developer-13.0.1-h0_1.conda",)
    with installer.start("-d") as process:
        assert server.holding.wait(30)
        process.kill()
        process.communicate(timeout=30)
    server.held = ()
    server.release()
    assert installer.run("-d")["environment"]["action"] == "repair"
    assert (installer.prefix / "share/eups/ups_db/afw").is_dir()
    assert installer.content() == _whole(tmp_path / "whole", server.url, "-d")


def test_a_second_run_at_the_same_time_is_refused_on_request(
    installer: _Installer, server: FileServer
) -> None:
    server.held = ("zlib-1.3-h0_0.conda",)
    with installer.start() as first:
        assert server.holding.wait(30)
        with installer.start("--lock-timeout", "0") as second:
            out, _ = second.communicate(timeout=30)
        assert second.returncode == 6
        assert f"is locked by process {first.pid}" in json.loads(out)["error"]["message"]
        server.release()
        first.communicate(timeout=30)
    assert first.returncode == 0


def test_a_second_run_at_the_same_time_finds_done_what_the_first_did(
    installer: _Installer, server: FileServer
) -> None:
    server.held = ("zlib-1.3-h0_0.conda",)
    with installer.start() as first:
        assert server.holding.wait(30)
        with installer.start(quiet=False) as second:
            # It planned and waits when it says for whom.
            assert second.stderr is not None
            assert any("waiting" in line for line in second.stderr)
            server.held = ()
            server.release()
            first.communicate(timeout=30)
            out, err = second.communicate(timeout=30)
    assert (first.returncode, second.returncode) == (0, 0)
    assert json.loads(out)["environment"]["action"] == "keep"
    assert "rebuild" not in err


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.35, 0.5, 0.6, 0.7, 0.8, 0.9])
def test_a_run_killed_at_any_time_is_completed_by_the_next(
    installer: _Installer, server: FileServer, tmp_path: Path, share: float
) -> None:
    begun = time.monotonic()
    whole = _whole(tmp_path / "whole", server.url, "-d")
    longest = time.monotonic() - begun
    for later in (0.0, 0.03, 0.06):
        with installer.start("-d") as process:
            time.sleep((share + later) * longest)
            process.kill()
            process.communicate(timeout=30)
    installer.run("-d")
    assert installer.content() == whole
    assert installer.run("-d")["environment"]["action"] == "keep"
