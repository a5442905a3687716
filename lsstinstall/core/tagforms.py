"""The grammar of tags: the form of each kind, and the rules between EUPS's spelling and git's.

`lsstinstall.core.tags` makes values of it; nothing else needs this module.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import assert_never

from lsstinstall.core.weeks import Week, weeks_in_year

__all__ = ["TagForm", "TagKind", "eups_spelling", "flaw_of", "git_spelling", "read_eups", "read_git"]


class TagKind(StrEnum):
    """What a tag stands for."""

    DAILY = "daily"
    WEEKLY = "weekly"
    CANDIDATE = "candidate"
    RELEASE = "release"
    BUILD = "build"
    FLOATING = "floating"
    BRANCH = "branch"
    OTHER = "other"
    """A name that a server made up; it has no form, so nothing is ever read as such a tag by itself."""


_FIRST_YEAR, _LAST_YEAR = 2000, 2099

# No leading zero. Three digits at most, so that a year is never taken for a release.
_NUMBER = r"(0|[1-9][0-9]{0,2})"

# In this order, because `exp_w_latest` is an experiment and no moving tag.
_FORMS = {
    # d_2022_03_01
    TagKind.DAILY: re.compile(r"d_([0-9]{4})_([0-9]{2})_([0-9]{2})"),
    # w_2022_10
    TagKind.WEEKLY: re.compile(r"w_([0-9]{4})_([0-9]{2})"),
    # v23_0_0_rc1, v15_0_rc3
    TagKind.CANDIDATE: re.compile(rf"v{_NUMBER}_{_NUMBER}(?:_{_NUMBER})?_rc([1-9][0-9]{{0,2}})"),
    # v23_0_0, v15_0
    TagKind.RELEASE: re.compile(rf"v{_NUMBER}_{_NUMBER}(?:_{_NUMBER})?"),
    # b8466
    TagKind.BUILD: re.compile(r"b([1-9][0-9]{0,8})"),
    # v23_0_x, main, tickets_dm_12345, u_somebody_an_idea, exp_w_2022_10_an_idea
    TagKind.BRANCH: re.compile(
        rf"v{_NUMBER}_{_NUMBER}_x|main"
        r"|tickets_[a-z]+_[0-9][a-z0-9]*(?:_[a-z0-9]+)*|(?:u_[a-z0-9]+|exp)(?:_[a-z0-9]+)+"
    ),
    # w_latest, qserv_latest, current
    TagKind.FLOATING: re.compile(r"(?:[a-z][a-z0-9]*_)+latest|current"),
}

# tickets/DM-12345, tickets/DM-12345-hotfix, u/somebody/DM-12345; other branches follow the rule of tags.
_GIT_BRANCH = re.compile(
    r"tickets/[A-Za-z]+-[0-9][A-Za-z0-9]*(?:[._-][A-Za-z0-9]+)*|u/[A-Za-z0-9]+(?:[./_-][A-Za-z0-9]+)+"
)

# The form that a single git branch alone is likely to have.
_TICKET = re.compile(r"tickets_([a-z]+)_([0-9]+)")

_TO_EUPS = str.maketrans("./-", "___")

_PARTS_WITH_PATCH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TagForm:
    """What the form of a tag tells.

    Parameters
    ----------
    kind : `TagKind`
        What it stands for.
    name : `str`
        EUPS's spelling.
    numbers : `tuple` [ `int`, ... ]
        The numbers in the name, in its order.
    """

    kind: TagKind
    name: str
    numbers: tuple[int, ...]

    def stepped(self, by: int) -> TagForm | None:
        """Find the neighbor of a tag.

        Parameters
        ----------
        by : `int`
            1 for the one that follows, -1 for the one before.

        Returns
        -------
        form : `TagForm` or `None`
            `None` if there is none, or the kind has no neighbors.
        """
        # Candidate 0, patch -1 and the year 2100 break the grammar.
        name = self._neighbor(by)
        form = None if name is None else read_eups(name)
        return None if form is None or flaw_of(form) else form

    def _neighbor(self, by: int) -> str | None:
        match self.kind:
            case TagKind.DAILY:
                day = date(*self.numbers) + timedelta(days=by)
                return f"d_{day.year:04}_{day.month:02}_{day.day:02}"
            case TagKind.WEEKLY:
                year, number = self.numbers
                week = Week(year=year, number=number).shifted(by)
                return f"w_{week.year:04}_{week.number:02}"
            case TagKind.CANDIDATE | TagKind.RELEASE | TagKind.BUILD:
                if self.kind is TagKind.RELEASE and len(self.numbers) < _PARTS_WITH_PATCH:
                    return None
                last = self.numbers[-1]
                return f"{self.name.removesuffix(str(last))}{last + by}"
            case TagKind.FLOATING | TagKind.BRANCH | TagKind.OTHER:
                return None
            case _:
                assert_never(self.kind)


def read_eups(name: str) -> TagForm | None:
    """Read EUPS's spelling by its form alone.

    Parameters
    ----------
    name : `str`
        Anything.

    Returns
    -------
    form : `TagForm` or `None`
        `None` if it is none; `flaw_of` has to be asked about dates.
    """
    for kind, pattern in _FORMS.items():
        if match := pattern.fullmatch(name):
            numbers = tuple(int(number) for number in match.groups() if number is not None)
            return TagForm(kind=kind, name=name, numbers=numbers)
    return None


def read_git(text: str, *, external: bool) -> TagForm | None:
    """Read git's spelling by its form alone.

    Parameters
    ----------
    text : `str`
        Anything.
    external : `bool`
        Whether it comes from a third-party repository.

    Returns
    -------
    form : `TagForm` or `None`
        `None` if it is none; `flaw_of` has to be asked about dates.
    """
    if _GIT_BRANCH.fullmatch(text):
        return read_eups(eups_spelling(text).lower())
    form = read_eups(eups_spelling(text))
    # One grammar serves both spellings: what the way back does not restore was spelled wrongly.
    return form if form is not None and git_spelling(form, external=external) == text else None


def eups_spelling(git_name: str) -> str:
    """Turn git's spelling into EUPS's.

    Parameters
    ----------
    git_name : `str`
        A tag or a branch.

    Returns
    -------
    name : `str`
        With ``_`` for ``.``, ``-`` and ``/``, and a ``v`` before a digit.
    """
    name = git_name.translate(_TO_EUPS)
    return f"v{name}" if name[:1] in set("0123456789") else name


def git_spelling(form: TagForm, *, external: bool) -> str | None:
    """Turn EUPS's spelling into git's.

    Parameters
    ----------
    form : `TagForm`
        Of any kind.
    external : `bool`
        Whether it is for a third-party repository.

    Returns
    -------
    name : `str` or `None`
        `None` if git has no such tag, or several could have this name.
    """
    dotted = form.name.replace("_", ".")
    match form.kind:
        case TagKind.DAILY | TagKind.WEEKLY | TagKind.CANDIDATE:
            return dotted
        case TagKind.RELEASE:
            return dotted if external else dotted.removeprefix("v")
        case TagKind.BRANCH:
            if ticket := _TICKET.fullmatch(form.name):
                return f"tickets/{ticket[1].upper()}-{ticket[2]}"
            return dotted if form.numbers or form.name == "main" else None
        case TagKind.BUILD | TagKind.FLOATING | TagKind.OTHER:
            return None
        case _:
            assert_never(form.kind)


def flaw_of(form: TagForm) -> tuple[str, str] | None:
    """Say what is impossible about the date of a daily or weekly.

    Parameters
    ----------
    form : `TagForm`
        Of any kind.

    Returns
    -------
    flaw : `tuple` [ `str`, `str` ] or `None`
        The flaw, to be put after the name, and a hint; `None` if all is well.
    """
    if form.kind not in {TagKind.DAILY, TagKind.WEEKLY}:
        return None
    year = form.numbers[0]
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return f"names the year {year:04}", f"expected a year from {_FIRST_YEAR} to {_LAST_YEAR}"
    if form.kind is TagKind.WEEKLY:
        count = weeks_in_year(year)
        if not 1 <= form.numbers[1] <= count:
            return (
                f"names a week that {year} does not have",
                f"it has the weeks 01 to {count}; week 1 holds 1 January, weeks start on Sunday",
            )
        return None
    try:
        date(*form.numbers)
    except ValueError:
        return "names a day that does not exist", "expected year, month and day"
    return None
