"""What products are wanted, what has to be done for them, and the doing: for every command that installs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.adapters.aftercare import AfterCare
from lsstinstall.adapters.customizations import customization_folders, read_remap_table
from lsstinstall.adapters.eups import Stack
from lsstinstall.adapters.eupscommand import EupsCommand
from lsstinstall.adapters.installedversions import DiskInstalledVersions
from lsstinstall.adapters.productstores import DiskProductStore
from lsstinstall.commands.productrequests import ProductRequest
from lsstinstall.commands.productsearch import digests_of, find_asked, open_roots, tags_to_set
from lsstinstall.install.packageroots import find_manifest
from lsstinstall.install.productinstaller import run_install
from lsstinstall.install.productoffers import find_offers
from lsstinstall.install.productplanner import plan_install
from lsstinstall.install.productresolver import needed_products
from lsstinstall.install.reuseplanner import plan_reuse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from lsstinstall.core.distribmanifests import DistribManifest
    from lsstinstall.core.names import ProductName
    from lsstinstall.core.productplans import InstallPlan, InstallReport
    from lsstinstall.core.reporting import Reporter
    from lsstinstall.core.versions import EupsVersion
    from lsstinstall.install.packageroots import FoundManifest, PackageRoot
    from lsstinstall.install.productresolver import NeededProduct

__all__ = ["ProductRequest", "install_products", "plan_products"]


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
    roots = open_roots(request.pkgroots, request.flavor, request.open_root)
    stack = Stack(request.stack, flavor=request.flavor)
    others = [Stack(path, flavor=request.flavor) for path in request.others]
    found = [find_asked(roots, product, version, request.tag) for product, version in request.products]
    asked = [(one.manifest.product, one.manifest.version) for one in found]

    def is_installed(product: ProductName, version: EupsVersion) -> bool:
        return any(_is_installed(one, product, version) for one in (stack, *others))

    needed = _find_needed(request, roots, found, environ, is_installed=is_installed)
    installed = {one.product for one in needed if is_installed(one.product, one.version)}
    there = [(one.product, one.version) for one in needed if one.product in installed]
    elsewhere = {one for one in there if not _is_installed(stack, *one)}
    tags = tags_to_set(request, roots, asked, reporter)
    if elsewhere:
        reporter.note(_tell_elsewhere(len(elsewhere), request.others))
    tags = {one: names for one, names in tags.items() if one not in elsewhere}
    wanted = [(one.product, one.version) for one in needed if one.product not in installed and not one.dummy]
    offers = find_offers(
        wanted,
        roots,
        flavor=request.flavor,
        digests=digests_of(request, asked, tags) if wanted else {},
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


def _find_needed(
    request: ProductRequest,
    roots: Sequence[PackageRoot],
    found: Sequence[FoundManifest],
    environ: Mapping[str, str],
    *,
    is_installed: Callable[[ProductName, EupsVersion], bool],
) -> tuple[NeededProduct, ...]:
    def find(product: ProductName, version: EupsVersion) -> DistribManifest | None:
        other = find_manifest(roots, product, version)
        return None if other is None else other.manifest

    return needed_products(
        (one.manifest for one in found),
        read_remap_table(customization_folders([request.stack, *request.others], environ)),
        flavor=request.flavor,
        find=find,
        is_installed=is_installed,
    )


def _tell_elsewhere(count: int, stacks: Sequence[Path]) -> str:
    places = ", ".join(f"`{path}`" for path in stacks)
    return f"{count} product{'s are' if count > 1 else ' is'} in {places} already, and left there as it is"


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
