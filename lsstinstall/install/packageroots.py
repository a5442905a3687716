"""Several package roots, searched as EUPS searches ``EUPS_PKGROOT``."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from lsstinstall.core.distribmanifests import DistribManifest, parse_distrib_manifest
from lsstinstall.core.errors import NotFoundError
from lsstinstall.core.pkgroots import GENERIC, listed_tag, manifest_path, tag_list_path
from lsstinstall.core.serverconfigs import ServerConfig, parse_server_config
from lsstinstall.core.taglists import TagList, parse_tag_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.core.names import Flavor, ProductName
    from lsstinstall.core.tags import EupsTag
    from lsstinstall.core.versions import EupsVersion
    from lsstinstall.install.ports import PackageFiles

__all__ = ["FoundManifest", "PackageRoot", "find_manifest", "find_tagged"]

_CONFIG = "config.txt"


class PackageRoot:
    """One package root, and what was read of it so far; used by several threads at once.

    Parameters
    ----------
    files : `PackageFiles`
        Its files.
    flavor : `Flavor`
        Flavor to look for; ``generic`` is looked for, too.
    """

    def __init__(self, files: PackageFiles, *, flavor: Flavor) -> None:
        self.files = files
        self._flavors = (flavor,) if flavor == GENERIC else (flavor, GENERIC)
        self._config: ServerConfig | None = None
        self._lists: dict[str, TagList | None] = {}

    @property
    def url(self) -> str:
        """URL or folder, without a final slash."""
        return self.files.url

    def config(self) -> ServerConfig:
        """Read how the root is laid out; without ``config.txt`` EUPS's defaults hold.

        Returns
        -------
        config : `ServerConfig`
            Read once.
        """
        if self._config is None:
            try:
                text = self.files.read_text(_CONFIG)
            except NotFoundError:
                text = ""
            self._config = parse_server_config(text, source=f"{self.url}/{_CONFIG}")
        return self._config

    def list_tags(self) -> tuple[str, ...]:
        """List the root's tags.

        Returns
        -------
        names : `tuple` [ `str`, ... ]
            Sorted, each once.

        Raises
        ------
        NotFoundError
            Raised if there is no such root, or it cannot be listed.
        """
        listed = self.files.listing(self.config().tag_list_directory)
        tags = (listed_tag(self.config(), name) for name in listed)
        return tuple(sorted({tag for tag in tags if tag is not None}))

    def tag_names(self) -> tuple[str, ...]:
        """List the root's tags where it can be listed; else it has none that we could know."""
        try:
            return self.list_tags()
        except NotFoundError:
            return ()

    def tag_list(self, tag: EupsTag) -> TagList | None:
        """Read the products of a tag.

        Parameters
        ----------
        tag : `EupsTag`
            The tag.

        Returns
        -------
        tag_list : `TagList` or `None`
            `None` if the root does not know the tag. Read once.

        Raises
        ------
        FormatError
            Raised if the list is broken.
        """
        if tag.name not in self._lists:
            path = tag_list_path(self.config(), tag)
            try:
                text = self.files.read_text(path)
            except NotFoundError:
                self._lists[tag.name] = None
            else:
                self._lists[tag.name] = parse_tag_list(text, source=f"{self.url}/{path}", expected=tag)
        return self._lists[tag.name]

    def versions(self, tag: EupsTag) -> dict[ProductName, EupsVersion] | None:
        """Read which versions a tag has for our flavor; `None` if the root does not know the tag."""
        tag_list = self.tag_list(tag)
        return None if tag_list is None else tag_list.versions(self._flavors)

    def manifest(self, product: ProductName, version: EupsVersion) -> DistribManifest | None:
        """Read what the installation of a product needs.

        Parameters
        ----------
        product, version
            The product.

        Returns
        -------
        manifest : `DistribManifest` or `None`
            `None` if the root does not offer it for our flavor.

        Raises
        ------
        FormatError
            Raised if the manifest is broken.
        """
        paths = (manifest_path(self.config(), product, version, flavor) for flavor in self._flavors)
        for path in dict.fromkeys(paths):
            try:
                text = self.files.read_text(path)
            except NotFoundError:
                continue
            return parse_distrib_manifest(text, source=f"{self.url}/{path}")
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundManifest:
    """A manifest, and where it was found.

    Parameters
    ----------
    root : `PackageRoot`
        The root that offers the product.
    manifest : `DistribManifest`
        What its installation needs.
    """

    root: PackageRoot
    manifest: DistribManifest


def find_tagged(roots: Sequence[PackageRoot], product: ProductName, tag: EupsTag) -> FoundManifest:
    """Find a product of a tag.

    Parameters
    ----------
    roots : `~collections.abc.Sequence` [ `PackageRoot` ]
        The best first.
    product : `ProductName`
        The product.
    tag : `EupsTag`
        The tag.

    Returns
    -------
    found : `FoundManifest`
        Of the first root whose list of the tag names the product: it fixes
        the version, and its manifest counts.

    Raises
    ------
    NotFoundError
        Raised if no root knows the tag, none names the product, or the first
        one that does has no manifest.
    """
    products: set[str] = set()
    known = False
    for root in roots:
        versions = root.versions(tag)
        known = known or versions is not None
        products.update(versions or ())
        version = (versions or {}).get(product)
        if version is None:
            continue
        manifest = root.manifest(product, version)
        if manifest is None:
            raise NotFoundError(
                f"tag `{tag.name}` names `{product}` {version}, but <{root.url}> has no manifest for it",
                hint=f"`{product}@{version}` finds it on any package root",
            )
        return FoundManifest(root=root, manifest=manifest)
    where = " or ".join(f"<{root.url}>" for root in roots)
    if known:
        raise NotFoundError(
            f"tag `{tag.name}` has no product `{product}` at {where}",
            hint=_nearest(product, products) or f"it has {len(products)} others: check the spelling",
        )
    tags = {name for root in roots for name in root.tag_names()}
    hint = f"`lsstinstall tags --pkgroot {roots[0].url}` lists those there" if tags else "check the address"
    raise NotFoundError(f"no tag `{tag.name}` at {where}", hint=_nearest(tag.name, tags) or hint)


def _nearest(name: str, names: set[str]) -> str | None:
    close = get_close_matches(name, sorted(names), n=3)
    return "there is " + ", ".join(f"`{one}`" for one in close) if close else None


def find_manifest(
    roots: Sequence[PackageRoot], product: ProductName, version: EupsVersion
) -> FoundManifest | None:
    """Find a version of a product.

    Parameters
    ----------
    roots : `~collections.abc.Sequence` [ `PackageRoot` ]
        The best first.
    product, version
        The product.

    Returns
    -------
    found : `FoundManifest` or `None`
        Of the first root that offers it; `None` if none does.

    Raises
    ------
    FormatError
        Raised if the manifest is broken.
    """
    for root in roots:
        manifest = root.manifest(product, version)
        if manifest is not None:
            return FoundManifest(root=root, manifest=manifest)
    return None
