"""The environment products are built in: what identifies it, and its variables."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["BuildEnvironment", "with_dependencies", "without_products"]

# Left by another Python environment, or by products that are set up in the calling shell.
_FOREIGN = frozenset({"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__", "CONDA_PREFIX"})
# SETUP_AFW, AFW_DIR, AFW_DIR_EXTRA
_OF_PRODUCT = (("SETUP_", ""), ("", "_DIR"), ("", "_DIR_EXTRA"))


@dataclass(frozen=True, slots=True)
class BuildEnvironment:
    """One Python environment, usually conda's.

    Parameters
    ----------
    prefix : `~pathlib.Path`
        Absolute folder with ``bin/python``.
    """

    prefix: Path

    @classmethod
    def open(cls, prefix: Path) -> BuildEnvironment:
        """Open an environment.

        Parameters
        ----------
        prefix : `~pathlib.Path`
            Its folder.

        Returns
        -------
        environment : `BuildEnvironment`
            With an absolute folder, links not followed.

        Raises
        ------
        NotFoundError
            Raised if there is no Python in it.
        """
        environment = cls(prefix.absolute())
        if not environment.python.exists():
            raise NotFoundError(
                f"`{prefix}` is no environment: it has no `bin/python`", hint="give the prefix of rubin-env"
            )
        return environment

    @property
    def python(self) -> Path:
        """Its Python."""
        return self.prefix / "bin" / "python"

    def digest(self) -> str:
        """Compute what tells it from other environments.

        Returns
        -------
        digest : `str`
            SHA-256 over the names of all packages, which hold version and
            build: conda's, and those that pip installed. Its place does not
            enter.
        """
        conda = (path.name for path in self.prefix.glob("conda-meta/*.json"))
        pip = (path.name for path in self.prefix.glob("lib/python*/site-packages/*.dist-info"))
        names = "".join(f"{name}\n" for name in sorted([*conda, *pip]))
        return hashlib.sha256(names.encode()).hexdigest()

    def variables(self, environ: Mapping[str, str], *, epoch: int, cores: int) -> dict[str, str]:
        """Make the variables of a build, before its dependencies are set up.

        Parameters
        ----------
        environ : `~collections.abc.Mapping` [ `str`, `str` ]
            The calling environment.
        epoch : `int`
            Date of the sources, in seconds since 1970: what is built carries
            it instead of the current time.
        cores : `int`
            How many compilers a build may run at once.

        Returns
        -------
        variables : `dict` [ `str`, `str` ]
            The environment first on ``PATH``, its headers and libraries known
            to compilers, nothing of other Pythons and of products that are
            set up.
        """
        kept = without_products(environ)
        own = {
            "CONDA_PREFIX": str(self.prefix),
            "PATH": os.pathsep.join([str(self.prefix / "bin"), kept.get("PATH", os.defpath)]),
            "PYTHONHASHSEED": "0",
            "PYTHONNOUSERSITE": "1",
            "SOURCE_DATE_EPOCH": str(epoch),
            # pybind11's, make's and CMake's words for the same thing.
            "NPY_NUM_BUILD_JOBS": str(cores),
            "MAKEFLAGS": f"-j{cores}",
            "CMAKE_BUILD_PARALLEL_LEVEL": str(cores),
        }
        return with_dependencies(kept | own, [self.prefix])


def without_products(environ: Mapping[str, str]) -> dict[str, str]:
    """Take out of an environment what other Pythons, and products that are set up, left in it.

    Parameters
    ----------
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        The calling environment.

    Returns
    -------
    kept : `dict` [ `str`, `str` ]
        The rest; ``EUPS_DIR`` stays only if EUPS is not set up as a product.
    """
    set_up = {name.removeprefix("SETUP_") for name in environ if name.startswith("SETUP_")}
    foreign = _FOREIGN | {f"{part}{name}{tail}" for name in set_up for part, tail in _OF_PRODUCT}
    return {
        name: value for name, value in environ.items() if name not in foreign and not name.startswith("PIP_")
    }


def with_dependencies(variables: Mapping[str, str], directories: Sequence[Path]) -> dict[str, str]:
    """Tell compilers where headers and libraries are.

    Parameters
    ----------
    variables : `~collections.abc.Mapping` [ `str`, `str` ]
        The variables so far.
    directories : `~collections.abc.Sequence` [ `~pathlib.Path` ]
        Installed folders, the first wins; those without ``include`` or
        ``lib`` are passed over.

    Returns
    -------
    variables : `dict` [ `str`, `str` ]
        With ``CPATH``, ``LIBRARY_PATH`` and ``CMAKE_PREFIX_PATH`` extended at
        their front.
    """
    found = {
        "CPATH": [directory / "include" for directory in directories if (directory / "include").is_dir()],
        "LIBRARY_PATH": [directory / "lib" for directory in directories if (directory / "lib").is_dir()],
        "CMAKE_PREFIX_PATH": list(directories),
    }
    extended = dict(variables)
    for name, paths in found.items():
        old = variables.get(name)
        parts = [*map(str, paths), *([old] if old else [])]
        if parts:
            extended[name] = os.pathsep.join(parts)
    return extended
