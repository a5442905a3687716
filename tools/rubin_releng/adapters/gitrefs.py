"""Branches and tags of a repository: as a remote lists them, and as they lie on disk, without a process."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.core.names import GitSha
from rubin_releng.core.refs import RepositoryRefs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["HEADS", "TAGS", "RefTable", "parse_listing", "read_stored_refs"]

HEADS = "refs/remotes/origin/"
"""Where a clone keeps the remote's branches."""

TAGS = "refs/tags/"
"""Where a clone keeps tags."""

_SHA = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RefTable:
    """The refs of a remote.

    Parameters
    ----------
    targets : `~collections.abc.Mapping` [ `str`, `str` ]
        Full name as a clone has it to the object it names: a commit, or the
        object of an annotated tag.
    peeled : `~collections.abc.Mapping` [ `str`, `str` ]
        What such an object stands for in the end; objects that nobody has
        looked at are missing.
    """

    targets: Mapping[str, str]
    peeled: Mapping[str, str]

    def unpeeled(self) -> tuple[str, ...]:
        """List the objects of tags that nobody has looked at, sorted."""
        named = {target for name, target in self.targets.items() if name.startswith(TAGS)}
        return tuple(sorted(named - self.peeled.keys()))

    def removed_since(self, before: RefTable) -> tuple[tuple[str, str], ...]:
        """List the tags, without their folder, and objects that are there no longer, or elsewhere."""
        return tuple(
            (name.removeprefix(TAGS), target)
            for name, target in before.targets.items()
            if name.startswith(TAGS) and self.targets.get(name) != target
        )

    def refs(self, peeled: Mapping[str, str]) -> RepositoryRefs:
        """Sort them into branches and tags.

        Parameters
        ----------
        peeled : `~collections.abc.Mapping` [ `str`, `str` ]
            More objects of tags with what they stand for; tags that stand
            for nothing known are left out.

        Returns
        -------
        refs : `~rubin_releng.core.refs.RepositoryRefs`
            A tag that is not annotated may still name something other than a
            commit.
        """
        known = {**self.peeled, **peeled}
        branches: dict[str, GitSha] = {}
        tags: dict[str, GitSha] = {}
        for name, target in self.targets.items():
            if name.startswith(HEADS):
                branches[name.removeprefix(HEADS)] = GitSha(target)
            elif target in known:
                tags[name.removeprefix(TAGS)] = GitSha(known[target])
        return RepositoryRefs(branches=branches, tags=tags)


def parse_listing(text: str) -> RefTable:
    """Read what a remote lists.

    Parameters
    ----------
    text : `str`
        Output of ``git ls-remote --heads --tags``.

    Returns
    -------
    table : `RefTable`
        Names as a clone has them; every tag is peeled.
    """
    targets: dict[str, str] = {}
    peeled: dict[str, str] = {}
    for line in text.splitlines():
        sha, _, name = line.partition("\t")
        if name.startswith("refs/heads/"):
            targets[HEADS + name.removeprefix("refs/heads/")] = sha
        elif name.endswith("^{}"):
            peeled[targets[name.removesuffix("^{}")]] = sha
        elif name.startswith(TAGS):
            targets[name] = sha
            peeled.setdefault(sha, sha)
    return RefTable(targets=targets, peeled=peeled)


def read_stored_refs(git_dir: Path) -> RefTable | None:
    """Read the refs that a clone remembers of its remote.

    Parameters
    ----------
    git_dir : `~pathlib.Path`
        Its ``.git``.

    Returns
    -------
    table : `RefTable` or `None`
        `None` if they are not kept in the usual files, or a file is damaged:
        then git has to be asked.

    Notes
    -----
    Format: ``packed-refs`` of git, whose file says in its first line whether
    all tags in it are peeled, and one file for each ref that changed since.
    """
    if not git_dir.is_dir() or (git_dir / "reftable").exists():
        return None
    targets: dict[str, str] = {}
    peeled: dict[str, str] = {}
    try:
        _read_packed(git_dir, targets, peeled)
        for name, target in _loose(git_dir):
            if target is None:
                return None
            targets[name] = target
    except (OSError, UnicodeDecodeError):
        return None
    return RefTable(targets=targets, peeled=peeled)


def _read_packed(git_dir: Path, targets: dict[str, str], peeled: dict[str, str]) -> None:
    try:
        lines = (git_dir / "packed-refs").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    fully = bool(lines) and lines[0].startswith("#") and " fully-peeled" in lines[0]
    last = ""
    for line in lines:
        if line.startswith("^"):
            peeled[last] = line[1:]
            continue
        last, _, name = line.partition(" ")
        if name.startswith((HEADS, TAGS)) and last != "#":
            targets[name] = last
            if fully:
                peeled.setdefault(last, last)


def _loose(git_dir: Path) -> Iterator[tuple[str, str | None]]:
    for prefix in (HEADS, TAGS):
        for folder, _, names in os.walk(git_dir / prefix):
            for name in names:
                path = Path(folder, name)
                text = path.read_text(encoding="utf-8").strip()
                if text.startswith("ref:") or name.endswith(".lock"):
                    continue  # origin/HEAD; a ref that somebody is writing
                yield path.relative_to(git_dir).as_posix(), text if _SHA.fullmatch(text) else None
