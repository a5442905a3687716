"""``lsstinstall [classic options] [PRODUCT ...]``: environment, stack, load scripts, products."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lsstinstall.commands.frame import output_options
from lsstinstall.commands.stackoptions import jobs_option
from lsstinstall.core.environments import EnvVersion, parse_env_name, parse_env_version
from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.names import parse_product_name
from lsstinstall.core.quantities import format_bytes
from lsstinstall.core.tags import parse_tag
from lsstinstall.install.tagenvironments import refuse_legacy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lsstinstall.adapters.console import Console
    from lsstinstall.commands.installation import InstallationPlan, InstallationRequest
    from lsstinstall.core.productplans import InstallPlan, InstallReport

__all__ = ["install"]

_FOLDER = click.Path(file_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """Values of the options, as click reads them."""

    tag: str | None
    exact_tag: str | None
    rubin_env: str | None
    env_name: str | None
    update: bool
    developer: bool
    conda_path: Path | None
    no_active_conda: bool
    channels: tuple[str, ...]
    override_channels: bool
    eups_url: str | None
    no_binaries: bool
    no_sources: bool
    stack: Path | None
    jobs: int


@click.command(
    short_help="Install the environment and products.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.argument("products", metavar="[PRODUCT]...", nargs=-1)
@click.option("-T", "--tag", metavar="TAG", help="Use the rubin-env version that TAG was built with.")
@click.option("-X", "--exact-tag", metavar="TAG", help="Use exactly the environment that TAG was built with.")
@click.option("-v", "--rubin-env", metavar="VERSION", help="Version of rubin-env.  [default: latest]")
@click.option("-e", "--env-name", metavar="NAME", help="Name of the environment; if it is there, it is used.")
@click.option("-u", "--update", is_flag=True, help="Update rubin-env in an existing environment.")
@click.option("-d", "--developer", is_flag=True, help="Add the matching rubin-env-developer (from 5.0.0 on).")
@click.option(
    "-p",
    "--conda-path",
    type=_FOLDER,
    help="Folder of the conda installation, made if it is missing; an active conda is used instead of it."
    "  [default: ./conda]",
)
@click.option("-P", "--no-active-conda", is_flag=True, help="Do not use a conda that is active.")
@click.option(
    "-C",
    "--channel",
    "channels",
    multiple=True,
    metavar="URI",
    help="Channel before conda-forge; the first wins.",
)
@click.option("--override-channels", is_flag=True, help="Use only the channels given with -C.")
@click.option("-E", "--eups-url", metavar="URL", help="Root of the EUPS distribution server, or a folder.")
@click.option("-B", "--no-binaries", is_flag=True, help="Do not use binary packages (tarballs).")
@click.option("-S", "--no-sources", is_flag=True, help="Do not use source packages.")
@click.option("--stack", type=_FOLDER, help="Folder of the products.  [default: that of the environment]")
@click.option("-n", "--dry-run", is_flag=True, help="Print what would be done, and do nothing.")
@click.option("-b", "ignored_b", is_flag=True, expose_value=False, help="Ignored, as it always was.")
@click.option("-c", "ignored_c", is_flag=True, expose_value=False, help="Ignored, as it always was.")
@click.option("-t", "ignored_t", is_flag=True, expose_value=False, help="Ignored, as it always was.")
@jobs_option
@output_options
def install(console: Console, /, products: tuple[str, ...], *, dry_run: bool, **options: Any) -> int:
    """Install the Rubin software environment, and products if some are named.

    The conda environment is made in ./conda (or in the conda that is active),
    with a stack in it, and ./loadLSST.sh and its like to use both. What is
    there and complete is left alone; what was interrupted is repaired.

    Example: lsstinstall -T w_2026_42 lsst_distrib
    """
    # Imported here: it loads rattler, and `--help` should answer at once.
    from lsstinstall.commands.installation import Installation  # noqa: PLC0415

    reporter = console.reporter()
    request = _request(products, _Options(**options), console.environ)
    installation = Installation(request, environ=console.environ, reporter=reporter)
    if dry_run:
        plan = installation.plan()
        planned = installation.plan_products(plan)
        return _end(console, plan, planned, "\n".join(_show_plan(plan, planned)), dry_run=True)
    with installation.root.locked(wait_seconds=0):
        plan = installation.plan()
        # A product that is not there should be told before the long work, not after it.
        for line in _show_plan(plan, installation.plan_products(plan)):
            reporter.note(line)
        installation.run(plan)
    planned = installation.plan_products(plan)
    report = None if planned is None else installation.run_products(plan, planned)
    return _end(console, plan, report, _farewell(request, plan), dry_run=False)


def _request(products: tuple[str, ...], options: _Options, environ: Mapping[str, str]) -> InstallationRequest:
    """Read what the options mean together."""
    from lsstinstall.adapters.packagedata import load_defaults  # noqa: PLC0415 - as above
    from lsstinstall.commands.installation import InstallationRequest, find_active_conda  # noqa: PLC0415

    if sum(one is not None for one in (options.tag, options.exact_tag, options.rubin_env)) > 1:
        raise ConfigurationError("only one of -T, -X and -v is allowed", hint="-T and -X say the version")
    tag = options.tag or options.exact_tag
    if products and tag is None:
        raise ConfigurationError("products need a tag", hint="add `-T TAG`, for example `-T w_latest`")
    defaults = load_defaults()
    active = None if options.no_active_conda else find_active_conda(environ)
    return InstallationRequest(
        tag=None if tag is None else parse_tag(tag),
        exact=options.exact_tag is not None,
        version=_version(options.rubin_env or defaults.version),
        name=None if options.env_name is None else parse_env_name(options.env_name),
        update=options.update,
        developer=options.developer,
        conda_root=(active or options.conda_path or Path("conda")).absolute(),
        channels=_channels(options, defaults.channels),
        eups_url=_eups_url(options.eups_url or defaults.eups_url),
        binaries=not options.no_binaries,
        sources=not options.no_sources,
        stack=None if options.stack is None else options.stack.absolute(),
        folder=Path.cwd(),
        products=tuple(parse_product_name(name) for name in products),
        jobs=options.jobs,
    )


def _version(text: str | None) -> EnvVersion | None:
    if text is None or text == "latest":
        return None
    refuse_legacy(text)
    return parse_env_version(text)


def _channels(options: _Options, defaults: tuple[str, ...]) -> tuple[str, ...]:
    if not options.override_channels:
        return (*options.channels, *defaults)
    if not options.channels:
        raise ConfigurationError("--override-channels leaves no channel", hint="give one with `-C CHANNEL`")
    return options.channels


def _eups_url(text: str) -> str:
    """Write a folder as EUPS reads it: an absolute path, never ``file://``."""
    path = text.removeprefix("file://")
    return text.rstrip("/") if "://" in path else str(Path(path).resolve())


def _show_plan(plan: InstallationPlan, products: InstallPlan | None) -> Iterator[str]:
    environment = plan.environment
    yield f"environment `{environment.name}` in {plan.prefix}: {environment.action.value}"
    if environment.packages:
        changes = f"{len(environment.added)} to install ({format_bytes(environment.size_bytes)})"
        yield f"  {len(environment.packages)} packages, {changes}, {len(environment.removed)} to remove"
    yield f"stack {plan.stack}"
    yield f"  from {plan.pkgroot or 'nowhere (-B and -S)'}"
    if plan.scripts:
        yield "write " + ", ".join(path.name for path in plan.scripts)
    for one in products.pending if products is not None else ():
        yield f"{one.action.value} {one.product} {one.version}"


def _end(
    console: Console,
    plan: InstallationPlan,
    products: InstallPlan | InstallReport | None,
    human: str,
    *,
    dry_run: bool,
) -> int:
    """Answer; a failure of products is told, too, in the form that was asked for."""
    problem = None if products is None else products.problem
    data = _data(plan, products, dry_run=dry_run)
    if problem is not None and console.json:
        data["error"] = {"code": int(problem.code), "message": str(problem), "hint": problem.hint}
    console.answer(data, human if problem is None or dry_run else "")
    if problem is not None and not console.json:
        raise problem
    return 0 if problem is None else int(problem.code)


def _farewell(request: InstallationRequest, plan: InstallationPlan) -> str:
    script = shlex.quote(str(request.folder / "loadLSST.sh"))
    name = "" if plan.script_is_ours else f"LSST_CONDA_ENV_NAME={plan.environment.name} "
    lines = ["", "Ready. To use the stack, type", "", f"    {name}. {script}"]
    if request.products:
        lines.append(f"    setup {request.products[-1]} -t {request.tag}")
    else:
        tag = request.tag or "w_latest"
        lines += ["", "and to install products into it", "", f"    lsstinstall add -t {tag} lsst_distrib"]
    return "\n".join(lines)


def _data(
    plan: InstallationPlan, products: InstallPlan | InstallReport | None, *, dry_run: bool
) -> dict[str, object]:
    environment = plan.environment
    data: dict[str, object] = {
        "dry_run": dry_run,
        "environment": {
            "name": environment.name,
            "version": environment.version,
            "prefix": str(plan.prefix),
            "action": environment.action.value,
            "packages": len(environment.packages),
            "added": [solved.package.file_name for solved in environment.added],
            "removed": [solved.package.file_name for solved in environment.removed],
            "size_bytes": environment.size_bytes,
        },
        "stack": str(plan.stack),
        "pkgroot": plan.pkgroot,
        "load_scripts": [str(path) for path in plan.scripts],
    }
    return data if products is None else {**data, **products.to_dict()}
