from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import time
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.archives import unpack_archive
from lsstinstall.core.errors import CorruptError, NotFoundError, RefusedError
from tests.support.packages import make_tarball

if TYPE_CHECKING:
    from pathlib import Path

GOOD: dict[str, bytes | tuple[str, str]] = {
    "afw/1.0/bin/afw": b"#!/bin/sh\n",
    "afw/1.0/lib/libafw.so": ("SYMTYPE", "libafw.so.1"),
    "afw/1.0/lib/libafw.so.1": b"machine code",
}


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _archive(tmp_path: Path, **changes: bytes | tuple[str, str]) -> Path:
    return _write(tmp_path / "afw.tar.gz", make_tarball(GOOD | changes))


def _tar(*headers: tarfile.TarInfo) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for header in headers:
            tar.addfile(header, io.BytesIO(bytes(header.size)))
    return packed.getvalue()


def _header(path: str, *, mode: int = 0o644, kind: bytes = tarfile.REGTYPE, size: int = 0) -> tarfile.TarInfo:
    header = tarfile.TarInfo(path)
    header.mode, header.type, header.size, header.mtime = mode, kind, size, 1000
    return header


def _nothing_left(tmp_path: Path) -> bool:
    return [path.name for path in tmp_path.iterdir()] == ["afw.tar.gz"]


def test_an_archive_is_unpacked_with_files_folders_and_links(tmp_path: Path) -> None:
    files = unpack_archive(_archive(tmp_path), tmp_path / "out")
    assert (tmp_path / "out/afw/1.0/bin/afw").read_bytes() == b"#!/bin/sh\n"
    assert (tmp_path / "out/afw/1.0/lib/libafw.so").readlink().name == "libafw.so.1"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["afw.tar.gz", "out"]
    assert [file.path for file in files.files] == ["afw/1.0/bin/afw", "afw/1.0/lib/libafw.so.1"]
    assert [(link.path, link.target) for link in files.links] == [("afw/1.0/lib/libafw.so", "libafw.so.1")]


def test_what_was_unpacked_is_told_with_size_and_digest(tmp_path: Path) -> None:
    file = unpack_archive(_archive(tmp_path), tmp_path / "out").files[0]
    assert (file.size_bytes, file.mode) == (10, 0o644)
    assert file.sha256 == hashlib.sha256(b"#!/bin/sh\n").hexdigest()


def test_modes_are_kept_but_no_special_bits_and_times_become_now(tmp_path: Path) -> None:
    folder = _header("d", mode=0o2555, kind=tarfile.DIRTYPE)
    data = _tar(folder, _header("d/run", mode=0o4755), _header("d/locked", mode=0o400))
    before = time.time() - 2
    unpack_archive(_write(tmp_path / "afw.tar.gz", gzip.compress(data)), tmp_path / "out")
    out = tmp_path / "out"
    assert [path.stat().st_mode & 0o7777 for path in (out / "d", out / "d/run", out / "d/locked")] == [
        0o555, 0o755, 0o400,
    ]  # fmt: skip
    assert (out / "d/run").stat().st_mtime > before


def test_a_second_name_of_a_file_is_kept(tmp_path: Path) -> None:
    files = unpack_archive(_archive(tmp_path, second=("LNKTYPE", "afw/1.0/bin/afw")), tmp_path / "out")
    assert (tmp_path / "out/second").samefile(tmp_path / "out/afw/1.0/bin/afw")
    assert len(files.files) == 3


def test_links_out_of_their_own_folder_but_not_of_the_archive_are_fine(tmp_path: Path) -> None:
    unpack_archive(_archive(tmp_path, **{"afw/1.0/bin/lib": ("SYMTYPE", "../lib")}), tmp_path / "out")
    assert (tmp_path / "out/afw/1.0/bin/lib/libafw.so.1").is_file()


def test_the_link_that_eups_leaves_in_each_product_it_builds_is_kept(tmp_path: Path) -> None:
    link: dict[str, bytes | tuple[str, str]] = {
        "afw/1.0/ups/eupspkg": ("SYMTYPE", "/opt/eups/lib/eupspkg.sh")
    }
    unpack_archive(_archive(tmp_path, **link), tmp_path / "out")
    assert str((tmp_path / "out/afw/1.0/ups/eupspkg").readlink()) == "/opt/eups/lib/eupspkg.sh"


@pytest.mark.parametrize(
    ("path", "content", "problem"),
    [
        ("../evil", b"", "the path `../evil` leaves its folder"),
        ("a/../../evil", b"", "leaves its folder"),
        ("/etc/evil", b"", "the path `/etc/evil` leaves its folder"),
        ("..", b"", "leaves its folder"),
        ("link", ("SYMTYPE", "../outside"), "the link `link` points to `../outside`, which is outside"),
        ("link", ("SYMTYPE", "/etc/passwd"), "which is outside"),
        ("link", ("SYMTYPE", ".."), "which is outside"),
        ("afw/1.0/ups/eupspkg", ("SYMTYPE", "/etc/passwd"), "which is outside"),
        ("afw/1.0/bin/eupspkg", ("SYMTYPE", "/opt/eups/lib/eupspkg.sh"), "which is outside"),
        ("link", ("SYMTYPE", ""), "which is outside"),
        ("link", ("LNKTYPE", "../outside"), "is a second name of `../outside`"),
        ("link", ("LNKTYPE", "afw/1.0/lib/libafw.so"), "which is no file before it"),
        ("pipe", ("FIFOTYPE", ""), "`pipe` is a device or a pipe"),
        ("disk", ("BLKTYPE", ""), "`disk` is a device or a pipe"),
        ("afw/1.0/bin/../bin/afw", b"again", "`afw/1.0/bin/afw` is in it twice"),
        ("afw/1.0/lib/libafw.so/x", b"", "is a folder and something else"),
        ("afw/1.0/bin/afw/x", b"", "is a folder and something else"),
    ],
)
def test_an_archive_that_would_do_harm_is_refused_and_nothing_stays(
    tmp_path: Path, path: str, content: bytes | tuple[str, str], problem: str
) -> None:
    archive = _archive(tmp_path, **{path: content})
    with pytest.raises(CorruptError) as caught:
        unpack_archive(archive, tmp_path / "out")
    assert problem in str(caught.value)
    assert _nothing_left(tmp_path)


def test_links_that_lead_outside_only_together_are_refused(tmp_path: Path) -> None:
    # Each stays inside by its text: `up` is the top, so `up/..` is what holds it.
    links: dict[str, bytes | tuple[str, str]] = {
        "a/b/up": ("SYMTYPE", "../.."),
        "out": ("SYMTYPE", "a/b/up/.."),
    }
    with pytest.raises(CorruptError, match="leads outside"):
        unpack_archive(_archive(tmp_path, **links), tmp_path / "out")
    assert _nothing_left(tmp_path)


def test_a_member_is_never_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    links: dict[str, bytes | tuple[str, str]] = {"a/b/up": ("SYMTYPE", "../.."), "a/b/up/x": b"evil"}
    with pytest.raises(CorruptError):
        unpack_archive(_archive(tmp_path, **links), tmp_path / "target" / "out")
    assert list((tmp_path / "target").iterdir()) == []


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_archive_is_refused_and_nothing_stays(tmp_path: Path, kept: float) -> None:
    noise = b"".join(hashlib.sha256(bytes([number])).digest() for number in range(250))
    archive = _archive(tmp_path, noise=noise)
    archive.write_bytes(archive.read_bytes()[: int(archive.stat().st_size * kept)])
    with pytest.raises(CorruptError, match=r"cannot unpack `afw\.tar\.gz`: truncated or damaged"):
        unpack_archive(archive, tmp_path / "out")
    assert _nothing_left(tmp_path)


def test_a_tar_that_was_cut_before_it_was_compressed_is_refused(tmp_path: Path) -> None:
    # What `tar | gzip` leaves when tar dies; other tools take it for complete.
    whole = gzip.decompress(make_tarball(GOOD))
    cut = whole[: tarfile.BLOCKSIZE * 2]
    with pytest.raises(CorruptError, match="stops without the mark that ends an archive"):
        unpack_archive(_write(tmp_path / "afw.tar.gz", gzip.compress(cut)), tmp_path / "out")


def test_a_broken_header_in_the_middle_is_refused(tmp_path: Path) -> None:
    whole = bytearray(gzip.decompress(make_tarball(GOOD)))
    whole[tarfile.BLOCKSIZE * 2 + 148] ^= 0xFF
    with pytest.raises(CorruptError):
        unpack_archive(_write(tmp_path / "afw.tar.gz", gzip.compress(bytes(whole))), tmp_path / "out")


def test_a_flipped_bit_is_found_by_the_checksum(tmp_path: Path) -> None:
    stored = bytearray(gzip.compress(gzip.decompress(make_tarball(GOOD)), compresslevel=0))
    place = stored.index(b"machine code")
    stored[place] ^= 1
    with pytest.raises(CorruptError):
        unpack_archive(_write(tmp_path / "afw.tar.gz", bytes(stored)), tmp_path / "out")
    assert _nothing_left(tmp_path)


@pytest.mark.parametrize("data", [b"", b"<html>not found</html>", gzip.compress(b"no tar", mtime=0)])
def test_what_is_no_archive_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(CorruptError):
        unpack_archive(_write(tmp_path / "afw.tar.gz", data), tmp_path / "out")


def test_an_archive_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        unpack_archive(tmp_path / "afw.tar.gz", tmp_path / "out")


def test_nothing_is_unpacked_over_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(RefusedError, match="is there already"):
        unpack_archive(_archive(tmp_path), tmp_path / "out")
