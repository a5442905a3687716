"""What work on workflows needs from the outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rubin_releng.core.workflowfindings import WorkflowFinding
    from rubin_releng.workflows.pins import ActionPin
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

    def newest(self, repository: str, *, before: datetime) -> ActionPin | None:
        """Find the newest full release that was published before a time.

        Parameters
        ----------
        repository : `str`
            Owner, slash, name.
        before : `~datetime.datetime`
            Later ones are too young.

        Returns
        -------
        pin : `ActionPin` or `None`
            Its tag, and the commit that the tag leads to; `None` if there is
            none.
        """


class WorkflowReader(Protocol):
    """Gives the files of repositories that lie in folders."""

    def read(self, root: str, path: str, /) -> WorkflowText | None:
        """Read a workflow or an action; `None` if there is no such file."""

    def folder(self, place: str, repository: str, /) -> str | None:
        """Find the folder ``owner/name`` below another one; `None` if there is none."""
