from __future__ import annotations

from pathlib import Path

import pytest

from lsstinstall.core.errors import NotFoundError
from rubin_releng.adapters.buildenvironments import BuildEnvironment, with_dependencies


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    prefix = tmp_path / "scipipe"
    for folder in ("bin", "include", "conda-meta", "lib/python3.12/site-packages/numpy-2.0.dist-info"):
        (prefix / folder).mkdir(parents=True)
    (prefix / "bin" / "python").touch()
    (prefix / "conda-meta" / "python-3.12.1-h1_0.json").touch()
    return prefix


def variables(prefix: Path, **environ: str) -> dict[str, str]:
    return BuildEnvironment.open(prefix).variables(environ, epoch=1_700_000_000, cores=3)


def test_a_folder_without_python_is_no_environment(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="it has no `bin/python`"):
        BuildEnvironment.open(tmp_path)


def test_the_place_of_an_environment_is_absolute(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(prefix.parent)
    assert BuildEnvironment.open(Path("scipipe")).python == prefix / "bin" / "python"


def test_packages_tell_environments_apart_and_places_do_not(prefix: Path, tmp_path: Path) -> None:
    before = BuildEnvironment.open(prefix).digest()
    moved = prefix.rename(tmp_path / "moved")
    assert BuildEnvironment.open(moved).digest() == before
    (moved / "conda-meta" / "gcc-13.2.0-h1_0.json").touch()
    with_gcc = BuildEnvironment.open(moved).digest()
    (moved / "lib/python3.12/site-packages/scipy-1.0.dist-info").mkdir()
    assert len({before, with_gcc, BuildEnvironment.open(moved).digest()}) == 3


def test_the_environment_comes_first_for_programs_and_compilers(prefix: Path) -> None:
    found = variables(prefix, PATH="/usr/bin", CPATH="/opt/include")
    assert found["PATH"] == f"{prefix}/bin:/usr/bin"
    assert found["CPATH"] == f"{prefix}/include:/opt/include"
    assert found["LIBRARY_PATH"] == f"{prefix}/lib"
    assert found["CONDA_PREFIX"] == str(prefix)


def test_what_belongs_to_other_pythons_and_products_is_left_out(prefix: Path) -> None:
    found = variables(
        prefix,
        PYTHONPATH="/elsewhere",
        VIRTUAL_ENV="/elsewhere",
        PIP_INDEX_URL="https://example.org",
        SETUP_AFW="afw 1.0",
        AFW_DIR="/stack/afw",
        AFW_DIR_EXTRA="/stack/extra",
        OTHER_DIR="/kept",
        HOME="/home/me",
    )
    assert not {"PYTHONPATH", "VIRTUAL_ENV", "PIP_INDEX_URL", "SETUP_AFW", "AFW_DIR", "AFW_DIR_EXTRA"} & set(
        found
    )
    assert (found["OTHER_DIR"], found["HOME"]) == ("/kept", "/home/me")


def test_a_build_gets_the_date_of_its_sources_and_its_share_of_the_machine(prefix: Path) -> None:
    found = variables(prefix)
    assert found["SOURCE_DATE_EPOCH"] == "1700000000"
    assert (found["MAKEFLAGS"], found["NPY_NUM_BUILD_JOBS"]) == ("-j3", "3")


def test_dependencies_come_before_the_environment(tmp_path: Path) -> None:
    (tmp_path / "one" / "include").mkdir(parents=True)
    (tmp_path / "two" / "lib").mkdir(parents=True)
    found = with_dependencies({"CPATH": "/env/include"}, [tmp_path / "one", tmp_path / "two"])
    assert found["CPATH"] == f"{tmp_path}/one/include:/env/include"
    assert found["LIBRARY_PATH"] == f"{tmp_path}/two/lib"
    assert found["CMAKE_PREFIX_PATH"] == f"{tmp_path}/one:{tmp_path}/two"


def test_without_dependencies_nothing_is_added() -> None:
    assert with_dependencies({"HOME": "/h"}, []) == {"HOME": "/h"}
