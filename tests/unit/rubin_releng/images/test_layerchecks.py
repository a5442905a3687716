from __future__ import annotations

import io
import tarfile

import pytest

from lsstinstall.core.errors import CorruptError
from rubin_releng.images.layerchecks import check_members


def member(
    name: str, kind: bytes = tarfile.REGTYPE, *, target: str = "", content: bytes = b""
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, target, len(content)
    return info, content


def archive(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def problems(data: bytes, size: int = 7000) -> list[str]:
    found: list[str] = []
    check_members((data[start : start + size] for start in range(0, len(data), size)), tell=found.append)
    return found


@pytest.mark.parametrize(
    "one",
    [
        member("opt/x", content=b"1" * 30_000),
        member("./opt", tarfile.DIRTYPE),
        member("link", tarfile.SYMTYPE, target="/anywhere/../at/all"),
        member("dev/null", tarfile.CHRTYPE),
        member("dev/sda", tarfile.BLKTYPE),
        member("pipe", tarfile.FIFOTYPE),
        member("opt/.wh.old"),
        member(".wh.old"),
        member("opt/.wh..wh..opq"),
    ],
)
def test_what_layers_may_hold_is_in_order(one: tuple[tarfile.TarInfo, bytes]) -> None:
    assert problems(archive(one, member("z"))) == []


def test_a_hard_link_to_an_earlier_file_is_in_order() -> None:
    assert problems(archive(member("a"), member("b", tarfile.LNKTYPE, target="./a"))) == []


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ([member("/etc/passwd")], "the entry `/etc/passwd` leaves the image"),
        ([member("a/../../b")], "the entry `a/../../b` leaves the image"),
        ([member("a"), member("./a")], "the entry `a` is there twice"),
        (
            [member("a", tarfile.LNKTYPE, target="b"), member("b")],
            "the hard link `a` leads to `b`, no earlier file of the layer",
        ),
        (
            [member("d", tarfile.DIRTYPE), member("a", tarfile.LNKTYPE, target="d")],
            "the hard link `a` leads to `d`, no earlier file of the layer",
        ),
        ([member("a", b"Z")], "the entry `a` is of the unknown kind b'Z'"),
        ([member(".wh.a", content=b"x")], "the whiteout `.wh.a` is no empty file"),
        ([member("d/.wh.a", tarfile.DIRTYPE)], "the whiteout `d/.wh.a` is no empty file"),
        ([member("d/.wh.")], "the whiteout `d/.wh.` names nothing"),
        ([member("d/.wh...")], "the whiteout `d/.wh...` names nothing"),
        ([member("d/a"), member("d/.wh.a")], "the whiteout `d/.wh.a` hides an entry of its own layer"),
        ([member("a"), member(".wh.a")], "the whiteout `.wh.a` hides an entry of its own layer"),
    ],
)
def test_what_is_wrong_is_told(members: list[tuple[tarfile.TarInfo, bytes]], problem: str) -> None:
    assert problems(archive(*members)) == [problem]


def test_after_ten_problems_no_more_are_told() -> None:
    assert len(problems(archive(*(member("a") for _ in range(20))))) == 10


@pytest.mark.parametrize("data", [b"", b"x" * 10240, archive(member("a", content=b"1" * 30_000))[:9000]])
def test_what_is_no_archive_is_corrupt(data: bytes) -> None:
    with pytest.raises(CorruptError, match="is no tar archive"):
        problems(data)


def test_what_follows_the_archive_is_taken_as_well() -> None:
    pieces = iter([archive(member("a")), b"x" * 99, b"y"])
    check_members(pieces, tell=lambda _: None)
    assert list(pieces) == []
