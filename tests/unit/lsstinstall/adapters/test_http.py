from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.folders import FolderPkgroot
from lsstinstall.adapters.http import open_pkgroot
from lsstinstall.adapters.web import WebPkgroot
from lsstinstall.core.errors import ConfigurationError, CorruptError, NotFoundError
from lsstinstall.core.names import parse_sha256

if TYPE_CHECKING:
    from pathlib import Path

DATA = b"a tarball"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "root" / "tags").mkdir(parents=True)
    (tmp_path / "root" / "a+b.tar.gz").write_bytes(DATA)
    (tmp_path / "root" / "tags" / "w_1.list").write_text("grüße\n", encoding="utf-8")
    return tmp_path / "root"


@pytest.mark.parametrize("url", ["http://example.org/a/", "https://example.org/a"])
def test_web_addresses_are_opened_without_asking_anybody(url: str) -> None:
    root = open_pkgroot(url)
    assert isinstance(root, WebPkgroot)
    assert root.url == url.rstrip("/")


def test_folders_are_opened_by_path_and_by_address(folder: Path) -> None:
    for url in (
        str(folder),
        f"{folder}/",
        folder.as_uri(),
        folder.as_uri().replace("file://", "file://localhost"),
    ):
        root = open_pkgroot(url)
        assert isinstance(root, FolderPkgroot)
        assert root.read_text("tags/w_1.list") == "grüße\n"
        assert root.url == url.rstrip("/")


def test_an_address_with_quoted_blanks_is_a_folder_with_blanks(tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    assert open_pkgroot((tmp_path / "a b").as_uri()).listing("") == ()


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("ftp://example.org/a", "scheme `ftp` are not supported"),
        ("file://other/a", "is on another machine"),
        ("http://", "<http://> names no server"),
        ("https:///a", "names no server"),
        ("http://[::1", "<http://\\[::1> is no address: invalid ipv6 url"),
        ("https://example.org:port/a", "is no address: port could not be cast"),
    ],
)
def test_what_cannot_be_opened_is_refused(url: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        open_pkgroot(url)


def test_a_folder_is_read_listed_and_measured(folder: Path) -> None:
    root = open_pkgroot(str(folder))
    assert root.read_bytes("a+b.tar.gz") == DATA
    assert root.listing("tags") == ("w_1.list",)
    assert root.listing("") == ("a+b.tar.gz", "tags")
    assert root.size_bytes("a+b.tar.gz") == len(DATA)
    assert root.exists("a+b.tar.gz")
    assert not root.exists("tags")


def test_a_file_is_copied_verified_and_alone(folder: Path, tmp_path: Path) -> None:
    digest = parse_sha256(sha256(DATA).hexdigest())
    copied = tmp_path / "x" / "copy"
    size = open_pkgroot(str(folder)).download("a+b.tar.gz", copied, sha256=digest, size_bytes=len(DATA))
    assert (size, copied.read_bytes()) == (len(DATA), DATA)
    assert [path.name for path in copied.parent.iterdir()] == ["copy"]


def test_a_wrong_file_never_appears(folder: Path, tmp_path: Path) -> None:
    root = open_pkgroot(str(folder))
    with pytest.raises(CorruptError, match="has the SHA-256 digest"):
        root.download("a+b.tar.gz", tmp_path / "copy", sha256=parse_sha256("0" * 64))
    with pytest.raises(CorruptError, match="has 9 bytes instead of 8"):
        root.download("a+b.tar.gz", tmp_path / "copy", size_bytes=8)
    assert [path.name for path in tmp_path.iterdir()] == ["root"]


def test_what_is_not_there_is_not_found(folder: Path, tmp_path: Path) -> None:
    root = open_pkgroot(str(folder))
    for ask in (root.read_bytes, root.size_bytes, root.listing):
        with pytest.raises(NotFoundError):
            ask("nothing")
    with pytest.raises(NotFoundError):
        root.download("nothing", tmp_path / "copy")


def test_a_root_that_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there is no package root at"):
        open_pkgroot(str(tmp_path / "nothing")).read_bytes("config.txt")


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "a/../../b"])
def test_a_path_that_leaves_the_root_is_refused(folder: Path, path: str) -> None:
    with pytest.raises(CorruptError, match="leaves the package root"):
        open_pkgroot(str(folder)).read_bytes(path)


def test_a_part_of_a_file_is_read(folder: Path) -> None:
    root = open_pkgroot(str(folder))
    assert root.read_part("a+b.tar.gz", 2, 4) == DATA[2:6]
    with pytest.raises(CorruptError, match="ends before byte 10"):
        root.read_part("a+b.tar.gz", 6, 4)
    with pytest.raises(NotFoundError):
        root.read_part("nothing", 0, 1)
