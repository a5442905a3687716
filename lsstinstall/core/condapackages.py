"""Names of conda package files, and digests as lists of packages give them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from lsstinstall.core.errors import InvalidNameError
from lsstinstall.core.names import CondaSubdir, parse_subdir

__all__ = ["CondaPackage", "DigestKind", "PackageDigest", "parse_package_file"]

# numpy-2.3.4-py313hf6604e3_0.conda; the name may hold hyphens, version and build never do.
_FILE = re.compile(
    r"(?P<name>[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?)"
    r"-(?P<version>[A-Za-z0-9._+!]+)"
    r"-(?P<build>[A-Za-z0-9._+!]+)"
    r"(?P<extension>\.conda|\.tar\.bz2)"
)


class DigestKind(StrEnum):
    """How a digest was computed; the value is its name in `hashlib`."""

    MD5 = "md5"
    SHA256 = "sha256"


_DIGITS = {DigestKind.MD5: 32, DigestKind.SHA256: 64}
_HEX = re.compile(r"[0-9a-f]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageDigest:
    """What a package file must hash to.

    Parameters
    ----------
    kind : `DigestKind`
        How it was computed.
    value : `str`
        Lower-case hexadecimal digits.
    """

    kind: DigestKind
    value: str

    @classmethod
    def parse(cls, text: str) -> PackageDigest:
        """Read the part of an explicit list's line behind its ``#``.

        Parameters
        ----------
        text : `str`
            32 hexadecimal digits are MD5; 64, with or without ``sha256:`` in
            front, are SHA-256.

        Returns
        -------
        digest : `PackageDigest`
            In lower case, which conda always writes.

        Raises
        ------
        InvalidNameError
            Raised if it is neither.
        """
        digits = text.removeprefix("sha256:")
        kind = DigestKind.MD5 if len(text) == _DIGITS[DigestKind.MD5] else DigestKind.SHA256
        if len(digits) != _DIGITS[kind] or _HEX.fullmatch(digits) is None:
            raise InvalidNameError(
                f"`{text}` is no digest of a package",
                hint="expected 32 hexadecimal digits (MD5), or `sha256:` and 64 of them",
            )
        return cls(kind=kind, value=digits)

    def __str__(self) -> str:
        return self.value if self.kind is DigestKind.MD5 else f"sha256:{self.value}"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class CondaPackage:
    """One build of a conda package, as its file name tells.

    Comparing is by text, for stable lists; it says nothing of what is newer.

    Parameters
    ----------
    name : `str`
        May hold hyphens, ``rubin-env-nosysroot``.
    version, build : `str`
        conda's version and build string; neither holds a hyphen.
    subdir : `CondaSubdir`
        ``noarch`` or a platform.
    extension : `str`
        ``.conda`` or ``.tar.bz2``.
    """

    name: str
    version: str
    build: str
    subdir: CondaSubdir
    extension: str = ".conda"

    @property
    def file_name(self) -> str:
        """Name of the file, without its folder."""
        return f"{self.name}-{self.version}-{self.build}{self.extension}"


def parse_package_file(file_name: str, *, subdir: str) -> CondaPackage:
    """Read the name of a package file.

    Parameters
    ----------
    file_name : `str`
        For example ``numpy-2.3.4-py313hf6604e3_0.conda``, without a folder.
    subdir : `str`
        The folder it lies in: ``noarch`` or a platform.

    Returns
    -------
    package : `CondaPackage`
        Its ``file_name`` is the same text.

    Raises
    ------
    InvalidNameError
        Raised if it is not ``name-version-build`` with a known ending, or the
        folder is no conda platform.

    Notes
    -----
    Format: CEP 26 of conda, identifying packages and channels.
    """
    match = _FILE.fullmatch(file_name)
    if match is None:
        raise InvalidNameError(
            f"`{file_name}` is no name of a conda package",
            hint="expected `name-version-build.conda` or `.tar.bz2`",
        )
    return CondaPackage(
        name=match["name"],
        version=match["version"],
        build=match["build"],
        subdir=parse_subdir(subdir),
        extension=match["extension"],
    )
