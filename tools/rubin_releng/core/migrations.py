"""Migrations of pins as they are asked for, `cfitsio=4.7`, and limits that follow a new version."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError, shown

if TYPE_CHECKING:
    from lsstinstall.core.names import CondaSubdir
    from rubin_releng.core.ledgerrows import LedgerEntry, VariantEntry

__all__ = ["Migration", "MigrationStep", "RowChange", "followed", "parse_migration", "release_of"]

_MIGRATION = re.compile(r"(?P<key>[A-Za-z][A-Za-z0-9_.-]*)=(?P<version>[0-9]{1,9}(?:\.[0-9]{1,9}){0,9})")
_PIN = re.compile(r"(?P<sign>={0,2})(?P<version>[0-9]+(?:\.[0-9]+)*)(?P<rest>(?:\.\*)?)")
_BETWEEN = re.compile(r">=(?P<low>[0-9]+(?:\.[0-9]+)*),<(?P<high>[0-9]+(?:\.[0-9]+)*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """A new version of what others link to.

    Parameters
    ----------
    key : `str`
        Variant key, ``starlink_ast``, or ``compilers``, ``clang``.
    version : `str`
        Numbers with points.
    """

    key: str
    version: str

    def __str__(self) -> str:
        return f"{self.key}={self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChange:
    """A row whose limit or value becomes another one.

    Parameters
    ----------
    row : `LedgerEntry` or `VariantEntry`
        As it is.
    text : `str`
        New limit or value.
    reason : `str` or `None`
        New reason of a limit.
    platforms : `tuple` [ `~lsstinstall.core.names.CondaSubdir`, ... ]
        Where it changes; empty means everywhere where the row holds.
    """

    row: LedgerEntry | VariantEntry
    text: str
    reason: str | None = None
    platforms: tuple[CondaSubdir, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationStep:
    """What a migration changes in one version.

    Parameters
    ----------
    migration : `Migration`
        What was asked for, or goes with it.
    old : `str`
        Version before.
    changes : `tuple` [ `RowChange`, ... ]
        Rows, in file order, variants first.
    breaks : `bool`
        Whether binaries made before cannot be used with those made after.
    notes : `tuple` [ `str`, ... ]
        What to know or to look at; one sentence each.
    """

    migration: Migration
    old: str
    changes: tuple[RowChange, ...]
    breaks: bool = True
    notes: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether it is this version already."""
        return release_of(self.old) == release_of(self.migration.version)

    @property
    def older(self) -> bool:
        """Whether it is a step back."""
        return release_of(self.migration.version) < release_of(self.old)


def parse_migration(text: str) -> Migration:
    """Read a migration.

    Parameters
    ----------
    text : `str`
        For example ``cfitsio=4.7``; names may have hyphens, as packages do.

    Returns
    -------
    migration : `Migration`
        Whether there is such a key is another question.

    Raises
    ------
    ConfigurationError
        Raised if it is none.
    """
    match = _MIGRATION.fullmatch(text.strip())
    if match is None:
        raise ConfigurationError(
            f"`{shown(text)}` is no migration", hint="expected KEY=VERSION, for example `cfitsio=4.7`"
        )
    return Migration(key=match["key"].replace("-", "_"), version=match["version"])


def release_of(version: str) -> tuple[int, ...]:
    """Make numbers of a version that can be compared: 4.7.0 is 4.7.

    Parameters
    ----------
    version : `str`
        Numbers with points.

    Returns
    -------
    release : `tuple` [ `int`, ... ]
        Without zeros at its end.
    """
    numbers = [int(number) for number in version.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def followed(limit: str, old: str, new: str) -> str | None:
    """Say what becomes of a limit that was made from the old version.

    Parameters
    ----------
    limit : `str`
        For example ``4.6.2.*``, ``=3`` or ``>=3.13,<3.14``.
    old, new : `str`
        Versions.

    Returns
    -------
    limit : `str` or `None`
        The same kind of limit for the new version; `None` if it was not made
        from the old one.
    """
    pin = _PIN.fullmatch(limit)
    if pin is not None and pin["version"] == old:
        return f"{pin['sign']}{new}{pin['rest']}"
    between = _BETWEEN.fullmatch(limit)
    if between is None:
        return None
    numbers = between["low"].split(".")
    if old.split(".")[: len(numbers)] != numbers or _after(numbers) != between["high"]:
        return None
    low = [*new.split("."), *["0"] * len(numbers)][: len(numbers)]
    return f">={'.'.join(low)},<{_after(low)}"


def _after(numbers: list[str]) -> str:
    return ".".join([*numbers[:-1], str(int(numbers[-1]) + 1)])
