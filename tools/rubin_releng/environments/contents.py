"""Versions of a ledger and locks as contents that can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rubin_releng.core.environmentdiffs import VARIANT, Content, ContentKind, Slot, Why
from rubin_releng.core.locks import needs_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.core.names import CondaSubdir
    from rubin_releng.core.ledgers import Ledger, VersionRecord
    from rubin_releng.core.locks import LockPart

__all__ = ["ledger_content", "lock_content"]

_PACKAGES = "packages"


def ledger_content(ledger: Ledger, record: VersionRecord, platforms: Sequence[CondaSubdir] = ()) -> Content:
    """Say what a version of a ledger requires.

    Parameters
    ----------
    ledger : `~rubin_releng.core.ledgers.Ledger`
        What versions need.
    record : `~rubin_releng.core.ledgers.VersionRecord`
        The version.
    platforms : `~collections.abc.Sequence` [ `~lsstinstall.core.names.CondaSubdir` ], optional
        Leave others out.

    Returns
    -------
    content : `~rubin_releng.core.environmentdiffs.Content`
        Requirements of all outputs, and the variant under the name of the
        metapackage. Limits on siblings name the version.
    """
    wanted = tuple(one for one in record.platforms if not platforms or one in platforms)
    found: dict[Slot, dict[CondaSubdir, list[str]]] = {}
    why: dict[Slot, Why] = {}
    for entry in ledger.requirements(record.id):
        slot = Slot(entry.output, entry.section.value, entry.package)
        limit = entry.limit
        for platform in wanted:
            if entry.holds_on(platform):
                found.setdefault(slot, {}).setdefault(platform, []).append(limit)
        if entry.reason or entry.ticket:
            why[slot] = Why(reason=entry.reason, ticket=entry.ticket)
    for platform in wanted:
        for key, value in ledger.variant(record.id, platform).items():
            found.setdefault(Slot(ledger.name, VARIANT, key), {})[platform] = [value]
    return Content(
        name=f"{ledger.name} {record.id}",
        kind=ContentKind.REQUIREMENTS,
        platforms=wanted,
        outputs=tuple(output.name for output in ledger.outputs_of(record.id)),
        values={
            slot: {platform: ", ".join(sorted(filter(None, limits))) for platform, limits in by.items()}
            for slot, by in found.items()
        },
        why=why,
    )


def lock_content(
    name: str,
    parts: Sequence[LockPart],
    *,
    metapackage: str,
    ledger: Ledger | None = None,
    platforms: Sequence[CondaSubdir] = (),
) -> Content:
    """Say what a lock holds.

    Parameters
    ----------
    name : `str`
        Its file.
    parts : `~collections.abc.Sequence` [ `~rubin_releng.core.locks.LockPart` ]
        Its environments.
    metapackage : `str`
        Packages of this name, alone or with a hyphen behind it, stand for
        recipes: what they need is direct.
    ledger : `~rubin_releng.core.ledgers.Ledger`, optional
        Knows what metapackages need, where the lock does not.
    platforms : `~collections.abc.Sequence` [ `~lsstinstall.core.names.CondaSubdir` ], optional
        Leave others out.

    Returns
    -------
    content : `~rubin_releng.core.environmentdiffs.Content`
        Version and build of every package.
    """
    kept = [part for part in parts if not platforms or part.platform in platforms]
    values: dict[Slot, dict[CondaSubdir, str]] = {}
    direct: set[str] = set()
    for part in kept:
        for one in part.packages:
            slot = Slot(part.name, _PACKAGES, one.package.name)
            values.setdefault(slot, {})[part.platform] = f"{one.package.version} {one.package.build}"
        direct |= _direct(part, metapackage, ledger)
    return Content(
        name=name,
        kind=ContentKind.PACKAGES,
        platforms=tuple(dict.fromkeys(part.platform for part in kept)),
        outputs=tuple(dict.fromkeys(part.name for part in kept)),
        values=values,
        direct=frozenset(direct) or None,
    )


def _direct(part: LockPart, metapackage: str, ledger: Ledger | None) -> set[str]:
    needs = needs_of(part.packages)
    found: set[str] = set()
    for one in part.packages:
        package = one.package
        if package.name != metapackage and not package.name.startswith(f"{metapackage}-"):
            continue
        found |= {package.name, *needs[package.name]}
        records = [] if ledger is None else [rec for rec in ledger.versions if rec.version == package.version]
        if ledger is not None and records and not one.depends:
            entries = ledger.requirements(records[-1].id, package.name, platform=part.platform)
            found |= {entry.package for entry in entries}
    return found
