"""Pages of change logs in a real browser: on a phone and on a desk, by day and by night, by keyboard."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from rubin_releng.changelog.htmlpages import changelog_to_html
from rubin_releng.changelog.pageentries import page_entry
from rubin_releng.changelog.prose import one_line
from rubin_releng.changelog.sites import release_files, site_files
from tests.support.browsers import DESK, PHONE, look_at, start_browser
from tests.support.changelogs import HOSTILE, a_changelog, a_long_changelog, a_release, a_side, many_entries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.network, pytest.mark.process]

LONG = 9_000
INDEX, RELEASE, ALONE = "index.html", "releases/w_2026_42.html", "alone.html"
ENDLESS, MANY = "endless.html", "many.html"
SHOWN = "#table tbody tr:not([hidden])"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from start_browser()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with 9,000 tickets over weeklies of ten years; one page of as many stands alone."""
    root = tmp_path_factory.mktemp("site")
    endless = a_long_changelog(LONG)
    logs = [
        a_changelog(),
        a_release("v30_0_0", base="w_2026_30", backports=["DM-1001"]),
        replace(a_changelog(), old=a_side("w_2026_42"), new=a_side("main", date=dt.date(2026, 10, 20))),
    ]
    alone = {ALONE: a_changelog(), ENDLESS: endless, MANY: a_long_changelog(1_200)}
    files = {path: changelog_to_html(log).encode() for path, log in alone.items()}
    entries = many_entries(endless)
    for log in logs:
        pages = release_files(log)
        entries.append(page_entry(log, page=next(iter(pages.values())), updated=dt.datetime.now(dt.UTC)))
        files |= pages
    for path, content in (files | site_files(entries)).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


@pytest.fixture
def url(site: Path) -> Callable[[str], str]:
    return lambda path: f"{site.as_uri()}/{path}"


def texts(page: Page, selector: str) -> list[str]:
    return [text.strip() for text in page.locator(selector).all_text_contents()]


def keys(page: Page) -> list[str]:
    return texts(page, f"{SHOWN} > th > a:first-child")


def status(page: Page) -> str:
    return page.get_by_role("status").inner_text()


def wait_for_status(page: Page, text: str) -> None:
    """Wait without looking through all of a long page."""
    page.wait_for_function("text => document.querySelector('[role=status]').textContent === text", arg=text)


@pytest.mark.parametrize("path", [INDEX, RELEASE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK])
def test_pages_fit_are_easy_to_read_and_without_errors(
    browser: Browser, url: Callable[[str], str], size: tuple[int, int], scheme: str, path: str
) -> None:
    with look_at(browser, url(path), size=size, scheme=scheme) as view:
        view.page.get_by_role("searchbox").wait_for()
        for details in view.page.locator("details").all()[:3]:
            details.evaluate("one => { one.open = true; }")
        assert not view.is_too_wide
        assert view.pale_texts == []
        assert view.complaints == []
        ground = view.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert (ground == "rgb(255, 255, 255)") is (scheme == "light")


@pytest.mark.parametrize(("path", "rows"), [(INDEX, 3), (RELEASE, 30), (ALONE, 30)])
@pytest.mark.parametrize("size", [PHONE, DESK])
def test_pages_are_whole_without_a_script(
    browser: Browser, url: Callable[[str], str], size: tuple[int, int], path: str, rows: int
) -> None:
    with look_at(browser, url(path), size=size, script=False) as view:
        assert view.page.get_by_role("search").count() == 0
        assert view.page.get_by_role("button").count() == 0
        assert view.page.locator("tbody tr:visible").count() >= rows
        assert not view.is_too_wide


def test_without_a_script_links_lead_to_tickets_and_products(
    browser: Browser, url: Callable[[str], str]
) -> None:
    with look_at(browser, url(f"{RELEASE}#DM-2004"), script=False) as view:
        row = view.page.locator("tr:target")
        assert "A good idea after all" in row.inner_text()
        row.get_by_role("link", name="pipe_tasks").click()
        assert "diverged" in view.page.locator("tr:target").inner_text()


@pytest.mark.parametrize(
    ("path", "scheme"), [(f"{INDEX}?q=fix", "light"), (f"{INDEX}?q=fix", "dark"), (ALONE, "dark")]
)
def test_what_is_found_and_a_page_that_stands_alone_fit_a_phone(
    browser: Browser, url: Callable[[str], str], path: str, scheme: str
) -> None:
    with look_at(browser, url(path), size=PHONE, scheme=scheme) as view:
        view.page.get_by_text("tickets").first.wait_for()
        assert not view.is_too_wide
        assert view.pale_texts == []
        assert view.complaints == []


@pytest.mark.parametrize("path", [RELEASE, ALONE])
def test_hostile_titles_are_shown_as_they_were_written(
    browser: Browser, url: Callable[[str], str], path: str
) -> None:
    with look_at(browser, url(path), size=PHONE) as view:
        for number, title in enumerate(HOSTILE):
            cell = view.page.locator(f"#DM-{1000 + number} td").first
            assert (cell.text_content() or "").removesuffix(" note") == one_line(title)
        assert view.page.title() == "w_2026_42: changes since w_2026_41"
        assert texts(view.page, "h1") == ["w_2026_42"]
        assert view.complaints == []


def test_hostile_titles_are_found_and_shown_by_the_index(browser: Browser, url: Callable[[str], str]) -> None:
    with look_at(browser, url(f"{INDEX}?q=%3Cscript%3E&kind=release"), size=PHONE) as view:
        view.page.get_by_text("1 of 9,042 tickets").wait_for()
        assert texts(view.page, f"{SHOWN} td:nth-child(2)") == [HOSTILE[1]]
        assert not view.is_too_wide
        assert view.complaints == []


def test_a_reader_without_a_mouse_searches_filters_and_sorts(
    browser: Browser, url: Callable[[str], str]
) -> None:
    with look_at(browser, url(RELEASE)) as view:
        view.press("/")
        assert view.focused == "q"
        view.page.keyboard.type("good")
        view.page.get_by_text("1 of 14 tickets").wait_for()
        assert keys(view.page) == ["DM-2004"]
        view.press("Escape")
        view.page.get_by_text("14 tickets", exact=True).wait_for()
        view.tab_to("product")
        view.press("p")
        view.page.get_by_text("3 of 14 tickets").wait_for()
        assert keys(view.page) == ["DM-1000", "DM-2004", "SP-31"]
        view.tab_to("project")
        view.press("S")
        view.page.get_by_text("1 of 14 tickets").wait_for()
        assert keys(view.page) == ["SP-31"]
        view.press("Home")
        view.tab_to("Merged")
        view.press("Enter")
        assert keys(view.page) == ["DM-1000", "DM-2004", "SP-31"]
        heading = view.page.get_by_role("columnheader", name="Merged").first
        assert heading.get_attribute("aria-sort") == "descending"
        view.press("Enter")
        assert heading.get_attribute("aria-sort") == "ascending"
        assert keys(view.page) == ["SP-31", "DM-2004", "DM-1000"]
        assert view.page.url.endswith("?product=pipe_tasks&order=when")


def test_a_reader_without_a_mouse_follows_links_to_tickets_and_products(
    browser: Browser, url: Callable[[str], str]
) -> None:
    with look_at(browser, url(RELEASE)) as view:
        view.press("Tab", "Enter")
        assert view.page.url.endswith("#tickets")
        view.tab_to("Link to DM-1001")
        view.press("Enter")
        assert view.page.url.endswith("#DM-1001")
        assert view.page.locator("tr:target").get_attribute("id") == "DM-1001"
        view.tab_to("afw")
        view.press("Enter")
        assert view.page.locator("tr:target").get_attribute("id") == "p-afw"
        assert view.page.locator("tr:target").is_visible()
        view.tab_to("12 tickets of afw")
        view.press("Enter")
        view.page.get_by_text("12 of 14 tickets").wait_for()
        assert view.focused == "product"


def test_the_focus_can_be_seen_and_is_never_under_what_is_stuck_to_the_top(
    browser: Browser, url: Callable[[str], str]
) -> None:
    with look_at(browser, url(f"{RELEASE}#DM-1005")) as view:
        view.press("Tab", "Tab")
        style = view.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert style == "solid"
        top = view.page.evaluate("document.querySelector('tr:target').getBoundingClientRect().top")
        head = view.page.evaluate("document.querySelector('#table thead th').getBoundingClientRect().bottom")
        assert top >= head - 1


def test_an_address_remembers_what_was_looked_for(browser: Browser, url: Callable[[str], str]) -> None:
    with look_at(browser, url(f"{RELEASE}?q=good&order=-title&product=pipe_tasks&kind=restored")) as view:
        assert keys(view.page) == ["DM-2004"]
        assert view.page.get_by_role("combobox", name="Product").input_value() == "pipe_tasks"
        view.page.get_by_role("searchbox").fill("nothing like it")
        view.page.get_by_text("0 of 14 tickets").wait_for()
        view.page.get_by_role("button", name="Show all").click()
        view.page.get_by_text("14 tickets", exact=True).wait_for()
        assert view.page.url.endswith("?order=-title")


def test_an_address_of_a_ticket_shows_it_whatever_is_looked_for(
    browser: Browser, url: Callable[[str], str]
) -> None:
    with look_at(browser, url(f"{RELEASE}?q=good#SP-31")) as view:
        assert view.page.locator("#SP-31").is_visible()
    with look_at(browser, url(f"{RELEASE}#p-sphgeom")) as view:
        assert view.page.locator("#p-sphgeom").is_visible()
    with look_at(browser, url(f"{RELEASE}#nowhere")) as view:
        assert view.complaints == []


def test_kinds_of_changes_are_a_filter(browser: Browser, url: Callable[[str], str]) -> None:
    with look_at(browser, url(ALONE)) as view:
        view.page.get_by_role("combobox", name="Kind").select_option("backport")
        view.page.get_by_text("1 of 14 tickets").wait_for()
        assert keys(view.page) == ["DM-2000"]


def test_on_a_phone_tickets_are_sorted_by_a_list(browser: Browser, url: Callable[[str], str]) -> None:
    with look_at(browser, url(RELEASE), size=PHONE) as view:
        view.page.get_by_role("combobox", name="Sort by").select_option("-when")
        assert keys(view.page)[0] == "DM-1010"
        assert not view.is_too_wide


def test_pages_have_landmarks_names_and_headings_in_order(
    browser: Browser, url: Callable[[str], str]
) -> None:
    with look_at(browser, url(RELEASE)) as view:
        page = view.page
        for role in ("main", "banner", "contentinfo", "search"):
            assert page.get_by_role(role).count() == 1
        assert page.get_by_role("navigation", name="On this page").count() == 1
        assert page.get_by_role("region", name="Tickets").count() == 1
        for name in ("Product", "Project", "Kind"):
            assert page.get_by_role("combobox", name=name).count() == 1
        levels = [
            int(tag[1])
            for tag in page.locator("h1, h2, h3").evaluate_all("all => all.map(one => one.tagName)")
        ]
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        assert page.locator("html").get_attribute("lang") == "en"


def test_the_index_searches_all_years_from_a_disk(browser: Browser, url: Callable[[str], str]) -> None:
    with look_at(browser, url(INDEX)) as view:
        page = view.page
        assert page.get_by_role("table", name="Tickets found").count() == 0
        view.press("/")
        page.keyboard.type("dm-1005")
        page.get_by_text("of 9,042 tickets").wait_for()
        found = texts(page, f"{SHOWN} > th")
        assert {"DM-1005"} <= set(found)
        assert all(key.startswith("DM-1005") for key in found)
        page.get_by_role("combobox", name="Kind").select_option("release")
        page.get_by_text("1 of 9,042 tickets").wait_for()
        page.get_by_role("link", name="DM-1005").click()
        page.wait_for_url("**/v30_0_0.html#DM-1005")
        assert page.locator("tr:target").count() == 1
        assert view.complaints == []


def test_the_index_tells_in_which_releases_a_ticket_is(browser: Browser, url: Callable[[str], str]) -> None:
    with look_at(browser, url(f"{INDEX}?q=dm-2004&order=release")) as view:
        view.page.get_by_text("of 9,042 tickets").wait_for()
        found = texts(view.page, SHOWN)
        assert len(found) > 3
        assert texts(view.page, f"{SHOWN} td:nth-child(4)")[:3] == ["main", "v30_0_0", "w_2026_42"]
        assert [text[:8] for text in found[:4]] == ["DM-2004A", "DM-2004A", "DM-2004A", found[3][:8]]


def test_the_index_shows_much_in_pieces_and_is_sorted_as_a_whole(
    browser: Browser, url: Callable[[str], str]
) -> None:
    with look_at(browser, url(INDEX)) as view:
        page = view.page
        page.get_by_role("combobox", name="Project").focus()
        page.locator("select[name=project] option[value=SP]").wait_for(state="attached")
        page.get_by_role("combobox", name="Project").select_option("DM")
        page.get_by_text("8,859 of 9,042 tickets").wait_for()
        assert page.locator(SHOWN).count() == 200
        page.get_by_role("button", name="Ticket").click()
        assert texts(page, f"{SHOWN} > th")[:3] == ["DM-1000", "DM-1000", "DM-1000"]
        page.get_by_role("button", name="Show more").focus()
        view.press("Enter")
        page.wait_for_function("document.querySelectorAll('#table tbody tr').length === 400")
        assert page.evaluate("document.activeElement.closest('tr').rowIndex") == 201


def test_a_year_that_is_not_there_is_told(browser: Browser, site: Path, tmp_path: Path) -> None:
    for path in ("index.html", "assets/changelog.js", "assets/changelog.css"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes((site / path).read_bytes())
    with look_at(browser, f"{tmp_path.as_uri()}/index.html?q=dm") as view:
        view.page.get_by_text("Some years could not be read").wait_for()


def test_an_address_of_a_ticket_far_down_a_long_page_shows_it(
    browser: Browser, url: Callable[[str], str]
) -> None:
    with look_at(browser, url(f"{MANY}#SP-18393")) as view:
        view.page.get_by_text("1,200 tickets", exact=True).wait_for()
        assert view.page.locator("tr:target").is_visible()


@pytest.mark.parametrize("size", [PHONE, DESK])
def test_a_page_of_nine_thousand_tickets_can_be_used(
    browser: Browser, url: Callable[[str], str], size: tuple[int, int]
) -> None:
    log = a_long_changelog(LONG)
    butlers = sum("butler" in (entry.issue.title or "").lower() for entry in log.tickets)
    with look_at(browser, url(ENDLESS), size=size) as view:
        page = view.page
        wait_for_status(page, "9,000 tickets")
        assert page.locator(SHOWN).count() == 400
        page.locator("[name=q]").fill("butler")
        wait_for_status(page, f"{butlers:,} of 9,000 tickets")
        page.locator("[name=project]").select_option("SP")
        page.locator("[name=q]").fill("")
        wait_for_status(page, "180 of 9,000 tickets")
        assert page.locator(SHOWN).count() == 180
        page.locator("[name=project]").select_option("")
        wait_for_status(page, "9,000 tickets")
        page.evaluate("document.querySelector('[data-order=key] button').click()")
        assert keys(page)[:3] == [str(entry.issue.key) for entry in log.tickets[:-4:-1]]
        assert not view.is_too_wide
        assert view.complaints == []
        if size == PHONE:
            return
        page.locator("#more button").click()
        page.wait_for_function("document.querySelectorAll('#table tr:not([hidden])').length === 9001")
        assert page.evaluate("document.activeElement.closest('tr').rowIndex") == 401
        assert not view.is_too_wide
