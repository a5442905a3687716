"""Package roots that can be had in several places."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from lsstinstall.core.errors import CorruptError, NotFoundError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lsstinstall.adapters.http import PkgrootReader
    from lsstinstall.core.errors import ToolkitError
    from lsstinstall.core.names import Sha256

__all__ = ["MirroredPkgroot"]

_log = logging.getLogger(__name__)

T = TypeVar("T")


class MirroredPkgroot:
    """A package root and its mirrors, as one; may be used by several threads at once.

    A place that does not have a file, or has a damaged one, is passed over
    for this file; one that does not answer is not asked again while another
    one lives.

    Parameters
    ----------
    url : `str`
        The root's own address.
    places : `~collections.abc.Sequence` [ `PkgrootReader` ]
        At least one, in the order in which they are asked.
    """

    def __init__(self, url: str, places: Sequence[PkgrootReader]) -> None:
        self._url = url.rstrip("/")
        self._places = tuple(places)
        self._dead: set[str] = set()

    @property
    def url(self) -> str:
        """The root's own address, without a final slash."""
        return self._url

    @property
    def places(self) -> tuple[str, ...]:
        """The addresses that are asked, in this order, for those who fetch by themselves."""
        return tuple(place.url for place in self._places)

    def read_bytes(self, path: str) -> bytes:
        """Read a whole file."""
        return self._first(lambda place: place.read_bytes(path))

    def read_part(self, path: str, offset: int, size_bytes: int) -> bytes:
        """Read so many bytes of a file."""
        return self._first(lambda place: place.read_part(path, offset, size_bytes))

    def read_text(self, path: str) -> str:
        """Read a whole UTF-8 text."""
        return self._first(lambda place: place.read_text(path))

    def listing(self, directory: str) -> tuple[str, ...]:
        """Name the files of a directory, sorted, as the first place that can list it has them."""
        return self._first(lambda place: place.listing(directory))

    def exists(self, path: str) -> bool:
        """Say whether any place has such a file."""
        try:
            self.size_bytes(path)
        except NotFoundError:
            return False
        return True

    def size_bytes(self, path: str) -> int | None:
        """Say how large a file is; `None` if the server does not tell."""
        return self._first(lambda place: place.size_bytes(path))

    def download(
        self, path: str, destination: Path, *, sha256: Sha256 | None = None, size_bytes: int | None = None
    ) -> int:
        """Fetch a file, which appears at the destination when it is complete and verified."""
        return self._first(
            lambda place: place.download(path, destination, sha256=sha256, size_bytes=size_bytes)
        )

    def sources(self, path: str, beside: Path) -> Iterator[Path | Iterator[bytes]]:
        """Offer a package of each place."""
        for place in self._living:
            for source in place.sources(path, beside):
                yield self._watched(place, source)

    def _watched(self, place: PkgrootReader, source: Path | Iterator[bytes]) -> Path | Iterator[bytes]:
        return source if isinstance(source, Path) else self._chunks(place, source)

    def _chunks(self, place: PkgrootReader, source: Iterator[bytes]) -> Iterator[bytes]:
        try:
            yield from source
        except UnavailableError:
            self._dead.add(place.url)
            raise

    @property
    def _living(self) -> Sequence[PkgrootReader]:
        return [place for place in self._places if place.url not in self._dead] or self._places

    def _first(self, ask: Callable[[PkgrootReader], T]) -> T:
        problems: list[ToolkitError] = []
        for place in self._living:
            try:
                return ask(place)
            except UnavailableError as error:
                self._dead.add(place.url)
                problems.append(error)
            except (NotFoundError, CorruptError) as error:
                problems.append(error)
            _log.debug("on to the next mirror: %s", problems[-1])
        # What a living place said tells more than the silence of a dead one.
        raise next((one for one in problems if not isinstance(one, UnavailableError)), problems[-1])
