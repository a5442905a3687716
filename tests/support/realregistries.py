"""Debian's docker-registry on the loopback interface."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["program", "serve_real_registry"]


def program(name: str, package: str | None = None) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"`{name}` is not installed (apt-get install {package or name})")
    return path


@contextmanager
def serve_real_registry(folder: Path, *, passwords: Path | None = None) -> Iterator[str]:
    """Run it until the end of the block; yields host and port."""
    command = program("docker-registry")
    folder.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server = f"127.0.0.1:{probe.getsockname()[1]}"
    text = (
        "version: 0.1\nlog: {level: error}\n"
        f"storage: {{filesystem: {{rootdirectory: {folder}}}, delete: {{enabled: true}}}}\n"
        f"http: {{addr: '{server}'}}\n"
    )
    if passwords is not None:
        text += f"auth: {{htpasswd: {{realm: test, path: {passwords}}}}}\n"
    config = folder / "config.yml"
    config.write_text(text)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([command, "serve", str(config)], stdout=log, stderr=log)
        try:
            _wait(server, process)
            yield server
        finally:
            process.terminate()
            process.wait()


def _wait(server: str, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            urllib.request.urlopen(f"http://{server}/v2/").close()
        except urllib.error.HTTPError as error:
            error.close()
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("the registry ended at once")
