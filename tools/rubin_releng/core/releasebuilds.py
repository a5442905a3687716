"""Which build a release is: what git tags say of it, and what versions say of commits."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lsstinstall.core.errors import InvalidNameError
from lsstinstall.core.tags import BuildId, build_number, parse_build_id

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from lsstinstall.core.names import GitSha, ProductName
    from lsstinstall.core.versions import EupsVersion

__all__ = ["BuildVote", "TaggedCommit", "build_of_message", "commits_of_version", "elect_build"]

# Version w.2022.20 release from w_2022_20/b1234
# Version 24.0.0 release from manifest b1234
_BUILD = re.compile(r"\bfrom (?:manifest +)?(?:[^\s/]+/)?(b[0-9]+)[ .]*$", re.MULTILINE)

# g0123456789+abcdef0123, 22.0.1-3-g2616f47+abcdef0123, 20.0.0-4-gde602ef96+5
_COMMIT = re.compile(r"(?:^|-)g([0-9a-f]{7,40})(?=\+|$)")
# 23.0.0+60ce4897b0: the tag itself
_TAGGED = re.compile(r"(v?[0-9]+(?:\.[0-9A-Za-z]+)+)(?:\+[0-9a-f]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedCommit:
    """What one spelling of a tag is in one repository.

    Parameters
    ----------
    ref : `str`
        The full ref.
    commit : `GitSha`
        What it stands for.
    message : `str`
        Of the tag; empty for a lightweight one.
    date : `~datetime.date` or `None`
        When it was made, UTC; `None` for a lightweight one.
    """

    ref: str
    commit: GitSha
    message: str = ""
    date: dt.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildVote:
    """What tags of one name say of the build.

    Parameters
    ----------
    build : `BuildId` or `None`
        Named by most, of two the newer one; `None` if nobody names any.
    others : `~collections.abc.Mapping` [ `BuildId`, `tuple` [ `ProductName`, ... ] ]
        The other builds, by number, with those that name them.
    """

    build: BuildId | None = None
    others: Mapping[BuildId, tuple[ProductName, ...]] = field(default_factory=dict)


def build_of_message(message: str) -> BuildId | None:
    """Read the build that a git tag was made from.

    Parameters
    ----------
    message : `str`
        Of the tag.

    Returns
    -------
    build : `BuildId` or `None`
        `None` if it names none, as before 2015.
    """
    for text in reversed(_BUILD.findall(message)):
        try:
            return parse_build_id(text)
        except InvalidNameError:
            continue
    return None


def elect_build(named: Mapping[ProductName, BuildId]) -> BuildVote:
    """Choose among the builds that repositories name.

    Parameters
    ----------
    named : `~collections.abc.Mapping` [ `ProductName`, `BuildId` ]
        What the tag of each repository says.

    Returns
    -------
    vote : `BuildVote`
        A tag is moved after a fix, in some repositories only.
    """
    if not named:
        return BuildVote()
    counts = Counter(named.values())
    chosen = max(counts, key=lambda build: (counts[build], build_number(build)))
    return BuildVote(
        build=chosen,
        others={
            build: tuple(sorted(name for name, one in named.items() if one == build))
            for build in sorted(counts.keys() - {chosen}, key=build_number)
        },
    )


def commits_of_version(version: EupsVersion) -> tuple[str, ...]:
    """Read which commit a version was made from.

    Parameters
    ----------
    version : `EupsVersion`
        Of any time.

    Returns
    -------
    names : `tuple` [ `str`, ... ]
        What a repository may be asked for, the best first: an abbreviated
        commit, or full refs of the tags that the version consists of; empty
        if it tells neither.
    """
    if match := _COMMIT.search(version):
        return (match[1],)
    if match := _TAGGED.fullmatch(version):
        bare = match[1].removeprefix("v")
        return (f"refs/tags/{match[1]}", f"refs/tags/{bare}", f"refs/tags/v{bare}")
    return ()
