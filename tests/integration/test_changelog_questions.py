"""Questions that people ask of a change log, each answered from a small repository that git has made."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from lsstinstall.commands.frame import run_main
from rubin_releng.commands.main import cli
from tests.support.histories import START, Story

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.process

OLD, NEW = "w_2026_42", "w_2026_43"
TOWNCRIER = """
[tool.towncrier]
directory = "doc/changes"
[[tool.towncrier.type]]
directory = "feature"
name = "New features"
[[tool.towncrier.type]]
directory = "bugfix"
name = "Bug fixes"
"""


def begun(beginning: str = "Begin") -> Story:
    story = Story()
    story.commit(beginning)
    story.merge("tickets/DM-1")
    story.tag("w.2026.42")
    return story


def parted() -> Story:
    """Tell of two releases: the later one does not come from the earlier one."""
    story = begun()
    story.branches["v29.0.x"] = story.branches["main"]
    story.branches["v30.0.x"] = story.branches["main"]
    return story


Ask: TypeAlias = "Callable[..., Any]"


@pytest.fixture
def ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Write stories as repositories, and ask for the change log of them all."""

    def asked(*arguments: str, code: int = 0, **stories: Story) -> Any:
        for name, story in stories.items():
            if not (tmp_path / name).exists():
                story.write(tmp_path / name)
        named = [f"{name}={tmp_path / name}" for name in stories]
        options = [text for one in named for text in ("--repository", one)]
        given = (
            arguments if len(arguments) > 1 and not arguments[0].startswith("-") else (OLD, NEW, *arguments)
        )
        got = run_main(cli, name="x", arguments=["changelog", *given, *options, "--json", "--quiet"])
        assert got == code
        return json.loads(capsys.readouterr().out)

    return asked


def of_afw(ask: Ask, story: Story, *arguments: str) -> Any:
    if "w.2026.43" not in story.tags and not arguments:
        story.tag("w.2026.43")
    return ask(*arguments, afw=story)["products"]["afw"]


# One product, two tags


def test_which_tickets_were_merged(ask: Ask) -> None:
    story = begun()
    story.pull(2, "tickets/DM-1002", "DM-1002: Title", commits=["Undo DM-3", "DM-4: More"])
    story.merge("tickets/DM-20")
    product = of_afw(ask, story)
    assert (product["relation"], product["state"]) == ("forward", "changed")
    assert product["tickets"] == ["DM-20", "DM-1002"]


def test_which_merges_and_commits_map_to_no_ticket(ask: Ask) -> None:
    story = begun()
    shas = [
        story.commit("Fix a typo, see DM-7"),
        story.merge("tickets/1234"),
        story.pull(3, "u/someone/fix", "Fix the build"),
        story.merge("dependabot/pip/click-8"),
        story.merge("side", "Merge branch 'main' of example.org:lsst/afw"),
    ]
    product = of_afw(ask, story)
    assert product["unmapped"] == shas
    assert product["tickets"] == []
    assert product["changes"][1]["branch"] == "tickets/1234"


def test_is_the_same_commit_under_both_tags_unchanged(ask: Ask) -> None:
    product = of_afw(ask, begun())
    assert (product["relation"], product["state"]) == ("same", "unchanged")
    assert product["changes"] == []


def test_is_a_ticket_that_merged_twice_one_ticket_with_two_links(ask: Ask) -> None:
    story = begun()
    story.pull(2, "tickets/DM-2", "DM-2: Title")
    story.pull(3, "tickets/DM-2-hotfix", "DM-2: (hotfix) Title")
    story.tag("w.2026.43")
    (ticket,) = ask(afw=story)["tickets"]
    assert ticket["key"] == "DM-2"
    assert [change["pull_request"] for change in ticket["changes"]] == [2, 3]


def test_what_came_and_was_reverted(ask: Ask) -> None:
    story = begun()
    for number, ticket in ((2, "DM-2"), (3, "DM-3"), (4, "DM-4")):
        story.pull(number, f"tickets/{ticket}", "Title")
    story.pull(5, "revert-2-tickets/DM-2", 'Revert "Title"')
    story.pull(6, "revert-3-tickets/DM-3", 'Revert "Title"')
    story.pull(7, "revert-6-revert-3-tickets/DM-3", 'Revert "Revert "Title""')
    taken_back = story.merge("tickets/DM-1-revert")
    product = of_afw(ask, story)
    assert product["reverted"] == ["DM-2"]
    assert product["tickets"] == ["DM-1", "DM-3", "DM-4"]
    assert {one["sha"]: one["kind"] for one in product["changes"]}[taken_back] == "revert"


def test_what_git_reverted_by_commit(ask: Ask) -> None:
    story = begun()
    merged = story.merge("tickets/DM-2")
    message = "Revert \"Merge branch 'tickets/DM-2'\"\n\nThis reverts commit {}."
    reverted = story.commit(message.format(merged))
    story.tag("w.2026.43")
    again = f'Revert "Revert "Merge branch \'tickets/DM-2\'""\n\nThis reverts commit {reverted}.'
    story.commit(again)
    story.tag("w.2026.44")
    assert of_afw(ask, story)["reverted"] == ["DM-2"]
    restored = of_afw(ask, story, NEW, "w_2026_44")
    assert restored["tickets"] == ["DM-2"]
    assert of_afw(ask, story, OLD, "w_2026_44")["tickets"] == ["DM-2"]


def test_does_a_partial_revert_leave_the_ticket(ask: Ask) -> None:
    story = begun()
    story.branches["tickets/DM-2"] = story.branches["main"]
    kept, wrong = story.commit("One", branch="tickets/DM-2"), story.commit("Two", branch="tickets/DM-2")
    story.commit("Merge branch 'tickets/DM-2'", merged=(wrong,))
    story.merge("tickets/DM-2-revert", commits=[f'Revert "Two"\n\nThis reverts commit {wrong}.'])
    product = of_afw(ask, story)
    assert kept != wrong
    assert (product["tickets"], product["reverted"]) == (["DM-2"], [])


def test_is_a_cherry_picked_merge_with_one_parent_found(ask: Ask) -> None:
    story = begun()
    story.commit("Merge pull request #12 from lsst/tickets/DM-2\n\nDM-2: Title")
    story.commit("Merge branch tickets/DM-3 into v29.0.x")
    product = of_afw(ask, story)
    assert product["tickets"] == ["DM-2", "DM-3"]
    assert product["unmapped"] == []


def test_are_merges_off_the_first_parent_line_found(ask: Ask) -> None:
    story = begun()
    story.branches["old"] = story.branches["main"]
    story.merge("tickets/DM-2", into="old")
    flattened = story.commit("The work of another branch, rebased")
    story.commit("Merge branch 'main' of example.org:lsst/afw", merged=(story.branches.pop("old"),))
    product = of_afw(ask, story)
    assert product["tickets"] == ["DM-2"]
    assert [one["kind"] for one in product["changes"]] == ["direct", "nested", "merge"]
    assert flattened in product["unmapped"]


def test_is_a_branch_that_merged_before_the_range_not_nested_in_it(ask: Ask) -> None:
    story = begun()
    story.branches["tickets/DM-3"] = story.branches["main"]
    story.merge("tickets/DM-2", "Merge branch 'tickets/DM-2' into tickets/DM-3", into="tickets/DM-3")
    (brought,) = [one for one in story.commits if one.message.startswith("Do the work")][-1:]
    story.commit("Merge branch 'tickets/DM-2'", merged=(brought.sha,))
    story.tag("w.2026.42")
    story.commit("Merge branch 'tickets/DM-3'", merged=(story.branches.pop("tickets/DM-3"),))
    assert of_afw(ask, story)["tickets"] == ["DM-3"]


def test_is_a_fast_forward_unmapped_without_knowledge_of_pull_requests(ask: Ask) -> None:
    story = begun()
    first, second = story.commit("Work on something"), story.commit("Work on more")
    assert of_afw(ask, story)["unmapped"] == [first, second]


@pytest.mark.parametrize(
    ("branch", "tickets"),
    [
        ("tickets/dm-1002", ["DM-1002"]),
        ("tickts/DM-1002", ["DM-1002"]),
        ("ticket/DM-1002", ["DM-1002"]),
        ("DM-1002", ["DM-1002"]),
        ("tickets/DM-01002", ["DM-1002"]),
        ("tickets/DM-1002b", ["DM-1002"]),
        ("tickets/DM-1002-forward-port", ["DM-1002"]),
        ("u/someone/DM-1002/second", ["DM-1002"]),
        ("u/someone/tickets/DM-1002", ["DM-1002"]),
        ("tickets/PREOPS-100", ["PREOPS-100"]),
        ("tickets/SP-200", ["SP-200"]),
        ("tickets/PIPE-12", ["PIPE-12"]),
        ("tickets/DM-2-DM-3", ["DM-2", "DM-3"]),
        ("dependabot/github_actions/actions/setup-python-6", []),
        ("dependabot/pip/sp-3", []),
        ("someone-patch-1", []),
        ("revert-12-u/someone/fix", []),
    ],
)
def test_which_ticket_does_a_branch_name(branch: str, tickets: list[str], ask: Ask) -> None:
    story = begun()
    story.pull(2, branch, "Title")
    assert of_afw(ask, story)["tickets"] == tickets


def test_do_a_fork_and_a_title_with_two_keys_count(ask: Ask) -> None:
    story = begun()
    story.merge("x", "Merge pull request #2 from somebody/tickets/DM-2\n\nTitle")
    story.merge("y", "Merge pull request #3 from somebody/main\n\nDM-3, SP-4: Title")
    story.commit("DM-5: Squashed (#6)")
    assert of_afw(ask, story)["tickets"] == ["DM-2", "DM-3", "DM-5", "SP-4"]


def test_is_a_key_of_an_unlisted_project_marked(ask: Ask) -> None:
    story = begun()
    story.merge("tickets/PIPE-12")
    story.tag("w.2026.43")
    assert ask(afw=story)["tickets"][0]["flags"] == ["new", "unknown_project"]
    assert ask("--project", "pipe", afw=story)["tickets"][0]["flags"] == ["new"]


def test_are_bots_folded_and_not_lost(ask: Ask) -> None:
    story = begun()
    bots = [
        story.pull(2, "dependabot/pip/click-8", "Bump click"),
        story.commit("Update hooks", author="pre-commit-ci[bot]"),
    ]
    person = story.commit("Fix a typo")
    story.tag("w.2026.43")
    data = ask(afw=story)
    assert data["products"]["afw"]["bots"] == bots
    assert data["products"]["afw"]["unmapped"] == [*bots, person]
    assert [sweep["subject"] for sweep in data["sweeps"]] == ["Fix a typo"]
    assert data["counts"]["bots"] == 2


@pytest.mark.parametrize("message", ["Tag", None])
@pytest.mark.parametrize("spelling", ["30.0.0", "v30.0.0"])
@pytest.mark.parametrize("asked", ["v30_0_0", "30.0.0", "v30.0.0"])
def test_is_a_tag_found_however_it_is_spelled(
    asked: str, spelling: str, message: str | None, ask: Ask
) -> None:
    story = begun()
    story.merge("tickets/DM-2")
    story.tag(spelling, message=message)
    assert of_afw(ask, story, OLD, asked)["tickets"] == ["DM-2"]


@pytest.mark.parametrize("asked", ["v30_0_0_rc1", "v30.0.0.rc1", "30.0.0.rc1", "30.0.0rc1"])
@pytest.mark.parametrize("spelling", ["v30.0.0.rc1", "30.0.0.rc1", "v30.0.0-rc1"])
def test_is_a_candidate_found_however_it_is_spelled(asked: str, spelling: str, ask: Ask) -> None:
    story = begun()
    story.merge("tickets/DM-2")
    story.tag(spelling)
    assert of_afw(ask, story, OLD, asked)["tickets"] == ["DM-2"]


def test_are_two_spellings_that_differ_reported(ask: Ask) -> None:
    story = begun()
    story.merge("tickets/DM-2")
    story.tag("30.0.0")
    story.merge("tickets/DM-3")
    story.tag("v30.0.0")
    data = ask(OLD, "v30_0_0", afw=story)
    assert data["products"]["afw"]["tickets"] == ["DM-2"]
    assert data["warnings"] == ["in `afw`, `30.0.0` and `v30.0.0` are different commits; the first was used"]


def test_what_if_a_tag_is_missing_on_one_side(ask: Ask) -> None:
    joined, other = begun("Begin another"), begun()
    for story in (joined, other):
        story.tag("w.2026.43")
    del joined.tags["w.2026.42"]
    data = ask(geom=joined, afw=other)
    assert data["products"]["geom"]["relation"] == "added"
    assert data["products"]["geom"]["commits"] == 2
    assert data["products"]["geom"]["tickets"] == []


def test_is_a_tag_that_no_repository_has_refused(ask: Ask) -> None:
    stories = {"geom": begun("Begin another"), "afw": begun()}
    for number, name in enumerate(("29.0.0", "29.0.1", "30.0.0", "v30.0.0", "w.2026.44", "backup/31.0.0")):
        list(stories.values())[number % 2].tag(name)
    for old, new, near in (
        ("v99_0_0", "v30_0_0", "`v29_0_1`, `v30_0_0`"),
        (OLD, "29.0.2", "`v29_0_0`, `v29_0_1`, `v30_0_0`"),
        (OLD, "w_2026_43", "`w_2026_42`, `w_2026_44`"),
    ):
        error = ask(old, new, code=3, **stories)["error"]
        assert (error["message"], error["hint"]) == (
            f"no repository has `{old if new == 'v30_0_0' else new}`",
            f"the nearest are {near}",
        )
    assert ask(OLD, "d_2026_10_20", code=3, **stories)["error"]
    assert ask("v99_0_0", "v30_0_0_rc1", code=3, **stories)["error"]


# One product, diverged tags


def test_what_is_new_already_there_and_only_in_the_old_one(ask: Ask) -> None:
    story = parted()
    story.merge("tickets/DM-2-v29", into="v29.0.x")
    story.merge("tickets/DM-3", "Merge branch 'tickets/DM-3' into v29.0.x", into="v29.0.x")
    story.tag("29.0.0", branch="v29.0.x")
    story.merge("tickets/DM-2", into="v30.0.x")
    story.merge("tickets/DM-4", into="v30.0.x")
    story.tag("30.0.0", branch="v30.0.x")
    product = of_afw(ask, story, "v29_0_0", "v30_0_0")
    assert product["relation"] == "diverged"
    assert product["tickets"] == ["DM-4"]
    assert product["already_in_from"] == ["DM-2"]
    assert product["only_in_from"] == ["DM-3"]


def test_are_backports_known_by_name_and_by_branch(ask: Ask) -> None:
    story = begun()
    story.branches["v30.0.x"] = story.branches["main"]
    story.merge("tickets/DM-2-v30_0", into="v30.0.x")
    story.merge("tickets/DM-3", into="v30.0.x")
    story.tag("30.0.0", branch="v30.0.x")
    # A third attempt is no backport.
    story.merge("tickets/DM-4-v3")
    story.tag("w.2026.43")
    data = ask(OLD, "v30_0_0", afw=story)
    assert [one["kind"] for one in data["products"]["afw"]["changes"]] == ["backport", "backport"]
    assert [one["flags"] for one in data["tickets"]] == [["backport", "new"], ["backport", "new"]]
    assert [one["kind"] for one in of_afw(ask, story, OLD, NEW)["changes"]] == ["merge"]


def test_how_many_tickets_were_backported_since_the_base(ask: Ask) -> None:
    story = parted()
    story.merge("tickets/DM-2", into="v30.0.x")
    story.merge("tickets/DM-3-v30", into="v30.0.x")
    story.tag("29.0.0", branch="v29.0.x")
    story.tag("30.0.0", branch="v30.0.x")
    data = ask("v29_0_0", "v30_0_0", "--base", OLD, afw=story)
    assert (data["base"], data["backports"]) == (OLD, ["DM-2", "DM-3"])
    error = ask("v29_0_0", "v30_0_0", "--base", "main", code=2, afw=story)["error"]
    assert error["message"] == "`main` is no weekly"


def test_which_weekly_was_a_release_made_from(ask: Ask) -> None:
    stories = {}
    for name in ("afw", "base"):
        story = stories[name] = parted()
        story.merge("tickets/DM-5")
        story.tag("29.0.0", branch="v29.0.x")
        if name == "afw":
            story.merge("tickets/DM-2", into="v30.0.x")
        story.tag("30.0.0", branch="v30.0.x")
        story.tag("w.2026.43")
    found = ask("v29_0_0", "v30_0_0", **stories)
    assert (found["base"], found["backports"]) == (OLD, ["DM-2"])
    assert ask(OLD, NEW, **stories)["base"] is None


def test_is_it_told_that_sides_parted_even_if_one_has_no_ticket(ask: Ask) -> None:
    story = parted()
    story.commit("Raise the version", branch="v29.0.x")
    story.tag("29.0.0", branch="v29.0.x")
    story.merge("tickets/DM-4", into="v30.0.x")
    story.tag("30.0.0", branch="v30.0.x")
    product = of_afw(ask, story, "v29_0_0", "v30_0_0")
    assert (product["relation"], product["only_in_from"], len(product["lost"])) == ("diverged", [], 1)


def test_what_does_a_downgrade_lose(ask: Ask) -> None:
    story = begun()
    story.merge("tickets/DM-2")
    story.tag("w.2026.43")
    product = of_afw(ask, story, NEW, OLD)
    assert (product["relation"], product["tickets"], product["only_in_from"]) == ("backward", [], ["DM-2"])


# The whole stack


def test_which_products_came_went_came_back_and_changed_their_name(ask: Ask) -> None:
    stories = {name: begun(f"Begin {name}") for name in ("afw", "back", "fresh", "gone", "former")}
    former = stories["former"]
    later = Story()
    later.__dict__.update({key: value.copy() for key, value in vars(former).items()})
    later.merge("tickets/DM-2")
    for story in (stories["afw"], stories["back"], stories["fresh"], later):
        story.tag("w.2026.43")
    for story in (stories["back"], stories["fresh"], later):
        del story.tags["w.2026.42"]
    stories["back"].tag("w.2026.10")
    products = ask(**stories, latter=later)["products"]
    states = {name: (one["relation"], one["state"]) for name, one in products.items()}
    assert states == {
        "afw": ("same", "unchanged"),
        "back": ("added", "returned"),
        "former": ("removed", "renamed"),
        "fresh": ("added", "added"),
        "gone": ("removed", "removed"),
        "latter": ("forward", "renamed"),
    }
    assert products["latter"]["renamed_from"] == "former"
    assert products["former"]["renamed_to"] == "latter"
    assert products["latter"]["tickets"] == ["DM-2"]


def test_are_test_data_kept_in_the_table_without_their_merges(ask: Ask) -> None:
    stories = {name: begun(f"Begin {name}") for name in ("testdata_cfht", "afw")}
    for story in stories.values():
        story.merge("tickets/DM-2")
        story.tag("w.2026.43")
    data = ask(**stories)
    assert data["products"]["testdata_cfht"]["relation"] == "forward"
    assert data["products"]["testdata_cfht"]["tickets"] is None
    assert data["tickets"][0]["products"] == ["afw"]
    wanted = ask("--product", "testdata_cfht", **stories)
    assert wanted["products"]["testdata_cfht"]["tickets"] == ["DM-2"]
    assert list(wanted["products"]) == ["testdata_cfht"]


def test_is_one_ticket_over_many_products_one_row(ask: Ask) -> None:
    stories = {name: begun(f"Begin {name}") for name in ("afw", "geom", "utils")}
    for number, story in enumerate(stories.values(), start=10):
        story.pull(number, "tickets/DM-2", f"DM-2: Title {number}")
        story.tag("w.2026.43")
    (ticket,) = ask(**stories)["tickets"]
    assert ticket["products"] == ["afw", "geom", "utils"]
    assert ticket["title"] == "Title 10"
    assert [(one["product"], one["pull_request"]) for one in ticket["changes"]] == [
        ("afw", 10),
        ("geom", 11),
        ("utils", 12),
    ]


def test_is_one_sweep_over_many_products_one_line(ask: Ask) -> None:
    stories = {name: begun(f"Begin {name}") for name in ("afw", "geom", "utils")}
    shas = [story.commit("Move to new workflows") for story in stories.values()]
    for story in stories.values():
        story.tag("w.2026.43")
    (sweep,) = ask(**stories)["sweeps"]
    assert (sweep["author"], sweep["subject"]) == ("A. Uthor", "Move to new workflows")
    assert date.fromisoformat(sweep["date"]) - START.date() < timedelta(days=1)
    assert [one["sha"] for one in sweep["members"]] == shas


def test_is_a_tag_of_two_builds_reported(ask: Ask) -> None:
    stories = {name: begun(f"Begin {name}") for name in ("afw", "geom", "utils")}
    for build, story in zip(("b100", "b100", "b200"), stories.values(), strict=True):
        story.tag("w.2026.43", message=f"Version w.2026.43 release from w_2026_43/{build}")
    data = ask(**stories)
    assert data["to"]["build"] == "b100"
    assert any("b200" in warning for warning in data["warnings"])


def test_is_what_is_missing_told_with_a_reason(ask: Ask, tmp_path: Path) -> None:
    story = begun()
    story.merge("tickets/DM-2")
    story.tag("w.2026.43")
    nowhere = f"geom={tmp_path / 'nowhere'}"
    data = ask(OLD, NEW, "--repository", nowhere, "--offline", afw=story)
    assert data["products"]["afw"]["tickets"] == ["DM-2"]
    assert data["products"]["geom"]["state"] == "unknown"
    assert data["products"]["geom"]["tickets"] is None
    assert data["products"]["geom"]["reason"]
    assert data["tickets"][0]["title_reason"] is not None
    ask(OLD, NEW, "--repository", nowhere, "--strict", code=1, afw=story)


# Fragments


def test_which_news_came_even_if_a_release_used_them_up(ask: Ask) -> None:
    story = begun()
    story.commit("Set up news", files={"pyproject.toml": TOWNCRIER, "doc/changes/README.rst": "How to"})
    story.tag("w.2026.42")
    news = {"DM-2": "feature.md", "DM-3": "bugfix.rst", "DM-4": "bufix.md", "DM-5": "md"}
    for ticket, ending in news.items():
        path = f"doc/changes/{ticket}.{ending}"
        story.merge(f"tickets/{ticket}", files={path: f"News of {ticket}"})
    story.merge("tickets/DM-2-more", files={"doc/changes/DM-2.feature.md": "Better news of DM-2"})
    consumed = {f"doc/changes/{ticket}.{ending}": None for ticket, ending in news.items()}
    story.merge("tickets/DM-9", files={**consumed, "CHANGES.rst": "All news"})
    story.merge("tickets/DM-6", files={"doc/changes/registry/DM-6.feature.md": "News of DM-6"})
    story.tag("w.2026.43")
    data = ask(afw=story)
    found = [(one["ticket"], one["kind"], one["text"]) for one in data["products"]["afw"]["fragments"]]
    assert found == [
        ("DM-2", "feature", "Better news of DM-2"),
        ("DM-6", "feature", "News of DM-6"),
        ("DM-3", "bugfix", "News of DM-3"),
        ("DM-4", "other", "News of DM-4"),
        ("DM-5", "other", "News of DM-5"),
    ]
    assert data["warnings"] == [
        "in `afw`, the name of `doc/changes/DM-4.bufix.md` is wrong: `bufix` is no kind of news",
        "in `afw`, the name of `doc/changes/DM-5.md` is wrong: `DM-5.md` names no kind of news",
    ]
    (first,) = [one for one in data["tickets"] if one["key"] == "DM-2"]
    assert [one["text"] for one in first["fragments"]] == ["Better news of DM-2"]


def test_is_news_that_only_moved_not_counted_again(ask: Ask) -> None:
    story = begun()
    story.commit("Set up", files={"pyproject.toml": TOWNCRIER, "doc/changes/DM-1.misc.md": "Old news\n"})
    story.tag("w.2026.42")
    story.merge("tickets/DM-2", files={"doc/changes/DM-2.md": "News\n"})
    moved = {"doc/changes/DM-2.md": None, "doc/changes/DM-2.feature.md": "News\n"}
    story.merge("tickets/DM-2-fix", files=moved)
    old = {"doc/changes/DM-1.misc.md": None, "doc/changes/DM-1.bugfix.md": "Old news\n"}
    story.merge("tickets/DM-3", files=old)
    fragments = of_afw(ask, story)["fragments"]
    assert [(one["path"], one["kind"]) for one in fragments] == [("doc/changes/DM-2.feature.md", "feature")]


# Corrections


def test_do_corrections_by_hand_win(ask: Ask, tmp_path: Path) -> None:
    story = begun()
    wrong = story.merge("tickets/DM-2")
    story.pull(7, "tickets/DM-3", "DM-3: Title")
    story.merge("tickets/DM-4")
    story.tag("w.2026.43")
    overrides = tmp_path / "overrides.toml"
    overrides.write_text(
        f'[[overrides]]\nmerge = "{wrong[:12]}"\ntickets = ["DM-20"]\nreason = "Wrong branch name."\n'
        '[[overrides]]\nproduct = "afw"\npull_request = 7\nhide = true\nreason = "Made by accident."\n'
        '[[overrides]]\ntag = "w_2026_43"\nwithdrawn = true\nreason = "Tagged from wrong commits."\n'
        '[[overrides]]\nticket = "DM-4"\ntitle = "A better title"\nreason = "It is private."\n'
    )
    data = ask("--overrides", str(overrides), afw=story)
    assert data["products"]["afw"]["tickets"] == ["DM-4", "DM-20"]
    assert data["tickets"][0]["title"] == "A better title"
    assert data["warnings"] == ["`w_2026_43` was withdrawn: Tagged from wrong commits."]


def test_is_a_correction_without_a_reason_refused_with_its_line(ask: Ask, tmp_path: Path) -> None:
    overrides = tmp_path / "overrides.yaml"
    overrides.write_text("overrides:\n  - merge: abcdef1234\n    hide: true\n")
    data = ask("--overrides", str(overrides), code=5, afw=begun())
    assert "without a reason" in json.dumps(data["error"])
    assert f"{overrides}:2" in json.dumps(data["error"])


# Form


@pytest.mark.parametrize("form", ["json", "markdown", "rst", "rst-header", "html"])
def test_are_equal_inputs_given_equal_bytes(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("afw", "geom"):
        story = begun(f"Begin {name}")
        story.merge("tickets/DM-2")
        story.tag("w.2026.43")
        story.write(tmp_path / name)
    texts = []
    for jobs in ("1", "2"):
        arguments = [OLD, NEW, "--repositories", str(tmp_path), "--format", form, "--jobs", jobs, "--quiet"]
        assert run_main(cli, name="x", arguments=["changelog", *arguments]) == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]
    assert "DM-2" in texts[0] or form == "rst-header"
