from __future__ import annotations

import pytest

from rubin_releng.core.towncrier import DEFAULT_KINDS, FragmentPlaces, is_mute, parse_places

TYPES = '[[tool.towncrier.type]]\ndirectory = "feature"\n[[tool.towncrier.type]]\nname = "Bugfix"\n'


def test_folder_and_kinds_are_those_of_the_configuration() -> None:
    places = parse_places(f'[tool.towncrier]\ndirectory = "./doc/changes/"\n{TYPES}')
    assert places == FragmentPlaces(folders=("doc/changes",), kinds=("feature", "bugfix"))


def test_a_package_has_its_fragments_inside() -> None:
    places = parse_places('[tool.towncrier]\npackage = "lsst.afw"\npackage_dir = "python"\n')
    assert places == FragmentPlaces(folders=("python/lsst/afw/newsfragments",), kinds=DEFAULT_KINDS)


def test_a_package_lies_at_the_top_unless_told() -> None:
    places = parse_places('[tool.towncrier]\npackage = "afw"\n[tool.towncrier.fragment.api]\n')
    assert places == FragmentPlaces(folders=("afw/newsfragments",), kinds=("api",))


def test_without_any_setting_there_is_a_usual_folder() -> None:
    places = parse_places("[tool.towncrier]\ntype = [{}]\n")
    assert places == FragmentPlaces(folders=("newsfragments",), kinds=())


@pytest.mark.parametrize("text", ["", "tool = 1", "[tool]\ntowncrier = 1", "[tool.black]\n", "broken ="])
def test_other_files_say_nothing(text: str) -> None:
    assert parse_places(text) is None


def test_only_files_inside_are_fragments() -> None:
    places = FragmentPlaces(folders=("doc/changes",), kinds=())
    assert places.has("doc/changes/registry/DM-1.feature.md")
    assert not places.has("doc/changes.md")


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("pyproject.toml", "[project]", True),
        ("pyproject.toml", "[tool.towncrier]", False),
        ("pyproject.toml", None, False),
        ("doc/changes/DM-1.feature.md", "Something new.", False),
    ],
)
def test_only_a_configuration_without_towncrier_says_nothing_of_news(
    path: str, text: str | None, *, expected: bool
) -> None:
    assert is_mute(path, text) is expected
