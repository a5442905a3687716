"""What products are wanted, what has to be done for them, and the doing: for every command that installs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.adapters.aftercare import AfterCare
from lsstinstall.adapters.customizations import customization_folders, read_remap_table
from lsstinstall.adapters.eups import Stack
from lsstinstall.adapters.eupscommand import EupsCommand
from lsstinstall.adapters.http import open_pkgroot
from lsstinstall.adapters.installedversions import DiskInstalledVersions
from lsstinstall.adapters.productstores import DiskProductStore
from lsstinstall.core.errors import ConfigurationError, InvalidNameError, NotFoundError
from lsstinstall.core.tags import EupsTag, TagKind, parse_tag
from lsstinstall.install.packageroots import (
    FoundManifest,
    PackageRoot,
    find_manifest,
    find_tagged,
)
from lsstinstall.install.productinstaller import run_install
from lsstinstall.install.productoffers import collect_tags, find_offers
from lsstinstall.install.productplanner import plan_install
from lsstinstall.install.productresolver import needed_products
from lsstinstall.install.releasedigests import find_digests, find_named_digests
from lsstinstall.install.reuseplanner import plan_reuse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from lsstinstall.adapters.http import PkgrootReader
    from lsstinstall.core.distribmanifests import DistribManifest
    from lsstinstall.core.names import Flavor, ProductName
    from lsstinstall.core.productplans import InstallPlan, InstallReport
    from lsstinstall.core.releases import FileRecord
    from lsstinstall.core.reporting import Reporter
    from lsstinstall.core.settings import LinkKind
    from lsstinstall.core.versions import EupsVersion

__all__ = ["ProductRequest", "install_products", "pick_tag", "plan_products"]

_CURRENT = EupsTag.parse("current")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRequest:
    """What products to install, from where, and where to.

    Parameters
    ----------
    products : `tuple` [ `tuple` [ `ProductName`, `EupsVersion` or `None` ], ... ]
        A version of `None` is that of the tag.
    tag : `EupsTag` or `None`
        The tag.
    stack : `~pathlib.Path`
        Folder to install into; made if it is missing.
    pkgroots : `tuple` [ `str`, ... ]
        Package roots, the best first.
    flavor : `Flavor`
        Flavor to install for.
    server_tags : `bool`
        Whether all tags of the servers are set, as EUPS does, or only the one
        that was asked for, if any.
    current : `bool`
        Whether what the servers call ``current`` is one of these tags.
    jobs : `int`
        How much to do at a time.
    others : `tuple` [ `~pathlib.Path`, ... ]
        Further stacks; what is installed in one of them is not installed
        again, and nothing is written to them.
    open_root : `~collections.abc.Callable`
        Opens a package root by its URL or folder.
    link : `LinkKind` or `None`
        How files of other versions are taken; `None` for what shares blocks
        where the disk can do that, else a second name.
    lock_timeout : `float` or `None`
        How many seconds to wait for another command that works on the stack;
        `None` until it ends.
    """

    products: tuple[tuple[ProductName, EupsVersion | None], ...]
    tag: EupsTag | None
    stack: Path
    pkgroots: tuple[str, ...]
    flavor: Flavor
    server_tags: bool = True
    current: bool = False
    jobs: int = 4
    others: tuple[Path, ...] = ()
    open_root: Callable[[str], PkgrootReader] = open_pkgroot
    link: LinkKind | None = None
    lock_timeout: float | None = None


def plan_products(request: ProductRequest, *, environ: Mapping[str, str], reporter: Reporter) -> InstallPlan:
    """Find out what an installation would do; nothing is changed.

    Parameters
    ----------
    request : `ProductRequest`
        What is wanted.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``PATH``, on which ``eups`` is looked for, and where EUPS and its user
        keep their settings.
    reporter : `Reporter`
        Hears of what cannot be read.

    Returns
    -------
    plan : `InstallPlan`
        To be shown, or given to `install_products`.
    """
    roots = _open(request.pkgroots, request.flavor, request.open_root)
    stack = Stack(request.stack, flavor=request.flavor)
    others = [Stack(path, flavor=request.flavor) for path in request.others]
    found = [_find(roots, product, version, request.tag) for product, version in request.products]
    asked = [(one.manifest.product, one.manifest.version) for one in found]

    def find(product: ProductName, version: EupsVersion) -> DistribManifest | None:
        other = find_manifest(roots, product, version)
        return None if other is None else other.manifest

    def is_installed(product: ProductName, version: EupsVersion) -> bool:
        return any(_is_installed(one, product, version) for one in (stack, *others))

    needed = needed_products(
        (one.manifest for one in found),
        read_remap_table(customization_folders([request.stack, *request.others], environ)),
        flavor=request.flavor,
        find=find,
        is_installed=is_installed,
    )
    installed = {one.product for one in needed if is_installed(one.product, one.version)}
    tags = _collect_tags(request, roots, asked, reporter)
    elsewhere = [(one.product, one.version) for one in needed if one.product in installed]
    elsewhere = [one for one in elsewhere if not _is_installed(stack, *one)]
    if elsewhere:
        reporter.note(_tell_elsewhere(len(elsewhere), request.others))
    tags = {one: names for one, names in tags.items() if one not in elsewhere}
    wanted = [(one.product, one.version) for one in needed if one.product not in installed and not one.dummy]
    offers = find_offers(
        wanted,
        roots,
        flavor=request.flavor,
        digests=_find_digests(request, asked, tags) if wanted else {},
        jobs=request.jobs,
    )
    plan = plan_install(
        needed,
        offers,
        installed=installed,
        tags=tags,
        flavor=request.flavor,
        can_build=_find_eups(request, environ, reporter) is not None,
    )
    return plan_reuse(
        plan,
        roots={root.url: root.files for root in roots},
        installed=DiskInstalledVersions([stack, *others]),
        jobs=request.jobs,
        reporter=reporter,
    )


def _open(
    urls: Sequence[str], flavor: Flavor, open_root: Callable[[str], PkgrootReader]
) -> list[PackageRoot]:
    return [PackageRoot(open_root(url), flavor=flavor) for url in urls]


def _tell_elsewhere(count: int, stacks: Sequence[Path]) -> str:
    places = ", ".join(f"`{path}`" for path in stacks)
    return f"{count} product{'s are' if count > 1 else ' is'} in {places} already, and left there as it is"


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
        if all(root.tag_list(tag) is None for root in _open(pkgroots, flavor, open_root)):
            raise
        return tag


def _find(
    roots: Sequence[PackageRoot], product: ProductName, version: EupsVersion | None, tag: EupsTag | None
) -> FoundManifest:
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


def _collect_tags(
    request: ProductRequest,
    roots: Sequence[PackageRoot],
    asked: Sequence[tuple[ProductName, EupsVersion]],
    reporter: Reporter,
) -> dict[tuple[ProductName, EupsVersion], tuple[str, ...]]:
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


def _find_digests(
    request: ProductRequest,
    asked: Sequence[tuple[ProductName, EupsVersion]],
    tags: Mapping[tuple[ProductName, EupsVersion], tuple[str, ...]],
) -> dict[str, FileRecord]:
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


def _is_installed(stack: Stack, product: ProductName, version: EupsVersion) -> bool:
    """Say whether a product is declared, and its folder is still there."""
    known = stack.find_for(product, version, stack.flavor)
    return known is not None and (known.directory is None or (stack.path / known.directory).is_dir())


def _find_eups(request: ProductRequest, environ: Mapping[str, str], reporter: Reporter) -> EupsCommand | None:
    return EupsCommand.find(
        stacks=[request.stack, *request.others],
        flavor=request.flavor,
        pkgroots=request.pkgroots,
        environ=environ,
        reporter=reporter,
    )


def install_products(
    request: ProductRequest, plan: InstallPlan, *, environ: Mapping[str, str], reporter: Reporter
) -> InstallReport:
    """Install what a plan says.

    Parameters
    ----------
    request : `ProductRequest`
        What the plan was made for.
    plan : `InstallPlan`
        What to do.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        In which ``eups`` builds source packages.
    reporter : `Reporter`
        Hears of each product.

    Returns
    -------
    report : `InstallReport`
        What became of each product; failures are in it.

    Raises
    ------
    InterruptedWorkError
        Raised if the user interrupted.
    RefusedError
        Raised if someone else writes to the stack, or we may not.
    """
    if plan.unverifiable:
        count = len(plan.unverifiable)
        reporter.warn(
            f"{count} package{'s' if count > 1 else ''} cannot be verified: "
            "no release document names the digest",
            hint="only the archives' own checksums are compared",
        )
    stack = Stack.create(request.stack, flavor=request.flavor)
    with stack.locked(
        "the installation of products", wait_seconds=request.lock_timeout, waiting=reporter.note
    ) as waited:
        if waited:
            # The other command may have installed what we want.
            plan = plan_products(request, environ=environ, reporter=reporter)
        return run_install(
            plan,
            roots={url: request.open_root(url) for url in request.pkgroots},
            store=DiskProductStore(
                stack,
                reporter=reporter,
                link=request.link,
                care=AfterCare.of_stack([request.stack, *request.others], environ),
            ),
            builder=_find_eups(request, environ, reporter),
            jobs=request.jobs,
            reporter=reporter,
        )
