"""Package files of channels that are folders of this machine."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from lsstinstall.adapters.files import explain
from lsstinstall.core.condapackages import PackageDigest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from lsstinstall.core.condapackages import DigestKind
    from lsstinstall.core.environments import LockedPackage

__all__ = ["LocalPackageFiles"]

_SCHEME = "file://"
_CHUNK_BYTES = 1 << 20


class LocalPackageFiles:
    """Hashes packages' own files, each once."""

    def __init__(self) -> None:
        self._with_files: dict[Path, bool] = {}
        self._known: dict[Path, dict[DigestKind, PackageDigest]] = {}

    def digests(
        self, package: LockedPackage, kinds: Collection[DigestKind]
    ) -> Mapping[DigestKind, PackageDigest] | None:
        """Hash a package's file.

        Parameters
        ----------
        package : `~lsstinstall.core.environments.LockedPackage`
            Says where it is.
        kinds : `~collections.abc.Collection` [ `DigestKind` ]
            Which digests to compute.

        Returns
        -------
        digests : `~collections.abc.Mapping` or `None`
            Empty if there is no such file; `None` if nothing can be said:
            the channel is far away, or has indexes and not one package.

        Raises
        ------
        RefusedError
            Raised if it cannot be read.
        """
        if not package.channel.startswith(_SCHEME):
            return None
        folder = Path(unquote(package.channel.removeprefix(_SCHEME)))
        if folder not in self._with_files:
            self._with_files[folder] = any(
                next(folder.glob(kind), None) for kind in ("*/*.conda", "*/*.tar.bz2")
            )
        if not self._with_files[folder]:
            return None
        path = folder / package.package.subdir / package.package.file_name
        if not path.is_file():
            return {}
        known = self._known.setdefault(path, {})
        known.update(_hashed(path, [kind for kind in kinds if kind not in known]))
        return {kind: known[kind] for kind in kinds}


def _hashed(path: Path, kinds: Collection[DigestKind]) -> dict[DigestKind, PackageDigest]:
    hashes = {kind: hashlib.new(kind.value, usedforsecurity=False) for kind in kinds}
    if not hashes:
        return {}
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                for one in hashes.values():
                    one.update(chunk)
    except OSError as error:
        raise explain(error, doing="read") from error
    return {kind: PackageDigest(kind=kind, value=one.hexdigest()) for kind, one in hashes.items()}
