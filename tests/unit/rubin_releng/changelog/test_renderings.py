from __future__ import annotations

import json
from dataclasses import replace

import pytest

from lsstinstall.core.names import parse_product_name
from lsstinstall.core.reporting import SilentReporter
from rubin_releng.changelog.comparer import compare_sides
from rubin_releng.changelog.jsonrendering import changelog_to_dict
from rubin_releng.changelog.markdown import changelog_to_markdown
from rubin_releng.changelog.models import ChangeLog
from rubin_releng.changelog.sides import side_of_name
from rubin_releng.changelog.titles import ticket_titles
from rubin_releng.core.tickets import TicketGrammar, parse_ticket
from tests.support.histories import Story

SWEEP = "Move to new workflows"

MARKDOWN = r"""# Changes from `w_2026_42` to `w_2026_43`

3 tickets in 3 changed products of 6; 0 rebuilt without a change of their own.

rubin-env 13.0.0, up from 12.2.0.

## Products

- Added: `new`
- Removed: `old`
- Diverged: `geom`

## Tickets

- [DM-2](https://rubinobs.atlassian.net/browse/DM-2): Pipes \| and \<script\> and \`ticks\` \[afw\]
- [DM-3](https://rubinobs.atlassian.net/browse/DM-3) \[geom\]
- [SP-4](https://rubinobs.atlassian.net/browse/SP-4) \[afw\]

## Only in `w_2026_42`

- geom: [DM-9](https://rubinobs.atlassian.net/browse/DM-9)

## Already in `w_2026_42`

- geom: [DM-5](https://rubinobs.atlassian.net/browse/DM-5)

## Merged and reverted

- afw: [DM-6](https://rubinobs.atlassian.net/browse/DM-6)

## Without a ticket

- Move to new workflows (A. Uthor, 2026-10-01): afw `{0}`, utils `{1}`
- 1 update made by programs

## Not known

- \`lost\` is not known: its repository has no \`w\_2026\_42\` and its repository has no \`w\_2026\_43\`
"""


def story(*, begin: bool = True) -> Story:
    found = Story()
    if begin:
        found.commit("Begin")
        found.tag("w.2026.42")
    return found


def a_changelog() -> tuple[ChangeLog, list[str]]:
    afw, geom, utils, new, old, lost = (story() for _ in range(6))
    sweeps = [afw.commit(SWEEP), utils.commit(SWEEP)]
    afw.pull(2, "tickets/DM-2", "DM-2: Pipes | and <script>  and `ticks`")
    afw.merge("tickets/SP-4")
    afw.merge("tickets/DM-6")
    afw.merge("tickets/DM-6-revert")
    afw.merge("dependabot/pip/click-8")
    geom.merge("tickets/DM-3")
    geom.merge("tickets/DM-5")
    geom.branches["side"] = geom.tags["w.2026.42"]
    geom.merge("tickets/DM-5-v1", into="side")
    geom.merge("tickets/DM-9", into="side")
    geom.tag("w.2026.42", branch="side")
    for one in (afw, geom, utils, new):
        one.tag("w.2026.43")
    del new.tags["w.2026.42"]
    del lost.tags["w.2026.42"]
    stories = {"afw": afw, "geom": geom, "utils": utils, "new": new, "old": old, "lost": lost}
    changelog = compare_sides(
        replace(side_of_name("w_2026_42"), environment="12.2.0"),
        replace(side_of_name("w_2026_43"), environment="13.0.0"),
        readers={parse_product_name(name): one.reader() for name, one in stories.items()},
        grammar=TicketGrammar(),
        reporter=SilentReporter(),
    )
    return changelog, [sha[:10] for sha in sweeps]


def test_markdown_shows_every_section_and_escapes_titles() -> None:
    changelog, sweeps = a_changelog()
    assert changelog_to_markdown(changelog) == MARKDOWN.format(*sweeps)


def test_an_unchanged_environment_is_said_to_be_so() -> None:
    changelog, _ = a_changelog()
    same = replace(changelog, old=changelog.new)
    assert "rubin-env 13.0.0, as before." in changelog_to_markdown(same)


def test_markdown_of_nothing_is_one_sentence() -> None:
    side = side_of_name("w_2026_42")
    text = changelog_to_markdown(ChangeLog(old=side, new=side, products=()))
    assert text.splitlines()[2:] == [
        "0 tickets in 0 changed products of 0; 0 rebuilt without a change of their own."
    ]


def test_a_name_with_a_backtick_is_not_written_as_code() -> None:
    side = side_of_name("a`b")
    text = changelog_to_markdown(ChangeLog(old=side, new=side, products=()))
    assert text.startswith(r"# Changes from a\`b to a\`b")


def test_json_holds_the_contract_beside_the_full_model() -> None:
    changelog, _ = a_changelog()
    data = json.loads(json.dumps(changelog_to_dict(changelog)))
    geom = data["products"]["geom"]
    assert geom["relation"] == "diverged"
    assert (geom["tickets"], geom["already_in_from"], geom["only_in_from"]) == (["DM-3"], ["DM-5"], ["DM-9"])
    assert data["products"]["afw"]["reverted"] == ["DM-6"]
    assert [change["undone"] for change in data["products"]["afw"]["changes"]].count(True) == 1
    assert data["counts"] == {
        "products": 6,
        "unchanged": 0,
        "rebuilt": 0,
        "changed": 3,
        "added": 1,
        "removed": 1,
        "unknown": 1,
        "tickets": 3,
    }
    assert data["from"]["git_tag"] == "w.2026.42"
    assert data["tickets"][0]["title"] == "Pipes | and <script> and `ticks`"


def test_json_of_an_unknown_product_has_no_empty_lists() -> None:
    changelog, _ = a_changelog()
    data = json.loads(json.dumps(changelog_to_dict(changelog)))
    assert data["products"]["lost"]["tickets"] is None
    assert data["products"]["lost"]["reason"]


def test_sides_that_are_no_tags_have_none_in_json() -> None:
    side = side_of_name("main")
    data = changelog_to_dict(ChangeLog(old=side, new=side, products=()))
    assert data["from"] == {
        "name": "main",
        "eups_tag": None,
        "git_tag": None,
        "build": None,
        "environment": None,
        "source": "main lines",
    }


def test_equal_change_logs_give_equal_bytes() -> None:
    first, second = a_changelog()[0], a_changelog()[0]
    assert json.dumps(changelog_to_dict(first)) == json.dumps(changelog_to_dict(second))
    assert changelog_to_markdown(first) == changelog_to_markdown(second)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ('DM-2: `x` is "y"', '`x` is "y"'),
        ("[DM-2] - x (really)", "x (really)"),
        ("(DM-2, DM-3) x", "x"),
        ("DM-2 (v29): x", "x"),
        ("DM-2-v29_1: x", "x"),
        ("dm-2 v29 notes", "v29 notes"),
        ("Fix x (DM-2)", "Fix x (DM-2)"),
    ],
)
def test_keys_in_front_are_not_part_of_a_title(title: str, expected: str) -> None:
    one = story()
    one.pull(2, "tickets/DM-2", title)
    changelog = compare_sides(
        side_of_name("w_2026_42"),
        side_of_name("main"),
        readers={parse_product_name("afw"): one.reader()},
        grammar=TicketGrammar(),
        reporter=SilentReporter(),
    )
    assert ticket_titles(changelog) == {parse_ticket("DM-2"): expected}


def test_a_title_is_that_of_the_first_change_beyond_its_key() -> None:
    one = story()
    one.pull(2, "tickets/DM-2", "DM-2")
    one.pull(3, "tickets/DM-2-b", "[DM-2] - The title")
    one.pull(4, "tickets/DM-2-c", "DM-2: Another")
    one.pull(5, "tickets/DM-2-revert", "Take it back")
    changelog = compare_sides(
        side_of_name("w_2026_42"),
        side_of_name("main"),
        readers={parse_product_name("afw"): one.reader()},
        grammar=TicketGrammar(),
        reporter=SilentReporter(),
    )
    assert ticket_titles(changelog) == {parse_ticket("DM-2"): "The title"}
