"""How often a remote is asked before it counts as out of reach."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from lsstinstall.core.errors import UnavailableError
from rubin_releng.adapters.gitcommands import GitError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Retries"]

_log = logging.getLogger(__name__)

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often a remote is asked.

    Parameters
    ----------
    tries : `int`
        At least 1.
    pause_seconds : `float`
        Before the second try; doubled before each further one.
    sleep : `~collections.abc.Callable`
        Lets time pass.
    """

    tries: int = 3
    pause_seconds: float = 2.0
    sleep: Callable[[float], object] = time.sleep

    def call(
        self, work: Callable[[], Result], *, url: str, failed: Callable[[GitError], bool] = lambda _: False
    ) -> Result:
        """Do something until it works, or has failed often enough.

        Parameters
        ----------
        work : `~collections.abc.Callable`
            What to do; a `GitError` of it is taken for a passing trouble.
        url : `str`
            The remote, for the message.
        failed : `~collections.abc.Callable`, optional
            Hears of each failure; true if it has put the cause right, so that
            there is no need to pause.

        Returns
        -------
        result : `object`
            What the work returned.

        Raises
        ------
        UnavailableError
            Raised if it failed each time.
        """
        for attempt in range(1, self.tries):
            try:
                return work()
            except GitError as error:
                _log.info("try %d of %d: %s", attempt, self.tries, error)
                if not failed(error):
                    self.sleep(self.pause_seconds * 2 ** (attempt - 1))
        try:
            return work()
        except GitError as error:
            times = f"{self.tries} tries" if self.tries > 1 else "one try"
            raise UnavailableError(
                f"<{url}> cannot be reached after {times}: {error}",
                hint="check the network and the URL, then run the same command again",
            ) from error
