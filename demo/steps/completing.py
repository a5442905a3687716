"""What a release gets after it was published: change log and image, attached to its document."""

from __future__ import annotations

import hashlib
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING

from demo.bench import done_if
from demo.steps.releasing import RELEASE, WEEKLIES
from lsstinstall.adapters.files import make_directory, read_text, write_atomic
from lsstinstall.core.platforms import platform_of_machine
from lsstinstall.core.tags import parse_tag

if TYPE_CHECKING:
    from collections.abc import Iterable

    from demo.bench import Bench, StepResult

__all__ = ["attach_to_releases", "build_image", "write_changelog"]


def write_changelog(bench: Bench) -> StepResult:
    """Tell what merged between the weeklies.

    Parameters
    ----------
    bench : `~demo.bench.Bench`
        Places and commands.

    Returns
    -------
    result : `~demo.bench.StepResult`
        How many tickets.
    """
    places = bench.places
    old, new = (parse_tag(tag).name for tag in WEEKLIES)
    files = _changelogs(bench)
    before = [path.read_bytes() for path in files if path.is_file()]
    make_directory(places.changelog)
    outputs = [word for path in files for word in ("--output", path)]
    answer = bench.ask(
        "rubin-releng",
        *("changelog", old, new, "--pkgroot", places.pkgroot, "--repositories", places.sources),
        *("--strict", *outputs),
    )
    counts = answer["counts"]
    detail = f"tickets: {counts['tickets']}, products: {counts['changed']} of {counts['products']} changed"
    return done_if([path.read_bytes() for path in files] != before, detail)


def _changelogs(bench: Bench) -> list[Path]:
    old, new = (parse_tag(tag).name for tag in WEEKLIES)
    return [bench.places.changelog / f"{old}--{new}.{ending}" for ending in ("md", "json")]


def build_image(bench: Bench) -> StepResult:
    """Build and check an OCI layout: one layer each for the environment, the products, EUPS's database.

    Parameters
    ----------
    bench : `~demo.bench.Bench`
        Places and commands.

    Returns
    -------
    result : `~demo.bench.StepResult`
        How large it is.
    """
    places = bench.places
    flavor = platform_of_machine(platform.system(), platform.machine()).flavor
    trees = [places.install_prefix, *(places.install / "stack" / name for name in (flavor, "ups_db"))]
    key, key_file = _state_of(trees), places.output / "image.key"
    changed = not key_file.is_file() or read_text(key_file) != key or not places.image.is_dir()
    if changed:
        # An environment knows its own path, so it lies at the same one in the image.
        layers = [word for tree in trees for word in ("--tree", f"{tree}:{tree}")]
        tag = ("--tag", parse_tag(RELEASE).name)
        bench.ask("rubin-releng", "image", "build", *layers, "--output", places.image, *tag)
        write_atomic(key_file, key)
    answer = bench.ask("rubin-releng", "image", "check", places.image)
    return done_if(
        changed, f"{answer['blobs']} blobs, {answer['size_bytes'] / 1e6:.0f} MB, every digest right"
    )


def _state_of(trees: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for tree in trees:
        for folder, folders, files in os.walk(tree):
            folders.sort()
            for name in sorted(files):
                status = Path(folder, name).lstat()
                digest.update(f"{folder}/{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def attach_to_releases(bench: Bench) -> StepResult:
    """Name the change log and the image in the documents of the releases, and verify these.

    Parameters
    ----------
    bench : `~demo.bench.Bench`
        Places and commands.

    Returns
    -------
    result : `~demo.bench.StepResult`
        How many files the release names.
    """
    pkgroot = ("--pkgroot", bench.places.pkgroot)
    logs = [word for path in _changelogs(bench) for word in ("--changelog", path)]
    weekly, release = parse_tag(WEEKLIES[-1]).name, parse_tag(RELEASE).name
    added = [
        bench.ask("rubin-releng", "release", "add", weekly, *pkgroot, *logs),
        bench.ask("rubin-releng", "release", "add", release, *pkgroot, "--image", bench.places.image),
    ]
    tags = [parse_tag(tag).name for tag in (*WEEKLIES, RELEASE)]
    verified = [bench.ask("rubin-releng", "release", "verify", tag, *pkgroot) for tag in tags]
    files = sum(one["files"] for one in verified)
    detail = f"{len(verified)} releases name {files} files, all verified"
    return done_if(any(one["changed"] for one in added), detail)
