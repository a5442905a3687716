"""Where channels are: their addresses without secrets, their mirrors, and what opens them."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import rattler
from rattler.networking.middleware import (
    AddHeadersMiddleware,
    AuthenticationMiddleware,
    GCSMiddleware,
    MirrorMiddleware,
    OciMiddleware,
    RetryMiddleware,
    S3Middleware,
)

from lsstinstall.core.accesses import Access, split_access
from lsstinstall.core.mirrors import Mirrors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = ["ChannelPlaces", "channel_uri"]


_LONGEST_SECONDS = 1800
"""rattler has no bound for silence, only one for a whole request: a large package on a slow line fits in."""


class ChannelPlaces:
    """Knows how to come to each channel that it was told of.

    Records and caches get the channel's own address, whatever mirror was
    used, and never a password or a token.

    Parameters
    ----------
    mirrors : `Mirrors`, optional
        Other places of channels. A folder among them stands for the channel
        itself; what comes from there is recorded with the folder's address.
    retries : `int`
        How often a failed request is made again; each time another mirror is
        asked if there is one.
    timeout_seconds : `int`, optional
        How long a request may take, with all that it fetches.
    """

    def __init__(
        self, mirrors: Mirrors | None = None, *, retries: int, timeout_seconds: int = _LONGEST_SECONDS
    ) -> None:
        self._mirrors = mirrors or Mirrors()
        self._retries = retries
        self._timeout = timeout_seconds
        self._candidates: dict[str, tuple[Access, ...]] = {}
        self._folders: dict[str, str] = {}

    def add(self, channel: str) -> str:
        """Learn of a channel.

        Parameters
        ----------
        channel : `str`
            A URL, with what opens it or without; a name; a folder.

        Returns
        -------
        url : `str`
            What to ask rattler for, without a final slash.
        """
        own = split_access(str(rattler.Channel(channel_uri(channel)).base_url).rstrip("/"))
        if own.url in self._folders:
            return self._folders[own.url]
        places = [
            own if place == own.url else split_access(place) for place in self._mirrors.candidates(own.url)
        ]
        there = [place for place in places if _is_there(place.url)] or [own]
        if _folder(there[0].url) is not None:
            self._folders[own.url] = there[0].url
            return there[0].url
        known = self._candidates.get(own.url, ())
        if not known or own != Access(url=own.url):
            self._candidates[own.url] = tuple(place for place in there if _folder(place.url) is None)
        return own.url

    def own_url(self, url: str) -> str:
        """Say where a file would be if no folder stood for its channel.

        Parameters
        ----------
        url : `str`
            Of a package, from a record.

        Returns
        -------
        url : `str`
            Below the channel's own address.
        """
        for channel, folder in self._folders.items():
            if url.startswith(f"{folder}/"):
                return channel + url[len(folder) :]
        return url

    def clients(self) -> Iterator[rattler.Client]:
        """Make the clients that are to be tried, one after the other.

        Yields
        ------
        client : `rattler.Client`
            The first knows all mirrors and passes over those that do not
            answer; each further one leaves out one more, in case that it
            answers and does not have, or does not give, what is wanted.
        """
        for skipped in range(max((len(one) for one in self._candidates.values()), default=1)):
            yield self._client(
                {url: places[min(skipped, len(places) - 1) :] for url, places in self._candidates.items()}
            )

    def _client(self, candidates: Mapping[str, Sequence[Access]]) -> rattler.Client:
        mirrors = {
            url: [place.token_url for place in places]
            for url, places in candidates.items()
            if [place.token_url for place in places] != [url]
        }
        tries = max([self._retries, *(len(places) - 1 for places in mirrors.values())])
        keys = _LoginHeaders(place for places in candidates.values() for place in places)
        return rattler.Client(
            [
                RetryMiddleware(tries),
                *([MirrorMiddleware(mirrors)] if mirrors else []),
                *([AddHeadersMiddleware(keys)] if keys else []),
                AuthenticationMiddleware(),
                OciMiddleware(),
                GCSMiddleware(),
                S3Middleware(),
            ],
            timeout=self._timeout,
        )


class _LoginHeaders:
    """Adds the header for those addresses that carried a user and a password."""

    def __init__(self, places: Iterable[Access]) -> None:
        self._headers: dict[tuple[str, str], str] = {}
        for place in places:
            if place.user is None:
                continue
            parts = urlsplit(place.token_url)
            login = base64.b64encode(f"{place.user}:{place.password}".encode()).decode("ascii")
            self._headers[parts.hostname or "", parts.path] = f"Basic {login}"

    def __bool__(self) -> bool:
        return bool(self._headers)

    def __call__(self, host: str, path: str) -> dict[str, str] | None:
        for (known, prefix), header in self._headers.items():
            if host == known and path.startswith(f"{prefix}/"):
                return {"Authorization": header}
        return None


def channel_uri(channel: str) -> str:
    """Write a channel as rattler wants it.

    Parameters
    ----------
    channel : `str`
        A URI, a name such as ``conda-forge``, or a folder: anything that
        begins with ``/``, ``.`` or ``~``, or is a folder here.

    Returns
    -------
    uri : `str`
        A folder as an absolute ``file://`` URI; anything else unchanged.
    """
    path = Path(channel).expanduser()
    if "://" not in channel and (channel.startswith(("/", ".", "~")) or path.is_dir()):
        return path.resolve().as_uri()
    return channel.rstrip("/")


def _folder(url: str) -> Path | None:
    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def _is_there(url: str) -> bool:
    folder = _folder(url)
    return folder is None or folder.is_dir()
