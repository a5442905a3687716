"""Repositories by their URLs."""

from __future__ import annotations

import pytest

from lsstinstall.core.names import ProductName
from rubin_releng.core.repositoryurls import is_legacy, is_test_data, repository_key, shared_repositories


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/lsst/afw",
        "https://github.com/lsst/afw.git",
        "https://github.com/LSST/afw.git/",
        "https://www.github.com/lsst/afw",
        "ssh://git@github.com/lsst/afw.git",
        "git@github.com:lsst/afw.git",
        "https://user:word@github.com/lsst/afw",
    ],
)
def test_a_repository_has_one_key_however_its_url_is_written(url: str) -> None:
    assert repository_key(url) == "github.com/lsst/afw"


def test_a_path_is_its_own_key() -> None:
    assert repository_key("/data/Git/afw.git") == repository_key("file:///data/Git/afw/") == "/data/Git/afw"


def test_retired_repositories_are_told_by_their_names() -> None:
    assert is_legacy("https://github.com/lsst-dm/legacy-afw.git")
    assert is_legacy("https://github.com/lsst-dm/legacy_afw")
    assert not is_legacy("https://github.com/legacy-owner/afw")


def test_products_with_test_data_are_told_by_their_names() -> None:
    names = ["testdata_ci_hsc", "ap_verify_testdata", "obs_lsst_data", "skymap_data", "data_access", "afw"]

    assert [is_test_data(ProductName(name)) for name in names] == [True, True, True, True, False, False]


def test_products_that_share_a_repository_are_found() -> None:
    urls = {
        ProductName("sdm_schemas"): "https://github.com/lsst/sdm_schemas",
        ProductName("cat"): "https://github.com/lsst/sdm_schemas.git",
        ProductName("afw"): "https://github.com/lsst/afw",
    }

    assert shared_repositories(urls) == {"github.com/lsst/sdm_schemas": ("cat", "sdm_schemas")}
