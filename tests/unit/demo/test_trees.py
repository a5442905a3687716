from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from demo.material.trees import TreeFile, changed_paths, read_sdist, table_text, take_paths, with_table
from lsstinstall.core.errors import CorruptError

if TYPE_CHECKING:
    from pathlib import Path

_PROJECT = b'[tool.lsst_versions]\nwrite_to = "python/lsst/x/version.py"\n'


def _tree(**files: str) -> dict[str, TreeFile]:
    return {name: TreeFile(data=content.encode()) for name, content in files.items()}


def _sdist(path: Path, files: dict[str, bytes], *, mode: int = 0o644) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(f"lsst_x-1.0/{name}")
            member.size, member.mode = len(data), mode
            tar.addfile(member, io.BytesIO(data))
    return path


def test_a_source_distribution_is_read_without_what_the_build_made(tmp_path: Path) -> None:
    archive = _sdist(
        tmp_path / "x.tar.gz",
        {
            "PKG-INFO": b"Name: lsst-x",
            "pyproject.toml": _PROJECT,
            "python/lsst/x/version.py": b"1",
            "python/lsst/x/__init__.py": b"",
            "python/lsst_x.egg-info/SOURCES.txt": b"",
        },
    )
    assert list(read_sdist(archive)) == ["pyproject.toml", "python/lsst/x/__init__.py"]


def test_the_section_that_setuptools_appends_is_taken_off_again(tmp_path: Path) -> None:
    appended = b"\n[egg_info]\ntag_build = \ntag_date = 0\n\n"
    archive = _sdist(tmp_path / "x.tar.gz", {"setup.cfg": b"[flake8]\nmax = 110\n" + appended})
    assert read_sdist(archive)["setup.cfg"].data == b"[flake8]\nmax = 110\n"


def test_a_setup_file_of_setuptools_alone_is_left_out(tmp_path: Path) -> None:
    archive = _sdist(tmp_path / "x.tar.gz", {"setup.cfg": b"[egg_info]\ntag_build = \ntag_date = 0\n\n"})
    assert read_sdist(archive) == {}


def test_programs_stay_programs(tmp_path: Path) -> None:
    archive = _sdist(tmp_path / "x.tar.gz", {"run.sh": b"#!/bin/sh\n"}, mode=0o755)
    assert read_sdist(archive)["run.sh"].executable


def test_a_truncated_source_distribution_is_corrupt(tmp_path: Path) -> None:
    archive = _sdist(tmp_path / "x.tar.gz", {"a": bytes(range(256)) * 100})
    archive.write_bytes(archive.read_bytes()[:-60])
    with pytest.raises(CorruptError, match="cannot be read"):
        read_sdist(archive)


def test_changed_paths_are_added_removed_and_changed_ones() -> None:
    assert changed_paths(_tree(a="1", b="1", c="1"), _tree(a="1", b="2", d="1")) == ("b", "c", "d")


def test_a_ticket_takes_only_the_paths_it_names() -> None:
    taken = take_paths(_tree(a="1", b="1"), _tree(a="2", b="2", c="2"), ["b*", "c"])
    assert taken == _tree(a="1", b="2", c="2")


def test_a_ticket_without_paths_takes_all_but_the_table() -> None:
    old = {**_tree(a="1", b="1"), **_tree(**{"ups/x.table": "setupRequired(y)"})}
    assert take_paths(old, _tree(a="2"), ()) == {
        **_tree(a="2"),
        **_tree(**{"ups/x.table": "setupRequired(y)"}),
    }


def test_the_table_names_requirements_and_python() -> None:
    tree = with_table(_tree(**{"pyproject.toml": ""}), "x", ["utils", "sphgeom"])
    assert tree["ups/x.table"].data.decode() == (
        "setupRequired(utils)\nsetupRequired(sphgeom)\n"
        "envPrepend(PYTHONPATH, ${PRODUCT_DIR}/python)\nenvPrepend(PATH, ${PRODUCT_DIR}/bin)\n"
    )


def test_a_product_without_sources_has_requirements_alone() -> None:
    assert table_text(["afw"], python=False) == "setupRequired(afw)\n"
