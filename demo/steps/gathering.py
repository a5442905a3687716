"""Downloads: source distributions and wheels, pinned by digest, kept in the cache."""

from __future__ import annotations

import hashlib
import platform
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from demo.bench import done_if
from demo.material.sources import check_pins, parse_sources, rounds, source_requirements
from demo.places import DEMO
from lsstinstall.adapters.files import make_directory, read_text, sha256_of, write_atomic
from lsstinstall.core.errors import CorruptError

if TYPE_CHECKING:
    from demo.bench import Bench, StepResult
    from demo.material.sources import SourcePin
    from demo.places import Places

__all__ = ["gather_sources", "gather_wheels", "read_pins", "wheel_folder"]

_LOCK = DEMO / "wheels.lock"


def read_pins() -> tuple[SourcePin, ...]:
    """Read the list of source distributions.

    Returns
    -------
    pins : `tuple` [ `SourcePin`, ... ]
        In file order.
    """
    path = DEMO / "sources.toml"
    return parse_sources(read_text(path), source=str(path))


def gather_sources(bench: Bench) -> StepResult:
    """Download the source distributions that are not in the cache.

    Parameters
    ----------
    bench : `~demo.bench.Bench`
        Places and commands.

    Returns
    -------
    result : `~demo.bench.StepResult`
        How many there are.
    """
    pins = read_pins()
    folder = bench.places.archives
    missing = check_pins(pins, folder)
    make_directory(folder)
    for group in rounds(missing):
        _download_sources(bench, group, folder)
    check_pins(pins, folder)
    return done_if(missing, f"{len(pins)} archives, {len(missing)} downloaded")


def _download_sources(bench: Bench, pins: tuple[SourcePin, ...], folder: Path) -> None:
    names = ",".join(pin.distribution for pin in pins)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        requirements = Path(scratch, "requirements.txt")
        write_atomic(requirements, source_requirements(pins))
        options = ("--quiet", "--no-deps", "--require-hashes", "--no-binary", names)
        bench.pip("download", *options, "--dest", scratch, "--requirement", requirements)
        for pin in pins:
            Path(scratch, pin.file_name).replace(folder / pin.file_name)


def wheel_folder(places: Places) -> Path:
    """Say where the wheels for this Python, machine and lock are.

    Parameters
    ----------
    places : `~demo.places.Places`
        Where the cache is.

    Returns
    -------
    folder : `~pathlib.Path`
        It holds all wheels or does not exist.
    """
    python = f"{sys.implementation.name}{sys.version_info.major}{sys.version_info.minor}"
    machine = f"{platform.system()}-{platform.machine()}".lower()
    digest = hashlib.sha256(_LOCK.read_bytes()).hexdigest()[:12]
    return places.wheels / f"{python}-{machine}-{digest}"


def gather_wheels(bench: Bench) -> StepResult:
    """Download the wheels of the lock that fit this Python.

    Parameters
    ----------
    bench : `~demo.bench.Bench`
        Places and commands.

    Returns
    -------
    result : `~demo.bench.StepResult`
        How many there are.
    """
    folder = wheel_folder(bench.places)
    missing = not folder.is_dir()
    if missing:
        make_directory(folder.parent)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            options = ("--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:")
            bench.pip("download", *options, "--dest", Path(scratch, "wheels"), "--requirement", _LOCK)
            Path(scratch, "wheels").rename(folder)
    known = set(re.findall(r"--hash=sha256:([0-9a-f]{64})", read_text(_LOCK)))
    wheels = sorted(folder.glob("*.whl"))
    for wheel in wheels:
        if sha256_of(wheel) not in known:
            raise CorruptError(f"`{wheel}` is not in `{_LOCK}`", hint=f"delete `{folder}` and run again")
    return done_if(missing, f"{len(wheels)} wheels")
