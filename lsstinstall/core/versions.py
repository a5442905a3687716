"""EUPS versions: what they may hold, how LSST made them, and the order EUPS gives them."""

from __future__ import annotations

import re
from enum import StrEnum
from itertools import groupby
from operator import itemgetter
from typing import NewType, TypeVar

from lsstinstall.core.errors import InvalidNameError, shown

__all__ = [
    "EupsVersion",
    "VersionScheme",
    "compare_versions",
    "is_version_expression",
    "local_directory",
    "local_version",
    "parse_eups_version",
    "relate_versions",
    "scheme_of",
    "suffix_of",
]

EupsVersion = NewType("EupsVersion", str)
"""Version of a product, ``g1a2b3c4d5e+6e7f8a9b0c``; ordered only by `compare_versions`."""

# 22.0.1-5-g15c806e+60ce4897b0, v23.0.x-g89e8071bfa, 1.4.2lsst1; `tag:NAME` is what EUPS declares
# for a directory that was given only a tag. Not `.` first, nor `/`: versions are names of folders.
_VERSION = re.compile(r"[0-9A-Za-z_][0-9A-Za-z._+-]*|tag:[0-9A-Za-z_]+")

Ordered = TypeVar("Ordered", int, str)

_LOCAL = "LOCAL:"

# How EUPS writes a blank in the name of a directory.
_BLANK = "-+-"


class VersionScheme(StrEnum):
    """How a version came about; each was the rule of its time for every product."""

    COUNTER = "describe+N"
    DIRECT = "describe+direct"
    DESCRIBE = "describe+hash"
    COMMIT = "gSHA+hash"
    PLAIN = "plain"
    LOCAL = "local"
    OTHER = "other"


_SCHEMES = {
    # g28e9080985+60ce4897b0: from b5927 on (2021-12-22)
    VersionScheme.COMMIT: re.compile(r"g[0-9a-f]{4,40}(?:\+[0-9a-f]{4,40})?"),
    # 23.0.0+60ce4897b0: b5030 to b5926; before the counter, because ten digits can be a hash
    VersionScheme.DESCRIBE: re.compile(r"[^+]+\+[0-9a-f]{10}"),
    # 20.0.0-4-gde602ef96+5: to b5029 (2020-08-03)
    VersionScheme.COUNTER: re.compile(r"[^+]+\+[1-9][0-9]{0,8}"),
    # 1.5.2, 22.0.1-5-g15c806e
    VersionScheme.PLAIN: re.compile(r"[^+:]+"),
    # LOCAL:/home/somebody/afw
    VersionScheme.LOCAL: re.compile(r"LOCAL:.+", re.DOTALL),
}


def parse_eups_version(text: str) -> EupsVersion:
    """Read the version of a declared product.

    Parameters
    ----------
    text : `str`
        For example ``g1a2b3c4d5e+6e7f8a9b0c``.

    Returns
    -------
    version : `EupsVersion`
        The same text; safe as the name of a file or a folder.

    Raises
    ------
    InvalidNameError
        Raised if it holds anything but ASCII letters, digits, ``.``, ``_``,
        ``+`` and ``-``, or does not begin with a letter, digit or ``_``.
    """
    if _VERSION.fullmatch(text) is None:
        raise InvalidNameError(
            f"`{shown(text)}` is not an EUPS version",
            hint="expected letters, digits, `.`, `_`, `+` and `-`, beginning with a letter or a digit",
        )
    return EupsVersion(text)


def is_version_expression(text: str) -> bool:
    """Tell a condition from a version, as EUPS does in a table file.

    Parameters
    ----------
    text : `str`
        What stands in the place of a version.

    Returns
    -------
    is_expression : `bool`
        Whether it holds ``<``, ``>`` or ``==`` anywhere.
    """
    return "<" in text or ">" in text or "==" in text


def local_version(directory: str) -> EupsVersion:
    """Make the version of a directory that is set up without being declared.

    Parameters
    ----------
    directory : `str`
        Absolute path.

    Returns
    -------
    version : `EupsVersion`
        ``LOCAL:`` and the path, as ``setup -r`` records it. Only for the
        environment: it is no name of a file.
    """
    return EupsVersion(_LOCAL + directory.replace(" ", _BLANK))


def local_directory(version: str) -> str | None:
    """Tell the directory of a version that is set up without being declared.

    Parameters
    ----------
    version : `str`
        Any version, as recorded in the environment.

    Returns
    -------
    directory : `str` or `None`
        Absolute path; `None` for versions of declared products.
    """
    return version.removeprefix(_LOCAL).replace(_BLANK, " ") if version.startswith(_LOCAL) else None


def scheme_of(version: EupsVersion) -> VersionScheme:
    """Recognise how a version came about.

    Parameters
    ----------
    version : `EupsVersion`
        Any version.

    Returns
    -------
    scheme : `VersionScheme`
        ``PLAIN`` without a suffix, which all but the newest scheme could have
        made; never ``DIRECT``, which looks like ``DESCRIBE``.
    """
    found = (scheme for scheme, pattern in _SCHEMES.items() if pattern.fullmatch(version))
    return next(found, VersionScheme.OTHER)


def suffix_of(version: EupsVersion) -> str | None:
    """Cut out what stands for the dependencies.

    Parameters
    ----------
    version : `EupsVersion`
        Any version.

    Returns
    -------
    suffix : `str` or `None`
        What follows the first ``+``; `None` without one.
    """
    _, plus, suffix = version.partition("+")
    return suffix if plus else None


def compare_versions(first: str, second: str) -> int:
    """Compare two versions as EUPS sorts them.

    Parameters
    ----------
    first, second : `str`
        Any versions, or parts of one.

    Returns
    -------
    order : `int`
        Negative if ``first`` comes before ``second``, 0 if EUPS takes them for
        equal, as it does ``1.0`` and ``1_0``.

    Notes
    -----
    Source: ``eups.VersionCompare`` of EUPS 2.2.15, faults included. It is no
    total order: numbers compare by value but a number and a word as texts, so
    that 9, 10 and 1a form a ring.
    """
    return _relate(first, second)[0]


def relate_versions(first: str, second: str) -> int | None:
    """Compare two versions as EUPS does for a condition.

    Parameters
    ----------
    first, second : `str`
        Any versions.

    Returns
    -------
    order : `int` or `None`
        As `compare_versions`; `None` if EUPS refuses to order them, as two
        commits.
    """
    order, meaningful = _relate(first, second)
    return order if meaningful else None


# A base, what makes it earlier and what makes it later: 1.2.3, -rc1, +4.
_ANNOTATED = re.compile(r"([^-+]*)(?:-([^-+]+))?(?:\+([^-+]+))?")

# The older way to write the same: 1.2.3m1, 1.2.3p4.
_OLD_ANNOTATION = re.compile(r"(?:m(\d+)|p(\d+))$")

_WORD_AND_NUMBER = re.compile(r"([^\d]+)\d+")


def _relate(first: str, second: str) -> tuple[int, bool]:
    base, earlier, later = _split(first)
    other_base, other_earlier, other_later = _split(second)
    if base != other_base:
        return _relate_bases(base, other_base)
    if earlier and other_earlier:
        order = compare_versions(earlier, other_earlier)
    else:
        order = bool(other_earlier) - bool(earlier)
    if order == 0 and (later or other_later):
        order = compare_versions(later, other_later)
    return order, True


def _split(version: str) -> tuple[str, str, str]:
    if version.count("-") > 1:
        return version, "", ""
    base, earlier, later = next(_ANNOTATED.finditer(version)).groups(default="")
    if not earlier and not later and (old := _OLD_ANNOTATION.search(version)):
        return version[: old.start()], old[1] or "", old[2] or ""
    return base, earlier, later


def _relate_bases(base: str, other: str) -> tuple[int, bool]:
    parts, others = re.split(r"[._]", base), re.split(r"[._]", other)
    last = min(len(parts), len(others)) - 1
    for place, (part, its) in enumerate(zip(parts, others, strict=False)):
        order, is_number = _relate_parts(part, its)
        if order:
            akin = part.startswith(its) or its.startswith(part)
            return order, is_number or (place == last and akin)
    return _sign(len(parts), len(others)), True


def _relate_parts(part: str, other: str) -> tuple[int, bool]:
    try:
        skipped = _common_word(part, other)
        return _sign(int(part[skipped:]), int(other[skipped:])), True
    except ValueError:
        return _sign(part, other), False


def _common_word(part: str, other: str) -> int:
    match = _WORD_AND_NUMBER.fullmatch(part)
    if match is None:
        return 0
    pattern = _word_pattern(match[1])
    return len(match[1]) if pattern is not None and re.fullmatch(rf"{pattern}\d+", other) else 0


# A word in which EUPS finds no fault when it takes it for a pattern.
_PATTERN_WORD = re.compile(r"(?:[^+]\+{0,2})+")


def _word_pattern(word: str) -> str | None:
    # EUPS uses the word as a pattern as it is, so that `+` repeats the letter before, and `++` leaves
    # none of these letters for what follows. Each run of a letter becomes one repetition: of several
    # in a row an engine would try all ways to share a run out.
    if _PATTERN_WORD.fullmatch(word) is None:
        return None
    parts = []
    for letter, run in groupby(re.findall(r"([^+])(\+*)", word), key=itemgetter(0)):
        signs = [sign for _, sign in run]
        if "++" in signs[:-1]:
            return None
        parts.append(f"{re.escape(letter)}{{{len(signs)}{',' if any(signs) else ''}}}")
    return "".join(parts)


def _sign(first: Ordered, second: Ordered) -> int:
    return (first > second) - (first < second)
