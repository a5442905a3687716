"""Preparing a build, as `rubin-releng stack prepare` and `lsstsw rebuild` do it."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import make_directory, read_text, write_atomic
from lsstinstall.adapters.locks import hold_lock
from rubin_releng.adapters.versiondbs import VersionDbRepository
from rubin_releng.adapters.workspaces import BuildDirectory, LookOnly, Retries
from rubin_releng.adapters.yamlfiles import compose_yaml
from rubin_releng.core.exclusions import ExclusionMap, parse_exclusions
from rubin_releng.core.repositories import read_repositories
from rubin_releng.stack.preparations import Wanted, arrange, check_refs
from rubin_releng.stack.preparer import discover
from rubin_releng.stack.versiondb import plan_record, record_build

if TYPE_CHECKING:
    from lsstinstall.core.names import Flavor, ProductName
    from lsstinstall.core.reporting import Reporter
    from lsstinstall.core.tags import BuildId
    from rubin_releng.core.refs import RefName
    from rubin_releng.stack.ports import SourceStore
    from rubin_releng.stack.preparations import PreparedProduct
    from rubin_releng.stack.versiondb import BuildRecord

__all__ = ["MANIFEST", "PrepareOptions", "Prepared", "build_lock", "prepare_build"]

MANIFEST = "manifest.txt"
"""Name of the manifest in a build directory."""

_CACHE_WAIT_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareOptions:
    """What a user may say of a preparation.

    Parameters
    ----------
    products : `tuple` [ `ProductName`, ... ]
        Top-level products.
    repos : `~pathlib.Path`
        repos.yaml.
    build_dir : `~pathlib.Path`
        Clones and the manifest.
    versiondb : `~pathlib.Path`
        Clone of versiondb.
    exclusions : `~pathlib.Path` or `None`
        Exclusion map.
    refs : `tuple` [ `RefName`, ... ]
        Refs to take where they exist.
    fetch : `bool`
        Whether to ask remotes of products that are cloned already.
    plan : `bool`
        Whether to look only: no checkout, no record, no manifest file.
    force : `bool`
        Whether changed files may be overwritten.
    new_build : `bool`
        Whether content that was recorded before gets a new id.
    build : `~lsstinstall.core.tags.BuildId` or `None`
        An id to insist on.
    flavor : `Flavor`
        For conditions in table files.
    jobs : `int`
        How many repositories to work on at once.
    tries : `int`
        How often a remote is asked.
    cache : `~pathlib.Path` or `None`
        Where a plan keeps its clones; by default the user's cache.
    """

    products: tuple[ProductName, ...]
    repos: Path
    build_dir: Path
    versiondb: Path
    exclusions: Path | None
    refs: tuple[RefName, ...]
    fetch: bool
    plan: bool
    force: bool
    new_build: bool
    build: BuildId | None
    flavor: Flavor
    jobs: int
    tries: int
    cache: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A preparation that came to its end.

    Parameters
    ----------
    record : `BuildRecord`
        The manifest, and whether versiondb had it already.
    products : `tuple` [ `PreparedProduct`, ... ]
        In manifest order.
    unused : `tuple` [ `RefName`, ... ]
        Refs of the user that exist and were chosen nowhere.
    """

    record: BuildRecord
    products: tuple[PreparedProduct, ...]
    unused: tuple[RefName, ...]


def build_lock(build_dir: Path) -> Path:
    """Say which file keeps two runs out of one build directory."""
    return build_dir / ".lsstinstall.lock"


def prepare_build(options: PrepareOptions, reporter: Reporter) -> Prepared:
    """Get sources, derive the manifest, record it.

    Parameters
    ----------
    options : `PrepareOptions`
        What is wanted.
    reporter : `~lsstinstall.core.reporting.Reporter`
        Is told of each product.

    Returns
    -------
    prepared : `Prepared`
        What was prepared, or what would be.
    """
    index = read_repositories(compose_yaml(read_text(options.repos), source=str(options.repos)))
    exclusions = ExclusionMap()
    if options.exclusions is not None:
        exclusions = parse_exclusions(read_text(options.exclusions), source=str(options.exclusions))
    wanted = Wanted(
        products=options.products, refs=options.refs, flavor=options.flavor, exclusions=exclusions
    )
    versiondb = VersionDbRepository(options.versiondb)
    with ExitStack() as held:
        sources = _sources(options, held)
        if not options.plan:
            versiondb.check()
        found = discover(wanted, index, sources, jobs=options.jobs, reporter=reporter)
        unused = check_refs(options.refs, found.values())
        products = arrange(found)
        if not options.plan:
            held.enter_context(versiondb.locked())
        record = plan_record(
            tuple(product.manifest_product() for product in products),
            versiondb,
            wanted=options.build,
            new_build=options.new_build,
        )
        if not options.plan:
            record_build(record, versiondb)
            write_atomic(options.build_dir / MANIFEST, record.manifest.format())
    return Prepared(record=record, products=products, unused=unused)


def _sources(options: PrepareOptions, held: ExitStack) -> SourceStore:
    retries = Retries(tries=options.tries)
    if options.plan:
        cache = options.cache or _user_cache() / "lsstinstall" / "repositories"
        held.enter_context(hold_lock(cache / ".lock", wait_seconds=_CACHE_WAIT_SECONDS, purpose="the plan"))
        return LookOnly(cache, existing=None if options.fetch else options.build_dir, retries=retries)
    make_directory(options.build_dir)
    held.enter_context(hold_lock(build_lock(options.build_dir), purpose="the preparation"))
    return BuildDirectory(options.build_dir, fetch=options.fetch, force=options.force, retries=retries)


def _user_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
