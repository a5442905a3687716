"""Passwords and tokens in addresses, hidden from everyone."""

from __future__ import annotations

import re

__all__ = ["MASK", "masked"]

MASK = "***"

# `https://user:password@host`, `https://key@host`
_USER = re.compile(
    r"(?P<scheme>\b[A-Za-z][A-Za-z0-9+.-]*://)(?:(?P<user>[^\s/@:]*):[^\s/@]*|[^\s/@:]+)"
    # Nobody should, but some write an `@` of a password as it is.
    r"(?:@[^\s/@<>,`\"']*)*@"
)
# `https://host/t/TOKEN/channel`, and in the log of a request `GET /t/TOKEN/channel`
_TOKEN = re.compile(r"(?P<before>(?:://[^\s/]+|\b[A-Z]{3,7} )/t/)[^\s/<>`\"']+")


def masked(text: str) -> str:
    """Hide the passwords and tokens in all addresses of a text.

    Parameters
    ----------
    text : `str`
        A message, a log line, an address.

    Returns
    -------
    text : `str`
        With stars in their place; the names of users stay.
    """
    if "://" not in text and "/t/" not in text:
        return text
    return _TOKEN.sub(rf"\g<before>{MASK}", _USER.sub(_hide_user, text))


def _hide_user(found: re.Match[str]) -> str:
    user = found["user"]
    return f"{found['scheme']}{MASK}@" if user is None else f"{found['scheme']}{user}:{MASK}@"
