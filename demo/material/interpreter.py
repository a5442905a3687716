"""The running interpreter, copied so that it runs from any prefix."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import sys
import sysconfig
import tarfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Interpreter", "check_machine", "running_interpreter", "stage_interpreter"]

_NEEDED_MODULES = ("_bz2", "_ctypes", "_lzma", "_sqlite3", "_ssl", "zlib")
_DROPPED_FOLDERS = frozenset(
    {
        "__pycache__",
        "dist-packages",
        "ensurepip",
        "idlelib",
        "site-packages",
        "test",
        "tests",
        "tkinter",
        "turtledemo",
    }
)
_DROPPED_FILES = frozenset({"EXTERNALLY-MANAGED", "_distutils_system_mod.py", "sitecustomize.py"})
_DROPPED_ENDINGS = (".a", ".exe", ".o", ".pyc")
_RELATIVE_RPATH = b"$ORIGIN/../lib"
# Debian's site module looks for `dist-packages` and never for `site-packages`.
_SITECUSTOMIZE = """\
import site
import sys

site.addsitedir(f"{sys.prefix}/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages")
sys.path[:] = [path for path in sys.path if "dist-packages" not in path]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """Where an installed Python is.

    Parameters
    ----------
    version : `str`
        Full version, ``3.11.7``.
    base : `~pathlib.Path`
        Its prefix, not that of a virtual environment.
    executable : `~pathlib.Path`
        The program itself, links followed.
    library : `~pathlib.Path`
        Its standard library.
    include : `~pathlib.Path`
        Its headers.
    library_folder : `str`
        ``lib``, or ``lib64`` where the prefix has that.
    """

    version: str
    base: Path
    executable: Path
    library: Path
    include: Path
    library_folder: str

    @property
    def minor(self) -> str:
        """Version without the last part, ``3.11``."""
        return self.version.rpartition(".")[0]

    def key(self) -> str:
        """Digest what decides on the staged copy: the program and its place."""
        status = self.executable.stat()
        text = f"1\n{self.version}\n{self.base}\n{status.st_size}\n{status.st_mtime_ns}\n"
        return hashlib.sha256(text.encode()).hexdigest()


def running_interpreter() -> Interpreter:
    """Find the interpreter that runs this.

    Returns
    -------
    interpreter : `Interpreter`
        The one below a virtual environment, if we run in one.

    Raises
    ------
    NotFoundError
        Raised if it has no headers, or lacks modules that the stack needs.
    """
    base = Path(sys.base_prefix)
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    found = Interpreter(
        version=".".join(str(part) for part in sys.version_info[:3]),
        base=base,
        executable=(base / "bin" / f"python{minor}").resolve(),
        library=Path(sysconfig.get_path("platstdlib", vars={"platbase": str(base), "base": str(base)})),
        include=Path(sysconfig.get_path("include", vars={"base": str(base), "installed_base": str(base)})),
        library_folder=sys.platlibdir,
    )
    if not (found.include / "Python.h").is_file():
        raise NotFoundError(
            f"the Python at `{base}` has no headers",
            hint=f"install them (Debian: `apt-get install python{minor}-dev`)",
        )
    missing = [name for name in _NEEDED_MODULES if find_spec(name) is None]
    if missing:
        raise NotFoundError(
            f"the Python at `{base}` was built without {', '.join(missing)}",
            hint="use another Python 3.11 or newer",
        )
    return found


def check_machine() -> None:
    """Make sure that this machine can import and compile sources.

    Raises
    ------
    ConfigurationError
        Raised on a system whose Python we cannot make relocatable.
    NotFoundError
        Raised if git, or a compiler that this Python calls, is not there.
    """
    if sys.platform != "linux":
        raise ConfigurationError(f"the demo runs on Linux, and this is `{sys.platform}`")
    compilers = [str(sysconfig.get_config_var(name) or "cc").split()[0] for name in ("CC", "CXX")]
    missing = [program for program in ("git", *compilers) if shutil.which(program) is None]
    if missing:
        raise NotFoundError(
            f"there is no {', '.join(f'`{program}`' for program in missing)}",
            hint="install it (Debian: `apt-get install git g++`)",
        )


def stage_interpreter(interpreter: Interpreter, archive: Path) -> None:
    """Pack a copy that runs from any prefix.

    Test suites, caches and static libraries are left out; a run path into
    the old prefix becomes relative, and ``@PREFIX@`` stands in texts that
    name it.

    Parameters
    ----------
    interpreter : `Interpreter`
        What to copy.
    archive : `~pathlib.Path`
        The ``.tar`` to write; the same interpreter gives the same bytes.
    """
    with tarfile.open(archive, "w") as tar:
        for name, path in sorted(_files(interpreter)):
            _add(tar, name, _relocated(path, interpreter.base), executable=os.access(path, os.X_OK))
        for link, target in sorted(_links(interpreter)):
            _add_link(tar, link, target)
        if "dist-packages" in (interpreter.library / "site.py").read_text(encoding="utf-8"):
            place = f"{interpreter.library_folder}/python{interpreter.minor}/sitecustomize.py"
            _add(tar, place, _SITECUSTOMIZE.encode(), executable=False)


def _files(interpreter: Interpreter) -> Iterator[tuple[str, Path]]:
    folder = f"{interpreter.library_folder}/python{interpreter.minor}"
    yield f"bin/python{interpreter.minor}", interpreter.executable
    for name, path in _tree(interpreter.library):
        yield f"{folder}/{name}", path
    for name, path in _tree(interpreter.include):
        yield f"include/python{interpreter.minor}/{name}", path
    for path in _shared_libraries(interpreter):
        if not path.is_symlink():
            yield f"{interpreter.library_folder}/{path.name}", path


def _links(interpreter: Interpreter) -> Iterator[tuple[str, str]]:
    for link in ("python", "python3"):
        yield f"bin/{link}", f"python{interpreter.minor}"
    for path in _shared_libraries(interpreter):
        if path.is_symlink():
            yield f"{interpreter.library_folder}/{path.name}", path.readlink().name


def _shared_libraries(interpreter: Interpreter) -> Iterator[Path]:
    return (interpreter.base / interpreter.library_folder).glob("libpython3*.so*")


def _tree(top: Path) -> Iterator[tuple[str, Path]]:
    for folder, folders, files in os.walk(top):
        folders[:] = sorted(set(folders) - _DROPPED_FOLDERS)
        for name in files:
            path = Path(folder, name)
            if name not in _DROPPED_FILES and not name.endswith(_DROPPED_ENDINGS) and path.is_file():
                yield path.relative_to(top).as_posix(), path


def _relocated(path: Path, base: Path) -> bytes:
    data = path.read_bytes()
    if data.startswith(b"\x7fELF"):
        old = f"{base}/lib".encode()
        if len(old) >= len(_RELATIVE_RPATH):
            data = data.replace(b"\0" + old + b"\0", b"\0" + _RELATIVE_RPATH.ljust(len(old) + 1, b"\0"))
    elif path.name.startswith("_sysconfigdata") and str(base) != "/usr":
        data = data.replace(str(base).encode(), b"@PREFIX@")
    return data


def _add(tar: tarfile.TarFile, name: str, data: bytes, *, executable: bool) -> None:
    header = tarfile.TarInfo(name)
    header.size = len(data)
    header.mode = 0o755 if executable else 0o644
    tar.addfile(header, io.BytesIO(data))


def _add_link(tar: tarfile.TarFile, name: str, target: str) -> None:
    header = tarfile.TarInfo(name)
    header.type, header.linkname = tarfile.SYMTYPE, target
    tar.addfile(header)
