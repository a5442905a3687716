"""What URLs of repositories say: which are the same one, and which were retired."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.core.names import ProductName

__all__ = ["is_legacy", "is_test_data", "repository_key", "shared_repositories"]

# git@github.com:lsst/afw.git
_SCP = re.compile(r"(?:[^\s/@]+@)?([^\s/:]+):(?!//)(.*)")
_TEST_DATA = re.compile(r"testdata_.+|.+_testdata|.+_data")
# legacy-afw, and a few with an underscore
_LEGACY = ("legacy-", "legacy_")


def repository_key(url: str) -> str:
    """Name a repository, however its URL is written.

    Parameters
    ----------
    url : `str`
        With or without ``.git``, for ``https`` or ``ssh``; or a path.

    Returns
    -------
    key : `str`
        The same for all ways to write it; ``host/owner/name`` in lower case
        for one on a server.
    """
    parts = urlsplit(url)
    scp = _SCP.fullmatch(url)
    if parts.scheme not in {"", "file"} and parts.hostname:
        host, path = parts.hostname, parts.path
    elif not parts.scheme and scp is not None:
        host, path = scp[1], scp[2]
    else:
        return _bare(parts.path)
    return f"{host.removeprefix('www.')}/{_bare(path).lstrip('/')}".lower()


def _bare(path: str) -> str:
    return path.rstrip("/").removesuffix(".git").rstrip("/")


def is_legacy(url: str) -> bool:
    """Say whether a repository was retired.

    Parameters
    ----------
    url : `str`
        Of the repository, as it is today.

    Returns
    -------
    is_legacy : `bool`
        Retired ones are renamed to ``legacy-<name>``.
    """
    return repository_key(url).rpartition("/")[2].startswith(_LEGACY)


def is_test_data(product: ProductName) -> bool:
    """Say whether a product holds data for tests, whose merges nobody wants to read.

    Parameters
    ----------
    product : `ProductName`
        EUPS product.

    Returns
    -------
    is_test_data : `bool`
        By its name.
    """
    return _TEST_DATA.fullmatch(product) is not None


def shared_repositories(urls: Mapping[ProductName, str]) -> Mapping[str, tuple[ProductName, ...]]:
    """Find the repositories of several products.

    Parameters
    ----------
    urls : `~collections.abc.Mapping` [ `ProductName`, `str` ]
        Of each product.

    Returns
    -------
    shared : `~collections.abc.Mapping` [ `str`, `tuple` [ `ProductName`, ... ] ]
        Products by name, for each key of a repository that has more than one.
    """
    found: dict[str, list[ProductName]] = {}
    for product in sorted(urls):
        found.setdefault(repository_key(urls[product]), []).append(product)
    return {key: tuple(products) for key, products in sorted(found.items()) if len(products) > 1}
