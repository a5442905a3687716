from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.names import ProductName
from lsstinstall.core.reporting import SilentReporter
from rubin_releng.changelog.comparer import compare_sides
from rubin_releng.changelog.sides import side_of_name
from rubin_releng.core.changelogsettings import ChangeLogSettings
from rubin_releng.core.overrides import Override, Overrides
from rubin_releng.core.pullrequests import PullRequest
from rubin_releng.core.tickets import parse_ticket
from tests.support.histories import Story
from tests.support.loggedstories import logged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lsstinstall.core.names import GitSha
    from rubin_releng.changelog.models import ProductChanges


def begun() -> Story:
    story = Story()
    story.commit("Begin")
    story.merge("tickets/DM-1")
    story.tag("w.2026.42")
    return story


def compared(story: Story, old: str = "w_2026_42", new: str = "main") -> ProductChanges:
    """Compare in memory, as a clone and as a mirror would be read."""
    name = ProductName("afw")
    one, other = (
        compare_sides(
            side_of_name(old), side_of_name(new), readers={name: reader}, reporter=SilentReporter(), jobs=1
        ).products[0]
        for reader in (story.reader(), logged(story))
    )
    assert one == other
    return one


def tickets(product: ProductChanges) -> tuple[list[str], list[str]]:
    return [str(one) for one in product.tickets], [str(one) for one in product.reverted]


def nested() -> tuple[Story, str, str]:
    """Merge a branch into another one, and that into main."""
    story = begun()
    story.branches["tickets/DM-3"] = story.branches["main"]
    inner = story.merge("tickets/DM-2", "Merge branch 'tickets/DM-2' into tickets/DM-3", into="tickets/DM-3")
    outer = story.commit("Merge branch 'tickets/DM-3'", merged=[story.branches.pop("tickets/DM-3")])
    return story, inner, outer


def foxtrot(story: Story, fork: str) -> str:
    """Pull the main line, as it is now, into a commit on an older one."""
    theirs = story.branches["main"]
    story.branches["main"] = story.tags[fork]
    story.commit("Local work")
    return story.commit("Merge branch 'main' of github.com:lsst/afw", merged=[theirs])


def taking_back(sha: str, subject: str) -> str:
    return f'Revert "{subject}"\n\nThis reverts commit {sha}.'


def test_what_came_by_something_that_was_taken_back_is_taken_back_too() -> None:
    story, _, outer = nested()
    assert tickets(compared(story)) == (["DM-2", "DM-3"], [])
    taken = story.commit(taking_back(outer, "Merge branch 'tickets/DM-3'"))
    assert tickets(compared(story)) == ([], ["DM-2", "DM-3"])
    story.commit(taking_back(taken, "Revert \"Merge branch 'tickets/DM-3'\""))
    assert tickets(compared(story)) == (["DM-2", "DM-3"], [])


def test_what_was_merged_into_a_ticket_comes_back_with_that_ticket() -> None:
    story, _, outer = nested()
    story.commit(taking_back(outer, "Merge branch 'tickets/DM-3'"))
    story.merge("tickets/DM-4")
    assert tickets(compared(story)) == (["DM-4"], ["DM-2", "DM-3"])
    story.merge("tickets/DM-3", commits=["All of it, in one commit"])
    assert tickets(compared(story)) == (["DM-2", "DM-3", "DM-4"], [])


def test_a_branch_that_takes_back_a_single_commit_of_another_ticket_reverts_no_ticket() -> None:
    story = begun()
    work = story.commit("Do the work", branch="tickets/DM-2")
    story.commit("Merge branch 'tickets/DM-2'", merged=[story.branches.pop("tickets/DM-2")])
    story.merge("tickets/DM-3", commits=[taking_back(work, "Do the work")])
    assert tickets(compared(story)) == (["DM-2", "DM-3"], [])


def test_a_merge_beside_the_line_can_be_taken_back_on_it() -> None:
    story = begun()
    merged = story.merge("tickets/DM-2")
    foxtrot(story, "w.2026.42")
    assert tickets(compared(story)) == (["DM-2"], [])
    story.commit(taking_back(merged, "Merge branch 'tickets/DM-2'"))
    assert tickets(compared(story)) == ([], ["DM-2"])


def test_a_merge_of_the_line_can_be_taken_back_beside_it() -> None:
    story = begun()
    merged = story.merge("tickets/DM-2")
    story.tag("w.2026.43")
    story.commit(taking_back(merged, "Merge branch 'tickets/DM-2'"))
    foxtrot(story, "w.2026.43")
    found = compared(story)
    assert tickets(found) == ([], ["DM-2"])
    # Plain commits beside the line are never told.
    assert [change.title for change in found.changes] == [None, "Local work", None]
    assert found.undone == {merged}


def test_a_revert_beside_the_line_is_told_if_it_is_a_merge() -> None:
    story = begun()
    story.pull(5, "revert-1-tickets/DM-1", 'Revert "DM-1: Title"')
    foxtrot(story, "w.2026.42")
    found = compared(story)
    assert tickets(found) == (["DM-1"], [])
    assert [change.kind.value for change in found.changes] == ["direct", "revert", "merge"]


def test_a_branch_that_takes_a_plain_commit_back_is_not_told_so() -> None:
    story = begun()
    story.merge("tickets/DM-2", commits=["Try", taking_back("1" * 40, "Try"), "Try again"])
    assert tickets(compared(story)) == (["DM-2"], [])


def test_a_merge_beside_the_line_outlives_another_one_of_its_ticket() -> None:
    story = begun()
    story.merge("tickets/DM-2")
    foxtrot(story, "w.2026.42")
    again = story.merge("tickets/DM-2-hotfix")
    story.commit(taking_back(again, "Merge branch 'tickets/DM-2-hotfix'"))
    found = compared(story)
    assert tickets(found) == (["DM-2"], [])
    assert found.undone == {again}


def test_a_revert_that_was_copied_takes_back_the_copy() -> None:
    story = begun()
    story.branches["v29.0.x"] = story.branches["main"]
    merged = story.merge("tickets/DM-2")
    taken = taking_back(merged, "Merge branch 'tickets/DM-2'")
    story.commit(taken)
    story.tag("w.2026.43")
    story.commit("Merge branch 'tickets/DM-2'", branch="v29.0.x")
    story.commit(taken, branch="v29.0.x")
    story.tag("29.0.0", branch="v29.0.x")
    assert tickets(compared(story, "w_2026_43", "v29_0_0")) == ([], ["DM-2"])


def test_a_button_s_revert_of_an_unlisted_project_has_its_ticket() -> None:
    story = begun()
    story.pull(5, "revert-4-tickets/PIPE-7", 'Revert "Title"')
    assert tickets(compared(story)) == (["PIPE-7"], [])


class _KnownPullRequests:
    """What a service knows of commits that name no pull request."""

    def __init__(self, known: dict[str, PullRequest]) -> None:
        self._known = known

    def merged(
        self,
        product: ProductName,  # noqa: ARG002 - the service's interface
        repository_url: str,  # noqa: ARG002
        shas: Sequence[GitSha],
    ) -> Mapping[GitSha, PullRequest]:
        return {sha: self._known[sha] for sha in shas if sha in self._known}


def _compared_with(
    story: Story, requests: dict[str, PullRequest] | None = None, overrides: Overrides | None = None
) -> ProductChanges:
    name = ProductName("afw")
    return compare_sides(
        side_of_name("w_2026_42"),
        side_of_name("main"),
        readers={name: story.reader()},
        repositories={name: "https://example.org/afw"},
        reporter=SilentReporter(),
        settings=ChangeLogSettings(overrides=overrides or Overrides()),
        pull_requests=None if requests is None else _KnownPullRequests(requests),
    ).products[0]


def test_what_was_pushed_has_the_tickets_of_its_pull_request() -> None:
    story = begun()
    pushed = story.commit("Speed up")
    story.commit("Tidy up")
    request = PullRequest(number=7, title="Speed up", branch="tickets/DM-7")
    found = _compared_with(story, {pushed: request})
    assert tickets(found) == (["DM-7"], [])
    assert [change.pull_request for change in found.changes] == [7, None]


def test_nobody_is_asked_about_merges_that_name_a_ticket() -> None:
    story = begun()
    story.merge("tickets/DM-2")
    assert tickets(_compared_with(story, {})) == (["DM-2"], [])


def test_corrections_by_hand_change_tickets_and_hide_merges() -> None:
    story = begun()
    wrong, hidden = story.merge("tickets/DM-2"), story.merge("tickets/DM-3")
    story.merge("tickets/DM-4")
    right = parse_ticket("DM-20")
    overrides = Overrides(
        merges=(
            Override(merge=wrong, tickets=(right,), reason="a slip"),
            Override(merge=hidden, is_hidden=True, reason="never released"),
        )
    )
    assert tickets(_compared_with(story, overrides=overrides)) == (["DM-4", "DM-20"], [])
