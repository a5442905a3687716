"""Where downloaded conda packages are kept, and where else unpacked ones may be found."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from rattler.package_cache.package_cache import CacheIndex, PackageCache, PackageCacheLayer, ValidationMode

from lsstinstall.adapters.condaroots import PACKAGE_CACHE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rattler import RepoDataRecord

__all__ = ["PackageFolders", "other_caches", "package_cache"]

# Of rattler's note beside an unpacked package: a number, then the digest of its archive.
_NOTE_DIGEST = slice(8, 40)


def package_cache(conda_root: Path | None, environ: Mapping[str, str]) -> Path:
    """Choose the folder for packages and indexes.

    Parameters
    ----------
    conda_root : `~pathlib.Path` or `None`
        Folder whose environments will share the files, by hard links; `None`
        if nothing is installed.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``RATTLER_CACHE_DIR``, ``XDG_CACHE_HOME`` and ``HOME`` are read.

    Returns
    -------
    cache : `~pathlib.Path`
        ``RATTLER_CACHE_DIR`` if it is set, as for other programs of rattler's
        family; else a folder of the root; else the user's cache folder.
    """
    if given := environ.get("RATTLER_CACHE_DIR"):
        return Path(given)
    if conda_root is not None:
        return conda_root / PACKAGE_CACHE
    return _users_cache(environ)


def other_caches(conda_root: Path, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Name the folders in which conda and rattler keep unpacked packages.

    Parameters
    ----------
    conda_root : `~pathlib.Path`
        conda's own cache is in it.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``CONDA_PKGS_DIRS``, ``CONDA_EXE``, ``XDG_CACHE_HOME`` and ``HOME``
        are read.

    Returns
    -------
    folders : `tuple` [ `~pathlib.Path`, ... ]
        Those that are there, each once, in the order in which they are asked.
    """
    home = Path(environ.get("HOME", "~")).expanduser()
    named = environ.get("CONDA_PKGS_DIRS", "").replace(",", os.pathsep).split(os.pathsep)
    program = environ.get("CONDA_EXE")
    folders = [
        *(Path(name) for name in named if name.strip()),
        conda_root / "pkgs",
        *([Path(program).parent.parent / "pkgs"] if program else []),
        home / ".conda" / "pkgs",
        _users_cache(environ) / "pkgs",
    ]
    return tuple(
        dict.fromkeys(folder for folder in folders if os.access(folder, os.X_OK) and folder.is_dir())
    )


def _users_cache(environ: Mapping[str, str]) -> Path:
    home = environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME", "~")).expanduser() / ".cache"
    return Path(home) / "rattler" / "cache"


class PackageFolders:
    """Our own cache of unpacked packages, and others that are read only.

    Parameters
    ----------
    cache : `~pathlib.Path`
        Folder for packages and indexes.
    others : `~collections.abc.Sequence` [ `~pathlib.Path` ], optional
        Folders of other caches; nothing is written to them.
    """

    def __init__(self, cache: Path, others: Sequence[Path] = ()) -> None:
        self._own = cache / "pkgs"
        self._borrowed = cache / "borrowed"
        self._others = [other for other in others if other != self._own]

    def missing(self, records: Sequence[RepoDataRecord]) -> list[RepoDataRecord]:
        """Borrow what other caches have.

        Parameters
        ----------
        records : `~collections.abc.Sequence` [ `rattler.RepoDataRecord` ]
            What is wanted.

        Returns
        -------
        records : `list` [ `rattler.RepoDataRecord` ]
            What is in no cache, in the same order.
        """
        index = asyncio.run(_index(PackageCache(self._own)))
        return [
            record for record in records if not index.contains_record(record) and not self._borrow(record)
        ]

    def layers(self) -> PackageCache:
        """Put the caches together, for an installation.

        Returns
        -------
        cache : `rattler.package_cache.PackageCache`
            New packages go to our own.
        """
        layers = [PackageCacheLayer(self._own)]
        if self._borrowed.is_dir():
            # Somebody else may have cleaned up there.
            layers.append(PackageCacheLayer(self._borrowed).with_validation_mode(ValidationMode.fast()))
        return PackageCache.from_layers(layers)

    def _borrow(self, record: RepoDataRecord) -> bool:
        """Link to an unpacked package elsewhere if it comes from the very same archive."""
        name = f"{record.name.normalized}-{record.version}-{record.build}"
        found = next((folder / name for folder in self._others if _comes_from(folder / name, record)), None)
        link = self._borrowed / name
        if found is None:
            # What is no longer there must not be taken for a package.
            link.unlink(missing_ok=True)
            return False
        if link.is_symlink() and link.readlink() == found:
            return True
        self._borrowed.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.with_name(f"{name}.lock").unlink(missing_ok=True)
        link.symlink_to(found)
        return True


async def _index(cache: PackageCache) -> CacheIndex:
    return await cache.index()


def _comes_from(folder: Path, record: RepoDataRecord) -> bool:
    """Say whether a package was unpacked from an archive; both conda and rattler note its digest last."""
    for kind, digest in _noted_digests(folder):
        wanted = record.sha256 if kind == "sha256" else record.md5
        if wanted is not None:
            return digest == wanted.hex()
    return False


def _noted_digests(folder: Path) -> Iterator[tuple[str, str]]:
    try:
        noted = json.loads((folder / "info" / "repodata_record.json").read_bytes())
        yield from ((kind, noted[kind]) for kind in ("sha256", "md5") if kind in noted)
    except (OSError, ValueError, TypeError):
        pass
    try:
        if digest := folder.with_name(f"{folder.name}.lock").read_bytes()[_NOTE_DIGEST]:
            yield "sha256", digest.hex()
    except OSError:
        pass
