from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from html import escape
from xml.etree import ElementTree as ET

import pytest

from lsstinstall.core.errors import FormatError
from rubin_releng.changelog.atom import atom_feed
from rubin_releng.changelog.htmlpages import changelog_to_html
from rubin_releng.changelog.models import ChangeLog
from rubin_releng.changelog.pageentries import (
    PageCounts,
    PageEntry,
    PageKind,
    PageTicket,
    keep_time,
    page_entry,
)
from rubin_releng.changelog.prose import one_line
from rubin_releng.changelog.sites import release_files, site_files
from rubin_releng.changelog.siteyears import read_year, year_data
from tests.support.changelogs import HOSTILE, a_changelog, a_release, a_side

MONDAY = dt.datetime(2026, 10, 19, 8, 30, 1, 999, tzinfo=dt.UTC)
ATOM = "{http://www.w3.org/2005/Atom}"
EVIL = "<b>&\"'"


def an_entry(tag: str = "w_2026_42", *, day: int = 18, **values: object) -> PageEntry:
    kind = {"w": PageKind.WEEKLY, "v": PageKind.RELEASE, "m": PageKind.MAIN, "d": PageKind.DAILY}[tag[0]]
    entry = PageEntry(
        tag=tag,
        kind=kind,
        date=dt.date(2026, 10, day),
        from_tag="w_2026_41",
        counts=PageCounts(tickets=1, products=150, changed=18),
        path=f"releases/{tag}.html",
        updated=MONDAY,
        digest="00",
    )
    return replace(entry, **values)  # type: ignore[arg-type]


def feed(entries: list[PageEntry], kind: PageKind = PageKind.WEEKLY, url: str | None = None) -> ET.Element:
    return ET.fromstring(atom_feed(entries, kind=kind, title="Change logs", url=url))  # noqa: S314


def text_of(element: ET.Element, name: str) -> str:
    return element.findtext(f"{ATOM}{name}") or ""


def test_an_entry_sums_a_page_up() -> None:
    log = a_changelog()
    entry = page_entry(log, page=b"page", updated=MONDAY)
    assert (entry.tag, entry.kind, entry.from_tag) == ("w_2026_42", PageKind.WEEKLY, "w_2026_41")
    assert entry.path == "releases/w_2026_42.html"
    assert entry.date == dt.date(2026, 10, 18)
    assert entry.environment == "13.0.0"
    assert entry.counts == PageCounts(tickets=14, products=12, changed=3, rebuilt=2, lost=1, warnings=1)
    assert (entry.added, entry.removed) == (("cp_verify", "dax_ppdb"), ("daf_relation", "obs_old"))
    assert entry.tickets[0] == PageTicket(
        key="DM-1000", title=HOSTILE[0], products=("afw", "pipe_tasks"), date=dt.date(2026, 10, 17)
    )
    assert entry.tickets[11].is_backport


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("v30_0_0", PageKind.RELEASE),
        ("v30_0_0_rc1", PageKind.CANDIDATE),
        ("d_2026_10_18", PageKind.DAILY),
        ("main", PageKind.MAIN),
        ("u/someone/branch", PageKind.OTHER),
    ],
)
def test_an_entry_is_of_the_kind_of_its_new_end(name: str, kind: PageKind) -> None:
    log = ChangeLog(old=a_side("w_2026_41"), new=a_side(name), products=())
    assert page_entry(log, page=b"", updated=MONDAY).kind is kind


def test_an_entry_keeps_its_time_as_long_as_its_page_does_not_change() -> None:
    old = page_entry(a_changelog(), page=b"one", updated=MONDAY)
    later = MONDAY + dt.timedelta(days=7)
    assert keep_time(page_entry(a_changelog(), page=b"one", updated=later), old).updated == MONDAY
    assert keep_time(page_entry(a_changelog(), page=b"two", updated=later), old).updated == later
    assert keep_time(old, None) is old


def test_a_year_survives_writing_and_reading() -> None:
    entries = (
        page_entry(a_changelog(), page=b"", updated=MONDAY),
        an_entry(day=1, tag="w_2026_40", date=None),
    )
    assert read_year(year_data("2026", entries), source="2026.json") == entries


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("[]", 1),
        ('{"pages": 1}', 1),
        ('{"pages":[\n{}\n]}', 2),
        ('{"pages":[\n{"tag":1,"kind":"x"}]}', 2),
    ],
)
def test_a_broken_year_is_refused_with_its_place(text: str, line: int) -> None:
    with pytest.raises(FormatError, match=rf"2026.json:{line}:1: expected"):
        read_year(text, source="2026.json")


def test_an_entry_of_a_feed_is_named_by_its_tag_and_dated_by_its_page() -> None:
    (entry,) = feed([an_entry()]).findall(f"{ATOM}entry")
    assert text_of(entry, "id") == "urn:x-eups-tag:w_2026_42"
    assert text_of(entry, "updated") == "2026-10-19T08:30:01Z"
    assert text_of(entry, "title") == "w_2026_42: 1 ticket since w_2026_41"
    link = entry.find(f"{ATOM}link")
    assert link is not None
    assert link.get("href") == "releases/w_2026_42.html"


def test_what_is_on_main_is_another_entry_after_each_weekly() -> None:
    (entry,) = feed([an_entry("main")], PageKind.MAIN).findall(f"{ATOM}entry")
    assert text_of(entry, "id") == "urn:x-eups-tag:main:w_2026_41"


def test_a_feed_has_its_own_kind_the_newest_first_and_no_more_than_fifty() -> None:
    weeklies = [
        an_entry(f"w_2025_{week:02}", date=dt.date(2025, 1, 1) + dt.timedelta(week)) for week in range(60)
    ]
    entries = feed([*weeklies, an_entry("v30_0_0"), an_entry("d_2026_10_18")]).findall(f"{ATOM}entry")
    assert len(entries) == 50
    assert text_of(entries[0], "id") == "urn:x-eups-tag:w_2025_59"


def test_a_feed_is_as_old_as_its_newest_entry() -> None:
    later = an_entry("w_2026_40", day=4, updated=MONDAY + dt.timedelta(days=1))
    assert text_of(feed([an_entry(), later]), "updated") == "2026-10-20T08:30:01Z"
    assert text_of(feed([]), "updated") == "1970-01-01T00:00:00Z"


def test_a_feed_knows_where_it_is_if_it_is_told() -> None:
    base = "{http://www.w3.org/XML/1998/namespace}base"
    assert feed([], url="https://example.org/log/?a&b").get(base) == "https://example.org/log/?a&b"
    assert feed([]).get(base) is None


def test_a_feed_has_what_the_standard_asks_for() -> None:
    found = feed([an_entry()])
    (entry,) = found.findall(f"{ATOM}entry")
    for name in ("id", "title", "updated"):
        assert text_of(found, name)
        assert text_of(entry, name)
    assert found.findtext(f"{ATOM}author/{ATOM}name") == "Change logs"
    assert {link.get("rel") for link in found.findall(f"{ATOM}link")} == {"self", "alternate"}


@pytest.mark.parametrize("title", [*HOSTILE, None])
def test_the_summary_of_an_entry_is_escaped_html(title: str | None) -> None:
    ticket = PageTicket(key="DM-1", title=title, products=("afw", "geom"), date=dt.date(2026, 10, 1))
    entry = an_entry(tickets=(ticket,), environment=EVIL, added=("dax_ppdb",), removed=("obs_old",))
    (found,) = feed([entry]).findall(f"{ATOM}entry")
    shown = "no title" if title is None else escape(one_line(title))
    assert text_of(found, "summary") == (
        f"<p>1 ticket in 18 changed products of 150; rubin-env {escape(EVIL)};"
        f" added: dax_ppdb; removed: obs_old.</p><ul><li>DM-1: {shown} [afw, geom]</li></ul>"
    )


def test_a_release_has_files_in_four_formats() -> None:
    files = release_files(a_release("v30_0_0"))
    assert list(files) == [f"releases/v30_0_0.{suffix}" for suffix in ("html", "json", "md", "rst")]
    assert json.loads(files["releases/v30_0_0.json"])["schema"] == 1
    assert b'href="v30_0_0.md"' in files["releases/v30_0_0.html"]
    assert release_files(a_release("v30_0_0")) == files


def test_a_release_links_to_the_one_before_if_that_has_a_page() -> None:
    link = b'<a href="w_2026_41.html">w_2026_41</a>'
    assert link in release_files(a_changelog(), has_previous=True)["releases/w_2026_42.html"]
    assert link not in release_files(a_changelog())["releases/w_2026_42.html"]


def test_half_a_character_does_not_cost_a_page() -> None:
    log = replace(a_changelog(), sources=("half \ud800",))
    assert b"Read from: half ?." in release_files(log)["releases/w_2026_42.html"]


def test_a_site_has_index_feeds_data_of_years_and_assets() -> None:
    files = site_files(
        [an_entry(), an_entry("w_2025_40", date=dt.date(2025, 10, 5)), an_entry("main", date=None)]
    )
    assert sorted(files) == [
        "assets/changelog.css",
        "assets/changelog.js",
        "data/2025.js",
        "data/2025.json",
        "data/2026.js",
        "data/2026.json",
        "data/undated.js",
        "data/undated.json",
        "index.html",
        "main.atom",
        "releases.atom",
        "weeklies.atom",
    ]
    assert files["data/2025.js"] == b"changelogYear(" + files["data/2025.json"].rstrip() + b");\n"
    assert files["data/2025.js"].isascii()


def test_a_site_has_ticket_pages_of_families() -> None:
    files = site_files([an_entry("v30_0_0"), an_entry("v30_0_1"), an_entry("v29_1_0")])
    assert [path for path in files if path.startswith("tickets/")] == [
        "tickets/v29_1_0.rst",
        "tickets/v30_0_0.rst",
    ]


def test_a_site_does_not_depend_on_the_order_of_its_pages() -> None:
    entries = [an_entry(f"w_2026_{week}", day=week - 30) for week in range(31, 43)]
    assert site_files(entries) == site_files(entries[::-1])


def test_a_new_release_leaves_the_pages_and_years_before_it_as_they_are() -> None:
    old = [an_entry("w_2025_40", date=dt.date(2025, 10, 5))]
    before, after = site_files(old), site_files([*old, an_entry()])
    for path in ("data/2025.json", "data/2025.js", "assets/changelog.css", "assets/changelog.js"):
        assert after[path] == before[path]
    assert release_files(a_changelog()) == release_files(a_changelog())


def test_the_index_links_to_every_page_and_folds_old_years() -> None:
    weeklies = [
        an_entry(
            f"w_{2024 + index // 20}_{index % 20:02}", date=dt.date(2024 + index // 20, 1, 1 + index % 20)
        )
        for index in range(60)
    ]
    text = site_files([*weeklies, an_entry("v30_0_0"), an_entry("main")])["index.html"].decode()
    for entry in weeklies:
        assert f'<a href="{entry.path}">{entry.tag}</a>' in text
    assert text.index("Not released yet") < text.index("Releases <span") < text.index("Weeklies <span")
    assert text.count("<details>") == 2
    assert "2025, 20 pages" in text
    assert 'data-years="2026 2025 2024"' in text
    assert 'Weeklies <span class="number">60</span>' in text


def test_the_index_of_an_empty_site_says_so() -> None:
    assert b"There is no release yet." in site_files([])["index.html"]


def test_the_highest_version_of_a_day_comes_first() -> None:
    names = ["v9_0_0", "v30_0_2", "v30_0_10"]
    text = site_files([an_entry(name) for name in names])["index.html"].decode()
    assert text.index("v30_0_10.html") < text.index("v30_0_2.html") < text.index("v9_0_0.html")


def test_names_on_the_index_are_escaped() -> None:
    entry = an_entry(from_tag=EVIL, environment=EVIL, added=(EVIL,), counts=PageCounts(lost=2))
    text = site_files([entry], title=EVIL)["index.html"].decode()
    assert "<b>" not in text
    assert "2 lost" in text


def test_a_page_of_a_site_and_one_that_stands_alone_show_the_same() -> None:
    alone = changelog_to_html(a_changelog()).split("<main>")[1]
    part = release_files(a_changelog())["releases/w_2026_42.html"].decode().split("<main>")[1]
    assert (
        alone.partition("<table")[2].partition("</main>")[0]
        == part.partition("<table")[2].partition("</main>")[0]
    )
