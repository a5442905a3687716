"""versiondb, the git repository that records builds: one commit and one tag each, both or neither."""

from __future__ import annotations

import re
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.activities import RunLimits
from lsstinstall.adapters.files import decode_text, make_directory, read_bytes
from lsstinstall.adapters.locks import hold_lock
from lsstinstall.core.errors import RefusedError
from rubin_releng.adapters.git import GitRepository
from rubin_releng.adapters.gitcommands import STALL_SECONDS, explain_git, run_git
from rubin_releng.adapters.gitrefs import TAGS
from rubin_releng.adapters.retries import Retries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lsstinstall.core.names import GitSha

__all__ = ["VersionDbRepository"]

_REMOTE = "refs/remotes/origin/"

# What a remote says that has gone on since we looked.
_OVERTAKEN = re.compile(
    r"\[(?:remote )?rejected\].*|non-fast-forward|fetch first|already exists|stale info|cannot lock ref"
)

# What it says that would say the same the next time.
_DECLINED = re.compile(
    r"\(([^()]*(?:hook declined|protected branch|prohibited|currently checked out|unpacker error)[^()]*)\)"
)

_NOBODY = "0" * 40
_LOCK_WAIT_SECONDS = 60.0

# Where the user has told git no name, as on a build machine.
_SOMEBODY = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "lsstinstall"), ("EMAIL", "lsstinstall@localhost"))
}


class VersionDbRepository:
    """A clone of versiondb, or one that is made here.

    Parameters
    ----------
    directory : `~pathlib.Path`
        Its work tree; made by `check` if it is missing or empty.
    stall_seconds : `float`, optional
        How long its remote may be silent.
    retries : `~rubin_releng.adapters.retries.Retries`, optional
        How often its remote is asked.
    """

    def __init__(
        self, directory: Path, *, stall_seconds: float = STALL_SECONDS, retries: Retries | None = None
    ) -> None:
        self._directory = directory
        self._retries = retries or Retries()
        self._repository = GitRepository(directory, limits=RunLimits(stall_seconds=stall_seconds))
        self._clean = False

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep others from allocating a build id; call `check` before."""
        lock = self._directory / ".git" / "lsstinstall.lock"
        with hold_lock(lock, wait_seconds=_LOCK_WAIT_SECONDS, purpose="recording a build"):
            yield

    def check(self) -> None:
        """Refuse a repository in which a build could not be recorded; make one that is missing.

        A record that was interrupted after the commit is completed here: the
        work tree follows the commit.

        Raises
        ------
        RefusedError
            Raised if the folder holds something else, or changed files.
        """
        if not self._repository.is_repository():
            if self._directory.exists() and (not self._directory.is_dir() or any(self._directory.iterdir())):
                raise RefusedError(
                    f"`{self._directory}` is no git repository",
                    hint="name a clone of versiondb, or a new folder",
                )
            make_directory(self._directory)
            GitRepository.create(self._directory)
            return
        tree = self._repository.work_tree()
        if tree.commit is None:
            return
        self._clean = True
        if self._repository.is_half_checked_out():
            self._repository.unlock_index()
            self._follow(tree.commit)
        elif tree.changed:
            raise RefusedError(
                f"`{self._directory}` has local changes, in `{tree.changed[0]}` for one",
                hint="commit them or undo them; builds are recorded in a clean versiondb only",
            )

    def tags(self) -> tuple[str, ...]:
        """List the tags; empty for a repository yet to be made."""
        if not self._repository.is_repository():
            return ()
        names = self._repository.stored_refs().targets
        return tuple(name.removeprefix(TAGS) for name in names if name.startswith(TAGS))

    def read(self, path: str) -> str | None:
        """Read a file of the newest commit; `None` if it has no such file."""
        if self._clean:
            # `check` has found the work tree to be that of the commit.
            place = self._directory / path
            return decode_text(read_bytes(place), source=str(place)) if place.is_file() else None
        if not self._repository.is_repository() or (head := self._repository.resolve("HEAD")) is None:
            return None
        data = self._repository.read_file(head, path)
        return None if data is None else decode_text(data, source=f"{self._directory}/{path}")

    def require_remote(self) -> str:
        """Give the URL that builds are pushed to; a `RefusedError` without one."""
        origin = self._repository.origin() if self._repository.is_repository() else None
        if origin is None:
            raise RefusedError(
                f"`{self._directory}` has no remote `origin` to push builds to",
                hint="clone versiondb, or leave `--push` out",
            )
        return origin

    def refresh(self) -> None:
        """Follow the remote; its builds win over those that were never published.

        Raises
        ------
        RefusedError
            Raised if there is no remote, or builds were recorded here that
            the remote does not have while it has others.
        UnavailableError
            Raised if it cannot be reached.
        """
        url, branch = self.require_remote(), self._branch()
        self._retries.call(lambda: self._fetch(branch), url=url)
        theirs, ours = self._repository.resolve(f"{_REMOTE}{branch}"), self._repository.resolve("HEAD")
        if theirs is None or theirs == ours or (ours is not None and self._holds(ours, theirs)):
            return
        if ours is not None and not self._holds(theirs, ours):
            raise _diverged(self._directory)
        self._repository.mark_checkout(theirs)
        self._git("update-ref", "-m", "follow origin", "HEAD", theirs, doing="follow the remote")
        self._follow(theirs)

    def _fetch(self, branch: str) -> None:
        fetched = self._repository.run(
            *("fetch", "--no-auto-maintenance", "--no-write-fetch-head", "origin"),
            *(f"+refs/heads/{branch}:{_REMOTE}{branch}", "refs/tags/*:refs/tags/*"),
            doing="fetch versiondb",
            check=False,
        )
        if fetched.returncode and "would clobber existing tag" in fetched.stderr:
            raise _diverged(self._directory)
        if fetched.returncode and "couldn't find remote ref" not in fetched.stderr:
            raise explain_git("fetch versiondb", fetched.stdout + fetched.stderr)

    def _holds(self, commit: str, ancestor: str) -> bool:
        asked = self._repository.run(
            "merge-base", "--is-ancestor", ancestor, commit, doing="compare histories", check=False
        )
        return asked.returncode == 0

    def _branch(self) -> str:
        return self._git("symbolic-ref", "--short", "HEAD", doing="name the branch of versiondb")

    def _unpublished(self, theirs: str) -> list[str]:
        if self._repository.resolve("HEAD") is None:
            return []
        known = ("--no-merged", theirs) if self._repository.resolve(theirs) else ()
        return self._git("tag", "--list", "--merged", "HEAD", *known, doing="list new builds").split()

    def _push(self, commit: str, tag: str, tag_object: str) -> bool:
        branch = self._branch()
        unpublished = self._unpublished(f"{_REMOTE}{branch}")
        tags = [f"refs/tags/{one}" for one in unpublished]
        command = ("push", "-q", "--atomic", "origin", f"{commit}:refs/heads/{branch}")
        parts = (*tags, f"{tag_object}:refs/tags/{tag}")
        # Once only: a push that failed may have come through, which the next run finds out.
        once = Retries(tries=1)
        return once.call(lambda: self._send((*command, *parts), tag), url=self.require_remote())

    def _send(self, command: tuple[str, ...], tag: str) -> bool:
        pushed = self._repository.run(*command, doing=f"push build `{tag}`", check=False)
        if declined := _DECLINED.search(pushed.stderr):
            raise _refused(tag, declined[1], pushed.stderr)
        if pushed.returncode == 0 or _OVERTAKEN.search(pushed.stderr):
            return pushed.returncode == 0
        raise explain_git(f"push build `{tag}`", pushed.stdout + pushed.stderr)

    def record(
        self, files: Mapping[str, str], *, message: str, tag: str, tag_message: str, push: bool = False
    ) -> bool:
        """Commit files and tag the commit; branch and tag appear in one step.

        Parameters
        ----------
        files : `~collections.abc.Mapping` [ `str`, `str` ]
            Path to whole content; other files of the newest commit stay.
        message, tag_message : `str`
            Of the commit and of its annotated tag.
        tag : `str`
            Must not exist.
        push : `bool`, optional
            Whether the remote gets both first, or neither, too.

        Returns
        -------
        recorded : `bool`
            False if the remote has another build of that id by now, or others
            that are not here; then nothing was recorded.
        """
        identity = self._identity()
        head = self._repository.resolve("HEAD")
        commit = self._commit(files, message=message, parent=head, identity=identity)
        tagger = self._git("var", "GIT_COMMITTER_IDENT", doing="name the tagger", env=identity)
        text = f"object {commit}\ntype commit\ntag {tag}\ntagger {tagger}\n\n{tag_message}\n"
        tag_object = self._git("mktag", doing=f"make the tag `{tag}`", stdin=text)
        if push and not self._push(commit, tag, tag_object):
            return False
        # The mark of a checkout: if we are killed after the next command, the work tree is behind.
        self._repository.mark_checkout(commit)
        self._git(
            *("update-ref", "--stdin", "--create-reflog", "-m", message),
            doing=f"record build `{tag}`",
            stdin=f"start\nupdate HEAD {commit} {head or _NOBODY}\ncreate refs/tags/{tag} {tag_object}\n"
            "prepare\ncommit\n",
        )
        self._follow(commit)
        return True

    def _commit(
        self, files: Mapping[str, str], *, message: str, parent: GitSha | None, identity: Mapping[str, str]
    ) -> str:
        with tempfile.TemporaryDirectory() as scratch:
            index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
            if parent is not None:
                self._git("read-tree", parent, doing="read the newest commit", env=index)
            for path, content in files.items():
                blob = self._git("hash-object", "-w", "--stdin", doing=f"store `{path}`", stdin=content)
                entry = f"100644,{blob},{path}"
                self._git("update-index", "--add", "--cacheinfo", entry, doing=f"store `{path}`", env=index)
            tree = self._git("write-tree", doing="store the files", env=index)
        parents = () if parent is None else ("-p", parent)
        return self._git(
            "commit-tree", tree, *parents, doing="commit to versiondb", stdin=f"{message}\n", env=identity
        )

    def _follow(self, commit: str) -> None:
        self._repository.mark_checkout(commit)
        self._git("read-tree", "--reset", "-u", commit, doing="bring the files of versiondb up to date")
        self._repository.unmark_checkout()

    def _identity(self) -> Mapping[str, str]:
        known = self._repository.run("var", "GIT_COMMITTER_IDENT", doing="ask for a name", check=False)
        return {} if known.returncode == 0 else _SOMEBODY

    def _git(
        self, *arguments: str, doing: str, stdin: str | None = None, env: Mapping[str, str] | None = None
    ) -> str:
        done = run_git(("-C", str(self._directory), *arguments), doing=doing, stdin=stdin, env=env)
        return done.stdout.rstrip("\n")


def _refused(tag: str, reason: str, output: str) -> RefusedError:
    words = [
        line.removeprefix("remote:").strip() for line in output.splitlines() if line.startswith("remote:")
    ]
    said = "; ".join(filter(None, [*words, reason]))
    return RefusedError(
        f"the remote of versiondb does not take build `{tag}`: {said}",
        hint="nothing was recorded; ask those who keep it",
    )


def _diverged(directory: Path) -> RefusedError:
    return RefusedError(
        f"`{directory}` has builds that were never pushed, and `origin` has others since",
        hint="keep them under another name, as with `git branch mine`, and reset the branch to `origin`",
    )
