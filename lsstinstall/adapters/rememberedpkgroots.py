"""What package roots said, kept for the time without a network."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from lsstinstall.adapters.files import decode_text
from lsstinstall.core.accesses import split_access
from lsstinstall.core.errors import NotFoundError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lsstinstall.adapters.http import PkgrootReader
    from lsstinstall.core.names import Sha256

__all__ = ["OfflinePkgroot", "RememberingPkgroot", "memory_folder"]


def memory_folder(environ: Mapping[str, str]) -> Path:
    """Say where answers of package roots are kept.

    Parameters
    ----------
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``XDG_CACHE_HOME`` and ``HOME`` are read.

    Returns
    -------
    folder : `~pathlib.Path`
        It may be missing.
    """
    home = environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME", "~")).expanduser() / ".cache"
    return Path(home) / "lsstinstall" / "pkgroots"


class _Memory:
    """One small file an answer; a damaged or missing one is no answer."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder / _digest(split_access(url).url)

    def keep(self, path: str, content: bytes | None) -> None:
        text = None if content is None else base64.b64encode(content).decode("ascii")
        place = self._folder / _digest(path)
        # A memory that cannot be written is none, and no reason to fail.
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            beside = place.with_name(f"{place.name}.{os.getpid()}")
            beside.write_text(json.dumps({"path": path, "content": text}))
            beside.replace(place)

    def recall(self, path: str) -> tuple[bool, bytes | None]:
        try:
            kept = json.loads((self._folder / _digest(path)).read_bytes())
            content = kept["content"]
            return True, None if content is None else base64.b64decode(content)
        except (OSError, ValueError, KeyError, TypeError):
            return False, None


class RememberingPkgroot:
    """A package root whose texts and listings are kept, as they were last.

    Parameters
    ----------
    root : `PkgrootReader`
        Where they come from.
    memory : `~pathlib.Path`
        Folder for them.
    """

    def __init__(self, root: PkgrootReader, memory: Path) -> None:
        self._root = root
        self._memory = _Memory(memory, root.url)

    @property
    def url(self) -> str:
        """What the root was opened with, without a final slash."""
        return self._root.url

    def read_bytes(self, path: str) -> bytes:
        """Read a whole file, which may be large and is not kept."""
        return self._root.read_bytes(path)

    def read_part(self, path: str, offset: int, size_bytes: int) -> bytes:
        """Read so many bytes of a file."""
        return self._root.read_part(path, offset, size_bytes)

    def read_text(self, path: str) -> str:
        """Read a whole UTF-8 text."""
        content = self._remember(path, lambda: self._root.read_text(path).encode())
        return content.decode()

    def listing(self, directory: str) -> tuple[str, ...]:
        """Name the files of a directory, sorted."""
        names = self._remember(f"{directory}/", lambda: "\n".join(self._root.listing(directory)).encode())
        return tuple(names.decode().splitlines())

    def exists(self, path: str) -> bool:
        """Say whether there is such a file."""
        return self._root.exists(path)

    def size_bytes(self, path: str) -> int | None:
        """Say how large a file is; `None` if the server does not tell."""
        return self._root.size_bytes(path)

    def download(
        self, path: str, destination: Path, *, sha256: Sha256 | None = None, size_bytes: int | None = None
    ) -> int:
        """Fetch a file, which appears at the destination when it is complete and verified."""
        return self._root.download(path, destination, sha256=sha256, size_bytes=size_bytes)

    def sources(self, path: str, beside: Path) -> Iterator[Path | Iterator[bytes]]:
        """Offer a package: a file of this machine, or its chunks as they come."""
        return self._root.sources(path, beside)

    def _remember(self, path: str, ask: Callable[[], bytes]) -> bytes:
        try:
            content = ask()
        except NotFoundError:
            self._memory.keep(path, None)
            raise
        self._memory.keep(path, content)
        return content


class OfflinePkgroot:
    """A package root behind a web server that may not be asked: what it said last.

    Parameters
    ----------
    url : `str`
        Its address.
    memory : `~pathlib.Path` or `None`
        Folder in which its small files were kept; `None` if none were.
    """

    def __init__(self, url: str, memory: Path | None = None) -> None:
        self._url = url.rstrip("/")
        self._memory = None if memory is None else _Memory(memory, self._url)

    @property
    def url(self) -> str:
        """Its address, without a final slash."""
        return self._url

    def read_bytes(self, path: str) -> bytes:
        """Read a whole file, if it was read before."""
        known, content = (False, None) if self._memory is None else self._memory.recall(path)
        if not known:
            self._refuse(path)
        if content is None:
            raise NotFoundError(f"there was no <{self._url}/{path}>")
        return content

    def read_part(self, path: str, offset: int, size_bytes: int) -> bytes:
        """Refuse."""
        del offset, size_bytes
        self._refuse(path)

    def read_text(self, path: str) -> str:
        """Read a whole text, if it was read before."""
        return decode_text(self.read_bytes(path), source=f"{self._url}/{path}")

    def listing(self, directory: str) -> tuple[str, ...]:
        """Name the files of a directory, if they were listed before."""
        return tuple(self.read_bytes(f"{directory}/").decode().splitlines())

    def exists(self, path: str) -> bool:
        """Say whether there was such a file when it was read."""
        try:
            self.read_bytes(path)
        except NotFoundError:
            return False
        return True

    def size_bytes(self, path: str) -> int | None:
        """Say that nobody knows: a package is fetched by others, later, or not at all."""
        del path
        return None

    def download(
        self, path: str, destination: Path, *, sha256: Sha256 | None = None, size_bytes: int | None = None
    ) -> int:
        """Refuse."""
        del destination, sha256, size_bytes
        self._refuse(path)

    def sources(self, path: str, beside: Path) -> Iterator[Path | Iterator[bytes]]:
        """Refuse."""
        del beside
        self._refuse(path)

    def _refuse(self, path: str) -> NoReturn:
        raise UnavailableError(
            f"<{self._url}/{path}> is needed, and no server is asked offline",
            hint="run without `--offline`, or give a folder with `--pkgroot` or as a mirror",
        )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
