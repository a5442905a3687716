from __future__ import annotations

import pytest

from rubin_releng.changelog.links import commit_page, comparison_page, pull_request_page, repository_page


@pytest.mark.parametrize(
    ("repository", "page"),
    [
        ("https://github.com/lsst/afw.git", "https://github.com/lsst/afw"),
        ("https://github.com/lsst/afw/", "https://github.com/lsst/afw"),
        ("git@github.com:lsst/afw.git", "https://github.com/lsst/afw"),
        ("ssh://git@github.com/lsst/afw", "https://github.com/lsst/afw"),
        ("https://me:secret@example.org/afw.git", "https://example.org/afw"),
        ("/srv/git/afw", None),
        ("file:///srv/git/afw", None),
        ("javascript:alert(1)//https://example.org", None),
        ('https://example.org/"onmouseover="alert(1)', None),
        ("https://example.org/a)b", None),
        (None, None),
    ],
)
def test_only_repositories_on_the_web_have_a_page(repository: str | None, page: str | None) -> None:
    assert repository_page(repository) == page


def test_pull_requests_commits_and_comparisons_have_pages_of_their_repository() -> None:
    repository = "https://github.com/lsst/afw.git"
    assert pull_request_page(repository, 12) == "https://github.com/lsst/afw/pull/12"
    assert commit_page(repository, "abc") == "https://github.com/lsst/afw/commit/abc"
    assert comparison_page(repository, "abc", "def") == "https://github.com/lsst/afw/compare/abc...def"


def test_without_a_page_of_the_repository_there_are_none() -> None:
    assert pull_request_page(None, 12) is None
    assert commit_page("/srv/afw", "abc") is None
    assert comparison_page(None, "abc", "def") is None
