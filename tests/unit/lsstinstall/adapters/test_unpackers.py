from __future__ import annotations

import hashlib
import io
import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.sharing import stamp_of
from lsstinstall.adapters.unpackers import Unpackers, UnpackRequest
from lsstinstall.adapters.unpackserver import GIVEN_UP, serve
from lsstinstall.core.errors import CorruptError, NotFoundError, ToolkitError, UnavailableError
from lsstinstall.core.filelistreading import parse_file_list
from lsstinstall.core.filelists import FileList, ListedFile, ListedLink
from lsstinstall.core.names import parse_sha256
from tests.support.packages import make_tarball
from tests.support.workers import kill_workers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.process

FOLDER = "afw/1.0"
PACKAGE = make_tarball(
    {f"{FOLDER}/bin/afw": b"program", f"{FOLDER}/lib/b.so": ("SYMTYPE", "b.so.1"), f"{FOLDER}/a": b"\n"}
)
DIGEST = parse_sha256(hashlib.sha256(PACKAGE).hexdigest())
EXPECTED = FileList(
    files=tuple(
        ListedFile(
            path=path,
            mode=0o644,
            size_bytes=len(content),
            sha256=parse_sha256(hashlib.sha256(content).hexdigest()),
        )
        for path, content in (("a", b"\n"), ("bin/afw", b"program"))
    ),
    links=(ListedLink(path="lib/b.so", target="b.so.1"),),
)


@pytest.fixture
def unpackers() -> Iterator[Unpackers]:
    made = Unpackers()
    yield made
    made.close()


@pytest.fixture
def request_(tmp_path: Path) -> UnpackRequest:
    return UnpackRequest(
        address="https://example.org/stack/afw-1.0@Linux64.tar.gz",
        tree=tmp_path / "tree",
        folder=FOLDER,
        record=tmp_path / "files.json",
        size_bytes=len(PACKAGE),
        sha256=DIGEST,
    )


def _chunks(data: bytes) -> Iterator[bytes]:
    return (data[start : start + 100] for start in range(0, len(data), 100))


def _file(tmp_path: Path, data: bytes = PACKAGE) -> Path:
    (tmp_path / "package").write_bytes(data)
    return tmp_path / "package"


@pytest.mark.parametrize("streamed", [True, False])
def test_a_package_is_unpacked_verified_and_written_down(
    unpackers: Unpackers, request_: UnpackRequest, tmp_path: Path, *, streamed: bool
) -> None:
    told: list[int] = []
    source = _chunks(PACKAGE) if streamed else _file(tmp_path)
    assert unpackers.unpack(request_, source, advance=told.append) == len(PACKAGE)
    assert (tmp_path / "tree" / FOLDER / "bin/afw").read_bytes() == b"program"
    written = parse_file_list(request_.record.read_bytes(), source="record")
    assert written == EXPECTED
    status = (tmp_path / "tree" / FOLDER / "bin/afw").stat()
    assert written.stamps["bin/afw"] == stamp_of(status)
    assert sum(told) == len(PACKAGE)


def test_a_worker_has_our_umask_for_what_the_package_does_not_name(
    request_: UnpackRequest, tmp_path: Path
) -> None:
    before = os.umask(0o027)
    unpackers = Unpackers()
    try:
        unpackers.unpack(request_, _file(tmp_path), advance=lambda _: None)
    finally:
        unpackers.close()
        os.umask(before)
    modes = [(tmp_path / name).stat().st_mode & 0o777 for name in ("tree/afw", "files.json")]
    assert modes == [0o750, 0o640]


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"sha256": parse_sha256("0" * 64)}, r"<https://.*> has the SHA-256 digest .* instead of 000"),
        ({"size_bytes": 7}, r"has \d+ bytes instead of 7"),
        ({"folder": "afw/2.0"}, r"`afw/1.0/a` is not in the folder `afw/2.0`|is not in the folder"),
    ],
)
def test_a_package_that_is_not_what_was_promised_is_refused(
    unpackers: Unpackers,
    request_: UnpackRequest,
    tmp_path: Path,
    change: dict[str, object],
    problem: str,
    *,
    streamed: bool,
) -> None:
    source = _chunks(PACKAGE) if streamed else _file(tmp_path)
    with pytest.raises(CorruptError, match=problem):
        unpackers.unpack(replace(request_, **change), source, advance=lambda _: None)  # type: ignore[arg-type]
    assert not request_.record.exists()


def test_a_damaged_package_is_told_by_its_digest_or_else_by_its_damage(
    unpackers: Unpackers, request_: UnpackRequest, tmp_path: Path
) -> None:
    damaged = _file(tmp_path, PACKAGE[:-100] + b"x" * 100)
    with pytest.raises(CorruptError, match="SHA-256"):
        unpackers.unpack(request_, damaged, advance=lambda _: None)
    other = replace(request_, tree=tmp_path / "second", sha256=None)
    with pytest.raises(
        CorruptError, match=r"cannot unpack <https://.*/afw-1\.0@Linux64\.tar\.gz>: .*damaged"
    ):
        unpackers.unpack(other, damaged, advance=lambda _: None)


def test_a_worker_goes_on_after_a_package_that_it_refused_in_the_middle(
    unpackers: Unpackers, request_: UnpackRequest, tmp_path: Path
) -> None:
    bad = replace(request_, size_bytes=None, sha256=None)
    with pytest.raises(CorruptError):
        unpackers.unpack(bad, _chunks(b"no package" * 1_000_000), advance=lambda _: None)
    good = replace(request_, tree=tmp_path / "second")
    assert unpackers.unpack(good, _chunks(PACKAGE), advance=lambda _: None) == len(PACKAGE)


def test_a_download_that_fails_is_told_as_it_is(unpackers: Unpackers, request_: UnpackRequest) -> None:
    def failing() -> Iterator[bytes]:
        yield PACKAGE[:50]
        raise UnavailableError("the server is gone")

    with pytest.raises(UnavailableError, match="the server is gone"):
        unpackers.unpack(request_, failing(), advance=lambda _: None)
    assert not request_.record.exists()


def test_a_package_that_is_not_there_is_not_found(
    unpackers: Unpackers, request_: UnpackRequest, tmp_path: Path
) -> None:
    with pytest.raises(NotFoundError, match="no such file"):
        unpackers.unpack(request_, tmp_path / "nothing", advance=lambda _: None)


def test_a_worker_that_was_killed_is_told_and_another_one_goes_on(
    unpackers: Unpackers, request_: UnpackRequest, tmp_path: Path
) -> None:
    def killing() -> Iterator[bytes]:
        yield PACKAGE[:50]
        kill_workers()
        yield PACKAGE[50:]
        yield bytes(1 << 22)

    with pytest.raises(ToolkitError, match="a process that unpacked ended with signal 9"):
        unpackers.unpack(request_, killing(), advance=lambda _: None)
    again = replace(request_, tree=tmp_path / "second")
    assert unpackers.unpack(again, _chunks(PACKAGE), advance=lambda _: None) == len(PACKAGE)


def _serve(request: UnpackRequest, frames: bytes) -> list[dict[str, object]]:
    answers = io.BytesIO()
    before = os.umask(0)
    try:
        serve(io.BytesIO(request.to_line(None, umask=0o022) + frames), answers)
    finally:
        os.umask(before)
    return [json.loads(line) for line in answers.getvalue().splitlines()]


def test_a_worker_answers_each_request(request_: UnpackRequest) -> None:
    frames = len(PACKAGE).to_bytes(4, "big") + PACKAGE + bytes(4)
    assert _serve(request_, frames) == [{"bytes": len(PACKAGE)}]


def test_a_package_that_was_given_up_is_not_finished(request_: UnpackRequest) -> None:
    frames = (50).to_bytes(4, "big") + PACKAGE[:50] + GIVEN_UP.to_bytes(4, "big")
    assert _serve(request_, frames) == [{}]
    assert not request_.record.exists()
