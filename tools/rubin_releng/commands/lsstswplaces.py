"""Where things are in an lsstsw folder, and how its environment variables move them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LsstswPlaces", "find_places"]

_MARK = Path("etc") / "repos.yaml"
_ENV_BASE = "lsst-scipipe-"


@dataclass(frozen=True, slots=True, kw_only=True)
class LsstswPlaces:
    """The folders of one lsstsw.

    Parameters
    ----------
    root : `~pathlib.Path`
        Holds ``etc``, ``build``, ``stack`` and ``versiondb``.
    build_dir : `~pathlib.Path`
        Clones and the manifest; ``LSSTSW_BUILD_DIR`` moves it.
    repos : `~pathlib.Path`
        repos.yaml; ``REPOSFILE`` moves it.
    env : `~pathlib.Path`
        Prefix of the active environment.
    env_name : `str`
        Its name.
    stack : `~pathlib.Path`
        Where products go: the first of ``EUPS_PATH``, else the one of the
        environment.
    """

    root: Path
    build_dir: Path
    repos: Path
    env: Path
    env_name: str
    stack: Path

    @property
    def versiondb(self) -> Path:
        """The record of builds."""
        return self.root / "versiondb"

    @property
    def exclusions(self) -> Path | None:
        """The map of optional products to leave out; `None` without one."""
        path = self.root / "etc" / "exclusions.txt"
        return path if path.is_file() else None

    @property
    def env_version(self) -> str | None:
        """Version of rubin-env, told from the environment's name; `None` if it has none."""
        return self.env_name.removeprefix(_ENV_BASE) if self.env_name.startswith(_ENV_BASE) else None

    def saved_environment(self, build: str) -> Path:
        """Say where the exact environment of a build is kept."""
        return self.build_dir / "builds" / f"{build}.env"


def find_places(start: Path, environ: Mapping[str, str]) -> LsstswPlaces:
    """Find the lsstsw folder somebody works in.

    Parameters
    ----------
    start : `~pathlib.Path`
        Current folder; the one with ``etc/repos.yaml`` is looked for from
        here upward, unless ``LSSTSW`` names it.
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
    root = _find_root(start, environ)
    env, name = _active_environment(environ)
    first = next((part for part in environ.get("EUPS_PATH", "").split(":") if part), None)
    return LsstswPlaces(
        root=root,
        build_dir=Path(environ.get("LSSTSW_BUILD_DIR") or root / "build").absolute(),
        repos=Path(environ.get("REPOSFILE") or root / _MARK).absolute(),
        env=env,
        env_name=name,
        stack=root / "stack" / name if first is None else Path(first).absolute(),
    )


def _find_root(start: Path, environ: Mapping[str, str]) -> Path:
    named = environ.get("LSSTSW")
    candidates = [Path(named)] if named else [start, *start.parents]
    for folder in candidates:
        if (folder / "etc").is_dir():
            return folder.absolute()
    raise NotFoundError(
        f"`{named or start}` is no lsstsw folder: it has no `etc`",
        hint="go into the folder, or name it in the variable `LSSTSW`",
    )


def _active_environment(environ: Mapping[str, str]) -> tuple[Path, str]:
    prefix = environ.get("CONDA_PREFIX")
    if not prefix:
        raise ConfigurationError("no environment is active", hint="activate rubin-env, then try again")
    name = environ.get("CONDA_DEFAULT_ENV") or Path(prefix).name
    wanted = environ.get("LSST_CONDA_ENV_NAME")
    if wanted and wanted != name:
        raise ConfigurationError(
            f"environment `{name}` is active, and `LSST_CONDA_ENV_NAME` wants `{wanted}`",
            hint=f"activate `{wanted}`, then try again",
        )
    return Path(prefix).absolute(), name
