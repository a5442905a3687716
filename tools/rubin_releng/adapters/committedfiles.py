"""Which files git could give back, should somebody spoil them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.errors import NotFoundError
from rubin_releng.adapters.git import GitRepository
from rubin_releng.adapters.gitbranches import top_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["uncommitted"]


def uncommitted(paths: Iterable[Path]) -> Mapping[Path, str]:
    """Find files whose content is in no commit.

    Parameters
    ----------
    paths : `~collections.abc.Iterable` [ `~pathlib.Path` ]
        Files, perhaps of several repositories.

    Returns
    -------
    reasons : `~collections.abc.Mapping` [ `~pathlib.Path`, `str` ]
        Of those alone, in the order given, why.
    """
    looks: dict[Path, _Look | None] = {}
    reasons: dict[Path, str] = {}
    for path in paths:
        folder = path.resolve().parent
        if folder not in looks:
            looks[folder] = _Look.at(folder)
        look = looks[folder]
        reason = "is in no git repository" if look is None else look.reason(path)
        if reason is not None:
            reasons[path] = reason
    return reasons


class _Look:
    """What git says of one repository."""

    def __init__(self, top: Path) -> None:
        repository = GitRepository(top)
        tree = repository.work_tree()
        self._top = top
        self._changed = frozenset(tree.changed)
        self._known = frozenset(() if tree.commit is None else repository.list_files(tree.commit))

    @classmethod
    def at(cls, folder: Path) -> _Look | None:
        """Look, if there is a repository."""
        try:
            return cls(top_of(GitRepository(folder)))
        except NotFoundError:
            return None

    def reason(self, path: Path) -> str | None:
        """Say why git could not give a file back; `None` if it could."""
        name = path.resolve().relative_to(self._top).as_posix()
        if name not in self._known:
            return "is in no commit"
        return "has changes that are not committed" if name in self._changed else None
