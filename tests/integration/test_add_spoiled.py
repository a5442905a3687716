"""Archives that are damaged or hostile: refused whole, told plainly, and good the next time."""

from __future__ import annotations

import gzip
import io
import random
import subprocess
import sys
import tarfile
from functools import partial
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.eups import Stack
from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from tests.support.packages import LINUX, product_version, tarball_root
from tests.support.soundstacks import faults_in, stack_state

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.process

NEEDS: dict[str, tuple[str, ...]] = {
    "sphgeom": (),
    "other": (),
    "utils": ("sphgeom",),
    "top": ("utils", "other"),
}
UTILS = f"utils-{product_version('utils')}@{LINUX}.tar.gz"
SPHGEOM = f"sphgeom-{product_version('sphgeom')}@{LINUX}.tar.gz"
FOLDER = f"utils/{product_version('utils')}"
CORRUPT = 5
PROGRAM = (sys.executable, "-m", "lsstinstall")


class _Site:
    """A package root whose archive of utils can be replaced, and a stack to install into."""

    def __init__(self, folder: Path) -> None:
        self.outside = folder / "outside"
        self.outside.mkdir()
        (self.outside / "precious").write_text("untouched")
        self.server = folder / "server"
        self.stack = folder / "stack"
        self.files = tarball_root(NEEDS)
        for path, data in self.files.items():
            (self.server / path).parent.mkdir(parents=True, exist_ok=True)
            (self.server / path).write_bytes(data)

    def arguments(self, stack: Path) -> list[str]:
        where = ["--stack", str(stack), "--pkgroot", str(self.server), "--flavor", "Linux64"]
        return ["add", "-t", "w_2026_10", "top", "--quiet", *where]

    def add(self, stack: Path | None = None) -> int:
        return run_main(cli, name="lsstinstall", arguments=self.arguments(stack or self.stack))

    def spoil(self, data: bytes) -> None:
        (self.server / UTILS).write_bytes(data)

    def installed(self) -> set[str]:
        return set(Stack.open(self.stack, flavor=LINUX).products())

    def check_nothing_happened(self) -> None:
        """Look for what a bad archive may have done: to its stack, beside it, and outside."""
        assert faults_in(self.stack) == []
        assert not (self.stack / "Linux64" / "utils").exists()
        assert list((self.stack / "EupsBuildDir/Linux64").iterdir()) == []
        assert [path.name for path in self.outside.iterdir()] == ["precious"]
        assert (self.outside / "precious").read_text() == "untouched"

    def check_the_next_run_completes(self) -> None:
        self.spoil(self.files[UTILS])
        whole = self.stack.with_name("whole")
        assert (self.add(), self.add(whole)) == (0, 0)
        assert faults_in(self.stack) == []
        assert stack_state(self.stack) == stack_state(whole)


@pytest.fixture
def site(tmp_path: Path) -> _Site:
    return _Site(tmp_path)


def _flipped(files: dict[str, bytes], seed: int) -> bytes:
    data = files[UTILS]
    position = random.Random(seed).randrange(10 * 8, len(data) * 8)  # noqa: S311 - to be repeated
    spoiled = bytearray(data)
    spoiled[position // 8] ^= 1 << position % 8
    return bytes(spoiled)


DAMAGES: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "empty": lambda _: b"",
    "only a beginning": lambda files: files[UTILS][:12],
    "half": lambda files: files[UTILS][: len(files[UTILS]) // 2],
    "without its last byte": lambda files: files[UTILS][:-1],
    "without its checksum": lambda files: files[UTILS][:-8],
    "that of another product": lambda files: files[SPHGEOM],
    "a page of the server": lambda _: b"<!DOCTYPE html><title>Log in</title>" * 40,
    "not compressed": lambda files: gzip.decompress(files[UTILS]),
    "compressed nothing": lambda _: gzip.compress(b""),
    "compressed noise": lambda _: gzip.compress(random.Random(1).randbytes(5000)),  # noqa: S311
    "followed by noise": lambda files: files[UTILS] + b"noise" * 200,
    "cut between files, and compressed again": lambda files: gzip.compress(
        gzip.decompress(files[UTILS])[:2048]
    ),
    "cut inside a file, and compressed again": lambda files: gzip.compress(
        gzip.decompress(files[UTILS])[:1600]
    ),
    **{f"flipped bit {seed}": partial(_flipped, seed=seed) for seed in range(6)},
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_archive_is_refused_and_the_rest_installed(
    damage: str, site: _Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.spoil(DAMAGES[damage](site.files))
    assert site.add() == CORRUPT
    assert UTILS in capsys.readouterr().err
    assert site.installed() == {"sphgeom", "other"}
    site.check_nothing_happened()
    site.check_the_next_run_completes()


def _archive(*members: tuple[str, str, str | bytes]) -> bytes:
    """Pack the usual files, and some that are not usual: type, path, and target or content."""
    packed = io.BytesIO()
    usual = (
        ("REGTYPE", f"{FOLDER}/ups/utils.table", b"envPrepend(PATH, ${PRODUCT_DIR}/bin)\n"),
        ("REGTYPE", f"{FOLDER}/bin/utils", b"#!/bin/sh\n"),
    )
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for kind, path, content in (*usual, *members):
            header = tarfile.TarInfo(path)
            header.type = getattr(tarfile, kind)
            if isinstance(content, bytes):
                header.size = len(content)
                tar.addfile(header, io.BytesIO(content))
            else:
                header.linkname = content
                tar.addfile(header)
    return gzip.compress(packed.getvalue(), mtime=0)


# `OUTSIDE` stands for a folder that is none of the archive's business.
ATTACKS: dict[str, tuple[tuple[str, str, str | bytes], ...]] = {
    "a path upwards": (("REGTYPE", f"{FOLDER}/../../../../outside/new", b"evil"),),
    "an absolute path": (("REGTYPE", "OUTSIDE/new", b"evil"),),
    "a folder upwards": (("DIRTYPE", f"{FOLDER}/../../../../outside/new", ""),),
    "a file through a link": (
        ("SYMTYPE", f"{FOLDER}/lib", "OUTSIDE"),
        ("REGTYPE", f"{FOLDER}/lib/new", b"evil"),
    ),
    "a file over a link": (
        ("SYMTYPE", f"{FOLDER}/lib", "OUTSIDE/precious"),
        ("REGTYPE", f"{FOLDER}/lib", b"evil"),
    ),
    "a file through a chain of links": (
        ("SYMTYPE", f"{FOLDER}/one", "bin/.."),
        ("SYMTYPE", f"{FOLDER}/two", "one/../../../../../../outside"),
        ("REGTYPE", f"{FOLDER}/two/new", b"evil"),
    ),
    "a link upwards": (("SYMTYPE", f"{FOLDER}/up", "../../../../../outside/precious"),),
    "links that lead out together": (
        ("SYMTYPE", f"{FOLDER}/bin/deep", ".."),
        ("SYMTYPE", f"{FOLDER}/far", "bin/deep/../../../../.."),
    ),
    "a second name of a file outside": (("LNKTYPE", f"{FOLDER}/precious", "OUTSIDE/precious"),),
    "a second name upwards": (("LNKTYPE", f"{FOLDER}/precious", f"{FOLDER}/../../../../outside/precious"),),
    "a second name of a link": (
        ("SYMTYPE", f"{FOLDER}/link", "OUTSIDE/precious"),
        ("LNKTYPE", f"{FOLDER}/again", f"{FOLDER}/link"),
        ("REGTYPE", f"{FOLDER}/again", b"evil"),
    ),
    "a character device": (("CHRTYPE", f"{FOLDER}/null", ""),),
    "a block device": (("BLKTYPE", f"{FOLDER}/disk", ""),),
    "a pipe": (("FIFOTYPE", f"{FOLDER}/pipe", ""),),
    "a file twice": (("REGTYPE", f"{FOLDER}/bin/utils", b"other"),),
    "a file as a folder": (("REGTYPE", f"{FOLDER}/bin/utils/more", b"other"),),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_hostile_archive_reaches_nothing_outside(
    attack: str, site: _Site, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = str(site.outside)
    members = [
        (
            kind,
            path.replace("OUTSIDE", outside),
            content.replace("OUTSIDE", outside) if isinstance(content, str) else content,
        )
        for kind, path, content in ATTACKS[attack]
    ]
    site.spoil(_archive(*members))
    assert site.add() == CORRUPT
    assert UTILS in capsys.readouterr().err
    assert site.installed() == {"sphgeom", "other"}
    site.check_nothing_happened()
    site.check_the_next_run_completes()


def _header_block(name: str, *, kind: bytes, size: bytes, rest: bytes = b"") -> bytes:
    """Write a header by hand: one that `tarfile` would not."""
    block = bytearray(512)
    fields = ((0, name.encode()), (100, b"0000644"), (124, size), (136, b"00000000000"), (156, kind))
    for position, value in (*fields, (257, b"ustar  \0"), (345, rest), (148, b" " * 8)):
        block[position : position + len(value)] = value
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    return bytes(block)


def _bomb(block: bytes, content: bytes = b"") -> bytes:
    usual = gzip.decompress(_archive())[: 4 * 512]
    return gzip.compress(usual + block + content + bytes(1024), mtime=0)


_MAP = b"00000000000\0" + b"00000000001\0" + bytes(24 * 3) + b"\0"

BOMBS = {
    "a file of eight gigabytes that ends at once": _header_block(
        f"{FOLDER}/data", kind=b"0", size=b"77777777777"
    ),
    "a file of less than nothing": _header_block(f"{FOLDER}/data", kind=b"0", size=b"\xff" * 12),
    "a file of more than any disk": _header_block(f"{FOLDER}/data", kind=b"0", size=b"\x80" + b"\x7f" * 11),
    "a hole of a terabyte": _header_block(
        f"{FOLDER}/data",
        kind=b"S",
        size=b"00000000001",
        rest=bytes(41) + _MAP + b"\x80" + bytes(5) + b"\1" + bytes(5),
    ),
    "a name of eight gigabytes": _header_block("././@LongLink", kind=b"L", size=b"77777777777"),
    "a size that is no number": _header_block(f"{FOLDER}/data", kind=b"0", size=b"very large!"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_before_it_fills_the_disk(bomb: str, site: _Site) -> None:
    site.spoil(_bomb(BOMBS[bomb], b"x".ljust(512, b"\0")))
    # Nothing of this writes more than ten megabytes, or it fails here instead of filling the disk.
    command = ["sh", "-c", 'ulimit -f 20480; exec "$@"', "sh", *PROGRAM, *site.arguments(site.stack)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, UTILS in done.stderr) == (CORRUPT, True), done.stderr
    assert site.installed() == {"sphgeom", "other"}
    site.check_nothing_happened()
    site.check_the_next_run_completes()


def test_special_permission_bits_are_not_given(site: _Site) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, mode in (("ups/utils.table", 0o644), ("bin/utils", 0o6755), ("bin/open", 0o1777)):
            header = tarfile.TarInfo(f"{FOLDER}/{name}")
            header.mode = mode
            tar.addfile(header)
    site.spoil(gzip.compress(packed.getvalue()))
    assert site.add() == 0
    modes = {
        path.name: path.stat().st_mode & 0o7000
        for path in (site.stack / "Linux64" / FOLDER / "bin").iterdir()
    }
    assert modes == {"utils": 0, "open": 0}
