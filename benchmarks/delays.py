"""A server that is far away: a proxy on the loopback interface that makes each request wait.

``python benchmarks/delays.py PORT SECONDS`` passes on to that port, prints its own, and serves until it is
ended. A connection costs one more delay, as its handshake would.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["far_away"]

_CHUNK = 1 << 18
_HOST = "127.0.0.1"


@contextmanager
def far_away(port: int, seconds: float) -> Iterator[str]:
    """Put a local server far away.

    Parameters
    ----------
    port : `int`
        Where the server listens.
    seconds : `float`
        How long each request waits.

    Yields
    ------
    url : `str`
        Where to ask instead, without a final slash.
    """
    command = [sys.executable, __file__, str(port), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://{_HOST}:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


def _pass_on(source: socket.socket, target: socket.socket, seconds: float) -> None:
    with suppress(OSError):
        while chunk := source.recv(_CHUNK):
            time.sleep(seconds)
            target.sendall(chunk)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _connect(client: socket.socket, port: int, seconds: float) -> None:
    time.sleep(seconds)
    with client, socket.create_connection((_HOST, port)) as server:
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        answers = threading.Thread(target=_pass_on, args=(server, client, 0), daemon=True)
        answers.start()
        # A request fits into one chunk; answers flow freely once they began.
        _pass_on(client, server, seconds)
        answers.join()


def main() -> None:
    """Serve until the end."""
    port, seconds = int(sys.argv[1]), float(sys.argv[2])
    with socket.create_server((_HOST, 0), backlog=64) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_connect, args=(client, port, seconds), daemon=True).start()


if __name__ == "__main__":
    main()
