from __future__ import annotations

import pytest

from lsstinstall.core.names import Flavor, ProductName
from lsstinstall.core.remaps import parse_remap
from lsstinstall.core.remaptables import RemapTable
from lsstinstall.core.versions import EupsVersion

LINUX = Flavor("Linux64")


def _table(text: str) -> RemapTable:
    return RemapTable(parse_remap(text, source="manifest.remap"))


def _applied(text: str, *, version: str = "1", flavor: str = LINUX) -> str | None:
    place = _table(text).apply(ProductName("utils"), EupsVersion(version), Flavor(flavor))
    return None if place is None else f"{place.product} {place.version}"


def test_without_a_line_everything_stays() -> None:
    assert _applied("other 2\n") == "utils 1"


@pytest.mark.parametrize(
    "line", ["utils 2", "utils:1 2", "utils:any 2", "utils 2 Linux64", "utils 2 generic"]
)
def test_a_version_takes_the_place_of_another(line: str) -> None:
    assert _applied(f"{line}\n") == "utils 2"


@pytest.mark.parametrize("line", ["utils:3 2", "utils 2 Darwin", "utils noReinstall"])
def test_a_line_for_something_else_does_nothing(line: str) -> None:
    assert _applied(f"{line}\n") == "utils 1"


def test_another_product_or_a_dummy_may_take_the_place() -> None:
    assert _applied("utils other:2\n") == "other 2"
    assert _applied("utils dummy\n") == "utils dummy"
    assert _applied("utils other:dummy\n") == "other dummy"


def test_the_first_line_of_several_counts() -> None:
    assert _applied("utils 2\nutils 3\n") == "utils 2"
    assert _applied("utils:1 8\nutils:1 None\n") == "utils 8"


def test_the_flavor_counts_before_the_version_and_that_before_all() -> None:
    text = "utils 1.5\nutils:1 2\nutils 3 Linux64\n"
    assert _applied(text) == "utils 3"
    assert _applied(text, flavor="Darwin") == "utils 2"
    assert _applied(text, flavor="Darwin", version="7") == "utils 1.5"


def test_a_line_of_the_flavor_that_changes_nothing_leaves_it_to_those_for_all() -> None:
    assert _applied("utils 2\nutils:1 1 Linux64\n") == "utils 2"


@pytest.mark.parametrize(
    "line", ["utils", "utils None", "utils:1 None", "[create]utils None", "utils None Linux64"]
)
def test_a_product_may_be_dropped(line: str) -> None:
    assert _applied(f"{line}\n") is None


def test_a_line_that_drops_one_version_drops_all() -> None:
    assert _applied("utils:7 None\n") is None


def test_a_line_that_drops_does_nothing_beside_one_that_replaces() -> None:
    assert _applied("utils:7 8\nutils None\n") == "utils 1"


def test_only_a_line_with_version_and_flavor_has_a_product_left_alone() -> None:
    utils, one = ProductName("utils"), EupsVersion("1")
    assert _table("utils:1 noReinstall Linux64\n").keeps(utils, one, LINUX)
    for line in ("utils noReinstall Linux64", "utils:1 noReinstall", "utils:2 noReinstall Linux64"):
        assert not _table(f"{line}\n").keeps(utils, one, LINUX)
