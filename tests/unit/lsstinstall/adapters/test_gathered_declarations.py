from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.eups import Stack
from lsstinstall.core.errors import RefusedError, ToolkitError
from lsstinstall.core.names import Flavor, ProductName
from lsstinstall.core.versions import EupsVersion

if TYPE_CHECKING:
    from pathlib import Path

ONE = EupsVersion("1.0")
NAMES = tuple(ProductName(name) for name in ("afw", "base", "geom"))


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack.create(tmp_path / "stack", flavor=Flavor("Linux64"))


def _declare(stack: Stack, name: ProductName) -> None:
    folder = stack.path / "Linux64" / name / ONE
    (folder / "ups").mkdir(parents=True)
    (folder / "ups" / f"{name}.table").touch()
    stack.declare(name, ONE, directory=folder, tags=())


@pytest.mark.parametrize("count", [0, 1, 3])
def test_gathered_declarations_appear_at_the_end(stack: Stack, count: int) -> None:
    with stack.locked("a test"), stack.gathered():
        for name in NAMES[:count]:
            _declare(stack, name)
        assert stack.products() == ()
    assert stack.products() == NAMES[:count]


def test_a_product_can_be_tagged_after_it_was_gathered(stack: Stack) -> None:
    with stack.locked("a test"):
        with stack.gathered():
            _declare(stack, NAMES[0])
        stack.assign_tag(NAMES[0], ONE, "b1")
    assert stack.tagged(NAMES[0], "b1") == ONE


def _declare_and_fail(stack: Stack) -> None:
    with stack.gathered():
        _declare(stack, NAMES[0])
        raise RefusedError("somebody does not want it")


def _declare_onto_a_folder(stack: Stack) -> None:
    with stack.gathered():
        _declare(stack, NAMES[0])
        (stack.path / "ups_db" / NAMES[0] / f"{ONE}.version").mkdir()


def test_nothing_appears_after_an_error(stack: Stack) -> None:
    with pytest.raises(RefusedError):
        _declare_and_fail(stack)
    assert stack.products() == ()
    _declare(stack, NAMES[1])
    assert stack.products() == (NAMES[1],)


def test_a_file_in_the_way_of_a_gathered_one_is_told(stack: Stack) -> None:
    with pytest.raises(ToolkitError, match="cannot write to the database"):
        _declare_onto_a_folder(stack)
