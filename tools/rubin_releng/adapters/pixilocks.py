"""`pixi.lock` files, by rattler's own reader and writer."""

from __future__ import annotations

import hashlib
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import rattler
from rattler.exceptions import ParseCondaLockError

from lsstinstall.adapters.condaerrors import explained
from lsstinstall.adapters.condarecords import solved_package
from lsstinstall.adapters.files import read_text
from lsstinstall.core.errors import FormatError
from lsstinstall.core.names import parse_subdir
from lsstinstall.core.virtualpackages import parse_virtual_package
from rubin_releng.core.locks import LockPart

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lsstinstall.core.environments import SolvedPackage

__all__ = ["format_pixi_lock", "read_pixi_lock"]

_HEAD = (
    "# Written by `rubin-releng env lock`. The last line seals the others: a file that was cut is noticed.\n"
)
_SEAL = "# sha256: "

_AT_LINE = re.compile(r" at line (?P<line>[0-9]+) column (?P<column>[0-9]+)")
_NAMED = re.compile(r"(?:does not exist: |unknown platform `|failed to parse '+)(?P<name>[^`'\s]+)")
_BAD_DIGEST = re.compile(r"\s+(?:sha256: (?![0-9a-f]{64}$)|md5: (?![0-9a-f]{32}$)).*")
_BAD_ENTRY = re.compile(r"- conda: (?!.*-[^-/]+-[^-/]+\.(?:conda|tar\.bz2)$).*")


def format_pixi_lock(
    parts: Sequence[LockPart], records: Callable[[Sequence[SolvedPackage]], list[rattler.RepoDataRecord]]
) -> str:
    """Write locks as a ``pixi.lock``.

    Parameters
    ----------
    parts : `~collections.abc.Sequence` [ `LockPart` ]
        Environments by name and platform.
    records : `~collections.abc.Callable`
        Gives rattler's records of packages.

    Returns
    -------
    text : `str`
        Version 7 of the format, with a comment at each end.
    """
    first: dict[str, LockPart] = {}
    for part in parts:
        first.setdefault(part.platform, part)
    platforms = {
        name: rattler.LockPlatform(
            name,
            virtual_packages=[f"{one.name}={one.version}={one.build}" for one in part.virtual_packages],
        )
        for name, part in first.items()
    }
    lock = rattler.LockFile(list(platforms.values()))
    for name in dict.fromkeys(part.name for part in parts):
        channels = dict.fromkeys(url for part in parts if part.name == name for url in part.channels)
        lock.set_channels(name, [rattler.LockChannel(url) for url in channels])
    for part in parts:
        for record in records(part.packages):
            lock.add_conda_package(part.name, platforms[part.platform], record)
    with tempfile.TemporaryDirectory(prefix="rubin-releng-") as folder, explained("write a lock"):
        path = Path(folder) / "pixi.lock"
        lock.to_path(path)
        text = _HEAD + path.read_text(encoding="utf-8")
    return f"{text}{_SEAL}{_digest(text)}\n"


def read_pixi_lock(path: Path) -> tuple[LockPart, ...]:
    """Read a ``pixi.lock``, whoever wrote it.

    Parameters
    ----------
    path : `~pathlib.Path`
        The file.

    Returns
    -------
    parts : `tuple` [ `LockPart`, ... ]
        By name, then in the order of its platforms; packages by name. What is
        not conda's is left out.

    Raises
    ------
    NotFoundError
        Raised if it is not there.
    FormatError
        Raised if it is no lock, or was cut.
    """
    text = read_text(path)
    _check_seal(text, str(path))
    try:
        with explained(f"read `{path}`"):
            lock = rattler.LockFile.from_path(path)
    except ParseCondaLockError as error:
        raise _misplaced(str(error), text, str(path)) from error
    parts = []
    for name, environment in sorted(lock.environments()):
        channels = tuple(channel.rstrip("/") for channel in _channels(environment))
        for platform in lock.platforms():
            records = environment.conda_repodata_records_for_platform(platform) or []
            packages = sorted((solved_package(record) for record in records), key=lambda one: one.package)
            if packages:
                parts.append(
                    LockPart(
                        name=name,
                        platform=parse_subdir(str(platform.subdir)),
                        channels=channels,
                        virtual_packages=tuple(map(parse_virtual_package, platform.virtual_packages)),
                        packages=tuple(packages),
                    )
                )
    return tuple(parts)


def _channels(environment: rattler.Environment) -> list[str]:
    return [str(channel) for channel in environment.channels()]


def _check_seal(text: str, source: str) -> None:
    if not text.startswith(_HEAD):
        return
    end = text.rstrip("\n").rfind("\n") + 1
    body, last = text[:end], text[end:]
    if last != f"{_SEAL}{_digest(body)}\n":
        raise FormatError(
            "the file was cut or changed: its last line does not seal what stands before it",
            source=source,
            line=text.count("\n", 0, len(text) - 1) + 1,
            text=last,
            hint="fetch it again, or lock again",
        )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _misplaced(problem: str, text: str, source: str) -> FormatError:
    """Find the place that the reader did not tell."""
    lines = text.splitlines()
    line, column = 1, 1
    if match := _AT_LINE.search(problem):
        line, column = int(match["line"]), int(match["column"])
        problem = problem.replace(match[0], "")
    elif match := _NAMED.search(problem):
        line, column = _find(lines, re.compile(f".*?(?={re.escape(match['name'])})"))
    elif "digest" in problem:
        line, column = _find(lines, _BAD_DIGEST)
    elif "field" in problem:
        line, column = _find(lines, _BAD_ENTRY)
    return FormatError(
        problem.splitlines()[0][:200],
        source=source,
        line=line,
        column=column,
        text=lines[line - 1] if line <= len(lines) else None,
        hint="lock again, or fetch the file again",
    )


def _find(lines: Sequence[str], pattern: re.Pattern[str]) -> tuple[int, int]:
    for number, line in enumerate(lines, 1):
        if match := pattern.match(line):
            rest = len(line) - len(line.lstrip()) if match[0] == line else match.end()
            return number, rest + 1
    return 1, 1
