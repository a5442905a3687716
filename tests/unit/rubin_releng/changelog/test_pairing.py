from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.names import GitSha, parse_product_name
from rubin_releng.changelog.ends import End
from rubin_releng.changelog.pairing import pair_names
from rubin_releng.changelog.relating import Sources
from rubin_releng.core.changelogsettings import ChangeLogSettings
from tests.support.histories import Story

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rubin_releng.changelog.ports import HistoryReader

A = GitSha("a" * 40)


def paired(
    olds: Mapping[str, str | None],
    news: Mapping[str, str | None],
    *,
    renamed: Mapping[str, str] | None = None,
    readers: Mapping[str, HistoryReader] | None = None,
    commit: GitSha | None = A,
    today: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Pair products of these URLs."""
    settings = ChangeLogSettings(
        renamed={parse_product_name(new): parse_product_name(old) for new, old in (renamed or {}).items()}
    )
    sources = Sources(
        readers={parse_product_name(name): one for name, one in (readers or {}).items()},
        settings=settings,
        grammar=settings.grammar,
        repositories={parse_product_name(name): url for name, url in (today or {}).items()},
    )
    ends = [
        {parse_product_name(name): End(commit=commit, repository=url) for name, url in side.items()}
        for side in (olds, news)
    ]
    return {str(new): str(old) for new, old in pair_names(ends[0], ends[1], sources).items()}


def test_the_table_of_names_pairs_what_is_there() -> None:
    assert paired({"old": None}, {"new": None}, renamed={"new": "old", "afw": "geom"}) == {"new": "old"}
    assert paired({"other": None}, {"new": None}, renamed={"new": "old"}) == {}


def test_one_repository_pairs_names_however_it_is_written() -> None:
    olds = {"old": "git@github.com:lsst/afw"}
    assert paired(olds, {"new": "https://GitHub.com/lsst/afw.git/"}) == {"new": "old"}
    assert paired(olds, {"new": "https://github.com/lsst/geom"}) == {}


def test_the_repository_of_today_counts_too() -> None:
    today = {"old": "https://example.org/lsst/afw", "new": "https://user@example.org/lsst/afw"}
    assert paired({"old": None}, {"new": None}, today=today) == {"new": "old"}


def test_a_repository_that_several_products_share_pairs_nothing() -> None:
    url = "https://example.org/lsst/afw"
    assert paired({"one": url, "two": url}, {"new": url}) == {}
    assert paired({"old": url}, {"new": url, "newer": url}) == {}


def test_the_table_comes_before_the_repository() -> None:
    url = "https://example.org/lsst/afw"
    assert paired({"old": url}, {"new": url, "newer": None}, renamed={"newer": "old"}) == {"newer": "old"}
    assert paired({"old": url}, {"new": url, "newer": url}, renamed={"newer": "old"}) == {"newer": "old"}


def test_a_history_that_goes_on_pairs_names() -> None:
    story = Story()
    commit = story.commit("Begin")
    readers = {"new": story.reader()}
    assert paired({"old": None}, {"new": None}, readers=readers, commit=commit) == {"new": "old"}
    assert paired({"old": None}, {"new": None}, readers=readers) == {}
    assert paired({"old": None, "two": None}, {"new": None}, readers=readers, commit=commit) == {}
