"""Channels that are indexes only: enough to solve, nothing to install."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Listed", "write_index"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A package in an index.

    Parameters
    ----------
    file : `str`
        ``scipy-1.9.0-h0_0``.
    depends : `tuple` [ `str`, ... ]
        What it needs.
    date : `str` or `None`
        When it was made, ``2026-01-31``.
    subdir : `str`
        Where it lies.
    """

    file: str
    depends: tuple[str, ...] = ()
    date: str | None = None
    subdir: str = "linux-64"


def write_index(folder: Path, *packages: Listed, subdirs: tuple[str, ...] = ("linux-64",)) -> Path:
    """Write the index of a channel; all subdirs and noarch are there."""
    for subdir in dict.fromkeys([*subdirs, "noarch", *(one.subdir for one in packages)]):
        here = {f"{one.file}.conda": _record(one) for one in packages if one.subdir == subdir}
        index = {"info": {"subdir": subdir}, "packages": {}, "packages.conda": here}
        (folder / subdir).mkdir(parents=True, exist_ok=True)
        (folder / subdir / "repodata.json").write_text(json.dumps(index))
    return folder


def _record(one: Listed) -> dict[str, object]:
    name, version, build = one.file.rsplit("-", 2)
    record: dict[str, object] = {
        "name": name,
        "version": version,
        "build": build,
        "build_number": int(build.rpartition("_")[2]),
        "depends": list(one.depends),
        "subdir": one.subdir,
        "sha256": one.file.encode().hex()[:64].ljust(64, "0"),
    }
    if one.date is not None:
        made = datetime.fromisoformat(one.date).replace(tzinfo=UTC)
        record["timestamp"] = int(made.timestamp() * 1000)
    return record
