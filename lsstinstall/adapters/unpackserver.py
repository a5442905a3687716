"""What a worker process does: unpack one package after the other, as it is told on its standard input.

A request is a line of JSON. Unless it names a file, the package follows in
frames: four bytes of length, most significant first, and so many bytes of
content; a frame of length 0 ends it, and `GIVEN_UP` says that the rest never
comes. The answer is a line of JSON, before which lines ``{"read": n}`` may
tell of progress. Without a parent there is nothing to do: the end of the input
ends the process, in the middle of a package too.
"""

from __future__ import annotations

import json
import os
import select
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain
from lsstinstall.adapters.folders import check_content
from lsstinstall.adapters.unpacking import Unpacking
from lsstinstall.core.errors import CorruptError, ToolkitError
from lsstinstall.core.filelists import format_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

__all__ = ["GIVEN_UP", "LENGTH_BYTES", "main", "serve"]

LENGTH_BYTES = 4
"""Of the number in front of each frame."""

GIVEN_UP = 0xFFFFFFFF
"""Length that no frame has."""

_CHUNK = 1 << 18
_TOLD = 1 << 21


class _ParentGoneError(Exception):
    """Nobody waits for what we do."""


class _GivenUpError(Exception):
    """The parent has no more of this package."""


def main() -> None:
    """Serve the parent process."""
    os.umask(0)
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
            answer = _unpack(request, package)
        except _GivenUpError:
            answer = {}
        except ToolkitError as error:
            answer = {"error": type(error).__name__, "message": str(error), "hint": error.hint}
        _tell(answers, answer)
        package.pass_over()


def _tell(answers: BinaryIO, answer: dict[str, object]) -> None:
    answers.write(json.dumps(answer).encode() + b"\n")
    answers.flush()


def _unpack(request: dict[str, str], package: _Package) -> dict[str, object]:
    unpacking = Unpacking(request["tree"], umask=int(request["umask"]))
    try:
        try:
            unpacking.run(package.chunks())
        except CorruptError as error:
            # That it is not what was promised says more than how it is damaged.
            package.check()
            raise CorruptError(
                f"cannot unpack `{request['name']}`: {error}", hint="fetch or make it again"
            ) from error
        package.check()
        _write_record(request, unpacking)
    except OSError as error:
        raise explain(error, doing=f"unpack `{request['name']}` to") from error
    return {"bytes": package.size_bytes}


def _write_record(request: dict[str, str], unpacking: Unpacking) -> None:
    prefix = f"{request['folder']}/"
    outside = [path for path in (*unpacking.files, *unpacking.links) if not path.startswith(prefix)]
    if outside:
        raise CorruptError(f"`{outside[0]}` is not in the folder `{request['folder']}`")
    cut = len(prefix)
    data = format_rows(
        ((path[cut:], mode, size, digest) for path, mode, size, digest in unpacking.files.values()),
        ((path[cut:], target) for path, target in unpacking.links.items()),
    )
    descriptor = os.open(request["record"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, int(request["mode"]))
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


class _Package:
    """The package that a request is about, read once."""

    def __init__(self, request: dict[str, str], requests: BinaryIO, answers: BinaryIO) -> None:
        self._request = request
        self._requests = requests
        self._answers = answers
        self._digest = sha256()
        self._in_frames = "file" not in request
        self._chunks = self._frames() if self._in_frames else self._file(Path(request["file"]))
        self.size_bytes = 0

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
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(_CHUNK):
                if parent.poll(0):
                    raise _ParentGoneError
                yield chunk
                if self.size_bytes - told >= _TOLD:
                    _tell(self._answers, {"read": self.size_bytes - told})
                    told = self.size_bytes
        _tell(self._answers, {"read": self.size_bytes - told})
