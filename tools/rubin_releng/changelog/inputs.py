"""Which products and commits an end has: from the best place that knows it.

A release document comes first, then EUPS's tag list with the manifest of its
build, then the manifest of the build that the repositories' own tags name,
then these tags themselves. A place that does not have a release is usual: the
server keeps no list of an old weekly. A place that has it in a damaged form is
an error.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, TypeVar

from lsstinstall.core.errors import NotFoundError, ToolkitError, UnavailableError
from lsstinstall.core.tags import EupsTag, TagKind, parse_build_id
from rubin_releng.changelog.sides import (
    Pin,
    Side,
    read_tag,
    side_of_manifest,
    side_of_name,
    side_of_release,
)
from rubin_releng.core.releasebuilds import build_of_message, commits_of_version, elect_build

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lsstinstall.core.buildmanifests import BuildManifest, ManifestProduct
    from lsstinstall.core.names import GitSha, ProductName
    from lsstinstall.core.releases import Release
    from lsstinstall.core.taglists import TagList
    from lsstinstall.core.tags import BuildId
    from lsstinstall.core.versions import EupsVersion
    from rubin_releng.changelog.ports import HistoryReader
    from rubin_releng.core.releasebuilds import TaggedCommit

__all__ = [
    "CommitFinder",
    "DayReader",
    "HistoryCommits",
    "ManifestSource",
    "Place",
    "ReleaseSource",
    "SideInputs",
    "TagListSource",
    "TagReader",
    "read_side",
    "side_of_tag_list",
]

Known = TypeVar("Known", bound="Place")
Value = TypeVar("Value")

_LISTED = frozenset({TagKind.DAILY, TagKind.WEEKLY, TagKind.CANDIDATE, TagKind.RELEASE})
_MOST_NAMED = 5


class Place(Protocol):
    """Something that may know a release."""

    @property
    def name(self) -> str:
        """What it is, for people."""


class ReleaseSource(Place, Protocol):
    """Knows release documents."""

    def release(self, tag: EupsTag) -> Release | None:
        """Read a release document; `None` if there is none."""


class TagListSource(Place, Protocol):
    """Knows EUPS's tag lists."""

    def tag_list(self, tag: EupsTag) -> TagList | None:
        """Read a tag list; `None` if there is none."""


class ManifestSource(Place, Protocol):
    """Knows manifests of builds."""

    def manifest(self, build: BuildId) -> BuildManifest | None:
        """Read a manifest; `None` if there is none."""


class TagReader(Protocol):
    """Knows the tags of all repositories."""

    def tagged(self, refs: Sequence[str]) -> Mapping[ProductName, tuple[TaggedCommit, ...]]:
        """Read those of some refs that are there, in that order, for each repository with any."""


class DayReader(Protocol):
    """Knows when tags were made."""

    def day(self, refs: Sequence[str]) -> dt.date | None:
        """Read the day of the first of some refs that any repository has; `None` if none tells."""


class CommitFinder(Protocol):
    """Finds commits in the repositories."""

    def find(self, product: ProductName, names: Sequence[str]) -> GitSha | None:
        """Resolve the first of some refs and abbreviated commits that is there."""


class HistoryCommits:
    """Finds commits in histories that are at hand.

    Parameters
    ----------
    readers : `~collections.abc.Mapping` [ `ProductName`, `HistoryReader` ]
        By product.
    """

    def __init__(self, readers: Mapping[ProductName, HistoryReader]) -> None:
        self._readers = readers

    def find(self, product: ProductName, names: Sequence[str]) -> GitSha | None:
        """Resolve the first of some refs and abbreviated commits that is there."""
        reader = self._readers.get(product)
        if reader is None or not names:
            return None
        try:
            return next((commit for commit in reader.resolve(names) if commit is not None), None)
        except ToolkitError:
            # Whoever compares the product meets the same again, and tells it.
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class SideInputs:
    """Where to look, each kind of place in the order of preference.

    Parameters
    ----------
    releases : `tuple` [ `ReleaseSource`, ... ]
        Of release documents.
    tag_lists : `tuple` [ `TagListSource`, ... ]
        Of EUPS's tag lists.
    manifests : `tuple` [ `ManifestSource`, ... ]
        Of manifests.
    tags : `TagReader` or `None`
        The repositories' tags.
    commits : `CommitFinder` or `None`
        For lists whose manifest is missing.
    days : `DayReader` or `None`
        When releases were made.
    """

    releases: tuple[ReleaseSource, ...] = ()
    tag_lists: tuple[TagListSource, ...] = ()
    manifests: tuple[ManifestSource, ...] = ()
    tags: TagReader | None = None
    commits: CommitFinder | None = None
    days: DayReader | None = None


def read_side(name: str, inputs: SideInputs) -> Side:
    """Read one end.

    Parameters
    ----------
    name : `str`
        A tag in EUPS's or git's spelling, a build, ``main``, a branch or a
        commit.
    inputs : `SideInputs`
        Where to look.

    Returns
    -------
    side : `Side`
        From the best place that knows it; ``notes`` name the others, and
        ``warnings`` say what is doubtful.

    Raises
    ------
    NotFoundError
        Raised for a build that no place knows.
    FormatError
        Raised if what a place has is damaged, or is of another release than
        its name says.
    ConfigurationError
        Raised if the name cannot be one.
    """
    tag = read_tag(name)
    search = _Search(name, inputs)
    if tag is not None and tag.kind is TagKind.BUILD:
        return search.of_build(tag)
    if tag is not None and tag.kind in _LISTED:
        return search.of_tag(tag)
    return side_of_name(name)


def side_of_tag_list(tag_list: TagList, inputs: SideInputs, *, name: str) -> Side:
    """Take one end from a tag list that is at hand.

    Parameters
    ----------
    tag_list : `TagList`
        The list.
    inputs : `SideInputs`
        Where to look for the manifest of its build, and for commits.
    name : `str`
        As the user gave it.

    Returns
    -------
    side : `Side`
        With all products of the list.
    """
    return _Search(name, inputs).of_list(tag_list)


class _Search:
    """One end that is looked for, and what was found out on the way."""

    def __init__(self, name: str, inputs: SideInputs) -> None:
        self._name = name
        self._inputs = inputs
        self._notes: list[str] = []
        self._warnings: list[str] = []

    def of_tag(self, tag: EupsTag) -> Side:
        """Look for a release."""
        release = self._first(self._inputs.releases, "release document", lambda one: one.release(tag))
        if release is not None:
            return self._told(side_of_release(release, name=self._name))
        tag_list = self._first(self._inputs.tag_lists, "tag list", lambda one: one.tag_list(tag))
        if tag_list is not None:
            return self.of_list(tag_list)
        return self._told(self._of_git_tags(tag))

    def of_build(self, tag: EupsTag) -> Side:
        """Look for a build."""
        build = parse_build_id(tag.name)
        manifest = self._manifest(build)
        if manifest is not None:
            return self._told(side_of_manifest(manifest, name=self._name))
        tag_list = self._first(self._inputs.tag_lists, "tag list", lambda one: one.tag_list(tag))
        if tag_list is not None:
            return self.of_list(replace(tag_list, build=build))
        asked = "; ".join([*self._warnings, *self._notes]) or "no place was named"
        raise NotFoundError(
            f"nothing is known of build `{build}`: {asked}",
            hint="say where its manifest is with `--versiondb`",
        )

    def of_list(self, tag_list: TagList) -> Side:
        """Take the products of a list, with the commits of its build's manifest."""
        build = tag_list.build
        source = "tag list"
        if build is None and self._inputs.manifests:
            build = self._build_of_git_tags(tag_list.tag)
        manifest = None if build is None else self._manifest(build)
        if manifest is not None:
            source = "tag list and build manifest"
        known = {} if manifest is None else manifest.by_name
        versions = {entry.product: entry.version for entry in tag_list.entries}
        pins = {
            name: self._pin(name, version, known.get(name), tag_list.tag)
            for name, version in versions.items()
        }
        lost = sorted(name for name, pin in pins.items() if pin.commit is None)
        if lost:
            self._warnings.append(f"commits are not known of {_named(lost)}")
        side = Side(
            name=self._name,
            source=source,
            tag=None if tag_list.tag.kind is TagKind.BUILD else tag_list.tag,
            build=build,
            environment=tag_list.env,
            pins=MappingProxyType(pins),
        )
        return self._told(side)

    def _pin(
        self, name: ProductName, version: EupsVersion, known: ManifestProduct | None, tag: EupsTag
    ) -> Pin:
        if known is not None and known.version == version:
            return Pin(commit=known.sha, version=version)
        refs = [] if tag.kind is TagKind.BUILD else side_of_name(tag.name).refs
        commit = None
        if self._inputs.commits is not None:
            commit = self._inputs.commits.find(name, [*commits_of_version(version), *refs])
        if known is not None:
            self._warnings.append(
                f"`{name}` has version `{version}` in the tag list and `{known.version}` in the manifest"
            )
            commit = commit or known.sha
        if commit is None:
            return Pin(commit=None, version=version, reason=f"nothing tells the commit of version {version}")
        return Pin(commit=commit, version=version)

    def _of_git_tags(self, tag: EupsTag) -> Side:
        side = replace(side_of_name(tag.name), name=self._name)
        build = self._build_of_git_tags(tag)
        if build is None:
            return side
        manifest = self._manifest(build)
        if manifest is None:
            return replace(side, build=build)
        found = side_of_manifest(manifest, name=self._name)
        return replace(found, tag=tag, source="git tags and build manifest")

    def _build_of_git_tags(self, tag: EupsTag) -> BuildId | None:
        reader = self._inputs.tags
        if reader is None or tag.kind is TagKind.BUILD:
            return None
        named = {}
        for product, spellings in reader.tagged(side_of_name(tag.name).refs).items():
            builds = [build for one in spellings if (build := build_of_message(one.message)) is not None]
            if builds:
                named[product] = builds[0]
        vote = elect_build(named)
        for build, products in vote.others.items():
            self._warnings.append(
                f"the tag `{tag.name}` is of build `{build}` in {_named(products)} and of `{vote.build}`"
                " elsewhere, which was used"
            )
        return vote.build

    def _manifest(self, build: BuildId) -> BuildManifest | None:
        return self._first(
            self._inputs.manifests, f"manifest of build `{build}`", lambda one: one.manifest(build)
        )

    def _first(
        self, sources: Iterable[Known], what: str, ask: Callable[[Known], Value | None]
    ) -> Value | None:
        for source in sources:
            try:
                found = ask(source)
            except UnavailableError as error:
                self._warnings.append(f"{source.name} was not asked for the {what}: {error}")
                continue
            if found is not None:
                return found
            of_end = "" if f"`{self._name}`" in what else f" of `{self._name}`"
            self._notes.append(f"{source.name} has no {what}{of_end}")
        return None

    def _day(self, tag: EupsTag | None) -> dt.date | None:
        if tag is None or self._inputs.days is None:
            return None
        if tag.kind is TagKind.DAILY:
            return dt.date(*tag.numbers)
        return self._inputs.days.day(side_of_name(tag.name).refs)

    def _told(self, side: Side) -> Side:
        return replace(
            side,
            date=side.date or self._day(side.tag),
            warnings=(*side.warnings, *dict.fromkeys(self._warnings)),
            notes=(*side.notes, *dict.fromkeys(self._notes)),
        )


def _named(products: Sequence[ProductName]) -> str:
    shown = ", ".join(f"`{name}`" for name in products[:_MOST_NAMED])
    more = len(products) - _MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown
