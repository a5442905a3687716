"""Names of images in a registry, as users know them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.releaseschemas import parse_image_tag
from lsstinstall.core.tags import TagKind
from rubin_releng.core.ocidocuments import Architecture

if TYPE_CHECKING:
    from datetime import datetime

    from lsstinstall.core.tags import EupsTag

__all__ = ["ARCHITECTURE_SUFFIXES", "ImageTags", "TagOptions", "format_stamp", "lab_tags", "stack_tags"]

ARCHITECTURE_SUFFIXES = {Architecture.AMD64: "_x86", Architecture.ARM64: "_aarch64"}
"""What today's users append for a single architecture."""

_MOVING = {TagKind.DAILY: "d_latest", TagKind.WEEKLY: "w_latest", TagKind.RELEASE: "o_latest"}
_LAB_MOVING = {
    TagKind.DAILY: ("latest_daily",),
    TagKind.WEEKLY: ("latest_weekly", "latest"),
    TagKind.RELEASE: ("latest_release", "latest"),
}
_OLD_PREFIX = "7-stack-lsst_distrib-"
_WORD = re.compile(r"[A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageTags:
    """All names of one image.

    Parameters
    ----------
    fixed : `tuple` [ `str`, ... ]
        Always this image; the first is what people say.
    moving : `tuple` [ `str`, ... ]
        The newest of a kind: to be set last, when the image was tried.
    single : `tuple` [ `tuple` [ `Architecture`, `str` ], ... ]
        Names of one architecture each; all others are of the index.
    """

    fixed: tuple[str, ...]
    moving: tuple[str, ...] = ()
    single: tuple[tuple[Architecture, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TagOptions:
    """Which names a stack image gets.

    Parameters
    ----------
    prefix : `str`
        Of the operating system, with its hyphen.
    stamp : `~datetime.datetime` or `None`
        When it was made, for a name that nothing ever replaces.
    is_moving : `bool`
        Whether it becomes the newest of its kind; releases only by request.
    has_old_names : `bool`
        Whether it has the name of the time of CentOS 7, too.
    architectures : `tuple` [ `Architecture`, ... ]
        Those that get names of their own.
    """

    prefix: str = "al9-"
    stamp: datetime | None = None
    is_moving: bool = True
    has_old_names: bool = False
    architectures: tuple[Architecture, ...] = ()


def format_stamp(stamp: datetime) -> str:
    """Write a time as part of a tag.

    Parameters
    ----------
    stamp : `~datetime.datetime`
        Aware.

    Returns
    -------
    text : `str`
        ``20260219T171502Z``: UTC, hours from 00 to 23, sorted as the times are.

    Raises
    ------
    ConfigurationError
        Raised if it has no time zone.
    """
    offset = stamp.utcoffset()
    if offset is None:
        raise ConfigurationError(f"`{stamp}` has no time zone", hint="give it in UTC, with `Z` at its end")
    return (stamp.replace(tzinfo=None) - offset).strftime("%Y%m%dT%H%M%SZ")


def stack_tags(tag: EupsTag, options: TagOptions) -> ImageTags:
    """Name the stack image of a tag.

    Parameters
    ----------
    tag : `EupsTag`
        The release.
    options : `TagOptions`
        Which names are wanted.

    Returns
    -------
    tags : `ImageTags`
        For example ``al9-w_2026_20``, ``w_latest`` and ``al9-w_latest``.

    Raises
    ------
    InvalidNameError
        Raised if it makes a name that no registry takes, such as that of a
        branch with a slash.
    """
    main = f"{options.prefix}{tag}"
    fixed = [main]
    if options.stamp is not None:
        fixed.append(f"{main}-{format_stamp(options.stamp)}")
    if options.has_old_names:
        fixed.append(f"{_OLD_PREFIX}{tag}")
    newest = _MOVING.get(tag.kind) if options.is_moving else None
    moving = () if newest is None else tuple(dict.fromkeys((newest, f"{options.prefix}{newest}")))
    single = tuple((one, f"{main}{ARCHITECTURE_SUFFIXES[one]}") for one in options.architectures)
    for name in (*fixed, *moving, *(name for _, name in single)):
        parse_image_tag(name)
    return ImageTags(fixed=tuple(fixed), moving=moving, single=single)


def lab_tags(tag: EupsTag, *, run: str | None = None, supplement: str | None = None) -> ImageTags:
    """Name the lab image of a tag.

    Parameters
    ----------
    tag : `EupsTag`
        The release.
    run : `str`, optional
        Number of the run that makes it, which names of releases carry.
    supplement : `str`, optional
        What makes it an experiment: it gets no moving tags then.

    Returns
    -------
    tags : `ImageTags`
        For example ``r29_1_0_rsp7``, ``latest_release`` and ``latest``.

    Raises
    ------
    ConfigurationError
        Raised if the run of a release or candidate is missing, or an addition
        is no word.
    """
    for word in (run, supplement):
        if word is not None and _WORD.fullmatch(word) is None:
            raise ConfigurationError(f"`{word}` cannot be part of a tag", hint="letters, digits and `_` only")
    name = str(tag)
    if tag.kind in {TagKind.RELEASE, TagKind.CANDIDATE}:
        if run is None:
            raise ConfigurationError(
                f"the lab image of `{tag}` needs the number of its run", hint="use `--run`"
            )
        name = f"r{name.removeprefix('v')}_rsp{run}"
    if supplement is not None:
        return ImageTags(fixed=(parse_image_tag(f"exp_{name}_{supplement}"),))
    return ImageTags(fixed=(parse_image_tag(name),), moving=_LAB_MOVING.get(tag.kind, ()))
