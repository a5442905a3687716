"""EUPS's post-install hook: ours is written where EUPS finds it, that of a site is run."""

from __future__ import annotations

import hashlib
import os
import shutil
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import read_bytes, write_atomic
from lsstinstall.adapters.packagedata import read_data
from lsstinstall.adapters.process import run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["PostInstallHook", "find_hook", "write_hook"]

HOOK_NAME = "distribInstallPostHook.py"

_OURS = "posthook.py"

_KNOWN = frozenset({
    # `callbacks/distribInstallPostHook.py` of EUPS, 2018 to 2024: what they do we do ourselves.
    "cfc619b8abde3315a01687e29806407a8b064c08d0e83e3b3b6f38060e8335ea",
    "893de9cfc79cc73bc4231d7939b6f4841c13966a82a7fb24694654bf17a86878",
    "18bfe369203caa4ea369917eb280da5c2f04163a4d0ff2ac1f841b45e182a373",
    "34688f6238c07da31b928d8eefb7a27f49d14855bc93abeb7fcac7a7f86278e9",
})  # fmt: skip

_CALL = "import runpy, sys; runpy.run_path(sys.argv[1])['distribInstallPostHook'](sys.argv[2], 0)"


def find_hook(folders: Iterable[Path]) -> Path | None:
    """Find the hook that EUPS would run.

    Parameters
    ----------
    folders : `~collections.abc.Iterable` [ `~pathlib.Path` ]
        From `lsstinstall.adapters.customizations.customization_folders`.

    Returns
    -------
    hook : `~pathlib.Path` or `None`
        The first one there is. EUPS would fetch one from the server then; we
        run nothing that comes from there.
    """
    return next((folder / HOOK_NAME for folder in folders if (folder / HOOK_NAME).is_file()), None)


def write_hook(stack: Path) -> bool:
    """Give a stack our hook, as the classic installer gives it EUPS's.

    Parameters
    ----------
    stack : `~pathlib.Path`
        The stack.

    Returns
    -------
    written : `bool`
        False if it has one, whosever it is.

    Raises
    ------
    RefusedError
        Raised if we may not write there.
    """
    path = stack / "site" / HOOK_NAME
    if os.path.lexists(path):
        return False
    write_atomic(path, read_data(_OURS))
    return True


class PostInstallHook:
    """Somebody's own hook.

    Parameters
    ----------
    path : `~pathlib.Path`
        The hook.
    python : `str`
        Program that runs it.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        Environment in which it runs; EUPS's own modules are to be found there.
    """

    def __init__(self, path: Path, *, python: str, environ: Mapping[str, str]) -> None:
        self.path = path
        self._python = python
        self._environ = dict(environ)
        if eups := environ.get("EUPS_DIR"):
            paths = [f"{eups}/python", environ.get("PYTHONPATH", "")]
            self._environ["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)

    @classmethod
    def of_site(cls, path: Path | None, environ: Mapping[str, str]) -> PostInstallHook | None:
        """Take a hook if it does something that we do not do ourselves.

        Parameters
        ----------
        path : `~pathlib.Path` or `None`
            From `find_hook`.
        environ : `~collections.abc.Mapping` [ `str`, `str` ]
            ``PATH``, on which EUPS finds its Python, and ``EUPS_DIR``.

        Returns
        -------
        hook : `PostInstallHook` or `None`
            `None` for none, for ours and for EUPS's own, and without a Python.
        """
        python = shutil.which("python", path=environ.get("PATH", ""))
        if path is None or python is None:
            return None
        content = read_bytes(path)
        if content == read_data(_OURS).encode() or hashlib.sha256(content).hexdigest() in _KNOWN:
            return None
        return cls(path, python=python, environ=environ)

    def run(self, folder: Path) -> None:
        """Run it for one product, as EUPS does when the product is declared.

        Parameters
        ----------
        folder : `~pathlib.Path`
            The product's folder.

        Raises
        ------
        ProcessError
            Raised if it fails.
        """
        run(
            [self._python, "-c", _CALL, str(self.path), str(folder)],
            cwd=None,
            env=self._environ,
            timeout=None,
        )
