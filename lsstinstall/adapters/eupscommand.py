"""The real ``eups``, for what only it can do: building products from source packages."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from lsstinstall.adapters.packagedata import read_data
from lsstinstall.adapters.process import ProcessError, run
from lsstinstall.adapters.stackfolders import SCRATCH
from lsstinstall.core.pkgroots import join_pkgroots
from lsstinstall.core.reporting import SilentReporter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lsstinstall.core.names import Flavor
    from lsstinstall.core.productplans import PlannedProduct
    from lsstinstall.core.reporting import Reporter

__all__ = ["EupsCommand"]

_NEWS_SECONDS = 30.0
"""How often something is told of a build; some take an hour."""

_LAST_BYTES = 2000


class EupsCommand:
    """One EUPS, working on one stack.

    Parameters
    ----------
    program : `str`
        Absolute path of ``eups``.
    stacks : `~collections.abc.Sequence` [ `~pathlib.Path` ]
        Where products are installed, then others that are in use.
    flavor : `Flavor`
        Flavor to install for.
    pkgroots : `~collections.abc.Sequence` [ `str` ]
        Package roots, the best first.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        Environment in which the program works, ``EUPS_DIR`` and compilers
        included.
    reporter : `Reporter`, optional
        Hears of long builds now and then.
    news_seconds : `float`, optional
        How often.
    """

    def __init__(
        self,
        program: str,
        *,
        stacks: Sequence[Path],
        flavor: Flavor,
        pkgroots: Sequence[str],
        environ: Mapping[str, str],
        reporter: Reporter | None = None,
        news_seconds: float = _NEWS_SECONDS,
    ) -> None:
        self._program = program
        self._scratch = stacks[0] / SCRATCH / flavor
        self._reporter = reporter or SilentReporter()
        self._news_seconds = news_seconds
        self._environ = {
            "EUPS_SHELL": "sh",
            **environ,
            "EUPS_PATH": os.pathsep.join(map(str, stacks)),
            "EUPS_FLAVOR": flavor,
            "EUPS_PKGROOT": join_pkgroots(_plain(url) for url in pkgroots),
            # We hold a lock on the stack; this lets what EUPS itself starts pass.
            "EUPS_LOCK_PID": str(os.getpid()),
        }

    @classmethod
    def find(
        cls,
        *,
        stacks: Sequence[Path],
        flavor: Flavor,
        pkgroots: Sequence[str],
        environ: Mapping[str, str],
        reporter: Reporter | None = None,
        news_seconds: float = _NEWS_SECONDS,
    ) -> EupsCommand | None:
        """Look for ``eups`` on the path.

        Parameters
        ----------
        stacks, flavor, pkgroots, environ, reporter, news_seconds
            As for the constructor.

        Returns
        -------
        command : `EupsCommand` or `None`
            `None` if there is none.
        """
        program = shutil.which("eups", path=environ.get("PATH", ""))
        if program is None:
            return None
        return cls(
            program,
            stacks=stacks,
            flavor=flavor,
            pkgroots=pkgroots,
            environ=environ,
            reporter=reporter,
            news_seconds=news_seconds,
        )

    def install(self, product: PlannedProduct) -> None:
        """Build, install and declare a product; everything that it depends on is installed.

        No tags of servers are set, and no other product is touched.

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
        log = self._scratch / f"{product.product}-{product.version}" / "build.log"
        self._reporter.note(f"EUPS builds `{product.product}` {product.version} from its source")
        with self._startup() as environ, self._news(product, log):
            try:
                run(command, cwd=None, env=environ, timeout=None)
            except ProcessError as error:
                if log.is_file():
                    error.hint = f"the whole output is in `{log}`"
                raise

    @contextmanager
    def _startup(self) -> Iterator[dict[str, str]]:
        """Tell EUPS to leave the tags to us, in the last of its startup files."""
        with tempfile.TemporaryDirectory(prefix="lsstinstall-") as folder:
            path = Path(folder, "startup.py")
            path.write_text(read_data("eupsstartup.py"), encoding="utf-8")
            others = self._environ.get("EUPS_STARTUP")
            yield {**self._environ, "EUPS_STARTUP": f"{others}:{path}" if others else str(path)}

    @contextmanager
    def _news(self, product: PlannedProduct, log: Path) -> Iterator[None]:
        """Tell from time to time how far a build is."""
        done = threading.Event()

        def tell() -> None:
            while not done.wait(self._news_seconds):
                last = _last_line(log)
                self._reporter.note(
                    f"`{product.product}` is being built" + (f": {last}" if last else " still")
                )

        teller = threading.Thread(target=tell, name="build-news", daemon=True)
        teller.start()
        try:
            yield
        finally:
            done.set()
            teller.join()


def _last_line(log: Path) -> str:
    try:
        with log.open("rb") as stream:
            stream.seek(-min(log.stat().st_size, _LAST_BYTES), os.SEEK_END)
            lines = stream.read().decode("utf-8", "replace").split("\n")
    except OSError:
        # EUPS has not begun it, or is done with it.
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _plain(url: str) -> str:
    """Write a ``file://`` URL as the path that EUPS understands."""
    parts = urlsplit(url)
    return unquote(parts.path) if parts.scheme == "file" else url
