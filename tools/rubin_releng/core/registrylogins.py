"""Logins for registries, as ``docker login`` and ``podman login`` write them down."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.jsontexts import parse_json
from rubin_releng.core.secrets import Secret

if TYPE_CHECKING:
    from rubin_releng.core.imagereferences import ImageReference

__all__ = ["HelperLogin", "Login", "find_login"]

_HINT = "log in anew: `podman login`, `docker login` or `skopeo login` writes it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What opens a registry.

    Parameters
    ----------
    user : `str`
        Name; empty beside a token.
    password : `Secret`
        Or the token that is exchanged for others.
    is_token : `bool`
        Whether it is such a token (``identitytoken``).
    """

    user: str
    password: Secret
    is_token: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HelperLogin:
    """A program that knows the login.

    Parameters
    ----------
    program : `str`
        For example ``docker-credential-pass``.
    server : `str`
        What to ask it for.
    """

    program: str
    server: str


def find_login(data: bytes, reference: ImageReference, *, source: str) -> Login | HelperLogin | None:
    """Find the login for an image.

    Parameters
    ----------
    data : `bytes`
        Docker's ``config.json`` or containers' ``auth.json``.
    reference : `ImageReference`
        What is to be opened; entries for its repository, or folders of
        repositories, count more than those for the whole server.
    source : `str`
        File name, for error messages only.

    Returns
    -------
    login : `Login`, `HelperLogin` or `None`
        `None` if nothing is said of the server.

    Raises
    ------
    FormatError
        Raised if it is not JSON.
    ConfigurationError
        Raised if an entry cannot be read; the message does not show it.
    """
    content = parse_json(data, source=source)
    if not isinstance(content, dict):
        raise ConfigurationError(f"`{source}` holds no logins", hint=_HINT)
    logins = _table(content.get("auths"))
    for name in _names(reference):
        entry = logins.get(name)
        if isinstance(entry, dict) and entry:
            return _read_entry(entry, name, source)
    helper = _table(content.get("credHelpers")).get(reference.server)
    if helper is None and reference.server in logins:
        # An empty entry says that the store has it.
        helper = content.get("credsStore")
    if not isinstance(helper, str) or not helper:
        return None
    if not helper.replace("-", "").replace("_", "").isalnum():
        raise ConfigurationError(f"`{source}` names a program for logins that is none", hint=_HINT)
    return HelperLogin(program=f"docker-credential-{helper}", server=reference.server)


def _names(reference: ImageReference) -> list[str]:
    parts = reference.place.split("/")
    places = ["/".join(parts[:count]) for count in range(len(parts), 0, -1)]
    server = reference.server
    return [*places, f"https://{server}", f"https://{server}/v2/", f"https://{server}/v1/"]


def _read_entry(entry: dict[str, object], name: str, source: str) -> Login:
    token = entry.get("identitytoken")
    if isinstance(token, str) and token:
        return Login(user="", password=Secret(value=token), is_token=True)
    user, password = entry.get("username"), entry.get("password")
    if isinstance(user, str) and isinstance(password, str):
        return Login(user=user, password=Secret(value=password))
    try:
        text = base64.b64decode(str(entry.get("auth", "")), validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    user, colon, password = text.partition(":")
    if not colon or not user:
        raise ConfigurationError(f"the login for `{name}` in `{source}` cannot be read", hint=_HINT)
    return Login(user=user, password=Secret(value=password.rstrip("\0")))


def _table(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
