"""Fresh copies of installed products, from the package roots they came from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.productrepairs import ProductFolder
from lsstinstall.adapters.productstores import DiskInstalledFiles
from lsstinstall.adapters.stackfolders import scratch_folder
from lsstinstall.adapters.trees import list_files, remove_tree
from lsstinstall.commands.productwork import ProductRequest, install_products, plan_products
from lsstinstall.core.errors import NotFoundError
from lsstinstall.core.filelists import FileList
from lsstinstall.core.productplans import InstallPlan, ProductAction
from lsstinstall.core.reporting import SilentReporter

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from lsstinstall.adapters.eups import Stack
    from lsstinstall.core.stackgraphs import ProductVersion

__all__ = ["PackageCopies"]

_NOTHING = FileList(files=(), links=())


class PackageCopies:
    """Installs products once more, into a stack of their own beside the first.

    So whatever an installation does to the files is done to these, too.

    Parameters
    ----------
    stack : `Stack`
        The stack that has them.
    request : `ProductRequest`
        How to install; its products and tag do not count.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        As for `install_products`.
    """

    def __init__(self, stack: Stack, request: ProductRequest, *, environ: Mapping[str, str]) -> None:
        self._stack = stack
        self._request = request
        self._environ = environ
        self._files = DiskInstalledFiles(stack)
        self._scratch = scratch_folder(stack.path, stack.flavor, "repair")

    def recorded(self, item: ProductVersion) -> FileList:
        """Read what was written down when a product was installed."""
        return self._files.recorded(*item) or _NOTHING

    def found(self, item: ProductVersion) -> FileList:
        """Read what is there now; nothing if the folder is gone."""
        return self._files.found(*item) or _NOTHING

    def fetch(self, item: ProductVersion) -> FileList:
        """Install a product once more, elsewhere, and say what it consists of.

        Parameters
        ----------
        item : `ProductVersion`
            An installed product.

        Returns
        -------
        files : `FileList`
            Its files.

        Raises
        ------
        NotFoundError
            Raised if no package root has a binary package of it.
        """
        self.clean()
        request = replace(
            self._request, products=(item,), tag=None, stack=self._scratch, others=(), server_tags=False
        )
        plan = plan_products(request, environ=self._environ, reporter=SilentReporter())
        wanted = [one for one in plan.products if one.product == item.product]
        if any(one.action is not ProductAction.UNPACK and one.problem is None for one in wanted):
            raise NotFoundError(
                f"no package root has a binary package of {item}",
                hint="remove the product and install it again to have it built",
            )
        wanted = [replace(one, tags=(), dependencies=frozenset()) for one in wanted]
        report = install_products(
            # The stack's own settings count for what comes out.
            replace(request, others=(self._stack.path,)),
            InstallPlan(flavor=plan.flavor, products=tuple(wanted)),
            environ=self._environ,
            reporter=SilentReporter(),
        )
        if report.problem is not None:
            raise report.problem
        return list_files(self._fresh(item))

    def restore(self, item: ProductVersion, paths: Collection[str]) -> tuple[str, ...]:
        """Move files of what was fetched into their places; say where what was there is kept."""
        folder = ProductFolder(self._directory(item), stack=self._stack.path)
        return folder.restore(self._fresh(item), paths)

    def clean(self) -> None:
        """Remove all fresh copies."""
        remove_tree(self._scratch)

    def _fresh(self, item: ProductVersion) -> Path:
        folder = self._scratch / self._stack.flavor / item.product / item.version
        if not folder.is_dir():
            raise NotFoundError(f"the package of {item} has no folder `{item.product}/{item.version}`")
        return folder

    def _directory(self, item: ProductVersion) -> Path:
        installed = self._stack.find(*item)
        if installed is None or installed.directory is None:
            raise NotFoundError(f"{item} is not installed any more")
        return Path(installed.directory)
