"""Make a package root with two consecutive weeklies, as large as the real ones.

For example ``python benchmarks/producttrees.py /tmp/root --products 12 --files 2000 --megabytes 8``; then
``lsstinstall add -t w_2026_42 lsst_distrib --pkgroot`` with the folder that is printed installs one of them.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

# The made-up products are those of the tests.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.support.weeklies import NEW, OLD, TOP, Weeklies, binary_folder, publish_weeklies

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.core.names import ProductName
    from lsstinstall.core.versions import EupsVersion

__all__ = ["MEGABYTE", "made_root"]

MEGABYTE = 1_000_000


def made_root(folder: Path, weeklies: Weeklies, *, jobs: int = 2) -> Path:
    """Make the package root if it is not there yet.

    Parameters
    ----------
    folder : `~pathlib.Path`
        Where to.
    weeklies : `Weeklies`
        What is in it.
    jobs : `int`, optional
        How many packages to make at once.

    Returns
    -------
    binaries : `~pathlib.Path`
        The package root for ``--pkgroot``.

    Raises
    ------
    SystemExit
        Raised if something else is in the folder.
    """
    asked = json.dumps(
        {"products": weeklies.products, "files": weeklies.files, "bytes": weeklies.compressed_bytes}
    )
    mark = folder / ".weeklies.json"
    if folder.exists() and any(folder.iterdir()) and (not mark.exists() or mark.read_text() != asked):
        raise SystemExit(f"{folder} holds something else; remove it, or name another folder")
    folder.mkdir(parents=True, exist_ok=True)
    mark.write_text(asked)
    publish_weeklies(weeklies, folder, jobs=jobs)
    return binary_folder(folder)


def main() -> None:
    """Read the command line and make the package root."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="package root to make")
    parser.add_argument("--products", type=int, default=120, help="how many products [default: %(default)s]")
    parser.add_argument("--files", type=int, default=82_000, help="how many files [default: %(default)s]")
    parser.add_argument("--megabytes", type=int, default=300, help="of archives [default: %(default)s]")
    parser.add_argument("--jobs", type=int, default=2, help="packages at a time [default: %(default)s]")
    options = parser.parse_args()
    weeklies = Weeklies(
        products=options.products, files=options.files, compressed_bytes=options.megabytes * MEGABYTE
    )
    binaries = made_root(options.folder, weeklies, jobs=options.jobs)
    old, new = weeklies.versions(OLD), weeklies.versions(NEW)
    archives = {tag: _archive_bytes(binaries, versions) for tag, versions in ((OLD, old), (NEW, new))}
    print(f"{binaries}: {weeklies.products} products, tags {OLD} and {NEW}, all below {TOP}")
    for tag, size in archives.items():
        print(f"{tag}: {size / MEGABYTE:.1f} MB of archives")
    changed = sum(old[name] != new[name] for name in old)
    print(
        f"{NEW}: {len(weeklies.changed)} products with new sources, {changed - len(weeklies.changed)} others"
    )


def _archive_bytes(binaries: Path, versions: Mapping[ProductName, EupsVersion]) -> int:
    return sum(
        (binaries / f"{name}-{version}@Linux64.tar.gz").stat().st_size for name, version in versions.items()
    )


if __name__ == "__main__":
    main()
