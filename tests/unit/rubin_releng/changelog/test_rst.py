from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from docutils import nodes
from docutils.core import publish_doctree
from docutils.parsers.rst import roles

from rubin_releng.changelog.environments import EnvironmentChanges
from rubin_releng.changelog.models import ChangeLog
from rubin_releng.changelog.pageentries import page_entry
from rubin_releng.changelog.prose import one_line
from rubin_releng.changelog.rst import (
    changelog_to_rst_header,
    changelog_to_rst_tickets,
    entries_to_rst,
    family_to_rst,
    rst_name,
)
from rubin_releng.core.tickets import parse_ticket
from tests.support.changelogs import (
    HOSTILE,
    PLAIN,
    START,
    a_change,
    a_changelog,
    a_product,
    a_release,
    a_side,
    an_entry,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


def test_the_page_has_label_title_and_one_line_a_ticket() -> None:
    change = a_change("DM-1001", number=1)
    name = parse_ticket("DM-1001")
    log = ChangeLog(
        old=a_side("v28_0_0"),
        new=a_side("v29_0_0"),
        products=(
            a_product("afw", tickets=(name,), changes=(change,)),
            a_product("pipe_tasks", tickets=(name,), changes=(change,)),
        ),
        tickets=(an_entry("DM-1001", PLAIN, [("afw", change), ("pipe_tasks", change)]),),
    )
    assert changelog_to_rst_tickets(log) == (
        ".. _release-v29-0-0-tickets:\n"
        "\n"
        "###################################\n"
        "Tickets Addressed in Release 29.0.0\n"
        "###################################\n"
        "\n"
        "- :jira:`DM-1001`: Make measurements of blended sources faster [afw, pipe\\_tasks]\n"
    )


def test_backports_stand_apart_where_the_base_is_known() -> None:
    text = changelog_to_rst_tickets(a_release("v30_0_0", base="w_2026_30", backports=["DM-1001", "SP-31"]))
    after, before = text.split("Tickets merged before w_2026_30\n-------------------------------\n")
    assert (
        "Tickets merged after w_2026_30 and backported\n---------------------------------------------\n"
        in after
    )
    assert after.count(":jira:") == 2
    assert before.count("\n- :jira:") == 12


def test_a_release_made_of_backports_alone_has_one_list() -> None:
    keys = [str(entry.issue.key) for entry in a_changelog().news]
    text = changelog_to_rst_tickets(a_release("v30_0_0", base="w_2026_30", backports=keys))
    assert "merged before" not in text


def test_a_family_has_one_label_and_the_newest_release_first() -> None:
    logs = [a_release(name) for name in ("v30_0_0", "v30_0_10", "v30_0_9", "v30_0_0_rc1")]
    titles = [line for line in family_to_rst(logs).splitlines() if line.startswith("Tickets Addressed")]
    assert titles == [
        "Tickets Addressed in Release 30.0.10",
        "Tickets Addressed in Release 30.0.9",
        "Tickets Addressed in Release 30.0.0",
        "Tickets Addressed in Release 30.0.0.rc1",
    ]
    assert family_to_rst(logs).count(".. _release-v30-0-0-tickets:") == 1
    assert family_to_rst(logs[::-1]) == family_to_rst(logs)


def test_a_ticket_of_the_top_product_alone_is_left_out() -> None:
    log = a_changelog()
    only = a_product("lsst", tickets=(parse_ticket("DM-7"),))
    both = a_product("lsst", tickets=(parse_ticket("DM-1000"),))
    assert "DM-7" not in changelog_to_rst_tickets(replace(log, products=(*log.products, only)))
    assert "[afw, pipe\\_tasks, lsst]" in changelog_to_rst_tickets(
        replace(log, products=(*log.products, both))
    )


def test_a_release_without_tickets_says_so() -> None:
    log = ChangeLog(old=a_side("v29_0_0"), new=a_side("v29_0_1"), products=())
    assert changelog_to_rst_tickets(log).endswith("\n\nNo tickets.\n")


@pytest.mark.parametrize(
    ("name", "label", "title"),
    [
        ("w_2026_42", "release-w-2026-42-tickets", "Tickets Addressed in Release w\\_2026\\_42"),
        ("main", "release-main-tickets", "Tickets Addressed in Release main"),
        ("u/some|one", "release-u-some-one-tickets", "Tickets Addressed in Release u/some\\|one"),
    ],
)
def test_what_is_no_release_has_a_page_under_its_own_name(name: str, label: str, title: str) -> None:
    log = ChangeLog(old=a_side("w_2026_41"), new=a_side(name), products=())
    lines = changelog_to_rst_tickets(log).splitlines()
    assert lines[0] == f".. _{label}:"
    assert lines[2:5] == ["#" * len(title), title, "#" * len(title)]


def test_a_family_is_named_by_its_first_release() -> None:
    assert rst_name(a_side("v29_1_3")) == "v29_1_0"
    assert rst_name(a_side("v29_1_0_rc2")) == "v29_1_0"
    assert rst_name(a_side("w_2026_42")) == "w_2026_42"


def test_the_header_has_a_table_of_identifiers_and_what_came_and_went() -> None:
    text = changelog_to_rst_header(a_release("v30_0_0", base="w_2026_30", backports=["DM-1001"]))
    assert text.startswith(
        ".. _release-v30-0-0:\n\n"
        "###########################\nRelease 30.0.0 (2026-11-11)\n###########################\n\n"
        ".. toctree::\n   :hidden:\n\n   tickets/v30_0_0\n\n"
        "+--------------------------------------------+-------------+\n"
        "| Source                                     | Identifier  |\n"
        "+============================================+=============+\n"
        "| Git tag                                    | 30.0.0      |\n"
        "+--------------------------------------------+-------------+\n"
        "| :doc:`EUPS distrib </install/lsstinstall>` | v30\\_0\\_0   |\n"
        "+--------------------------------------------+-------------+\n"
        "| rubin-env version                          | 13.0.0      |\n"
        "+--------------------------------------------+-------------+\n"
        "| Base weekly                                | w\\_2026\\_30 |\n"
        "+--------------------------------------------+-------------+\n\n"
        "This release is based on the ``w_2026_30`` weekly build with 1 ticket backported.\n\n"
        "For a complete list of changes made, see :doc:`tickets/v30_0_0`.\n"
    )
    assert "- `dax\\_ppdb <https://github.com/lsst/dax\\_ppdb>`__\n" in text
    assert "- `rubin\\_new <https://github.com/lsst/rubin\\_new>`__ (was rubin\\_old)\n" in text
    assert "\nPackages removed\n================\n\n- `daf\\_relation" in text


def test_the_header_of_a_patch_names_what_it_follows() -> None:
    log = ChangeLog(old=a_side("v29_1_0"), new=a_side("v29_1_1"), products=())
    text = changelog_to_rst_header(log)
    assert "Release 29.1.1\n" in text
    assert "tickets/v29_1_0" in text
    assert "This release follows ``v29_1_0``." in text
    assert "rubin-env" not in text


def test_the_header_of_a_branch_has_no_git_tag() -> None:
    changes = EnvironmentChanges(from_version=None, to_version=None)
    log = ChangeLog(
        old=a_side("w_2026_41"),
        new=a_side("main", environment="13.0.0"),
        products=(a_product("new", repository=None, renamed_from="old"),),
        environment=changes,
    )
    text = changelog_to_rst_header(log)
    assert "Git tag" not in text
    assert "13.0.0" in text
    assert "- new (was old)" in text


def _jira(
    _name: str, raw: str, text: str, _line: int, _inliner: object, *_more: object
) -> tuple[Sequence[nodes.Node], Sequence[nodes.system_message]]:
    return [nodes.reference(raw, text, refuri=f"https://example.org/{text}")], []


@pytest.mark.parametrize("title", HOSTILE)
def test_docutils_reads_hostile_titles_as_they_were_written(title: str) -> None:
    roles.register_local_role("jira", _jira)
    settings = {"halt_level": 2, "report_level": 2}
    document = publish_doctree(changelog_to_rst_tickets(a_changelog([title])), settings_overrides=settings)
    item = next(iter(document.findall(nodes.list_item)))
    assert item.astext() == f"DM-1000: {one_line(title)} [afw, pipe_tasks]"


def test_equal_change_logs_give_equal_pages() -> None:
    first, second = (a_release("v30_0_0", base="w_2026_30") for _ in range(2))
    assert changelog_to_rst_tickets(first) == changelog_to_rst_tickets(second)
    assert changelog_to_rst_header(first) == changelog_to_rst_header(second)


def test_entries_of_a_site_give_the_same_page_of_a_family() -> None:
    logs = [
        a_release("v30_0_0", base="w_2026_30", backports=["DM-1001", "SP-31"]),
        a_release("v30_0_1", old="v30_0_0"),
        a_release("v29_0_0"),
        a_changelog(),
    ]
    entries = [page_entry(log, page=b"", updated=START) for log in logs]
    assert entries_to_rst(entries) == {
        "v29_0_0": family_to_rst(logs[2:3]),
        "v30_0_0": family_to_rst(logs[:2]),
    }
