"""Where things are in an lsstsw folder, and how its settings move them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import read_text
from lsstinstall.core.errors import ConfigurationError, NotFoundError
from rubin_releng.core.lsstswsettings import LsstswSettings, read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LsstswPlaces", "LsstswRoot", "find_places", "find_root", "installed_version"]

_SETTINGS = Path("etc") / "settings.cfg.sh"
_METAPACKAGE = re.compile(r"rubin-env(?:-nosysroot)?-([0-9][^-]*)-[^-]+\.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class LsstswRoot:
    """An lsstsw folder, whatever environment is active.

    Parameters
    ----------
    path : `~pathlib.Path`
        Holds ``etc``, ``build``, ``stack``, ``miniconda`` and ``versiondb``.
    settings : `LsstswSettings`
        What holds in it.
    """

    path: Path
    settings: LsstswSettings

    @property
    def conda(self) -> Path:
        """Holds the environments in ``envs``."""
        return Path(self.settings["miniconda_path"]).absolute()

    @property
    def build_dir(self) -> Path:
        """Clones and the manifest; ``LSSTSW_BUILD_DIR`` moves it."""
        return Path(self.settings["LSSTSW_BUILD_DIR"]).absolute()

    @property
    def repos(self) -> Path:
        """repos.yaml; ``REPOSFILE`` moves it."""
        return Path(self.settings["REPOSFILE"]).absolute()

    @property
    def versiondb(self) -> Path:
        """The record of builds."""
        return Path(self.settings["VERSIONDB"]).absolute()

    @property
    def default_environment(self) -> str:
        """Name of the environment that is used if none is named."""
        return f"{self.settings['SPLENV_BASE_NAME']}-{self.settings['LSST_SPLENV_REF']}"

    def environments(self) -> tuple[str, ...]:
        """Name all environments, sorted."""
        return tuple(sorted(path.parent.name for path in self.conda.glob("envs/*/conda-meta")))

    def stack(self, name: str) -> Path:
        """Say where the products of an environment go.

        Those of one version of rubin-env share a stack, whatever their
        environments are called.
        """
        version = installed_version(self.conda / "envs" / name)
        base = self.settings["SPLENV_BASE_NAME"]
        return self.path / "stack" / (name if version is None else f"{base}-{version}")

    def saved_environment(self, build: str) -> Path:
        """Say where the exact environment of a build is kept."""
        return self.build_dir / "builds" / f"{build}.env"


@dataclass(frozen=True, slots=True, kw_only=True)
class LsstswPlaces:
    """The folders of one lsstsw, and the environment that is active.

    Parameters
    ----------
    root : `LsstswRoot`
        The folder.
    env : `~pathlib.Path`
        Prefix of the active environment.
    env_name : `str`
        Its name.
    stack : `~pathlib.Path`
        Where products go: the first of ``EUPS_PATH``, else the one of the
        environment.
    """

    root: LsstswRoot
    env: Path
    env_name: str
    stack: Path

    @property
    def exclusions(self) -> Path | None:
        """The map of optional products to leave out; `None` without one."""
        path = Path(self.root.settings["EXCLUSIONS"]).absolute()
        return path if path.is_file() else None

    @property
    def env_version(self) -> str | None:
        """Version of rubin-env in the environment, else told from its name; `None` if it has none."""
        base = f"{self.root.settings['SPLENV_BASE_NAME']}-"
        named = self.env_name.removeprefix(base) if self.env_name.startswith(base) else None
        return installed_version(self.env) or named


def installed_version(prefix: Path) -> str | None:
    """Tell which rubin-env is installed.

    Parameters
    ----------
    prefix : `~pathlib.Path`
        Of an environment.

    Returns
    -------
    version : `str` or `None`
        `None` if none is.
    """
    matches = (
        _METAPACKAGE.fullmatch(path.name) for path in sorted(prefix.glob("conda-meta/rubin-env-*.json"))
    )
    return next((match[1] for match in matches if match is not None), None)


def find_root(start: Path, environ: Mapping[str, str]) -> LsstswRoot:
    """Find the lsstsw folder somebody works in.

    Parameters
    ----------
    start : `~pathlib.Path`
        Current folder; the one with ``etc`` is looked for from here upward,
        unless ``LSSTSW`` names it.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        The calling environment.

    Returns
    -------
    root : `LsstswRoot`
        The folder, with its settings.

    Raises
    ------
    NotFoundError
        Raised if there is none.
    """
    named = environ.get("LSSTSW")
    candidates = [Path(named)] if named else [start, *start.parents]
    for folder in candidates:
        if any((folder / "etc" / name).is_file() for name in ("repos.yaml", "settings.cfg.sh")):
            return open_root(folder.absolute(), environ)
    raise NotFoundError(
        f"`{named or start}` is no lsstsw folder: it has no `etc/repos.yaml`",
        hint="go into the folder, name it in the variable `LSSTSW`, or make one with `lsstsw deploy`",
    )


def open_root(folder: Path, environ: Mapping[str, str]) -> LsstswRoot:
    """Read the settings of a folder, which need not be an lsstsw folder yet."""
    path = folder / _SETTINGS
    text = read_text(path) if path.is_file() else ""
    return LsstswRoot(path=folder, settings=read_settings(text, environ, root=str(folder), source=str(path)))


def find_places(start: Path, environ: Mapping[str, str]) -> LsstswPlaces:
    """Find the lsstsw folder somebody works in, with an environment that is active.

    Parameters
    ----------
    start : `~pathlib.Path`
        Current folder, or one in the lsstsw folder.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        The calling environment.

    Returns
    -------
    places : `LsstswPlaces`
        All absolute.

    Raises
    ------
    NotFoundError
        Raised if there is none.
    ConfigurationError
        Raised if no environment is active, or another than the one wanted.
    """
    root = find_root(start, environ)
    env, name = _active_environment(root, environ)
    first = next((part for part in environ.get("EUPS_PATH", "").split(":") if part), None)
    stack = root.stack(name) if first is None else Path(first).absolute()
    return LsstswPlaces(root=root, env=env, env_name=name, stack=stack)


def _active_environment(root: LsstswRoot, environ: Mapping[str, str]) -> tuple[Path, str]:
    prefix = environ.get("CONDA_PREFIX")
    way = 'run `eval "$(lsstsw envconfig)"`, then try again'
    if not prefix:
        raise ConfigurationError("no environment is active", hint=way)
    name = environ.get("CONDA_DEFAULT_ENV") or Path(prefix).name
    wanted = environ.get("LSST_CONDA_ENV_NAME") or (root.default_environment if name == "base" else name)
    if wanted != name:
        raise ConfigurationError(
            f"environment `{name}` is active, and `{wanted}` is wanted", hint=f"activate `{wanted}`: {way}"
        )
    return Path(prefix).absolute(), name
