"""Conda channels in local folders, with a record of what made each package."""

from __future__ import annotations

import json
import secrets
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from lsstinstall.adapters.conda import index_channel
from lsstinstall.adapters.files import explain, make_directory, read_text, sha256_of, write_atomic
from lsstinstall.adapters.locks import hold_lock
from lsstinstall.adapters.trees import remove_tree
from lsstinstall.core.condapackages import CondaPackage, parse_package_file
from lsstinstall.core.errors import CorruptError, InvalidNameError
from lsstinstall.core.names import Sha256, parse_sha256

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["LocalChannel"]

_RECORD = ".builds.json"
_LOCK = ".builds.lock"


class LocalChannel:
    """A folder that any conda can use as a channel.

    Parameters
    ----------
    path : `~pathlib.Path`
        The folder; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.resolve()

    @property
    def uri(self) -> str:
        """How a solver names it."""
        return self._path.as_uri()

    def inputs(self) -> Mapping[CondaPackage, Sha256]:
        """List the packages that are there as they were made.

        Returns
        -------
        inputs : `~collections.abc.Mapping` [ `CondaPackage`, `Sha256` ]
            Digest of what each was made from; a package whose file is
            missing or was changed is left out.

        Raises
        ------
        CorruptError
            Raised if the record cannot be read.
        """
        intact = {}
        for package, (digest, inputs) in self._record().items():
            path = self._place(package)
            if path.is_file() and sha256_of(path) == digest:
                intact[package] = inputs
        return intact

    def holds(self, package: CondaPackage) -> bool:
        """Say whether a finished package of this name is there.

        Parameters
        ----------
        package : `CondaPackage`
            Its name.

        Returns
        -------
        there : `bool`
            False also for a file that is not what the record says: an
            interrupted run left it, or a disk spoiled it.
        """
        return self._place(package).is_file() and not self.is_spoiled(package)

    def is_spoiled(self, package: CondaPackage) -> bool:
        """Say whether a file is there that is not what the record says.

        Parameters
        ----------
        package : `CondaPackage`
            Its name.

        Returns
        -------
        spoiled : `bool`
            False for one that is not there, or not in the record.
        """
        known = self._record().get(package)
        path = self._place(package)
        return known is not None and path.is_file() and sha256_of(path) != known[0]

    def add(self, files: Mapping[CondaPackage, Path], inputs: Sha256) -> tuple[CondaPackage, ...]:
        """Move finished packages in, and index.

        The record is written first: whatever comes between, the next run
        sees that the package is not what the record says, and repairs it.

        Parameters
        ----------
        files : `~collections.abc.Mapping` [ `CondaPackage`, `~pathlib.Path` ]
            Packages, on the same file system.
        inputs : `Sha256`
            Digest of what they were made from.

        Returns
        -------
        added : `tuple` [ `CondaPackage`, ... ]
            Those that were not there, unharmed, made from the same inputs;
            the others stay as they are.

        Raises
        ------
        RefusedError
            Raised if we may not write there.
        """
        record = self._record()
        files = {one: path for one, path in files.items() if not self._is_intact(one, record, inputs)}
        record.update({package: (sha256_of(path), inputs) for package, path in files.items()})
        rows = {
            f"{package.subdir}/{package.file_name}": {"sha256": digest, "inputs": made_from}
            for package, (digest, made_from) in sorted(record.items())
        }
        replacing = any(self._place(package).exists() for package in files)
        write_atomic(self._path / _RECORD, json.dumps({"schema": 1, "packages": rows}, indent=1) + "\n")
        for package, path in files.items():
            make_directory(self._place(package).parent)
            try:
                path.replace(self._place(package))
            except OSError as error:
                raise explain(error, doing="move") from error
        index_channel(self._path, anew=replacing)
        return tuple(files)

    def index(self) -> None:
        """Write the index of all platforms anew, plain and compressed.

        Raises
        ------
        RefusedError
            Raised if we may not write there.
        """
        index_channel(self._path)

    @contextmanager
    def opened(self) -> Iterator[Path]:
        """Hold the channel for one run.

        Yields
        ------
        work : `~pathlib.Path`
            An empty folder in the channel, removed at the end. If the run
            fails before it made a first package, no channel is left behind.

        Raises
        ------
        RefusedError
            Raised if another run holds it, or we may not write there.
        """
        before = set(self._path.iterdir()) if self._path.is_dir() else None
        make_directory(self._path)
        with hold_lock(self._path / _LOCK, purpose="the build"):
            for left_behind in self._path.glob(".work-*"):
                remove_tree(left_behind)
            work = self._path / f".work-{secrets.token_hex(4)}"
            try:
                make_directory(work)
                if not self._is_indexed():
                    self.index()
                yield work
            finally:
                remove_tree(work)
                if not (self._path / _RECORD).exists():
                    self._clear(before)

    def _clear(self, before: set[Path] | None) -> None:
        """Remove what this run put into a folder that has become no channel."""
        for path in set(self._path.iterdir()) - (before or set()):
            remove_tree(path)
        if before is None:
            # Another run may have begun.
            with suppress(OSError):
                self._path.rmdir()

    def _is_intact(
        self, package: CondaPackage, record: Mapping[CondaPackage, tuple[Sha256, Sha256]], inputs: Sha256
    ) -> bool:
        path = self._place(package)
        digest, made_from = record.get(package, (None, None))
        return made_from == inputs and path.is_file() and sha256_of(path) == digest

    def _place(self, package: CondaPackage) -> Path:
        return self._path / package.subdir / package.file_name

    def _is_indexed(self) -> bool:
        if not (self._path / "noarch" / "repodata.json").is_file():
            return False
        indexed = {}
        for path in self._path.glob("*/repodata.json"):
            rows = json.loads(read_text(path))
            for kind in ("packages", "packages.conda"):
                indexed.update({(path.parent.name, name): row["sha256"] for name, row in rows[kind].items()})
        return all(
            indexed.get((package.subdir, package.file_name)) == digest
            for package, (digest, _) in self._record().items()
            if self._place(package).is_file()
        )

    def _record(self) -> dict[CondaPackage, tuple[Sha256, Sha256]]:
        path = self._path / _RECORD
        if not path.is_file():
            return {}
        try:
            rows = json.loads(read_text(path))["packages"]
            return {
                parse_package_file(name.partition("/")[2], subdir=name.partition("/")[0]): (
                    parse_sha256(row["sha256"]),
                    parse_sha256(row["inputs"]),
                )
                for name, row in rows.items()
            }
        except (ValueError, KeyError, TypeError, AttributeError, InvalidNameError) as error:
            raise CorruptError(
                f"`{path}` is no record of builds", hint="remove it; all packages will be built again"
            ) from error
