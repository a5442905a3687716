"""What work on workflows needs from the outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rubin_releng.core.workflowfindings import WorkflowFinding
    from rubin_releng.workflows.sources import WorkflowText

__all__ = ["Linters", "ReleaseSource", "WorkflowReader"]


class Linters(Protocol):
    """Programs that check workflows."""

    def actionlint(self, paths: Sequence[str], /) -> tuple[WorkflowFinding, ...]:
        """Check workflows, and the scripts in them."""

    def zizmor(self, paths: Sequence[str], /) -> tuple[WorkflowFinding, ...]:
        """Check workflows and composite actions."""

    def shellcheck(self, script: str, *, shell: str, path: str, line: int) -> tuple[WorkflowFinding, ...]:
        """Check the script of a step; ``line`` is that of its first line in the file."""


class ReleaseSource(Protocol):
    """Tells what an action's repository has released."""

    def versions(self, repository: str, *, before: datetime) -> tuple[str, ...]:
        """List tags of full releases that were published before a time."""

    def commit(self, repository: str, version: str) -> str:
        """Find the commit that a tag leads to."""


class WorkflowReader(Protocol):
    """Gives the files of repositories that lie in folders."""

    def read(self, root: str, path: str, /) -> WorkflowText | None:
        """Read a workflow or an action; `None` if there is no such file."""

    def folder(self, place: str, repository: str, /) -> str | None:
        """Find the folder ``owner/name`` below another one; `None` if there is none."""
