"""Tokens for services: read from the environment, shown to nobody."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.masking import MASK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Secret", "read_secret"]

# What may stand in a header; anything else would be quoted by the library that refuses it.
_USABLE = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """What opens a service; printing it shows stars.

    Parameters
    ----------
    value : `str`
        For the service alone.
    """

    value: str = field(repr=False)

    def __str__(self) -> str:
        return MASK


def read_secret(environ: Mapping[str, str], names: Sequence[str]) -> Secret | None:
    """Find a token.

    Parameters
    ----------
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        The environment of the process.
    names : `~collections.abc.Sequence` [ `str` ]
        Variables, the first that is not empty counts.

    Returns
    -------
    secret : `Secret` or `None`
        `None` if no variable is set.

    Raises
    ------
    ConfigurationError
        Raised if it holds blanks or letters that no token has; the message
        does not show it.
    """
    for name in names:
        value = environ.get(name, "").strip()
        if value:
            if _USABLE.fullmatch(value) is None:
                raise ConfigurationError(
                    f"`{name}` is no token: it holds blanks or letters that none can have",
                    hint=f"set `{name}` anew, or unset it to go on without",
                )
            return Secret(value=value)
    return None
