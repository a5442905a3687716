"""Addresses that carry a password or a token, taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from lsstinstall.core.errors import ConfigurationError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

__all__ = ["Access", "split_access", "split_address"]

_WEB = frozenset({"http", "https"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """An address, and what opens it.

    Parameters
    ----------
    url : `str`
        Without password and token: fit to be shown and recorded.
    user, password : `str` or `None`
        For HTTP's basic authentication.
    token : `str` or `None`
        That conda servers want in the path.
    """

    url: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)

    @property
    def token_url(self) -> str:
        """The address with the token, if there is one, and without a password."""
        if self.token is None:
            return self.url
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(path=f"/t/{quote(self.token, safe='')}{parts.path}"))


def split_address(url: str) -> SplitResult:
    """Take an address apart that somebody wrote.

    Parameters
    ----------
    url : `str`
        Anything; what has no scheme is one part.

    Returns
    -------
    parts : `~urllib.parse.SplitResult`
        With a server and a possible port if it is one of the web.

    Raises
    ------
    ConfigurationError
        Raised if it cannot be an address.
    """
    try:
        parts = urlsplit(url)
        is_complete = parts.port != 0 and (parts.scheme not in _WEB or bool(parts.hostname))
    except ValueError as error:
        raise ConfigurationError(
            f"<{url}> is no address: {str(error).lower()}", hint="write `https://server/path`"
        ) from error
    if not is_complete:
        raise ConfigurationError(f"<{url}> names no server", hint="write `https://server/path`")
    return parts


def split_access(url: str) -> Access:
    """Take password and token out of an address.

    Parameters
    ----------
    url : `str`
        ``https://user:password@host/path`` or ``https://host/t/TOKEN/path``;
        anything else, the path of a folder for one, stays as it is.

    Returns
    -------
    access : `Access`
        The address, without a final slash, and what was in it.

    Raises
    ------
    ConfigurationError
        Raised as by `split_address`.
    """
    parts = split_address(url)
    if parts.scheme not in _WEB:
        return Access(url=url)
    token, path = None, parts.path.rstrip("/")
    if found := re.fullmatch(r"/t/([^/]+)(/.*)?", path):
        token, path = unquote(found[1]), found[2] or ""
    host = parts.netloc.rpartition("@")[2]
    return Access(
        url=urlunsplit(parts._replace(netloc=host, path=path)),
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.username is None else unquote(parts.password or ""),
        token=token,
    )
