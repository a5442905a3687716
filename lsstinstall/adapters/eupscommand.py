"""The real ``eups``, for what only it can do: building products from source packages."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from lsstinstall.adapters.process import run
from lsstinstall.core.pkgroots import join_pkgroots

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lsstinstall.core.names import Flavor
    from lsstinstall.core.productplans import PlannedProduct

__all__ = ["EupsCommand"]


class EupsCommand:
    """One EUPS, working on one stack.

    Parameters
    ----------
    program : `str`
        Absolute path of ``eups``.
    stack : `~pathlib.Path`
        Where products are installed.
    flavor : `Flavor`
        Flavor to install for.
    pkgroots : `~collections.abc.Sequence` [ `str` ]
        Package roots, the best first.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        Environment in which the program works, ``EUPS_DIR`` and compilers
        included.
    """

    def __init__(
        self,
        program: str,
        *,
        stack: Path,
        flavor: Flavor,
        pkgroots: Sequence[str],
        environ: Mapping[str, str],
    ) -> None:
        self._program = program
        self._environ = {
            "EUPS_SHELL": "sh",
            **environ,
            "EUPS_PATH": str(stack),
            "EUPS_FLAVOR": flavor,
            "EUPS_PKGROOT": join_pkgroots(_plain(url) for url in pkgroots),
            # We hold a lock on the stack; this lets what EUPS itself starts pass.
            "EUPS_LOCK_PID": str(os.getpid()),
        }

    @classmethod
    def find(
        cls, *, stack: Path, flavor: Flavor, pkgroots: Sequence[str], environ: Mapping[str, str]
    ) -> EupsCommand | None:
        """Look for ``eups`` on the path.

        Parameters
        ----------
        stack, flavor, pkgroots, environ
            As for the constructor.

        Returns
        -------
        command : `EupsCommand` or `None`
            `None` if there is none.
        """
        program = shutil.which("eups", path=environ.get("PATH", ""))
        if program is None:
            return None
        return cls(program, stack=stack, flavor=flavor, pkgroots=pkgroots, environ=environ)

    def install(self, product: PlannedProduct) -> None:
        """Build, install and declare a product; everything that it depends on is installed.

        Parameters
        ----------
        product : `PlannedProduct`
            What to install.

        Raises
        ------
        ProcessError
            Raised if the build failed; the message ends with EUPS's last lines.
        """
        # With a lock of its own it would keep out the `setup` that its builds begin with.
        command = [self._program, "distrib", "install", "--nolocks", product.product, product.version]
        run(command, cwd=None, env=self._environ, timeout=None)


def _plain(url: str) -> str:
    """Write a ``file://`` URL as the path that EUPS understands."""
    parts = urlsplit(url)
    return unquote(parts.path) if parts.scheme == "file" else url
