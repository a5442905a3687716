"""Repositories and versiondb in memory, for tests of what works with them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lsstinstall.core.errors import InterruptedWorkError, NotFoundError, RefusedError, UnavailableError
from lsstinstall.core.names import GitSha, ProductName
from rubin_releng.core.refs import RefName, RepositoryRefs

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TREE", "FakeRepository", "FakeSources", "FakeVersionDb", "fake_commit"]

TREE = "7" * 8
"""What the objects begin with that are no commits."""


def fake_commit(*parts: str) -> GitSha:
    """Make up a commit; the same parts give the same one."""
    return GitSha(hashlib.sha1("/".join(parts).encode(), usedforsecurity=False).hexdigest())


@dataclass
class FakeRepository:
    """One repository: what its branches and tags point at, and the files there."""

    name: str
    branches: dict[str, GitSha] = field(default_factory=dict)
    tags: dict[str, GitSha] = field(default_factory=dict)
    files: dict[tuple[GitSha, str], str] = field(default_factory=dict)
    dirty: bool = False
    full: bool = False
    stopped: bool = False
    checked_out: GitSha | None = None

    @property
    def refs(self) -> RepositoryRefs:
        """The branches and tags."""
        return RepositoryRefs(branches=self.branches, tags=self.tags)

    def commit(self, table: str | None, *, branch: str = "main", tags: tuple[str, ...] = ()) -> GitSha:
        """Put a table on a branch."""
        sha = fake_commit(self.name, branch, table or "", *tags)
        self.branches[branch] = sha
        self.tags |= dict.fromkeys(tags, sha)
        if table is not None:
            self.files[sha, f"ups/{self.name}.table"] = table
        return sha

    def resolve(self, name: RefName) -> GitSha | None:
        """Read an abbreviated commit."""
        known = {sha for sha, _ in self.files}
        found = [sha for sha in known if sha.startswith(name)]
        return found[0] if len(found) == 1 else None

    def read_text(self, commit: GitSha, path: str) -> str | None:
        """Read a file."""
        return self.files.get((commit, path))

    def is_commit(self, sha: GitSha) -> bool:
        """Know a commit from a tree."""
        return not sha.startswith(TREE)

    def check(self, commit: GitSha) -> None:
        """Refuse to lose work."""
        del commit
        if self.dirty:
            raise RefusedError(f"`{self.name}` has local changes")

    def settle(self, commit: GitSha) -> bool:
        """Check out."""
        if self.stopped:
            raise InterruptedWorkError("stopped")
        if self.full:
            raise UnavailableError("no space left on the disk")
        moved = commit != self.checked_out
        self.checked_out = commit
        return moved


class FakeSources:
    """A store of repositories; the URL of one is ``memory:<name>``."""

    def __init__(self) -> None:
        self.repositories: dict[str, FakeRepository] = {}
        self.obtained: list[ProductName] = []
        self.interruption: BaseException | None = None

    def add(self, name: str, *needs: str, table: str | None = "") -> FakeRepository:
        """Add a repository whose ``main`` needs some products."""
        repository = FakeRepository(name)
        lines = "".join(f"setupRequired({need})\n" for need in needs)
        repository.commit(None if table is None else lines + table)
        self.repositories[f"memory:{name}"] = repository
        return repository

    def obtain(self, product: ProductName, url: str, *, large_files: bool) -> FakeRepository:
        """Find a repository."""
        del large_files
        self.obtained.append(product)
        if self.interruption is not None:
            raise self.interruption
        if url not in self.repositories:
            raise NotFoundError(f"<{url}> does not exist")
        return self.repositories[url]


@dataclass
class FakeVersionDb:
    """versiondb as a list of commits' worth of files."""

    files: dict[str, str] = field(default_factory=dict)
    tagged: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    pushed: list[str] = field(default_factory=list)
    refreshed: int = 0

    def check(self) -> None:
        """Find nothing wrong."""

    def tags(self) -> tuple[str, ...]:
        """List the tags."""
        return tuple(self.tagged)

    def read(self, path: str) -> str | None:
        """Read a file."""
        return self.files.get(path)

    def refresh(self) -> None:
        """Learn what others have pushed."""
        self.refreshed += 1

    def record(
        self, files: Mapping[str, str], *, message: str, tag: str, tag_message: str, push: bool = False
    ) -> bool:
        """Keep it all, unless somebody else was quicker."""
        if push and self.others:
            self.tagged.append(self.others.pop(0))
            return False
        self.pushed += [tag] if push else []
        self.files |= files
        self.messages += [message, tag_message]
        self.tagged.append(tag)
        return True
