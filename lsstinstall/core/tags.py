"""Tags: names of releases, in EUPS's spelling and in git's.

The same weekly is ``w_2022_10`` in EUPS and ``w.2022.10`` in git. A final
release is ``v23_0_0`` in EUPS, ``23.0.0`` in our own repositories and
``v23.0.0`` in third-party ones, where a bare version would be upstream's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import total_ordering
from typing import TYPE_CHECKING, NewType

from lsstinstall.core.errors import InvalidNameError, shown
from lsstinstall.core.tagforms import (
    TagForm,
    TagKind,
    eups_spelling,
    flaw_of,
    git_spelling,
    read_eups,
    read_git,
)
from lsstinstall.core.taghints import Spelling, way_out

if TYPE_CHECKING:
    from datetime import date

    from lsstinstall.core.weeks import Week

__all__ = ["BuildId", "EupsTag", "GitTag", "TagKind", "build_number", "parse_build_id", "parse_tag"]

BuildId = NewType("BuildId", str)
"""One rebuild, ``b8466``."""

# What EUPS finds as `<tag>.list` and keeps as `<tag>.chain`; a colon would name a group of tags.
_OTHER = re.compile(r"[^\s.:/]+")

# A moving tag has no place in time, and of two branches none is the later one.
_UNORDERED = frozenset({TagKind.FLOATING, TagKind.BRANCH, TagKind.OTHER})


@total_ordering
@dataclass(frozen=True, slots=True, kw_only=True)
class EupsTag:
    """A tag in EUPS's spelling; made by `parse`, `parse_tag` or `GitTag.to_eups`.

    Tags of one kind are ordered in time, by date or by version. Moving tags
    and branches have no order, nor have tags of unlike kinds: for a list of
    all sorts of tags sort by `listing_key`.

    Parameters
    ----------
    kind : `TagKind`
        What it stands for.
    name : `str`
        EUPS's spelling, ``w_2022_10``.
    numbers : `tuple` [ `int`, ... ]
        Daily: year, month, day. Weekly: year, week. Release: two or three
        parts of the version; candidate: the same, then the candidate's
        number. Build: its number. Release branch: two parts. Empty for others.
    branch : `str` or `None`
        Git's spelling of the branch it was read from, which cannot always be
        told from ``name``; not compared.
    """

    kind: TagKind
    name: str
    numbers: tuple[int, ...]
    branch: str | None = field(default=None, compare=False)

    @classmethod
    def parse(cls, text: str) -> EupsTag:
        """Read a tag in EUPS's spelling.

        Parameters
        ----------
        text : `str`
            For example ``w_2022_10``.

        Returns
        -------
        tag : `EupsTag`
            Of the kind that its form tells.

        Raises
        ------
        InvalidNameError
            Raised if it has no form of a tag, or names a day or week that does
            not exist. The hint tells the right spelling where it can be guessed.
        """
        return _tag(_checked(text, read_eups(text), Spelling.EUPS))

    @classmethod
    def named(cls, name: str) -> EupsTag:
        """Take the name of a tag list on a server, whatever it is.

        Parameters
        ----------
        name : `str`
            For example ``w_2022_10``, or ``sims_2_0`` which has no form.

        Returns
        -------
        tag : `EupsTag`
            Of the kind that its form tells, else `TagKind.OTHER`.

        Raises
        ------
        InvalidNameError
            Raised if EUPS could not write it down: it is empty, or holds
            blanks, dots, colons or slashes.
        """
        form = read_eups(name)
        if form is not None and flaw_of(form) is None:
            return _tag(form)
        if _OTHER.fullmatch(name) is None:
            raise InvalidNameError(
                f"`{shown(name)}` cannot be a tag", hint="expected no blanks, dots, colons and slashes"
            )
        return cls(kind=TagKind.OTHER, name=name, numbers=())

    @classmethod
    def of_day(cls, day: date) -> EupsTag:
        """Name the daily of a day.

        Parameters
        ----------
        day : `~datetime.date`
            In UTC.

        Returns
        -------
        tag : `EupsTag`
            A daily.

        Raises
        ------
        InvalidNameError
            Raised if the year is not one of this century.
        """
        return cls.parse(f"d_{day.year:04}_{day.month:02}_{day.day:02}")

    @classmethod
    def of_week(cls, week: Week) -> EupsTag:
        """Name the weekly of a week.

        Parameters
        ----------
        week : `Week`
            Only for a weekly that is about to be made: the week of one that
            exists is in its tag, and need not be the week of its commits.

        Returns
        -------
        tag : `EupsTag`
            A weekly.

        Raises
        ------
        InvalidNameError
            Raised if the year does not have that week, or is not one of this
            century.
        """
        return cls.parse(f"w_{week.year:04}_{week.number:02}")

    @property
    def listing_key(self) -> tuple[int, tuple[int, ...], int, str]:
        """Key for lists of all sorts of tags, by kind as in `TagKind`, then in time, then by name."""
        return (list(TagKind).index(self.kind), *self._time_key(), self.name)

    def git(self, *, external: bool = False) -> GitTag | None:
        """Give the spelling in git.

        Parameters
        ----------
        external : `bool`, optional
            Whether it is for a third-party repository, which matters for final
            releases alone.

        Returns
        -------
        tag : `GitTag` or `None`
            `None` for moving tags, which git does not have; for builds, of
            which only versiondb has git tags; and for branches whose spelling
            in git was lost.
        """
        name = self.branch or git_spelling(self._form(), external=external)
        return None if name is None else GitTag(kind=self.kind, name=name)

    def next_tag(self) -> EupsTag | None:
        """Give the tag that follows if nothing is left out.

        Returns
        -------
        tag : `EupsTag` or `None`
            The daily of the next day, the weekly of the next week, the next
            candidate of this release, its next patch, the next build. `None`
            for releases of two parts, moving tags and branches.
        """
        form = self._form().stepped(1)
        return None if form is None else _tag(form)

    def previous_tag(self) -> EupsTag | None:
        """Give the tag before it if nothing was left out.

        Returns
        -------
        tag : `EupsTag` or `None`
            The opposite of `next_tag`; `None` also for the first candidate,
            for patch 0 and for build 1.
        """
        form = self._form().stepped(-1)
        return None if form is None else _tag(form)

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, EupsTag) or other.kind is not self.kind or self.kind in _UNORDERED:
            return NotImplemented
        return self._time_key() < other._time_key()

    def __str__(self) -> str:
        return self.name

    def _form(self) -> TagForm:
        return TagForm(kind=self.kind, name=self.name, numbers=self.numbers)

    def _time_key(self) -> tuple[tuple[int, ...], int]:
        # Apart from the version, or candidate 3 of 15.0 would pass for a candidate of 15.0.3.
        if self.kind is TagKind.CANDIDATE:
            return self.numbers[:-1], self.numbers[-1]
        return self.numbers, 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GitTag:
    """A tag or branch in git's spelling; made by `parse` or `EupsTag.git`.

    Parameters
    ----------
    kind : `TagKind`
        What it stands for.
    name : `str`
        Git's spelling, ``w.2022.10``.
    """

    kind: TagKind
    name: str

    @classmethod
    def parse(cls, text: str, *, external: bool = False) -> GitTag:
        """Read a tag in git's spelling.

        Parameters
        ----------
        text : `str`
            For example ``w.2022.10``.
        external : `bool`, optional
            Whether it comes from a third-party repository, where a final
            release is ``v23.0.0`` and a bare ``23.0.0`` is upstream's own.

        Returns
        -------
        tag : `GitTag`
            Of the kind that its form tells.

        Raises
        ------
        InvalidNameError
            Raised if it has no form of a git tag of this sort of repository,
            or names a day or week that does not exist. The hint tells the
            right spelling where it can be guessed.
        """
        wanted = Spelling.EXTERNAL if external else Spelling.GIT
        form = _checked(text, read_git(text, external=external), wanted)
        return cls(kind=form.kind, name=text)

    def to_eups(self) -> EupsTag:
        """Give EUPS's spelling.

        Returns
        -------
        tag : `EupsTag`
            The same for both spellings of a final release.
        """
        name = eups_spelling(self.name)
        if self.kind is not TagKind.BRANCH:
            return EupsTag.parse(name)
        return _tag(_checked(self.name, read_eups(name.lower()), Spelling.GIT), branch=self.name)

    def __str__(self) -> str:
        return self.name


def parse_tag(text: str, *, external: bool = False) -> EupsTag:
    """Read a tag in either spelling.

    Parameters
    ----------
    text : `str`
        For example ``w_2022_10`` or ``w.2022.10``.
    external : `bool`, optional
        Whether git's spelling is that of a third-party repository. Without
        it ``v30.0.2`` is refused: it is no final release of ours.

    Returns
    -------
    tag : `EupsTag`
        The same for both spellings.

    Raises
    ------
    InvalidNameError
        Raised if it has neither form, or names a day or week that does not
        exist. The hint tells the right spelling where it can be guessed.
    """
    if (form := read_eups(text)) is not None:
        return _tag(_checked(text, form, Spelling.EUPS))
    form = _checked(
        text, read_git(text, external=external), Spelling.EXTERNAL if external else Spelling.EITHER
    )
    return GitTag(kind=form.kind, name=text).to_eups()


def parse_build_id(text: str) -> BuildId:
    """Read the name of a build.

    Parameters
    ----------
    text : `str`
        For example ``b8466``.

    Returns
    -------
    build : `BuildId`
        The same text.

    Raises
    ------
    InvalidNameError
        Raised if it is not ``b`` and a number without leading zeros.
    """
    form = read_eups(text)
    if form is None or form.kind is not TagKind.BUILD:
        raise InvalidNameError(
            f"`{shown(text)}` is not a build", hint="expected `b` and a number, as in `b8466`"
        )
    return BuildId(text)


def build_number(build: BuildId) -> int:
    """Give the number of a build.

    Parameters
    ----------
    build : `BuildId`
        For example ``b8466``.

    Returns
    -------
    number : `int`
        At least 1. Later builds of one versiondb have higher ones; those of
        two versiondbs say nothing about each other.
    """
    return int(build[1:])


def _checked(text: str, form: TagForm | None, wanted: Spelling) -> TagForm:
    if form is None:
        sort = {Spelling.EUPS: "an EUPS tag", Spelling.GIT: "a git tag", Spelling.EITHER: "a tag"}
        what = sort.get(wanted, "a git tag of a third-party repository")
        raise InvalidNameError(f"`{shown(text)}` is not {what}", hint=way_out(text, wanted))
    if flaw := flaw_of(form):
        raise InvalidNameError(f"`{text}` {flaw[0]}", hint=flaw[1])
    return form


def _tag(form: TagForm, *, branch: str | None = None) -> EupsTag:
    return EupsTag(kind=form.kind, name=form.name, numbers=form.numbers, branch=branch)
