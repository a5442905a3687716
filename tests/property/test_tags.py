from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lsstinstall.core.errors import InvalidNameError
from lsstinstall.core.tags import EupsTag, GitTag, TagKind, parse_tag
from lsstinstall.core.weeks import Week, weeks_in_year
from tests.property.strategies import days, eups_tags, timed_tag_lists, timed_tags, weeks


@given(eups_tags)
def test_a_tag_survives_writing_and_reading(tag: EupsTag) -> None:
    assert EupsTag.parse(str(tag)) == tag
    assert parse_tag(str(tag)) == tag


@given(tag=eups_tags, external=st.booleans())
def test_a_tag_that_git_has_survives_the_way_through_git(tag: EupsTag, *, external: bool) -> None:
    git = tag.git(external=external)
    assert git is None or git.to_eups() == tag
    assert git is None or GitTag.parse(git.name, external=external) == git


@given(timed_tags)
def test_a_tag_of_git_has_letters_digits_and_dots(tag: EupsTag) -> None:
    git = tag.git()
    assert git is None or set(git.name) <= set("abcdefghijklmnopqrstuvwxyz0123456789.")


@given(eups_tags)
def test_the_tag_before_the_next_one_is_the_tag_itself(tag: EupsTag) -> None:
    following, previous = tag.next_tag(), tag.previous_tag()
    assert following is None or following.previous_tag() == tag
    assert previous is None or previous.next_tag() == tag


@given(timed_tags)
def test_the_next_tag_is_later_and_of_the_same_kind(tag: EupsTag) -> None:
    following = tag.next_tag()
    assert following is None or (following.kind is tag.kind and following > tag)


@given(timed_tag_lists)
def test_the_order_of_a_kind_is_total(tags: list[EupsTag]) -> None:
    for first in tags[:5]:
        for second in tags[:5]:
            assert (first < second) + (first == second) + (first > second) == 1
            for third in tags[:5]:
                assert first <= third or not (first <= second <= third)


@given(st.lists(eups_tags))
def test_a_list_of_all_sorts_of_tags_has_one_order(tags: list[EupsTag]) -> None:
    ordered = sorted(tags, key=lambda tag: tag.listing_key)
    tags.reverse()
    assert ordered == sorted(tags, key=lambda tag: tag.listing_key)
    assert [tag.kind for tag in ordered] == [kind for kind in TagKind for tag in tags if tag.kind is kind]


def read_or_refuse(text: str) -> EupsTag | InvalidNameError:
    try:
        return parse_tag(text)
    except InvalidNameError as error:
        return error


@given(st.text() | st.from_regex(r"[dwvb]?[0-9]{0,4}[._-][0-9]{1,4}([._-](rc)?[0-9]{1,2})?", fullmatch=True))
def test_any_text_is_a_tag_in_one_of_its_spellings_or_refused_with_a_hint(text: str) -> None:
    match read_or_refuse(text):
        case EupsTag() as tag:
            assert text in {tag.name, str(tag.git())}
        case InvalidNameError() as error:
            assert error.hint
            assert str(error).isascii()
            assert str(error).isprintable()


@given(days)
def test_every_day_has_a_daily(day: date) -> None:
    assert EupsTag.of_day(day).numbers == (day.year, day.month, day.day)


@given(days)
def test_a_day_lies_in_its_week(day: date) -> None:
    week = Week.of(day)
    assert week.first_day <= day < week.first_day + timedelta(days=7)
    assert 1 <= week.number <= weeks_in_year(week.year)
    assert week.first_day.isoweekday() == 7


@given(weeks, st.integers(-60, 60))
def test_weeks_are_moved_and_moved_back(week: Week, by: int) -> None:
    assert week.shifted(by).shifted(-by) == week
    assert (week.shifted(by) > week) is (by > 0)
