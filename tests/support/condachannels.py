"""A small conda channel on disk: a make-believe Python, a library, rubin-env in two versions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import rattler_build

from lsstinstall.adapters.conda import index_channel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["SmallPackage", "make_channel", "rubin_env_packages"]

_ACTIVATE = """\
export DEMO_SAVED="${DEMO_ACTIVE-}"
export DEMO_ACTIVE="$CONDA_PREFIX"
"""
_DEACTIVATE = """\
unset DEMO_ACTIVE
export DEMO_LEFT=yes
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallPackage:
    """One package of linux-64, or of whatever this machine is.

    Parameters
    ----------
    name, version, build : `str`
        As conda names it.
    depends : `tuple` [ `str`, ... ]
        What it needs.
    files : `~collections.abc.Mapping` [ `str`, `str` ]
        Path to content; what lies in ``bin`` is a program.
    """

    name: str
    version: str
    build: str = "h0_0"
    depends: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)


def make_channel(folder: Path, platform: str, *packages: SmallPackage) -> Path:
    """Pack packages, and index them; a folder that is there gets them in addition."""
    for subdir in ("noarch", platform):
        (folder / subdir).mkdir(parents=True, exist_ok=True)
    for one in packages:
        staged = folder.parent / f"staged-{folder.name}" / f"{one.name}-{one.version}-{one.build}"
        for path, content in one.files.items():
            file = staged / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
            file.chmod(0o755 if path.startswith("bin/") else 0o644)
        staged.mkdir(parents=True, exist_ok=True)
        rattler_build.assemble_package(
            one.name,
            one.version,
            platform,
            one.build,
            folder / platform,
            files_dir=staged,
            depends=list(one.depends),
            build_number=int(one.build.rpartition("_")[2]),
        )
    index_channel(folder)
    return folder


def rubin_env_packages() -> tuple[SmallPackage, ...]:
    """Say what a small channel offers: two versions of rubin-env, the developers' tools, a library."""
    return (
        SmallPackage(
            name="python",
            version="3.13.5",
            files={"bin/python": "#!/bin/sh\necho Python\n"},
        ),
        SmallPackage(name="zlib", version="1.2", files={"lib/libz.txt": "1.2\n"}),
        SmallPackage(name="zlib", version="1.3", files={"lib/libz.txt": "1.3\n"}),
        SmallPackage(
            name="rubin-env",
            version="12.2.0",
            depends=("python", "zlib <1.3"),
            files={"share/rubin-env.txt": "12.2.0\n"},
        ),
        SmallPackage(
            name="rubin-env",
            version="13.0.1",
            depends=("python >=3.13", "zlib"),
            files={
                "share/rubin-env.txt": "13.0.1\n",
                "etc/conda/activate.d/rubin-env.sh": _ACTIVATE,
                "etc/conda/deactivate.d/rubin-env.sh": _DEACTIVATE,
            },
        ),
        SmallPackage(
            name="rubin-env-developer",
            version="13.0.1",
            depends=("rubin-env ==13.0.1",),
            files={"bin/ruff": "#!/bin/sh\necho checked\n"},
        ),
    )
