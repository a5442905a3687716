"""Our database against the one that the real EUPS wrote, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.eups import InternedTable, Stack, TablePlace
from lsstinstall.core.names import parse_flavor, parse_product_name
from lsstinstall.core.versions import parse_eups_version
from tests.support.eupsgoldens import list_tree, read_database

if TYPE_CHECKING:
    from pathlib import Path

LINUX = parse_flavor("Linux64")
MU = parse_product_name("mu_lib")
ONE, TWO, THREE = (parse_eups_version(text) for text in ("1.0", "2.0", "3.0+1"))


@pytest.fixture(scope="session")
def goldens(shared_dir: Path) -> Path:
    return shared_dir / "goldens" / "eups"


@pytest.fixture
def declared(tmp_path: Path) -> Stack:
    """The stack of ``3-declare``, made by the same sequence of declarations."""
    stack = Stack.create(tmp_path / "stack", flavor=LINUX)
    (stack.path / "site" / "startup.py").write_text('hooks.config.Eups.globalTags += ["d_2026_11_22"]\n')
    folders = {version: stack.path / "Linux64" / MU / version for version in (ONE, TWO, THREE)}
    outside = tmp_path / "elsewhere" / "xi_ext"
    for folder, name in [*((folder, MU) for folder in folders.values()), (outside, "xi_ext")]:
        (folder / "ups").mkdir(parents=True)
        (folder / "ups" / f"{name}.table").write_text("")
    pi = stack.path / "Linux64" / "pi_ext" / "1"
    pi.mkdir(parents=True)
    with stack.locked("the test"):
        for version, folder in folders.items():
            stack.declare(MU, version, directory=folder)
        stack.declare(MU, ONE, directory=folders[ONE], tags=("d_2026_11_22",))
        stack.declare(MU, TWO, directory=folders[TWO], tags=("d_2026_11_22",))
        stack.declare(MU, TWO, directory=folders[TWO], flavor=parse_flavor("Darwin"))
        one, five = parse_eups_version("1"), parse_eups_version("5")
        stack.declare(parse_product_name("nu_meta"), one, directory=None, table=TablePlace.NOWHERE)
        stack.declare(parse_product_name("xi_ext"), five, directory=outside)
        table = InternedTable(text="envSet(PI, 1)\n")
        stack.declare(parse_product_name("pi_ext"), one, directory=pi, table=table)
        stack.declare(MU, ONE, directory=folders[THREE], force=True)
    return stack


def test_declarations_are_written_byte_for_byte_as_eups_does(
    declared: Stack, goldens: Path, tmp_path: Path
) -> None:
    golden = read_database(goldens / "3-declare", placeholders={})
    assert read_database(declared.path, placeholders={"@ROOT@": tmp_path}) == golden


def test_declaring_leaves_the_same_tree_as_eups(declared: Stack, goldens: Path) -> None:
    golden = (goldens / "3-declare" / "TREE.txt").read_text().splitlines()
    assert list_tree(declared.path) == sorted(golden)
