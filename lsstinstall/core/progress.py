"""How far work has come, and how long the rest will take."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.quantities import format_bytes, format_left

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Progress", "ProgressMeter"]

# Of the whole, where both are known: fetched bytes, and steps, which is what follows on fetching.
_SHARE_OF_BYTES = 0.8

# What is left is told from the speed of this last while, once it is long enough to tell anything.
_WINDOW_SECONDS = 30.0
_SAMPLE_SECONDS = 0.5
_LEAST_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far it has come at one moment.

    Parameters
    ----------
    what : `str`
        The outermost work.
    part : `str`
        The innermost work; the same if there is one alone.
    count : `int`
        Steps of the part that ended.
    total : `int` or `None`
        Its steps; `None` if nobody knows.
    size_bytes : `int`
        What was fetched or written of the whole.
    total_bytes : `int` or `None`
        What will have been; `None` if it is not measured so.
    fraction : `float` or `None`
        From 0 to 1, of the whole; `None` if nobody knows.
    seconds_left : `float` or `None`
        `None` while nobody can know.
    last : `str`
        The step that ended last; may be empty.
    """

    what: str
    part: str
    count: int = 0
    total: int | None = None
    size_bytes: int = 0
    total_bytes: int | None = None
    fraction: float | None = None
    seconds_left: float | None = None
    last: str = ""

    @property
    def counts(self) -> str:
        """Steps of the part, ``12/310``; may be empty."""
        if self.total is None:
            return str(self.count) if self.count else ""
        return f"{self.count}/{self.total}"

    @property
    def counted(self) -> str:
        """The part and its steps, ``conda packages 12/310``."""
        return f"{self.part} {self.counts}".rstrip()

    @property
    def measured(self) -> str:
        """Bytes of the whole, ``740.0 MB of 1.2 GB``; may be empty."""
        if self.total_bytes is None:
            return format_bytes(self.size_bytes) if self.size_bytes else ""
        return f"{format_bytes(min(self.size_bytes, self.total_bytes))} of {format_bytes(self.total_bytes)}"

    @property
    def left(self) -> str:
        """The time that is left, ``about 2 min left``; may be empty."""
        return "" if self.seconds_left is None else format_left(self.seconds_left)


@dataclass(slots=True)
class _Work:
    what: str
    total: int | None
    total_bytes: int | None
    count: int = 0
    size_bytes: int = 0


class ProgressMeter:
    """Counts what a reporter hears; not for several threads at once.

    Parameters
    ----------
    clock : `~collections.abc.Callable`
        Seconds since any moment.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._works: list[_Work] = []
        self._last = ""
        self._samples: deque[tuple[float, float]] = deque()

    def begin(self, what: str, total: int | None, size_bytes: int | None) -> None:
        """Count a new work, within the one before if that has not ended.

        Parameters
        ----------
        what : `str`
            Its name.
        total, size_bytes : `int` or `None`
            Its steps and bytes.
        """
        if not self._works:
            self._samples = deque([(self._clock(), 0.0)])
        self._works.append(_Work(what, total, size_bytes))
        self._last = ""

    def step(self, name: str) -> None:
        """Count a step.

        Parameters
        ----------
        name : `str`
            What ended.
        """
        for work in self._works:
            work.count += 1
        self._last = name

    def advance(self, size_bytes: int) -> None:
        """Count bytes.

        Parameters
        ----------
        size_bytes : `int`
            How many more; negative to take some back.
        """
        for work in self._works:
            work.size_bytes += size_bytes

    def end(self) -> None:
        """Leave the innermost work; of what it was to fetch, the rest will not be."""
        if not self._works:
            return
        ended = self._works.pop()
        self._last = ""
        missing = (ended.total_bytes or 0) - ended.size_bytes
        if missing > 0:
            self.advance(missing)

    @property
    def depth(self) -> int:
        """How many works have begun and not ended."""
        return len(self._works)

    def progress(self) -> Progress | None:
        """Tell how far it has come now.

        Returns
        -------
        progress : `Progress` or `None`
            `None` while there is no work.
        """
        if not self._works:
            return None
        whole, part = self._works[0], self._works[-1]
        fraction = _fraction(whole)
        return Progress(
            what=whole.what,
            part=part.what,
            count=part.count,
            total=part.total,
            size_bytes=whole.size_bytes,
            total_bytes=whole.total_bytes,
            fraction=fraction,
            seconds_left=None if fraction is None else self._seconds_left(fraction),
            last=self._last,
        )

    def _seconds_left(self, fraction: float) -> float | None:
        now = self._clock()
        samples = self._samples
        if now - samples[-1][0] >= _SAMPLE_SECONDS:
            samples.append((now, fraction))
        while now - samples[0][0] > _WINDOW_SECONDS:
            samples.popleft()
        seconds, gained = now - samples[0][0], fraction - samples[0][1]
        if seconds < _LEAST_SECONDS or gained <= 0:
            return None
        return (1 - fraction) * seconds / gained


def _fraction(work: _Work) -> float | None:
    steps = min(1.0, work.count / work.total) if work.total else None
    fetched = min(1.0, max(0, work.size_bytes) / work.total_bytes) if work.total_bytes else None
    if steps is None or fetched is None:
        return fetched if steps is None else steps
    return _SHARE_OF_BYTES * fetched + (1 - _SHARE_OF_BYTES) * steps
