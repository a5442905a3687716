"""Histories told in a few lines: read in memory, or by git from a real repository."""

from __future__ import annotations

import hashlib
import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from lsstinstall.core.names import GitSha
from rubin_releng.core.histories import Commit, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

START = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)


class Story:
    """A history: commits are made one minute after another, on branches."""

    def __init__(self) -> None:
        self.commits: list[Commit] = []
        self.branches: dict[str, GitSha] = {}
        self.tags: dict[str, GitSha] = {}
        self.tag_messages: dict[str, str | None] = {}
        self.files: dict[GitSha, dict[str, str]] = {}

    def commit(
        self,
        message: str,
        *,
        branch: str = "main",
        author: str = "A. Uthor",
        merged: Sequence[GitSha] = (),
        files: Mapping[str, str | None] | None = None,
    ) -> GitSha:
        """Make a commit on a branch, which starts where main is if it is new; `None` removes a file."""
        tip = self.branches.get(branch, self.branches.get("main"))
        parents = (*((tip,) if tip else ()), *merged)
        time = START + timedelta(minutes=len(self.commits))
        content = self._joined(parents) | {path: text for path, text in (files or {}).items() if text}
        content = {path: text for path, text in content.items() if (files or {}).get(path, text)}
        sha = _git_sha(message, parents, author, time, _tree_sha(content).hex())
        self.files[sha] = content
        self.commits.append(Commit(sha=sha, parents=parents, author=author, time=time, message=message))
        self.branches[branch] = sha
        return sha

    def _joined(self, parents: Sequence[GitSha]) -> dict[str, str]:
        """Take the files of the first parent, with what the others added and removed."""
        content = dict(self.files[parents[0]]) if parents else {}
        for other in parents[1:]:
            reach = MemoryHistory(self)._reach
            common = reach(parents[0]) & reach(other)
            base = next((one.sha for one in reversed(self.commits) if one.sha in common), None)
            before = {} if base is None else self.files[base]
            content |= {path: text for path, text in self.files[other].items() if before.get(path) != text}
            for path in before.keys() - self.files[other].keys():
                content.pop(path, None)
        return content

    def merge(
        self,
        branch: str,
        message: str | None = None,
        *,
        into: str = "main",
        commits: Iterable[str] = ("Do the work",),
        author: str = "A. Uthor",
        files: Mapping[str, str | None] | None = None,
    ) -> GitSha:
        """Make commits on a new branch and merge it; by default as git words it."""
        self.branches[branch] = self.branches[into]
        for text in commits:
            self.commit(text, branch=branch, files=files)
        tip = self.branches.pop(branch)
        return self.commit(message or f"Merge branch '{branch}'", branch=into, merged=(tip,), author=author)

    def pull(
        self, number: int, branch: str, title: str, *, into: str = "main", commits: Iterable[str] = ("Work",)
    ) -> GitSha:
        """Merge a branch as GitHub's button does."""
        message = f"Merge pull request #{number} from lsst/{branch}\n\n{title}"
        return self.merge(branch, message, into=into, commits=commits)

    def tag(self, name: str, *, branch: str = "main", message: str | None = "Tag") -> GitSha:
        """Tag the tip of a branch; without a message the tag is a lightweight one."""
        self.tags[name] = self.branches[branch]
        self.tag_messages[name] = message
        return self.tags[name]

    def reader(self) -> MemoryHistory:
        """Read it in memory."""
        return MemoryHistory(self)

    def write(self, directory: Path, *, bare: bool = True) -> Path:
        """Write it as a repository; commit ids are the same as in memory."""
        kind = ["--bare"] if bare else []
        _git(["init", "-q", "-b", "main", *kind, str(directory)])
        _git(["-C", str(directory), "fast-import", "--quiet"], self._stream())
        return directory

    def _stream(self) -> bytes:
        marks = {one.sha: f":{number}" for number, one in enumerate(self.commits, start=1)}
        lines = ["feature done\n"]
        for one in self.commits:
            who = f"{one.author} <someone@example.org> {int(one.time.timestamp())} +0000"
            parents = zip(["from", *["merge"] * len(one.parents)], one.parents, strict=False)
            lines += [
                f"commit refs/heads/{marks[one.sha][1:]}\nmark {marks[one.sha]}\n",
                f"author {who}\ncommitter {who}\n",
                f"data {len(one.message.encode())}\n{one.message}\n",
                *(f"{verb} {marks[parent]}\n" for verb, parent in parents),
                "deleteall\n",
                *(
                    f"M 100644 inline {path}\ndata {len(text.encode())}\n{text}\n"
                    for path, text in sorted(self.files[one.sha].items())
                ),
                "\n",
                f"reset refs/heads/{marks[one.sha][1:]}\nfrom {'0' * 40}\n\n",
            ]
        for name, sha in self.branches.items():
            lines.append(f"reset refs/heads/{name}\nfrom {marks[sha]}\n\n")
        for name, sha in self.tags.items():
            message = self.tag_messages.get(name, "Tag")
            lines.append(
                f"reset refs/tags/{name}\nfrom {marks[sha]}\n\n"
                if message is None
                else f"tag {name}\nfrom {marks[sha]}\ntagger T <t@example.org> 1 +0000\n"
                f"data {len(message.encode())}\n{message}\n"
            )
        return "".join([*lines, "done\n"]).encode()


class MemoryHistory:
    """A reader of a story."""

    def __init__(self, story: Story, *, shallow: bool = False) -> None:
        self._story = story
        self._by_sha = {one.sha: one for one in story.commits}
        self._shallow = shallow

    def resolve(self, names: Sequence[str]) -> tuple[GitSha | None, ...]:
        """Look tags, branches and commits up."""
        return tuple(self._resolve(name) for name in names)

    def _resolve(self, name: str) -> GitSha | None:
        story = self._story
        refs = {f"refs/heads/{key}": sha for key, sha in story.branches.items()}
        refs |= {f"refs/tags/{key}": sha for key, sha in story.tags.items()}
        refs |= {"HEAD": story.branches["main"]} if "main" in story.branches else {}
        if name in refs:
            return refs[name]
        matches = [sha for sha in self._by_sha if len(name) >= 7 and sha.startswith(name)]
        return matches[0] if len(matches) == 1 else None

    def between(self, start: GitSha, end: GitSha) -> Span:
        """Take what one reaches and the other does not."""
        old, new = self._reach(start), self._reach(end)
        newest_first = list(reversed(self._story.commits))
        return Span(
            left=tuple(one for one in newest_first if one.sha in old - new),
            right=tuple(one for one in newest_first if one.sha in new - old),
        )

    def off_main(self, start: GitSha, end: GitSha) -> frozenset[GitSha]:
        """Take what neither the start nor main reaches."""
        main = self._story.branches.get("main")
        if main is None:
            return frozenset()
        return frozenset(self._reach(end) - self._reach(start) - self._reach(main))

    def is_ancestor(self, sha: GitSha, of: GitSha) -> bool:
        """Look for it in all that the other reaches."""
        return sha in self._reach(of)

    def count(self, end: GitSha) -> int:
        """Walk first parents."""
        count, current = 0, self._by_sha.get(end)
        while current is not None:
            count += 1
            current = self._by_sha.get(current.parents[0]) if current.parents else None
        return count

    def is_shallow(self) -> bool:
        """Say what the test wants."""
        return self._shallow

    def _reach(self, tip: GitSha) -> set[GitSha]:
        found: set[GitSha] = set()
        waiting = [tip]
        while waiting:
            sha = waiting.pop()
            if sha not in found:
                found.add(sha)
                waiting.extend(self._by_sha[sha].parents)
        return found


def _object_sha(kind: str, body: bytes) -> bytes:
    return hashlib.sha1(f"{kind} {len(body)}\0".encode() + body, usedforsecurity=False).digest()


def _tree_sha(files: Mapping[str, str]) -> bytes:
    """Compute the id of a folder with these files."""
    entries: dict[str, bytes] = {}
    folders: dict[str, dict[str, str]] = {}
    for path, text in files.items():
        name, slash, rest = path.partition("/")
        if slash:
            folders.setdefault(name, {})[rest] = text
        else:
            entries[name] = f"100644 {name}\0".encode() + _object_sha("blob", text.encode())
    for name, inside in folders.items():
        # git sorts a folder as if its name ended in a slash.
        entries[f"{name}/"] = f"40000 {name}\0".encode() + _tree_sha(inside)
    return _object_sha("tree", b"".join(entries[name] for name in sorted(entries)))


def _git_sha(message: str, parents: Sequence[GitSha], author: str, time: datetime, tree: str) -> GitSha:
    """Compute the id that git will give it."""
    who = f"{author} <someone@example.org> {int(time.timestamp())} +0000"
    body = "".join(
        [
            f"tree {tree}\n",
            *(f"parent {parent}\n" for parent in parents),
            f"author {who}\ncommitter {who}\n\n{message}",
        ]
    ).encode()
    return GitSha(_object_sha("commit", body).hex())


def _git(arguments: list[str], stdin: bytes = b"") -> None:
    subprocess.run(["git", *arguments], input=stdin, check=True, capture_output=True)
