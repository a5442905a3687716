from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import UnavailableError
from lsstinstall.core.names import GitSha, ProductName
from lsstinstall.core.reporting import SilentReporter
from rubin_releng.adapters.loggedhistories import LoggedHistory
from rubin_releng.changelog.comparer import compare_sides
from rubin_releng.changelog.models import Relation
from rubin_releng.changelog.relating import Sources
from rubin_releng.changelog.sides import Pin, Side, side_of_name
from rubin_releng.changelog.timelines import Timelines
from rubin_releng.core.changelogsettings import ChangeLogSettings
from tests.support.histories import Story
from tests.support.loggedstories import logged

if TYPE_CHECKING:
    from collections.abc import Sequence

AFW, BASE, CAT = ProductName("afw"), ProductName("base"), ProductName("cat")


def _broken() -> str:
    raise UnavailableError("the disk is gone")


def _broken_refs(_: Sequence[str]) -> tuple[GitSha | None, ...]:
    raise UnavailableError("the disk is gone")


def _stories() -> dict[ProductName, Story]:
    afw, base = Story(), Story()
    for story in (afw, base):
        story.commit("Begin")
        story.tag("w.2026.01")
    afw.merge("tickets/DM-1")
    afw.tag("w.2026.02")
    base.tag("w.2026.02")
    afw.merge("tickets/DM-2")
    afw.tag("w.2026.03")
    return {AFW: afw, BASE: base}


def _timelines(readers: dict[ProductName, LoggedHistory]) -> Timelines:
    settings = ChangeLogSettings()
    return Timelines(Sources(readers=readers, settings=settings, grammar=settings.grammar))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("w_2026_01", "w_2026_02"),
        ("w_2026_02", "w_2026_03"),
        ("w_2026_03", "w_2026_01"),
        ("w_2026_02", "main"),
    ],
)
def test_a_pair_is_compared_as_it_would_be_alone(old: str, new: str) -> None:
    readers = {name: logged(story) for name, story in _stories().items()}
    one, two = side_of_name(old), side_of_name(new)
    timelines = _timelines(readers)
    alone = compare_sides(one, two, readers=readers, reporter=SilentReporter())
    assert timelines.compare(one, two) == alone
    assert timelines.compare(one, two, note="why").predecessor_note == "why"
    assert set(timelines.readers) == {AFW, BASE}


def test_documents_are_compared_as_tags_are() -> None:
    stories = _stories()
    readers = {name: logged(story) for name, story in stories.items()}
    first, second = stories[AFW].tags["w.2026.01"], stories[AFW].tags["w.2026.02"]
    gone = GitSha("9" * 40)
    old = Side(
        name="b1", source="manifest", pins=MappingProxyType({AFW: Pin(commit=first), CAT: Pin(commit=gone)})
    )
    new = Side(name="b2", source="manifest", pins=MappingProxyType({AFW: Pin(commit=second)}))
    found = _timelines(readers).compare(old, new)
    assert found == compare_sides(old, new, readers=readers, reporter=SilentReporter())
    assert [product.relation for product in found.products] == [Relation.FORWARD, Relation.REMOVED]


def test_a_history_that_cannot_be_read_hides_no_other() -> None:
    def no_refs(names: Sequence[str]) -> tuple[GitSha | None, ...]:
        raise UnavailableError(f"no {names}")

    readers = {AFW: logged(_stories()[AFW]), BASE: LoggedHistory(no_refs, _broken)}
    one, two = side_of_name("w_2026_01"), side_of_name("w_2026_02")
    found = _timelines(readers).compare(one, two)
    assert [product.relation for product in found.products] == [Relation.FORWARD, Relation.UNKNOWN]


def test_two_spellings_that_differ_are_told() -> None:
    story = Story()
    story.commit("Begin")
    story.tag("30.0.0")
    story.merge("tickets/DM-1")
    story.tag("v30.0.0")
    story.tag("w.2026.01")
    readers = {AFW: logged(story)}
    one, two = side_of_name("v30_0_0"), side_of_name("w_2026_01")
    found = _timelines(readers).compare(one, two)
    assert found == compare_sides(one, two, readers=readers, reporter=SilentReporter())
    assert "different commits" in found.warnings[0]


def test_a_key_changes_with_any_commit_and_with_nothing_else() -> None:
    stories = _stories()
    one, two = side_of_name("w_2026_01"), side_of_name("w_2026_02")

    def key() -> str:
        return _timelines({name: logged(story) for name, story in stories.items()}).key(one, two)

    before = key()
    stories[AFW].merge("tickets/DM-3")
    stories[CAT] = Story()
    stories[CAT].commit("Begin")
    assert key() == before
    stories[BASE].commit("More")
    stories[BASE].tag("w.2026.02")
    assert key() != before


def test_a_document_may_not_know_a_commit() -> None:
    pins = MappingProxyType({AFW: Pin(commit=None, reason="nobody wrote it down")})
    side = Side(name="b1", source="a list", pins=pins)
    (found,) = _timelines({}).compare(side, side).products
    assert (found.relation, found.reason) == (Relation.UNKNOWN, "nobody wrote it down")


def test_ends_that_are_looked_up_together_are_those_looked_up_alone() -> None:
    readers = {name: logged(story) for name, story in _stories().items()}
    sides = [side_of_name(name) for name in ("w_2026_01", "w_2026_02", "w_2026_03", "w_2026_04", "main")]
    pinned = Side(name="b1", source="made up", pins={AFW: Pin(commit=GitSha("a" * 40))})
    together, alone = _timelines(readers), _timelines(readers)
    together.look_up([*sides, pinned, sides[0]])
    for side in (*sides, pinned):
        assert together.ends(side) == alone.ends(side)
        assert list(together.ends(side)) == list(alone.ends(side))


def test_a_history_that_cannot_be_read_leaves_the_others_to_be_looked_up_alone() -> None:
    readers = {name: logged(story) for name, story in _stories().items()}
    readers[BASE] = LoggedHistory(_broken_refs, _broken)
    side = side_of_name("w_2026_01")
    timelines = _timelines(readers)
    timelines.look_up([side])
    ends = timelines.ends(side)
    assert ends[AFW].commit is not None
    assert ends[BASE].reason == "the disk is gone"
