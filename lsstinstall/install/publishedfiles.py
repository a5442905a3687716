"""What products should consist of that somebody else installed: as their release says."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from lsstinstall.core.errors import CorruptError, ToolkitError
from lsstinstall.core.filelists import FileList, ListedFile, ListedLink
from lsstinstall.core.packageindexreading import parse_package_index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lsstinstall.core.names import ProductName
    from lsstinstall.core.productplans import PlannedProduct
    from lsstinstall.core.reporting import Reporter
    from lsstinstall.core.versions import EupsVersion
    from lsstinstall.install.ports import InstalledFiles, PackageFiles, ScriptRepairs

__all__ = ["FilesAsPublished", "read_published"]

_EXECUTABLE = 0o100

_NOTHING = FileList(files=(), links=())


class FilesAsPublished:
    """Installed products, compared with their packages where nothing was written down.

    Parameters
    ----------
    installed : `InstalledFiles`
        What is installed, and what was written down.
    plan : `~collections.abc.Callable`
        Finds the package of a product, as if it were installed anew; `None`
        if no package root has it.
    roots : `~collections.abc.Mapping` [ `str`, `PackageFiles` ]
        The package roots, by URL.
    scripts : `ScriptRepairs`
        Tells repaired scripts from changed ones.
    reporter : `Reporter`
        Hears of what cannot be read.

    Notes
    -----
    EUPS's hook and ours repair scripts; these count as what they were. Of the
    permission bits only that for running counts there, because the user's
    umask took others away.
    """

    def __init__(
        self,
        installed: InstalledFiles,
        plan: Callable[[ProductName, EupsVersion], PlannedProduct | None],
        roots: Mapping[str, PackageFiles],
        *,
        scripts: ScriptRepairs,
        reporter: Reporter,
    ) -> None:
        self._installed = installed
        self._scripts = scripts
        self._published: dict[tuple[ProductName, EupsVersion], tuple[PlannedProduct, FileList]] = {}
        self._plan = plan
        self._roots = roots
        self._reporter = reporter

    def declared(self) -> Iterator[tuple[ProductName, EupsVersion]]:
        """Go through all declared versions that have a folder, sorted by product and version."""
        return self._installed.declared()

    def place(self, product: ProductName, version: EupsVersion) -> str:
        """Name a product's folder as a user would, below the stack where it lies in it."""
        return self._installed.place(product, version)

    def recorded(self, product: ProductName, version: EupsVersion) -> FileList | None:
        """Read what was written down at the installation, else what the release says."""
        recorded = self._installed.recorded(product, version)
        if recorded is not None:
            return recorded
        try:
            planned = self._plan(product, version)
            if planned is None or planned.root is None:
                return None
            published = read_published(planned, self._roots[planned.root])
        except ToolkitError as error:
            self._reporter.warn(
                f"nobody knows what `{product}` {version} should be: {error}", hint=error.hint
            )
            return None
        if published is None:
            return None
        self._published[product, version] = planned, _plain(published)
        return _plain(published)

    def found(self, product: ProductName, version: EupsVersion) -> FileList | None:
        """Read what is there now; `None` if the folder is gone."""
        found = self._installed.found(product, version)
        if found is None or self._installed.recorded(product, version) is not None:
            return found
        planned, published = self._published.get((product, version), (None, _NOTHING))
        packed = {one.path: one for one in published.files}

        def as_packed(one: ListedFile) -> ListedFile:
            was = packed.get(one.path, one)
            if planned is None or was == one or was.mode != one.mode or not one.mode & _EXECUTABLE:
                return one
            return was if self._scripts.is_repaired(planned, one.path) else one

        plain = _plain(found)
        return replace(plain, files=tuple(map(as_packed, plain.files)))


def read_published(planned: PlannedProduct, root: PackageFiles) -> FileList | None:
    """Read from its index what a package holds.

    Parameters
    ----------
    planned : `PlannedProduct`
        The package; its release document names the index.
    root : `PackageFiles`
        The package root that has it.

    Returns
    -------
    files : `FileList` or `None`
        Below the product's folder; `None` without an index.

    Raises
    ------
    CorruptError
        Raised if the index is not the one that the release names.
    """
    record = planned.index
    if record is None or planned.archive_folder is None:
        return None
    source = f"{root.url}/{record.path}"
    data = root.read_bytes(record.path)
    if hashlib.sha256(data).hexdigest() != record.sha256:
        raise CorruptError(f"<{source}> has not the SHA-256 digest {record.sha256}")
    index = parse_package_index(data, source=source)
    files = (
        ListedFile(path=one.path, mode=one.mode, size_bytes=one.size_bytes, sha256=one.sha256)
        for one in index.files
    )
    links = (ListedLink(path=one.path, target=one.target) for one in index.links)
    return FileList(
        files=tuple(sorted(files, key=lambda one: one.path)),
        links=tuple(sorted(links, key=lambda one: one.path)),
    ).below(planned.archive_folder)


def _plain(files: FileList) -> FileList:
    return replace(
        files,
        files=tuple(replace(one, mode=0o755 if one.mode & _EXECUTABLE else 0o644) for one in files.files),
    )
