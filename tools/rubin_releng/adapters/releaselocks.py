"""Exact conda packages of releases, as they were published with them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import decode_text
from lsstinstall.core.environments import EnvLock, legacy_commit, parse_env_lock
from lsstinstall.core.errors import CorruptError, InvalidNameError, NotFoundError
from lsstinstall.core.pkgroots import environment_path
from lsstinstall.core.platforms import PLATFORMS, binary_roots
from rubin_releng.adapters.git import GitRepository
from rubin_releng.adapters.gitaddresses import is_git_folder
from rubin_releng.adapters.releaseinputs import PkgrootReleases

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from lsstinstall.core.names import CondaSubdir, Sha256
    from lsstinstall.core.tags import EupsTag
    from rubin_releng.adapters.keptfiles import KeptFiles

__all__ = ["LegacyLocks", "PkgrootLocks"]

_LEGACY_FILE = "etc/conda-{}.lock"


class PkgrootLocks:
    """Lists of packages below a package root, ``env/<tag>.env`` of each platform.

    Parameters
    ----------
    files : `KeptFiles`
        Of the package root.
    """

    def __init__(self, files: KeptFiles) -> None:
        self._files = files
        self._releases = PkgrootReleases(files)

    def locks(self, tag: EupsTag, environment: str | None) -> Mapping[CondaSubdir, EnvLock]:
        """Read the lists of a release: those its document names, else those by their usual names.

        Parameters
        ----------
        tag : `EupsTag`
            The release.
        environment : `str` or `None`
            What its tag list says of the environment.

        Returns
        -------
        locks : `~collections.abc.Mapping` [ `CondaSubdir`, `EnvLock` ]
            Of each platform that has one; may be empty.

        Raises
        ------
        ToolkitError
            Raised if the place does not answer, or a list is damaged.
        """
        release = self._releases.release(tag)
        if release is not None and release.environment is not None and release.environment.locks:
            found = {
                subdir: self._files.read(record.file.path, _checked(record.file.sha256))
                for subdir, record in release.environment.locks.items()
            }
            return {subdir: lock for subdir, lock in found.items() if lock is not None}
        return {} if environment is None else self._by_name(tag, environment)

    def _by_name(self, tag: EupsTag, environment: str) -> Mapping[CondaSubdir, EnvLock]:
        found = {}
        for platform in PLATFORMS:
            try:
                roots = binary_roots(platform, environment)
            except (InvalidNameError, NotFoundError):
                # The environment is older than the platform.
                continue
            for root in roots:
                lock = self._files.read(f"{root}/{environment_path(tag)}", _parse)
                if lock is not None:
                    found[platform.subdir] = lock
                    break
        return found


class LegacyLocks:
    """Lists of packages from before rubin-env, in a clone of ``lsst/scipipe_conda_env``.

    Parameters
    ----------
    directory : `~pathlib.Path`
        The clone, bare or not.

    Raises
    ------
    NotFoundError
        Raised if it is none.
    """

    def __init__(self, directory: Path) -> None:
        if not is_git_folder(directory):
            raise NotFoundError(f"`{directory}` is no git repository")
        self._repository = GitRepository(directory)

    def locks(self, tag: EupsTag, environment: str | None) -> Mapping[CondaSubdir, EnvLock]:
        """Read the lists of a release whose environment a commit names.

        Parameters
        ----------
        tag : `EupsTag`
            The release; the commit alone tells.
        environment : `str` or `None`
            What its tag list says of the environment.

        Returns
        -------
        locks : `~collections.abc.Mapping` [ `CondaSubdir`, `EnvLock` ]
            Of each platform that has one; empty for a version of rubin-env.

        Raises
        ------
        FormatError
            Raised if a list is damaged.
        """
        name = None if environment is None else legacy_commit(environment)
        commit = None if name is None else self._repository.resolve(name)
        found = {}
        for platform in PLATFORMS if commit is not None else ():
            path = _LEGACY_FILE.format(platform.subdir)
            data = None if commit is None else self._repository.read_file(commit, path)
            if data is not None:
                source = f"{path} at {commit}, for `{tag.name}`"
                found[platform.subdir] = _parse(decode_text(data, source=source), source)
        return found


def _parse(text: str, source: str) -> EnvLock:
    return parse_env_lock(text, source=source)


def _checked(sha256: Sha256) -> Callable[[str, str], EnvLock]:
    def parse(text: str, source: str) -> EnvLock:
        if hashlib.sha256(text.encode()).hexdigest() != sha256:
            raise CorruptError(f"`{source}` is not what the release document promises")
        return parse_env_lock(text, source=source)

    return parse
