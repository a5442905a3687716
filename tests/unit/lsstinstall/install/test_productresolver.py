from __future__ import annotations

import pytest

from lsstinstall.core.distribmanifests import SEARCH, DistribManifest, DistribManifestRow
from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.names import ProductName
from lsstinstall.core.remaps import parse_remap
from lsstinstall.core.remaptables import RemapTable
from lsstinstall.core.versions import EupsVersion
from lsstinstall.install.productresolver import needed_products
from tests.support.packages import LINUX


def _row(text: str) -> DistribManifestRow:
    """Make a row from ``name``, ``name:version``; ``?`` after it means `SEARCH`, ``!`` recursion."""
    name, _, version = text.rstrip("?!").partition(":")
    return DistribManifestRow(
        product=ProductName(name),
        flavor=LINUX,
        version=EupsVersion(version or "1"),
        table=None,
        directory=f"{name}/{version or 1}",
        dist_id=SEARCH if text.endswith("?") else f"{name}.tar.gz",
        recurse=True if text.endswith("!") else None,
    )


def _manifest(product: str, *rows: str) -> DistribManifest:
    own = _row(product)
    return DistribManifest(
        product=own.product, version=own.version, rows=tuple(_row(row) for row in (*rows, product))
    )


def _needed(
    *manifests: DistribManifest,
    remap: str = "",
    others: tuple[DistribManifest, ...] = (),
    installed: tuple[str, ...] = (),
) -> list[str]:
    known = {(one.product, one.version): one for one in (*manifests, *others)}
    needed = needed_products(
        manifests,
        RemapTable(parse_remap(remap, source="manifest.remap")),
        flavor=LINUX,
        find=lambda product, version: known.get((product, version)),
        is_installed=lambda product, version: f"{product}:{version}" in installed,
    )
    marks = {one.product: " dummy" * one.dummy + " kept" * one.kept for one in needed}
    return [f"{one.product}:{one.version}{marks[one.product]}" for one in needed]


def test_products_are_needed_in_the_order_of_the_manifest() -> None:
    assert _needed(_manifest("afw", "sphgeom", "utils")) == ["sphgeom:1", "utils:1", "afw:1"]


def test_a_product_of_two_manifests_is_needed_once() -> None:
    needed = _needed(_manifest("afw", "utils"), _manifest("obs", "utils", "afw"))
    assert needed == ["utils:1", "afw:1", "obs:1"]


def test_two_versions_of_a_product_cannot_both_be_installed() -> None:
    with pytest.raises(ConfigurationError, match=r"both `utils` 1 and 2 would be needed"):
        _needed(_manifest("afw", "utils"), _manifest("obs", "utils:2"))


def test_a_manifest_is_trusted_to_name_everything() -> None:
    assert _needed(_manifest("afw", "utils"), others=(_manifest("utils", "base"),)) == ["utils:1", "afw:1"]


@pytest.mark.parametrize("row", ["utils?", "utils!"])
def test_a_row_that_asks_for_it_is_followed(row: str) -> None:
    needed = _needed(_manifest("afw", row), others=(_manifest("utils", "base"),))
    assert needed == ["base:1", "utils:1", "afw:1"]


def test_a_row_of_what_is_installed_is_not_followed() -> None:
    needed = _needed(_manifest("afw", "utils?"), others=(_manifest("utils", "base"),), installed=("utils:1",))
    assert needed == ["utils:1", "afw:1"]


def test_a_row_that_nobody_has_a_manifest_of_is_needed_all_the_same() -> None:
    assert _needed(_manifest("afw", "utils?")) == ["utils:1", "afw:1"]


def test_manifests_that_name_each_other_are_followed_once() -> None:
    needed = _needed(_manifest("afw", "utils?"), others=(_manifest("utils", "afw?"),))
    assert needed == ["afw:1", "utils:1"]


def test_a_site_may_drop_a_product() -> None:
    assert _needed(_manifest("afw", "git"), remap="git  None\n") == ["afw:1"]


@pytest.mark.parametrize("line", ["afw  None", "afw  other:1"])
def test_a_site_may_not_drop_what_was_asked_for(line: str) -> None:
    with pytest.raises(ConfigurationError, match="`afw` was asked for"):
        _needed(_manifest("afw"), remap=f"{line}\n")


def test_a_site_may_have_another_version_of_what_was_asked_for() -> None:
    needed = _needed(_manifest("afw"), remap="afw 2\n", others=(_manifest("afw:2", "base"),))
    assert needed == ["base:1", "afw:2"]


def test_a_site_may_have_a_product_only_declared() -> None:
    needed = _needed(_manifest("afw", "git", "svn"), remap="git  dummy\nsvn nothing:dummy\n")
    assert needed == ["git:dummy dummy", "nothing:dummy dummy", "afw:1"]


def test_what_takes_the_place_of_another_brings_what_it_needs() -> None:
    needed = _needed(
        _manifest("afw", "git", "boost"),
        remap="git 2\nboost newboost:3\n",
        others=(_manifest("git:2", "curl"), _manifest("newboost:3", "python")),
    )
    assert needed == ["curl:1", "git:2", "python:1", "newboost:3", "afw:1"]


def test_lines_are_applied_one_after_the_other() -> None:
    assert _needed(_manifest("afw", "git"), remap="git:1 2\ngit:2 3\n") == ["git:3", "afw:1"]


def test_of_lines_that_go_in_circles_the_first_one_counts() -> None:
    assert _needed(_manifest("afw", "git"), remap="git 2\ngit 3 Linux64\n") == ["git:3", "afw:1"]


def test_a_product_that_is_to_be_left_alone_is_needed_all_the_same() -> None:
    assert _needed(_manifest("afw", "git"), remap="git:1 noReinstall Linux64\n") == ["git:1 kept", "afw:1"]
