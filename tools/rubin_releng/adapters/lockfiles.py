"""Lock files on disk: `pixi.lock`, and explicit lists."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

import rattler

from lsstinstall.adapters.conda import channel_uri
from lsstinstall.adapters.condaerrors import explained
from lsstinstall.adapters.files import read_text
from lsstinstall.core.accesses import split_access
from lsstinstall.core.condapackages import DigestKind
from lsstinstall.core.environments import SolvedPackage, parse_env_lock
from lsstinstall.core.errors import FormatError
from lsstinstall.core.masking import masked
from rubin_releng.adapters.pixilocks import read_pixi_lock
from rubin_releng.core.locks import LockPart

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.core.environments import LockedPackage

__all__ = ["LockFile", "is_pixi_lock", "read_lock_file", "recorded_channel"]

_FILE = re.compile(r"/(?P<subdir>[^/\s#]+)/(?P<file>[^/\s#]+\.(?:conda|tar\.bz2))(?:#\S*)?\s*$")
_PLATFORM = re.compile(r"#\s*platform:|\s*- name:")


@dataclass(frozen=True, slots=True, kw_only=True)
class LockFile:
    """A lock, with the places of what it says.

    Parameters
    ----------
    source : `str`
        File name.
    parts : `tuple` [ `LockPart`, ... ]
        Its environments.
    lines : `tuple` [ `str`, ... ]
        Its text.
    """

    source: str
    parts: tuple[LockPart, ...]
    lines: tuple[str, ...]

    def place(self, package: SolvedPackage | None) -> str:
        """Say where a package stands, ``w.env:12``; of none, where the platform does."""
        numbers = [number for number, line in enumerate(self.lines, 1) if _PLATFORM.match(line)][:1]
        if package is not None:
            wanted = (package.package.subdir, package.package.file_name)
            numbers = [
                number
                for number, line in enumerate(self.lines, 1)
                if (match := _FILE.search(line)) and (match["subdir"], unquote(match["file"])) == wanted
            ]
        return f"{self.source}:{numbers[-1] if numbers else 1}"


def recorded_channel(channel: str) -> str:
    """Say how locks name a channel.

    Parameters
    ----------
    channel : `str`
        A URI, perhaps with a password or token, a name or a folder.

    Returns
    -------
    url : `str`
        Its URL alone, without a final slash.

    Raises
    ------
    ConfigurationError
        Raised if it is no channel.
    """
    with explained(f"read the channel `{masked(channel)}`"):
        return split_access(rattler.Channel(channel_uri(channel)).base_url.rstrip("/")).url


def is_pixi_lock(path: Path) -> bool:
    """Say by a file's name whether it is a ``pixi.lock``: it ends in ``.lock``."""
    return path.suffix == ".lock"


def read_lock_file(path: Path) -> LockFile:
    """Read a lock.

    Parameters
    ----------
    path : `~pathlib.Path`
        A ``pixi.lock``, if it is called so, else an explicit list.

    Returns
    -------
    lock : `LockFile`
        With at least one environment.

    Raises
    ------
    NotFoundError
        Raised if it is not there.
    FormatError
        Raised if it breaks its format, was cut, or has no packages.
    """
    text = read_text(path)
    parts = read_pixi_lock(path) if is_pixi_lock(path) else _read_explicit(text, str(path))
    if not parts:
        raise FormatError("the lock has no packages", source=str(path))
    return LockFile(source=str(path), parts=parts, lines=tuple(text.splitlines()))


def _read_explicit(text: str, source: str) -> tuple[LockPart, ...]:
    lock = parse_env_lock(text, source=source)
    platform = lock.platform
    if platform is None:
        return ()
    channels = tuple(dict.fromkeys(one.channel for one in lock.packages))
    packages = tuple(_solved(one) for one in lock.packages)
    return (LockPart(platform=platform, channels=channels, packages=packages),)


def _solved(locked: LockedPackage) -> SolvedPackage:
    digest = locked.digest
    return SolvedPackage(
        channel=locked.channel,
        package=locked.package,
        sha256=digest if digest is not None and digest.kind is DigestKind.SHA256 else None,
        md5=digest if digest is not None and digest.kind is DigestKind.MD5 else None,
    )
