"""A distribution server and a conda channel in a folder, as `lsstinstall` meets them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.adapters.conda import CondaEngine
from lsstinstall.adapters.condamachines import machine_platform
from lsstinstall.core.environments import EnvVersion, lock_packages
from lsstinstall.core.platforms import binary_root, platform_of
from tests.support.condachannels import make_channel, rubin_env_packages
from tests.support.packages import source_root, tarball_root

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NEW_TAG", "OLD_TAG", "Distribution", "make_distribution"]

OLD_TAG, NEW_TAG = "w_2026_41", "w_2026_42"
_NEEDS: dict[str, tuple[str, ...]] = {"sphgeom": (), "utils": (), "daf_butler": ("sphgeom", "utils")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """Where everything lies.

    Parameters
    ----------
    channel : `~pathlib.Path`
        conda channel with rubin-env 12.2.0 and 13.0.1.
    root : `~pathlib.Path`
        Distribution server; `OLD_TAG` is of 12.2.0, `NEW_TAG` of 13.0.1.
    """

    channel: Path
    root: Path

    @property
    def binaries(self) -> Path:
        """Folder of the binaries for 13.0.1."""
        return self.root / binary_root(platform_of(machine_platform()), EnvVersion("13.0.1"))


def make_distribution(folder: Path) -> Distribution:
    """Make one, with three products and an exact environment of the new tag."""
    platform = machine_platform()
    made = Distribution(
        channel=make_channel(folder / "channel", platform, *rubin_env_packages()), root=folder / "root"
    )
    files = {f"src/{path}": content for path, content in source_root(_NEEDS, tags=(NEW_TAG, OLD_TAG)).items()}
    for tag, version in ((OLD_TAG, "12.2.0"), (NEW_TAG, "13.0.1")):
        path = f"src/tags/{tag}.list"
        title, rest = files[path].split(b"\n", 1)
        files[path] = b"\n".join([title, f"#CONDA_ENV={version}".encode(), rest])
    binaries = made.binaries.relative_to(made.root).as_posix()
    files |= {f"{binaries}/{path}": content for path, content in tarball_root(_NEEDS, tags=()).items()}
    # Solved to an older library on purpose: an exact environment is not the newest one.
    packages = CondaEngine(folder / "cache").solve(
        ["rubin-env=13.0.1", "zlib=1.2"],
        channels=[str(made.channel)],
        platform=platform,
        virtual_packages=(),
    )
    files[f"{binaries}/env/{NEW_TAG}.env"] = lock_packages(packages, platform=platform).format().encode()
    for path, content in files.items():
        file = made.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return made
