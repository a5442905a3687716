from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import rattler
from hypothesis import given
from hypothesis import strategies as st
from rattler.package import BuildString

from lsstinstall.core.condapackages import CondaPackage, DigestKind, PackageDigest
from lsstinstall.core.environments import SolvedPackage, parse_env_lock, parse_env_name
from lsstinstall.core.names import CondaSubdir
from lsstinstall.core.virtualpackages import VirtualPackage
from rubin_releng.adapters.pixilocks import format_pixi_lock, read_pixi_lock
from rubin_releng.core.explicitlists import ListStyle, explicit_list
from rubin_releng.core.locks import LockPart, cut_part, install_order, needs_of

if TYPE_CHECKING:
    from collections.abc import Sequence

CHANNEL = "https://example.org/conda-forge"
PLATFORMS = [CondaSubdir("linux-64"), CondaSubdir("osx-arm64")]


def _digests(kind: DigestKind, digits: int) -> st.SearchStrategy[PackageDigest | None]:
    values = st.text("0123456789abcdef", min_size=digits, max_size=digits)
    return st.none() | values.map(lambda value: PackageDigest(kind=kind, value=value))


@st.composite
def solutions(draw: st.DrawFn) -> tuple[SolvedPackage, ...]:
    """Packages that need one another, anyhow."""
    names = sorted(
        draw(st.sets(st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True), min_size=1, max_size=6))
    )
    versions = st.from_regex(r"[0-9](\.[0-9]{1,3}){0,2}", fullmatch=True)
    return tuple(
        SolvedPackage(
            channel=CHANNEL,
            package=CondaPackage(
                name=name, version=draw(versions), build="h0_0", subdir=CondaSubdir("noarch")
            ),
            sha256=draw(_digests(DigestKind.SHA256, 64)),
            md5=draw(_digests(DigestKind.MD5, 32)),
            size_bytes=draw(st.none() | st.integers(1, 10**9)),
            depends=tuple(draw(st.lists(st.sampled_from(names), max_size=3, unique=True))),
        )
        for name in names
    )


def _records(packages: Sequence[SolvedPackage]) -> list[rattler.RepoDataRecord]:
    return [
        rattler.RepoDataRecord(
            rattler.PackageRecord(
                one.package.name,
                one.package.version,
                BuildString(one.package.build),
                0,
                one.package.subdir,
                depends=list(one.depends),
                sha256=None if one.sha256 is None else bytes.fromhex(one.sha256.value),
                md5=None if one.md5 is None else bytes.fromhex(one.md5.value),
                size=one.size_bytes,
            ),
            one.package.file_name,
            one.url,
            one.channel,
        )
        for one in packages
    ]


parts = st.builds(
    LockPart,
    platform=st.sampled_from(PLATFORMS),
    channels=st.just((CHANNEL,)),
    virtual_packages=st.lists(
        st.builds(VirtualPackage, name=st.just("__glibc"), version=st.sampled_from(["2.28", "2.34"])),
        max_size=1,
    ).map(tuple),
    packages=solutions(),
)


@given(parts)
def test_a_pixi_lock_survives_writing_and_reading(part: LockPart) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pixi.lock"
        path.write_text(format_pixi_lock([part], _records))
        (read,) = read_pixi_lock(path)
    assert read == part
    assert [one.depends for one in read.packages] == [one.depends for one in part.packages]


@given(
    parts, st.sampled_from(ListStyle), st.sampled_from(DigestKind), st.none() | st.just("lsst-scipipe-13.0.1")
)
def test_an_explicit_list_survives_writing_and_reading(
    part: LockPart, style: ListStyle, digest: DigestKind, name: str | None
) -> None:
    environment = None if name is None else parse_env_name(name)
    lock = explicit_list(part, maker="x 1", style=style, digest=digest, name=environment)
    assert parse_env_lock(lock.format(), source="x.env") == lock


@given(parts)
def test_no_package_is_lost_in_the_order_of_installation(part: LockPart) -> None:
    assert sorted(one.url for one in install_order(part.packages)) == sorted(one.url for one in part.packages)


@given(parts, st.data())
def test_a_cut_list_is_closed_and_part_of_the_whole(part: LockPart, data: st.DataObject) -> None:
    root = data.draw(st.sampled_from([one.package.name for one in part.packages]))
    cut = cut_part(part, "x", (root,))
    names = {one.package.name for one in cut.packages}
    assert set(cut.packages) <= set(part.packages)
    assert all(set(needs) <= names for needs in needs_of(cut.packages).values())
