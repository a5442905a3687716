"""Servers that fall silent or go away in the middle, between git and a real server of repositories."""

from __future__ import annotations

import socket
import subprocess
import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["StallingServer", "stalling_server"]

_HOST = "127.0.0.1"
_LIFE_SECONDS = 90.0
_CHUNK = 1 << 12


@dataclass
class StallingServer:
    """A server on the loopback interface that passes on what another one says, as far as it is allowed to.

    Parameters
    ----------
    target : `int` or `None`
        Port of the other server; `None` for one that never says anything.
    allowed : `list` [ `int` ]
        How many bytes the next connections may give, in order; later ones may
        give all they have.
    closes : `bool`
        Whether a connection then ends, in place of being silent.
    """

    target: int | None
    allowed: list[int] = field(default_factory=list)
    closes: bool = False
    connections: int = 0
    _listener: socket.socket = field(default_factory=lambda: socket.create_server((_HOST, 0), backlog=64))
    _open: list[socket.socket] = field(default_factory=list)

    @property
    def place(self) -> str:
        """Host and port."""
        return f"{_HOST}:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        """Take connections until `close`."""
        with suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                self.connections += 1
                self._open.append(client)
                if self.target is not None:
                    limit = self.allowed.pop(0) if self.allowed else None
                    self._connect(client, self.target, limit)

    def close(self) -> None:
        """End everything: nobody waits for us any more."""
        for one in (self._listener, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _connect(self, client: socket.socket, target: int, limit: int | None) -> None:
        server = socket.create_connection((_HOST, target))
        self._open.append(server)
        for source, end, most in ((client, server, None), (server, client, limit)):
            threading.Thread(target=self._pass_on, args=(source, end, most), daemon=True).start()

    def _pass_on(self, source: socket.socket, end: socket.socket, most: int | None) -> None:
        with suppress(OSError):
            while chunk := source.recv(_CHUNK if most is None else min(_CHUNK, most)):
                end.sendall(chunk)
                if most is not None and (most := most - len(chunk)) == 0:
                    if self.closes:
                        end.shutdown(socket.SHUT_RDWR)
                    return
        with suppress(OSError):
            end.shutdown(socket.SHUT_WR)


@contextmanager
def stalling_server(repositories: Path | None) -> Iterator[StallingServer]:
    """Serve repositories by git's own protocol, through a server that may stall.

    It ends by itself after a while, and then whoever waits for it ends, too.

    Parameters
    ----------
    repositories : `~pathlib.Path` or `None`
        Folder of repositories; `None` for a server that is silent.

    Yields
    ------
    server : `StallingServer`
        To be told what it may say.
    """
    with ExitStack() as held:
        target = None if repositories is None else held.enter_context(_daemon(repositories))
        server = StallingServer(target)
        held.callback(server.close)
        guard = threading.Timer(_LIFE_SECONDS, server.close)
        guard.start()
        held.callback(guard.cancel)
        threading.Thread(target=server.serve, daemon=True).start()
        yield server


@contextmanager
def _daemon(folder: Path) -> Iterator[int]:
    with socket.create_server((_HOST, 0)) as free:
        port: int = free.getsockname()[1]
    where = (f"--base-path={folder}", f"--listen={_HOST}", f"--port={port}", "--reuseaddr", "--export-all")
    with subprocess.Popen(["git", "daemon", *where, str(folder)], stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(port, process)
            yield port
        finally:
            process.terminate()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        with suppress(OSError):
            socket.create_connection((_HOST, port)).close()
            return
    raise AssertionError
