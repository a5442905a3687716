from __future__ import annotations

import pytest

from lsstinstall.core.errors import ProblemsError
from lsstinstall.core.names import parse_product_name
from rubin_releng.core.changelogsettings import (
    ChangeLogSettings,
    is_legacy_repository,
    parse_changelog_settings,
)
from rubin_releng.core.placedtoml import place_toml
from rubin_releng.core.tickets import DEFAULT_PROJECTS


def parsed(text: str) -> ChangeLogSettings:
    return parse_changelog_settings(place_toml(text, source="x.toml"))


def test_an_empty_configuration_has_the_defaults() -> None:
    settings = parsed("")
    assert settings.projects == DEFAULT_PROJECTS
    assert settings.renamed == {}


def test_a_configuration_replaces_the_defaults() -> None:
    settings = parsed(
        'projects = ["dm", "PIPE"]\nexcluded = ["x_*"]\nincluded = ["x_y"]\n[renamed]\nnew = "old"\n'
        '[[overrides]]\nmerge = "abcdef1"\nhide = true\nreason = "So."\n'
    )
    assert settings.projects == ("DM", "PIPE")
    assert [str(ticket) for ticket in settings.grammar.find("PIPE-1 SP-2")] == ["PIPE-1"]
    assert settings.renamed == {"new": "old"}
    assert [settings.excludes(parse_product_name(name)) for name in ("x_z", "x_y", "testdata_a")] == [
        True,
        False,
        False,
    ]
    assert settings.overrides.merges[0].is_hidden


@pytest.mark.parametrize(
    ("name", "is_excluded"),
    [
        ("testdata_cfht", True),
        ("ap_verify_testdata", True),
        ("astrometry_net_data", True),
        ("afwdata", True),
        ("validation_data_decam", True),
        ("afw", False),
        ("data_catalog", False),
        ("obs_base", False),
    ],
)
def test_test_data_are_left_out(name: str, is_excluded: bool) -> None:  # noqa: FBT001 - a table's column
    assert ChangeLogSettings().excludes(parse_product_name(name)) is is_excluded


@pytest.mark.parametrize(
    ("url", "is_legacy"),
    [
        ("https://github.com/lsst-dm/legacy-meas_mosaic.git", True),
        ("https://github.com/lsst-dm/legacy-meas_mosaic/", True),
        ("git@github.com:lsst-dm/legacy-meas_mosaic", True),
        ("https://github.com/lsst/meas_legacy-x", False),
        ("https://github.com/legacy-lsst/afw", False),
        ("", False),
    ],
)
def test_a_retired_repository_is_known_by_its_name(url: str, is_legacy: bool) -> None:  # noqa: FBT001
    assert is_legacy_repository(url) is is_legacy


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("projects = []\n", "no Jira project at all"),
        ('projects = ["D-M"]\n', "`D-M` is no Jira project"),
        ("project = 1\n", "unknown key `project`"),
        ("renamed = 1\n", "instead of a mapping"),
        ('[renamed]\n"a-b" = "c"\n', "`a-b` is not a product name"),
        ("[renamed]\na = 1\n", "the number `1` instead of a text"),
    ],
)
def test_what_is_wrong_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ProblemsError) as caught:
        parsed(text)
    assert problem in str(caught.value.problems[0])
