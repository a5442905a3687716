"""What a worker on another machine does: one product, from a request to an answer, both plain values."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsstinstall.adapters.eups import Stack
from lsstinstall.core.buildmanifests import parse_build_manifest
from lsstinstall.core.errors import ExitCode, ToolkitError
from lsstinstall.core.names import Flavor
from rubin_releng.adapters.buildcaches import BuildCache, open_caches
from rubin_releng.adapters.buildenvironments import BuildEnvironment
from rubin_releng.adapters.compilers import FLAGS
from rubin_releng.adapters.productfacts import FactsMemory
from rubin_releng.adapters.supervision import StoppedError
from rubin_releng.adapters.workshops import StackWorkshop
from rubin_releng.core.buildtasks import BuildTask, Made

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["RemoteBuildError", "build_one", "make_request", "read_answer"]

_FACTS = ".facts-of-workers"


class RemoteBuildError(ToolkitError):
    """A product that could not be built elsewhere, told as it was told there.

    Parameters
    ----------
    message : `str`
        The message.
    hint : `str` or `None`
        The hint.
    code : `~lsstinstall.core.errors.ExitCode`
        The exit code that goes with it.
    """

    def __init__(self, message: str, *, hint: str | None, code: ExitCode) -> None:
        super().__init__(message, hint=hint)
        self._code = code

    @property
    def code(self) -> ExitCode:
        """Exit code of the error that was raised elsewhere."""
        return self._code


def make_request(
    workshop: StackWorkshop, task: BuildTask, *, caches: Sequence[str], stop_file: Path
) -> dict[str, Any]:
    """Write down what a worker has to know.

    Parameters
    ----------
    workshop : `~rubin_releng.adapters.workshops.StackWorkshop`
        Folders and the manifest; the worker must see the same folders.
    task : `~rubin_releng.core.buildtasks.BuildTask`
        The product.
    caches : `~collections.abc.Sequence` [ `str` ]
        URLs of build caches.
    stop_file : `~pathlib.Path`
        Where it is, the worker stops.

    Returns
    -------
    request : `dict`
        Of texts and numbers only. Of the environment it has the variables
        that change what is built, and no others: some hold secrets.
    """
    return {
        "manifest": workshop.manifest.format(),
        "build_dir": str(workshop.build_dir),
        "stack": str(workshop.stack.path),
        "flavor": str(workshop.stack.flavor),
        "environment": None if workshop.environment is None else str(workshop.environment.prefix),
        "eups": None if workshop.eups is None else str(workshop.eups),
        "variables": {name: workshop.environ[name] for name in FLAGS if name in workshop.environ},
        "caches": list(caches),
        "stop_file": str(stop_file),
        "product": str(task.product.name),
        "key": task.key,
        "replaces": task.replaces,
        "cores": task.cores,
    }


def build_one(request: Mapping[str, Any]) -> dict[str, Any]:
    """Make one product; called where it is to be built.

    Parameters
    ----------
    request : `~collections.abc.Mapping`
        From `make_request`.

    Returns
    -------
    answer : `dict`
        For `read_answer`; failures are answers, too.
    """
    try:
        made = _workshop(request).make(_task(request))
    except StoppedError:
        return {"stopped": True}
    except ToolkitError as error:
        return {"error": str(error), "hint": error.hint, "code": int(error.code)}
    return {
        "cached": made.cached,
        "cpu_seconds": made.cpu_seconds,
        "peak_bytes": made.peak_bytes,
        "host": os.uname().nodename,
        "notes": list(made.notes),
    }


def _task(request: Mapping[str, Any]) -> BuildTask:
    manifest = parse_build_manifest(request["manifest"], source="the request")
    product = manifest.by_name[request["product"]]
    return BuildTask(
        product=product, key=request["key"], replaces=request["replaces"], cores=request["cores"]
    )


def _workshop(request: Mapping[str, Any]) -> StackWorkshop:
    build_dir, stop_file = Path(request["build_dir"]), Path(request["stop_file"])
    prefix, eups = request["environment"], request["eups"]
    environ = {name: value for name, value in os.environ.items() if name not in FLAGS}
    return StackWorkshop(
        manifest=parse_build_manifest(request["manifest"], source="the request"),
        build_dir=build_dir,
        stack=Stack(Path(request["stack"]), flavor=Flavor(request["flavor"])),
        environment=None if prefix is None else BuildEnvironment.open(Path(prefix)),
        eups=None if eups is None else Path(eups),
        environ=environ | request["variables"],
        facts=FactsMemory(build_dir / _FACTS),
        cache=BuildCache(
            stores=open_caches(request["caches"], lambda _: None),
            places={"stack": request["stack"], "environment": prefix or ""},
        ),
        stop=stop_file.exists,
    )


def read_answer(answer: Mapping[str, Any]) -> Made:
    """Read what a worker answered.

    Parameters
    ----------
    answer : `~collections.abc.Mapping`
        From `build_one`.

    Returns
    -------
    made : `~rubin_releng.core.buildtasks.Made`
        What it took.

    Raises
    ------
    RemoteBuildError
        Raised if the product could not be built.
    StoppedError
        Raised if the worker was told to stop.
    """
    if answer.get("stopped"):
        raise StoppedError
    if "error" in answer:
        raise RemoteBuildError(answer["error"], hint=answer["hint"], code=ExitCode(answer["code"]))
    return Made(
        cached=answer["cached"],
        cpu_seconds=answer["cpu_seconds"],
        peak_bytes=answer["peak_bytes"],
        host=answer["host"],
        notes=tuple(answer["notes"]),
    )
