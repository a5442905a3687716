from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from lsstinstall.core.names import ProductName
from lsstinstall.core.tags import EupsTag
from rubin_releng.changelog.answers import (
    backports_to_dict,
    backports_to_text,
    lost_to_dict,
    lost_to_text,
    where_to_dict,
    where_to_text,
)
from rubin_releng.changelog.catalogs import Catalog
from rubin_releng.changelog.inputs import SideInputs
from rubin_releng.changelog.relating import Sources
from rubin_releng.changelog.timelines import Timelines
from rubin_releng.changelog.whereabouts import Whereabouts, find_ticket
from rubin_releng.core.changelogsettings import ChangeLogSettings
from rubin_releng.core.tickets import parse_ticket
from tests.support.histories import Story
from tests.support.loggedstories import logged

if TYPE_CHECKING:
    from rubin_releng.adapters.loggedhistories import LoggedHistory

AFW, BASE, CAT = ProductName("afw"), ProductName("base"), ProductName("cat")
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
TAGS = ("w_2026_01", "w_2026_02", "w_2026_03", "v30_0_0", "v30_0_1")


def _stories() -> dict[ProductName, Story]:
    afw, base, cat = Story(), Story(), Story()
    for story in (afw, base, cat):
        story.commit("Begin")
        story.tag("w.2026.01")
        story.branches["v30.0.x"] = story.branches["main"]
        story.tag("30.0.0", branch="v30.0.x")
    afw.pull(1, "tickets/DM-7", "DM-7: Repair | it")
    afw.tag("w.2026.02")
    base.tag("w.2026.02")
    base.merge("tickets/DM-7")
    afw.merge("tickets/DM-8")
    for story in (afw, base):
        story.tag("w.2026.03")
    afw.merge("tickets/DM-7-v30", into="v30.0.x")
    base.commit("Tidy up", branch="v30.0.x")
    for story in (afw, base):
        story.tag("30.0.1", branch="v30.0.x")
    cat.commit("Cites DM-7, and is no part of it")
    return {AFW: afw, BASE: base, CAT: cat, ProductName("testdata_x"): afw}


def _world(
    stories: dict[ProductName, Story],
) -> tuple[dict[ProductName, LoggedHistory], Catalog, Timelines, Sources]:
    readers = {name: logged(story) for name, story in stories.items()}
    settings = ChangeLogSettings()
    sources = Sources(readers=readers, settings=settings, grammar=settings.grammar)
    tags = {EupsTag.parse(name): NOON + timedelta(days=number) for number, name in enumerate(TAGS)}
    return readers, Catalog(tags, SideInputs()), Timelines(sources), sources


def _find(
    key: str, name: str | None = None, *, stories: dict[ProductName, Story] | None = None
) -> Whereabouts:
    readers, catalog, timelines, sources = _world(stories or _stories())
    return find_ticket(
        parse_ticket(key), histories=readers, catalog=catalog, timelines=timelines, sources=sources, name=name
    )


def test_the_first_releases_with_any_and_with_all_of_a_ticket_are_found() -> None:
    found = _find("DM-7")
    assert [str(one) for one in (found.first_weekly, found.whole_weekly)] == ["w_2026_02", "w_2026_03"]
    assert (str(found.first_release), found.whole_release) == ("v30_0_1", None)
    assert [(place.product, len(place.changes)) for place in found.places] == [("afw", 2), ("base", 1)]
    assert found.is_contained is None
    text = where_to_text(found)
    assert (
        "first weekly w_2026_02, all of it in w_2026_03, first release v30_0_1, but never with all of it"
        in text
    )
    assert "base: merge, since w_2026_03 and no release" in text
    assert where_to_dict(found)["first_weekly"] == "w_2026_02"


def test_a_release_may_have_a_part_of_a_ticket() -> None:
    found = _find("DM-7", "v30_0_1")
    assert [place.is_contained for place in found.places] == [True, False]
    assert found.is_contained is False
    assert where_to_text(found).endswith("v30_0_1 does not have all of it")
    whole = _find("DM-7", "w_2026_03")
    assert whole.is_contained
    assert where_to_text(whole).endswith("w_2026_03 has it in every product that it touched")
    assert "in no release" in where_to_text(_find("DM-8"))


def test_a_ticket_that_nobody_merged_is_nowhere() -> None:
    found = _find("DM-70", "w_2026_03")
    assert (found.places, found.first_weekly, found.is_contained) == ((), None, False)
    assert where_to_text(found) == "DM-70 is in no history"


def test_a_product_without_releases_is_left_out() -> None:
    lonely = Story()
    lonely.branches["side"] = lonely.commit("Merge branch 'tickets/DM-7'", branch="side")
    assert _find("DM-7", stories={AFW: lonely}).places == ()


def test_a_revert_takes_a_ticket_out_again() -> None:
    story = Story()
    story.commit("Begin")
    story.tag("w.2026.01")
    merged = story.merge("tickets/DM-7")
    story.tag("w.2026.02")
    story.commit(f"Revert \"Merge branch 'tickets/DM-7'\"\n\nThis reverts commit {merged}.")
    story.tag("w.2026.03")
    assert _find("DM-7", "w_2026_02", stories={AFW: story}).is_contained
    assert not _find("DM-7", "w_2026_03", stories={AFW: story}).is_contained


def test_what_moving_to_another_release_would_lose_is_told() -> None:
    stories = _stories()
    del stories[CAT].tags["w.2026.01"]
    stories[CAT].tag("30.0.1", branch="v30.0.x")
    _, catalog, timelines, _ = _world(stories)
    found = timelines.compare(catalog.side("v30_0_1"), catalog.side("w_2026_01"))
    data = lost_to_dict(found)
    assert data["tickets"] == [{"key": "DM-7", "title": None, "products": ["afw"]}]
    assert data["products_removed"] == ["cat"]
    assert list(data["commits_without_ticket"]) == ["base"]  # type: ignore[call-overload]
    assert data["downgraded"] == ["afw", "base", "testdata_x"]
    text = lost_to_text(found)
    assert "1 tickets of v30_0_1 are not in w_2026_01" in text
    assert "cat: the product is gone" in text
    assert "base: 1 changes without a ticket" in text
    newer = timelines.compare(catalog.side("w_2026_02"), catalog.side("w_2026_01"))
    assert "DM-7  Repair | it [afw]" in lost_to_text(newer)


def test_backports_are_listed() -> None:
    _, catalog, timelines, _ = _world(_stories())
    found = timelines.compare(catalog.side("w_2026_01"), catalog.side("v30_0_1"))
    assert backports_to_dict(found)["tickets"] == [{"key": "DM-7", "title": None, "products": ["afw"]}]
    assert backports_to_text(found) == ("1 tickets merged after w_2026_01 are in v30_0_1\n  DM-7 [afw]")
    newer = timelines.compare(catalog.side("w_2026_01"), catalog.side("w_2026_02"))
    assert "DM-7  Repair | it [afw]" in backports_to_text(newer)
