from __future__ import annotations

import pytest

from lsstinstall.core.buildmanifests import parse_build_manifest
from lsstinstall.core.errors import ConfigurationError
from rubin_releng.changelog.sides import MAIN_REFS, side_of_manifest, side_of_name, side_of_release
from tests.support.releases import a_release

MANIFEST = f"""# %-30s %-41s %-30s
BUILD=b12
afw   {"a" * 40}   g1+2
"""


CANDIDATE = (
    "refs/tags/v30.0.0.rc1",
    "refs/tags/v30_0_0_rc1",
    "refs/tags/30.0.0.rc1",
    "refs/tags/30.0.0rc1",
    "refs/tags/v30.0.0-rc1",
)


@pytest.mark.parametrize(
    ("name", "refs"),
    [
        ("w_2026_42", ("refs/tags/w.2026.42", "refs/tags/w_2026_42")),
        ("w.2026.42", ("refs/tags/w.2026.42", "refs/tags/w_2026_42")),
        ("d_2026_10_11", ("refs/tags/d.2026.10.11", "refs/tags/d_2026_10_11")),
        ("v30_0_0", ("refs/tags/30.0.0", "refs/tags/v30.0.0", "refs/tags/v30_0_0")),
        ("30.0.0", ("refs/tags/30.0.0", "refs/tags/v30.0.0", "refs/tags/v30_0_0")),
        ("v30.0.0", ("refs/tags/30.0.0", "refs/tags/v30.0.0", "refs/tags/v30_0_0")),
        ("v30_0_0_rc1", CANDIDATE),
        ("v30.0.0.rc1", CANDIDATE),
        ("30.0.0.rc1", CANDIDATE),
        ("30.0.0rc1", CANDIDATE),
        ("v30.0.0-rc1", CANDIDATE),
    ],
)
def test_a_tag_is_looked_for_in_all_its_spellings(name: str, refs: tuple[str, ...]) -> None:
    side = side_of_name(name)
    assert side.refs == refs
    assert side.is_tag is not name.startswith("d_")


@pytest.mark.parametrize("name", ["v30.0.x", "tickets/DM-1", "w.2018.30-run1", "HSC-1.0"])
def test_other_names_are_tags_or_branches_of_a_repository(name: str) -> None:
    side = side_of_name(name)
    assert side.refs == (f"refs/tags/{name}", f"refs/heads/{name}", f"refs/remotes/origin/{name}")
    assert not side.is_tag


def test_a_commit_may_be_given_by_its_id() -> None:
    assert side_of_name("a" * 40).refs[-1] == "a" * 40


def test_main_is_looked_for_under_its_former_names() -> None:
    assert side_of_name("main").refs == MAIN_REFS


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("b8466", "no repository knows the build `b8466`"),
        ("w_latest", "`w_latest` moves"),
        ("two words", "is not a git ref"),
        ("--help", "is not a git ref"),
    ],
)
def test_what_no_repository_can_know_is_refused(name: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        side_of_name(name)


def test_a_release_document_names_its_products() -> None:
    release = a_release()
    side = side_of_release(release, name="given")
    assert (side.name, side.tag, side.build, side.environment) == ("given", release.tag, "b12", "12.2.0")
    assert side.pins is not None
    assert [pin.commit for pin in side.pins.values()] == [product.commit for product in release.products]


def test_a_release_without_environment_names_none() -> None:
    assert side_of_release(a_release(environment=None), name="x").environment is None


def test_a_build_manifest_names_its_products() -> None:
    side = side_of_manifest(parse_build_manifest(MANIFEST, source="b12.txt"), name="b12")
    assert side.build == "b12"
    assert side.pins is not None
    assert {name: pin.version for name, pin in side.pins.items()} == {"afw": "g1+2"}
