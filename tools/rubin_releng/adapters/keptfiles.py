"""Files that never change once they are there, read from a package root or a server, and kept.

What was read and understood once is not asked for again, and is there without
a network. That something is missing is remembered for a while only: it may be
published yet.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from lsstinstall.adapters.files import make_directory, read_text, write_atomic
from lsstinstall.adapters.http import open_pkgroot
from lsstinstall.core.accesses import split_access
from lsstinstall.core.errors import CorruptError, NotFoundError, ToolkitError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["KeptFiles"]

Value = TypeVar("Value")

_MISSING = ".missing"
# There are other places to ask.
_RETRIES = 2
_TIMEOUT_SECONDS = 15
_MISSING_FOR = timedelta(days=1)


class KeptFiles:
    """The files of one place.

    Parameters
    ----------
    url : `str`
        A URL or the path of a folder.
    folder : `~pathlib.Path` or `None`
        Where files of servers are kept; what lies on this machine is read
        where it is.
    offline : `bool`, optional
        Whether only what was kept is used.
    now : `~collections.abc.Callable`, optional
        The time, UTC.
    """

    def __init__(
        self,
        url: str,
        folder: Path | None = None,
        *,
        offline: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(tz=UTC),
    ) -> None:
        self._root = open_pkgroot(url, retries=_RETRIES, timeout_seconds=_TIMEOUT_SECONDS)
        self.url = split_access(url).url
        self._is_web = urlsplit(url).scheme in {"http", "https"}
        key = hashlib.sha256(self.url.encode()).hexdigest()[:16]
        self._folder = None if folder is None or not self._is_web else folder / key
        self._offline = offline and self._is_web
        self._now = now
        self._failure: UnavailableError | None = None

    def read(
        self, path: str, parse: Callable[[str, str], Value], *, missing_for: timedelta = _MISSING_FOR
    ) -> Value | None:
        """Read a file.

        Parameters
        ----------
        path : `str`
            Below the place, with ``/``.
        parse : `~collections.abc.Callable`
            Understands its text, given with where it comes from.
        missing_for : `~datetime.timedelta`, optional
            If it is missing, how long not to ask again.

        Returns
        -------
        value : any
            `None` if there is no such file.

        Raises
        ------
        UnavailableError
            Raised if it was not kept and the place does not answer. Then it
            is not asked again.
        ToolkitError
            Raised if ``parse`` does not understand it; then nothing is kept.
        """
        kept = None if self._folder is None else self._folder / path
        if kept is not None:
            with suppress(NotFoundError, CorruptError):
                return parse(read_text(kept), str(kept))
            if self._is_known_missing(kept):
                return None
        if self._offline:
            raise UnavailableError(f"<{self.url}/{path}> was never read, and this is offline")
        if self._failure is not None:
            raise self._failure
        return self._fetch(path, parse, kept, missing_for=missing_for)

    def _fetch(
        self, path: str, parse: Callable[[str, str], Value], kept: Path | None, *, missing_for: timedelta
    ) -> Value | None:
        try:
            text = self._root.read_text(path)
        except NotFoundError:
            self._keep_missing(kept, missing_for)
            return None
        except UnavailableError as error:
            self._failure = error
            raise
        value = parse(text, f"{self.url}/{path}")
        self._keep(kept, text)
        return value

    def _is_known_missing(self, kept: Path) -> bool:
        with suppress(ToolkitError, ValueError):
            until = datetime.fromisoformat(read_text(_mark(kept)).strip())
            return self._now() < until
        return False

    def _keep_missing(self, kept: Path | None, span: timedelta) -> None:
        if kept is not None:
            self._keep(_mark(kept), f"{(self._now() + span).isoformat()}\n")

    def _keep(self, kept: Path | None, text: str) -> None:
        if kept is None:
            return
        # A memory that cannot be written is none, and no reason to fail.
        with suppress(ToolkitError):
            make_directory(kept.parent)
            write_atomic(kept, text)


def _mark(kept: Path) -> Path:
    return kept.with_name(f"{kept.name}{_MISSING}")
