"""Building a manifest, as `rubin-releng stack build` and `lsstsw rebuild` do it."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.eups import PRIVATE, Stack
from lsstinstall.adapters.files import read_text
from lsstinstall.adapters.locks import hold_lock
from lsstinstall.core.buildmanifests import parse_build_manifest
from lsstinstall.core.errors import NotFoundError, ProblemsError, ToolkitError
from rubin_releng.adapters.buildcaches import BuildCache, open_caches
from rubin_releng.adapters.buildenvironments import BuildEnvironment
from rubin_releng.adapters.compilers import build_flags, describe_compilers, describe_platform
from rubin_releng.adapters.eupspkgs import eupspkg_digest, find_eups
from rubin_releng.adapters.journals import append_line, read_lines
from rubin_releng.adapters.localpools import LocalPool
from rubin_releng.adapters.productfacts import FactsMemory, ProductFacts, find_facts
from rubin_releng.adapters.supervision import end_strays
from rubin_releng.adapters.workshops import WORK, StackWorkshop, is_installed
from rubin_releng.commands.buildoptions import BuildOptions, find_capacity, read_weights
from rubin_releng.commands.buildplaces import MANIFEST, build_lock
from rubin_releng.commands.buildresults import StatusFile, write_results
from rubin_releng.commands.pullstatuses import telling_pull_requests
from rubin_releng.stack.builder import arrange_build, run_build
from rubin_releng.stack.buildplans import BuildAction, BuildInputs, Presence, plan_build
from rubin_releng.stack.buildreports import BuildOutcome
from rubin_releng.stack.journals import TextJournal, histories

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lsstinstall.core.buildmanifests import BuildManifest
    from lsstinstall.core.names import ProductName
    from lsstinstall.core.reporting import Reporter
    from rubin_releng.core.buildkinds import BuildKind
    from rubin_releng.stack.buildplans import BuildPlan
    from rubin_releng.stack.buildreports import BuildReport
    from rubin_releng.stack.ports import Executor

__all__ = [
    "BuildOptions",
    "build_products",
    "dry_run",
    "make_workshop",
    "open_journal",
    "plan_products",
    "read_manifest",
]

_FACTS = Path(".lsstinstall") / "facts.json"
_LOOKERS = 8


def read_manifest(path: Path) -> BuildManifest:
    """Read the manifest of a build.

    Parameters
    ----------
    path : `~pathlib.Path`
        Where `prepare` wrote it.

    Returns
    -------
    manifest : `~lsstinstall.core.buildmanifests.BuildManifest`
        The build.

    Raises
    ------
    NotFoundError
        Raised if nothing was prepared there.
    """
    try:
        text = read_text(path)
    except NotFoundError as error:
        raise NotFoundError(
            f"nothing was prepared: there is no `{path}`", hint="run `rubin-releng stack prepare` first"
        ) from error
    return parse_build_manifest(text, source=str(path))


def open_journal(stack: Path) -> TextJournal:
    """Open the journal of what was built into a stack."""
    path = stack / PRIVATE / "builds.jsonl"
    return TextJournal(lambda: read_lines(path), lambda line, sync: append_line(path, line, sync=sync))


def make_workshop(
    options: BuildOptions,
    manifest: BuildManifest,
    stopping: threading.Event,
    *,
    warn: Callable[[str], None],
) -> StackWorkshop:
    """Make what builds products.

    Parameters
    ----------
    options : `BuildOptions`
        What is wanted.
    manifest : `~lsstinstall.core.buildmanifests.BuildManifest`
        The build.
    stopping : `~threading.Event`
        Set to end what runs.
    warn : `~collections.abc.Callable`
        Hears of build caches that do not answer.

    Returns
    -------
    workshop : `~rubin_releng.adapters.workshops.StackWorkshop`
        Nothing was done yet.
    """
    build_dir, stack = options.build_dir.absolute(), options.stack.absolute()
    environment = None if options.env is None else BuildEnvironment.open(options.env)
    prefix = None if environment is None else environment.prefix
    places = {"stack": str(stack), "environment": "" if prefix is None else str(prefix)}
    return StackWorkshop(
        manifest=manifest,
        build_dir=build_dir,
        stack=Stack(stack, flavor=options.flavor),
        environment=environment,
        eups=find_eups(os.environ, prefix),
        environ=dict(os.environ),
        facts=FactsMemory(build_dir / _FACTS),
        cache=BuildCache(stores=open_caches(options.caches, warn), places=places),
        stop=stopping.is_set,
    )


def plan_products(options: BuildOptions, workshop: StackWorkshop) -> BuildPlan:
    """Decide what has to be built; changes nothing.

    Parameters
    ----------
    options : `BuildOptions`
        What is wanted.
    workshop : `~rubin_releng.adapters.workshops.StackWorkshop`
        Knows what is there.

    Returns
    -------
    plan : `~rubin_releng.stack.buildplans.BuildPlan`
        What is to be done.

    Raises
    ------
    ProblemsError
        Raised if something cannot be built here, or would have to be replaced.
    """
    manifest = workshop.manifest
    presence = {
        product.name: _presence(declared=workshop.is_declared(product), folder=workshop.has_folder(product))
        for product in manifest.products
    }
    plan = plan_build(
        manifest,
        inputs=_inputs(options, workshop),
        kinds=_kinds(workshop),
        presence=presence,
        journal=histories(open_journal(options.stack).entries()),
        rebuild=options.rebuild,
    )
    workshop.check(step.product for step in plan.steps if step.action is BuildAction.BUILD)
    return plan


def _inputs(options: BuildOptions, workshop: StackWorkshop) -> BuildInputs:
    environment = workshop.environment
    path = None
    if environment is not None:
        path = os.pathsep.join([str(environment.prefix / "bin"), os.environ.get("PATH", os.defpath)])
    return BuildInputs(
        environment="" if environment is None else environment.digest(),
        flavor=options.flavor,
        platform=describe_platform(),
        compiler=describe_compilers(os.environ, path),
        flags=build_flags(os.environ),
        eupspkg=eupspkg_digest(workshop.eups),
    )


def _kinds(workshop: StackWorkshop) -> dict[ProductName, BuildKind]:
    products = workshop.manifest.products
    with ThreadPoolExecutor(_LOOKERS, thread_name_prefix="look") as pool:
        found = list(pool.map(lambda one: find_facts(workshop.facts, one, workshop.clone(one)), products))
    problems = [one for one in found if isinstance(one, ToolkitError)]
    if problems:
        raise ProblemsError(f"build {workshop.manifest.build} cannot be built here", problems)
    facts = (one for one in found if isinstance(one, ProductFacts))
    return {product.name: one.kind for product, one in zip(products, facts, strict=True)}


def _presence(*, declared: bool, folder: bool) -> Presence:
    if declared:
        return Presence.DECLARED
    return Presence.UNDECLARED if folder else Presence.ABSENT


def dry_run(options: BuildOptions) -> BuildPlan:
    """Say what would be built; nothing is changed, and nobody is kept out."""
    manifest = read_manifest(options.build_dir / MANIFEST)
    return plan_products(options, make_workshop(options, manifest, threading.Event(), warn=lambda _: None))


def build_products(options: BuildOptions, reporter: Reporter) -> BuildReport:
    """Build what has to be built, and say so in ``status.yaml`` whatever happens.

    Parameters
    ----------
    options : `BuildOptions`
        What is wanted.
    reporter : `~lsstinstall.core.reporting.Reporter`
        Is told of each product.

    Returns
    -------
    report : `~rubin_releng.stack.buildreports.BuildReport`
        What became of each product, failures included.
    """
    # Before the locks, which would make a folder of a mistyped name.
    manifest = read_manifest(options.build_dir / MANIFEST)
    with (
        hold_lock(build_lock(options.build_dir), purpose="the build"),
        hold_lock(options.stack / PRIVATE / "build.lock", purpose="the build"),
    ):
        installed = Stack.create(options.stack.absolute(), flavor=options.flavor)
        with StatusFile(
            options.build_dir, manifest, partial(is_installed, installed), time.monotonic
        ) as status:
            with telling_pull_requests(options.build_dir, reporter) as told:
                report = _build(options, manifest, status, reporter)
                told.succeeded = not report.having(BuildOutcome.FAILED) and not report.interrupted
            status.write(report)
        write_results(options.build_dir, report, open_journal(options.stack).entries())
    return report


def _build(
    options: BuildOptions, manifest: BuildManifest, status: StatusFile, reporter: Reporter
) -> BuildReport:
    # Nobody builds here now but us.
    end_strays(options.build_dir.absolute() / WORK)
    stopping = threading.Event()
    workshop = make_workshop(options, manifest, stopping, warn=reporter.warn)
    weights = read_weights(options)
    plan = plan_products(options, workshop)
    workshop.facts.save()
    journal = open_journal(options.stack)
    scheduling = arrange_build(
        plan,
        journal.entries(),
        declared=weights,
        capacity=find_capacity(options),
        keep_going=options.keep_going,
    )
    with _executor(options, workshop, stopping) as executor:
        return run_build(
            plan,
            executor,
            workshop,
            journal,
            scheduling=scheduling,
            reporter=reporter,
            on_progress=status.update,
        )


@contextmanager
def _executor(
    options: BuildOptions, workshop: StackWorkshop, stopping: threading.Event
) -> Iterator[Executor]:
    if options.parsl_config is None:
        with LocalPool(workshop, jobs=options.jobs, stopping=stopping) as pool:
            yield pool
        return
    # Imported here: an extra that few have, and that takes a while to import.
    from rubin_releng.adapters.parslpools import ParslPool  # noqa: PLC0415

    with ParslPool(options.parsl_config, workshop, caches=options.caches) as pool:
        yield pool
