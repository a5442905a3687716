"""One installation, from its options to the finished stack."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.conda import CondaEngine
from lsstinstall.adapters.condacaches import package_cache
from lsstinstall.adapters.condamachines import detect_virtual_packages, machine_platform
from lsstinstall.adapters.condaroots import CondaRoot
from lsstinstall.adapters.eups import Stack
from lsstinstall.adapters.files import read_text, write_atomic
from lsstinstall.adapters.http import open_pkgroot
from lsstinstall.adapters.packagedata import read_data
from lsstinstall.commands.add import ProductRequest, install_products, plan_products
from lsstinstall.core.environmentplans import EnvironmentRequest
from lsstinstall.core.environments import EnvName, EnvSpec, EnvVersion
from lsstinstall.core.pkgroots import join_pkgroots, split_pkgroots
from lsstinstall.core.platforms import Platform, binary_root, platform_of
from lsstinstall.install.environmentinstaller import run_environment
from lsstinstall.install.environmentplanner import plan_environment
from lsstinstall.install.loadscripts import LOAD_SCRIPTS, LoadScript
from lsstinstall.install.tagenvironments import SOURCES, read_environment_version, read_exact_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lsstinstall.core.environmentplans import EnvironmentPlan
    from lsstinstall.core.names import ProductName
    from lsstinstall.core.productplans import InstallPlan, InstallReport
    from lsstinstall.core.reporting import Reporter
    from lsstinstall.core.tags import EupsTag

__all__ = ["Installation", "InstallationPlan", "InstallationRequest", "find_active_conda"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallationRequest:
    """What a user wants, after all options were read.

    Parameters
    ----------
    tag : `EupsTag` or `None`
        The tag whose environment and products are wanted.
    exact : `bool`
        Whether the environment is exactly the one the tag was built with.
    version : `EnvVersion` or `None`
        Version of rubin-env where no tag decides; `None` for the newest.
    name : `EnvName` or `None`
        Name of the environment, if not the usual one.
    update, developer : `bool`
        As in `EnvironmentRequest`.
    conda_root : `~pathlib.Path`
        Folder with the environments.
    channels : `tuple` [ `str`, ... ]
        The first has priority.
    eups_url : `str`
        Root of the distribution server.
    binaries, sources : `bool`
        Which kinds of packages may be installed.
    stack : `~pathlib.Path` or `None`
        `None` for the one in the environment.
    folder : `~pathlib.Path`
        Where the load scripts go.
    products : `tuple` [ `ProductName`, ... ]
        To be installed afterwards.
    jobs : `int`
        How many products at a time.
    """

    tag: EupsTag | None
    exact: bool
    version: EnvVersion | None
    name: EnvName | None
    update: bool
    developer: bool
    conda_root: Path
    channels: tuple[str, ...]
    eups_url: str
    binaries: bool
    sources: bool
    stack: Path | None
    folder: Path
    products: tuple[ProductName, ...]
    jobs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallationPlan:
    """What would be done.

    Parameters
    ----------
    environment : `EnvironmentPlan`
        The conda environment.
    prefix, stack : `~pathlib.Path`
        Where environment and stack lie.
    pkgroot : `str`
        Content of the stack's file of this name.
    scripts : `tuple` [ `~pathlib.Path`, ... ]
        Load scripts to be written; those that are there are kept.
    script_is_ours : `bool`
        Whether ``loadLSST.sh`` activates this environment by itself.
    """

    environment: EnvironmentPlan
    prefix: Path
    stack: Path
    pkgroot: str
    scripts: tuple[Path, ...]
    script_is_ours: bool


class Installation:
    """Plans and carries out one installation.

    Parameters
    ----------
    request : `InstallationRequest`
        What the user wants.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``HOME`` and ``PATH`` are read.
    reporter : `~lsstinstall.core.reporting.Reporter`
        Hears of everything.
    """

    def __init__(
        self, request: InstallationRequest, *, environ: Mapping[str, str], reporter: Reporter
    ) -> None:
        home = environ.get("HOME")
        self._request = request
        self._environ = environ
        self._reporter = reporter
        self._platform: Platform = platform_of(machine_platform())
        self.root = CondaRoot(
            request.conda_root, now=lambda: datetime.now(tz=UTC), home=Path(home) if home else None
        )
        self._engine = CondaEngine(package_cache(request.conda_root, environ))

    def plan(self) -> InstallationPlan:
        """Decide what to do; nothing is changed.

        Returns
        -------
        plan : `InstallationPlan`
            Environment, stack and scripts.
        """
        self.root.check()
        environment = plan_environment(self._environment_request(), store=self.root, engine=self._engine)
        prefix = self.root.prefix(environment.name)
        text = self._script(environment.name).format(read_data("loadLSST.sh"))
        return InstallationPlan(
            environment=environment,
            prefix=prefix,
            stack=self._request.stack or prefix / "share" / "eups",
            pkgroot=join_pkgroots(self._pkgroots(environment.version)),
            scripts=tuple(path for path in self._script_paths() if not path.exists()),
            script_is_ours=self._present_script() in {None, text},
        )

    def run(self, plan: InstallationPlan) -> None:
        """Make environment, stack and scripts.

        Parameters
        ----------
        plan : `InstallationPlan`
            From `plan`.
        """
        run_environment(plan.environment, store=self.root, engine=self._engine, reporter=self._reporter)
        Stack.create(plan.stack, flavor=self._platform.flavor)
        _write_changed(plan.stack / "pkgroot", f"{plan.pkgroot}\n")
        text = self._present_script()
        if text is None:
            text = self._script(plan.environment.name).format(read_data("loadLSST.sh"))
        for path in plan.scripts:
            write_atomic(path, text)

    def plan_products(self, plan: InstallationPlan) -> InstallPlan | None:
        """Decide which products to install.

        Parameters
        ----------
        plan : `InstallationPlan`
            From `plan`.

        Returns
        -------
        products : `InstallPlan` or `None`
            `None` if none were named.
        """
        if not self._request.products:
            return None
        return plan_products(
            self._products(plan), environ=self._activated(plan.prefix), reporter=self._reporter
        )

    def run_products(self, plan: InstallationPlan, products: InstallPlan) -> InstallReport:
        """Install products.

        Parameters
        ----------
        plan : `InstallationPlan`
            From `plan`; it was carried out.
        products : `InstallPlan`
            From `plan_products`.

        Returns
        -------
        report : `InstallReport`
            What became of each.
        """
        return install_products(
            self._products(plan), products, environ=self._activated(plan.prefix), reporter=self._reporter
        )

    def _environment_request(self) -> EnvironmentRequest:
        request = self._request
        version, lock = request.version, None
        if request.tag is not None:
            files = open_pkgroot(request.eups_url)
            version = read_environment_version(files, request.tag)
            if request.exact:
                lock = read_exact_environment(files, request.tag, version=version, platform=self._platform)
        return EnvironmentRequest(
            spec=EnvSpec(version=version, developer=request.developer),
            lock=lock,
            name=request.name,
            update=request.update,
            channels=request.channels,
            platform=self._platform.subdir,
            virtual_packages=detect_virtual_packages(),
        )

    def _pkgroots(self, version: EnvVersion) -> Iterator[str]:
        base = self._request.eups_url
        if self._request.binaries:
            yield f"{base}/{binary_root(self._platform, version)}"
        if self._request.sources:
            yield f"{base}/{SOURCES}"

    def _script(self, name: EnvName) -> LoadScript:
        return LoadScript(
            conda_root=self.root.path,
            environment=name,
            stack=self._request.stack,
            python=Path(sys.executable),
        )

    def _script_paths(self) -> tuple[Path, ...]:
        return tuple(self._request.folder / name for name in LOAD_SCRIPTS)

    def _present_script(self) -> str | None:
        path = self._script_paths()[0]
        return read_text(path) if path.is_file() else None

    def _products(self, plan: InstallationPlan) -> ProductRequest:
        return ProductRequest(
            products=tuple((name, None) for name in self._request.products),
            tag=self._request.tag,
            stack=plan.stack,
            pkgroots=split_pkgroots(plan.pkgroot),
            flavor=self._platform.flavor,
            jobs=self._request.jobs,
        )

    def _activated(self, prefix: Path) -> dict[str, str]:
        """Put the environment's programs in front, as its load script does."""
        path = self._environ.get("PATH", os.defpath)
        return {
            **self._environ,
            "PATH": f"{prefix / 'bin'}{os.pathsep}{path}",
            "CONDA_PREFIX": str(prefix),
            **({"EUPS_DIR": str(prefix / "eups")} if (prefix / "eups").is_dir() else {}),
        }


def find_active_conda(environ: Mapping[str, str]) -> Path | None:
    """Find the conda that is activated in the calling shell.

    Parameters
    ----------
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``CONDA_EXE`` and ``PATH`` are read.

    Returns
    -------
    root : `~pathlib.Path` or `None`
        Its base prefix.
    """
    executable = environ.get("CONDA_EXE", "")
    if not executable.endswith("/bin/conda") or shutil.which("conda", path=environ.get("PATH")) is None:
        return None
    return Path(executable).parent.parent


def _write_changed(path: Path, text: str) -> None:
    if not path.is_file() or read_text(path) != text:
        write_atomic(path, text)
