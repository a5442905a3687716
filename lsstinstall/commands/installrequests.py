"""What the classic options of ``lsstinstall`` mean together."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.packagedata import load_defaults
from lsstinstall.commands.installationplans import InstallationRequest
from lsstinstall.commands.servers import pick_settings
from lsstinstall.core.environments import (
    BASE,
    DEVELOPER,
    EnvName,
    EnvVersion,
    parse_env_name,
    parse_recorded_version,
)
from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.names import parse_product_name
from lsstinstall.core.tags import parse_tag

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["InstallOptions", "find_active_conda", "read_request"]

_LATEST = "latest"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallOptions:
    """Values of the options, as click reads them; an empty text counts as not given.

    Parameters
    ----------
    tags, exact_tags, versions : `tuple` [ `str`, ... ]
        Of ``-T``, ``-X`` and ``-v``, each as often as it was given.
    env_name, conda_path, eups_url, former_url : `str` or `None`
        Of ``-e``, ``-p``, ``-E`` and ``--former-url``.
    update, developer, no_active_conda, no_conda : `bool`
        ``-u``, ``-d``, ``-P`` and ``--no-conda``.
    channels : `tuple` [ `str`, ... ]
        Of ``-C``.
    override_channels, no_binaries, no_sources : `bool`
        ``--override-channels``, ``-B`` and ``-S``.
    stack : `~pathlib.Path` or `None`
        Of ``--stack``.
    jobs : `int`
        Of ``--jobs``.
    offline : `bool`
        ``--offline``.
    link : `str` or `None`
        Of ``--link``.
    lock_timeout : `float` or `None`
        Of ``--lock-timeout``.
    """

    tags: tuple[str, ...]
    exact_tags: tuple[str, ...]
    versions: tuple[str, ...]
    env_name: str | None
    update: bool
    developer: bool
    conda_path: str | None
    no_active_conda: bool
    no_conda: bool
    channels: tuple[str, ...]
    override_channels: bool
    eups_url: str | None
    former_url: str | None
    no_binaries: bool
    no_sources: bool
    stack: Path | None
    jobs: int
    offline: bool
    link: str | None
    lock_timeout: float | None


def read_request(
    products: tuple[str, ...],
    options: InstallOptions,
    environ: Mapping[str, str],
    *,
    warn: Callable[[str], None],
) -> InstallationRequest:
    """Read what the options mean together.

    Parameters
    ----------
    products : `tuple` [ `str`, ... ]
        Named on the command line.
    options : `InstallOptions`
        Of the command line.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``CONDA_EXE`` and ``PATH`` are read, and where the configuration is.
    warn : `~collections.abc.Callable`
        Hears of configuration files that we may not read.

    Returns
    -------
    request : `InstallationRequest`
        Folders are absolute.

    Raises
    ------
    ConfigurationError
        Raised if options contradict one another, or products have no tag.
    InvalidNameError
        Raised if a name, a tag or a version is none.
    """
    tag, version = _selected(options)
    if products and tag is None:
        raise ConfigurationError(
            "products need a tag",
            hint="add `-T TAG`, for example `-T w_latest`; the commands, which come first, "
            "are listed by `lsstinstall --help`",
        )
    defaults = load_defaults()
    settings = pick_settings(environ, warn=warn, offline=options.offline, link=options.link)
    active = None if options.no_active_conda else find_active_conda(environ)
    return InstallationRequest(
        tag=None if tag is None else parse_tag(tag),
        exact=bool(options.exact_tags) and tag is not None,
        version=_version(version or defaults.version),
        name=_name(options.env_name) if options.env_name else None,
        update=options.update,
        variant=DEVELOPER if options.developer else None,
        conda=not options.no_conda,
        conda_root=_folder(active or Path(options.conda_path or "conda")),
        channels=_channels(options, defaults.channels if settings.channels is None else settings.channels),
        eups_url=_url(options.eups_url or settings.eups_url or defaults.eups_url),
        former_url=_url(options.former_url or defaults.former_url),
        binaries=not options.no_binaries,
        sources=not options.no_sources,
        stack=None if options.stack is None else _folder(options.stack),
        folder=Path.cwd(),
        products=tuple(parse_product_name(name) for name in products),
        jobs=options.jobs,
        settings=settings,
        lock_timeout=options.lock_timeout,
    )


def find_active_conda(environ: Mapping[str, str]) -> Path | None:
    """Find the conda that is activated in the calling shell.

    Parameters
    ----------
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``CONDA_EXE`` and ``PATH`` are read.

    Returns
    -------
    root : `~pathlib.Path` or `None`
        Its base prefix.
    """
    executable = environ.get("CONDA_EXE", "")
    if not executable.endswith("/bin/conda") or shutil.which("conda", path=environ.get("PATH")) is None:
        return None
    return Path(executable).parent.parent


def _selected(options: InstallOptions) -> tuple[str | None, str | None]:
    """Pick the tag, or the version; to ask for the latest version is to ask for nothing."""
    tags = [tag for tag in (*options.tags, *options.exact_tags) if tag]
    versions = [version for version in options.versions if version not in {"", _LATEST}]
    if len(tags) + len(versions) > 1:
        raise ConfigurationError("only one of -T, -X and -v is allowed", hint="-T and -X say the version")
    return (tags[0] if tags else None), (versions[0] if versions else None)


def _version(text: str | None) -> EnvVersion | None:
    return None if text is None else parse_recorded_version(text)


def _folder(path: Path) -> Path:
    """Make a folder absolute, and refuse one that PATH and EUPS_PATH cannot name."""
    folder = path.absolute()
    if os.pathsep in str(folder):
        raise ConfigurationError(
            f"`{folder}` has a `{os.pathsep}` in its path, which ends a folder in PATH and EUPS_PATH",
            hint="choose another folder",
        )
    return folder


def _name(text: str) -> EnvName:
    name = parse_env_name(text)
    if name == BASE:
        raise ConfigurationError(
            "`base` is the environment of conda itself", hint="give the stack one of its own"
        )
    return name


def _channels(options: InstallOptions, defaults: tuple[str, ...]) -> tuple[str, ...]:
    if not options.override_channels:
        return (*options.channels, *defaults)
    if not options.channels:
        raise ConfigurationError("--override-channels leaves no channel", hint="give one with `-C CHANNEL`")
    return options.channels


def _url(text: str) -> str:
    """Write a folder as EUPS reads it: an absolute path, never ``file://``."""
    path = text.removeprefix("file://")
    return text.rstrip("/") if "://" in path else str(Path(path).resolve())
