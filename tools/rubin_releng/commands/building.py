"""Building a manifest, as `rubin-releng stack build` and `lsstsw rebuild` do it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.adapters.eups import PRIVATE, Stack
from lsstinstall.adapters.files import read_text, write_atomic
from lsstinstall.adapters.locks import hold_lock
from lsstinstall.core.buildmanifests import parse_build_manifest
from lsstinstall.core.errors import NotFoundError
from rubin_releng.adapters.buildenvironments import BuildEnvironment
from rubin_releng.adapters.journals import append_line, read_lines
from rubin_releng.adapters.workshops import StackWorkshop
from rubin_releng.commands.preparing import MANIFEST, build_lock
from rubin_releng.stack.builder import format_status, run_build
from rubin_releng.stack.buildplans import BuildAction, BuildInputs, Presence, plan_build
from rubin_releng.stack.journals import TextJournal, histories

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.core.buildmanifests import BuildManifest
    from lsstinstall.core.names import Flavor
    from lsstinstall.core.reporting import Reporter
    from rubin_releng.stack.builder import BuildReport
    from rubin_releng.stack.buildplans import BuildPlan

__all__ = [
    "BuildOptions",
    "build_products",
    "open_journal",
    "plan_products",
    "read_manifest",
]

_STATUS = "status.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """What a user may say of a build.

    Parameters
    ----------
    build_dir : `~pathlib.Path`
        Clones and the manifest.
    stack : `~pathlib.Path`
        Gets the products.
    env : `~pathlib.Path` or `None`
        Prefix of the conda environment to build with.
    flavor : `Flavor`
        The platform's.
    jobs : `int`
        How many products at once.
    keep_going : `bool`
        Whether products that need nothing failed are still built.
    rebuild : `bool`
        Whether products built from other inputs are replaced.
    """

    build_dir: Path
    stack: Path
    env: Path | None
    flavor: Flavor
    jobs: int
    keep_going: bool
    rebuild: bool


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
    return TextJournal(lambda: read_lines(path), lambda line: append_line(path, line))


def plan_products(options: BuildOptions) -> tuple[BuildPlan, StackWorkshop]:
    """Decide what has to be built; changes nothing.

    Parameters
    ----------
    options : `BuildOptions`
        What is wanted.

    Returns
    -------
    plan : `~rubin_releng.stack.buildplans.BuildPlan`
        What is to be done.
    workshop : `~rubin_releng.adapters.workshops.StackWorkshop`
        Does it.

    Raises
    ------
    ProblemsError
        Raised if something cannot be built here, or would have to be replaced.
    """
    manifest = read_manifest(options.build_dir / MANIFEST)
    environment = None if options.env is None else BuildEnvironment.open(options.env)
    stack = Stack(options.stack.absolute(), flavor=options.flavor)
    workshop = StackWorkshop(
        manifest=manifest,
        build_dir=options.build_dir.absolute(),
        stack=stack,
        environment=environment,
        environ=dict(os.environ),
        cores=os.cpu_count() or 1,
    )
    presence = {
        product.name: _presence(declared=workshop.is_declared(product), folder=workshop.has_folder(product))
        for product in manifest.products
    }
    plan = plan_build(
        manifest,
        inputs=BuildInputs(
            environment="" if environment is None else environment.digest(), flavor=options.flavor
        ),
        presence=presence,
        journal=histories(open_journal(options.stack).entries()),
        rebuild=options.rebuild,
    )
    workshop.check(step.product for step in plan.steps if step.action is BuildAction.BUILD)
    return plan, workshop


def _presence(*, declared: bool, folder: bool) -> Presence:
    if declared:
        return Presence.DECLARED
    return Presence.UNDECLARED if folder else Presence.ABSENT


def build_products(options: BuildOptions, reporter: Reporter) -> BuildReport:
    """Build what has to be built, and say so in ``status.yaml``.

    Parameters
    ----------
    options : `BuildOptions`
        What is wanted.
    reporter : `~lsstinstall.core.reporting.Reporter`
        Is told of each product.

    Returns
    -------
    report : `~rubin_releng.stack.builder.BuildReport`
        What became of each product, failures included.
    """
    # Before the locks, which would make a folder of a mistyped name.
    read_manifest(options.build_dir / MANIFEST)
    with (
        hold_lock(build_lock(options.build_dir), purpose="the build"),
        hold_lock(options.stack / PRIVATE / "build.lock", purpose="the build"),
    ):
        status = options.build_dir / _STATUS
        status.unlink(missing_ok=True)
        Stack.create(options.stack.absolute(), flavor=options.flavor)
        plan, workshop = plan_products(options)
        report = run_build(
            plan,
            workshop,
            open_journal(options.stack),
            jobs=options.jobs,
            keep_going=options.keep_going,
            reporter=reporter,
        )
        write_atomic(status, format_status(report))
    return report
