"""Helper `check_distributions` of the workflows `wheels` and `pypi`."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from workflows.scripts.check_distributions import main

if TYPE_CHECKING:
    from pathlib import Path

METADATA = """\
Metadata-Version: 2.4
Name: Lsst.Boxes
Version: {version}
License-Expression: BSD-3-Clause
Requires-Python: >=3.11
Requires-Dist: numpy>=1.26

# Boxes
"""


def _wheel(folder: Path, version: str = "31.0.0", metadata: str = METADATA, name: str | None = None) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / (name or f"lsst_boxes-{version}-py3-none-any.whl")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"lsst_boxes-{version}.dist-info/METADATA", metadata.format(version=version))
        archive.writestr("lsst/boxes/__init__.py", "")


def _sdist(folder: Path, version: str = "31.0.0", metadata: str = METADATA, top: str | None = None) -> None:
    folder.mkdir(exist_ok=True)
    content = metadata.format(version=version).encode()
    with tarfile.open(folder / f"lsst_boxes-{version}.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo(f"{top or f'lsst_boxes-{version}'}/PKG-INFO")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))


def _environment(tmp_path: Path, version: str = "31.0.0") -> dict[str, str]:
    return {
        "DIST": str(tmp_path / "dist"),
        "VERSION": version,
        "KINDS": "sdist wheel",
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
    }


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    return tmp_path / "dist"


def test_a_complete_set_passes_with_its_digests(tmp_path: Path, dist: Path) -> None:
    _wheel(dist)
    _sdist(dist)
    assert main(_environment(tmp_path)) == 0
    output = (tmp_path / "output").read_text()
    assert "name=lsst-boxes\nversion=31.0.0\n" in output
    assert 'files=["lsst_boxes-31.0.0-py3-none-any.whl", "lsst_boxes-31.0.0.tar.gz"]' in output
    for path in sorted(dist.iterdir()):
        assert f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" in output
    assert "### lsst-boxes 31.0.0" in (tmp_path / "summary").read_text()


@pytest.mark.parametrize(
    ("version", "expected"),
    [("30.2026.2000", "*.2026.2000"), ("31.0.0rc1", "31.0.0rc1"), ("1.2.dev3", "")],
)
def test_a_version_that_the_tag_asks_for_passes(
    tmp_path: Path, dist: Path, version: str, expected: str
) -> None:
    _wheel(dist, version)
    _sdist(dist, version)
    assert main(_environment(tmp_path, expected)) == 0


def _problems(tmp_path: Path, capsys: pytest.CaptureFixture[str], version: str = "31.0.0") -> list[str]:
    assert main(_environment(tmp_path, version)) == 1
    assert not (tmp_path / "output").exists()
    return [
        line.removeprefix("::error title=Distributions::") for line in capsys.readouterr().out.splitlines()
    ]


@pytest.mark.parametrize(
    ("version", "expected"),
    [("30.2026.2001", "*.2026.2000"), ("30.2026.2000rc1", "*.2026.2000"), ("31.0.0", "31x0.0")],
)
def test_another_version_is_refused(
    tmp_path: Path, dist: Path, capsys: pytest.CaptureFixture[str], version: str, expected: str
) -> None:
    _wheel(dist, version)
    _sdist(dist, version)
    first, second = _problems(tmp_path, capsys, expected)
    assert f"version is `{version}`, the tag asks for `{expected}`" in first
    assert second.startswith(f"lsst_boxes-{version}.tar.gz: ")


def test_nothing_at_all_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _problems(tmp_path, capsys) == [
        "there is no sdist among the 0 files",
        "there is no wheel among the 0 files",
    ]


def test_a_local_version_is_refused(tmp_path: Path, dist: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _wheel(dist, "0+unknown")
    _sdist(dist, "0+unknown")
    assert all("`0+unknown` is a local version" in problem for problem in _problems(tmp_path, capsys, ""))


def test_files_that_do_not_belong_together_are_refused(
    tmp_path: Path, dist: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _wheel(dist)
    _sdist(dist)
    _sdist(dist, "30.0.0")
    problems = _problems(tmp_path, capsys, "")
    assert problems == [
        "the files are not of one name and version: lsst-boxes 30.0.0, lsst-boxes 31.0.0",
        "there is more than one source distribution",
    ]


def test_a_file_named_for_another_version_is_refused(
    tmp_path: Path, dist: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _wheel(dist, name="other-1.0-py3-none-any.whl")
    _sdist(dist)
    (problem,) = _problems(tmp_path, capsys)
    assert problem.endswith("is named for other 1.0 but holds lsst-boxes 31.0.0")


def test_metadata_that_says_too_little_or_too_much_is_refused(
    tmp_path: Path, dist: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = "Metadata-Version: 2.4\nName: lsst-boxes\nVersion: {version}\nRequires-Dist: a @ https://b.example/a\n\n"
    _wheel(dist, metadata=bare)
    _sdist(dist)
    texts = [problem.partition(": ")[2] for problem in _problems(tmp_path, capsys)]
    assert texts == [
        "names no license; expected `license` in the project's table",
        "has no `Requires-Python`; expected `requires-python` in the project's table",
        "has no description; expected `readme` in the project's table",
        "depends on an address: `a @ https://b.example/a`; an index refuses that",
    ]


@pytest.mark.parametrize("line", ["License: BSD", "Classifier: License :: OSI Approved :: BSD License"])
def test_older_ways_to_name_a_license_pass(tmp_path: Path, dist: Path, line: str) -> None:
    metadata = METADATA.replace("License-Expression: BSD-3-Clause", line)
    _wheel(dist, metadata=metadata)
    _sdist(dist, metadata=metadata)
    assert main(_environment(tmp_path)) == 0


def test_files_that_cannot_be_read_are_told_all_at_once(
    tmp_path: Path, dist: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _sdist(dist, top="elsewhere")
    (dist / "broken-1.0-py3-none-any.whl").write_text("no archive")
    with zipfile.ZipFile(dist / "empty-1.0-py3-none-any.whl", "w"):
        pass
    (dist / "notes.txt").write_text("")
    problems = _problems(tmp_path, capsys)
    assert problems[0].startswith("broken-1.0-py3-none-any.whl: damaged: ")
    assert problems[1:4] == [
        "empty-1.0-py3-none-any.whl: expected one `METADATA`, found 0",
        "lsst_boxes-31.0.0.tar.gz: expected `lsst_boxes-31.0.0/PKG-INFO` in it",
        "notes.txt: neither a wheel (.whl) nor a source distribution (.tar.gz)",
    ]
