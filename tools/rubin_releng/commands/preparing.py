"""Preparing a build, as `rubin-releng stack prepare` and `lsstsw rebuild` do it."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.activities import RunLimits
from lsstinstall.adapters.files import make_directory, read_text, write_atomic
from lsstinstall.adapters.locks import hold_lock
from lsstinstall.core.buildmanifests import parse_build_manifest
from lsstinstall.core.declarations import parse_global_tags
from lsstinstall.core.errors import ToolkitError
from rubin_releng.adapters.gitcommands import STALL_SECONDS
from rubin_releng.adapters.looks import LookOnly
from rubin_releng.adapters.retries import Retries
from rubin_releng.adapters.versiondbs import VersionDbRepository
from rubin_releng.adapters.workspaces import BuildDirectory
from rubin_releng.adapters.yamlfiles import compose_yaml
from rubin_releng.commands.buildplaces import MANIFEST, build_lock
from rubin_releng.commands.pullstatuses import save_pull_requests
from rubin_releng.core.exclusions import ExclusionMap, parse_exclusions
from rubin_releng.core.repositories import read_repositories
from rubin_releng.stack.preparations import Wanted, arrange, check_refs, predict_products
from rubin_releng.stack.preparer import discover, settle
from rubin_releng.stack.scheduling import interruption_noted
from rubin_releng.stack.versiondb import allocate_build, plan_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from lsstinstall.core.buildmanifests import BuildManifest
    from lsstinstall.core.names import Flavor, ProductName
    from lsstinstall.core.reporting import Reporter
    from lsstinstall.core.tags import BuildId
    from rubin_releng.core.refs import RefName
    from rubin_releng.stack.ports import SourceStore
    from rubin_releng.stack.preparations import PreparedProduct
    from rubin_releng.stack.versiondb import BuildRecord

__all__ = ["PrepareOptions", "Prepared", "prepare_build"]

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
    jobs : `int` or `None`
        How many repositories to work on at once; `None` is eight of each
        host.
    tries : `int`
        How often a remote is asked.
    cache : `~pathlib.Path` or `None`
        Where a plan keeps its clones; by default the user's cache.
    push : `bool`, optional
        Whether versiondb's remote gets the record, too.
    patterns : `tuple` [ `str`, ... ], optional
        Other places of repositories, with ``%(product)s`` in them.
    abbreviation : `int`, optional
        How many digits of a commit a version keeps.
    stall_seconds : `float`, optional
        How long a remote may be silent.
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
    jobs: int | None
    tries: int
    cache: Path | None
    push: bool = False
    patterns: tuple[str, ...] = ()
    abbreviation: int = 10
    stall_seconds: float = STALL_SECONDS


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
    wanted = _wanted(options)
    stopping = threading.Event()
    limits = RunLimits(stall_seconds=options.stall_seconds, stop=stopping.is_set)
    retries = Retries(tries=options.tries, sleep=stopping.wait)
    versiondb = VersionDbRepository(options.versiondb, stall_seconds=options.stall_seconds, retries=retries)
    with ExitStack() as held:
        sources = _sources(options, limits, retries, held)
        checked = _begin_check(options, versiondb, held)
        with _stoppable(stopping, limits):
            discovery = discover(
                wanted,
                index,
                sources,
                jobs=options.jobs,
                reporter=reporter,
                predicted=predict_products(options.products, _previous(options)),
            )
        checked.result()
        unused = check_refs(options.refs, discovery.products.values())
        products = arrange(discovery.products, abbreviation=options.abbreviation)
        if not options.plan:
            with _stoppable(stopping, limits):
                settle(discovery, jobs=options.jobs, reporter=reporter)
            held.enter_context(versiondb.locked())
        record = _record(options, products, versiondb)
        if not options.plan:
            write_atomic(options.build_dir / MANIFEST, record.manifest.format())
            save_pull_requests(options.build_dir, products, index, reporter)
    return Prepared(record=record, products=products, unused=unused)


def _wanted(options: PrepareOptions) -> Wanted:
    exclusions = ExclusionMap()
    if options.exclusions is not None:
        exclusions = parse_exclusions(read_text(options.exclusions), source=str(options.exclusions))
    return Wanted(products=options.products, refs=options.refs, flavor=options.flavor, exclusions=exclusions)


@contextmanager
def _stoppable(stopping: threading.Event, limits: RunLimits) -> Iterator[None]:
    """Let the first signal end the programs that run in threads, not the wait for them."""
    with interruption_noted(stopping.set):
        yield
    limits.heed_stop()


def _begin_check(options: PrepareOptions, versiondb: VersionDbRepository, held: ExitStack) -> Future[None]:
    """Look at versiondb while remotes are asked."""

    def check() -> None:
        if not options.plan:
            versiondb.check()
            if options.push:
                versiondb.require_remote()

    return held.enter_context(ThreadPoolExecutor(1)).submit(check)


def _record(
    options: PrepareOptions, products: tuple[PreparedProduct, ...], versiondb: VersionDbRepository
) -> BuildRecord:
    rows = tuple(product.manifest_product() for product in products)
    taken = _eups_tags()
    if options.plan:
        return plan_record(rows, versiondb, wanted=options.build, new_build=options.new_build, taken=taken)
    return allocate_build(
        rows,
        versiondb,
        wanted=options.build,
        new_build=options.new_build,
        push=options.push,
        taken=taken,
    )


def _eups_tags() -> frozenset[str]:
    """Name the tags of the stacks that are set up: a build's id becomes one."""
    found: set[str] = set()
    for stack in filter(None, os.environ.get("EUPS_PATH", "").split(os.pathsep)):
        path = Path(stack) / "ups_db" / "global.tags"
        if path.is_file():
            found.update(parse_global_tags(read_text(path)))
    return frozenset(found)


def _previous(options: PrepareOptions) -> BuildManifest | None:
    """Read the newest manifest there is; it only saves time, so any trouble with it is none."""
    folder = options.versiondb / "manifests"
    candidates = [options.build_dir / MANIFEST]
    if not candidates[0].is_file() and folder.is_dir():
        numbered = [path for path in folder.glob("b*.txt") if path.stem[1:].isdecimal()]
        candidates = sorted(numbered, key=lambda path: int(path.stem[1:]))[-1:]
    for path in candidates:
        with suppress(ToolkitError):
            return parse_build_manifest(read_text(path), source=str(path))
    return None


def _sources(options: PrepareOptions, limits: RunLimits, retries: Retries, held: ExitStack) -> SourceStore:
    if options.plan:
        cache = options.cache or _user_cache() / "lsstinstall" / "repositories"
        held.enter_context(hold_lock(cache / ".lock", wait_seconds=_CACHE_WAIT_SECONDS, purpose="the plan"))
        existing = None if options.fetch else options.build_dir
        return LookOnly(cache, existing=existing, retries=retries, patterns=options.patterns, limits=limits)
    make_directory(options.build_dir)
    held.enter_context(hold_lock(build_lock(options.build_dir), purpose="the preparation"))
    return BuildDirectory(
        options.build_dir,
        fetch=options.fetch,
        force=options.force,
        retries=retries,
        patterns=options.patterns,
        limits=limits,
    )


def _user_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
