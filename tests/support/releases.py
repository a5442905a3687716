"""A small release to begin with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from lsstinstall.core.names import parse_git_sha, parse_product_name, parse_sha256, parse_subdir
from lsstinstall.core.releases import (
    EnvironmentRecord,
    FileRecord,
    GitTagRecord,
    ImageRecord,
    LockRecord,
    MakerRecord,
    PlatformRecord,
    PlatformState,
    ProductRecord,
    Release,
)
from lsstinstall.core.tags import EupsTag, parse_build_id
from lsstinstall.core.versions import parse_eups_version

LINUX = parse_subdir("linux-64")
AFW, GEOM = parse_product_name("afw"), parse_product_name("geom")


def a_file(path: str, digit: str = "a", *, size_bytes: int = 3) -> FileRecord:
    return FileRecord(path=path, size_bytes=size_bytes, sha256=parse_sha256(digit * 64))


def a_product(name: str = "afw", *dependencies: str) -> ProductRecord:
    return ProductRecord(
        name=parse_product_name(name),
        repository=f"https://example.org/{name}.git",
        commit=parse_git_sha("b" * 40),
        version=parse_eups_version("g1+2"),
        dependencies=tuple(parse_product_name(dependency) for dependency in dependencies),
        source=a_file(f"src/products/{name}.eupspkg"),
        binaries={LINUX: a_file(f"redhat/{name}.tar.gz")},
    )


def a_release(**changes: Any) -> Release:
    """Make a release of everything, then replace some of it."""
    release = Release(
        tag=EupsTag.parse("w_2026_42"),
        build=parse_build_id("b12"),
        previous=EupsTag.parse("w_2026_41"),
        products=(a_product("geom"), a_product("afw", "geom")),
        environment=EnvironmentRecord(
            version="12.2.0", locks={LINUX: LockRecord(file=a_file("redhat/env/w_2026_42.env"), packages=7)}
        ),
        images=(
            ImageRecord(name="example.org/stack", subdir=LINUX, digest=f"sha256:{'d' * 64}", tags=("x",)),
        ),
        changelogs=(a_file("releases/w_2026_42/changes.md"),),
        git_tags=(
            GitTagRecord(
                repository="https://example.org/afw.git", tag="w.2026.42", commit=parse_git_sha("b" * 40)
            ),
        ),
        platforms=(
            PlatformRecord(subdir=LINUX, state=PlatformState.PRESENT),
            PlatformRecord(
                subdir=parse_subdir("osx-arm64"), state=PlatformState.FAILED, reason="`afw` did not build"
            ),
        ),
        maker=MakerRecord(
            tool="lsstinstall 0.1.0",
            host="linux-64",
            started=datetime(2026, 10, 15, 2, 0, tzinfo=UTC),
            finished=datetime(2026, 10, 15, 3, 0, 0, 5, tzinfo=UTC),
        ),
    )
    return replace(release, **changes)
