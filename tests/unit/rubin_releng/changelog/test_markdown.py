from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from lsstinstall.core.names import parse_subdir
from lsstinstall.core.tags import EupsTag
from rubin_releng.changelog.environments import EnvironmentChanges
from rubin_releng.changelog.markdown import Grouping, changelog_to_markdown
from rubin_releng.changelog.models import ChangeLog, Relation
from rubin_releng.changelog.prose import one_line
from rubin_releng.core.tickets import parse_ticket
from tests.support.changelogs import HOSTILE, a_changelog, a_product, a_side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token


def section(text: str, title: str) -> list[str]:
    return text.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0].strip().splitlines()


def rendered(text: str) -> list[Token]:
    return [token for token in MarkdownIt("commonmark").enable("table").parse(text) if token.children]


def read_by_people(tokens: Sequence[Token] | None) -> str:
    return "".join(token.content for token in tokens or ())


def an_empty_changelog(**values: str) -> ChangeLog:
    return ChangeLog(old=a_side("w_2026_41"), new=a_side("w_2026_42", **values), products=())


def test_the_first_lines_say_what_is_compared_and_how_much_happened() -> None:
    lines = changelog_to_markdown(a_changelog()).splitlines()
    assert lines[0] == "# Changes from `w_2026_41` to `w_2026_42`"
    assert lines[2] == (
        "14 tickets in 3 changed products of 12; 2 added; 2 removed; 1 renamed;"
        " 2 rebuilt without a change of their own; 1 not known."
    )


def test_direct_requirements_are_named_and_others_counted() -> None:
    assert section(changelog_to_markdown(a_changelog()), "Environment") == [
        "rubin-env 13.0.0, before 12.2.0.",
        "",
        "- Added: `pydantic-settings` 2.11.0, 1 package not named by rubin-env",
        "- Removed: `nose` 1.3.7",
        "- Up: `astropy` 7.1.0 → 7.2.0, `numpy` 2.2.6 → 2.3.4, 40 packages not named by rubin-env",
        "- Down: `fftw` 3.3.11 → 3.3.10",
        "- Limits changed: `pyarrow` \\>=19",
        "- Only built again: 57 packages",
    ]


def test_an_environment_that_stayed_is_said_to_be_so() -> None:
    changes = EnvironmentChanges(from_version="13.0.0", to_version="13.0.0", reason="no list has them")
    text = changelog_to_markdown(replace(an_empty_changelog(), environment=changes))
    assert section(text, "Environment") == [
        "rubin-env 13.0.0, as before.",
        "",
        "Packages are not known: no list has them.",
    ]


def test_the_environment_of_the_ends_is_told_if_nobody_compared_packages() -> None:
    text = changelog_to_markdown(an_empty_changelog(environment="13.0.0"))
    assert section(text, "Environment") == ["rubin-env 13.0.0."]


def test_a_package_that_differs_on_some_platforms_names_them() -> None:
    log = a_changelog()
    assert log.environment is not None
    one = replace(log.environment.down[0], platforms=(parse_subdir("osx-arm64"),))
    text = changelog_to_markdown(replace(log, environment=replace(log.environment, down=(one,))))
    assert "- Down: `fftw` 3.3.11 → 3.3.10 (osx-arm64)" in text


def test_products_are_listed_by_what_became_of_them() -> None:
    lines = section(changelog_to_markdown(a_changelog()), "Products")
    assert lines[:4] == [
        "- Added: `dax_ppdb` (1,234 commits)",
        "- Back again: `cp_verify` (1 commit)",
        "- Removed: `daf_relation`",
        "- Removed, moved to legacy: `obs_old`",
    ]
    assert lines[4].startswith(
        "- Renamed: [`rubin_new` (was `rubin_old`)](https://github.com/lsst/rubin_new/"
    )
    assert [line.partition(":")[0] for line in lines[5:]] == ["- Moved back", "- Diverged", "- Not known"]


def test_a_product_without_a_page_has_no_link() -> None:
    product = a_product("afw", Relation.DIVERGED, repository="/srv/afw")
    assert "- Diverged: `afw`" in changelog_to_markdown(replace(an_empty_changelog(), products=(product,)))


def test_a_ticket_is_one_line_with_all_its_products_and_pull_requests() -> None:
    lines = section(changelog_to_markdown(a_changelog()), "Tickets")
    assert len(lines) == 14
    assert lines[0].endswith(
        r"\[afw [\#10](https://github.com/lsst/afw/pull/10), pipe\_tasks"
        r" [\#5](https://github.com/lsst/pipe_tasks/pull/5) [\#6](https://github.com/lsst/pipe_tasks/pull/6)\]"
    )
    assert lines[-3].endswith("*(backport)*")
    assert lines[-1] == r"- [SP-31](https://rubinobs.atlassian.net/browse/SP-31) \[pipe\_tasks\]"


def test_tickets_can_be_listed_by_product() -> None:
    text = changelog_to_markdown(a_changelog(), by=Grouping.PRODUCT)
    blocks = text.split("## Tickets\n")[1].split("\n## ")[0].split("### ")
    assert [block.splitlines()[0] for block in blocks[1:]] == ["`afw`", "`pipe_tasks`"]
    assert "DM-1000" in blocks[1]
    assert "DM-1000" in blocks[2]
    assert "SP-31" not in blocks[1]


def test_lists_by_product_of_nothing_are_left_out() -> None:
    assert "Tickets" not in changelog_to_markdown(an_empty_changelog(), by=Grouping.PRODUCT)


def test_what_is_lost_known_and_reverted_stands_apart() -> None:
    text = changelog_to_markdown(a_changelog())
    (lost,) = section(text, "Only in `w_2026_41`")
    (already,) = section(text, "Already in `w_2026_41`")
    (reverted,) = section(text, "Merged and reverted")
    assert "DM-2002" in lost
    assert "pull/78" in lost
    assert "DM-2001" in already
    assert "pull/90" in already
    assert "DM-2003" in reverted


def test_backports_are_counted_and_named_where_the_base_is_known() -> None:
    log = replace(an_empty_changelog(), base=EupsTag.parse("w_2026_30"), backports=(parse_ticket("DM-1"),))
    assert section(changelog_to_markdown(log), "Backports") == [
        "1 ticket merged after `w_2026_30` and backported: [DM-1](https://rubinobs.atlassian.net/browse/DM-1)."
    ]


def test_the_head_of_a_release_names_its_base() -> None:
    text = changelog_to_markdown(replace(an_empty_changelog(), base=EupsTag.parse("w_2026_30")))
    assert "\n\nMade from `w_2026_30`, with 0 tickets backported.\n" in text.partition("##")[0]


def test_notes_are_grouped_by_kind_and_say_what_is_wrong_with_their_names() -> None:
    assert section(changelog_to_markdown(a_changelog()), "Notes") == [
        "### New features",
        "",
        "- [DM-1000](https://rubinobs.atlassian.net/browse/DM-1000) \\[afw\\]: Add `Image.split` and `Mask`.",
        "",
        "  See \\<b\\>there\\</b\\>.",
        "",
        "### Other notes",
        "",
        "- `doc/changes/README.other.md` \\[afw\\]: Somebody's notes *(its name has no ticket)*",
    ]


def test_sweeps_are_a_line_each_and_programs_a_number() -> None:
    lines = section(changelog_to_markdown(a_changelog()), "Without a ticket")
    assert lines[0].startswith(r"- Move to \<new\> workflows (A. Uthor, 2026-10-12): afw `")
    assert r", pipe\_tasks `" in lines[0]
    assert lines[1].startswith("- no subject (B. Uthor, 2026-10-12): afw `")
    assert lines[2:] == ["- 1 update made by programs"]


def test_only_what_people_did_is_told_if_programs_did_nothing() -> None:
    log = a_changelog()
    quiet = replace(log, products=tuple(replace(product, bots=()) for product in log.products))
    assert len(section(changelog_to_markdown(quiet), "Without a ticket")) == 2


def test_warnings_and_sources_are_at_the_end() -> None:
    text = changelog_to_markdown(a_changelog())
    assert section(text, "Doubtful or missing")[0].startswith("- the history of `geom` is cut off")
    assert text.endswith("\n\nRead from: tag lists, git tags.\n")


def test_a_change_log_of_nothing_is_two_lines() -> None:
    assert changelog_to_markdown(an_empty_changelog()) == (
        "# Changes from `w_2026_41` to `w_2026_42`\n\n0 tickets in 0 changed products of 0.\n"
    )


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_titles_are_read_as_they_were_written(title: str) -> None:
    text = changelog_to_markdown(a_changelog([title]))
    line = next(token for token in rendered(text) if token.content.startswith("[DM-1000]"))
    shown = read_by_people(line.children).replace("\u200b", "")
    assert shown.startswith(f"DM-1000: {one_line(title)} [afw #10, ")
    links = [token.attrs.get("href") for token in line.children or () if token.type == "link_open"]
    assert links[0] == "https://rubinobs.atlassian.net/browse/DM-1000"
    assert len(links) == 4


def test_nobody_is_told_of_a_release_because_a_title_has_a_name_in_it() -> None:
    assert "@someone" not in changelog_to_markdown(a_changelog())


@pytest.mark.parametrize("name", ["a`b", "``", "`", "a``b`c"])
def test_a_name_with_ticks_is_still_code(name: str) -> None:
    log = replace(an_empty_changelog(), old=replace(a_side("main"), name=name))
    heading = rendered(changelog_to_markdown(log))[0]
    assert next(token.content for token in heading.children or () if token.type == "code_inline") == name


def test_equal_change_logs_give_equal_texts() -> None:
    assert changelog_to_markdown(a_changelog()) == changelog_to_markdown(a_changelog())
