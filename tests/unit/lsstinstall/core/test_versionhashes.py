from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.buildmanifests import parse_build_manifest
from lsstinstall.core.graph import CycleError, MissingDependencyError
from lsstinstall.core.names import GitSha, ProductName
from lsstinstall.core.versionhashes import (
    derive_direct_suffixes,
    derive_suffixes,
    derive_versions,
    version_suffix,
)
from lsstinstall.core.versions import suffix_of

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.core.buildmanifests import BuildManifest

ALPHA, BETA, DELTA, GAMMA = (ProductName(name) for name in ("alpha", "beta", "delta", "gamma"))
COMMITS = {
    GAMMA: GitSha("3" * 40),
    ALPHA: GitSha("1" * 40),
    BETA: GitSha("2" * 40),
    DELTA: GitSha("4" * 40),
}
DEPENDENCIES = {GAMMA: (DELTA, BETA), BETA: (ALPHA,), DELTA: (ALPHA,)}


def real_manifest(shared_dir: Path, build: str) -> BuildManifest:
    path = shared_dir / "data" / "manifests" / f"{build}.txt"
    return parse_build_manifest(path.read_text(encoding="ascii"), source=build)


def test_versions_follow_from_commits_and_everything_that_is_needed() -> None:
    assert derive_versions(COMMITS, DEPENDENCIES) == {
        GAMMA: "g3333333333+58a4dd8c81",
        ALPHA: "g1111111111",
        BETA: "g2222222222+92f4f12fba",
        DELTA: "g4444444444+92f4f12fba",
    }


def test_versions_come_in_the_order_of_the_commits() -> None:
    assert list(derive_versions(COMMITS, DEPENDENCIES)) == list(COMMITS)


def test_order_and_repetition_of_dependencies_do_not_matter() -> None:
    other = {GAMMA: (BETA, BETA, DELTA, ALPHA), BETA: (ALPHA, ALPHA), DELTA: (ALPHA,), ALPHA: ()}
    assert derive_versions(COMMITS, other) == derive_versions(COMMITS, DEPENDENCIES)


def test_a_suffix_is_the_hash_of_what_one_product_needs() -> None:
    assert version_suffix({DELTA: COMMITS[DELTA], ALPHA: COMMITS[ALPHA], BETA: COMMITS[BETA]}) == "58a4dd8c81"
    assert version_suffix({ALPHA: COMMITS[ALPHA]}, abbreviation=12) == "92f4f12fba50"


def test_a_product_that_needs_nothing_has_no_suffix() -> None:
    assert version_suffix({}) is None
    assert derive_suffixes(COMMITS, DEPENDENCIES)[ALPHA] is None


def test_commit_and_hash_are_abbreviated_alike() -> None:
    versions = derive_versions(COMMITS, DEPENDENCIES, abbreviation=12)
    assert versions[BETA] == "g222222222222+92f4f12fba50"


def test_the_rule_of_three_days_takes_only_what_is_asked_for_itself_as_often_as_it_is_listed() -> None:
    suffixes = derive_direct_suffixes(COMMITS, {**DEPENDENCIES, DELTA: (ALPHA, ALPHA)})
    both = {name: COMMITS[name] for name in (BETA, DELTA)}
    assert suffixes[ALPHA] is None
    assert suffixes[BETA] == "92f4f12fba"
    assert suffixes[GAMMA] == version_suffix(both)
    assert suffixes[DELTA] != suffixes[BETA]


def test_a_dependency_outside_the_build_is_named() -> None:
    with pytest.raises(MissingDependencyError, match="`alpha` depends on `omega`"):
        derive_versions(COMMITS, {ALPHA: (ProductName("omega"),)})


def test_a_cycle_is_named() -> None:
    with pytest.raises(CycleError, match="`alpha` -> `beta` -> `alpha`"):
        derive_versions(COMMITS, {ALPHA: (BETA,), BETA: (ALPHA,)})


@pytest.mark.parametrize(("build", "products"), [("b6025", 98), ("b6065", 95), ("b8466", 127)])
def test_every_version_of_a_real_build_is_derived(shared_dir: Path, build: str, products: int) -> None:
    manifest = real_manifest(shared_dir, build)
    commits = {product.name: product.sha for product in manifest.products}
    recorded = {product.name: product.version for product in manifest.products}
    assert derive_versions(commits, manifest.dependencies) == recorded
    assert len(recorded) == products


@pytest.mark.parametrize("build", ["b5780", "b5924", "b5925"])
def test_every_suffix_of_a_real_build_with_tags_in_versions_is_derived(shared_dir: Path, build: str) -> None:
    manifest = real_manifest(shared_dir, build)
    commits = {product.name: product.sha for product in manifest.products}
    recorded = {product.name: suffix_of(product.version) for product in manifest.products}
    assert derive_suffixes(commits, manifest.dependencies) == recorded
