"""Making an lsstsw folder: our installer's environment and stack, and what lsstsw has beside them."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import make_directory, write_atomic
from lsstinstall.adapters.locks import hold_lock
from lsstinstall.adapters.packagedata import load_defaults
from lsstinstall.commands.installation import Installation
from lsstinstall.commands.installationplans import InstallationRequest
from lsstinstall.commands.servers import pick_settings, root_opener
from lsstinstall.core.environments import (
    legacy_commit,
    parse_env_name,
    parse_env_version,
    parse_recorded_version,
)
from lsstinstall.core.errors import ConfigurationError, RefusedError
from lsstinstall.core.tags import parse_tag
from lsstinstall.install.tagenvironments import read_environment_version
from rubin_releng.adapters.git import GitRepository
from rubin_releng.adapters.reposfiles import fetch_repos
from rubin_releng.commands.lsstswplaces import open_root
from rubin_releng.commands.lsstswscripts import furnish_stack, write_programs
from rubin_releng.core.sitefiles import EXCLUSIONS, REMAP

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console
    from lsstinstall.commands.installationplans import InstallationPlan
    from lsstinstall.core.environments import EnvVersion
    from lsstinstall.core.reporting import Reporter
    from rubin_releng.commands.lsstswplaces import LsstswRoot

__all__ = ["DeployOptions", "deploy_folder"]

_FOLDERS = (
    *("sources", "build", "var/run", "var/log", "lfs", "distserver/production", "etc", "env", "stack", "bin"),
)
_MARKS = ("etc/settings.cfg.sh", "etc/repos.yaml", "bin/envconfig", "var/run")
_VARIANT = re.compile(r"rubin-env-[a-z0-9][a-z0-9_.-]*")
_DEV_CHANNEL = "conda-forge/label/rubin-env_dev"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployOptions:
    """What a user may say of a deployment.

    Parameters
    ----------
    version, ref, tag : `str` or `None`
        What the environment is chosen by; one of them at most.
    variant : `str` or `None`
        Variant of rubin-env.
    eups_url : `str` or `None`
        Distribution server; `None` for the usual one.
    former_url : `str` or `None`
        Where the lists of environments from before rubin-env lie; `None` for
        the usual place.
    channels : `tuple` [ `str`, ... ]
        Conda channels instead of the usual ones.
    dry_run : `bool`
        Whether nothing is done.
    """

    version: str | None
    ref: str | None
    tag: str | None
    variant: str | None
    eups_url: str | None
    former_url: str | None
    channels: tuple[str, ...]
    dry_run: bool


def deploy_folder(console: Console, options: DeployOptions) -> None:
    """Make the current folder an lsstsw folder, or complete it.

    Parameters
    ----------
    console : `~lsstinstall.adapters.console.Console`
        Where to report.
    options : `DeployOptions`
        What is wanted.

    Raises
    ------
    ConfigurationError
        Raised if options contradict one another.
    RefusedError
        Raised if the folder holds something else.
    """
    _check(options)
    root = open_root(_folder(), os.environ)
    reporter = console.reporter()
    installation = Installation(_request(root, options, reporter), environ=os.environ, reporter=reporter)
    plan = installation.plan()
    steps = _missing(root, plan)
    if not options.dry_run:
        for folder in _FOLDERS:
            make_directory(root.path / folder)
        with hold_lock(root.path / "var" / "run" / "deploy.run", purpose="deploying"):
            _deploy(root, installation, plan, reporter)
    data = {
        "folder": str(root.path),
        "environment": plan.environment.name,
        "prefix": str(plan.prefix),
        "stack": str(plan.stack),
        "steps": steps,
        "dry_run": options.dry_run,
    }
    hint = f". {root.path}/bin/envconfig -n {plan.environment.name}"
    done = "would be made" if options.dry_run else "made"
    told = "".join(f"{done}: {step}\n" for step in steps)
    console.answer(data, f"{told}activate the environment with\n    {hint}")


def _check(options: DeployOptions) -> None:
    given = [
        name for name, value in (("-v", options.version), ("-r", options.ref), ("-x", options.tag)) if value
    ]
    if len(given) > 1:
        raise ConfigurationError(f"only one of -v, -r and -x is allowed, and not {' and '.join(given)}")
    if options.variant is None:
        return
    if _VARIANT.fullmatch(options.variant) is None:
        raise ConfigurationError(
            f"`{options.variant}` is no variant of rubin-env", hint="name one as `rubin-env-developer`"
        )
    if options.tag or options.ref:
        raise ConfigurationError("-V says what to solve for, and -x and -r take what was solved before")


def _folder() -> Path:
    named = os.environ.get("LSSTSW")
    folder = Path(named or ".").absolute()
    if folder.is_dir() and any(folder.iterdir()) and not any((folder / mark).exists() for mark in _MARKS):
        raise RefusedError(
            f"`{folder}` is neither empty nor an lsstsw folder",
            hint="go into an empty folder, or one that lsstsw made",
        )
    return folder


def _request(root: LsstswRoot, options: DeployOptions, reporter: Reporter) -> InstallationRequest:
    defaults = load_defaults()
    settings = pick_settings(os.environ, warn=reporter.warn)
    eups_url = _place(
        options.eups_url or os.environ.get("EUPS_ROOT") or settings.eups_url or defaults.eups_url
    )
    tag = None if options.tag is None else parse_tag(options.tag)
    open_server = root_opener(settings, os.environ)
    version = _version(root, options) if tag is None else read_environment_version(open_server(eups_url), tag)
    base = root.settings["SPLENV_BASE_NAME"]
    name = os.environ.get("LSST_CONDA_ENV_NAME") or f"{base}-{options.tag or options.ref or version}"
    return InstallationRequest(
        tag=tag,
        exact=tag is not None,
        version=None if tag is not None else version,
        name=parse_env_name(name),
        update=False,
        variant=options.variant,
        conda=not (root.conda / "bin" / "conda").exists(),
        conda_root=root.conda,
        channels=_channels(options, settings.channels or defaults.channels, str(version)),
        eups_url=eups_url,
        former_url=_place(options.former_url or defaults.former_url),
        binaries=False,
        sources=True,
        stack=root.path / "stack" / f"{base}-{version}",
        folder=root.path / "env" / name,
        products=(),
        jobs=1,
        settings=settings,
    )


def _place(url: str) -> str:
    return url.rstrip("/") if "://" in url else str(Path(url).absolute())


def _version(root: LsstswRoot, options: DeployOptions) -> EnvVersion:
    if options.ref is None:
        return parse_env_version(options.version or root.settings["LSST_SPLENV_REF"])
    version = parse_recorded_version(options.ref)
    if legacy_commit(version) is None:
        raise ConfigurationError(
            f"`{options.ref}` is no commit of scipipe_conda_env",
            hint="name one by its hexadecimal digits; for a version of rubin-env, use -v",
        )
    return version


def _channels(options: DeployOptions, usual: tuple[str, ...], version: str) -> tuple[str, ...]:
    if options.channels:
        return options.channels
    named = tuple(one for one in os.environ.get("LSST_CONDA_CHANNELS", "").split() if one != "nodefaults")
    if named:
        return named
    return (_DEV_CHANNEL, *usual) if "dev" in version else usual


def _missing(root: LsstswRoot, plan: InstallationPlan) -> list[str]:
    """Say what is made, in words."""
    steps = [folder for folder in _FOLDERS if not (root.path / folder).is_dir()]
    steps.append(f"{root.repos} (fetched anew)")
    if plan.changes_environments:
        steps.append(f"environment {plan.environment.name} in {root.conda}")
    if not (plan.stack / "ups_db").is_dir():
        steps.append(f"stack {plan.stack}")
    if not _is_cloned(root):
        steps.append(f"{root.versiondb} (clone of {root.settings['VERSIONDB_REPO']})")
    return steps


def _is_cloned(root: LsstswRoot) -> bool:
    return GitRepository(root.versiondb).is_repository()


def _deploy(root: LsstswRoot, installation: Installation, plan: InstallationPlan, reporter: Reporter) -> None:
    reporter.note(f"fetching {root.repos}")
    fetch_repos(root.settings["REPOSFILE_REPO"], root.repos)
    for path, text in (
        (root.path / "etc" / "manifest.remap", REMAP),
        (Path(root.settings["EXCLUSIONS"]), EXCLUSIONS),
    ):
        if not path.exists():
            write_atomic(path, text)
    with installation.locked(plan) as current:
        installation.run(current)
    furnish_stack(root, plan.stack)
    _clone_versiondb(root, reporter)
    write_programs(root)


def _clone_versiondb(root: LsstswRoot, reporter: Reporter) -> None:
    """Clone beside its place first, so that a clone that was interrupted is begun anew."""
    if _is_cloned(root):
        return
    if root.versiondb.exists():
        raise RefusedError(f"`{root.versiondb}` is no git repository", hint="move it away, then deploy again")
    repository = root.settings["VERSIONDB_REPO"]
    reporter.note(f"cloning {repository}")
    half = root.versiondb.with_name(f".{root.versiondb.name}.tmp")
    if half.exists():
        shutil.rmtree(half)
    clone = GitRepository.clone(repository, half, check_out=True)
    clone.run("config", "push.default", "current", doing="configure versiondb")
    # lsstsw's own mark: without it, its deploy would clone again.
    (half / ".deployed").touch()
    write_atomic(half / ".git" / "info" / "exclude", "/.deployed\n")
    half.replace(root.versiondb)
