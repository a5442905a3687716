"""All releases there are: what each is compared with, and where it came from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lsstinstall.core.errors import InvalidNameError
from lsstinstall.core.tags import EupsTag, GitTag, TagKind
from rubin_releng.changelog.inputs import read_side
from rubin_releng.changelog.sides import side_of_name
from rubin_releng.core.predecessors import common_weekly, find_predecessor
from rubin_releng.core.releasebuilds import build_of_message

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping

    from rubin_releng.changelog.inputs import SideInputs
    from rubin_releng.changelog.models import ChangeLog
    from rubin_releng.changelog.sides import Side
    from rubin_releng.changelog.timelines import Timelines

__all__ = ["Catalog", "Pair", "TagFacts", "find_base", "read_tags", "with_base"]

_KINDS = frozenset({TagKind.WEEKLY, TagKind.CANDIDATE, TagKind.RELEASE})
# A third-party repository has releases of its own, which are nobody else's.
_SHARED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class TagFacts:
    """What all repositories together say of one name of a tag.

    Parameters
    ----------
    count : `int`
        How many have it.
    message : `str`
        First line of what one of them says; empty if none does.
    time : `~datetime.datetime` or `None`
        When it was made first, UTC.
    """

    count: int
    message: str = ""
    time: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two ends to compare, for a page.

    Parameters
    ----------
    old, new : `Side`
        The two ends.
    note : `str`
        Why they are compared.
    """

    old: Side
    new: Side
    note: str


def read_tags(facts: Mapping[str, TagFacts], *, repositories: int) -> dict[EupsTag, dt.datetime | None]:
    """Find the releases among the tags of many repositories.

    Parameters
    ----------
    facts : `~collections.abc.Mapping` [ `str`, `TagFacts` ]
        By name in git's spelling.
    repositories : `int`
        How many there are.

    Returns
    -------
    tags : `dict` [ `EupsTag`, `~datetime.datetime` or `None` ]
        Weeklies, candidates and final releases with the time they were made,
        in the order of `EupsTag.listing_key`. Of a name that could be a
        third party's own release, a tag has to name a build, or a fifth of
        the repositories must have it.
    """
    found: dict[EupsTag, dt.datetime | None] = {}
    for name, fact in facts.items():
        tag = _read_tag(name)
        if tag is None or tag.kind not in _KINDS:
            continue
        is_ours = build_of_message(fact.message) is not None or fact.count * _SHARED >= repositories
        if tag.kind is TagKind.WEEKLY or is_ours:
            times = [time for time in (found.get(tag), fact.time) if time is not None]
            found[tag] = min(times, default=None)
    return dict(sorted(found.items(), key=lambda item: item[0].listing_key))


def _read_tag(name: str) -> EupsTag | None:
    for external in (False, True):
        try:
            return GitTag.parse(name, external=external).to_eups()
        except InvalidNameError:
            continue
    return None


class Catalog:
    """All releases, with their ends.

    Parameters
    ----------
    tags : `~collections.abc.Mapping` [ `EupsTag`, `~datetime.datetime` or `None` ]
        From `read_tags`.
    inputs : `SideInputs`
        Where ends are read.
    """

    def __init__(self, tags: Mapping[EupsTag, dt.datetime | None], inputs: SideInputs) -> None:
        self.tags = tags
        self._inputs = inputs
        self._sides: dict[str, Side] = {}

    @property
    def times(self) -> dict[EupsTag, dt.datetime]:
        """When releases were made, as far as that is known."""
        return {tag: time for tag, time in self.tags.items() if time is not None}

    def of_kind(self, kind: TagKind) -> list[EupsTag]:
        """List the releases of one kind, in the order they were made."""
        tags = [tag for tag in self.tags if tag.kind is kind]
        times = self.times
        return (
            sorted(tags)
            if any(tag not in times for tag in tags)
            else sorted(tags, key=lambda tag: times[tag])
        )

    def side(self, name: str) -> Side:
        """Read one end.

        Parameters
        ----------
        name : `str`
            As for `~rubin_releng.changelog.inputs.read_side`.

        Returns
        -------
        side : `Side`
            The same object each time; with a date, if any place knows it.
        """
        found = self._sides.get(name)
        if found is None:
            found = side_of_name(name) if name == "main" else read_side(name, self._inputs)
            time = None if found.tag is None else self.tags.get(found.tag)
            if found.date is None and time is not None:
                found = replace(found, date=time.date())
            self._sides[name] = found
        return found

    def pairs(self, *, latest_patch: bool = False) -> Iterator[Pair]:
        """List what every release is compared with.

        Parameters
        ----------
        latest_patch : `bool`, optional
            Whether a new family is compared with the last release of the
            family before it.

        Yields
        ------
        pair : `Pair`
            By kind, in time; the first of a kind has no predecessor and is
            left out. The main line, compared with the last weekly, comes last.
        """
        for tag in self.tags:
            found = find_predecessor(tag, self.tags, latest_patch=latest_patch, times=self.times)
            if found is not None:
                yield Pair(old=self.side(found.tag.name), new=self.side(tag.name), note=found.note)
        weeklies = self.of_kind(TagKind.WEEKLY)
        if weeklies:
            yield Pair(old=self.side(weeklies[-1].name), new=self.side("main"), note="the last weekly")


def find_base(release: Side, catalog: Catalog, timelines: Timelines) -> EupsTag | None:
    """Find the weekly that a release was made from.

    Parameters
    ----------
    release : `Side`
        A release or a candidate.
    catalog : `Catalog`
        Knows the weeklies.
    timelines : `Timelines`
        Knows the commits.

    Returns
    -------
    base : `EupsTag` or `None`
        See `~rubin_releng.core.predecessors.base_weekly`.
    """
    made = None if release.tag is None else catalog.tags.get(release.tag)
    times = catalog.times
    weeklies = sorted(catalog.of_kind(TagKind.WEEKLY), reverse=True)
    weeklies = [one for one in weeklies if made is None or one not in times or times[one] <= made]
    newest: list[EupsTag] = []
    for name, end in timelines.ends(release).items():
        reader = timelines.readers.get(name)
        if reader is not None and end.commit is not None and reader.resolve((end.commit,)) != (None,):
            commits = ((one, timelines.ends(catalog.side(one.name)).get(name)) for one in weeklies)
            known = ((one, there.commit) for one, there in commits if there is not None)
            found = next((one for one, sha in known if sha and reader.is_ancestor(sha, end.commit)), None)
            if found is not None:
                newest.append(found)
    return common_weekly(newest)


def with_base(changelog: ChangeLog, catalog: Catalog, timelines: Timelines) -> ChangeLog:
    """Add to the change log of a release what was merged on its branch.

    Parameters
    ----------
    changelog : `ChangeLog`
        Of any two ends.
    catalog : `Catalog`
        Knows the weeklies.
    timelines : `Timelines`
        Compares the release with the weekly it was made from.

    Returns
    -------
    changelog : `ChangeLog`
        The same, unless its new end is a release or a candidate.
    """
    new = changelog.new
    if new.tag is None or new.tag.kind not in {TagKind.RELEASE, TagKind.CANDIDATE}:
        return changelog
    base = find_base(new, catalog, timelines)
    if base is None:
        return changelog
    since = timelines.compare(catalog.side(base.name), new)
    return replace(changelog, base=base, backports=tuple(entry.issue.key for entry in since.news))
