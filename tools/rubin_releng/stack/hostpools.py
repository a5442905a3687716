"""Threads for work on many repositories: so many for each host, so that none is run over."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, ParamSpec, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from types import TracebackType

__all__ = ["JOBS_PER_HOST", "HostPools", "host_of"]

JOBS_PER_HOST = 8
"""How many connections a host of repositories bears at once; 16 were once too many."""

# https://user@example.org:443/afw, ssh://git@example.org/afw; git@example.org:lsst/afw
_URL = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^/@]*@)?([^/:]*)|(?:[^/@:]+@)?([^/:]+):")

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def host_of(url: str) -> str:
    """Name the machine of a repository.

    Parameters
    ----------
    url : `str`
        As git takes it.

    Returns
    -------
    host : `str`
        Lower case; empty for a repository on this machine.
    """
    found = _URL.match(url)
    return "" if found is None else (found[1] or found[2] or "").lower()


class HostPools:
    """Pools of threads, one for each host; a context manager.

    Parameters
    ----------
    jobs : `int` or `None`
        How many threads there are in all; `None` gives each host its own
        `JOBS_PER_HOST`.
    """

    def __init__(self, jobs: int | None) -> None:
        self._jobs = jobs
        self._pools: dict[str, ThreadPoolExecutor] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pool in self._pools.values():
            pool.shutdown(cancel_futures=True)

    def submit(
        self,
        host: str,
        work: Callable[Parameters, Result],
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Future[Result]:
        """Let a thread of a host's pool work.

        Parameters
        ----------
        host : `str`
            Its name.
        work : `~collections.abc.Callable`
            What to do.
        *args, **kwargs
            Arguments of ``work``.

        Returns
        -------
        future : `~concurrent.futures.Future`
            Gets the result.
        """
        key = host if self._jobs is None else ""
        if key not in self._pools:
            self._pools[key] = ThreadPoolExecutor(self._jobs or JOBS_PER_HOST, thread_name_prefix="prepare")
        return self._pools[key].submit(work, *args, **kwargs)
