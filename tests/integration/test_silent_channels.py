"""Channels on servers that take a question and never answer."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest
import rattler

from lsstinstall.adapters.condaplaces import ChannelPlaces
from lsstinstall.adapters.condarequests import ChannelRequests
from lsstinstall.core.errors import UnavailableError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.conda, pytest.mark.network]


def test_a_silent_server_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        requests = ChannelRequests(
            ChannelPlaces(retries=0, timeout_seconds=1), repodata=tmp_path, offline=False
        )
        url = requests.add(f"http://127.0.0.1:{silent.getsockname()[1]}/channel")

        async def look(gateway: rattler.Gateway) -> object:
            return await gateway.query([rattler.Channel(url)], ["noarch"], ["x"], recursive=False)

        begin = time.monotonic()
        with pytest.raises(UnavailableError, match="timed out"):
            requests.with_gateway(look, doing="look")
    assert time.monotonic() - begin < 60
