"""How `env lock --check` asks, and answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ProblemsError, ToolkitError
from lsstinstall.core.virtualpackages import override_virtual_packages
from rubin_releng.adapters.lockfiles import is_pixi_lock, read_lock_file, recorded_channel
from rubin_releng.adapters.matchspecs import RattlerMatcher
from rubin_releng.adapters.packagefiles import LocalPackageFiles
from rubin_releng.core.locks import WHOLE
from rubin_releng.environments.lockchecks import check_lock
from rubin_releng.environments.locking import offered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lsstinstall.adapters.conda import CondaEngine
    from lsstinstall.adapters.console import Console
    from lsstinstall.core.names import CondaSubdir
    from rubin_releng.adapters.lockfiles import LockFile
    from rubin_releng.core.locks import LockPart
    from rubin_releng.environments.lockchecks import LockCheck
    from rubin_releng.environments.locking import LockRequest

__all__ = ["check_locks"]


def check_locks(console: Console, request: LockRequest, outputs: Sequence[str], engine: CondaEngine) -> None:
    """Check lock files, and answer.

    Parameters
    ----------
    console : `~lsstinstall.adapters.console.Console`
        Hears of them.
    request : `~rubin_releng.environments.locking.LockRequest`
        What they were made for, as far as the user says.
    outputs : `~collections.abc.Sequence` [ `str` ]
        The files, named as for writing.
    engine : `~lsstinstall.adapters.conda.CondaEngine`
        Asks channels.

    Raises
    ------
    ProblemsError
        Raised if one of them does not hold, with every reason and its place.
    """
    checked: list[tuple[LockFile, LockPart, int]] = []
    files = LocalPackageFiles()
    problems: list[ToolkitError] = []
    for path, (name, platforms) in _expanded(outputs, request).items():
        file = read_lock_file(path)
        problems += _missing_platforms(file, platforms)
        for part in file.parts:
            if not request.platforms or part.platform in request.platforms:
                # What an explicit list is cut out by stands in the name of its file alone.
                known = part if is_pixi_lock(path) else replace(part, name=name)
                found = _check(known, request, engine, files)
                checked.append((file, known, found.files))
                problems += [
                    ToolkitError(f"{file.place(one.package)}: {one.text}", hint=one.hint)
                    for one in found.problems
                ]
    if problems:
        raise ProblemsError("the lock does not hold", tuple({str(one): one for one in problems}.values()))
    _answer(console, checked)


def _answer(console: Console, checked: Sequence[tuple[LockFile, LockPart, int]]) -> None:
    data = {
        "ok": True,
        "locks": [
            {
                "path": file.source,
                "name": part.name,
                "platform": part.platform,
                "packages": len(part.packages),
                "without_digest": sum(one.sha256 is None and one.md5 is None for one in part.packages),
                "files": hashed,
            }
            for file, part, hashed in checked
        ],
    }
    lines = [
        f"{file.source}: `{part.name}` for {part.platform} holds, {len(part.packages)} packages"
        + (f", {hashed} files at hand" if hashed else "")
        for file, part, hashed in checked
    ]
    console.answer(data, "\n".join(lines))


def _expanded(outputs: Sequence[str], request: LockRequest) -> dict[Path, tuple[str, list[CondaSubdir]]]:
    """Name the files, each with the list it holds, if it is one, and its platforms."""
    paths: dict[Path, tuple[str, list[CondaSubdir]]] = {}
    for output in outputs:
        for part in (WHOLE, *request.parts) if "{part}" in output else (WHOLE,):
            name = output.replace("{part}", part)
            for platform in request.platforms:
                _, platforms = paths.setdefault(Path(name.replace("{platform}", platform)), (part, []))
                platforms.append(platform)
            if not request.platforms:
                paths[Path(name)] = (part, [])
    return paths


def _missing_platforms(file: LockFile, platforms: Sequence[CondaSubdir]) -> Iterator[ToolkitError]:
    there = {part.platform for part in file.parts}
    for platform in platforms:
        if platform not in there:
            names = ", ".join(f"`{one}`" for one in sorted(there))
            yield ToolkitError(
                f"{file.place(None)}: the lock is for {names}, not for `{platform}`",
                hint="give the platform that it is for, or lock again",
            )


def _check(part: LockPart, request: LockRequest, engine: CondaEngine, files: LocalPackageFiles) -> LockCheck:
    virtual = part.virtual_packages or offered(part.platform, ())
    fitting = tuple(
        one for one in offered(part.platform, request.virtual_packages) if one in request.virtual_packages
    )
    part = replace(part, virtual_packages=override_virtual_packages(virtual, fitting))
    return check_lock(
        part,
        index=engine,
        files=files,
        matcher=RattlerMatcher(),
        specs=request.parts.get(part.name, request.specs),
        channels=[recorded_channel(one) for one in request.channels],
    )
