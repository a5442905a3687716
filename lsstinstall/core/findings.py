"""What is found wrong with a machine or a stack, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Finding", "Severity"]


class Severity(StrEnum):
    """How much it matters."""

    OK = "ok"
    NOTE = "note"
    """Worth knowing; nothing has to be done."""
    WARNING = "warning"
    """Something will not work, or not always."""
    PROBLEM = "problem"
    """Something does not work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Parameters
    ----------
    area : `str`
        What was looked at, one word.
    severity : `Severity`
        How much it matters.
    text : `str`
        What was found, one sentence.
    hint : `str` or `None`
        What a user can do.
    """

    area: str
    severity: Severity
    text: str
    hint: str | None = None

    def to_dict(self) -> dict[str, object]:
        """Make plain values of it.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            For JSON.
        """
        return {"area": self.area, "severity": self.severity.value, "message": self.text, "hint": self.hint}
