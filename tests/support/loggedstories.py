"""Histories told in a few lines, read as from the text of one log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rubin_releng.adapters.loggedhistories import LoggedHistory

if TYPE_CHECKING:
    from tests.support.histories import Story

__all__ = ["logged"]


def logged(story: Story) -> LoggedHistory:
    """Read a story as it is now."""
    refs = {f"refs/heads/{name}": sha for name, sha in story.branches.items()}
    refs |= {f"refs/tags/{name}": sha for name, sha in story.tags.items()}
    # The commits are told parents first.
    records = [
        "\x1f".join((one.sha, " ".join(one.parents), str(int(one.time.timestamp())), one.author, one.message))
        for one in reversed(story.commits)
    ]
    return LoggedHistory(lambda names: tuple(map(refs.get, names)), lambda: "\0".join(records))
