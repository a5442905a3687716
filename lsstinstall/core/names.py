"""Names that were checked once: products, flavors, subdirs, commits, digests.

Each type is made only by its parser here, so a value of it is well formed.
"""

from __future__ import annotations

import re
from typing import NewType

from lsstinstall.core.errors import InvalidNameError, shown

__all__ = [
    "CondaSubdir",
    "Flavor",
    "GitSha",
    "ProductName",
    "Sha256",
    "parse_flavor",
    "parse_git_sha",
    "parse_product_name",
    "parse_sha256",
    "parse_subdir",
]

ProductName = NewType("ProductName", str)
"""EUPS product, ``daf_butler``."""

Flavor = NewType("Flavor", str)
"""EUPS's name of a platform: ``Linux64``, ``DarwinX86``, ``generic``."""

CondaSubdir = NewType("CondaSubdir", str)
"""conda's name of a platform: ``linux-64``, ``osx-arm64``, ``noarch``."""

GitSha = NewType("GitSha", str)
"""Full commit, 40 lower-case hexadecimal digits."""

Sha256 = NewType("Sha256", str)
"""SHA-256 digest, 64 lower-case hexadecimal digits."""

_PRODUCT = re.compile(r"[A-Za-z0-9_]+")
_FLAVOR = re.compile(r"[A-Za-z0-9_+:-]+")
_SUBDIR = re.compile(r"(?:[a-z]+-[a-z0-9_]+|noarch)")
_SHA1 = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def _checked(pattern: re.Pattern[str], text: str, kind: str, expected: str) -> str:
    if pattern.fullmatch(text) is None:
        raise InvalidNameError(f"`{shown(text)}` is not a {kind}", hint=f"expected {expected}")
    return text


def parse_product_name(text: str) -> ProductName:
    """Read an EUPS product name.

    Parameters
    ----------
    text : `str`
        For example ``afw``.

    Returns
    -------
    name : `ProductName`
        The same text.

    Raises
    ------
    InvalidNameError
        Raised if it holds anything but ASCII letters, digits and ``_``, the
        rule that EUPS checks when a product is declared.
    """
    return ProductName(_checked(_PRODUCT, text, "product name", "ASCII letters, digits and `_`"))


def parse_flavor(text: str) -> Flavor:
    """Read an EUPS flavor.

    Parameters
    ----------
    text : `str`
        For example ``Linux64``; ``Linux64:opt`` with a qualifier.

    Returns
    -------
    flavor : `Flavor`
        The same text.

    Raises
    ------
    InvalidNameError
        Raised if it is empty or holds blanks or punctuation.
    """
    return Flavor(_checked(_FLAVOR, text, "flavor", "something like `Linux64`, `DarwinX86` or `generic`"))


def parse_subdir(text: str) -> CondaSubdir:
    """Read conda's name of a platform.

    Parameters
    ----------
    text : `str`
        For example ``linux-64``.

    Returns
    -------
    subdir : `CondaSubdir`
        The same text.

    Raises
    ------
    InvalidNameError
        Raised if it has not the form ``system-machine`` and is not ``noarch``.
    """
    return CondaSubdir(_checked(_SUBDIR, text, "conda platform", "something like `linux-64`"))


def parse_git_sha(text: str) -> GitSha:
    """Read a full git commit id.

    Parameters
    ----------
    text : `str`
        40 lower-case hexadecimal digits.

    Returns
    -------
    sha : `GitSha`
        The same text.

    Raises
    ------
    InvalidNameError
        Raised if it is abbreviated or not hexadecimal.
    """
    return GitSha(_checked(_SHA1, text, "commit", "40 hexadecimal digits"))


def parse_sha256(text: str) -> Sha256:
    """Read a SHA-256 digest.

    Parameters
    ----------
    text : `str`
        64 lower-case hexadecimal digits.

    Returns
    -------
    digest : `Sha256`
        The same text.

    Raises
    ------
    InvalidNameError
        Raised if it is abbreviated, prefixed or not hexadecimal.
    """
    return Sha256(_checked(_SHA256, text, "SHA-256 digest", "64 hexadecimal digits"))
