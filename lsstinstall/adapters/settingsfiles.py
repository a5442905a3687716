"""Configuration files of the user and of the site."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import read_text
from lsstinstall.core.errors import NotFoundError, RefusedError
from lsstinstall.core.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["SITE_SETTINGS", "load_settings", "user_settings"]

SITE_SETTINGS = Path("/etc/lsstinstall/config.toml")
"""What the administrators of a machine set for all."""


def load_settings(
    environ: Mapping[str, str], *, warn: Callable[[str], None] | None = None, site: Path = SITE_SETTINGS
) -> Settings:
    """Read what was set once for all runs.

    Parameters
    ----------
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``LSSTINSTALL_CONFIG`` names the only file to be read, or none if it
        is empty. Else ``XDG_CONFIG_HOME`` and ``HOME`` say where the user's
        file is.
    warn : `~collections.abc.Callable`, optional
        Hears of a file that we may not read; it sets nothing.
    site : `~pathlib.Path`, optional
        File for all users; the user's one goes before it.

    Returns
    -------
    settings : `Settings`
        Empty if there is no such file.

    Raises
    ------
    SettingsError, ProblemsError
        Raised if a file says what cannot be meant.
    NotFoundError
        Raised if the file that ``LSSTINSTALL_CONFIG`` names is not there.
    RefusedError
        Raised if we may not read the file that is named.
    """
    named = environ.get("LSSTINSTALL_CONFIG")
    if named is not None:
        return _read(Path(named)) if named else Settings()
    return _read_if_there(user_settings(environ), warn).over(_read_if_there(site, warn))


def user_settings(environ: Mapping[str, str]) -> Path:
    """Say where a user's own settings are.

    Parameters
    ----------
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``XDG_CONFIG_HOME`` and ``HOME`` are read.

    Returns
    -------
    path : `~pathlib.Path`
        ``lsstinstall/config.toml`` in the folder for configuration; the file
        may be missing.
    """
    # A relative one is to be passed over, says the XDG specification.
    home = Path(environ.get("XDG_CONFIG_HOME", ""))
    folder = home if home.is_absolute() else Path(environ.get("HOME", "/")) / ".config"
    return folder / "lsstinstall" / "config.toml"


def _read(path: Path) -> Settings:
    text = read_text(path)
    # Imported here: most users have no such file, and nobody should wait for its reader.
    from lsstinstall.core.settingsformats import parse_settings  # noqa: PLC0415

    return parse_settings(text, source=str(path))


def _read_if_there(path: Path, warn: Callable[[str], None] | None) -> Settings:
    try:
        return _read(path)
    except NotFoundError:
        return Settings()
    except RefusedError as error:
        # The home folder of a batch job may be closed, and nobody said that there are settings in it.
        if warn is not None:
            warn(f"{error}, so that nothing counts that may be set there")
        return Settings()
