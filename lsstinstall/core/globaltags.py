"""The list of a stack's tags, ``ups_db/global.tags``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["format_global_tags", "parse_global_tags"]


def parse_global_tags(text: str) -> tuple[str, ...]:
    """Read ``ups_db/global.tags``.

    Parameters
    ----------
    text : `str`
        Names with blanks or line ends between them.

    Returns
    -------
    tags : `tuple` [ `str`, ... ]
        In the order of registration, each once. Any word is a tag here: sites
        register tags of their own.
    """
    return tuple(dict.fromkeys(text.split()))


def format_global_tags(tags: Iterable[str]) -> str:
    """Write ``ups_db/global.tags`` as EUPS does.

    Parameters
    ----------
    tags : `~collections.abc.Iterable` [ `str` ]
        In the order of registration.

    Returns
    -------
    text : `str`
        One line.
    """
    return " ".join(tags) + "\n"
