"""The ledger of rubin-env says of every version what its recipe said."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.core.names import CondaSubdir
from rubin_releng.adapters.ledgerfiles import LoadedLedger, load_ledger
from rubin_releng.adapters.recipefiles import stage_recipe
from rubin_releng.core.ledgerformats import format_ledger
from rubin_releng.core.ledgers import Section
from rubin_releng.core.versionids import VersionId
from rubin_releng.environments.recipeplans import plan_recipe
from rubin_releng.environments.rendering import RecipeFormat, render_recipe
from tests.support.recipereading import conda_requirements, known_requirements, rattler_requirements

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.conda

VERSIONS = (
    "0.1.0", "0.1.1", "0.1.2", "0.1.3", "0.1.4", "0.1.5", "0.2.0", "0.2.1", "0.3.0", "0.3.1",
    "0.4.0", "0.4.1", "0.4.2", "0.4.3", "0.5.0", "0.6.0", "0.7.0", "0.8.0", "0.8.1", "0.8.2",
    "0.8.3", "0.8.4", "1.0.0", "2.0.0", "3.0.0", "4.0.0", "4.0.1", "4.0.2", "4.0.3", "4.0.4",
    "4.0.5", "4.0.6", "4.1.0", "5.0.0", "5.0.1", "5.1.0", "6.0.0", "7.0.0", "7.0.1", "8.0.0",
    "9.0.0", "9.1.0", "10.0.0", "10.1.0", "10.1.1", "10.2.0", "11.0.0", "12.0.0", "12.1.0",
    "12.2.0", "13.0.0", "13.0.1",
)  # fmt: skip


@cache
def _ledger(root: Path) -> LoadedLedger:
    return load_ledger(root / "recipes/rubin-env")


@cache
def _facts(shared: Path) -> Mapping[str, Any]:
    facts: Mapping[str, Any] = json.loads((shared / "data/rubin-env.json").read_text())["versions"]
    return facts


def _builds(facts: Mapping[str, Any], version: str) -> list[dict[str, Any]]:
    return [facts[version][one] for one in ("first_build", "last_build") if one in facts[version]]


@pytest.mark.parametrize("version", VERSIONS)
def test_both_formats_need_what_the_recipe_of_the_version_needed(
    version: str, project_root: Path, shared_dir: Path, tmp_path: Path
) -> None:
    loaded = _ledger(project_root)
    for build in _builds(_facts(shared_dir), version):
        record = loaded.ledger.record(version, build=build["build_number"])
        assert list(record.platforms) == build["platforms"]
        plan = plan_recipe(loaded.ledger, record)
        place = tmp_path / str(record.build)
        for form in RecipeFormat:
            stage_recipe(place / form, render_recipe(plan, form), scripts=loaded.folder)
        for platform in record.platforms:
            expected = known_requirements(build, platform)
            assert rattler_requirements(place / RecipeFormat.RATTLER, platform) == expected
            assert conda_requirements(place / RecipeFormat.CONDA_BUILD, platform) == expected


def test_no_version_is_left_out(project_root: Path, shared_dir: Path) -> None:
    ledger = _ledger(project_root).ledger
    assert {record.version for record in ledger.versions} == set(_facts(shared_dir)) == set(VERSIONS)
    assert len(ledger.versions) == sum(len(_builds(_facts(shared_dir), one)) for one in VERSIONS)


def test_variants_are_those_of_every_build(project_root: Path, shared_dir: Path) -> None:
    ledger = _ledger(project_root).ledger
    for version in VERSIONS:
        for build in _builds(_facts(shared_dir), version):
            record = ledger.record(version, build=build["build_number"])
            for platform in record.platforms:
                variant = ledger.variant(record.id, platform)
                assert variant.pop("channel_targets") == "conda-forge main"
                assert variant == build["variant"].get("all", {}) | build["variant"].get(platform, {})


@pytest.mark.parametrize("version", ["0.8.4", "4.0.5=0", "9.0.0", "13.0.1"])
def test_a_recipe_for_one_platform_says_the_same_without_conditions(
    version: str, project_root: Path, tmp_path: Path
) -> None:
    loaded = _ledger(project_root)
    record = loaded.ledger.record(version)
    every = plan_recipe(loaded.ledger, record)
    for form, read in (
        (RecipeFormat.RATTLER, rattler_requirements),
        (RecipeFormat.CONDA_BUILD, conda_requirements),
    ):
        stage_recipe(tmp_path / form, render_recipe(every, form), scripts=loaded.folder)
        for platform in record.platforms:
            one = render_recipe(plan_recipe(loaded.ledger, record, [platform]), form)
            assert "if:" not in one[form.recipe_file]
            assert "# [" not in one[form.recipe_file]
            stage_recipe(tmp_path / form / platform, one, scripts=loaded.folder)
            assert read(tmp_path / form / platform, platform) == read(tmp_path / form, platform)


def test_the_committed_ledger_is_written_as_we_write_it(project_root: Path) -> None:
    text = (project_root / "recipes/rubin-env/requirements.yaml").read_text()
    assert format_ledger(_ledger(project_root).ledger) == text


def test_the_line_of_release_23_is_a_part_of_the_ledger(project_root: Path) -> None:
    loaded = load_ledger(project_root / "recipes/rubin-env-0.8")
    assert loaded.folder.resolve() == (project_root / "recipes/rubin-env").resolve()
    assert [str(record.version) for record in loaded.ledger.versions][-1] == "0.8.4"
    newest = loaded.ledger.newest.id
    run = {
        entry.package: entry
        for entry in loaded.ledger.requirements(
            newest, "rubin-env-nosysroot", Section.RUN, CondaSubdir("linux-64")
        )
    }
    assert (run["python"].limit, run["cfitsio"].limit) == ("=3.8", "=3")
    assert run["responses"].reason == "compatibility with moto"


def test_the_rows_of_a_version_keep_their_place(project_root: Path) -> None:
    ledger = _ledger(project_root).ledger
    lines = Path(ledger.source).read_text().splitlines()
    (row,) = (
        entry
        for entry in ledger.requirements(VersionId.parse("13.0.1"), "rubin-env-nosysroot", Section.RUN)
        if entry.package == "paramiko"
    )
    assert row.limit in lines[row.line - 1]
    assert ledger.place(row) == f"{ledger.source}:{row.line}"
