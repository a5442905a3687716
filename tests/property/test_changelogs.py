"""Whatever a title holds, each rendering shows it and stays what it is."""

from __future__ import annotations

import datetime as dt
from html import escape
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

from docutils import nodes
from docutils.core import publish_doctree
from docutils.parsers.rst import roles
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rubin_releng.changelog.atom import atom_feed
from rubin_releng.changelog.htmlpages import changelog_to_html
from rubin_releng.changelog.markdown import changelog_to_markdown
from rubin_releng.changelog.models import ChangeLog
from rubin_releng.changelog.pageentries import PageKind, page_entry
from rubin_releng.changelog.prose import one_line
from rubin_releng.changelog.rst import changelog_to_rst_tickets
from rubin_releng.changelog.siteyears import read_year, year_data
from tests.support.changelogs import START, a_change, a_product, a_side, an_entry

# What marks something up anywhere, and whole constructions.
MARKS = "`*_|\\<>&[]()!#:~$-=+\"'{}%."
PARTS = (
    *MARKS,
    *("``", "**", "__", "::", "&amp;", "@a", "1.", "{{", "{%", "--", "</td>", "<!--", "]]>", "a", "B9"),
    *("http://example.org", ":jira:`DM-1`", "`a <b>`_", "|a|", "[1]_", "a_"),
    *(" ", "\t", "\u202e", "\x00", "\u2028"),
)
TITLES = st.lists(st.sampled_from(PARTS) | st.text(max_size=4), max_size=12).map("".join)


def a_log(title: str) -> ChangeLog:
    change = a_change("DM-1001", number=7)
    return ChangeLog(
        old=a_side("v28_0_0"),
        new=a_side("v29_0_0", date=START.date()),
        products=(a_product("afw", tickets=change.tickets, changes=(change,)),),
        tickets=(an_entry("DM-1001", title, [("afw", change)]),),
    )


def shown(title: str) -> str:
    return one_line(title)


@given(TITLES)
def test_markdown_shows_the_title_as_text(title: str) -> None:
    tokens = (
        MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(changelog_to_markdown(a_log(title)))
    )
    (line,) = [token for token in tokens if token.content.startswith("[DM-1001]")]
    text = "".join(token.content for token in line.children or ())
    separator = ": " if shown(title) else ""
    # A blank without a width stands between an `@` and a name.
    assert text.replace("\u200b", "") == f"DM-1001{separator}{shown(title)} [afw #7]".replace("\u200b", "")
    assert [token.type for token in line.children or ()].count("link_open") == 2


def _jira(
    _name: str, raw: str, text: str, _line: int, _inliner: object, *_more: object
) -> tuple[list[nodes.Node], list[nodes.Node]]:
    return [nodes.reference(raw, text, refuri=f"https://example.org/{text}")], []


@given(TITLES)
def test_rst_shows_the_title_as_text_without_a_warning(title: str) -> None:
    roles.register_local_role("jira", _jira)
    document = publish_doctree(
        changelog_to_rst_tickets(a_log(title)), settings_overrides={"halt_level": 2, "report_level": 2}
    )
    (item,) = document.findall(nodes.list_item)
    separator = ": " if shown(title) else ":"
    assert item.astext() == f"DM-1001{separator}{shown(title)} [afw]"


class _Row(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.cells: list[str] = []
        self._is_in = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self._is_in = self._is_in or (tag == "tr" and ("id", "DM-1001") in attrs)
        if self._is_in and tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        self._is_in = self._is_in and tag != "tr"

    def handle_data(self, data: str) -> None:
        if self._is_in and self.cells:
            self.cells[-1] += data


CALM = _Row(changelog_to_html(a_log("Calm"))).names


@given(TITLES)
def test_html_shows_the_title_as_text(title: str) -> None:
    row = _Row(changelog_to_html(a_log(title)))
    assert row.cells[0] == (shown(title) or "no title")
    assert [name for name in row.names if name != "span"] == [name for name in CALM if name != "span"]


@given(TITLES)
def test_a_feed_is_valid_and_its_summary_shows_the_title_as_text(title: str) -> None:
    entry = page_entry(a_log(title), page=b"", updated=dt.datetime(2026, 10, 18, tzinfo=dt.UTC))
    feed = ET.fromstring(atom_feed([entry], kind=PageKind.RELEASE, title="Change logs"))  # noqa: S314
    summary = feed.findtext(".//{http://www.w3.org/2005/Atom}summary") or ""
    assert f"<li>DM-1001: {escape(shown(title)) if title else 'no title'} [afw]</li>" in summary


@given(TITLES)
def test_a_year_survives_writing_and_reading(title: str) -> None:
    entry = page_entry(a_log(title), page=b"", updated=dt.datetime(2026, 10, 18, tzinfo=dt.UTC))
    assert read_year(year_data("2026", [entry]), source="2026.json") == (entry,)
