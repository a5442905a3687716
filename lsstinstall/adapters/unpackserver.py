"""What a worker process does: unpack one package after the other, as it is told on its standard input.

A request is a line of JSON. Unless it names a file, the package follows in
frames: four bytes of length, most significant first, and so many bytes of
content; a frame of length 0 ends it, and `GIVEN_UP` says that the rest never
comes. One with sources is an order to put a product together: a line
``{"missing": [...]}`` asks for parts of the package, offset and size, one frame each. The answer
is a line of JSON, before which lines ``{"read": n}`` may tell of progress.
Without a parent there is nothing to do: the end of the input ends the process,
in the middle of a package too.
"""

from __future__ import annotations

import errno
import gc
import json
import os
import select
import sys
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING

from lsstinstall.adapters.files import explain
from lsstinstall.adapters.folders import check_content
from lsstinstall.adapters.productlists import write_record
from lsstinstall.adapters.unpacking import Unpacking
from lsstinstall.core.errors import CorruptError, ToolkitError
from lsstinstall.core.filelists import format_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import BinaryIO

__all__ = ["GIVEN_UP", "LENGTH_BYTES", "main", "serve"]

LENGTH_BYTES = 4
"""Of the number in front of each frame."""

GIVEN_UP = 0xFFFFFFFF
"""Length that no frame has."""

_CHUNK = 1 << 18
_TOLD = 1 << 21
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class _ParentGoneError(Exception):
    """Nobody waits for what we do."""


class _GivenUpError(Exception):
    """The parent has no more of this package."""


def main() -> None:
    """Serve the parent process."""
    os.umask(0)
    # Lists of many files look like garbage that might be in cycles; there is none to speak of.
    gc.disable()
    try:
        serve(sys.stdin.buffer, sys.stdout.buffer)
    except (_ParentGoneError, BrokenPipeError):
        # What was begun lies in a place of its own, and the next run removes it.
        os._exit(1)


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until there are no more.

    Parameters
    ----------
    requests, answers : binary files
        See above. The umask of the process must be 0.
    """
    while line := requests.readline():
        request = json.loads(line)
        package = _Package(request, requests, answers)
        try:
            is_assembly = "sources" in request
            answer = _assemble(request, package, answers) if is_assembly else _unpack(request, package)
        except _GivenUpError:
            answer = {}
        except ToolkitError as error:
            answer = {"error": type(error).__name__, "message": str(error), "hint": error.hint}
        _tell(answers, answer)
        package.pass_over()


def _assemble(request: dict[str, object], package: _Package, answers: BinaryIO) -> dict[str, object]:
    # Imported here: a worker that only unpacks should be ready at once.
    from lsstinstall.adapters.assemblies import follow_order  # noqa: PLC0415

    def ask(pieces: Collection[tuple[int, int]]) -> None:
        package.await_frames()
        _tell(answers, {"missing": pieces})

    return follow_order(request, package.chunks(), ask=ask)


def _tell(answers: BinaryIO, answer: dict[str, object]) -> None:
    answers.write(json.dumps(answer).encode() + b"\n")
    answers.flush()


def _unpack(request: dict[str, str], package: _Package) -> dict[str, object]:
    unpacking = Unpacking(request["tree"], umask=int(request["umask"]))
    try:
        try:
            unpacking.run(package.chunks())
            record = _record(request["folder"], unpacking)
        except CorruptError as error:
            # That it is not what was promised says more than how it is damaged.
            package.check()
            raise CorruptError(
                f"cannot unpack <{request['address']}>: {error}", hint="fetch or make it again"
            ) from error
        package.check()
        write_record(request["record"], record, mode=int(request["mode"]))
    except OSError as error:
        if error.filename is None or error.errno in _FULL:
            # Which file was the first without room is nobody's business.
            error.filename = str(Path(request["tree"]).parent)
        raise explain(error, doing=f"unpack <{request['address']}> to") from error
    return {"bytes": package.size_bytes}


def _record(folder: str, unpacking: Unpacking) -> bytes:
    prefix = f"{folder}/"
    outside = [path for path in (*unpacking.files, *unpacking.links) if not path.startswith(prefix)]
    if outside:
        raise CorruptError(f"`{outside[0]}` is not in the folder `{folder}`")
    cut = len(prefix)
    files = unpacking.files.values()
    return format_rows(
        ((path[cut:], mode, size, digest) for path, mode, size, digest, _ in files),
        ((path[cut:], target) for path, target in unpacking.links.items()),
        stamps={file.path[cut:]: file.stamp for file in files},
    )


def _open(path: Path) -> IO[bytes]:
    try:
        return path.open("rb", buffering=0)
    except OSError as error:
        raise explain(error, doing="read") from error


class _Package:
    """The package that a request is about, read once."""

    def __init__(self, request: dict[str, str], requests: BinaryIO, answers: BinaryIO) -> None:
        self._request = request
        self._requests = requests
        self._answers = answers
        self._digest = sha256()
        self._in_frames = not {"file", "sources"} & request.keys()
        self._chunks = self._file(Path(request["file"])) if "file" in request else self._frames()
        self.size_bytes = 0

    def await_frames(self) -> None:
        """Expect frames after all, for they were asked for."""
        self._in_frames = True

    def chunks(self) -> Iterator[bytes]:
        """Go on with the chunks of the package."""
        for chunk in self._chunks:
            self.size_bytes += len(chunk)
            self._digest.update(chunk)
            yield chunk

    def check(self) -> None:
        """Read what is left, and compare the whole with what was promised."""
        for _ in self.chunks():
            pass
        size = self._request.get("size_bytes")
        check_content(
            self._request["address"],
            size_bytes=self.size_bytes,
            sha256=self._digest.hexdigest(),
            expected_size=None if size is None else int(size),
            expected_sha256=self._request.get("sha256"),
        )

    def pass_over(self) -> None:
        """Read frames that nobody wants, so that the next request comes next."""
        if self._in_frames:
            try:
                for _ in self._chunks:
                    pass
            except _GivenUpError:
                return

    def _frames(self) -> Iterator[bytes]:
        while length := int.from_bytes(self._exactly(LENGTH_BYTES), "big"):
            if length == GIVEN_UP:
                raise _GivenUpError
            yield self._exactly(length)

    def _exactly(self, size_bytes: int) -> bytes:
        data = self._requests.read(size_bytes)
        if len(data) < size_bytes:
            raise _ParentGoneError
        return data

    def _file(self, path: Path) -> Iterator[bytes]:
        parent = select.poll()
        parent.register(self._requests.fileno(), 0)
        told = 0
        with _open(path) as file:
            while chunk := file.read(_CHUNK):
                if parent.poll(0):
                    raise _ParentGoneError
                yield chunk
                if self.size_bytes - told >= _TOLD:
                    _tell(self._answers, {"read": self.size_bytes - told})
                    told = self.size_bytes
        _tell(self._answers, {"read": self.size_bytes - told})
