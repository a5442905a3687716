"""Tiny git repositories on disk, as remotes for tests of the real git."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.names import GitSha

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Remote", "git"]

_WHO = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "A Tester"), ("EMAIL", "tester@example.org"), ("DATE", "1700000000 +0000"))
}


def git(directory: Path, *arguments: str) -> str:
    """Run git as a test's own hand, not through the code under test."""
    done = subprocess.run(
        ["git", "-C", str(directory), *arguments],
        env=os.environ | _WHO,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository other people push to."""

    path: Path

    @classmethod
    def create(cls, folder: Path, name: str, *needs: str, table: str = "") -> Remote:
        """Make a product's repository with one commit on ``main``."""
        path = folder / name
        path.mkdir(parents=True)
        git(path, "init", "-q", "-b", "main")
        remote = cls(path)
        lines = "".join(f"setupRequired({need})\n" for need in needs)
        remote.commit({f"ups/{name}.table": lines + table}, message=f"Begin {name}")
        return remote

    @property
    def url(self) -> str:
        """Its address; not a plain path, so that git goes through its protocol."""
        return f"file://{self.path}"

    def commit(self, files: Mapping[str, str], *, message: str = "Change", branch: str = "main") -> GitSha:
        """Commit files to a branch, made from ``main`` if it is new."""
        if branch != self.branch:
            known = git(self.path, "branch", "--list", branch)
            git(self.path, "checkout", "-q", *(() if known else ("-b",)), branch)
        for name, content in files.items():
            file = self.path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
        git(self.path, "add", ".")
        git(self.path, "commit", "-q", "--allow-empty", "-m", message)
        commit = self.head()
        if branch != "main":
            git(self.path, "checkout", "-q", "main")
        return commit

    @property
    def branch(self) -> str:
        """The branch that is checked out; empty before the first commit of all."""
        return git(self.path, "branch", "--show-current")

    def head(self, name: str = "HEAD") -> GitSha:
        """Read the commit a name stands for."""
        return GitSha(git(self.path, "rev-parse", f"{name}^{{commit}}"))

    def tag(self, name: str, commit: str = "HEAD", *, annotated: bool = True) -> None:
        """Set a tag, moving it if it is there."""
        options = ("-a", "-m", f"Version {name}") if annotated else ()
        git(self.path, "tag", "-f", *options, name, commit)
