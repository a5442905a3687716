"""What a registry wants to see before it opens: the header ``WWW-Authenticate`` (RFC 9110, 11.6.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Challenge", "parse_challenges"]

_WORD = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
# realm="https://example.org/token", error=invalid_token
_PARAMETER = re.compile(rf'\s*,?\s*({_WORD})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|({_WORD}))\s*(?=,|$)')
_SCHEME = re.compile(rf"\s*,?\s*({_WORD})(?:\s+|\s*(?=,|$))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """One way in.

    Parameters
    ----------
    scheme : `str`
        Lower case: ``basic`` or ``bearer``.
    parameters : `~collections.abc.Mapping` [ `str`, `str` ]
        Names in lower case.
    """

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def parse_challenges(text: str) -> tuple[Challenge, ...]:
    """Read a header.

    Parameters
    ----------
    text : `str`
        Its value, with any number of challenges.

    Returns
    -------
    challenges : `tuple` [ `Challenge`, ... ]
        In the server's order; what cannot be read ends the list.
    """
    found: list[Challenge] = []
    position = 0
    while position < len(text) and (scheme := _SCHEME.match(text, position)):
        position = scheme.end()
        parameters = {}
        while parameter := _PARAMETER.match(text, position):
            quoted = parameter[2]
            value = parameter[3] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            parameters[parameter[1].lower()] = value
            position = parameter.end()
        found.append(Challenge(scheme=scheme[1].lower(), parameters=MappingProxyType(parameters)))
    return tuple(found)
