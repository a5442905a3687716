"""The two ends of a change log: a release, a build, a tag, a branch or a commit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError, InvalidNameError
from lsstinstall.core.tags import EupsTag, TagKind, parse_tag
from rubin_releng.core.refs import parse_ref_name

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from lsstinstall.core.buildmanifests import BuildManifest
    from lsstinstall.core.names import GitSha, ProductName
    from lsstinstall.core.releases import Release
    from lsstinstall.core.tags import BuildId
    from lsstinstall.core.versions import EupsVersion

__all__ = ["MAIN_REFS", "Pin", "Side", "read_tag", "side_of_manifest", "side_of_name", "side_of_release"]

MAIN_REFS = (
    "refs/heads/main",
    "refs/remotes/origin/main",
    "refs/heads/master",
    "refs/remotes/origin/master",
    "HEAD",
)
"""Where the main line may be, in bare and other repositories; the first one is it."""

# 24.0.0.rc1, 24.0.0rc1, v13.0-rc1
_CANDIDATE = re.compile(r"v?(?P<version>\d+(?:\.\d+){1,2})[._-]?rc\.?(?P<number>\d+)")
_COMMIT = re.compile(r"[0-9a-f]{7,40}")
_IN_GIT = frozenset({TagKind.DAILY, TagKind.WEEKLY, TagKind.CANDIDATE, TagKind.RELEASE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """What one end says of a product.

    Parameters
    ----------
    commit : `GitSha` or `None`
        What was built; `None` if only the product's name is known.
    version : `EupsVersion` or `None`
        As EUPS prints it, where a document tells.
    repository : `str` or `None`
        URL of its history, where that is known.
    reason : `str` or `None`
        Why the commit is not known; `None` if it is.
    """

    commit: GitSha | None
    version: EupsVersion | None = None
    repository: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One end of a change log.

    Parameters
    ----------
    name : `str`
        As the user gave it.
    source : `str`
        Where its products come from, for people.
    tag : `EupsTag` or `None`
        The release, if it is one.
    build : `BuildId` or `None`
        The build, if it is known.
    environment : `str` or `None`
        Version of rubin-env, if it is known.
    pins : `~collections.abc.Mapping` or `None`
        All products with their commits; `None` if each repository has to be
        asked for ``refs``.
    refs : `tuple` [ `str`, ... ]
        Full refs or a commit id, the best first.
    is_tag : `bool`
        Whether a repository without the refs does not belong to the release.
    date : `~datetime.date` or `None`
        Of the release, UTC, if it is known.
    warnings : `tuple` [ `str`, ... ]
        What is doubtful about this end, one sentence each.
    notes : `tuple` [ `str`, ... ]
        Which other places were asked and did not have it, for people: this is
        usual for old releases.
    """

    name: str
    source: str
    tag: EupsTag | None = None
    build: BuildId | None = None
    environment: str | None = None
    pins: Mapping[ProductName, Pin] | None = None
    refs: tuple[str, ...] = ()
    is_tag: bool = False
    date: dt.date | None = None
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def side_of_release(release: Release, *, name: str) -> Side:
    """Take one end from a release document.

    Parameters
    ----------
    release : `Release`
        Names all products and commits.
    name : `str`
        As the user gave it.

    Returns
    -------
    side : `Side`
        Which needs no git to know its commits.
    """
    return Side(
        name=name,
        source="release document",
        tag=release.tag,
        build=release.build,
        environment=None if release.environment is None else release.environment.version,
        pins=MappingProxyType(
            {
                product.name: Pin(
                    commit=product.commit, version=product.version, repository=product.repository
                )
                for product in release.products
            }
        ),
    )


def side_of_manifest(manifest: BuildManifest, *, name: str) -> Side:
    """Take one end from a build manifest.

    Parameters
    ----------
    manifest : `BuildManifest`
        Names all products and commits.
    name : `str`
        As the user gave it.

    Returns
    -------
    side : `Side`
        Which needs no git to know its commits.
    """
    return Side(
        name=name,
        source="build manifest",
        build=manifest.build,
        pins=MappingProxyType(
            {product.name: Pin(commit=product.sha, version=product.version) for product in manifest.products}
        ),
    )


def side_of_name(name: str) -> Side:
    """Take one end from what the repositories themselves say.

    Parameters
    ----------
    name : `str`
        A tag in EUPS's or git's spelling, ``main``, a branch or a commit.

    Returns
    -------
    side : `Side`
        With the refs to ask for: of a final release both spellings, for
        repositories that publish elsewhere have a ``v`` in front.

    Raises
    ------
    ConfigurationError
        Raised if no repository can know it: a build, a tag that moves, or
        what git would not take for a ref.
    """
    tag = read_tag(name)
    if tag is not None and tag.kind in _IN_GIT:
        refs = tuple(f"refs/tags/{spelling}" for spelling in _spellings(tag))
        # Dailies are tagged in EUPS alone, so that a repository without one may be part of it.
        is_tag = tag.kind is not TagKind.DAILY
        return Side(name=name, source="git tags", tag=tag, refs=refs, is_tag=is_tag)
    if tag is not None and tag.kind is TagKind.BUILD:
        raise ConfigurationError(
            f"no repository knows the build `{name}`", hint="say where its manifest is with `--versiondb`"
        )
    if tag is not None and tag.kind is TagKind.FLOATING:
        raise ConfigurationError(f"`{name}` moves", hint="give the tag that it stands for, as `w_2026_42`")
    if name == "main":
        return Side(name=name, source="main lines", refs=MAIN_REFS)
    parse_ref_name(name)
    own = (name,) if _COMMIT.fullmatch(name) else ()
    places = (f"refs/{where}/{name}" for where in ("tags", "heads", "remotes/origin"))
    return Side(name=name, source="git", refs=(*places, *own))


def read_tag(name: str) -> EupsTag | None:
    """Read a release's name in any of the spellings that people use.

    Parameters
    ----------
    name : `str`
        A tag in EUPS's or git's spelling; a candidate may lack its ``v``, or
        have ``rc1`` joined otherwise, as in ``24.0.0.rc1`` and ``v13.0-rc1``.

    Returns
    -------
    tag : `EupsTag` or `None`
        `None` if it is no release.
    """
    match = _CANDIDATE.fullmatch(name)
    if match is not None:
        name = f"v{match['version']}.rc{match['number']}"
    for external in (False, True):
        try:
            return parse_tag(name, external=external)
        except InvalidNameError:
            continue
    return None


def _spellings(tag: EupsTag) -> tuple[str, ...]:
    """Name the tags that a release may have in repositories, the best first."""
    known = [str(one) for one in (tag.git(), tag.git(external=True)) if one is not None]
    known.append(tag.name)
    if tag.kind is TagKind.CANDIDATE:
        *version, number = tag.numbers
        bare = ".".join(map(str, version))
        known += [f"{bare}.rc{number}", f"{bare}rc{number}", f"v{bare}-rc{number}"]
    return tuple(dict.fromkeys(known))
