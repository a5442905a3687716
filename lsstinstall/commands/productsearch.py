"""What the words of a user mean on package roots: tags, versions, and what documents say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.adapters.http import open_pkgroot
from lsstinstall.core.errors import ConfigurationError, InvalidNameError, NotFoundError
from lsstinstall.core.tags import EupsTag, TagKind, parse_tag
from lsstinstall.install.packageroots import FoundManifest, PackageRoot, find_manifest, find_tagged
from lsstinstall.install.productoffers import collect_tags
from lsstinstall.install.releasedigests import find_digests, find_named_digests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lsstinstall.adapters.http import PkgrootReader
    from lsstinstall.commands.productrequests import ProductRequest
    from lsstinstall.core.names import Flavor, ProductName
    from lsstinstall.core.releases import FileRecord
    from lsstinstall.core.reporting import Reporter
    from lsstinstall.core.versions import EupsVersion

__all__ = ["digests_of", "find_asked", "open_roots", "pick_tag", "tags_to_set"]

_CURRENT = EupsTag.parse("current")


def open_roots(
    urls: Sequence[str], flavor: Flavor, open_root: Callable[[str], PkgrootReader]
) -> list[PackageRoot]:
    """Open package roots, to search them for a flavor."""
    return [PackageRoot(open_root(url), flavor=flavor) for url in urls]


def pick_tag(
    text: str,
    pkgroots: Sequence[str],
    *,
    flavor: Flavor,
    open_root: Callable[[str], PkgrootReader] = open_pkgroot,
) -> EupsTag:
    """Decide on a tag.

    Parameters
    ----------
    text : `str`
        A tag in either spelling, or any name that a package root has a list
        of.
    pkgroots : `~collections.abc.Sequence` [ `str` ]
        Package roots; asked only if the name has no form of a tag.
    flavor : `Flavor`
        Flavor to install for.
    open_root : `~collections.abc.Callable`, optional
        Opens a package root.

    Returns
    -------
    tag : `EupsTag`
        The tag.

    Raises
    ------
    InvalidNameError
        Raised if it has no form of a tag and no package root knows it.
    """
    try:
        return parse_tag(text)
    except InvalidNameError as error:
        try:
            tag = EupsTag.named(text)
        except InvalidNameError:
            raise error from None
        if all(root.tag_list(tag) is None for root in open_roots(pkgroots, flavor, open_root)):
            raise
        return tag


def find_asked(
    roots: Sequence[PackageRoot], product: ProductName, version: EupsVersion | None, tag: EupsTag | None
) -> FoundManifest:
    """Find what was asked for.

    Parameters
    ----------
    roots : `~collections.abc.Sequence` [ `PackageRoot` ]
        The best first.
    product : `ProductName`
        The product.
    version : `EupsVersion` or `None`
        The version, if it was said.
    tag : `EupsTag` or `None`
        Else the tag that fixes it; without one it is what a root calls
        current, as for EUPS.

    Returns
    -------
    found : `FoundManifest`
        Its manifest.

    Raises
    ------
    ConfigurationError
        Raised if nothing fixes the version.
    NotFoundError
        Raised if no root has it.
    """
    if version is not None:
        found = find_manifest(roots, product, version)
        if found is None:
            where = " or ".join(f"<{root.url}>" for root in roots)
            raise NotFoundError(
                f"no `{product}` {version} at {where}", hint="`-t TAG` takes the version that a tag names"
            )
        return found
    if tag is not None:
        return find_tagged(roots, product, tag)
    try:
        return find_tagged(roots, product, _CURRENT)
    except NotFoundError as error:
        raise ConfigurationError(
            f"which version of `{product}` is not said, and the servers call none current",
            hint=f"add `-t TAG`, or write `{product}@VERSION`",
        ) from error


def tags_to_set(
    request: ProductRequest,
    roots: Sequence[PackageRoot],
    asked: Sequence[tuple[ProductName, EupsVersion]],
    reporter: Reporter,
) -> dict[tuple[ProductName, EupsVersion], tuple[str, ...]]:
    """Find out which tags products get: what the roots say, and for what was asked for by version the tag.

    Parameters
    ----------
    request : `ProductRequest`
        Says which tags are wanted.
    roots : `~collections.abc.Sequence` [ `PackageRoot` ]
        The best first.
    asked : `~collections.abc.Sequence`
        Products that were asked for, with the versions that were found.
    reporter : `Reporter`
        Hears of lists that cannot be read.

    Returns
    -------
    tags : `dict`
        Tags by product and version.
    """
    tags = collect_tags(
        roots,
        tag=request.tag,
        every=request.server_tags,
        current=request.current,
        jobs=request.jobs,
        reporter=reporter,
    )
    if request.tag is None:
        return tags
    # What was asked for by version gets the tag in any case, whatever the servers say.
    by_version = {product for product, version in request.products if version is not None}
    for one in asked:
        if one[0] in by_version:
            tags[one] = tuple(dict.fromkeys([*tags.get(one, ()), request.tag.name]))
    return tags


def digests_of(
    request: ProductRequest,
    asked: Sequence[tuple[ProductName, EupsVersion]],
    tags: Mapping[tuple[ProductName, EupsVersion], tuple[str, ...]],
) -> dict[str, FileRecord]:
    """Find the release documents of what was asked for.

    Parameters
    ----------
    request : `ProductRequest`
        Says which tag was asked for.
    asked : `~collections.abc.Sequence`
        Products that were asked for, with the versions that were found.
    tags : `~collections.abc.Mapping`
        From `tags_to_set`; where the tag has no document of its own, that of
        another one that names the versions is as good.

    Returns
    -------
    digests : `dict` [ `str`, `FileRecord` ]
        By URL of the file.
    """
    tag = request.tag
    if tag is not None and tag.kind not in {TagKind.FLOATING, TagKind.OTHER}:
        return find_digests(request.pkgroots, tag, open_root=request.open_root)
    return find_named_digests(
        request.pkgroots,
        asked,
        tags={name for one in asked for name in tags.get(one, ())},
        moving=tag,
        open_root=request.open_root,
    )
