from __future__ import annotations

import gzip
import hashlib
import io
import os
import resource
import signal
import tarfile
import time
import zlib
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.inflating import inflate, pick_engine
from lsstinstall.adapters.unpacking import Unpacking
from lsstinstall.core.errors import CorruptError
from tests.support.packages import make_tarball

if TYPE_CHECKING:
    from collections.abc import Iterator
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


def _chunks(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def unpack(archive: Path, out: Path, *, chunk: int = 1 << 16, umask: int = 0o022) -> Unpacking:
    unpacking = Unpacking(str(out), umask=umask)
    before = os.umask(0)
    try:
        unpacking.run(_chunks(archive.read_bytes(), chunk))
    finally:
        os.umask(before)
    return unpacking


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


def _nothing_outside(tmp_path: Path) -> bool:
    return {path.name for path in tmp_path.iterdir()} <= {"afw.tar.gz", "out"}


def test_an_archive_is_unpacked_with_files_folders_and_links(tmp_path: Path) -> None:
    files = unpack(_archive(tmp_path), tmp_path / "out")
    assert (tmp_path / "out/afw/1.0/bin/afw").read_bytes() == b"#!/bin/sh\n"
    assert (tmp_path / "out/afw/1.0/lib/libafw.so").readlink().name == "libafw.so.1"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["afw.tar.gz", "out"]
    assert list(files.files) == ["afw/1.0/bin/afw", "afw/1.0/lib/libafw.so.1"]
    assert files.links == {"afw/1.0/lib/libafw.so": "libafw.so.1"}


def test_what_was_unpacked_is_told_with_size_and_digest(tmp_path: Path) -> None:
    file = unpack(_archive(tmp_path), tmp_path / "out").files["afw/1.0/bin/afw"]
    assert (file.size_bytes, file.mode) == (10, 0o644)
    assert file.sha256 == hashlib.sha256(b"#!/bin/sh\n").hexdigest()


def test_modes_are_kept_but_no_special_bits_and_times_become_now(tmp_path: Path) -> None:
    folder = _header("d", mode=0o2555, kind=tarfile.DIRTYPE)
    data = _tar(folder, _header("d/run", mode=0o4755), _header("d/locked", mode=0o400))
    before = time.time() - 2
    unpack(_write(tmp_path / "afw.tar.gz", gzip.compress(data)), tmp_path / "out")
    out = tmp_path / "out"
    assert [path.stat().st_mode & 0o7777 for path in (out / "d", out / "d/run", out / "d/locked")] == [
        0o555, 0o755, 0o400,
    ]  # fmt: skip
    assert (out / "d/run").stat().st_mtime > before


def test_a_second_name_of_a_file_is_kept(tmp_path: Path) -> None:
    files = unpack(_archive(tmp_path, second=("LNKTYPE", "afw/1.0/bin/afw")), tmp_path / "out")
    assert (tmp_path / "out/second").samefile(tmp_path / "out/afw/1.0/bin/afw")
    assert len(files.files) == 3


def test_links_out_of_their_own_folder_but_not_of_the_archive_are_fine(tmp_path: Path) -> None:
    unpack(_archive(tmp_path, **{"afw/1.0/bin/lib": ("SYMTYPE", "../lib")}), tmp_path / "out")
    assert (tmp_path / "out/afw/1.0/bin/lib/libafw.so.1").is_file()


def test_the_link_that_eups_leaves_in_each_product_it_builds_is_kept(tmp_path: Path) -> None:
    link: dict[str, bytes | tuple[str, str]] = {
        "afw/1.0/ups/eupspkg": ("SYMTYPE", "/opt/eups/lib/eupspkg.sh")
    }
    unpack(_archive(tmp_path, **link), tmp_path / "out")
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
def test_an_archive_that_would_do_harm_is_refused(
    tmp_path: Path, path: str, content: bytes | tuple[str, str], problem: str
) -> None:
    archive = _archive(tmp_path, **{path: content})
    with pytest.raises(CorruptError) as caught:
        unpack(archive, tmp_path / "out")
    assert problem in str(caught.value)
    assert _nothing_outside(tmp_path)


def test_links_that_lead_outside_only_together_are_refused(tmp_path: Path) -> None:
    # Each stays inside by its text: `up` is the top, so `up/..` is what holds it.
    links: dict[str, bytes | tuple[str, str]] = {
        "a/b/up": ("SYMTYPE", "../.."),
        "out": ("SYMTYPE", "a/b/up/.."),
    }
    with pytest.raises(CorruptError, match="leads outside"):
        unpack(_archive(tmp_path, **links), tmp_path / "out")
    assert _nothing_outside(tmp_path)


def test_a_member_is_never_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    links: dict[str, bytes | tuple[str, str]] = {"a/b/up": ("SYMTYPE", "../.."), "a/b/up/x": b"evil"}
    with pytest.raises(CorruptError):
        unpack(_archive(tmp_path, **links), tmp_path / "target" / "out")
    assert [path.name for path in (tmp_path / "target").iterdir()] == ["out"]


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_archive_is_refused(tmp_path: Path, kept: float) -> None:
    noise = b"".join(hashlib.sha256(bytes([number])).digest() for number in range(250))
    archive = _archive(tmp_path, noise=noise)
    archive.write_bytes(archive.read_bytes()[: int(archive.stat().st_size * kept)])
    with pytest.raises(CorruptError, match="truncated or damaged"):
        unpack(archive, tmp_path / "out")
    assert _nothing_outside(tmp_path)


def test_a_tar_that_was_cut_before_it_was_compressed_is_refused(tmp_path: Path) -> None:
    # What `tar | gzip` leaves when tar dies; other tools take it for complete.
    whole = gzip.decompress(make_tarball(GOOD))
    cut = whole[: tarfile.BLOCKSIZE * 2]
    with pytest.raises(CorruptError, match="stops without the mark that ends an archive"):
        unpack(_write(tmp_path / "afw.tar.gz", gzip.compress(cut)), tmp_path / "out")


def test_a_broken_header_in_the_middle_is_refused(tmp_path: Path) -> None:
    whole = bytearray(gzip.decompress(make_tarball(GOOD)))
    whole[tarfile.BLOCKSIZE * 2 + 148] ^= 0xFF
    with pytest.raises(CorruptError):
        unpack(_write(tmp_path / "afw.tar.gz", gzip.compress(bytes(whole))), tmp_path / "out")


def test_a_flipped_bit_is_found_by_the_checksum(tmp_path: Path) -> None:
    stored = bytearray(gzip.compress(gzip.decompress(make_tarball(GOOD)), compresslevel=0))
    place = stored.index(b"machine code")
    stored[place] ^= 1
    with pytest.raises(CorruptError):
        unpack(_write(tmp_path / "afw.tar.gz", bytes(stored)), tmp_path / "out")
    assert _nothing_outside(tmp_path)


@pytest.mark.parametrize("data", [b"", b"<html>not found</html>", gzip.compress(b"no tar", mtime=0)])
def test_what_is_no_archive_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(CorruptError):
        unpack(_write(tmp_path / "afw.tar.gz", data), tmp_path / "out")


@pytest.mark.parametrize("chunk", [1, 7, 512, 1000, 1 << 20])
@pytest.mark.parametrize("format_", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_an_archive_is_read_as_tarfile_reads_it_however_it_comes(
    tmp_path: Path, format_: int, chunk: int
) -> None:
    packed = io.BytesIO()
    names = ["short", "d" * 60 + "/" + "f" * 90, "deep/" * 9 + "end", "empty"]
    names += [] if format_ == tarfile.USTAR_FORMAT else ["long" * 40 + "/" + "n" * 200, "gr\u00fc\u00dfe"]
    with tarfile.open(fileobj=packed, mode="w", format=format_) as tar:
        for number, name in enumerate(names):
            header = _header(name, size=(number * 700) % 2101)
            tar.addfile(header, io.BytesIO(bytes([number + 65]) * header.size))
        link = _header("link" * 30, kind=tarfile.SYMTYPE)
        link.linkname = "short" if format_ == tarfile.USTAR_FORMAT else "x" * 150
        link.name = "link" if format_ == tarfile.USTAR_FORMAT else link.name
        tar.addfile(link)
    archive = _write(tmp_path / "afw.tar.gz", gzip.compress(packed.getvalue()))
    found = unpack(archive, tmp_path / "out", chunk=chunk)
    packed.seek(0)
    with tarfile.open(fileobj=packed) as tar:
        contents = {
            one.name: reader.read() for one in tar if one.isreg() and (reader := tar.extractfile(one))
        }
    assert {path: (tmp_path / "out" / path).read_bytes() for path in found.files} == contents
    assert found.links == {link.name: link.linkname}
    digests = {path: hashlib.sha256(content).hexdigest() for path, content in contents.items()}
    assert {path: file.sha256 for path, file in found.files.items()} == digests


@pytest.mark.parametrize("kind", ["SYMTYPE", "LNKTYPE"])
def test_no_two_members_have_the_name_of_a_folder_and_of_something_else(tmp_path: Path, kind: str) -> None:
    with pytest.raises(CorruptError, match="is a folder and something else"):
        unpack(_archive(tmp_path, **{"afw/1.0/lib": (kind, "afw/1.0/bin/afw")}), tmp_path / "out")


def test_a_disk_that_is_full_is_told_with_the_file(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    archive = _archive(tmp_path, big=bytes(100_000))
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        with pytest.raises(OSError, match="too large") as caught:
            unpack(archive, tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert caught.value.filename == f"{tmp_path}/out/big"


def test_without_the_fast_decompressor_another_one_does_the_same() -> None:
    assert pick_engine("no.such.module", "zlib") is zlib
    assert b"".join(inflate([gzip.compress(b"content")], engine=zlib)) == b"content"
    assert b"".join(inflate([gzip.compress(bytes(3 << 20))], engine=zlib)) == bytes(3 << 20)


def test_a_compressed_file_may_have_several_members_and_end_with_zeros(tmp_path: Path) -> None:
    whole = gzip.decompress(make_tarball(GOOD))
    data = gzip.compress(whole[:700]) + gzip.compress(whole[700:]) + bytes(10)
    found = unpack(_write(tmp_path / "afw.tar.gz", data), tmp_path / "out")
    assert len(found.files) == 2


def test_what_follows_the_compressed_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorruptError, match="truncated or damaged"):
        unpack(_write(tmp_path / "afw.tar.gz", make_tarball(GOOD) + b"more"), tmp_path / "out")


def test_an_archive_that_grows_without_end_is_refused(tmp_path: Path) -> None:
    # A header that promises 8 GB, and zeros, a thousandth of that on the way.
    header = _header("zeros")
    header.size = 8 << 30
    block = gzip.compress(header.tobuf(tarfile.GNU_FORMAT) + bytes(8 << 20))
    archive = _write(tmp_path / "afw.tar.gz", block + gzip.compress(bytes(8 << 20)) * 60)
    with pytest.raises(CorruptError, match="as in no product"):
        unpack(archive, tmp_path / "out")


def test_a_second_name_with_the_size_of_the_first_has_no_content(tmp_path: Path) -> None:
    second = _header("b", kind=tarfile.LNKTYPE)
    second.linkname = "a"
    whole = bytearray(_tar(_header("a", size=3), second))
    place = 2 * tarfile.BLOCKSIZE
    second.size = 3
    whole[place : place + tarfile.BLOCKSIZE] = second.tobuf(tarfile.GNU_FORMAT)
    found = unpack(_write(tmp_path / "afw.tar.gz", gzip.compress(bytes(whole))), tmp_path / "out")
    assert [file.size_bytes for file in found.files.values()] == [3, 3]


def test_a_folder_may_be_a_file_s_name_with_a_slash_as_in_the_oldest_archives(tmp_path: Path) -> None:
    header = _header("d/", kind=tarfile.AREGTYPE)
    block = bytearray(header.tobuf(tarfile.GNU_FORMAT))
    found = unpack(
        _write(tmp_path / "afw.tar.gz", gzip.compress(bytes(block) + bytes(1024))), tmp_path / "out"
    )
    assert (tmp_path / "out/d").is_dir()
    assert not found.files


def test_folders_that_the_archive_does_not_name_have_what_the_umask_leaves(tmp_path: Path) -> None:
    unpack(_archive(tmp_path), tmp_path / "out", umask=0o027)
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "out/afw/1.0").stat().st_mode & 0o777 == 0o750


def test_a_folder_named_after_its_files_gets_its_bits(tmp_path: Path) -> None:
    data = _tar(_header("d/x"), _header("d", mode=0o700, kind=tarfile.DIRTYPE))
    unpack(_write(tmp_path / "afw.tar.gz", gzip.compress(data)), tmp_path / "out")
    assert (tmp_path / "out/d").stat().st_mode & 0o777 == 0o700


def test_folders_of_a_group_stay_folders_of_the_group(tmp_path: Path) -> None:
    tmp_path.chmod(0o2775)
    data = _tar(_header("d/x"), _header("d", mode=0o755, kind=tarfile.DIRTYPE), _header("e/f/y"))
    unpack(_write(tmp_path / "afw.tar.gz", gzip.compress(data)), tmp_path / "out", umask=0o002)
    assert [(tmp_path / "out" / one).stat().st_mode & 0o7777 for one in ("", "d", "e/f")] == [
        0o2775, 0o2755, 0o2775,
    ]  # fmt: skip


@pytest.mark.parametrize("target", ["/opt/conda/lib/libfftw3.so.3", "/usr/lib/libz.dylib"])
def test_a_link_to_a_library_of_the_machine_of_the_build_is_kept(tmp_path: Path, target: str) -> None:
    link: dict[str, bytes | tuple[str, str]] = {"afw/1.0/lib/libx.so": ("SYMTYPE", target)}
    found = unpack(_archive(tmp_path, **link), tmp_path / "out")
    assert found.links["afw/1.0/lib/libx.so"] == target


def test_nothing_is_written_through_a_link_to_a_library(tmp_path: Path) -> None:
    victim = _write(tmp_path / "victim.so", b"precious")
    link = _header("lib.so", kind=tarfile.SYMTYPE)
    link.linkname = str(victim)
    with pytest.raises(CorruptError, match="is in it twice"):
        unpack(
            _write(tmp_path / "afw.tar.gz", gzip.compress(_tar(link, _header("lib.so", size=3)))),
            tmp_path / "out",
        )
    assert victim.read_bytes() == b"precious"


@pytest.mark.parametrize(
    ("place", "wrong"),
    [(100, b"0009"), (124, b"x"), (124, b"-0000000512"), (148, b"7"), (0, b"\xff\xfe")],
)
def test_a_header_with_a_wrong_field_is_refused(tmp_path: Path, place: int, wrong: bytes) -> None:
    whole = bytearray(_tar(_header("a")))
    whole[place : place + len(wrong)] = wrong
    if place != 148:
        total = sum(whole[:148]) + 256 + sum(whole[156:512])
        whole[148:156] = b"%06o\0 " % total
    with pytest.raises(CorruptError, match=r"header in it is damaged|is not UTF-8"):
        unpack(_write(tmp_path / "afw.tar.gz", gzip.compress(bytes(whole))), tmp_path / "out")


@pytest.mark.parametrize(
    ("records", "problem"),
    [
        (b"nonsense", "damaged"),
        (b"12 size=x12\n", "damaged"),
        ("11 size=²\n".encode(), "damaged"),
        (b"5008 size=" + b"9" * 4997 + b"\n", "damaged"),
        (b"9" * 5000 + b" path=x\n", "damaged"),
        (b"22 GNU.sparse.major=1\n", "sparse"),
        (b"9 path=x", "damaged"),
    ],
)
def test_an_extension_that_is_none_is_refused(tmp_path: Path, records: bytes, problem: str) -> None:
    header = _header("pax", kind=b"x", size=len(records))
    padding = bytes(-len(records) % 512)
    data = header.tobuf(tarfile.GNU_FORMAT) + records + padding + _tar(_header("a"))
    with pytest.raises(CorruptError, match=problem):
        unpack(_write(tmp_path / "afw.tar.gz", gzip.compress(data)), tmp_path / "out")


def test_an_extension_without_measure_is_refused(tmp_path: Path) -> None:
    data = _header("long", kind=b"L", size=1 << 30).tobuf(tarfile.GNU_FORMAT) + bytes(1024)
    with pytest.raises(CorruptError, match=f"a name of {1 << 30} bytes"):
        unpack(_write(tmp_path / "afw.tar.gz", gzip.compress(data)), tmp_path / "out")


def test_what_is_said_of_the_whole_archive_is_passed_over(tmp_path: Path) -> None:
    data = _header("g", kind=b"g", size=20).tobuf(tarfile.GNU_FORMAT) + b"20 comment=0123456\n ".ljust(
        512, b"\0"
    )
    found = unpack(
        _write(tmp_path / "afw.tar.gz", gzip.compress(data + _tar(_header("a", size=2)))), tmp_path / "out"
    )
    assert list(found.files) == ["a"]


def test_nothing_is_unpacked_over_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(FileExistsError):
        unpack(_archive(tmp_path), tmp_path / "out")
