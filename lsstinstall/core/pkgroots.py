"""Where each file lies beneath a package root."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import InvalidNameError
from lsstinstall.core.names import Flavor, ProductName, parse_flavor, parse_product_name
from lsstinstall.core.platforms import GENERIC
from lsstinstall.core.serverconfigs import FileKind, ServerConfig, parse_server_config
from lsstinstall.core.versions import EupsVersion, parse_eups_version

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lsstinstall.core.tags import EupsTag

__all__ = [
    "GENERIC",
    "SOURCE_CONFIG",
    "TARBALL_CONFIG",
    "FileKind",
    "ListedManifest",
    "ServerConfig",
    "dist_path",
    "environment_path",
    "eupspkg_id",
    "join_pkgroots",
    "listed_manifest",
    "listed_tag",
    "manifest_path",
    "parse_server_config",
    "release_path",
    "split_pkgroots",
    "table_path",
    "tag_list_path",
    "tarball_id",
]

SOURCE_CONFIG = """\
# Configuration for a EupsPkg-based server
DISTRIB_CLASS = eups.distrib.eupspkg.Distrib
EUPSPKG_URL = %(base)s/products/%(path)s
LIST_URL = %(base)s/tags/%(tag)s.list
TAGLIST_DIR = tags
"""
"""``config.txt`` of a source server, byte for byte as EUPS writes it."""

TARBALL_CONFIG = r"""# Configuration for a tarball-based server
MANIFEST_FILE_RE = ^(?P<product>[^-]+)-(?P<version>[^@]+)@(?P<flavor>.*)\.manifest$
MANIFEST_URL = %(base)s/manifests/%(product)s-%(version)s@%(flavor)s.manifest
TARBALL_URL = %(base)s/%(path)s
DIST_URL = %(base)s/%(path)s
"""
"""``config.txt`` of a tarball server, byte for byte as EUPS writes it."""

_EUPSPKG = "eupspkg:"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedManifest:
    """What the name of a manifest in a server's listing says.

    Parameters
    ----------
    product : `ProductName`
        EUPS product.
    version : `EupsVersion`
        As EUPS prints it.
    flavor : `Flavor`
        ``generic`` if the name tells none.
    """

    product: ProductName
    version: EupsVersion
    flavor: Flavor


def tag_list_path(config: ServerConfig, tag: EupsTag) -> str:
    """Say where a tag's list lies.

    Parameters
    ----------
    config : `ServerConfig`
        Of the package root.
    tag : `EupsTag`
        The tag.

    Returns
    -------
    path : `str`
        Below the package root, not quoted for URLs.
    """
    return config.path(FileKind.LIST, {"tag": tag.name})


def manifest_path(config: ServerConfig, product: ProductName, version: EupsVersion, flavor: Flavor) -> str:
    """Say where a product's manifest lies.

    Parameters
    ----------
    config : `ServerConfig`
        Of the package root.
    product, version, flavor
        What the manifest is of; a source server does not use the flavor.

    Returns
    -------
    path : `str`
        Below the package root, not quoted for URLs: a ``+`` of the version
        stands in it as it is.
    """
    return config.path(FileKind.MANIFEST, {"product": product, "version": version, "flavor": flavor})


def table_path(config: ServerConfig, product: ProductName, version: EupsVersion, flavor: Flavor) -> str:
    """Say where the server's copy of a product's table file lies.

    Parameters
    ----------
    config : `ServerConfig`
        Of the package root.
    product, version, flavor
        What the table is of; no known server uses the flavor.

    Returns
    -------
    path : `str`
        Below the package root, not quoted for URLs.
    """
    return config.path(FileKind.TABLE, {"product": product, "version": version, "flavor": flavor})


def dist_path(
    config: ServerConfig, dist_id: str, *, product: ProductName, version: EupsVersion, flavor: Flavor
) -> str:
    """Say where a package lies.

    Parameters
    ----------
    config : `ServerConfig`
        Of the package root.
    dist_id : `str`
        Last column of a manifest's row: ``eupspkg:<file>`` or a tarball.
    product, version, flavor
        The rest of the row.

    Returns
    -------
    path : `str`
        Below the package root, not quoted for URLs.

    Raises
    ------
    CorruptError
        Raised if the id points out of the package root.
    ConfigurationError
        Raised if the server's ``config.txt`` has no place for source packages.
    """
    values = {"product": product, "version": version, "flavor": flavor}
    if dist_id.startswith(_EUPSPKG):
        return config.path(FileKind.EUPSPKG, {"path": dist_id.removeprefix(_EUPSPKG), **values})
    kind = FileKind.DIST if config.get("TARBALL_URL") is None else FileKind.TARBALL
    return config.path(kind, {"path": dist_id, **values})


def eupspkg_id(product: ProductName, version: EupsVersion) -> str:
    """Name a product's source package as manifests do.

    Parameters
    ----------
    product, version
        The product.

    Returns
    -------
    dist_id : `str`
        ``eupspkg:<product>-<version>.eupspkg``.
    """
    return f"{_EUPSPKG}{product}-{version}.eupspkg"


def tarball_id(product: ProductName, version: EupsVersion, flavor: Flavor) -> str:
    """Name a product's tarball as manifests do.

    Parameters
    ----------
    product, version, flavor
        The product.

    Returns
    -------
    dist_id : `str`
        ``<product>-<version>@<flavor>.tar.gz``, the name of the file too.
    """
    return f"{product}-{version}@{flavor}.tar.gz"


def environment_path(tag: EupsTag) -> str:
    """Say where the exact conda environment of a tag lies.

    Parameters
    ----------
    tag : `EupsTag`
        The tag.

    Returns
    -------
    path : `str`
        Below a package root of either kind: ``env/<tag>.env``.
    """
    return f"env/{tag.name}.env"


def release_path(tag: EupsTag) -> str:
    """Say where the release document of a tag lies.

    Parameters
    ----------
    tag : `EupsTag`
        The tag.

    Returns
    -------
    path : `str`
        Below the folder that holds ``src`` and the binary roots:
        ``releases/<tag>.json``.
    """
    return f"releases/{tag.name}.json"


def listed_manifest(config: ServerConfig, file_name: str) -> ListedManifest | None:
    """Read the name of a file in the listing of the manifest directory.

    Parameters
    ----------
    config : `ServerConfig`
        Of the package root.
    file_name : `str`
        As listed, with ``%2B`` and the like decoded.

    Returns
    -------
    manifest : `ListedManifest` or `None`
        `None` if it is not the name of a manifest of a product in a version.
    """
    match = re.search(config.get("MANIFEST_FILE_RE") or "", file_name)
    if match is None:
        return None
    groups = match.groupdict()
    try:
        return ListedManifest(
            product=parse_product_name(groups["product"] or ""),
            version=parse_eups_version(groups["version"] or ""),
            flavor=parse_flavor(groups.get("flavor") or GENERIC),
        )
    except InvalidNameError:
        return None


def listed_tag(config: ServerConfig, file_name: str) -> str | None:
    """Read the name of a file in the listing of the tag directory.

    Parameters
    ----------
    config : `ServerConfig`
        Of the package root.
    file_name : `str`
        As listed.

    Returns
    -------
    tag : `str` or `None`
        The tag as it stands there, which may break the grammar of tags;
        `None` if it is no tag list.
    """
    match = re.search(config.get("TAGLIST_FILE_RE") or "", file_name)
    return match["tag"] if match else None


def split_pkgroots(text: str) -> tuple[str, ...]:
    """Split the value of ``EUPS_PKGROOT``.

    Parameters
    ----------
    text : `str`
        URLs or folders with ``|`` between them.

    Returns
    -------
    pkgroots : `tuple` [ `str`, ... ]
        In order, without blanks and final slashes round them, each once.
    """
    parts = (part.strip() for part in text.split("|"))
    return tuple(dict.fromkeys(part.rstrip("/") or part for part in parts if part))


def join_pkgroots(pkgroots: Iterable[str]) -> str:
    """Make the value of ``EUPS_PKGROOT``.

    Parameters
    ----------
    pkgroots : `~collections.abc.Iterable` [ `str` ]
        URLs or folders, the one asked first in front.

    Returns
    -------
    text : `str`
        With ``|`` between them.
    """
    return "|".join(pkgroots)
