"""`lsstsw rebuild`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.conda import CondaEngine
from lsstinstall.adapters.eups import Stack
from lsstinstall.adapters.files import write_atomic
from lsstinstall.adapters.locks import hold_lock
from lsstinstall.commands.frame import output_options
from lsstinstall.commands.stackplaces import pick_flavor
from lsstinstall.core.environments import lock_packages, parse_env_name
from lsstinstall.core.names import parse_product_name
from lsstinstall.core.platforms import platform_of_flavor
from lsstinstall.core.tags import parse_tag
from rubin_releng.adapters.reposfiles import fetch_repos
from rubin_releng.commands.building import BuildOptions, build_products
from rubin_releng.commands.lsstswplaces import find_places
from rubin_releng.commands.preparing import PrepareOptions, prepare_build
from rubin_releng.commands.stackbuild import answer_built, cache_option, check_report
from rubin_releng.commands.stackprepare import answer_prepared
from rubin_releng.core.refs import parse_ref_name

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console
    from lsstinstall.core.tags import EupsTag
    from rubin_releng.commands.lsstsw import Phase
    from rubin_releng.commands.lsstswplaces import LsstswPlaces
    from rubin_releng.stack.buildreports import BuildReport

__all__ = ["rebuild"]

# lsstsw's own default.
_FETCHERS = 8


@click.command()
@click.argument("products", nargs=-1)
@click.option("-p", "prepare_only", is_flag=True, help="Prepare only: get sources, write the manifest.")
@click.option("-n", "no_fetch", is_flag=True, help="Use clones that are there as they are.")
@click.option("-B", "no_binaries", is_flag=True, help="Fetch no binaries, as without it: all is built here.")
@click.option("-u", "update", is_flag=True, help="Fetch repos.yaml anew.")
@click.option("-r", "refs", multiple=True, help="Take this branch or tag where it exists; repeatable.")
@click.option("-t", "tag", help="Give this EUPS tag to the finished build.")
@click.option("--jobs", type=click.IntRange(min=1), default=2, show_default=True, help="Products at once.")
@cache_option
@click.option("--keep-going", is_flag=True, help="After a failure, build what does not need it.")
@output_options
@click.pass_obj
def rebuild(
    phase: Phase,
    console: Console,
    products: tuple[str, ...],
    refs: tuple[str, ...],
    tag: str | None,
    jobs: int,
    caches: tuple[str, ...],
    *,
    prepare_only: bool,
    no_fetch: bool,
    no_binaries: bool,
    update: bool,
    keep_going: bool,
) -> None:
    """Prepare and build PRODUCTS and all they need.

    Works in an lsstsw folder with rubin-env active [default of PRODUCTS: those
    of etc/settings.cfg.sh, lsst_distrib]. With VERSIONDB_PUSH=true the remote
    of versiondb gets the build, too. Exit codes above 128 mean that the
    manifest was written and a product could not be built.

    Example: lsstsw rebuild -r tickets/DM-12345 afw
    """
    del no_binaries
    eups_tag = None if tag is None else parse_tag(tag)
    places = find_places(Path.cwd(), os.environ)
    with hold_lock(places.root.path / "var" / "run" / "rebuild.run", purpose="a rebuild"):
        if update:
            fetch_repos(places.root.settings["REPOSFILE_REPO"], places.root.repos)
        prepare = _prepare_options(
            places, products or places.root.settings.products, refs, fetch=not no_fetch
        )
        prepared = prepare_build(prepare, console.reporter())
        _save_environment(places, prepared.record.manifest.build)
        if prepare_only:
            answer_prepared(console, prepare, prepared)
            return
        phase.prepared = True
        options = _build_options(places, prepare, jobs=jobs, caches=caches, keep_going=keep_going)
        report = build_products(options, console.reporter())
        check_report(report)
        if eups_tag is not None:
            _assign_tag(options, report, eups_tag)
        answer_built(console, report, options)


def _prepare_options(
    places: LsstswPlaces, products: tuple[str, ...], refs: tuple[str, ...], *, fetch: bool
) -> PrepareOptions:
    return PrepareOptions(
        products=tuple(parse_product_name(product) for product in products),
        repos=places.root.repos,
        build_dir=places.root.build_dir,
        versiondb=places.root.versiondb,
        exclusions=places.exclusions,
        refs=tuple(parse_ref_name(ref) for ref in refs),
        fetch=fetch,
        plan=False,
        force=False,
        # As lsst-build does in spite of itself: each run is a build of its own.
        new_build=True,
        build=None,
        flavor=pick_flavor(None, os.environ),
        jobs=_FETCHERS,
        tries=5,
        cache=None,
        push=places.root.settings.pushes,
    )


def _build_options(
    places: LsstswPlaces, prepare: PrepareOptions, *, jobs: int, caches: tuple[str, ...], keep_going: bool
) -> BuildOptions:
    return BuildOptions(
        build_dir=places.root.build_dir,
        stack=places.stack,
        env=places.env,
        flavor=prepare.flavor,
        jobs=jobs,
        keep_going=keep_going,
        rebuild=False,
        caches=caches,
    )


def _save_environment(places: LsstswPlaces, build: str) -> None:
    """Keep the exact list of packages beside the build, for `lsstsw publish`."""
    if not (places.env / "conda-meta").is_dir():
        return
    platform = platform_of_flavor(pick_flavor(None, os.environ))
    packages = CondaEngine(places.root.build_dir / ".work" / "conda").installed(places.env)
    lock = lock_packages(packages, platform=platform.subdir, name=parse_env_name(places.env_name))
    write_atomic(places.root.saved_environment(build), lock.format())


def _assign_tag(options: BuildOptions, report: BuildReport, tag: EupsTag) -> None:
    stack = Stack.open(options.stack, flavor=options.flavor)
    with stack.locked(f"tagging build {report.build}"):
        for result in report.results:
            product = result.step.product
            found = stack.find(product.name, product.version)
            flavor = None if found is None else found.flavor
            stack.assign_tag(product.name, product.version, tag.name, flavor=flavor)
