"""Pinned source distributions: the list in ``sources.toml``, and fetching what is missing."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import sha256_of
from lsstinstall.core.errors import ConfigurationError, CorruptError
from lsstinstall.core.names import Sha256, parse_sha256

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["SourcePin", "check_pins", "parse_sources", "rounds", "source_requirements"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePin:
    """One source distribution.

    Parameters
    ----------
    product : `str`
        EUPS product it is the source of.
    distribution : `str`
        Its name in the registry, ``lsst-daf-butler``.
    version : `str`
        As the registry spells it.
    sha256 : `Sha256`
        Digest of the archive.
    """

    product: str
    distribution: str
    version: str
    sha256: Sha256

    @property
    def file_name(self) -> str:
        """How the archive is called, by the rule of PEP 625."""
        return f"{self.distribution.replace('-', '_')}-{self.version}.tar.gz"


def parse_sources(text: str, *, source: str) -> tuple[SourcePin, ...]:
    """Read a ``sources.toml``.

    Parameters
    ----------
    text : `str`
        Content of the file.
    source : `str`
        Its name, for errors.

    Returns
    -------
    pins : `tuple` [ `SourcePin`, ... ]
        In file order.

    Raises
    ------
    ConfigurationError
        Raised if it is not TOML, or a key is missing.
    """
    try:
        return tuple(
            SourcePin(
                product=product,
                distribution=entry["distribution"],
                version=version,
                sha256=parse_sha256(digest),
            )
            for product, entry in tomllib.loads(text).items()
            for version, digest in entry["sha256"].items()
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"`{source}` is no list of sources: {error}") from error


def check_pins(pins: Iterable[SourcePin], folder: Path) -> tuple[SourcePin, ...]:
    """Find out which archives are not there; those that are must be right.

    Parameters
    ----------
    pins : `~collections.abc.Iterable` [ `SourcePin` ]
        Archives wanted.
    folder : `~pathlib.Path`
        Where they lie.

    Returns
    -------
    missing : `tuple` [ `SourcePin`, ... ]
        In the given order.

    Raises
    ------
    CorruptError
        Raised if an archive has another digest.
    """
    missing = []
    for pin in pins:
        archive = folder / pin.file_name
        if not archive.exists():
            missing.append(pin)
        elif (found := sha256_of(archive)) != pin.sha256:
            raise CorruptError(
                f"`{archive}` has the digest {found}, not {pin.sha256}", hint="delete it and run again"
            )
    return tuple(missing)


def rounds(pins: Iterable[SourcePin]) -> tuple[tuple[SourcePin, ...], ...]:
    """Sort pins so that no round has two versions of a distribution, which pip refuses.

    Parameters
    ----------
    pins : `~collections.abc.Iterable` [ `SourcePin` ]
        Archives to fetch.

    Returns
    -------
    rounds : `tuple` [ `tuple` [ `SourcePin`, ... ], ... ]
        The first version of each distribution, then the second, and so on.
    """
    result: list[list[SourcePin]] = []
    for pin in pins:
        free = (one for one in result if all(other.distribution != pin.distribution for other in one))
        chosen = next(free, None)
        if chosen is None:
            result.append(chosen := [])
        chosen.append(pin)
    return tuple(tuple(one) for one in result)


def source_requirements(pins: Iterable[SourcePin]) -> str:
    """Write a requirement file that pip verifies by digest.

    Parameters
    ----------
    pins : `~collections.abc.Iterable` [ `SourcePin` ]
        Archives to fetch.

    Returns
    -------
    text : `str`
        One line a pin.
    """
    return "".join(f"{pin.distribution}=={pin.version} --hash=sha256:{pin.sha256}\n" for pin in pins)
