from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import NotFoundError
from lsstinstall.core.names import GitSha, parse_git_sha, parse_product_name
from lsstinstall.core.reporting import SilentReporter
from lsstinstall.core.versions import parse_eups_version
from rubin_releng.changelog.comparer import compare_sides
from rubin_releng.changelog.models import Flag, Relation, State
from rubin_releng.changelog.sides import Pin, Side, side_of_name
from rubin_releng.core.changelogsettings import parse_changelog_settings
from rubin_releng.core.issues import IssueSource
from rubin_releng.core.placedtoml import place_toml
from tests.support.histories import MemoryHistory, Story

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lsstinstall.core.names import ProductName
    from rubin_releng.changelog.models import ChangeLog
    from rubin_releng.changelog.ports import HistoryReader
    from rubin_releng.core.fragments import AddedFile
    from rubin_releng.core.histories import Span

AFW, GEOM, UTILS = (parse_product_name(name) for name in ("afw", "geom", "utils"))


class BrokenHistory(MemoryHistory):
    def resolve(self, names: Sequence[str]) -> tuple[GitSha | None, ...]:
        raise NotFoundError(f"no repository for {len(names)} refs")


def pinned(name: str, **commits: str) -> Side:
    return Side(
        name=name,
        source="test",
        pins={
            parse_product_name(product): Pin(
                commit=parse_git_sha(text.partition("+")[0]),
                version=parse_eups_version(f"1+{text.partition('+')[2] or '0'}"),
                repository=f"https://example.org/{product}",
            )
            for product, text in commits.items()
        },
    )


def compared(old: Side, new: Side, readers: Mapping[ProductName, HistoryReader] | None = None) -> ChangeLog:
    return compare_sides(old, new, readers=readers or {}, reporter=SilentReporter(), jobs=1)


def two_weeks(beginning: str = "Begin") -> Story:
    story = Story()
    story.commit(beginning)
    story.tag("w.2026.42")
    story.merge("tickets/DM-2")
    story.tag("w.2026.43")
    return story


def test_documents_need_no_history_to_tell_what_was_rebuilt() -> None:
    sha = "a" * 40
    changelog = compared(pinned("A", afw=sha, geom=sha), pinned("B", afw=f"{sha}+1", geom=sha))
    assert [product.state for product in changelog.products] == [State.REBUILT, State.UNCHANGED]
    assert changelog.warnings == ()


def test_a_product_of_one_document_alone_was_added_or_removed() -> None:
    sha = "a" * 40
    changelog = compared(pinned("A", afw=sha), pinned("B", geom=sha))
    assert [(product.name, product.state) for product in changelog.products] == [
        ("afw", State.REMOVED),
        ("geom", State.ADDED),
    ]
    assert changelog.products[1].commits is None


def test_an_added_product_has_a_count_and_no_tickets() -> None:
    story = two_weeks()
    tip = story.branches["main"]
    changelog = compared(pinned("A"), pinned("B", afw=tip), {AFW: story.reader()})
    (product,) = changelog.products
    assert (product.relation, product.commits, product.tickets) == (Relation.ADDED, 2, ())


def test_an_added_product_whose_commit_is_not_at_hand_has_no_count() -> None:
    changelog = compared(pinned("A"), pinned("B", afw="a" * 40), {AFW: two_weeks().reader()})
    assert changelog.products[0].commits is None


def test_changed_commits_without_history_are_not_known() -> None:
    changelog = compared(pinned("A", afw="a" * 40), pinned("B", afw="b" * 40))
    (product,) = changelog.products
    assert product.relation is Relation.UNKNOWN
    assert product.reason == "no repository is at hand"
    assert changelog.warnings == ("`afw` is not known: no repository is at hand",)


def test_a_commit_that_the_history_lacks_is_not_known() -> None:
    story = two_weeks()
    changelog = compared(
        pinned("A", afw="a" * 40), pinned("B", afw=story.branches["main"]), {AFW: story.reader()}
    )
    assert changelog.products[0].reason == f"its repository has no commit {'a' * 40}"


def test_documents_and_histories_together_give_tickets() -> None:
    story = two_weeks()
    old, new = story.tags["w.2026.42"], story.tags["w.2026.43"]
    changelog = compared(pinned("A", afw=old), pinned("B", afw=new), {AFW: story.reader()})
    (product,) = changelog.products
    assert [str(ticket) for ticket in product.tickets] == ["DM-2"]
    assert product.repository == "https://example.org/afw"


def test_histories_of_products_that_no_document_names_are_left_out() -> None:
    sha = "a" * 40
    changelog = compared(pinned("A", afw=sha), pinned("B", afw=sha), {GEOM: two_weeks().reader()})
    assert [product.name for product in changelog.products] == ["afw"]


def test_a_document_compares_with_a_git_tag() -> None:
    story = two_weeks()
    changelog = compared(
        pinned("A", afw=story.tags["w.2026.42"]), side_of_name("w.2026.43"), {AFW: story.reader()}
    )
    assert changelog.products[0].relation is Relation.FORWARD


def test_a_document_cannot_compare_with_a_tag_of_a_history_that_is_not_at_hand() -> None:
    changelog = compared(pinned("A", afw="a" * 40), side_of_name("w.2026.43"))
    assert changelog.products[0].reason == "no repository is at hand"


def test_a_repository_that_carries_only_one_of_two_tags_joined_or_left() -> None:
    joined, left = two_weeks("Begin one"), two_weeks("Begin another")
    del joined.tags["w.2026.42"]
    del left.tags["w.2026.43"]
    changelog = compared(
        side_of_name("w_2026_42"),
        side_of_name("w_2026_43"),
        {AFW: joined.reader(), GEOM: left.reader(), UTILS: two_weeks().reader()},
    )
    assert [product.relation for product in changelog.products] == [
        Relation.ADDED,
        Relation.REMOVED,
        Relation.FORWARD,
    ]
    assert changelog.warnings == ()


def test_a_tag_that_no_repository_has_is_doubted() -> None:
    changelog = compared(side_of_name("w_2026_42"), side_of_name("w_2026_44"), {AFW: two_weeks().reader()})
    assert changelog.products[0].relation is Relation.REMOVED
    assert changelog.warnings == ("no repository has the tag `w_2026_44`",)


def test_a_branch_that_a_repository_lacks_is_not_known() -> None:
    changelog = compared(side_of_name("main"), side_of_name("v30.0.x"), {AFW: two_weeks().reader()})
    (product,) = changelog.products
    assert (product.relation, product.reason) == (
        Relation.UNKNOWN,
        "its repository has no `v30.0.x`",
    )


def test_both_spellings_of_a_release_are_looked_up() -> None:
    story = two_weeks()
    story.tag("v30.0.0")
    changelog = compared(side_of_name("w_2026_42"), side_of_name("v30_0_0"), {AFW: story.reader()})
    assert changelog.products[0].to_commit == story.tags["v30.0.0"]
    assert changelog.warnings == ()


def test_spellings_that_differ_are_reported() -> None:
    story = two_weeks()
    story.tag("30.0.0")
    story.commit("More")
    story.tag("v30.0.0")
    changelog = compared(side_of_name("w_2026_42"), side_of_name("30.0.0"), {AFW: story.reader()})
    assert changelog.products[0].to_commit == story.tags["30.0.0"]
    assert changelog.warnings == (
        "in `afw`, `30.0.0` and `v30.0.0` are different commits; the first was used",
    )


def test_commits_may_be_abbreviated() -> None:
    story = two_weeks()
    old = story.tags["w.2026.42"][:9]
    changelog = compared(side_of_name(old), side_of_name("main"), {AFW: story.reader()})
    assert changelog.products[0].relation is Relation.FORWARD


def test_one_broken_repository_does_not_hide_the_others() -> None:
    changelog = compared(
        side_of_name("w_2026_42"),
        side_of_name("w_2026_43"),
        {AFW: BrokenHistory(two_weeks()), GEOM: two_weeks().reader()},
    )
    assert [product.relation for product in changelog.products] == [Relation.UNKNOWN, Relation.FORWARD]
    assert changelog.warnings == ("`afw` is not known: no repository for 2 refs",)


def test_a_history_that_is_cut_off_is_reported() -> None:
    changelog = compared(
        side_of_name("w_2026_42"),
        side_of_name("w_2026_43"),
        {AFW: MemoryHistory(two_weeks(), shallow=True)},
    )
    assert changelog.warnings == ("the history of `afw` is cut off, so tickets may be missing",)


@pytest.mark.parametrize("jobs", [1, 4])
def test_the_number_of_jobs_makes_no_difference(jobs: int) -> None:
    names = [parse_product_name(f"p{number}") for number in range(9)]
    changelog = compare_sides(
        side_of_name("w_2026_42"),
        side_of_name("w_2026_43"),
        readers={name: two_weeks().reader() for name in reversed(names)},
        reporter=SilentReporter(),
        jobs=jobs,
    )
    assert [product.name for product in changelog.products] == names
    assert changelog.products_of_ticket == {next(iter(changelog.products_of_ticket)): tuple(names)}


class TornHistory(MemoryHistory):
    """It has commits and does not know what lies between them."""

    def between(self, start: GitSha, end: GitSha) -> Span:
        raise NotFoundError(f"no way from {start[:4]} to {end[:4]}")


def test_a_history_with_a_gap_is_not_known() -> None:
    changelog = compared(
        side_of_name("w_2026_42"), side_of_name("w_2026_43"), {AFW: TornHistory(two_weeks())}
    )
    (product,) = changelog.products
    assert (product.state, str(product.reason)[:11]) == (State.UNKNOWN, "no way from")


def test_a_retired_repository_leaves_a_legacy_product() -> None:
    url = "https://example.org/lsst-dm/legacy-afw"
    changelog = compare_sides(
        pinned("old", afw="a" * 40),
        pinned("new"),
        readers={},
        repositories={AFW: url},
        reporter=SilentReporter(),
    )
    assert changelog.products[0].state is State.LEGACY


def test_test_data_and_what_did_not_change_have_no_news() -> None:
    data = parse_product_name("testdata_cfht")
    story, same = two_weeks("Begin data"), two_weeks("Begin geom")
    same.tag("w.2026.42")
    files = {name: NoFiles() for name in (data, GEOM)}
    changelog = compare_sides(
        side_of_name("w_2026_42"),
        side_of_name("w_2026_43"),
        readers={data: story.reader(), GEOM: same.reader()},
        fragments=files,
        reporter=SilentReporter(),
    )
    assert [product.relation for product in changelog.products] == [Relation.SAME, Relation.FORWARD]
    assert [product.fragments for product in changelog.products] == [(), ()]


class NoFiles:
    """Nobody may look."""

    def texts(self, places: Sequence[tuple[GitSha, str]]) -> tuple[str | None, ...]:
        raise AssertionError(f"{places} were looked for")

    def added_files(self, start: GitSha, end: GitSha, folders: Sequence[str]) -> tuple[AddedFile, ...]:
        raise AssertionError(f"{folders} were looked for between {start} and {end}")


def corrected(text: str) -> ChangeLog:
    settings = parse_changelog_settings(place_toml(text, source="x.toml"))
    return compare_sides(
        side_of_name("w_2026_42"),
        side_of_name("w_2026_43"),
        readers={AFW: two_weeks().reader()},
        settings=settings,
        reporter=SilentReporter(),
    )


def test_a_withdrawn_end_is_reported() -> None:
    text = '[[overrides]]\ntag = "w_2026_42"\nwithdrawn = true\nreason = "Wrong commits."\n'
    assert corrected(text).warnings == ("`w_2026_42` was withdrawn: Wrong commits.",)


def test_a_title_by_hand_and_an_unlisted_project_are_told() -> None:
    text = 'projects = ["SP"]\n[[overrides]]\nticket = "DM-2"\ntitle = "Better"\nreason = "Private."\n'
    (entry,) = corrected(text).tickets
    assert (entry.issue.title, entry.issue.source) == ("Better", IssueSource.OVERRIDE)
    assert entry.flags == {Flag.NEW, Flag.UNKNOWN_PROJECT}


def test_test_data_that_are_not_at_hand_are_no_reason_to_worry() -> None:
    old = pinned("old", testdata_cfht="a" * 40, afw="a" * 40)
    new = pinned("new", testdata_cfht="b" * 40, afw="a" * 40)
    changelog = compared(old, new)
    assert [product.state for product in changelog.products] == [State.UNCHANGED, State.UNKNOWN]
    assert changelog.warnings == ()
