from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsstinstall.core.buildmanifests import BuildManifest, parse_build_manifest
from lsstinstall.core.declarations import ChainFile, VersionFile, parse_chain_file, parse_version_file
from lsstinstall.core.distribmanifests import DistribManifest, parse_distrib_manifest
from lsstinstall.core.errors import FormatError, ProblemsError
from lsstinstall.core.remaps import parse_remap
from lsstinstall.core.serverconfigs import parse_server_config
from lsstinstall.core.taglists import TagList, parse_tag_list
from rubin_releng.adapters.yamlfiles import compose_yaml
from rubin_releng.core.exclusions import parse_exclusions
from rubin_releng.core.repositories import lint_repositories, read_repositories
from tests.property import strategies

if TYPE_CHECKING:
    from collections.abc import Callable

_SPOILED = st.lists(
    st.sampled_from(
        ["", "\n", " ", "#", "=", "\t", "\r", '"', "%", "[", ":", "\x00", "\u2028", "none", "..", "é"]
    )
    | st.text(max_size=4),
    max_size=3,
)


@st.composite
def spoiled(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> str:
    """Text with something put in place of some of its parts."""
    text = draw(texts)
    for piece in draw(_SPOILED):
        begin = draw(st.integers(0, len(text)))
        text = text[:begin] + piece + text[begin + draw(st.integers(0, 20)) :]
    return text


def read_index(text: str, *, source: str) -> object:
    document = compose_yaml(text, source=source)
    lint_repositories(document)
    return read_repositories(document)


_FORMATTED: dict[str, tuple[Callable[..., object], st.SearchStrategy[str]]] = {
    "build manifest": (parse_build_manifest, strategies.build_manifests().map(BuildManifest.format)),
    "tag list": (parse_tag_list, strategies.tag_lists.map(TagList.format)),
    "distrib manifest": (parse_distrib_manifest, strategies.distrib_manifests().map(DistribManifest.format)),
    "version file": (parse_version_file, strategies.version_files.map(VersionFile.format)),
    "chain file": (parse_chain_file, strategies.chain_files.map(ChainFile.format)),
    "config.txt": (parse_server_config, strategies.server_configs.map(lambda config: config.format())),
    "manifest.remap": (parse_remap, strategies.remap_rules().map(lambda rule: rule.format() + "\n")),
    "exclusions": (parse_exclusions, st.just("condor  (afw|utils).*\n")),
    "repos.yaml": (read_index, strategies.repo_indexes.map(lambda index: index.format())),
}


@pytest.mark.parametrize("name", _FORMATTED)
@given(data=st.data())
def test_a_spoiled_text_is_read_or_refused_with_its_place(name: str, data: st.DataObject) -> None:
    parse, texts = _FORMATTED[name]
    with suppress(FormatError, ProblemsError):
        parse(data.draw(spoiled(texts)), source="test")


_YAML_WORDS = (
    "a 1 : - [ ] { } , &a *a !!int !!bool !!float !!null !!timestamp !!str !!set !!omap !!binary ? | > ' <<: "
    "2026-02-30 %TAG # ~ .inf 0x 1:99 1e9999 9999-12-31T23:59:59-23:00"
)
_YAML = st.lists(
    st.sampled_from([*_YAML_WORDS.split(), "\n", "  ", "\n---\n", "\n...\n", "\t", "\\", '"', ": ", "- "])
    | st.just(" "),
    max_size=12,
).map("".join)


@given(_YAML)
def test_any_text_is_yaml_or_refused_with_its_place(text: str) -> None:
    with suppress(FormatError):
        compose_yaml(text, source="test")


def every_cut(text: str) -> list[str]:
    return [text[:end] for end in range(len(text))]


@settings(max_examples=20)
@given(strategies.distrib_manifests())
def test_a_distrib_manifest_that_was_cut_anywhere_is_refused(manifest: DistribManifest) -> None:
    for text in every_cut(manifest.format()):
        with pytest.raises(FormatError):
            parse_distrib_manifest(text, source="test")


@settings(max_examples=20)
@given(strategies.version_files.filter(lambda file: len(file.flavors) == 1))
def test_a_version_file_that_was_cut_is_refused_or_says_the_same(file: VersionFile) -> None:
    for text in every_cut(file.format()):
        with suppress(FormatError):
            assert parse_version_file(text, source="test") == file


@settings(max_examples=20)
@given(strategies.build_manifests())
def test_a_build_manifest_is_refused_unless_it_was_cut_between_lines(manifest: BuildManifest) -> None:
    for text in every_cut(manifest.format()):
        if not text.endswith("\n"):
            with pytest.raises(FormatError):
                parse_build_manifest(text, source="test")
