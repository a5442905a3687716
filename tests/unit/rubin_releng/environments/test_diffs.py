from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.condapackages import parse_package_file
from lsstinstall.core.names import CondaSubdir
from rubin_releng.adapters.yamlfiles import parse_yaml
from rubin_releng.core.environmentdiffs import ContentKind, EnvironmentDiff, compare_contents
from rubin_releng.core.ledgerreading import parse_ledger
from rubin_releng.environments.contents import ledger_content, lock_content
from rubin_releng.environments.diffhtml import diff_html
from rubin_releng.environments.diffmarkdown import diff_markdown
from tests.support.locks import LINUX, locked_part, package

if TYPE_CHECKING:
    from lsstinstall.core.environments import SolvedPackage
    from rubin_releng.core.locks import LockPart

LEDGER = parse_ledger(
    parse_yaml(
        """\
schema: 1
name: rubin-env
outputs:
  rubin-env: {summary: "All"}
  rubin-env-rsp: {summary: "More", versions: ["2 .."]}
versions:
  "2": {build: 1, platforms: [linux-64, osx-arm64]}
  "1": {build: 0, platforms: [linux-64, linux-aarch64, osx-arm64]}
variants:
  python:
  - {value: "3.13", versions: ["2"]}
  - {value: "3.12", versions: ["1"]}
requirements:
  rubin-env:
    run:
      scipy:
      - {limit: "<1.9", versions: ["2"], reason: "a | b <i> broke", ticket: DM-1}
      - {versions: ["1"]}
      prmon:
      - {versions: ["2"], platforms: [linux-64]}
      zlib:
      - {limit: ">=1"}
      - {limit: "1.*", versions: ["2"]}
    host:
      zlib:
      - {versions: ["1"]}
  rubin-env-rsp:
    run:
      jupyter:
      - {versions: ["2"]}
""",
        source="requirements.yaml",
    )
)


def _versions(before: str, after: str, *platforms: str) -> EnvironmentDiff:
    wanted = tuple(map(CondaSubdir, platforms))
    return compare_contents(
        ledger_content(LEDGER, LEDGER.record(before), wanted),
        ledger_content(LEDGER, LEDGER.record(after), wanted),
    )


MARKDOWN = """\
# rubin-env 1 → rubin-env 2

- compared on linux-64, osx-arm64
- platforms that are gone: linux-aarch64
- new outputs: rubin-env-rsp

## rubin-env: requirements

1 added, 2 changed

| package | rubin-env 1 | rubin-env 2 | platforms | why |
| --- | --- | --- | --- | --- |
| `prmon` | DASH | any version | linux-64 |  |
| `scipy` | any version | `<1.9` | all | a \\| b \\<i\\> broke; DM-1 |
| `zlib` | `>=1` | `1.*, >=1` | all |  |

## rubin-env: variant

1 changed

| package | rubin-env 1 | rubin-env 2 | platforms | why |
| --- | --- | --- | --- | --- |
| `python` | `3.12` | `3.13` | all |  |

## rubin-env: host requirements

1 removed

| package | rubin-env 1 | rubin-env 2 | platforms | why |
| --- | --- | --- | --- | --- |
| `zlib` | any version | DASH | all |  |

## rubin-env-rsp: requirements

1 added

| package | rubin-env 1 | rubin-env 2 | platforms | why |
| --- | --- | --- | --- | --- |
| `jupyter` | DASH | any version | all |  |
""".replace("DASH", "\N{EN DASH}")


def test_versions_are_compared_in_markdown() -> None:
    assert diff_markdown(_versions("1", "2")) == MARKDOWN


def test_platforms_can_be_chosen() -> None:
    diff = _versions("1", "2", "osx-arm64")
    assert diff.platforms == ("osx-arm64",)
    assert "prmon" not in diff_markdown(diff)


def test_equal_versions_are_told_to_be_equal() -> None:
    diff = _versions("2", "2")
    assert "- nothing differs" in diff_markdown(diff)
    assert "<nav" not in diff_html(diff)


class _Page(HTMLParser):
    """Follows the elements of a page; whatever is left open or closed twice fails."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Enter an element."""
        if tag != "meta":
            self.open.append(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [(value or "").removeprefix("#") for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        """Leave it."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Read."""
        self.text += data


def _page(text: str) -> _Page:
    page = _Page()
    page.feed(text)
    page.close()
    assert page.open == []
    return page


def test_a_page_is_whole_and_its_links_lead_somewhere() -> None:
    text = diff_html(_versions("1", "2"))
    page = _page(text)
    assert text.startswith("<!DOCTYPE html>\n")
    assert page.links == page.ids
    assert len(set(page.ids)) == 4
    assert "a | b <i> broke; DM-1" in page.text
    assert 'name="viewport"' in text
    assert "src=" not in text


def _lock(name: str, *parts: LockPart, ledger: bool = False) -> EnvironmentDiff:
    before = lock_content("old.lock", (locked_part(),), metapackage="rubin-env", platforms=(LINUX,))
    after = lock_content(name, parts, metapackage="rubin-env", ledger=LEDGER if ledger else None)
    return compare_contents(replace(before, platforms=(LINUX,)), after)


@pytest.mark.parametrize(
    ("metapackage", "ledger"), [(package("rubin-env-2", "scipy"), False), (package("rubin-env-2"), True)]
)
def test_packages_of_locks_are_direct_by_what_metapackages_need(
    *, metapackage: SolvedPackage, ledger: bool
) -> None:
    part = replace(locked_part(package("aom-3"), package("scipy-1.8")), packages=())
    packages = (package("aom-3"), metapackage, package("scipy-1.8"))
    (group,) = _lock("new.lock", replace(part, packages=packages), ledger=ledger).groups
    assert [change.package for change in group.changes if change.direct] == ["rubin-env", "scipy"]
    text = diff_markdown(_lock("new.lock", replace(part, packages=packages), ledger=ledger))
    assert (
        text.index("### Direct requirements") < text.index("`scipy`") < text.index("### What comes with them")
    )
    assert "<h3>What comes with them</h3>" in diff_html(
        _lock("n", replace(part, packages=packages), ledger=ledger)
    )


def test_a_lock_without_metapackages_has_but_direct_ones() -> None:
    diff = _lock("new.lock", locked_part(package("aom-3")))
    assert diff.kind is ContentKind.PACKAGES
    assert "What comes" not in diff_markdown(diff)


def test_a_lock_of_indirect_packages_alone_says_so() -> None:
    before = lock_content(
        "a", (locked_part(package("rubin-env-2", "x"), package("b-1")),), metapackage="rubin-env"
    )
    after = lock_content(
        "b", (locked_part(package("rubin-env-2", "x"), package("b-2")),), metapackage="rubin-env"
    )
    text = diff_markdown(compare_contents(before, after))
    assert "Direct" not in text
    assert "| `b` | `1` | `2` | all |  |" in text


def test_builds_are_told_where_versions_are_equal() -> None:
    one = package("b-1")
    other = replace(one, package=parse_package_file("b-1-h1_1.conda", subdir=LINUX))
    before, after = (
        lock_content(name, (locked_part(side),), metapackage="rubin-env", platforms=())
        for name, side in (("a", one), ("b", other))
    )
    assert "| `b` | `1 h0_0` | `1 h1_1` |" in diff_markdown(compare_contents(before, after))
