from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest

from lsstinstall.core.names import parse_product_name
from lsstinstall.core.reporting import SilentReporter
from rubin_releng.changelog.comparer import compare_sides
from rubin_releng.changelog.jsonrendering import SCHEMA_VERSION, changelog_schema, changelog_to_dict
from rubin_releng.changelog.models import ChangeLog
from rubin_releng.changelog.sides import side_of_name
from rubin_releng.changelog.titles import titles_of_changes
from rubin_releng.core.tickets import parse_ticket
from tests.support.changelogs import a_changelog as a_full_changelog
from tests.support.histories import Story

SWEEP = "Move to new workflows"


def story(beginning: str = "Begin") -> Story:
    found = Story()
    found.commit(beginning)
    found.tag("w.2026.42")
    return found


def a_changelog() -> ChangeLog:
    afw, geom, utils, new, old, lost = (story(f"Begin {number}") for number in range(6))
    afw.commit(SWEEP)
    utils.commit(SWEEP)
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
    return compare_sides(
        replace(side_of_name("w_2026_42"), environment="12.2.0"),
        replace(side_of_name("w_2026_43"), environment="13.0.0"),
        readers={parse_product_name(name): one.reader() for name, one in stories.items()},
        named=[parse_product_name("lost")],
        reporter=SilentReporter(),
    )


def test_json_holds_the_contract_beside_the_full_model() -> None:
    changelog = a_changelog()
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
        "returned": 0,
        "removed": 1,
        "legacy": 0,
        "renamed": 0,
        "unknown": 1,
        "tickets": 3,
        "unmapped": 3,
        "bots": 1,
        "fragments": 0,
    }
    assert data["from"]["git_tag"] == "w.2026.42"
    assert data["tickets"][0]["title"] == "Pipes | and <script> and `ticks`"


def test_json_is_as_its_schema_says() -> None:
    schema = json.loads(changelog_schema())
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    for changelog in (a_changelog(), a_full_changelog()):
        data = json.loads(json.dumps({"schema": SCHEMA_VERSION, **changelog_to_dict(changelog)}))
        validator.validate(data)


def test_the_schema_refuses_another_version() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(changelog_schema()))
    assert not validator.is_valid({"schema": 2, **changelog_to_dict(a_changelog())})


def test_json_of_an_unknown_product_has_no_empty_lists() -> None:
    changelog = a_changelog()
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
        "date": None,
        "environment": None,
        "source": "main lines",
        "notes": [],
    }


def test_equal_change_logs_give_equal_bytes() -> None:
    first, second = a_changelog(), a_changelog()
    assert json.dumps(changelog_to_dict(first)) == json.dumps(changelog_to_dict(second))


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
        reporter=SilentReporter(),
    )
    assert titles_of_changes(changelog.products[0].changes) == {parse_ticket("DM-2"): expected}


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
        reporter=SilentReporter(),
    )
    assert titles_of_changes(changelog.products[0].changes) == {parse_ticket("DM-2"): "The title"}
