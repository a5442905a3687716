"""How commands come to servers: what was set for all runs, and what an option says for this one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from lsstinstall.adapters.http import open_pkgroot
from lsstinstall.adapters.rememberedpkgroots import memory_folder
from lsstinstall.adapters.settingsfiles import load_settings
from lsstinstall.core.settings import LinkKind, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from lsstinstall.adapters.conda import CondaEngine
    from lsstinstall.adapters.http import PkgrootReader

__all__ = ["open_engine", "pick_settings", "root_opener"]


def pick_settings(
    environ: Mapping[str, str],
    *,
    warn: Callable[[str], None],
    offline: bool = False,
    link: str | None = None,
) -> Settings:
    """Decide on the settings of a run.

    Parameters
    ----------
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        Says where the configuration files are.
    warn : `~collections.abc.Callable`
        Hears of files that we may not read.
    offline : `bool`, optional
        Whether ``--offline`` was given.
    link : `str`, optional
        Value of ``--link``.

    Returns
    -------
    settings : `Settings`
        Those of the files, below the options.
    """
    options = Settings(offline=True if offline else None, link=None if link is None else LinkKind(link))
    return options.over(load_settings(environ, warn=warn))


def root_opener(settings: Settings, environ: Mapping[str, str]) -> Callable[[str], PkgrootReader]:
    """Make what opens package roots.

    Parameters
    ----------
    settings : `Settings`
        Mirrors, and whether servers may be asked.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        Says where caches are.

    Returns
    -------
    open_root : `~collections.abc.Callable`
        Takes a URL or folder, gives a `PkgrootReader`.
    """
    return partial(
        open_pkgroot,
        mirrors=settings.mirrors,
        offline=bool(settings.offline),
        memory=memory_folder(environ),
    )


def open_engine(conda_root: Path, settings: Settings, environ: Mapping[str, str]) -> CondaEngine:
    """Make what solves and installs environments.

    Parameters
    ----------
    conda_root : `~pathlib.Path`
        Folder with the environments.
    settings : `Settings`
        Mirrors, and whether servers may be asked.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        Says where caches are.

    Returns
    -------
    engine : `CondaEngine`
        With its cache beside the environments, and others to read from.
    """
    # Imported here: it loads rattler, and not every command wants that.
    from lsstinstall.adapters.conda import CondaEngine  # noqa: PLC0415
    from lsstinstall.adapters.condacaches import other_caches, package_cache  # noqa: PLC0415

    return CondaEngine(
        package_cache(conda_root, environ),
        # To plan leaves nothing in a folder that may never be one of environments.
        indexes=package_cache(None, environ) / "repodata",
        mirrors=settings.mirrors,
        other_caches=other_caches(conda_root, environ),
        offline=bool(settings.offline),
    )
