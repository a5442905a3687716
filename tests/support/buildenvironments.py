"""A Python environment to build products in, and products that need one."""

from __future__ import annotations

import site
import venv
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PYTHON_PRODUCT", "make_build_environment"]

PYTHON_PRODUCT = {
    "pyproject.toml": """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "lsst-tool"
version = "1.0"
scripts.tool = "lsst_tool:main"

[tool.hatch.build.targets.wheel]
packages = ["python/lsst_tool"]
""",
    "python/lsst_tool/__init__.py": "def main() -> None:\n    print('it works')\n",
    "policy/defaults.yaml": "a: 1\n",
}
"""Files of a product that hatchling builds."""


def make_build_environment(prefix: Path) -> Path:
    """Make an environment with pip of its own; what builds need is borrowed from ours."""
    venv.create(prefix, with_pip=True, symlinks=True)
    (packages,) = prefix.glob("lib/python*/site-packages")
    borrowed = "".join(f"{path}\n" for path in site.getsitepackages())
    (packages / "borrowed.pth").write_text(borrowed, encoding="utf-8")
    return prefix
