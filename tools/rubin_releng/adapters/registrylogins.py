"""Where logins for registries are kept, and how a registry is opened with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import read_bytes
from lsstinstall.adapters.process import run
from lsstinstall.core.errors import ConfigurationError
from rubin_releng.adapters.registries import RegistryRepository
from rubin_releng.adapters.registrysessions import RegistrySession
from rubin_releng.core.registrylogins import HelperLogin, Login, find_login
from rubin_releng.core.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rubin_releng.adapters.registrysessions import RegistryPatience
    from rubin_releng.core.imagereferences import ImageReference

__all__ = ["load_login", "open_repository"]

_HELPER_SECONDS = 30.0
# What helpers answer instead of a name if the password is a token to be exchanged.
_TOKEN_USER = "<token>"  # noqa: S105


def open_repository(
    reference: ImageReference,
    *,
    environ: Mapping[str, str],
    is_written: bool = False,
    patience: RegistryPatience | None = None,
) -> RegistryRepository:
    """Open a repository of a registry.

    Parameters
    ----------
    reference : `ImageReference`
        Any image in it.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        Says where logins are.
    is_written : `bool`, optional
        Whether we come to write.
    patience : `RegistryPatience`, optional
        How long to try.

    Returns
    -------
    repository : `RegistryRepository`
        Nothing was asked yet.
    """
    login = load_login(reference, environ=environ)
    session = RegistrySession(reference.server, login=login, patience=patience)
    return RegistryRepository(session, reference.repository, is_written=is_written)


def load_login(reference: ImageReference, *, environ: Mapping[str, str]) -> Login | None:
    """Find the login for an image.

    Parameters
    ----------
    reference : `ImageReference`
        What is to be opened.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``REGISTRY_AUTH_FILE``, else podman's file below ``XDG_RUNTIME_DIR``
        or ``XDG_CONFIG_HOME``, else Docker's below ``DOCKER_CONFIG`` or
        ``HOME``.

    Returns
    -------
    login : `Login` or `None`
        From the first file that has one.

    Raises
    ------
    NotFoundError
        Raised if ``REGISTRY_AUTH_FILE`` names no file.
    ConfigurationError
        Raised if a file cannot be read as logins.
    """
    named = environ.get("REGISTRY_AUTH_FILE")
    for path in [Path(named)] if named else _places(environ):
        if named or path.is_file():
            found = find_login(read_bytes(path), reference, source=str(path))
            if isinstance(found, HelperLogin):
                return _ask_helper(found)
            if found is not None:
                return found
    return None


def _places(environ: Mapping[str, str]) -> Iterator[Path]:
    home = environ.get("HOME")
    if runtime := environ.get("XDG_RUNTIME_DIR"):
        yield Path(runtime) / "containers" / "auth.json"
    if config := environ.get("XDG_CONFIG_HOME", f"{home}/.config" if home else ""):
        yield Path(config) / "containers" / "auth.json"
    if docker := environ.get("DOCKER_CONFIG", f"{home}/.docker" if home else ""):
        yield Path(docker) / "config.json"


def _ask_helper(helper: HelperLogin) -> Login:
    """Ask a program for a login; what it answers is shown to nobody."""
    completed = run(
        [helper.program, "get"],
        cwd=None,
        env=None,
        timeout=_HELPER_SECONDS,
        stdin=f"{helper.server}\n",
        check=False,
    )
    try:
        answer = json.loads(completed.stdout) if completed.returncode == 0 else {}
    except ValueError:
        answer = {}
    user = answer.get("Username") if isinstance(answer, dict) else None
    secret = answer.get("Secret") if isinstance(answer, dict) else None
    if not isinstance(user, str) or not isinstance(secret, str):
        raise ConfigurationError(
            f"`{helper.program}` has no login for `{helper.server}`",
            hint="log in with it anew",
        )
    if user == _TOKEN_USER:
        return Login(user="", password=Secret(value=secret), is_token=True)
    return Login(user=user, password=Secret(value=secret))
