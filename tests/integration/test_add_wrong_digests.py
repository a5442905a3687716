"""What digests prove: packages, indexes and files that are not what they should be are never used."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.adapters.eups import Stack
from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from tests.support.packages import LINUX
from tests.support.soundstacks import faults_in, stack_state
from tests.support.weeklies import NEW, OLD, TOP, Weeklies, binary_folder, publish_weeklies

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.process

WEEKLIES = Weeklies(products=8, files=200, compressed_bytes=400_000)
CHANGED = min(WEEKLIES.changed)
CORRUPT = 5


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("published")
    publish_weeklies(WEEKLIES, root)
    return root


class _Site:
    """A package root to spoil, and a stack."""

    def __init__(self, published: Path, folder: Path) -> None:
        self.published = published
        self.root = folder / "root"
        shutil.copytree(published, self.root)
        self.stack = folder / "stack"

    def add(self, tag: str, stack: Path | None = None) -> int:
        where = ["--stack", str(stack or self.stack), "--pkgroot", str(binary_folder(self.root))]
        arguments = ["add", "-t", tag, TOP, *where, "--flavor", "Linux64", "--quiet"]
        return run_main(cli, name="lsstinstall", arguments=arguments)

    def archive(self, tag: str) -> Path:
        version = WEEKLIES.versions(tag)[CHANGED]
        return binary_folder(self.root) / f"{CHANGED}-{version}@Linux64.tar.gz"

    def document(self, tag: str) -> Path:
        return self.root / f"releases/{tag}.json"

    def edit_document(self, tag: str, edit: Callable[[dict[str, Any]], object]) -> None:
        data = json.loads(self.document(tag).read_text())
        (product,) = [one for one in data["products"] if one["name"] == CHANGED]
        edit(product["binaries"]["linux-64"])
        self.document(tag).write_text(json.dumps(data))

    def product(self, tag: str) -> Path:
        return self.stack / "Linux64" / CHANGED / WEEKLIES.versions(tag)[CHANGED]

    def check_refused(self, tag: str) -> None:
        assert faults_in(self.stack) == []
        assert not self.product(tag).exists()
        versions = Stack.open(self.stack, flavor=LINUX).versions(CHANGED)
        assert WEEKLIES.versions(tag)[CHANGED] not in versions

    def check_the_next_run_completes(self, *tags: str) -> None:
        shutil.rmtree(self.root)
        shutil.copytree(self.published, self.root)
        whole = self.stack.with_name("whole")
        for tag in tags:
            assert self.add(tag, whole) == 0
        assert self.add(tags[-1]) == 0
        assert faults_in(self.stack) == []
        assert stack_state(self.stack) == stack_state(whole)


@pytest.fixture
def site(published: Path, tmp_path: Path) -> _Site:
    return _Site(published, tmp_path)


def _repack(archive: Path) -> None:
    """Change one letter in a way that no checksum of the archive notices."""
    archive.write_bytes(gzip.compress(gzip.decompress(archive.read_bytes()).replace(b"e", b"o", 1)))


def _append(archive: Path) -> None:
    archive.write_bytes(archive.read_bytes() + gzip.compress(bytes(10240)))


@pytest.mark.parametrize("spoil", [_repack, _append])
@pytest.mark.parametrize("tags", [(OLD,), (OLD, NEW)])
def test_an_archive_that_is_not_the_published_one_is_refused(
    tags: tuple[str, ...], spoil: Callable[[Path], None], site: _Site, capsys: pytest.CaptureFixture[str]
) -> None:
    for tag in tags[:-1]:
        assert site.add(tag) == 0
    spoil(site.archive(tags[-1]))
    code = site.add(tags[-1])
    if code:
        assert code == CORRUPT
        assert site.archive(tags[-1]).name in capsys.readouterr().err
        site.check_refused(tags[-1])
    else:
        # All that was needed of it was proven file by file.
        assert len(tags) == len((OLD, NEW))
    site.check_the_next_run_completes(*tags)


@pytest.mark.parametrize("change", [{"sha256": "0" * 64}, {"size_bytes": 12}], ids=["digest", "size"])
def test_a_release_document_that_does_not_fit_its_packages_is_believed(
    change: dict[str, object], site: _Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.edit_document(OLD, lambda file: file.update(change))
    assert site.add(OLD) == CORRUPT
    assert site.archive(OLD).name in capsys.readouterr().err
    site.check_refused(OLD)
    site.check_the_next_run_completes(OLD)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 1}', "<!DOCTYPE html>"])
def test_a_damaged_release_document_stops_everything(text: str, site: _Site) -> None:
    site.document(OLD).write_text(text)
    assert site.add(OLD) == CORRUPT
    assert not (site.stack / "Linux64").exists()
    site.check_the_next_run_completes(OLD)


def _rewrite(path: Path) -> None:
    """Edit a file as a clumsy user would: size and date stay, even its folder does not notice."""
    status = path.stat()
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize("spoil", [_rewrite, os.remove], ids=["rewritten", "removed"])
def test_an_installed_file_that_was_changed_does_not_get_into_the_next_version(
    spoil: Callable[[Path], None], site: _Site
) -> None:
    assert site.add(OLD) == 0
    whole = site.stack.with_name("whole")
    for tag in (OLD, NEW):
        assert site.add(tag, whole) == 0
    for product in (site.stack / "Linux64").iterdir():
        (folder,) = product.iterdir()
        spoil(max(folder.rglob("*.*"), key=lambda path: (path.is_file(), path.name)))
    assert site.add(NEW) == 0
    _check_same_weekly(site.stack, whole)


def _check_same_weekly(stack: Path, whole: Path) -> None:
    """Compare what came with the second weekly."""
    for name, version in WEEKLIES.versions(NEW).items():
        if version != WEEKLIES.versions(OLD)[name]:
            place = f"Linux64/{name}/{version}"
            assert _contents(stack / place) == _contents(whole / place)


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("text", [None, "", "{}", "\0" * 100])
def test_the_next_version_needs_no_record_of_the_last(text: str | None, site: _Site) -> None:
    assert site.add(OLD) == 0
    for record in (site.stack / ".lsstinstall/files").rglob("*.json"):
        if text is None:
            record.unlink()
        else:
            record.write_text(text)
    assert site.add(NEW) == 0
    whole = site.stack.with_name("whole")
    assert (site.add(OLD, whole), site.add(NEW, whole)) == (0, 0)
    _check_same_weekly(site.stack, whole)


def test_a_damaged_index_never_makes_a_wrong_product(site: _Site) -> None:
    assert site.add(OLD) == 0
    indexes = [
        path for path in binary_folder(site.root).iterdir() if "index" in path.name and CHANGED in path.name
    ]
    if not indexes:
        pytest.skip("packages have no index")
    for index in indexes:
        data = bytearray(index.read_bytes())
        data[len(data) // 2] ^= 1
        index.write_bytes(bytes(data))
    if site.add(NEW):
        site.check_refused(NEW)
    site.check_the_next_run_completes(OLD, NEW)
