from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.sharing import FileSharing, stamp_of
from lsstinstall.core.names import Sha256
from lsstinstall.core.settings import LinkKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from lsstinstall.core.filestamps import FileStamp

LARGE = bytes(range(256)) * 8192


def _file(path: Path, content: bytes = b"content", mode: int = 0o644) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def _take(
    source: Path,
    target: Path,
    *,
    kind: LinkKind | None = None,
    content: bytes = b"content",
    mode: int = 0o644,
    is_own: bool = True,
    stamp: FileStamp | None = None,
) -> FileStamp | None:
    return FileSharing(kind).take(
        str(source),
        str(target),
        mode=mode,
        size_bytes=len(content),
        sha256=Sha256(hashlib.sha256(content).hexdigest()),
        is_own=is_own,
        stamp=stamp,
    )


@pytest.mark.parametrize("content", [b"content", LARGE])
@pytest.mark.parametrize("kind", [None, *LinkKind])
def test_a_file_is_taken_whatever_the_way(tmp_path: Path, kind: LinkKind | None, content: bytes) -> None:
    source = _file(tmp_path / "a", content)
    assert _take(source, tmp_path / "b", kind=kind, content=content)
    assert (tmp_path / "b").read_bytes() == content
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o644


def test_a_hard_link_is_a_second_name_and_a_copy_is_not(tmp_path: Path) -> None:
    source = _file(tmp_path / "a")
    _take(source, tmp_path / "link", kind=LinkKind.HARD)
    _take(source, tmp_path / "copy", kind=LinkKind.COPY)
    _take(source, tmp_path / "reflink", kind=LinkKind.REFLINK)
    assert (tmp_path / "link").samefile(source)
    assert not (tmp_path / "copy").samefile(source)
    assert not (tmp_path / "reflink").samefile(source)


@pytest.mark.parametrize("kind", [None, *LinkKind])
def test_other_content_is_not_taken_and_nothing_stays(tmp_path: Path, kind: LinkKind | None) -> None:
    source = _file(tmp_path / "a", b"CONTENT")
    assert not _take(source, tmp_path / "b", kind=kind)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("kind", [None, *LinkKind])
def test_another_size_is_not_taken(tmp_path: Path, kind: LinkKind | None) -> None:
    assert not _take(_file(tmp_path / "a", b"content, and more"), tmp_path / "b", kind=kind)


def test_a_file_with_other_permissions_is_copied(tmp_path: Path) -> None:
    source = _file(tmp_path / "a", mode=0o600)
    assert _take(source, tmp_path / "b", kind=LinkKind.HARD, mode=0o755)
    assert not (tmp_path / "b").samefile(source)
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o755
    assert source.stat().st_mode & 0o777 == 0o600


def test_a_read_only_file_is_taken(tmp_path: Path) -> None:
    source = _file(tmp_path / "a", mode=0o444)
    assert _take(source, tmp_path / "b", kind=LinkKind.COPY, mode=0o444)
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o444


def test_what_is_no_file_is_not_taken(tmp_path: Path) -> None:
    real = _file(tmp_path / "real")
    (tmp_path / "link").symlink_to(real)
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "folder", "pipe", "nothing"):
        assert not _take(tmp_path / name, tmp_path / "b")
        assert not _take(tmp_path / name, tmp_path / "b", content=b"")


def test_a_file_of_someone_else_is_copied_unless_the_stack_is_ours(tmp_path: Path) -> None:
    if os.geteuid():
        pytest.skip("only root can give files away")
    source = _file(tmp_path / "a")
    os.chown(source, 1234, 1234)
    assert _take(source, tmp_path / "copy", kind=LinkKind.HARD, is_own=False)
    assert _take(source, tmp_path / "link", kind=LinkKind.HARD, is_own=True)
    assert not (tmp_path / "copy").samefile(source)
    assert (tmp_path / "link").samefile(source)


def test_a_file_on_another_disk_is_copied(tmp_path: Path) -> None:
    memory = "/dev/shm"  # noqa: S108
    if not os.access(memory, os.W_OK) or os.stat(memory).st_dev == tmp_path.stat().st_dev:  # noqa: PTH116
        pytest.skip("there is no second file system to write to")
    source = tmp_path / "a"
    target = f"{memory}/lsstinstall-test-{os.getpid()}"
    _file(source)
    try:
        assert FileSharing(None).take(
            str(source),
            target,
            mode=0o644,
            size_bytes=7,
            sha256=Sha256(hashlib.sha256(b"content").hexdigest()),
            is_own=True,
        )
    finally:
        os.unlink(target)  # noqa: PTH108


def test_a_target_that_is_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    source, target = _file(tmp_path / "a"), _file(tmp_path / "b")
    for kind in LinkKind:
        with pytest.raises(FileExistsError):
            _take(source, target, kind=kind)


@pytest.mark.parametrize("kind", [None, LinkKind.HARD, LinkKind.REFLINK])
def test_a_file_that_did_not_change_since_its_digest_was_computed_is_not_read(
    tmp_path: Path, kind: LinkKind | None
) -> None:
    source = _file(tmp_path / "a", b"others.")
    # The digest is that of `content`, so reading would refuse it.
    assert _take(source, tmp_path / "b", kind=kind) is None
    stamp = stamp_of(source.stat())
    if kind is LinkKind.REFLINK:
        assert _take(source, tmp_path / "b", kind=LinkKind.COPY, stamp=stamp) is None
        return
    taken = _take(source, tmp_path / "b", kind=kind, stamp=stamp)
    assert taken == stamp_of((tmp_path / "b").stat())
    # A new name changes what the system says of a file.
    assert taken != stamp


def _rewrite(path: Path) -> None:
    times = path.stat()
    path.write_bytes(b"CONTENT")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def _replace(path: Path) -> None:
    times = path.stat()
    other = path.with_name("other")
    other.write_bytes(b"CONTENT")
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.replace(path)


def _link(path: Path) -> None:
    path.rename(path.with_name("moved"))
    path.symlink_to("moved")


@pytest.mark.parametrize("change", [_rewrite, _replace, _link, Path.unlink])
def test_a_file_that_changed_is_not_taken_whatever_its_times_say(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    source = _file(tmp_path / "a")
    stamp = stamp_of(source.stat())
    # Clocks of file systems stand still for some milliseconds.
    time.sleep(0.02)
    change(source)
    assert _take(source, tmp_path / "b", stamp=stamp) is None
    assert not (tmp_path / "b").exists()


def test_a_file_with_an_old_stamp_is_read(tmp_path: Path) -> None:
    source = _file(tmp_path / "a")
    assert _take(source, tmp_path / "b", stamp=(1, 2, 3)) == stamp_of(source.stat())
