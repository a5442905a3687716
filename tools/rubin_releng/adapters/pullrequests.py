"""Which pull requests brought commits to a main line, as GitHub tells; kept for ever."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from lsstinstall.adapters.files import read_text, write_atomic
from lsstinstall.adapters.locks import hold_lock
from lsstinstall.core.errors import CorruptError, ToolkitError
from rubin_releng.adapters.githubapi import repository_path
from rubin_releng.core.pullrequests import PullRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from lsstinstall.core.names import GitSha, ProductName
    from rubin_releng.adapters.githubapi import GitHubApi

__all__ = ["GitHubPullRequests"]

_BATCH = 50
_WAIT_SECONDS = 60.0

# GitHub may need a moment to find out, and a repository may be moved; later nothing changes any more.
_SETTLED = timedelta(days=2)
_ASK_AGAIN = timedelta(days=1)

_QUESTION = """\
query($owner: String!, $name: String!) {{
  repository(owner: $owner, name: $name) {{
{objects}
  }}
}}
fragment brought on Commit {{
  committedDate
  associatedPullRequests(first: 10) {{
    nodes {{
      number title url merged mergedAt headRefName baseRefName
      baseRepository {{ nameWithOwner }}
    }}
  }}
}}
"""

# What a file keeps of a commit: the pull request, or `None` and when to ask again, if ever.
_Entry = dict[str, Any]


_ANONYMOUS = (
    "pull requests are not known: GitHub answers nobody without a token, in `GITHUB_TOKEN` or `GH_TOKEN`"
)


class GitHubPullRequests:
    """Asks GitHub for pull requests; never twice for what cannot change.

    Parameters
    ----------
    api : `GitHubApi` or `None`
        `None` asks nobody, and answers from what was kept.
    folder : `~pathlib.Path`
        Where answers are kept, a file for each repository.
    now : `~collections.abc.Callable`, optional
        The time, UTC.
    """

    def __init__(
        self,
        api: GitHubApi | None,
        folder: Path,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(tz=UTC),
    ) -> None:
        self._api = api
        self._folder = folder
        self._now = now
        self._problems: list[str] = []

    @property
    def problems(self) -> tuple[str, ...]:
        """Why something may be missing, one sentence each."""
        return tuple(dict.fromkeys(self._problems))

    def merged(
        self, product: ProductName, repository_url: str, shas: Sequence[GitSha]
    ) -> Mapping[GitSha, PullRequest]:
        """Find the pull requests of commits that do not name any.

        Parameters
        ----------
        product : `ProductName`
            Whose commits they are; for messages.
        repository_url : `str`
            Where its repository is; only GitHub's are known.
        shas : `~collections.abc.Sequence` [ `GitSha` ]
            Commits on a main line.

        Returns
        -------
        pull_requests : `~collections.abc.Mapping` [ `GitSha`, `PullRequest` ]
            Merged ones only, in the order asked for. If GitHub does not
            answer, those that are known, and `problems` says why.
        """
        path = repository_path(repository_url)
        if path is None or not shas:
            return {}
        place = self._folder / f"{path.lower()}.json"
        try:
            known = _read(place)
            missing = [sha for sha in dict.fromkeys(shas) if self._is_open(known.get(sha))]
            if missing and self._api is not None and self._api.has_token:
                known |= self._ask(self._api, product, path, missing, place)
            elif missing and self._api is not None:
                self._problems.append(_ANONYMOUS)
        except ToolkitError as error:
            self._problems.append(f"pull requests of `{product}` are not known: {error}")
            return {}
        return _pull_requests(known, shas)

    def _is_open(self, entry: _Entry | None) -> bool:
        if entry is None:
            return True
        again = entry.get("again")
        return entry.get("number") is None and again is not None and self._now().isoformat() >= again

    def _ask(
        self, api: GitHubApi, product: ProductName, path: str, shas: Sequence[GitSha], place: Path
    ) -> dict[str, _Entry]:
        fresh: dict[str, _Entry] = {}
        try:
            for start in range(0, len(shas), _BATCH):
                fresh |= self._ask_batch(api, path, shas[start : start + _BATCH])
        except ToolkitError as error:
            self._problems.append(f"pull requests of `{product}` are not known: {error}")
        if fresh:
            with hold_lock(place.with_suffix(".lock"), wait_seconds=_WAIT_SECONDS, purpose="keeping answers"):
                text = json.dumps(_read(place) | fresh, indent=1, sort_keys=True, ensure_ascii=False)
                write_atomic(place, f"{text}\n")
        return fresh

    def _ask_batch(self, api: GitHubApi, path: str, shas: Sequence[GitSha]) -> dict[str, _Entry]:
        owner, _, name = path.partition("/")
        objects = "\n".join(
            f'    c{number}: object(oid: "{sha}") {{ ...brought }}' for number, sha in enumerate(shas)
        )
        data = api.graphql(_QUESTION.format(objects=objects), {"owner": owner, "name": name})
        found = data.get("repository") or {}
        return {sha: self._entry(found.get(f"c{number}"), path) for number, sha in enumerate(shas)}

    def _entry(self, commit: _Entry | None, path: str) -> _Entry:
        now = self._now()
        if not commit:
            return {"again": (now + _ASK_AGAIN).isoformat()}
        try:
            nodes = [node for node in commit["associatedPullRequests"]["nodes"] if _is_ours(node, path)]
            first = min(nodes, key=lambda node: (node["mergedAt"], node["number"]), default=None)
            made = datetime.fromisoformat(commit["committedDate"])
            if first is None:
                return {} if now - made > _SETTLED else {"again": (now + _ASK_AGAIN).isoformat()}
            return {
                "number": int(first["number"]),
                "title": str(first["title"]),
                "branch": str(first["headRefName"]),
                "url": first["url"],
            }
        except (KeyError, TypeError, ValueError) as error:
            raise CorruptError("GitHub answers with pull requests of another form") from error


def _is_ours(node: _Entry, path: str) -> bool:
    """Leave out those of forks, and those that were never merged."""
    base = (node.get("baseRepository") or {}).get("nameWithOwner")
    same = base is None or base.lower() == path.lower()
    return bool(node.get("merged")) and node.get("mergedAt") is not None and same


def _read(place: Path) -> dict[str, _Entry]:
    try:
        kept = json.loads(read_text(place))
    except (ValueError, ToolkitError):
        # What was kept is only kept to save requests.
        return {}
    entries = kept.items() if isinstance(kept, dict) else ()
    return {sha: entry for sha, entry in entries if isinstance(entry, dict) and _is_whole(entry)}


def _is_whole(entry: _Entry) -> bool:
    return entry.get("number") is None or {"title", "branch"} <= entry.keys()


def _pull_requests(known: Mapping[str, _Entry], shas: Iterable[GitSha]) -> dict[GitSha, PullRequest]:
    return {
        sha: PullRequest(
            number=entry["number"], title=entry["title"], branch=entry["branch"], url=entry.get("url")
        )
        for sha in shas
        if (entry := known.get(sha)) is not None and entry.get("number") is not None
    }
