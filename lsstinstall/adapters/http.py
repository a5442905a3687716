"""Package roots, wherever they are: one reader for ``http(s)://``, ``file://`` and plain folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote

from lsstinstall.adapters.folders import FolderPkgroot
from lsstinstall.adapters.mirroredpkgroots import MirroredPkgroot
from lsstinstall.adapters.rememberedpkgroots import OfflinePkgroot, RememberingPkgroot
from lsstinstall.core.accesses import split_address
from lsstinstall.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lsstinstall.core.mirrors import Mirrors
    from lsstinstall.core.names import Sha256

__all__ = ["PkgrootReader", "open_pkgroot"]

# There is another place to ask.
_RETRIES_OF_A_MIRROR = 1


class PkgrootReader(Protocol):
    """The files beneath one package root; may be used by several threads at once.

    All paths are relative, with ``/`` and not quoted. A file that is not there
    is a `NotFoundError`, a server that does not answer an `UnavailableError`.
    """

    @property
    def url(self) -> str:
        """What the root was opened with, without a final slash."""

    def read_bytes(self, path: str) -> bytes:
        """Read a whole file."""

    def read_part(self, path: str, offset: int, size_bytes: int) -> bytes:
        """Read so many bytes of a file; `CorruptError` if they cannot be had by themselves."""

    def read_text(self, path: str) -> str:
        """Read a whole UTF-8 text; other encodings are a `FormatError`."""

    def listing(self, directory: str) -> tuple[str, ...]:
        """Name the files of a directory, sorted; empty text is the root itself."""

    def exists(self, path: str) -> bool:
        """Say whether there is such a file."""

    def size_bytes(self, path: str) -> int | None:
        """Say how large a file is; `None` if the server does not tell."""

    def download(
        self, path: str, destination: Path, *, sha256: Sha256 | None = None, size_bytes: int | None = None
    ) -> int:
        """Fetch a file, which appears at the destination when it is complete and verified.

        Returns its size in bytes. A wrong size or digest is a `CorruptError`;
        then nothing appears. A part fetched earlier is continued.
        """

    def sources(self, path: str, beside: Path) -> Iterator[Path | Iterator[bytes]]:
        """Offer a package: a file of this machine, or its chunks as they come.

        What came is kept as a part of the file ``beside``, until somebody
        drops it. The next source is to be asked for if one fails, or what
        came of it is damaged.
        """


def open_pkgroot(
    url: str,
    *,
    retries: int = 3,
    timeout_seconds: float = 30,
    mirrors: Mirrors | None = None,
    offline: bool = False,
    memory: Path | None = None,
) -> PkgrootReader:
    """Open a package root.

    Parameters
    ----------
    url : `str`
        ``https://...``, ``http://...``, ``file:///...`` or the path of a
        folder.
    retries : `int`, optional
        How often a request that failed for a reason that may pass is made
        again.
    timeout_seconds : `float`, optional
        How long to wait for a server to connect, and for its next bytes.
    mirrors : `Mirrors`, optional
        Where else it may be; another place is tried when one fails.
    offline : `bool`, optional
        Whether no server is asked: what lies behind one is then what was kept
        of it, or an `UnavailableError`.
    memory : `~pathlib.Path`, optional
        Folder in which small files of servers are kept.

    Returns
    -------
    pkgroot : `PkgrootReader`
        Nothing was read yet.

    Raises
    ------
    ConfigurationError
        Raised for another scheme, a ``file://`` URL of another machine, or
        what is no address.
    """
    urls = (url,) if mirrors is None else mirrors.candidates(url)
    if offline:
        places = [_open(one, retries=0, timeout_seconds=0) for one in urls if not _is_web(one)]
        if _is_web(url):
            places.append(OfflinePkgroot(url, memory))
        return places[0] if len(places) == 1 else MirroredPkgroot(url, places)
    few = min(retries, _RETRIES_OF_A_MIRROR)
    places = [_open(one, retries=few, timeout_seconds=timeout_seconds) for one in urls[:-1]]
    places.append(_open(urls[-1], retries=retries, timeout_seconds=timeout_seconds))
    root: PkgrootReader = places[0] if urls == (url,) else MirroredPkgroot(url, places)
    return root if memory is None or not _is_web(url) else RememberingPkgroot(root, memory)


def _is_web(url: str) -> bool:
    return split_address(url).scheme in {"http", "https"}


def _open(url: str, *, retries: int, timeout_seconds: float) -> PkgrootReader:
    parts = split_address(url)
    if _is_web(url):
        # Imported here: plain folders and `--help` should not pay for an HTTP library.
        from lsstinstall.adapters.web import WebPkgroot  # noqa: PLC0415

        return WebPkgroot(url, retries=retries, timeout_seconds=timeout_seconds)
    if parts.scheme == "file":
        if parts.netloc not in {"", "localhost"}:
            raise ConfigurationError(f"<{url}> is on another machine", hint="write `file:///path/to/folder`")
        return FolderPkgroot(Path(unquote(parts.path)), url=url)
    if "://" in url:
        raise ConfigurationError(
            f"package roots of scheme `{parts.scheme}` are not supported",
            hint="use `https://`, `http://`, `file://` or the path of a folder",
        )
    return FolderPkgroot(Path(url), url=url)
