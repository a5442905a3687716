"""Container engines as programs: buildah, podman and Docker's buildx."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain
from lsstinstall.adapters.process import run
from rubin_releng.adapters.ocilayouts import OciLayout

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rubin_releng.core.engineworks import EngineWork

__all__ = ["ENGINES", "CommandEngine"]

ENGINES = ("buildah", "podman", "docker")
"""Programs that we know how to drive."""

_IMAGE = "localhost/image:built"
_FILESYSTEMS = Path("/proc/filesystems")


class CommandEngine:
    """One engine; what it keeps while it builds lies in a folder of its own and goes with it.

    Parameters
    ----------
    name : `str`
        One of `ENGINES`.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``STORAGE_DRIVER`` chooses how buildah and podman keep layers; else it
        is ``overlay`` where the kernel has it, and ``vfs`` elsewhere.
    """

    def __init__(self, name: str, *, environ: Mapping[str, str]) -> None:
        self.name = name
        self._environ = dict(environ)

    @property
    def description(self) -> str:
        """Name and version, as the program says them."""
        completed = run([self.name, "--version"], cwd=None, env=self._environ, timeout=60)
        return completed.stdout.splitlines()[0].strip() if completed.stdout.strip() else self.name

    @contextmanager
    def build(self, work: EngineWork) -> Iterator[OciLayout]:
        """Build an image into a layout.

        Parameters
        ----------
        work : `EngineWork`
            What to build.

        Yields
        ------
        layout : `OciLayout`
            Holds the image alone, and is removed at the end.

        Raises
        ------
        NotFoundError
            Raised if the engine is not installed.
        ProcessError
            Raised if a step fails.
        """
        with tempfile.TemporaryDirectory(prefix="image-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            context = self._prepare(work, folder)
            if self.name == "docker":
                self._run(_docker_command(work, folder, context))
            else:
                try:
                    self._run(self._bud_command(work, folder, context))
                    layout = f"oci:{folder / 'layout'}:built"
                    self._run([*self._storage(folder), "push", "--quiet", _IMAGE, layout])
                finally:
                    # Mounts of the engine would outlive the folder.
                    command = [*self._storage(folder), "rmi", "--all", "--force"]
                    run(command, cwd=None, env=self._environ, timeout=None, check=False)
            yield OciLayout.open(folder / "layout")

    def _prepare(self, work: EngineWork, folder: Path) -> Path:
        """Write the recipe and the files that it adds; return the context."""
        context = folder / "context" if work.context is None else Path(work.context)
        try:
            (folder / "context").mkdir()
            (folder / "Containerfile").write_text(work.recipe)
            for name, stream in work.files.items():
                with (folder / "context" / name).open("xb") as file:
                    for piece in stream():
                        file.write(piece)
        except OSError as error:
            raise explain(error, doing="write") from error
        return context

    def _bud_command(self, work: EngineWork, folder: Path, context: Path) -> list[str]:
        return [
            *self._storage(folder),
            "build",
            "--layers",
            # Its mounts outlive a step that failed.
            "--force-rm",
            "--isolation=chroot",
            "--format=oci",
            "--quiet",
            f"--timestamp={work.epoch}",
            *_common(work, folder),
            f"--tag={_IMAGE}",
            os.fspath(context),
        ]

    def _storage(self, folder: Path) -> list[str]:
        driver = self._environ.get("STORAGE_DRIVER") or _driver()
        return [
            self.name,
            f"--root={folder / 'storage'}",
            f"--runroot={folder / 'run'}",
            f"--storage-driver={driver}",
        ]

    def _run(self, command: list[str]) -> None:
        run(command, cwd=None, env=self._environ, timeout=None)


def _docker_command(work: EngineWork, folder: Path, context: Path) -> list[str]:
    return [
        "docker",
        "buildx",
        "build",
        "--quiet",
        "--provenance=false",
        f"--build-arg=SOURCE_DATE_EPOCH={work.epoch}",
        *_common(work, folder),
        f"--output=type=oci,tar=false,rewrite-timestamp=true,dest={folder / 'layout'}",
        os.fspath(context),
    ]


def _common(work: EngineWork, folder: Path) -> list[str]:
    return [
        f"--platform={work.platform.os}/{work.platform.architecture}",
        f"--file={folder / 'Containerfile'}",
        *(f"--label={name}={value}" for name, value in work.labels.items()),
        *(f"--build-arg={name}={value}" for name, value in work.arguments.items()),
    ]


def _driver() -> str:
    try:
        has_overlay = "overlay" in _FILESYSTEMS.read_text().split()
    except OSError:
        has_overlay = False
    return "overlay" if has_overlay else "vfs"
