"""Conda environments on disk, as far as images need them: which package brought which file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lsstinstall.adapters.files import explain, read_bytes
from lsstinstall.core.errors import CorruptError, NotFoundError
from lsstinstall.core.jsontexts import parse_json
from rubin_releng.adapters.foldertrees import FolderTree

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path

    from rubin_releng.core.trees import TreeEntry

__all__ = ["CondaPrefix", "InstalledPackage", "ListedTree", "RestTree"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledPackage:
    """One package of an environment.

    Parameters
    ----------
    name, version, build, subdir : `str`
        As the channel names it.
    url : `str`
        Where it came from.
    digest : `str`
        Of its archive, ``sha256:...`` or ``md5:...``; empty if unknown.
    license : `str`
        As the package says it; empty if it says nothing.
    size_bytes : `int`
        Of its archive.
    record : `str`
        Its file below the environment.
    """

    name: str
    version: str
    build: str
    subdir: str
    url: str
    digest: str
    license: str
    size_bytes: int
    record: str


class CondaPrefix:
    """One environment.

    Parameters
    ----------
    path : `~pathlib.Path`
        Its folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def packages(self) -> tuple[InstalledPackage, ...]:
        """Read what is installed.

        Returns
        -------
        packages : `tuple` [ `InstalledPackage`, ... ]
            By name.

        Raises
        ------
        NotFoundError
            Raised if it is no environment.
        CorruptError
            Raised if a record is damaged.
        """
        folder = self.path / "conda-meta"
        if not folder.is_dir():
            raise NotFoundError(
                f"`{self.path}` is no conda environment", hint="it has no folder `conda-meta`"
            )
        found = [self._package(path, self._record(path)) for path in folder.glob("*.json")]
        return tuple(sorted(found, key=lambda package: package.name))

    def files(self, names: Collection[str]) -> set[str]:
        """Tell which files some packages brought, their records included.

        Parameters
        ----------
        names : `~collections.abc.Collection` [ `str` ]
            Packages that are installed.

        Returns
        -------
        files : `set` [ `str` ]
            Below the environment.

        Raises
        ------
        NotFoundError
            Raised if one is not installed.
        CorruptError
            Raised if a record is damaged.
        """
        known = {package.name: package.record for package in self.packages()}
        files: set[str] = set()
        for name in names:
            if name not in known:
                raise NotFoundError(f"`{name}` is not installed in `{self.path}`", hint="make the plan again")
            listed = self._record(self.path / known[name]).get("files", [])
            if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
                raise CorruptError(f"`{self.path / known[name]}` does not list its files")
            files.add(known[name])
            files.update(listed)
        return files

    def _record(self, path: Path) -> dict[str, Any]:
        data = parse_json(read_bytes(path), source=str(path))
        if not isinstance(data, dict) or not isinstance(data.get("name"), str):
            raise CorruptError(f"`{path}` is no record of a package")
        return data

    def _package(self, path: Path, data: dict[str, Any]) -> InstalledPackage:
        kinds = [kind for kind in ("sha256", "md5") if data.get(kind)]
        size = data.get("size")
        return InstalledPackage(
            name=data["name"],
            version=str(data.get("version") or ""),
            build=str(data.get("build") or ""),
            subdir=str(data.get("subdir") or ""),
            url=str(data.get("url") or ""),
            digest=f"{kinds[0]}:{data[kinds[0]]}" if kinds else "",
            license=str(data.get("license") or ""),
            size_bytes=size if isinstance(size, int) else 0,
            record=path.relative_to(self.path).as_posix(),
        )


class ListedTree(FolderTree):
    """Some files of a folder, and the folders above them.

    Parameters
    ----------
    path : `~pathlib.Path`
        The folder.
    files : `~collections.abc.Callable`
        Returns paths below it, when they are needed; those that are not there
        any more are passed over.
    """

    def __init__(self, path: Path, files: Callable[[], Iterable[str]]) -> None:
        super().__init__(path)
        self._files = files

    def entries(self) -> Iterator[TreeEntry]:
        """List them, parents before children, and the names of a folder by code point.

        Yields
        ------
        entry : `TreeEntry`
            Nothing else of the folder is looked at.
        """
        above: set[str] = set()
        for name in sorted(self._files(), key=lambda name: name.split("/")):
            parts = name.split("/")
            for depth in range(1, len(parts)):
                folder = "/".join(parts[:depth])
                if folder not in above:
                    above.add(folder)
                    yield from self._present(folder)
            yield from self._present(name)

    def _present(self, name: str) -> Iterator[TreeEntry]:
        try:
            yield self.entry(name)
        except FileNotFoundError:
            return
        except OSError as error:
            raise explain(error, doing="read") from error


class RestTree(FolderTree):
    """A folder without what other layers hold.

    Parameters
    ----------
    path : `~pathlib.Path`
        The folder.
    without : `~collections.abc.Callable`
        Returns, when they are needed, files and folders below it that are left
        out, folders with all that is in them.
    """

    def __init__(self, path: Path, without: Callable[[], Iterable[str]]) -> None:
        super().__init__(path)
        self._without = without

    def entries(self) -> Iterator[TreeEntry]:
        """List the rest, parents before children, and the names of a folder by code point.

        Yields
        ------
        entry : `TreeEntry`
            Also of folders in which nothing is left.
        """
        without = frozenset(self._without())
        return self.walk(lambda entry: entry.path not in without)
