from __future__ import annotations

import pytest

from lsstinstall.core.errors import ExitCode, ProblemsError
from lsstinstall.core.mirrors import Mirrors
from lsstinstall.core.settings import LinkKind, Settings
from lsstinstall.core.settingsformats import SettingsError, parse_settings

FULL = """\
channels = ["https://conda.example.org/rubin", "conda-forge"]
eups_url = "https://eups.example.org/stack"
jobs = 8
link = "hard"
offline = false

[mirrors]
"https://eups.example.org/stack" = ["https://near.example.org/stack/", "file:///srv/stack"]
"""


def read(text: str) -> Settings:
    return parse_settings(text, source="config.toml")


def test_everything_can_be_set() -> None:
    assert read(FULL) == Settings(
        channels=("https://conda.example.org/rubin", "conda-forge"),
        eups_url="https://eups.example.org/stack",
        jobs=8,
        link=LinkKind.HARD,
        mirrors=Mirrors(
            places={"https://eups.example.org/stack": ("https://near.example.org/stack", "file:///srv/stack")}
        ),
        offline=False,
    )


def test_nothing_needs_to_be_set() -> None:
    assert read("# nothing yet\n") == Settings()


def test_final_slashes_do_not_matter() -> None:
    text = (
        '[mirrors]\n"https://a.example.org/x/" = ["https://b.example.org/"]\n"https://a.example.org/x" = []\n'
    )
    assert read(text).mirrors.candidates("https://a.example.org/x/y") == ("https://a.example.org/x/y",)


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("chanels = []\n", (1, 1), "`chanels`: unknown key"),
        ("# mine\n  jobs = 0\n", (2, 3), "`jobs`: 0 is less than 1"),
        ("jobs = 65\n", (1, 1), "`jobs`: 65 is more than 64"),
        ("jobs = true\n", (1, 1), "expected a whole number"),
        ('link = "soft"\n', (1, 1), "expected one of `reflink`, `hard`, `copy`, found `soft`"),
        ("offline = 1\n", (1, 1), "expected true or false, found a number"),
        ('channels = [" "]\n', (1, 1), "an empty text names nothing"),
        ('channels = "conda-forge"\n', (1, 1), "expected a list, found a text"),
        ('jobs = 2\n[mirrors]\n"ftp://x" = []\n', (3, 2), "`ftp://x` is no URL"),
        ('mirrors = {"https://x" = ["y"]}\n', (1, 13), "`https://x`: `y` is no URL"),
        ('"\\u006aobs" = 0\n', (1, 1), "0 is less than 1"),
    ],
)
def test_what_cannot_be_meant_is_told_with_its_place(text: str, place: tuple[int, int], problem: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(text)
    assert problem in str(caught.value)
    assert (caught.value.line, caught.value.column) == place
    assert caught.value.code is ExitCode.USAGE


def test_an_unknown_key_tells_the_known_ones() -> None:
    with pytest.raises(SettingsError) as caught:
        read("chanel = 1\n")
    assert caught.value.hint is not None
    assert "`channels`, `eups_url`" in caught.value.hint


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(ProblemsError, match="2 problems") as caught:
        read('jobs = 0\nlink = "soft"\n')
    assert [str(problem)[:14] for problem in caught.value.problems] == ["config.toml:1:", "config.toml:2:"]
    assert caught.value.code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("text", "place"),
    [("jobs = 2\njobs = 3\n", (2, 9)), ("jobs = = 2\n", (1, 8)), ('link = "hard', (1, 13))],
)
def test_what_is_no_toml_is_told_with_its_place(text: str, place: tuple[int, int]) -> None:
    with pytest.raises(SettingsError) as caught:
        read(text)
    assert (caught.value.line, caught.value.column) == place


def test_a_users_settings_go_before_the_sites() -> None:
    site = read(FULL)
    mine = read('jobs = 2\noffline = true\n[mirrors]\n"https://conda.example.org" = ["file:///srv/conda"]\n')
    both = mine.over(site)
    assert (both.jobs, both.offline, both.link) == (2, True, LinkKind.HARD)
    assert both.channels == site.channels
    assert both.eups_url == site.eups_url
    assert len(both.mirrors.places) == 2
    assert Settings().over(site) == site
    assert site.over(Settings()) == site
