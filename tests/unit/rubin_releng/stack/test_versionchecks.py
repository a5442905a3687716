from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.buildmanifests import BuildManifest, ManifestProduct, parse_build_manifest
from lsstinstall.core.names import parse_git_sha, parse_product_name
from lsstinstall.core.tags import parse_build_id
from lsstinstall.core.versions import VersionScheme, parse_eups_version
from rubin_releng.stack.versionchecks import VersionMismatch, check_versions

if TYPE_CHECKING:
    from pathlib import Path


def product(name: str, digit: str, version: str, *needs: str) -> ManifestProduct:
    return ManifestProduct(
        name=parse_product_name(name),
        sha=parse_git_sha(digit * 40),
        version=parse_eups_version(version),
        dependencies=tuple(parse_product_name(need) for need in needs),
    )


def manifest(*products: ManifestProduct) -> BuildManifest:
    return BuildManifest(build=parse_build_id("b7"), products=products)


def example(alpha: str, beta: str, gamma: str) -> BuildManifest:
    return manifest(
        product("alpha", "1", alpha),
        product("beta", "2", beta, "alpha"),
        product("gamma", "3", gamma, "beta"),
    )


def test_versions_of_the_current_rule_match() -> None:
    right = example("g1111111111", "g2222222222+92f4f12fba", "g3333333333+b56026ffda")
    check = check_versions(right)
    assert (check.build, check.products, check.scheme) == ("b7", 3, VersionScheme.COMMIT)
    assert (check.versions_matching, check.suffixes_matching) == (3, 3)
    assert check.mismatches == ()


def test_a_version_that_does_not_follow_is_named_with_the_right_one() -> None:
    check = check_versions(example("g1111111112", "g2222222222+92f4f12fba", "g3333333333+b56026ffda"))
    assert (check.versions_matching, check.suffixes_matching) == (2, 3)
    assert check.mismatches == (
        VersionMismatch(
            product=parse_product_name("alpha"),
            recorded=parse_eups_version("g1111111112"),
            expected=parse_eups_version("g1111111111"),
        ),
    )


def test_a_changed_commit_shows_in_everything_that_needs_it() -> None:
    right = example("g1111111111", "g2222222222+92f4f12fba", "g3333333333+b56026ffda")
    first = replace(right.products[0], sha=parse_git_sha("9" * 40))
    check = check_versions(replace(right, products=(first, *right.products[1:])))
    assert [mismatch.product for mismatch in check.mismatches] == ["alpha", "beta", "gamma"]


def test_an_older_version_among_new_ones_does_not_follow() -> None:
    check = check_versions(example("22.0.0", "g2222222222+92f4f12fba", "g3333333333+b56026ffda"))
    assert check.scheme is VersionScheme.COMMIT
    assert [mismatch.expected for mismatch in check.mismatches] == ["g1111111111"]


def test_with_tags_in_versions_the_suffixes_are_held_against_the_rule() -> None:
    check = check_versions(example("22.0.0", "22.0.1-5-g2222222+92f4f12fba", "main-g3333333333+0000000000"))
    assert check.scheme is VersionScheme.DESCRIBE
    assert (check.versions_matching, check.suffixes_matching) == (0, 2)
    assert [mismatch.expected for mismatch in check.mismatches] == ["main-g3333333333+b56026ffda"]


def test_with_tags_in_versions_the_commit_is_held_against_the_base() -> None:
    check = check_versions(example("22.0.0", "22.0.1-5-g2222223+92f4f12fba", "22.0.0+b56026ffda"))
    assert check.suffixes_matching == 3
    assert [mismatch.expected for mismatch in check.mismatches] == ["22.0.1-5-g2222222+92f4f12fba"]


def test_the_rule_of_direct_dependencies_is_recognised() -> None:
    check = check_versions(example("20.0.0", "20.0.0+92f4f12fba", "20.0.0+ecfec9e4d9"))
    assert check.scheme is VersionScheme.DIRECT
    assert check.suffixes_matching == 3
    assert check.mismatches == ()


def test_counters_follow_from_nothing_in_the_manifest() -> None:
    check = check_versions(example("20.0.0", "20.0.0+3", "20.0.0-4-g3333333+17"))
    assert check.scheme is VersionScheme.COUNTER
    assert (check.versions_matching, check.suffixes_matching) == (0, 1)
    assert check.mismatches == ()


def test_the_commit_in_a_counted_version_is_held_against_the_manifest() -> None:
    check = check_versions(example("20.0.0", "20.0.0+3", "20.0.0-4-g3333334+17"))
    assert [mismatch.expected for mismatch in check.mismatches] == ["20.0.0-4-g3333333+17"]


def test_versions_that_are_bare_tags_tell_no_rule() -> None:
    check = check_versions(example("20.0.0", "20.0.0", "1.5.2"))
    assert check.scheme is VersionScheme.PLAIN
    assert check.mismatches == ()


@pytest.mark.parametrize(
    ("build", "products", "scheme", "versions", "suffixes"),
    [
        ("b5029", 91, "describe+N", 0, 18),
        ("b5780", 95, "describe+hash", 0, 95),
        ("b5924", 95, "describe+hash", 0, 95),
        ("b5925", 95, "describe+hash", 0, 95),
        ("b6025", 98, "gSHA+hash", 98, 98),
        ("b6065", 95, "gSHA+hash", 95, 95),
        ("b8466", 127, "gSHA+hash", 127, 127),
    ],
)
def test_real_builds_follow_the_rule_of_their_time(
    shared_dir: Path, build: str, products: int, scheme: str, versions: int, suffixes: int
) -> None:
    path = shared_dir / "data" / "manifests" / f"{build}.txt"
    check = check_versions(parse_build_manifest(path.read_text(encoding="ascii"), source=build))
    assert (check.build, check.products, check.scheme) == (build, products, scheme)
    assert (check.versions_matching, check.suffixes_matching) == (versions, suffixes)
    assert check.mismatches == ()
