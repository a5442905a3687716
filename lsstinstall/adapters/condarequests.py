"""Questions to channels and downloads from them, through whichever mirror answers."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, TypeVar

import rattler
from rattler.exceptions import GatewayError
from rattler.repo_data.gateway import SourceConfig

from lsstinstall.adapters.condaerrors import explained
from lsstinstall.adapters.condaunpacked import broken_index, unpack_indexes
from lsstinstall.core.errors import CorruptError, NotFoundError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from pathlib import Path

    from lsstinstall.adapters.condaplaces import ChannelPlaces

__all__ = ["ChannelRequests"]

T = TypeVar("T")

_log = logging.getLogger(__name__)


class ChannelRequests:
    """Runs what rattler does with channels.

    Parameters
    ----------
    places : `ChannelPlaces`
        Where channels are.
    repodata : `~pathlib.Path`
        Folder for indexes.
    offline : `bool`
        Whether indexes come from there alone.
    keep : `bool`, optional
        Whether indexes stay in memory from one question to the next, for
        those who ask often.
    """

    def __init__(self, places: ChannelPlaces, *, repodata: Path, offline: bool, keep: bool = False) -> None:
        self._places = places
        self._repodata = repodata
        self._offline = offline
        self._keep = keep
        self._known: dict[str, tuple[str, ...]] = {}
        self._clients: tuple[rattler.Client, ...] = ()
        self._gateways: dict[tuple[int, bool], rattler.Gateway] = {}

    def add(self, channel: str, *, subdirs: Iterable[str] = ()) -> str:
        """Learn of a channel, as `ChannelPlaces.add` does; one that is none is a `ConfigurationError`.

        Parameters
        ----------
        channel : `str`
            A URL, a name or a folder.
        subdirs : `~collections.abc.Iterable` [ `str` ], optional
            Whose indexes shall be readable.

        Returns
        -------
        url : `str`
            What to ask rattler for.
        """
        wanted = tuple(subdirs)
        with explained("read the channels"):
            url = unpack_indexes(self._places.add(channel), wanted, cache=self._repodata)
        if url not in self._known:
            # What was made to reach the others does not reach it.
            self._clients, self._gateways = (), {}
        self._known[url] = wanted
        return url

    def own_url(self, url: str) -> str:
        """Say where a file would be if no folder stood for its channel."""
        return self._places.own_url(url)

    def with_gateway(
        self,
        use: Callable[[rattler.Gateway], Coroutine[None, None, T]],
        *,
        doing: str,
        specs: tuple[str, ...] = (),
    ) -> T:
        """Read indexes: sharded ones, else whole ones if a server cannot serve those.

        Parameters
        ----------
        use : `~collections.abc.Callable`
            What to do with a gateway.
        doing : `str`
            What it is, for messages.
        specs : `tuple` [ `str`, ... ], optional
            What a solver was asked for, for messages.

        Returns
        -------
        answer : `object`
            Of ``use``.

        Raises
        ------
        ToolkitError
            Raised as `explained` says.
        """

        def attempt(client: rattler.Client, *, sharded: bool) -> T:
            return asyncio.run(use(self._gateway(client, sharded=sharded)))

        def run(client: rattler.Client) -> T:
            try:
                return attempt(client, sharded=True)
            except GatewayError as error:
                # Python's own file server answers `304` where rattler cannot use it.
                if "repodata_shards" not in str(error):
                    raise
                return attempt(client, sharded=False)

        try:
            return self.with_each_client(run, doing=doing, specs=specs)
        except CorruptError as error:
            raise self._placed(error) from error

    def _placed(self, error: CorruptError) -> CorruptError:
        """Say which index is meant: rattler does not."""
        broken = [path for url, subdirs in self._known.items() if (path := broken_index(url, subdirs))]
        if broken:
            message = f"`{broken[0]}` is cut short or no index: {error}"
        else:
            message = f"{error}, in the index of {' or '.join(f'<{url}>' for url in self._known)}"
        return CorruptError(message, hint=error.hint or "fetch the index again, or index the channel anew")

    def with_each_client(
        self, use: Callable[[rattler.Client], T], *, doing: str, specs: tuple[str, ...] = ()
    ) -> T:
        """Do something, again as long as there is a mirror that may do better.

        Parameters
        ----------
        use : `~collections.abc.Callable`
            What to do with a client.
        doing : `str`
            What it is, for messages.
        specs : `tuple` [ `str`, ... ], optional
            What a solver was asked for, for messages.

        Returns
        -------
        answer : `object`
            Of ``use``.

        Raises
        ------
        ToolkitError
            Raised as `explained` says, for the last of the places.
        """
        with explained(doing):
            *others, last = self._clients or self._places.clients()
            if self._keep:
                self._clients = (*others, last)
        for client in others:
            try:
                with explained(doing, specs=specs):
                    return use(client)
            except (UnavailableError, NotFoundError, CorruptError) as error:
                _log.debug("on to the next mirror: %s", error)
        with explained(doing, specs=specs):
            return use(last)

    def _gateway(self, client: rattler.Client, *, sharded: bool) -> rattler.Gateway:
        known = self._gateways.get((id(client), sharded))
        if known is not None:
            return known
        gateway = rattler.Gateway(
            cache_dir=self._repodata,
            default_config=SourceConfig(
                sharded_enabled=sharded,
                cache_action="force-cache-only" if self._offline else "cache-or-fetch",
            ),
            client=client,
        )
        if self._keep:
            self._gateways[id(client), sharded] = gateway
        return gateway
