"""Addresses that carry a password or a token, taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit, urlunsplit

__all__ = ["Access", "split_access"]


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
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"}:
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
