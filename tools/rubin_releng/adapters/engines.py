"""Container engines as programs: buildah, podman and Docker's buildx."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain, read_text, write_atomic
from lsstinstall.adapters.process import run
from rubin_releng.adapters.ocilayouts import OciLayout

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rubin_releng.core.engineworks import EngineWork

__all__ = ["ENGINES", "CommandEngine"]

ENGINES = ("buildah", "podman", "docker")
"""Programs that we know how to drive."""

_PREFIX = "image-"
_IMAGE = "localhost/image:built"
_FILESYSTEMS = Path("/proc/filesystems")
_MOUNTS = Path("/proc/self/mountinfo")
_SHORT, _LONGEST_RUN_FOLDER = Path("/tmp"), 50  # noqa: S108 - a random name below it


class CommandEngine:
    """One engine; what it keeps while it builds lies in a folder of its own and goes with it.

    Parameters
    ----------
    name : `str`
        One of `ENGINES`.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``STORAGE_DRIVER`` chooses how buildah and podman keep layers; else it
        is ``overlay`` where the kernel has it, and ``vfs`` elsewhere.
    trace : `~pathlib.Path`, optional
        File that tells where it works while it does; if one that was killed
        left it, the next one removes what it names.
    """

    def __init__(self, name: str, *, environ: Mapping[str, str], trace: Path | None = None) -> None:
        self.name = name
        self._environ = dict(environ)
        self._trace = trace

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
        if self._trace is not None:
            self._clean_up(self._trace)
        with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as name:
            folder = Path(name)
            if self._trace is not None:
                write_atomic(self._trace, f"{folder}\n")
            try:
                self._build(work, folder)
                yield OciLayout.open(folder / "layout")
            finally:
                if self._trace is not None:
                    self._trace.unlink(missing_ok=True)

    def _build(self, work: EngineWork, folder: Path) -> None:
        context = self._prepare(work, folder)
        if self.name == "docker":
            self._run(_docker_command(work, folder, context))
            return
        try:
            self._run(self._bud_command(work, folder, context))
            layout = f"oci:{folder / 'layout'}:built"
            self._run([*self._storage(folder), "push", "--quiet", _IMAGE, layout])
        finally:
            self._unmount(folder)

    def _unmount(self, folder: Path) -> None:
        """Give up what it keeps: mounts would outlive the folder."""
        command = [*self._storage(folder), "rmi", "--all", "--force"]
        run(command, cwd=None, env=self._environ, timeout=None, check=False)
        shutil.rmtree(_run_folder(folder), ignore_errors=True)

    def _clean_up(self, trace: Path) -> None:
        """Remove what a run that was killed left."""
        if not trace.exists():
            return
        folder = Path(read_text(trace).strip())
        is_ours = folder.name.startswith(_PREFIX) and folder.is_dir() and not folder.is_symlink()
        if is_ours and folder.stat().st_uid == os.geteuid():
            if self.name != "docker":
                self._unmount(folder)
            # Whoever is killed while it tries what the system can do leaves mounts that no engine knows of.
            for place in _mounts_below(folder):
                run(["umount", "--lazy", place], cwd=None, env=self._environ, timeout=None, check=False)
            shutil.rmtree(folder, ignore_errors=True)
        trace.unlink()

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
            f"--runroot={_run_folder(folder)}",
            f"--storage-driver={driver}",
        ]

    def _run(self, command: list[str]) -> None:
        run(command, cwd=None, env=self._environ, timeout=None)


def _run_folder(folder: Path) -> Path:
    """Choose where an engine keeps locks and mounts; podman refuses a path with more than 50 characters."""
    usual = folder / "run"
    return usual if len(os.fspath(usual)) <= _LONGEST_RUN_FOLDER else _SHORT / f"{folder.name}-run"


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


def _mounts_below(folder: Path) -> list[str]:
    """List what is mounted in a folder, the innermost first."""
    try:
        lines = _MOUNTS.read_text().splitlines()
    except OSError:
        return []
    # proc(5): the fifth field, in which blanks are written in octal.
    places = [line.split()[4].replace(r"\040", " ") for line in lines]
    return sorted((one for one in places if one.startswith(f"{folder}/")), reverse=True)


def _driver() -> str:
    try:
        has_overlay = "overlay" in _FILESYSTEMS.read_text().split()
    except OSError:
        has_overlay = False
    return "overlay" if has_overlay else "vfs"
