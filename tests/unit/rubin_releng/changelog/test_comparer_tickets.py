from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.names import parse_product_name
from lsstinstall.core.reporting import SilentReporter
from rubin_releng.changelog.comparer import compare_sides
from rubin_releng.changelog.models import Relation
from rubin_releng.changelog.sides import side_of_name
from tests.support.histories import Story

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rubin_releng.changelog.models import ProductChanges
    from rubin_releng.core.tickets import Ticket

AFW = parse_product_name("afw")


def begun() -> Story:
    story = Story()
    story.commit("Begin")
    story.merge("tickets/DM-1")
    story.tag("w.2026.42")
    return story


def compared(story: Story, old: str = "w_2026_42", new: str = "main") -> ProductChanges:
    changelog = compare_sides(
        side_of_name(old),
        side_of_name(new),
        readers={AFW: story.reader()},
        reporter=SilentReporter(),
    )
    return changelog.products[0]


def keys(tickets: Iterable[Ticket]) -> list[str]:
    return [str(ticket) for ticket in tickets]


def kinds(product: ProductChanges) -> list[str]:
    return [change.kind.value for change in product.changes]


def test_the_tickets_of_merges_are_found_and_sorted() -> None:
    story = begun()
    story.pull(3, "tickets/DM-1002", "DM-1002: Title")
    story.merge("tickets/DM-20")
    product = compared(story)
    assert product.relation is Relation.FORWARD
    assert keys(product.tickets) == ["DM-20", "DM-1002"]
    assert product.unmapped == ()


def test_messages_inside_a_branch_are_not_searched() -> None:
    story = begun()
    story.merge("tickets/DM-2", commits=["Undo what DM-3 did", "DM-4: more"])
    assert keys(compared(story).tickets) == ["DM-2"]


def test_a_title_counts_only_when_the_branch_names_no_ticket() -> None:
    story = begun()
    story.pull(3, "u/someone/fix", "DM-2 and SP-3: Title")
    story.pull(4, "tickets/DM-4", "DM-5: Wrong title")
    assert keys(compared(story).tickets) == ["DM-2", "DM-4", "SP-3"]


def test_a_squashed_pull_request_counts_by_its_title() -> None:
    story = begun()
    story.commit("DM-2: Title (#12)")
    assert keys(compared(story).tickets) == ["DM-2"]


def test_a_merge_in_free_words_counts_by_its_subject() -> None:
    story = begun()
    story.merge("x", "Bring DM-2 home into tickets/DM-3")
    assert keys(compared(story).tickets) == ["DM-2"]


def test_a_cherry_picked_merge_with_one_parent_counts() -> None:
    story = begun()
    story.commit("Merge branch 'tickets/DM-2'\n\n(cherry picked from commit " + "a" * 40 + ")")
    assert keys(compared(story).tickets) == ["DM-2"]


def test_commits_and_merges_without_a_ticket_are_listed_oldest_first() -> None:
    story = begun()
    direct = story.commit("Fix a typo, see DM-7")
    bot = story.pull(5, "dependabot/pip/click-8", "Bump click from DM-1 to 8")
    sweep = story.commit("Bump actions", author="pre-commit-ci[bot]")
    squashed = story.commit("Bump click (#6)", author="dependabot[bot]")
    user = story.merge("u/someone/fix")
    back = story.merge("main2", "Merge branch 'main' of example.org:lsst/afw")
    product = compared(story)
    assert product.unmapped == (direct, bot, sweep, squashed, user, back)
    assert kinds(product) == ["direct", "bot", "bot", "bot", "merge", "merge"]
    assert product.tickets == ()


def test_a_ticket_that_merged_twice_is_one_ticket_with_two_changes() -> None:
    story = begun()
    story.merge("tickets/DM-2")
    story.merge("tickets/DM-2-hotfix")
    product = compared(story)
    assert keys(product.tickets) == ["DM-2"]
    assert [change.branch for change in product.changes] == ["tickets/DM-2", "tickets/DM-2-hotfix"]


def test_a_branch_merged_into_a_branch_is_listed_as_nested() -> None:
    story = begun()
    story.branches["tickets/DM-3"] = story.branches["main"]
    story.merge("tickets/DM-2", "Merge branch 'tickets/DM-2' into tickets/DM-3", into="tickets/DM-3")
    story.merge("x", "Merge branch 'main' into tickets/DM-3", into="tickets/DM-3")
    story.commit("Merge branch 'tickets/DM-3'", merged=(story.branches.pop("tickets/DM-3"),))
    product = compared(story)
    assert keys(product.tickets) == ["DM-2", "DM-3"]
    assert kinds(product) == ["nested", "merge"]


def test_a_ticket_of_the_line_is_not_listed_as_nested_again() -> None:
    story = begun()
    story.merge("tickets/DM-2")
    story.branches["tickets/DM-3"] = story.branches["main"]
    story.merge("tickets/DM-2", "Merge branch 'tickets/DM-2' into tickets/DM-3", into="tickets/DM-3")
    story.commit("Merge branch 'tickets/DM-3'", merged=(story.branches.pop("tickets/DM-3"),))
    assert kinds(compared(story)) == ["merge", "merge"]


def test_a_former_main_line_as_second_parent_gives_its_merges() -> None:
    story = begun()
    story.branches["old"] = story.branches["main"]
    story.merge("tickets/DM-2", into="old")
    plain = story.commit("Do the work of DM-2 again")
    story.commit("Merge branch 'main' of example.org:lsst/afw", merged=(story.branches.pop("old"),))
    product = compared(story)
    assert keys(product.tickets) == ["DM-2"]
    assert plain in product.unmapped


def test_merges_on_a_release_branch_are_backports() -> None:
    story = begun()
    story.branches["v30.0.x"] = story.branches["main"]
    story.merge("tickets/DM-2", into="v30.0.x")
    story.merge("tickets/DM-3-v30", into="v30.0.x")
    story.tag("v30.0.0.rc1", branch="v30.0.x")
    product = compared(story, new="v30_0_0_rc1")
    assert keys(product.tickets) == ["DM-2", "DM-3"]
    assert kinds(product) == ["backport", "backport"]


def test_without_a_main_line_a_backport_is_known_by_its_name_alone() -> None:
    story = begun()
    story.merge("tickets/DM-2-v30", "Merge branch 'tickets/DM-2-v30'")
    story.merge("tickets/DM-3", "Merge branch 'tickets/DM-3' into v30.0.x")
    story.merge("tickets/DM-4")
    story.branches["trunk"] = story.branches.pop("main")
    assert kinds(compared(story, new="trunk")) == ["backport", "backport", "merge"]


def test_the_new_side_may_be_older() -> None:
    story = begun()
    story.merge("tickets/DM-2")
    product = compared(story, old="main", new="w_2026_42")
    assert product.relation is Relation.BACKWARD
    assert (product.tickets, keys(product.only_in_from)) == ((), ["DM-2"])


def test_the_same_commit_is_no_change() -> None:
    assert compared(begun()).relation is Relation.SAME


def test_sides_that_parted_give_three_exact_sets() -> None:
    story = begun()
    story.branches["v29.0.x"] = story.branches["main"]
    story.merge("tickets/DM-2")
    story.merge("tickets/DM-3")
    story.merge("tickets/DM-2-v29", into="v29.0.x")
    story.merge("tickets/DM-9", into="v29.0.x")
    story.tag("29.0.0", branch="v29.0.x")
    product = compared(story, old="v29_0_0")
    assert product.relation is Relation.DIVERGED
    assert keys(product.tickets) == ["DM-3"]
    assert keys(product.already_in_from) == ["DM-2"]
    assert keys(product.only_in_from) == ["DM-9"]


def test_sides_part_even_if_one_has_no_ticket() -> None:
    story = begun()
    story.branches["v29.0.x"] = story.branches["main"]
    story.merge("tickets/DM-2")
    story.commit("Set the version", branch="v29.0.x")
    story.tag("29.0.0", branch="v29.0.x")
    product = compared(story, old="v29_0_0")
    assert (product.relation, product.only_in_from) == (Relation.DIVERGED, ())


class TestReverts:
    def test_a_merge_and_its_revert_come_to_nothing(self) -> None:
        story = begun()
        merge = story.pull(12, "tickets/DM-2", "DM-2: Title")
        story.pull(13, "revert-12-tickets/DM-2", 'Revert "DM-2: Title"')
        product = compared(story)
        assert (product.tickets, keys(product.reverted)) == ((), ["DM-2"])
        assert product.undone == {merge}
        assert kinds(product) == ["merge", "revert"]

    def test_a_revert_of_a_revert_restores(self) -> None:
        story = begun()
        story.pull(12, "tickets/DM-2", "DM-2: Title")
        story.pull(13, "revert-12-tickets/DM-2", 'Revert "DM-2: Title"')
        story.pull(14, "revert-13-revert-12-tickets/DM-2", "Again")
        product = compared(story)
        assert (keys(product.tickets), product.reverted) == (["DM-2"], ())
        assert kinds(product)[-1] == "restored"

    def test_a_revert_of_something_older_is_a_change_of_its_own(self) -> None:
        story = Story()
        story.commit("Begin")
        story.pull(12, "tickets/DM-2", "DM-2: Title")
        story.tag("w.2026.42")
        story.pull(13, "revert-12-tickets/DM-2", "Back")
        product = compared(story)
        assert (keys(product.tickets), product.reverted) == (["DM-2"], ())

    def test_a_revert_and_its_revert_of_something_older_come_to_nothing(self) -> None:
        story = Story()
        story.commit("Begin")
        story.pull(12, "tickets/DM-2", "DM-2: Title")
        story.tag("w.2026.42")
        story.pull(13, "revert-12-tickets/DM-2", "Back")
        story.pull(14, "revert-13-revert-12-tickets/DM-2", "Forth")
        product = compared(story)
        assert (product.tickets, keys(product.reverted)) == ((), ["DM-2"])

    def test_a_ticket_that_merges_again_after_its_revert_stays(self) -> None:
        story = begun()
        story.merge("tickets/DM-2")
        story.merge("tickets/DM-2-revert")
        story.merge("tickets/DM-2-again")
        product = compared(story)
        assert (keys(product.tickets), product.reverted) == (["DM-2"], ())

    @pytest.mark.parametrize(
        "branch", ["tickets/DM-2-revert", "u/x/DM-2/revert", "tickets/revert-DM-2", "tickets/DM-2-Revert"]
    )
    def test_a_branch_can_say_that_it_reverts(self, branch: str) -> None:
        story = begun()
        story.merge("tickets/DM-2")
        story.merge(branch)
        product = compared(story)
        assert (product.tickets, keys(product.reverted)) == ((), ["DM-2"])

    def test_git_names_the_reverted_merge(self) -> None:
        story = begun()
        merge = story.merge("tickets/DM-2")
        story.commit(
            f"Revert \"Merge branch 'tickets/DM-2'\"\n\nThis reverts commit {merge}, reversing\nchanges."
        )
        product = compared(story)
        assert (product.tickets, keys(product.reverted)) == ((), ["DM-2"])

    def test_a_revert_of_one_of_several_commits_leaves_the_ticket(self) -> None:
        story = begun()
        story.merge("tickets/DM-2", commits=["One", "Two"])
        part = story.commits[-2].sha
        story.merge("tickets/DM-2-revert", commits=[f'Revert "Two"\n\nThis reverts commit {part}.'])
        product = compared(story)
        assert (keys(product.tickets), product.reverted) == (["DM-2"], ())

    def test_a_revert_of_all_commits_one_by_one_takes_the_ticket_back(self) -> None:
        story = begun()
        story.merge("tickets/DM-2", commits=["One", "Two"])
        parts = [story.commits[-3].sha, story.commits[-2].sha]
        story.merge("tickets/DM-2-revert", commits=[f"Back\n\nThis reverts commit {part}." for part in parts])
        assert keys(compared(story).reverted) == ["DM-2"]

    def test_a_revert_that_names_an_older_commit_leaves_newer_merges(self) -> None:
        story = Story()
        story.commit("Begin")
        old = story.merge("tickets/DM-2")
        story.tag("w.2026.42")
        story.merge("tickets/DM-2-hotfix")
        story.commit(f"Revert \"Merge branch 'tickets/DM-2'\"\n\nThis reverts commit {old}.")
        product = compared(story)
        assert (keys(product.tickets), product.reverted) == (["DM-2"], ())

    def test_a_revert_that_names_another_pull_request_leaves_this_one(self) -> None:
        story = begun()
        story.pull(14, "tickets/DM-2-hotfix", "DM-2: More")
        story.pull(15, "revert-12-tickets/DM-2", "Back")
        product = compared(story)
        assert (keys(product.tickets), product.reverted) == (["DM-2"], ())

    def test_a_cherry_picked_revert_finds_its_merge_by_what_it_was_picked_from(self) -> None:
        story = begun()
        there = "b" * 40
        story.commit(f"Merge branch 'tickets/DM-2'\n\n(cherry picked from commit {there})")
        story.merge("tickets/DM-3")
        story.commit(f"Revert \"Merge branch 'tickets/DM-2'\"\n\nThis reverts commit {there}.")
        product = compared(story)
        assert (keys(product.tickets), keys(product.reverted)) == (["DM-3"], ["DM-2"])

    def test_a_revert_that_names_an_unknown_commit_is_matched_by_its_ticket(self) -> None:
        story = begun()
        story.merge("tickets/DM-2")
        story.commit(f"Revert \"Merge branch 'tickets/DM-2'\"\n\nThis reverts commit {'c' * 40}.")
        product = compared(story)
        assert (product.tickets, keys(product.reverted)) == ((), ["DM-2"])

    def test_a_title_can_say_that_a_branch_without_ticket_reverts(self) -> None:
        story = begun()
        story.merge("tickets/DM-2")
        story.pull(13, "u/x/back", 'Revert "DM-2: Title"')
        assert keys(compared(story).reverted) == ["DM-2"]

    def test_a_ticket_whose_title_speaks_of_a_revert_is_no_revert(self) -> None:
        story = begun()
        story.merge("tickets/DM-2")
        story.pull(13, "tickets/DM-3", 'Revert "DM-2: Title"')
        product = compared(story)
        assert (keys(product.tickets), kinds(product)) == (["DM-2", "DM-3"], ["merge", "merge"])

    def test_a_plain_revert_without_ticket_is_listed(self) -> None:
        story = begun()
        typo = story.commit("Fix a typo in DM-5")
        back = story.commit(f'Revert "Fix a typo in DM-5"\n\nThis reverts commit {typo}.')
        product = compared(story)
        assert product.unmapped == (typo, back)
        assert product.undone == {typo}

    def test_what_is_restored_from_before_the_range_is_a_change(self) -> None:
        story = begun()
        story.merge("revert-13-revert-12-tickets/DM-2")
        assert keys(compared(story).tickets) == ["DM-2"]
