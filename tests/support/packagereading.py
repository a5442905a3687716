"""Look into a conda package."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import rattler
from rattler.package_streaming import extract

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PackageContent", "read_package"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageContent:
    """What a package needs and has."""

    depends: tuple[str, ...]
    files: set[str]

    @property
    def specs(self) -> list[str]:
        """What it needs, however it is spelled; sorted."""
        return sorted(str(rattler.MatchSpec(spec)) for spec in self.depends)


def read_package(path: Path, scratch: Path) -> PackageContent:
    """Unpack a package into a folder that does not exist, and look."""
    scratch.mkdir(parents=True)
    extract(path, scratch)
    index = json.loads((scratch / "info/index.json").read_text())
    files = [one.relative_to(scratch) for one in scratch.rglob("*") if one.is_file()]
    return PackageContent(
        depends=tuple(index["depends"]), files={str(one) for one in files if one.parts[0] != "info"}
    )
