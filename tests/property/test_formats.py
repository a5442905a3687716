from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from lsstinstall.core.buildmanifests import BuildManifest, parse_build_manifest
from lsstinstall.core.declarations import (
    ChainFile,
    VersionFile,
    format_global_tags,
    parse_chain_file,
    parse_global_tags,
    parse_version_file,
)
from lsstinstall.core.distribmanifests import DistribManifest, parse_distrib_manifest
from lsstinstall.core.eupstimes import format_eups_time, parse_eups_time
from lsstinstall.core.remaps import RemapRule, format_remap, parse_remap
from lsstinstall.core.serverconfigs import ServerConfig, parse_server_config
from lsstinstall.core.taglists import TagList, parse_tag_list
from rubin_releng.adapters.yamlfiles import compose_yaml
from rubin_releng.core.exclusions import parse_exclusions
from rubin_releng.core.repositories import RepoIndex, read_repositories
from tests.property import strategies

if TYPE_CHECKING:
    from datetime import datetime


@given(strategies.build_manifests())
def test_a_build_manifest_survives_writing_and_reading(manifest: BuildManifest) -> None:
    assert parse_build_manifest(manifest.format(), source="test") == manifest


@given(strategies.tag_lists)
def test_a_tag_list_survives_writing_and_reading(tag_list: TagList) -> None:
    assert parse_tag_list(tag_list.format(), source="test", expected=tag_list.tag) == tag_list


@given(strategies.distrib_manifests())
def test_a_distrib_manifest_survives_writing_and_reading(manifest: DistribManifest) -> None:
    again = parse_distrib_manifest(manifest.format(), source="test")
    assert again == manifest
    assert again.format() == manifest.format()


@given(strategies.version_files)
def test_a_version_file_survives_writing_and_reading(file: VersionFile) -> None:
    assert parse_version_file(file.format(), source="test") == file


@given(strategies.chain_files)
def test_a_chain_file_survives_writing_and_reading(file: ChainFile) -> None:
    assert parse_chain_file(file.format(), source="test") == file


@given(st.lists(st.from_regex(r"[A-Za-z0-9_]+", fullmatch=True), unique=True))
def test_the_list_of_tags_survives_writing_and_reading(tags: list[str]) -> None:
    assert parse_global_tags(format_global_tags(tags)) == tuple(tags)


@given(strategies.times)
def test_a_time_survives_writing_and_reading_with_its_zone(time: datetime) -> None:
    again = parse_eups_time(format_eups_time(time))
    assert again == time
    assert again.tzname() == time.tzname()


@given(strategies.server_configs)
def test_a_server_configuration_survives_writing_and_reading(config: ServerConfig) -> None:
    assert parse_server_config(config.format(), source="test") == config


@given(st.lists(strategies.remap_rules(), max_size=6))
def test_remap_rules_survive_writing_and_reading(rules: list[RemapRule]) -> None:
    assert parse_remap(format_remap(rules), source="test") == tuple(rules)


@given(st.lists(st.tuples(strategies.exclusion_patterns, strategies.exclusion_patterns)))
def test_an_exclusion_map_survives_writing_and_reading(patterns: list[tuple[str, str]]) -> None:
    text = "".join(f"{dependency}  {product}\n" for dependency, product in patterns)
    exclusions = parse_exclusions(text, source="test")
    assert parse_exclusions(exclusions.format(), source="test") == exclusions


@given(strategies.repo_indexes)
def test_an_index_of_repositories_survives_writing_and_reading(index: RepoIndex) -> None:
    assert read_repositories(compose_yaml(index.format(), source="test")) == index
