"""The part of a build string that tells variants of one recipe apart."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["TARGET_PLATFORM", "used_keys", "variant_hash"]

TARGET_PLATFORM = "target_platform"
"""Key that every recipe uses."""

_DIGITS = 7
_CHANNEL_TARGETS = "channel_targets"
# Packages that a compiler key stands for: gcc_linux-64, clangxx_osx-arm64.
_COMPILERS = ("c_compiler", "cxx_compiler", "fortran_compiler", "rust_compiler", "c_stdlib")


def variant_hash(used: Mapping[str, str]) -> str:
    """Compute the hash of a variant as conda-build and rattler-build do.

    Parameters
    ----------
    used : `~collections.abc.Mapping` [ `str`, `str` ]
        The variant keys that an output uses, with their values; its platform
        is one of them, ``target_platform``.

    Returns
    -------
    hash : `str`
        As in a build string: ``h`` and seven digits, ``ha770c72``.

    Notes
    -----
    The SHA-1 of the keys and values as JSON, keys sorted, with a blank after
    each comma and colon.
    """
    content = json.dumps(dict(used), sort_keys=True).encode()
    return "h" + hashlib.sha1(content, usedforsecurity=False).hexdigest()[:_DIGITS]


def used_keys(
    variant: Mapping[str, str], *, platform: str, host: Iterable[str], packages: Iterable[str]
) -> tuple[str, ...]:
    """Find the variant keys that an output uses.

    Parameters
    ----------
    variant : `~collections.abc.Mapping` [ `str`, `str` ]
        All keys of the recipe on the platform.
    platform : `str`
        Conda's name of it.
    host : `~collections.abc.Iterable` [ `str` ]
        Names that the output lists in ``host`` without a limit: their
        versions come from the variant.
    packages : `~collections.abc.Iterable` [ `str` ]
        Names of all packages that it lists; a compiler of the variant may be
        among them.

    Returns
    -------
    keys : `tuple` [ `str`, ... ]
        Sorted; without ``target_platform``, which is always used.
    """
    named, used = frozenset(packages), {name.replace("-", "_") for name in host} & variant.keys()
    for key in _COMPILERS:
        if f"{variant.get(key)}_{platform}" in named:
            used |= {key, f"{key}_version"} & variant.keys()
    return tuple(sorted(used | ({_CHANNEL_TARGETS} & variant.keys())))
