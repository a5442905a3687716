from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from lsstinstall.core.names import ProductName
from lsstinstall.core.tags import EupsTag, TagKind
from rubin_releng.changelog.catalogs import Catalog, TagFacts, find_base, read_tags, with_base
from rubin_releng.changelog.inputs import SideInputs
from rubin_releng.changelog.relating import Sources
from rubin_releng.changelog.timelines import Timelines
from rubin_releng.core.changelogsettings import ChangeLogSettings
from tests.support.histories import Story
from tests.support.loggedstories import logged

if TYPE_CHECKING:
    from rubin_releng.adapters.loggedhistories import LoggedHistory

AFW, BASE, CAT = ProductName("afw"), ProductName("base"), ProductName("cat")
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def _catalog(*names: str, times: bool = True) -> Catalog:
    tags = {EupsTag.parse(name): NOON + timedelta(days=n) if times else None for n, name in enumerate(names)}
    return Catalog(tags, SideInputs())


def _timelines(readers: dict[ProductName, LoggedHistory]) -> Timelines:
    settings = ChangeLogSettings()
    return Timelines(Sources(readers=readers, settings=settings, grammar=settings.grammar))


def test_releases_are_told_from_tags_of_others() -> None:
    facts = {
        "w.2026.01": TagFacts(count=1),
        "30.0.0": TagFacts(count=9, time=NOON),
        "v30.0.0": TagFacts(
            count=1, message="Version v30.0.0 release from manifest b12", time=NOON - timedelta(1)
        ),
        "3.4.0": TagFacts(count=1, message="Release of somebody else"),
        "server-2.5.1": TagFacts(count=9),
        "w.2018.30-run1": TagFacts(count=9),
        "d.2022.05.12": TagFacts(count=9),
    }
    found = read_tags(facts, repositories=10)
    assert {tag.name: time for tag, time in found.items()} == {
        "w_2026_01": None,
        "v30_0_0": NOON - timedelta(1),
    }


def test_every_release_is_paired_with_its_predecessor_and_main_comes_last() -> None:
    catalog = _catalog("w_2026_01", "w_2026_03", "v29_0_0", "v30_0_0_rc1", "v30_0_0")
    pairs = [(pair.old.name, pair.new.name) for pair in catalog.pairs()]
    assert pairs == [
        ("w_2026_01", "w_2026_03"),
        ("v29_0_0", "v30_0_0_rc1"),
        ("v29_0_0", "v30_0_0"),
        ("w_2026_03", "main"),
    ]
    assert catalog.side("w_2026_03") is catalog.side("w_2026_03")
    assert catalog.side("w_2026_03").date == (NOON + timedelta(days=1)).date()
    assert [pair.new.name for pair in _catalog("v29_0_0").pairs()] == []


def test_releases_are_ordered_by_time_if_all_times_are_known() -> None:
    names = ("v30_0_0", "v29_2_0")
    assert [one.name for one in _catalog(*names).of_kind(TagKind.RELEASE)] == ["v30_0_0", "v29_2_0"]
    later = _catalog(*names, times=False).of_kind(TagKind.RELEASE)
    assert [one.name for one in later] == ["v29_2_0", "v30_0_0"]


def _branched() -> dict[ProductName, LoggedHistory]:
    afw, base = Story(), Story()
    for story in (afw, base):
        story.commit("Begin")
        story.tag("w.2026.01")
        story.merge("tickets/DM-1")
        story.tag("w.2026.02")
        story.branches["v30.0.x"] = story.branches["main"]
        story.merge("tickets/DM-2")
        story.tag("w.2026.03")
    afw.merge("tickets/DM-2-v30", into="v30.0.x")
    for story in (afw, base):
        story.tag("v30.0.0.rc1", branch="v30.0.x")
    return {AFW: logged(afw), BASE: logged(base), CAT: logged(Story())}


def test_a_release_has_its_weekly_and_what_came_after_it() -> None:
    catalog = _catalog("w_2026_01", "w_2026_02", "w_2026_03", "v30_0_0_rc1")
    timelines = _timelines(_branched())
    found = with_base(
        timelines.compare(catalog.side("w_2026_01"), catalog.side("v30_0_0_rc1")), catalog, timelines
    )
    assert str(found.base) == "w_2026_02"
    assert [str(ticket) for ticket in found.backports] == ["DM-2"]


def test_a_weekly_has_no_base_and_neither_has_a_release_older_than_all_weeklies() -> None:
    timelines = _timelines(_branched())
    catalog = _catalog("v30_0_0_rc1", "w_2026_01", "w_2026_02")
    for name in ("w_2026_02", "v30_0_0_rc1"):
        found = timelines.compare(catalog.side("w_2026_01"), catalog.side(name))
        assert with_base(found, catalog, timelines) == found
    untimed = _catalog("v30_0_0_rc1", "w_2026_01", "w_2026_02", "w_2026_03", times=False)
    assert str(find_base(untimed.side("v30_0_0_rc1"), untimed, timelines)) == "w_2026_02"
    assert str(find_base(untimed.side("main"), untimed, timelines)) == "w_2026_03"
