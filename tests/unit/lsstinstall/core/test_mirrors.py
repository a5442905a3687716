from __future__ import annotations

from lsstinstall.core.mirrors import Mirrors

FORGE = "https://conda.example.org/forge"
MIRRORS = Mirrors(
    places={
        "https://conda.example.org": ("https://near.example.org/all",),
        FORGE: ("https://near.example.org/forge", "file:///srv/forge"),
    }
)


def test_an_address_without_mirrors_stays_alone() -> None:
    assert MIRRORS.candidates("https://other.example.org/x") == ("https://other.example.org/x",)
    assert Mirrors().candidates(FORGE) == (FORGE,)


def test_mirrors_come_first_and_the_address_itself_last() -> None:
    assert MIRRORS.candidates(f"{FORGE}/linux-64/repodata.json") == (
        "https://near.example.org/forge/linux-64/repodata.json",
        "file:///srv/forge/linux-64/repodata.json",
        f"{FORGE}/linux-64/repodata.json",
    )


def test_the_longest_address_decides() -> None:
    assert MIRRORS.candidates("https://conda.example.org/main")[0] == "https://near.example.org/all/main"
    assert MIRRORS.candidates(FORGE)[0] == "https://near.example.org/forge"


def test_a_name_that_only_begins_alike_is_another() -> None:
    assert MIRRORS.candidates(f"{FORGE}-old/x")[0] == "https://near.example.org/all/forge-old/x"


def test_the_address_itself_may_have_its_place_among_the_mirrors() -> None:
    mirrors = Mirrors(places={FORGE: (FORGE, "file:///srv/forge")})
    assert mirrors.candidates(FORGE) == (FORGE, "file:///srv/forge")


def test_mirrors_of_a_user_go_before_those_of_the_site() -> None:
    mine = Mirrors(places={FORGE: ("file:///home/forge",)})
    both = mine.over(MIRRORS)
    assert both.candidates(FORGE) == ("file:///home/forge", FORGE)
    assert both.candidates("https://conda.example.org/x")[0] == "https://near.example.org/all/x"
