from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import jsonschema
from hypothesis import given
from hypothesis import strategies as st

from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.jsonplaces import find_places
from lsstinstall.core.jsontexts import canonical_json, parse_json
from lsstinstall.core.releaseadditions import merge_releases, with_changelog
from lsstinstall.core.releases import parse_release, release_schema
from tests.property.strategies import release_files, releases

if TYPE_CHECKING:
    from lsstinstall.core.releases import FileRecord, Release

VALIDATOR = jsonschema.Draft202012Validator(release_schema())

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=20,
)


@given(releases())
def test_a_release_survives_writing_and_reading(release: Release) -> None:
    assert parse_release(release.canonical(), source="test") == release


@given(releases())
def test_the_schema_accepts_every_release(release: Release) -> None:
    VALIDATOR.validate(json.loads(release.canonical()))


@given(releases(), st.randoms(use_true_random=False), json_values)
def test_whatever_we_read_the_schema_accepts(release: Release, random: Any, value: object) -> None:
    data = json.loads(release.canonical())
    change_something(data, random, value)
    text = json.dumps(data)
    try:
        parse_release(text, source="test")
    except ToolkitError:
        return
    VALIDATOR.validate(data)


def change_something(data: Any, random: Any, value: object) -> None:
    """Put a value somewhere into a document."""
    places = [place.path for place in find_places(json.dumps(data)) if place.path and not place.is_key]
    path = random.choice(places)
    for step in path[:-1]:
        data = data[step]
    data[path[-1]] = copy.deepcopy(value)


@given(releases(), st.integers(0, 10**6))
def test_a_truncated_document_is_never_read(release: Release, length: int) -> None:
    data = release.canonical()
    part = data[: length % (len(data) - 1)]
    try:
        parse_release(part, source="test")
    except ToolkitError:
        return
    raise AssertionError(part)


@given(releases(), release_files())
def test_adding_a_change_log_twice_is_adding_it_once(release: Release, file: FileRecord) -> None:
    once = with_changelog(release, file)
    assert with_changelog(once, file) == once


@given(releases())
def test_merging_a_release_with_itself_only_sorts_it(release: Release) -> None:
    merged = merge_releases(release, release)
    assert set(merged.images) == set(release.images)
    assert set(merged.changelogs) == set(release.changelogs)
    assert set(merged.git_tags) == set(release.git_tags)
    assert set(merged.platforms) == set(release.platforms)
    assert (merged.products, merged.environment) == (release.products, release.environment)
    assert merge_releases(merged, release) == merged


@given(json_values)
def test_canonical_json_survives_writing_and_reading(value: object) -> None:
    data = canonical_json(value)
    assert parse_json(data, source="test") == value
    assert canonical_json(parse_json(data, source="test")) == data
