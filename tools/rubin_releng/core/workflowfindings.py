"""What a check says against a workflow."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["WorkflowFinding"]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class WorkflowFinding:
    """One fault, with its place; findings are ordered by place.

    Parameters
    ----------
    path : `str`
        Of the file, below the checkout where it lies in one.
    line, column : `int`
        Both counted from 1.
    tool : `str`
        Who found it: ``actionlint``, ``zizmor``, ``shellcheck`` or ``rules``.
    rule : `str`
        What was broken, in the tool's words: ``unpinned-uses``.
    message : `str`
        One sentence.
    """

    path: str
    line: int
    column: int
    tool: str
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.message} [{self.tool}: {self.rule}]"

    def to_dict(self) -> dict[str, object]:
        """Give it for JSON."""
        return {
            "path": self.path,
            "line": self.line,
            "column": self.column,
            "tool": self.tool,
            "rule": self.rule,
            "message": self.message,
        }
