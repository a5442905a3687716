"""Products made where Parsl runs them: on other processors, on other machines, in batch jobs."""

from __future__ import annotations

import logging
import os
import runpy
import secrets
import sysconfig
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from lsstinstall.adapters.files import make_directory
from lsstinstall.adapters.trees import remove_tree
from lsstinstall.core.errors import ConfigurationError, NotFoundError, ToolkitError, UnavailableError
from rubin_releng.adapters.buildworkers import build_one, make_request, read_answer
from rubin_releng.adapters.supervision import StoppedError, end_strays
from rubin_releng.adapters.workshops import WORK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from lsstinstall.core.names import ProductName
    from rubin_releng.adapters.workshops import StackWorkshop
    from rubin_releng.core.buildtasks import BuildTask, Made

__all__ = ["ParslPool", "read_parsl_config"]

_log = logging.getLogger("parsl")
_TRIES = 3
_PARSL_RUN_DIR = "runinfo"


def read_parsl_config(path: Path) -> Any:
    """Read a configuration of Parsl.

    Parameters
    ----------
    path : `~pathlib.Path`
        A Python file that sets ``config`` to a `parsl.Config`.

    Returns
    -------
    config : `parsl.Config`
        Not started yet.

    Raises
    ------
    NotFoundError
        Raised if there is no such file.
    ConfigurationError
        Raised if the extra ``parsl`` is missing, or the file does not work.
    """
    try:
        from parsl.config import Config  # noqa: PLC0415 - an extra that few have
    except ImportError as error:
        raise ConfigurationError(
            "Parsl is not installed", hint="install the extra: `pip install 'lsstinstall[releng,parsl]'`"
        ) from error
    if not path.is_file():
        raise NotFoundError(f"there is no `{path}`", hint="an example is in `docs/examples/parsl_usdf.py`")
    try:
        config = runpy.run_path(str(path)).get("config")
    except (Exception, SystemExit) as error:  # whatever somebody's program raises
        raise ConfigurationError(f"`{path}` does not work: {type(error).__name__}: {error}") from error
    if not isinstance(config, Config):
        raise ConfigurationError(f"`{path}` does not set `config` to a `parsl.Config`")
    return config


class ParslPool:
    """An executor that hands products to Parsl.

    Parameters
    ----------
    config : `~pathlib.Path`
        File with the configuration.
    workshop : `~rubin_releng.adapters.workshops.StackWorkshop`
        What workers do likewise; they see the same folders.
    caches : `~collections.abc.Sequence` [ `str` ]
        URLs of build caches.
    """

    def __init__(self, config: Path, workshop: StackWorkshop, *, caches: Sequence[str]) -> None:
        self._config = read_parsl_config(config)
        self._workshop = workshop
        self._caches = caches
        self._work = workshop.build_dir / WORK
        token = secrets.token_hex(4)
        self._stop_file = self._work / f"stop-{token}"
        self._run_dir = self._work / f"parsl-{token}"
        self._stopping = threading.Event()
        self._kernel: Any = None
        self._app: Callable[[dict[str, Any]], Future[dict[str, Any]]] | None = None

    def __enter__(self) -> Self:
        from parsl import DataFlowKernel, python_app  # noqa: PLC0415 - as above

        make_directory(self._work)
        if self._config.run_dir == _PARSL_RUN_DIR:
            # Not in the folder where somebody happens to be.
            self._config.run_dir = str(self._run_dir)
        _offer_programs()
        # Parsl logs each step, into a file of its own, too.
        _log.propagate = False
        try:
            self._kernel = DataFlowKernel(self._config)
        except Exception as error:  # likewise
            raise ConfigurationError(f"Parsl cannot start: {error}") from error
        self._app = python_app(build_one, data_flow_kernel=self._kernel)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.stop()
        self._kernel.cleanup()
        _log.propagate = True
        # What a worker started that did not come to its end.
        end_strays(self._work)
        self._stop_file.unlink(missing_ok=True)
        if kind is None:
            remove_tree(self._run_dir)

    def cached(self, tasks: Sequence[BuildTask]) -> tuple[BuildTask, ...]:
        """Find nothing: workers ask caches themselves, so that not all goes through this machine."""
        del tasks
        return ()

    def restore(self, tasks: Sequence[BuildTask]) -> Mapping[ProductName, Made]:
        """Take nothing out of caches: workers do."""
        del tasks
        return {}

    def submit(self, task: BuildTask) -> Future[Made]:
        """Hand a product to Parsl; what a worker leaves behind when it dies is given to another."""
        outer: Future[Made] = Future()
        self._try(task, outer, tries=1)
        return outer

    def stop(self) -> None:
        """Tell all workers to end what they run."""
        self._stopping.set()
        self._stop_file.touch()

    def _try(self, task: BuildTask, outer: Future[Made], *, tries: int) -> None:
        if self._app is None:
            raise AssertionError
        request = make_request(self._workshop, task, caches=self._caches, stop_file=self._stop_file)
        # The one before may have come as far as putting a folder into the stack.
        request["replaces"] = task.replaces or tries > 1
        inner = self._app(request)
        inner.add_done_callback(lambda done: self._end(task, outer, done, tries=tries))

    def _end(
        self, task: BuildTask, outer: Future[Made], inner: Future[dict[str, Any]], *, tries: int
    ) -> None:
        problem = inner.exception()
        if problem is None:
            _settle(outer, inner.result())
        elif self._stopping.is_set():
            _settle(outer, {"stopped": True})
        elif tries < _TRIES:
            self._try(task, outer, tries=tries + 1)
        else:
            error = UnavailableError(
                f"`{task.product.name}` was given to {tries} workers, and none came to an end: "
                f"{type(problem).__name__}: {problem}",
                hint="look for their logs where the configuration puts them",
            )
            outer.set_exception(error)


def _offer_programs() -> None:
    """Let Parsl start its own programs, which are beside our Python, where its environment is not active."""
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    scripts = sysconfig.get_path("scripts")
    if scripts not in path:
        os.environ["PATH"] = os.pathsep.join([*path, scripts])


def _settle(outer: Future[Made], answer: dict[str, Any]) -> None:
    try:
        outer.set_result(read_answer(answer))
    except StoppedError:
        outer.cancel()
        outer.set_running_or_notify_cancel()
    except ToolkitError as error:
        outer.set_exception(error)
