from __future__ import annotations

import pytest

from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.remaps import parse_remap
from rubin_releng.stack.leftout import leave_out
from tests.support.builds import fake_manifest

PRODUCTS = fake_manifest(base="", data="base", tool="base", top="data tool").products


def left(text: str) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    published, names = leave_out(PRODUCTS, parse_remap(text, source="manifest.remap"))
    return {one.name: tuple(one.dependencies) for one in published}, names


def test_without_rules_everything_is_published() -> None:
    assert left("") == ({one.name: one.dependencies for one in PRODUCTS}, ())


@pytest.mark.parametrize("text", ["[create]data None\n", "data None\n"])
def test_what_needed_a_product_that_is_left_out_needs_what_that_needed(text: str) -> None:
    published, names = left(text)
    assert names == ("data",)
    assert published == {"base": (), "tool": ("base",), "top": ("base", "tool")}


def test_rules_for_installing_and_for_other_versions_are_not_followed() -> None:
    assert left("[install]data None\ndata:1.0 None\n")[1] == ()


def test_a_rule_for_one_version_is_followed() -> None:
    assert left(f"[create]tool:{PRODUCTS[2].version} None\n")[1] == ("tool",)


def test_what_is_to_become_something_else_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="`data` is to be published as something else"):
        left("[create]data 1.0\n")
