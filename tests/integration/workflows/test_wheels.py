"""The reusable workflow `wheels`, run by act; a stand-in of cibuildwheel builds for this machine's Python."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.actruns import make_sample, run_reusable

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.process, pytest.mark.network]

COMPILED = {
    "pyproject.toml": """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "lsst-boxes"
version = "1.0"
description = "Boxes"
readme = "README.md"
license = "BSD-3-Clause"
requires-python = ">=3.11"

[tool.setuptools]
packages = ["lsst.boxes"]
ext-modules = [{ name = "lsst.boxes._area", sources = ["area.c"] }]
""",
    "README.md": "# Boxes\n\nHold things.\n",
    "lsst/boxes/__init__.py": "from ._area import __doc__\n",
    "area.c": """\
#include <Python.h>
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_area", "Areas.", -1};
PyMODINIT_FUNC PyInit__area(void) { return PyModule_Create(&module); }
""",
}
PURE = {
    "pyproject.toml": """\
[build-system]
requires = ["flit_core>=3.9"]
build-backend = "flit_core.buildapi"

[project]
name = "boxes"
version = "1.0"
description = "Boxes"
readme = "README.md"
license = "BSD-3-Clause"
requires-python = ">=3.11"
""",
    "README.md": "# Boxes\n\nHold things.\n",
    "boxes/__init__.py": '"""Boxes."""\n\nimport tape\n',
    "tape.py": "",
}


def test_compiled_wheels_and_the_source_distribution_are_built_and_tried(tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "sample", COMPILED)
    inputs = {"compiled": True, "systems": '["ubuntu-latest"]', "python-version": "3.11"}
    result = run_reusable(tmp_path, "wheels", sample, inputs=inputs)
    assert result.code == 0, result.log
    assert (result.outputs["name"], result.outputs["version"]) == ("lsst-boxes", "1.0")
    wheel, sdist = sorted(path.name for path in (result.artifacts / "distributions").iterdir())
    tag = f"cp3{sys.version_info.minor}"
    assert wheel.startswith(f"lsst_boxes-1.0-{tag}-{tag}-")
    assert sdist == "lsst_boxes-1.0.tar.gz"
    assert f"`{wheel}`: `import lsst.boxes`" in result.summary
    assert "`lsst_boxes-1.0.tar.gz`: `import lsst.boxes`" in result.summary


def test_a_wheel_that_only_works_beside_its_sources_fails(tmp_path: Path) -> None:
    sample = make_sample(tmp_path / "sample", PURE)
    result = run_reusable(tmp_path, "wheels", sample, inputs={"python-version": "3.11"})
    assert result.code == 1, result.log
    assert sorted(result.failed) == ["Try the sdist", "Try the wheel"]
    message = "`import boxes` failed: ModuleNotFoundError: No module named 'tape'"
    assert [remark.message for remark in result.annotations] == [message, message]
