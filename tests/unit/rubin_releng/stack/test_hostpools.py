from __future__ import annotations

import threading

import pytest

from rubin_releng.stack.hostpools import JOBS_PER_HOST, HostPools, host_of


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://example.org/lsst/afw", "example.org"),
        ("https://user@Example.org:8443/afw.git", "example.org"),
        ("ssh://git@example.org/afw", "example.org"),
        ("git@example.org:lsst/afw.git", "example.org"),
        ("file:///data/afw", ""),
        ("/data/afw", ""),
        ("../afw", ""),
    ],
)
def test_the_host_of_a_url_is_named(url: str, host: str) -> None:
    assert host_of(url) == host


class Crowd:
    """Tasks that wait for each other: they end only when enough of them run at once."""

    def __init__(self, size: int) -> None:
        self._together = threading.Barrier(size)
        self._lock = threading.Lock()
        self._now = 0
        self.most = 0

    def work(self) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self._together.wait()
        with self._lock:
            self._now -= 1


def test_each_host_gets_eight_threads() -> None:
    crowd = Crowd(2 * JOBS_PER_HOST)
    with HostPools(None) as pools:
        tasks = [pools.submit(host, crowd.work) for host in ("a", "b") for _ in range(2 * JOBS_PER_HOST)]
        for task in tasks:
            task.result()
    assert crowd.most == 2 * JOBS_PER_HOST


def test_a_number_given_holds_for_all_hosts_together() -> None:
    crowd = Crowd(3)
    with HostPools(3) as pools:
        tasks = [pools.submit(host, crowd.work) for host in ("a", "b") for _ in range(6)]
        for task in tasks:
            task.result()
    assert crowd.most == 3
