"""Worker processes that unpack packages: Python unpacks on one core only, however many threads it has."""

from __future__ import annotations

import json
import os
import select
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import lsstinstall
from lsstinstall.adapters.process import end, start
from lsstinstall.adapters.unpackserver import GIVEN_UP, LENGTH_BYTES
from lsstinstall.core import errors
from lsstinstall.core.errors import ToolkitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lsstinstall.adapters.assemblies import AssemblyOrder
    from lsstinstall.core.names import Sha256

__all__ = ["UnpackRequest", "Unpackers"]

# Without `site`, which costs more than all that we import; the path is ours.
_PROGRAM = (
    "import sys; sys.path[:] = sys.argv[1:]; from lsstinstall.adapters.unpackserver import main; main()"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpackRequest:
    """One package to unpack.

    Parameters
    ----------
    address : `str`
        Of the package, for errors.
    tree : `~pathlib.Path`
        Folder to make of it.
    folder : `str`
        Folder in the archive that must hold everything.
    record : `~pathlib.Path`
        File to make: the list of files below ``folder``.
    size_bytes : `int` or `None`
        Of the package; `None` is not compared.
    sha256 : `Sha256` or `None`
        Of the package; `None` is not compared.
    """

    address: str
    tree: Path
    folder: str
    record: Path
    size_bytes: int | None
    sha256: Sha256 | None

    def to_line(self, source: Path | None, *, umask: int) -> bytes:
        """Write it down for a worker.

        Parameters
        ----------
        source : `~pathlib.Path` or `None`
            The package; `None` if it follows in frames.
        umask : `int`
            Of this process.

        Returns
        -------
        line : `bytes`
            JSON with a line feed.
        """
        request = {
            "address": self.address,
            "tree": str(self.tree),
            "folder": self.folder,
            "record": str(self.record),
            "umask": umask,
            "mode": 0o666 & ~umask,
            "size_bytes": self.size_bytes,
            "sha256": self.sha256,
        }
        if source is not None:
            request["file"] = str(source.absolute())
        return json.dumps(request).encode() + b"\n"


class Unpackers:
    """Workers, started when they are needed; threads that unpack have one each.

    They ignore Ctrl-C, which the parent answers by starting nothing new, and
    end with the parent, however it ends.
    """

    def __init__(self) -> None:
        self._idle: list[_Worker] = []
        self._lock = threading.Lock()
        # Only asked by setting it, which may happen in one thread alone.
        self._umask = os.umask(0)
        os.umask(self._umask)

    def unpack(
        self, request: UnpackRequest, source: Path | Iterator[bytes], *, advance: Callable[[int], None]
    ) -> int:
        """Unpack a package, and verify it; called by several threads at once.

        Parameters
        ----------
        request : `UnpackRequest`
            What to do.
        source : `~pathlib.Path` or `~collections.abc.Iterator` [ `bytes` ]
            The package on this machine, or its chunks as they come.
        advance : `~collections.abc.Callable`
            Hears of bytes that were read.

        Returns
        -------
        size_bytes : `int`
            Of the package.

        Raises
        ------
        ToolkitError
            Raised if the package or the disk are not as they should be, a worker
            was killed, or the source fails; the tree is then incomplete.
        """
        line = request.to_line(source if isinstance(source, Path) else None, umask=self._umask)
        with self._worker() as worker:
            worker.send(line)
            if not isinstance(source, Path):
                worker.send_frames(source, advance=advance)
            answer = worker.answer(advance=advance)
        return _size(answer)

    def assemble(
        self, order: AssemblyOrder, fetch: Callable[[int, int], bytes], *, advance: Callable[[int], None]
    ) -> int:
        """Put a product together; called by several threads at once.

        Parameters
        ----------
        order : `AssemblyOrder`
            What to do.
        fetch : `~collections.abc.Callable`
            Fetches a part of the package: offset and size in bytes.
        advance : `~collections.abc.Callable`
            Hears of bytes that were fetched.

        Returns
        -------
        size_bytes : `int`
            How much was fetched.

        Raises
        ------
        ToolkitError
            Raised as by `unpack`.
        """
        with self._worker() as worker:
            worker.send(json.dumps(order.to_dict(umask=self._umask)).encode() + b"\n")
            answer = worker.answer(advance=advance)
            missing = answer.get("missing")
            if isinstance(missing, list):
                parts = (fetch(offset, size) for offset, size in missing)
                worker.send_frames(parts, advance=advance)
                answer = worker.answer(advance=advance)
        return _size(answer)

    @contextmanager
    def _worker(self) -> Iterator[_Worker]:
        with self._lock:
            worker = self._idle.pop() if self._idle else None
        worker = worker or _Worker()
        try:
            yield worker
        except _WorkerEndedError as error:
            raise ToolkitError(
                f"a process that unpacked ended with {worker.stop()}",
                hint="if the machine has little memory, use fewer `--jobs`; the same command goes on",
            ) from error
        except BaseException:
            # Who gave up in the middle does not know what the worker says next.
            worker.stop()
            raise
        with self._lock:
            self._idle.append(worker)

    def close(self) -> None:
        """End all workers."""
        while self._idle:
            self._idle.pop().stop()


def _size(answer: dict[str, object]) -> int:
    """Read how much was read, or raise what went wrong."""
    if "error" in answer:
        kind: type[ToolkitError] = getattr(errors, str(answer["error"]), ToolkitError)
        hint = answer["hint"]
        raise kind(str(answer["message"]), hint=None if hint is None else str(hint))
    return int(str(answer["bytes"]))


class _WorkerEndedError(Exception):
    """It is gone, and left no answer."""


class _Worker:
    def __init__(self) -> None:
        ours = str(Path(lsstinstall.__file__).parent.parent)
        path = [one for one in sys.path if one and Path(one).is_absolute()]
        # Ours last but for itself: beside an unfinished installation lies what should not be found first.
        self._process = start([sys.executable, "-S", "-c", _PROGRAM, *path, ours])
        self._input = _pipe(self._process.stdin)
        self._output = _pipe(self._process.stdout)

    def send(self, data: bytes) -> None:
        try:
            self._input.write(data)
            self._input.flush()
        except OSError as error:
            raise _WorkerEndedError from error

    def send_frames(self, chunks: Iterator[bytes], *, advance: Callable[[int], None]) -> None:
        """Pass chunks on while they come; stop when the worker has enough of them."""
        for chunk in chunks:
            self.send(len(chunk).to_bytes(LENGTH_BYTES, "big"))
            self.send(chunk)
            advance(len(chunk))
            if select.select([self._output], [], [], 0)[0]:
                self.send(GIVEN_UP.to_bytes(LENGTH_BYTES, "big"))
                return
        self.send(bytes(LENGTH_BYTES))

    def answer(self, *, advance: Callable[[int], None]) -> dict[str, object]:
        while line := self._output.readline():
            answer: dict[str, object] = json.loads(line)
            if "read" not in answer:
                return answer
            advance(int(str(answer["read"])))
        raise _WorkerEndedError

    def stop(self) -> str:
        """End it, and say how it ended."""
        return end(self._process)


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise AssertionError
    return pipe
