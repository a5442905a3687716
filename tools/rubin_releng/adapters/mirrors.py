"""Mirrors of all repositories in one folder: commits and tags, brought up to date at once."""

from __future__ import annotations

import hashlib
import re
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import make_directory
from lsstinstall.adapters.locks import hold_lock
from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.names import GitSha
from lsstinstall.core.reporting import Outcome
from rubin_releng.adapters.gitcommands import GitError, run_git
from rubin_releng.adapters.gitpromises import PATIENCE, remote_settings
from rubin_releng.adapters.loggedhistories import LOG_OPTIONS
from rubin_releng.adapters.mirrorstores import MirrorRef, MirrorStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from lsstinstall.core.reporting import Reporter

__all__ = ["MirrorResult", "Mirrors"]

_LINES = ("main", "master")
_TAGS = "refs/tags/"
_REF_FORMAT = (
    "%(objectname)%00%(objecttype)%00%(*objectname)%00%(*objecttype)%00%(taggerdate:unix)%00%(refname)%00"
    "%(contents:subject)"
)
_SYMBOLIC = re.compile(r"ref: refs/heads/(\S+)\tHEAD")


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorResult:
    """What became of the mirrors.

    Parameters
    ----------
    changed, unchanged : `int`
        How many were brought up to date, or were already.
    kept : `~collections.abc.Mapping` [ `str`, `str` ]
        Repositories that could not be reached and are kept as they were:
        address and reason.
    missing : `~collections.abc.Mapping` [ `str`, `str` ]
        Those of which there is nothing, likewise.
    """

    changed: int
    unchanged: int
    kept: Mapping[str, str]
    missing: Mapping[str, str]


class Mirrors:
    """Mirrors below one folder.

    Parameters
    ----------
    folder : `~pathlib.Path`
        Made if it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._store: MirrorStore | None = None

    @property
    def store(self) -> MirrorStore:
        """What they hold, for reading; opened when it is wanted."""
        if self._store is None:
            self._store = MirrorStore(self.folder / "mirrors.sqlite")
        return self._store

    def directory(self, url: str) -> Path:
        """Say where the mirror of a repository is."""
        name = re.sub(r"[^A-Za-z0-9_.-]", "-", url.rstrip("/").removesuffix(".git").rpartition("/")[2])
        # Two owners may have repositories of one name.
        digest = hashlib.sha256(url.encode()).hexdigest()[:10]
        return self.folder / "repositories" / f"{name.lstrip('.-')}-{digest}.git"

    def update(
        self, branches: Mapping[str, str | None], *, reporter: Reporter, jobs: int = 8
    ) -> MirrorResult:
        """Bring mirrors to what the remotes have, each by one connection.

        An update that was interrupted, even by ``kill -9``, is taken up
        again. Another one of the same folder is waited for.

        Parameters
        ----------
        branches : `~collections.abc.Mapping` [ `str`, `str` or `None` ]
            For each address the main line, where it is known to have another
            name than ``main`` or ``master``.
        reporter : `~lsstinstall.core.reporting.Reporter`
            Gets a step for each repository.
        jobs : `int`, optional
            Connections at once.

        Returns
        -------
        result : `MirrorResult`
            A repository that cannot be reached is no error.
        """
        reporter.begin("update mirrors", len(branches))
        with self._alone(reporter), ThreadPoolExecutor(max_workers=jobs) as pool:
            found = pool.map(lambda url: self._update_one(url, branches[url], reporter), branches)
            results = dict(zip(branches, found, strict=True))
        reporter.end()
        kept: dict[str, str] = {}
        missing: dict[str, str] = {}
        for url, reason in results.items():
            if isinstance(reason, str):
                (missing if self.store.state(url) is None else kept)[url] = reason
        changed = sum(one is True for one in results.values())
        unchanged = len(results) - changed - len(kept) - len(missing)
        return MirrorResult(changed=changed, unchanged=unchanged, kept=kept, missing=missing)

    @contextmanager
    def _alone(self, reporter: Reporter) -> Iterator[None]:
        """Hold the lock; clear up after an update that did not come to its end."""
        make_directory(self.folder / "repositories")
        lock, mark = self.folder / "mirrors.lock", self.folder / "mirrors.unfinished"
        with hold_lock(lock, wait_seconds=None, purpose="an update of mirrors", waiting=reporter.note):
            if mark.exists():
                self._clear_up()
            mark.touch()
            yield
            mark.unlink(missing_ok=True)

    def _clear_up(self) -> None:
        for path in (self.folder / "repositories").glob("*.new"):
            shutil.rmtree(path, ignore_errors=True)
        for repository in (self.folder / "repositories").glob("*.git"):
            for pattern in ("**/*.lock", "objects/pack/tmp_*", "objects/pack/.tmp-*"):
                for path in repository.glob(pattern):
                    path.unlink(missing_ok=True)

    def _update_one(self, url: str, branch: str | None, reporter: Reporter) -> bool | str:
        """Tell whether anything changed, or why nothing could be done."""
        try:
            is_changed = self._bring(url, branch)
        except ToolkitError as error:
            state = self.store.state(url)
            kept = (
                ""
                if state is None
                else f"; kept as of {datetime.fromtimestamp(state[2], UTC):%Y-%m-%d %H:%M}"
            )
            reporter.step(url, Outcome.FAILED, detail=f"{error}{kept}")
            return str(error)
        reporter.step(url, Outcome.DONE if is_changed else Outcome.UNCHANGED)
        return is_changed

    def _bring(self, url: str, branch: str | None) -> bool:
        directory = self.directory(url)
        state = self.store.state(url)
        branch = branch or (None if state is None else state[1])
        if not (directory / "HEAD").is_file():
            return self._make(url, branch)
        try:
            branch = _fetch(directory, url, branch)
        except GitError as error:
            # A mirror that lost a part is made anew; a remote that is gone leaves it as it is.
            if _is_sound(directory):
                raise
            try:
                return self._make(url, branch)
            except ToolkitError:
                raise error from None
        return self._keep(url, directory, branch, before=None if state is None else state[0])

    def _make(self, url: str, branch: str | None) -> bool:
        """Make a mirror beside its place, and put it there when it is whole."""
        directory = self.directory(url)
        fresh = directory.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        options = ("init", "-q", "--bare", "--template=", "-b", branch or "main")
        run_git((*options, str(fresh)), doing=f"make a mirror of <{url}>")
        try:
            branch = _fetch(fresh, url, branch)
        except ToolkitError:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        shutil.rmtree(directory, ignore_errors=True)
        fresh.rename(directory)
        self._keep(url, directory, branch, before=None)
        return True

    def _keep(self, url: str, directory: Path, branch: str | None, *, before: str | None) -> bool:
        """Read what a mirror has now, unless nothing changed."""
        listed = _git(directory, "for-each-ref", f"--format={_REF_FORMAT}", doing="list refs")
        fingerprint = hashlib.sha256(f"{branch}\n{listed}".encode()).hexdigest()
        if fingerprint == before:
            return False
        refs = list(_read_refs(directory, listed))
        main = next((one for one in refs if one.name == f"refs/heads/{branch}"), None)
        if branch is not None and main is not None:
            refs.append(MirrorRef(name="HEAD", sha=main.sha))
        asked = (*LOG_OPTIONS, "--branches", "--tags", "--")
        log = _git(directory, *asked, doing="read the history") if refs else ""
        _git(directory, "pack-refs", "--all", doing="pack refs")
        self.store.save(
            url,
            fingerprint=fingerprint,
            branch=branch,
            updated=int(time.time()),
            refs=refs,
            log=log,
            is_cut=(directory / "shallow").exists(),
        )
        return True


def _git(directory: Path, *arguments: str, doing: str, stdin: str | None = None) -> str:
    command = ("-C", str(directory), *arguments)
    return run_git(command, doing=f"{doing} in `{directory}`", stdin=stdin).stdout


def _fetch(directory: Path, url: str, branch: str | None) -> str | None:
    """Fetch main lines, release branches and tags; tell the main line if it has a name of its own."""
    _connect(directory, url, branch)
    if _has_main(directory, branch):
        return branch
    answer = _git(directory, *PATIENCE, "ls-remote", "--symref", url, "HEAD", doing=f"look at <{url}>")
    found = _SYMBOLIC.search(answer)
    if found is None:
        return None
    _connect(directory, url, found.group(1))
    return found.group(1)


def _connect(directory: Path, url: str, branch: str | None) -> None:
    heads = dict.fromkeys([*_LINES, *([branch] if branch else [])])
    # A pattern, for a branch that is not there must not be an error.
    patterns = [*(f"refs/heads/{head}*" for head in heads), "refs/heads/v*.x", "refs/tags/*"]
    options = (
        "fetch",
        "-q",
        "--prune",
        "--force",
        "--no-tags",
        "--no-write-fetch-head",
        "--no-auto-maintenance",
    )
    settings = (*remote_settings(url), "-c", "fetch.showForcedUpdates=false")
    refspecs = (f"+{pattern}:{pattern}" for pattern in patterns)
    _git(directory, *settings, *options, "origin", *refspecs, doing=f"fetch <{url}>")


def _has_main(directory: Path, branch: str | None) -> bool:
    names = [f"refs/heads/{one}" for one in (*_LINES, *([branch] if branch else []))]
    return bool(_git(directory, "for-each-ref", "--format=%(refname)", *names, doing="list branches"))


def _is_sound(directory: Path) -> bool:
    """Tell whether all commits are there."""
    command = ("-C", str(directory), "rev-list", "--all", "--quiet")
    return run_git(command, doing="check a mirror", check=False).returncode == 0


def _read_refs(directory: Path, listed: str) -> Iterator[MirrorRef]:
    nested: list[tuple[str, str, int | None]] = []
    for line in listed.splitlines():
        target, kind, peeled, peeled_kind, seconds, name, subject = line.split("\0", 6)
        sha = {kind: target, peeled_kind: peeled}.get("commit")
        # What a lightweight tag shows is the message of its commit.
        message, made = (subject if kind == "tag" else ""), (int(seconds) if seconds else None)
        if sha is not None:
            yield MirrorRef(name=name, sha=GitSha(sha), message=message, time=made)
        elif peeled_kind == "tag":
            nested.append((name, message, made))
    if nested:
        # A tag of a tag: `for-each-ref` follows only the first.
        asked = "".join(f"{name}^{{commit}}\n" for name, _, _ in nested)
        shas = _git(directory, "cat-file", "--batch-check=%(objectname)", doing="read tags", stdin=asked)
        for (name, message, made), sha in zip(nested, shas.splitlines(), strict=True):
            if " " not in sha:
                yield MirrorRef(name=name, sha=GitSha(sha), message=message, time=made)
