"""Every question that a change log has to answer has tests named for it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

ROOM = "unit/rubin_releng/changelog"
ASKED = "integration/test_changelog_questions.py"
PLACES = "integration/test_changelog_places.py"
ALL = "integration/test_changelog_all.py"

# By the number of the question: where it is asked, and by which test.
QUESTIONS = (
    (1, ASKED, "test_which_tickets_were_merged"),
    (2, ASKED, "test_which_merges_and_commits_map_to_no_ticket"),
    (3, ASKED, "test_is_the_same_commit_under_both_tags_unchanged"),
    (4, ASKED, "test_is_a_ticket_that_merged_twice_one_ticket_with_two_links"),
    (5, ASKED, "test_what_came_and_was_reverted"),
    (5, ASKED, "test_what_git_reverted_by_commit"),
    (6, ASKED, "test_is_a_cherry_picked_merge_with_one_parent_found"),
    (7, ASKED, "test_are_merges_off_the_first_parent_line_found"),
    (8, ASKED, "test_is_a_fast_forward_unmapped_without_knowledge_of_pull_requests"),
    (8, PLACES, "test_titles_come_from_jira_else_from_the_pull_request"),
    (9, ASKED, "test_which_ticket_does_a_branch_name"),
    (9, ASKED, "test_do_a_fork_and_a_title_with_two_keys_count"),
    (9, ASKED, "test_is_a_key_of_an_unlisted_project_marked"),
    (10, ASKED, "test_are_bots_folded_and_not_lost"),
    (11, ASKED, "test_is_a_tag_found_however_it_is_spelled"),
    (11, ASKED, "test_what_if_a_tag_is_missing_on_one_side"),
    (12, ASKED, "test_what_is_new_already_there_and_only_in_the_old_one"),
    (13, ASKED, "test_are_backports_known_by_name_and_by_branch"),
    (14, ASKED, "test_is_it_told_that_sides_parted_even_if_one_has_no_ticket"),
    (15, ASKED, "test_which_products_came_went_came_back_and_changed_their_name"),
    (16, PLACES, "test_products_have_exactly_their_states"),
    (16, PLACES, "test_the_same_commit_with_another_version_was_only_rebuilt"),
    (17, ASKED, "test_is_one_ticket_over_many_products_one_row"),
    (18, ASKED, "test_is_a_tag_of_two_builds_reported"),
    (19, ASKED, "test_is_what_is_missing_told_with_a_reason"),
    (19, PLACES, "test_services_that_are_down_give_a_partial_result_with_reasons"),
    (20, "unit/rubin_releng/core/test_predecessors.py", "test_each_kind_of_release_has_its_predecessor"),
    (21, PLACES, "test_the_environment_is_compared_package_by_package"),
    (22, ASKED, "test_which_news_came_even_if_a_release_used_them_up"),
    (22, "integration/test_changelog_histories.py", "test_bad_names_of_news_are_told"),
    (23, ALL, "test_a_ticket_is_found_in_all_releases_that_have_it"),
    (24, f"{ROOM}/test_whereabouts.py", "test_a_release_may_have_a_part_of_a_ticket"),
    (25, ALL, "test_what_is_on_main_since_the_last_weekly_has_a_page"),
    (26, f"{ROOM}/test_whereabouts.py", "test_what_moving_to_another_release_would_lose_is_told"),
    (27, ASKED, "test_are_equal_inputs_given_equal_bytes"),
    (28, "integration/test_changelog_rst.py", "test_sphinx_builds_hostile_titles_without_a_warning"),
    (28, f"{ROOM}/test_htmlpages.py", "test_hostile_titles_are_text_and_nothing_else"),
    (28, f"{ROOM}/test_jsonrendering.py", "test_json_is_as_its_schema_says"),
    (29, PLACES, "test_a_second_run_asks_nobody_and_says_the_same_also_offline"),
    (29, ALL, "test_a_second_run_makes_nothing_and_touches_nothing"),
)


@pytest.mark.parametrize(("question", "place", "name"), QUESTIONS)
def test_the_test_of_a_question_is_there(question: int, place: str, name: str, project_root: Path) -> None:
    module = ast.parse((project_root / "tests" / place).read_text(encoding="utf-8"))
    assert name in {one.name for one in module.body if isinstance(one, ast.FunctionDef)}, question


def test_no_question_is_left_out() -> None:
    assert sorted({question for question, _, _ in QUESTIONS}) == list(range(1, 30))
