"""Source packages from clones, binary packages from a stack."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.packing import pack_tree
from lsstinstall.core.errors import NotFoundError
from rubin_releng.adapters.git import GitRepository
from rubin_releng.core.buildkinds import SourceKind
from rubin_releng.core.pkginfos import PKGINFO, format_source_pkginfo

if TYPE_CHECKING:
    from datetime import datetime

    from lsstinstall.core.buildmanifests import ManifestProduct
    from lsstinstall.core.setups import ProductFinder

__all__ = ["StackPackages"]

# A script of the product's own that stands in for EUPS's; it is needed before the sources are there.
_SCRIPT = "ups/eupspkg"


class StackPackages:
    """Packs what was prepared in a build directory and built into a stack.

    Parameters
    ----------
    build_dir : `~pathlib.Path`
        One clone per product.
    stack : `~lsstinstall.core.setups.ProductFinder`
        Where the products are installed.
    """

    def __init__(self, build_dir: Path, stack: ProductFinder) -> None:
        self._build_dir = build_dir
        self._stack = stack

    def make_source(
        self, product: ManifestProduct, target: Path, *, kind: SourceKind, repository: str, time: datetime
    ) -> None:
        """Write a source package.

        Parameters
        ----------
        product : `~lsstinstall.core.buildmanifests.ManifestProduct`
            Name, commit and version.
        target : `~pathlib.Path`
            File to write.
        kind : `SourceKind`
            Whether the sources go into it.
        repository : `str`
            Where they can be cloned from.
        time : `~datetime.datetime`
            Date that all members get at most.
        """
        clone = GitRepository(self._build_dir / product.name)
        info = format_source_pkginfo(product, kind=kind, repository=repository)
        with tempfile.TemporaryDirectory(prefix="lsstinstall-") as scratch:
            tree = Path(scratch) / "tree"
            if kind is SourceKind.PACKAGE:
                clone.clone_commit(product.sha, tree)
                shutil.rmtree(tree / ".git")
            else:
                _write_script(tree, clone.read_file(product.sha, _SCRIPT))
            pack_tree(
                tree,
                target,
                prefix=f"{product.name}-{product.version}",
                epoch=int(time.timestamp()),
                extra={PKGINFO: info.encode()},
            )

    def make_binary(self, product: ManifestProduct, target: Path, *, time: datetime) -> None:
        """Write a binary package.

        Parameters
        ----------
        product : `~lsstinstall.core.buildmanifests.ManifestProduct`
            Name and version.
        target : `~pathlib.Path`
            File to write.
        time : `~datetime.datetime`
            Date that all members get at most.

        Raises
        ------
        NotFoundError
            Raised if the product is not installed.

        Notes
        -----
        EUPS adds ``.pwd``, the folder it was packed in, to tell of binaries
        that may not be moved. Ours can, and the file would make the package
        depend on where it was made; EUPS does without.
        """
        found = self._stack.find(product.name, product.version)
        if found is None or found.directory is None:
            raise NotFoundError(f"`{product.name}` {product.version} is not installed")
        prefix = f"{product.name}/{product.version}"
        pack_tree(Path(found.directory), target, prefix=prefix, epoch=int(time.timestamp()))


def _write_script(tree: Path, content: bytes | None) -> None:
    (tree / "ups").mkdir(parents=True)
    if content is not None:
        script = tree / _SCRIPT
        script.write_bytes(content)
        script.chmod(0o755)
