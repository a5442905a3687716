"""How work tells of its progress, without knowing who listens."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

__all__ = ["Outcome", "Reporter", "SilentReporter"]


class Outcome(StrEnum):
    """How one step of a longer piece of work ended."""

    DONE = "done"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    FAILED = "failed"


class Reporter(Protocol):
    """Listener of one piece of work; its methods may be called from any thread."""

    def begin(self, what: str, total: int | None, *, size_bytes: int | None = None) -> None:
        """Say that ``total`` steps follow; `None` if nobody knows how many.

        ``size_bytes`` is what `advance` will have been told of in the end,
        `None` if the work is not measured so. Work may begin within work.
        """

    def step(self, name: str, outcome: Outcome, *, seconds: float | None = None, detail: str = "") -> None:
        """Say that one step ended."""

    def advance(self, size_bytes: int) -> None:
        """Say that so many bytes more were fetched or written; cheap, and negative to take some back."""

    def note(self, text: str) -> None:
        """Say something a user may want to know, one sentence."""

    def warn(self, text: str, *, hint: str | None = None) -> None:
        """Say something a user may have to act on."""

    def end(self) -> None:
        """Say that the work begun last is over."""


class SilentReporter:
    """A reporter that listens to nothing."""

    def begin(self, what: str, total: int | None, *, size_bytes: int | None = None) -> None:
        """Ignore it."""

    def step(self, name: str, outcome: Outcome, *, seconds: float | None = None, detail: str = "") -> None:
        """Ignore it."""

    def advance(self, size_bytes: int) -> None:
        """Ignore it."""

    def note(self, text: str) -> None:
        """Ignore it."""

    def warn(self, text: str, *, hint: str | None = None) -> None:
        """Ignore it."""

    def end(self) -> None:
        """Ignore it."""
