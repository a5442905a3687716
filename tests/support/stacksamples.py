"""What workflows about the stack work with: a rubin-env that runs, and package roots, all in folders."""

from __future__ import annotations

import ensurepip
import site
import venv
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.condamachines import machine_platform
from lsstinstall.core.names import Flavor, ProductName
from lsstinstall.core.taglists import TagList, TagListEntry
from lsstinstall.core.tags import EupsTag
from tests.support.condachannels import SmallPackage, make_channel
from tests.support.packages import product_version, tarball_root

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["make_env_channel", "make_pkgroot", "make_python", "make_server"]

_ACTIVATE = 'export SAMPLE_TEXT="first line\nsecond \\"line\\""\n'


def make_env_channel(folder: Path) -> Path:
    """Make a channel whose rubin-env 13.0.1 has a Python with pip, pytest and hatchling.

    The package holds a program that calls a Python of this machine; what its
    activation sets has two lines and quotes.
    """
    python = make_python(folder / "python")
    return make_channel(
        folder / "channel",
        machine_platform(),
        SmallPackage(
            name="python", version="3.13.5", files={"bin/python": f'#!/bin/sh\nexec {python} "$@"\n'}
        ),
        SmallPackage(
            name="rubin-env",
            version="13.0.1",
            depends=("python",),
            files={"etc/conda/activate.d/rubin-env.sh": _ACTIVATE},
        ),
        SmallPackage(name="beside", version="1.0", files={"share/beside.txt": "1.0\n"}),
    )


def make_python(prefix: Path) -> Path:
    """Make an environment that borrows what it has; to install a pip into it takes long."""
    venv.create(prefix, with_pip=False, symlinks=True)
    (packages,) = prefix.glob("lib/python*/site-packages")
    (pip,) = (Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl")
    borrowed = "".join(f"{path}\n" for path in [pip, *site.getsitepackages()])
    (packages / "borrowed.pth").write_text(borrowed, encoding="utf-8")
    return prefix / "bin/python"


def make_pkgroot(folder: Path, needs: Mapping[str, tuple[str, ...]]) -> Path:
    """Write a package root with the binaries of a tag, `w_2026_10`."""
    for path, content in tarball_root(needs).items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return folder


def make_server(folder: Path) -> Path:
    """Write a distribution server that knows which rubin-env the tag `w_2026_10` was built with."""
    path = folder / "src/tags/w_2026_10.list"
    path.parent.mkdir(parents=True)
    entry = TagListEntry(product=ProductName("top"), flavor=Flavor("generic"), version=product_version("top"))
    path.write_text(TagList(tag=EupsTag.parse("w_2026_10"), entries=(entry,), env="13.0.1").format())
    return folder
