from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from typing_extensions import override

from lsstinstall.core.tags import EupsTag
from rubin_releng.changelog.environments import EnvironmentChanges, PackageChange
from rubin_releng.changelog.htmlframes import asset, frame_of_site
from rubin_releng.changelog.htmlpages import changelog_to_html
from rubin_releng.changelog.models import ChangeLog, Flag, Relation
from rubin_releng.changelog.prose import one_line
from rubin_releng.core.tickets import parse_ticket
from tests.support.changelogs import (
    HOSTILE,
    a_change,
    a_changelog,
    a_fragment,
    a_long_changelog,
    a_product,
    a_release,
    a_side,
    an_entry,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_EMPTY = frozenset({"br", "img", "input", "link", "meta"})


class Page(HTMLParser):
    """A page as a parser sees it: elements, the text of each row, and whether all are closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, Mapping[str, str | None]]] = []
        self.rows: dict[str, str] = {}
        self._row: str | None = None
        self.text = ""
        self.feed(text)
        self.close()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _EMPTY:
            self.open.append(tag)
        if tag == "tr":
            self._row = dict(attrs).get("id")

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag == "tr":
            self._row = None

    @override
    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"script", "style"}:
            self.text += data
            if self._row is not None:
                self.rows[self._row] = self.rows.get(self._row, "") + data

    def all(self, tag: str) -> list[Mapping[str, str | None]]:
        """Attributes of all elements of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def ids(self) -> list[str]:
        """All anchors, in order."""
        return [found for _, attributes in self.elements if (found := attributes.get("id")) is not None]


def page(changelog: ChangeLog) -> Page:
    return Page(changelog_to_html(changelog))


def an_empty_changelog() -> ChangeLog:
    return ChangeLog(old=a_side("w_2026_41"), new=a_side("w_2026_42"), products=())


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_titles_are_text_and_nothing_else(title: str) -> None:
    found = page(a_changelog([title]))
    calm = page(a_changelog(["Calm"]))
    assert not found.open
    assert [name for name, _ in found.elements] == [name for name, _ in calm.elements]
    assert found.rows["DM-1000"].startswith(f"DM-1000{one_line(title)}")


def test_whatever_else_others_wrote_is_escaped() -> None:
    evil = "<img src=x onerror=alert(1)>"
    log = a_changelog()
    afw = replace(log.products[0], fragments=(a_fragment("DM-1000", evil, evil, problem=evil),))
    sweep = replace(log.sweeps[0], author=evil, subject=evil)
    found = page(
        replace(
            log,
            old=replace(log.old, name=evil, tag=None),
            new=replace(log.new, name=evil, tag=None, environment=evil, build=None),
            products=(afw, a_product("geom", Relation.UNKNOWN, reason=evil)),
            sweeps=(sweep,),
            environment=EnvironmentChanges(from_version=evil, to_version=evil, reason=evil),
            predecessor_note=evil,
            sources=(evil,),
            warnings=(evil,),
        )
    )
    assert not found.all("img")
    assert found.text.count(evil) >= 12


def test_every_ticket_and_every_product_has_one_anchor() -> None:
    log = a_changelog()
    found = page(log)
    assert len(set(found.ids)) == len(found.ids)
    assert {f"p-{product.name}" for product in log.products} <= set(found.ids)
    assert {str(key) for key in log.products_of_ticket} <= set(found.ids)


def test_all_links_of_the_page_into_itself_lead_somewhere() -> None:
    found = page(a_changelog())
    inner = [link["href"] or "" for link in found.all("a") if (link.get("href") or "").startswith("#")]
    assert {href[1:] for href in inner} <= set(found.ids)


def test_links_lead_to_tickets_pull_requests_commits_and_comparisons() -> None:
    links = {link.get("href") for link in page(a_changelog()).all("a")}
    assert "https://rubinobs.atlassian.net/browse/DM-1000" in links
    assert "https://github.com/lsst/pipe_tasks/pull/6" in links
    assert any("/afw/compare/" in (link or "") for link in links)
    assert any("/pipe_tasks/commit/" in (link or "") for link in links)


def test_a_change_without_a_page_is_text() -> None:
    change = a_change("DM-1", number=3)
    product = a_product("afw", repository="/srv/afw", tickets=change.tickets, changes=(change,))
    log = replace(
        an_empty_changelog(), products=(product,), tickets=(an_entry("DM-1", "One", [("afw", change)]),)
    )
    found = page(log)
    assert found.rows["DM-1"] == "DM-1Oneafw #32026-10-12"
    assert "<i>#3</i>" in changelog_to_html(log)


def test_direct_requirements_come_before_the_others_which_are_folded() -> None:
    text = changelog_to_html(a_changelog())
    assert text.index("astropy") < text.index("<summary>41 other packages</summary>") < text.index("lib-00")
    assert "57 packages only built again." in text


def test_many_direct_requirements_that_went_up_are_folded() -> None:
    many = tuple(PackageChange(name=f"up-{number}", old="1", new="2", direct=True) for number in range(30))
    gone = PackageChange(name="nose", old="1.3.7", direct=True)
    changes = EnvironmentChanges(to_version="13.0.0", up=many, removed=(gone,))
    text = changelog_to_html(replace(an_empty_changelog(), environment=changes))
    assert (
        text.index("nose") < text.index("<summary>30 direct requirements up</summary>") < text.index("up-0")
    )


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("12.2.0", "13.0.0", "rubin-env 13.0.0, before 12.2.0."),
        ("13.0.0", "13.0.0", "rubin-env 13.0.0, as before."),
        (None, "13.0.0", "rubin-env 13.0.0."),
        ("13.0.0", None, "The version of rubin-env is not known."),
    ],
)
def test_the_environment_is_a_sentence(old: str | None, new: str | None, sentence: str) -> None:
    changes = EnvironmentChanges(from_version=old, to_version=new)
    assert sentence in page(replace(an_empty_changelog(), environment=changes)).text


def test_the_environment_of_the_ends_is_told_if_nobody_compared_packages() -> None:
    log = replace(an_empty_changelog(), new=a_side("w_2026_42", environment="13.0.0"))
    assert "rubin-env 13.0.0." in page(log).text
    assert "environment" not in page(an_empty_changelog()).ids


def test_a_reason_stands_in_for_packages_that_nobody_knows() -> None:
    changes = EnvironmentChanges(to_version="13.0.0", reason="no list has them")
    found = page(replace(an_empty_changelog(), environment=changes))
    assert "Packages are not known: no list has them." in found.text


def test_a_remark_on_packages_that_were_compared_is_a_remark() -> None:
    one = PackageChange(name="numpy", old="1", new="2", direct=True)
    changes = EnvironmentChanges(to_version="13.0.0", up=(one,), reason="no list tells of `w_2026_41`")
    text = page(replace(an_empty_changelog(), environment=changes)).text
    assert "no list tells of w_2026_41." in text
    assert "not known" not in text


def test_products_say_what_became_of_them_and_quiet_ones_are_folded() -> None:
    found = page(a_changelog())
    words = {
        name: found.rows[f"p-{name}"] for name in ("afw", "downgraded", "pipe_tasks", "geom", "dax_ppdb")
    }
    assert words["afw"].startswith("afwchanged12")
    assert words["downgraded"].startswith("downgradedmoved back")
    assert words["pipe_tasks"].startswith("pipe_tasksdiverged3")
    assert words["geom"] == "geomnot knownits repository has no <tag> w.2026.41"
    assert words["dax_ppdb"].endswith("1,234 commits")
    assert found.rows["p-rubin_new"].endswith("was rubin_old")
    assert "2 products rebuilt without a change of their own" in found.text
    assert "1 product unchanged" in found.text


def test_marks_tell_of_backports_restored_nested_and_unknown() -> None:
    change = a_change("XY-1")
    flags = (Flag.NEW, Flag.NESTED, Flag.UNKNOWN_PROJECT)
    log = replace(
        an_empty_changelog(),
        products=(a_product("afw", tickets=change.tickets, changes=(change,)),),
        tickets=(an_entry("XY-1", "One", [("afw", change)], flags),),
    )
    assert "One nested unknown project" in page(log).rows["XY-1"]
    rows = page(a_changelog()).rows
    assert "faster backport" in rows["DM-2000"]
    assert "after all restored" in rows["DM-2004"]


def test_rows_say_of_which_kind_they_are_unless_all_are_merges() -> None:
    kinds = {row.get("id"): row.get("data-kind") for row in page(a_changelog()).all("tr")}
    assert kinds["DM-1000"] is None
    assert kinds["DM-2000"] == "backport"
    assert kinds["DM-2004"] == "restored"


def test_a_ticket_without_a_title_is_there() -> None:
    assert page(a_changelog()).rows["SP-31"].startswith("SP-31no title")


def test_what_is_lost_is_said_at_the_top() -> None:
    text = page(a_changelog()).text
    assert "1 ticket of w_2026_41 is not in w_2026_42." in text
    assert "One thing is doubtful or missing." in text
    log = replace(a_changelog(), warnings=("one", "two"))
    assert "2 things are doubtful or missing." in page(log).text


def test_notes_have_an_anchor_for_each_ticket_once() -> None:
    log = a_changelog()
    afw = log.products[0]
    more = (*afw.fragments, a_fragment("DM-1000", "bugfix", "Another"), a_fragment("DM-1", "own", "Own kind"))
    found = page(replace(log, products=(replace(afw, fragments=more), *log.products[1:])))
    assert found.ids.count("note-DM-1000") == 1
    assert found.text.index("New features") < found.text.index("Bug fixes") < found.text.index("Other notes")
    assert "own" in found.text


def test_a_page_of_nothing_has_products_and_tickets_only() -> None:
    found = page(an_empty_changelog())
    assert [name for name in found.ids if name != "main"] == ["products", "tickets"]
    assert "No ticket was merged." in found.text


def test_the_base_of_a_release_is_named() -> None:
    log = a_release("v30_0_0", base="w_2026_30", backports=["DM-1001"])
    assert "Made from w_2026_30, with 1 ticket backported." in page(log).text
    facts = changelog_to_html(log)
    assert "<dt>Base weekly</dt><dd>w_2026_30</dd>" in facts
    assert "<dt>Backports</dt><dd>1</dd>" in facts
    assert "Base weekly" not in changelog_to_html(an_empty_changelog())


def test_what_is_not_known_comes_after_what_changed() -> None:
    products = (a_product("afw", Relation.UNKNOWN, reason="gone"), a_product("base"), a_product("utils"))
    text = changelog_to_html(replace(an_empty_changelog(), products=products))
    assert text.index('id="p-base"') < text.index('id="p-utils"') < text.index('id="p-afw"')


def test_a_page_that_stands_alone_allows_its_own_style_and_script_only() -> None:
    text = changelog_to_html(a_changelog())
    policy = next(meta["content"] or "" for meta in Page(text).all("meta") if meta.get("http-equiv"))
    assert policy.startswith("default-src 'none'; ")
    for name in ("style", "script"):
        (content,) = re.findall(rf"<{name}>(.*?)</{name}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert not Page(text).all("link")


def test_a_page_of_a_site_shares_style_and_script_and_links_home() -> None:
    formats = (("JSON", "w_2026_42.json"),)
    frame = frame_of_site(
        home="../index.html", assets="../assets", previous="w_2026_41.html", formats=formats
    )
    found = Page(changelog_to_html(a_changelog(), frame=frame))
    assert [link["href"] for link in found.all("link")] == ["../assets/changelog.css"]
    assert [script["src"] for script in found.all("script")] == ["../assets/changelog.js"]
    assert not found.all("style")
    links = {link.get("href") for link in found.all("a")}
    assert {"../index.html", "w_2026_42.json", "w_2026_41.html"} <= links


def test_no_page_asks_anything_of_other_servers() -> None:
    found = page(a_changelog())
    asking = [attributes for _, attributes in found.elements if {"src", "srcset", "data"} & attributes.keys()]
    assert asking == []
    for name in ("changelog.css", "changelog.js"):
        assert "http" not in asset(name)
        assert "url(" not in asset(name)


def test_style_and_script_can_stand_in_a_page() -> None:
    assert "</" not in asset("changelog.css") + asset("changelog.js")


def test_a_page_of_a_major_release_is_a_few_hundred_kilobytes() -> None:
    assert len(changelog_to_html(a_long_changelog(730))) < 400_000


def test_an_old_end_without_a_page_is_a_name() -> None:
    frame = frame_of_site(home="../index.html", assets="../assets")
    found = Page(changelog_to_html(an_empty_changelog(), frame=frame))
    assert "Changes since w_2026_41" in found.text
    assert "w_2026_41.html" not in {link.get("href") for link in found.all("a")}


def test_equal_change_logs_give_equal_pages() -> None:
    assert changelog_to_html(a_changelog()) == changelog_to_html(a_changelog())


def test_a_ticket_of_which_only_the_key_is_known_is_shown() -> None:
    product = a_product("afw", tickets=(parse_ticket("DM-5"),))
    found = page(replace(an_empty_changelog(), products=(product,), base=EupsTag.parse("w_2026_30")))
    assert found.rows["DM-5"] == "DM-5no titleafw"
