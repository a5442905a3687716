"""Files of the real tools, read and written again, byte for byte."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from lsstinstall.core.buildmanifests import parse_build_manifest
from lsstinstall.core.declarations import (
    format_global_tags,
    parse_chain_file,
    parse_global_tags,
    parse_version_file,
)
from lsstinstall.core.distribmanifests import parse_distrib_manifest
from lsstinstall.core.graph import levels, stable_order
from lsstinstall.core.pkgroots import SOURCE_CONFIG, TARBALL_CONFIG, parse_server_config
from lsstinstall.core.remaps import format_remap, parse_remap
from lsstinstall.core.taglists import parse_tag_list
from lsstinstall.core.tags import EupsTag
from rubin_releng.adapters.yamlfiles import compose_yaml
from rubin_releng.core.exclusions import parse_exclusions
from rubin_releng.core.repositories import lint_repositories, read_repositories

if TYPE_CHECKING:
    from collections.abc import Callable

    class Format(Protocol):
        def format(self) -> str: ...


SAMPLES = sorted(
    path for path in (Path(__file__).parents[1] / "data" / "eups").iterdir() if path.suffix != ".md"
)
PARSERS: dict[str, Callable[[str], Format]] = {
    ".version": lambda text: parse_version_file(text, source="golden"),
    ".chain": lambda text: parse_chain_file(text, source="golden"),
    ".list": lambda text: parse_tag_list(text, source="golden"),
    ".manifest": lambda text: parse_distrib_manifest(text, source="golden"),
    ".txt": lambda text: parse_server_config(text, source="golden"),
}


def rewritten(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".tags":
        return format_global_tags(parse_global_tags(text))
    return PARSERS[path.suffix](text).format()


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_what_eups_wrote_is_written_again(path: Path) -> None:
    assert rewritten(path) == path.read_text(encoding="utf-8")


def test_all_files_of_the_golden_databases_and_server_are_written_again(shared_dir: Path) -> None:
    files = [
        path
        for path in sorted((shared_dir / "goldens" / "eups").rglob("*"))
        if path.suffix in {".version", ".chain", ".list", ".manifest", ".tags"}
        or "config" in path.name.lower()
    ]
    different = [path for path in files if rewritten(path) != path.read_text(encoding="utf-8")]
    assert (len(files) > 30, different) == (True, [])


def test_the_configurations_that_we_write_are_those_of_eups(shared_dir: Path) -> None:
    golden = (shared_dir / "goldens" / "eups" / "server" / "config.txt").read_text(encoding="utf-8")
    assert golden == TARBALL_CONFIG
    assert parse_server_config(SOURCE_CONFIG, source="ours").format() == SOURCE_CONFIG


BUILDS = ["b5029", "b5780", "b5924", "b5925", "b6025", "b6065", "b8466"]


@pytest.mark.parametrize("build", BUILDS)
def test_a_recorded_build_manifest_is_written_again(shared_dir: Path, build: str) -> None:
    text = (shared_dir / "data" / "manifests" / f"{build}.txt").read_text(encoding="utf-8")
    manifest = parse_build_manifest(text, source=build)
    assert (manifest.build, manifest.format()) == (build, text)


@pytest.mark.parametrize("build", BUILDS[1:])
def test_the_order_of_a_recorded_manifest_is_the_stable_order(shared_dir: Path, build: str) -> None:
    # Manifests up to b5029 were written before the order was made stable.
    text = (shared_dir / "data" / "manifests" / f"{build}.txt").read_text(encoding="utf-8")
    manifest = parse_build_manifest(text, source=build)
    assert stable_order(manifest.dependencies) == tuple(manifest.by_name)


def test_the_content_hash_is_the_one_that_versiondb_recorded(shared_dir: Path) -> None:
    folder = shared_dir / "data" / "manifests"
    manifest = parse_build_manifest((folder / "b8466.txt").read_text(encoding="utf-8"), source="b8466")
    recorded = (folder / "content_sha.db.tail300.txt").read_text(encoding="utf-8").split("\n")
    assert [line for line in recorded if line.endswith("\tb8466")] == [f"{manifest.content_hash()}\tb8466"]


def test_the_newest_graph_has_the_levels_that_were_counted(shared_dir: Path) -> None:
    data = json.loads((shared_dir / "data" / "dag_b8466.json").read_text(encoding="utf-8"))
    found = levels({product["product"]: product["deps"] for product in data["products"]})
    assert len(found) == data["n_levels"]
    assert {name: place for place, level in enumerate(found) for name in level} == {
        product["product"]: product["level"] for product in data["products"]
    }


@pytest.mark.parametrize("tag", ["d_2018_05_08", "v15_0"])
def test_a_real_tag_list_is_written_again(shared_dir: Path, tag: str) -> None:
    text = (shared_dir / "data" / "eups-tags" / f"{tag}.list").read_text(encoding="utf-8")
    tag_list = parse_tag_list(text, source=tag, expected=EupsTag.parse(tag))
    assert tag_list.format() == text


def test_the_remap_file_of_lsstsw_is_written_again(shared_dir: Path) -> None:
    text = (shared_dir / "data" / "manifest.remap").read_text(encoding="utf-8")
    assert format_remap(parse_remap(text, source="manifest.remap")) == text


def test_the_exclusions_of_lsstsw_are_written_again_without_comments(shared_dir: Path) -> None:
    text = (shared_dir / "data" / "exclusions.txt").read_text(encoding="utf-8")
    rules = "".join(line for line in text.splitlines(keepends=True) if line.strip() and line[0] != "#")
    assert parse_exclusions(text, source="exclusions.txt").format() == rules


def test_the_public_index_of_repositories_passes_its_own_check(shared_dir: Path) -> None:
    text = (shared_dir / "data" / "repos.yaml").read_text(encoding="utf-8")
    document = compose_yaml(text, source="repos.yaml")
    index = read_repositories(document)
    assert lint_repositories(document) == ()
    assert len(index.repositories) == 386
    assert sum(repository.lfs for repository in index.repositories) == 23
    assert sum(repository.ref is not None for repository in index.repositories) == 18
    assert read_repositories(compose_yaml(index.format(), source="ours")) == index
