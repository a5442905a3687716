from __future__ import annotations

import pytest

from lsstinstall.core.errors import FormatError
from rubin_releng.core.buildkinds import BuildKind, choose_kind

BUILD_SYSTEM = '[build-system]\nrequires = ["setuptools"]\n'
PROJECT = '[project]\nname = "lsst-utils"\n'
TOOLS_ONLY = "[tool.ruff]\nline-length = 110\n"


@pytest.mark.parametrize(
    ("files", "pyproject", "expected"),
    [
        (["ups/lsst_distrib.table"], None, BuildKind.COPY),
        (["ups/afwdata.table", "data/x.fits"], None, BuildKind.COPY),
        (["ups/utils.table", "pyproject.toml"], BUILD_SYSTEM, BuildKind.PYTHON),
        (["ups/utils.table", "pyproject.toml"], PROJECT, BuildKind.PYTHON),
        (["ups/utils.table", "pyproject.toml", "SConstruct"], BUILD_SYSTEM, BuildKind.PYTHON),
        (["ups/afw.table", "pyproject.toml", "SConstruct"], TOOLS_ONLY, BuildKind.EUPSPKG),
        (["ups/notes.table", "pyproject.toml"], TOOLS_ONLY, BuildKind.COPY),
        (["ups/eupspkg.cfg.sh", "pyproject.toml"], BUILD_SYSTEM, BuildKind.EUPSPKG),
        (["ups/eupspkg"], None, BuildKind.EUPSPKG),
        (["SConstruct"], None, BuildKind.EUPSPKG),
        (["configure"], None, BuildKind.EUPSPKG),
        (["Makefile"], None, BuildKind.EUPSPKG),
        (["setup.py"], None, BuildKind.EUPSPKG),
        (["upstream/boost.tar.gz", "ups/boost.table"], None, BuildKind.EUPSPKG),
        (["doc/Makefile", "python/setup.py"], None, BuildKind.COPY),
    ],
)
def test_the_files_tell_how_a_product_is_built(
    files: list[str], pyproject: str | None, expected: BuildKind
) -> None:
    assert choose_kind(files, pyproject, source="afw") is expected


@pytest.mark.parametrize(
    ("text", "place"),
    [("[project]\nname = \n", "afw/pyproject.toml:2:8"), ('[project]\nname = "x', "afw/pyproject.toml:2:1")],
)
def test_what_is_no_toml_names_its_place(text: str, place: str) -> None:
    with pytest.raises(FormatError, match=place):
        choose_kind(["pyproject.toml"], text, source="afw")
