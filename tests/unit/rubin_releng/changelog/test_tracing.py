from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.names import parse_product_name
from lsstinstall.core.reporting import SilentReporter
from rubin_releng.changelog.comparer import compare_sides
from rubin_releng.changelog.sides import side_of_name
from rubin_releng.core.pullrequests import PullRequest
from tests.support.histories import Story

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lsstinstall.core.names import GitSha, ProductName
    from rubin_releng.changelog.models import ProductChanges

AFW = parse_product_name("afw")
URL = "https://example.org/lsst/afw"


class KnownPullRequests:
    """Knows some, and remembers what was asked."""

    def __init__(self, known: Mapping[GitSha, PullRequest]) -> None:
        self._known = known
        self.asked: list[tuple[str, str, tuple[GitSha, ...]]] = []

    def merged(
        self, product: ProductName, repository_url: str, shas: Sequence[GitSha]
    ) -> Mapping[GitSha, PullRequest]:
        self.asked.append((product, repository_url, tuple(shas)))
        return {sha: self._known[sha] for sha in shas if sha in self._known}


def compared(story: Story, source: KnownPullRequests, url: str | None = URL) -> ProductChanges:
    (product,) = compare_sides(
        side_of_name("w_2026_42"),
        side_of_name("main"),
        readers={AFW: story.reader()},
        repositories={} if url is None else {AFW: url},
        pull_requests=source,
        reporter=SilentReporter(),
    ).products
    return product


def begun() -> Story:
    story = Story()
    story.commit("Begin")
    story.tag("w.2026.42")
    return story


def test_what_was_pushed_without_a_merge_is_mapped_by_its_pull_request() -> None:
    story = begun()
    forwarded = [story.commit("One"), story.commit("Two")]
    pushed = story.commit("Fix a typo")
    story.merge("tickets/DM-3")
    request = PullRequest(number=12, title="DM-2: Title", branch="tickets/DM-2")
    source = KnownPullRequests(dict.fromkeys(forwarded, request))
    product = compared(story, source)
    assert [str(ticket) for ticket in product.tickets] == ["DM-2", "DM-3"]
    assert product.unmapped == (pushed,)
    assert [change.pull_request for change in product.changes] == [12, 12, None, None]
    assert source.asked == [("afw", URL, (*forwarded, pushed))]


def test_nobody_is_asked_about_what_has_a_ticket_or_no_address() -> None:
    story = begun()
    story.merge("tickets/DM-3")
    story.commit("DM-4: Plain")
    source = KnownPullRequests({})
    compared(story, source)
    story.commit("Fix a typo")
    compared(story, source, None)
    assert source.asked == []
