"""One installation, from its options to the finished stack."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.condamachines import detect_virtual_packages, machine_platform
from lsstinstall.adapters.condaplaces import channel_uri
from lsstinstall.adapters.condaroots import CondaRoot
from lsstinstall.adapters.eups import Stack
from lsstinstall.adapters.files import read_text, write_atomic
from lsstinstall.adapters.hooks import write_hook
from lsstinstall.adapters.packagedata import read_data
from lsstinstall.commands.installationplans import InstallationPlan, InstallationRequest
from lsstinstall.commands.productwork import ProductRequest, install_products, plan_products
from lsstinstall.commands.servers import open_engine, root_opener
from lsstinstall.core.environmentplans import EnvironmentRequest
from lsstinstall.core.environments import EnvName, EnvSpec, EnvVersion, legacy_commit
from lsstinstall.core.pkgroots import join_pkgroots, split_pkgroots
from lsstinstall.core.platforms import Platform, platform_of
from lsstinstall.core.shells import ShellKind
from lsstinstall.install.condaplanner import plan_conda
from lsstinstall.install.environmentinstaller import run_environment
from lsstinstall.install.environmentplanner import plan_environment
from lsstinstall.install.loadscripts import LOAD_SCRIPTS, LoadScript
from lsstinstall.install.tagenvironments import (
    SOURCES,
    EnvironmentList,
    exact_environment,
    find_binary_roots,
    former_environment,
    read_environment_version,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lsstinstall.core.environmentplans import EnvironmentPlan
    from lsstinstall.core.productplans import InstallPlan, InstallReport
    from lsstinstall.core.reporting import Reporter

__all__ = ["Installation"]

_FIRST = "loadLSST.sh"


class Installation:
    """Plans and carries out one installation.

    Parameters
    ----------
    request : `InstallationRequest`
        What the user wants.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``HOME`` and ``PATH`` are read, and ``CONDA_SUBDIR``, which chooses
        another platform than that of the machine, as for conda.
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
        self._platform: Platform = platform_of(environ.get("CONDA_SUBDIR") or machine_platform())
        self.root = CondaRoot(
            request.conda_root, now=lambda: datetime.now(tz=UTC), home=Path(home) if home else None
        )
        self._engine = open_engine(request.conda_root, request.settings, environ)
        self._open_root = root_opener(request.settings, environ)

    def plan(self) -> InstallationPlan:
        """Decide what to do; nothing is changed.

        Returns
        -------
        plan : `InstallationPlan`
            Environment, stack and scripts.
        """
        self.root.check()
        stamp = self.root.stamp()
        request = self._environment_request()
        listed = self._listed(request.spec.version)
        environment = plan_environment(
            request,
            store=self.root,
            engine=self._engine,
            read_lock=None if listed is None else listed.read,
        )
        prefix = self.root.prefix(environment.name)
        return InstallationPlan(
            environment=environment,
            listed=None if listed is None else listed.url,
            channels=request.channels,
            conda=self._plan_conda(request, environment),
            conda_root=self.root.path,
            has_conda=self.root.has_conda,
            prefix=prefix,
            stack=self._request.stack or prefix / "share" / "eups",
            pkgroot=join_pkgroots(self._pkgroots(environment.version)),
            scripts=tuple(path for path in self._script_paths() if not path.exists()),
            script_is_ours=self._present_script() in {None, self._script(environment.name, _FIRST)},
            stamp=stamp,
        )

    @contextmanager
    def locked(self, plan: InstallationPlan) -> Iterator[InstallationPlan]:
        """Keep others from the environments while one is changed.

        Parameters
        ----------
        plan : `InstallationPlan`
            From `plan`, made while others were free to work. If it changes
            no environment, they may be in a folder where we may not write.

        Yields
        ------
        plan : `InstallationPlan`
            The same one, or if somebody else changed an environment since, a
            new one.

        Raises
        ------
        RefusedError
            Raised if another run takes too long, or we may not write there.
        """
        if not plan.changes_environments:
            yield plan
            return
        self.root.check_writable()
        with self.root.locked(wait_seconds=self._request.lock_timeout, waiting=self._reporter.note):
            yield plan if plan.stamp == self.root.stamp() else self.plan()

    def run(self, plan: InstallationPlan) -> None:
        """Make environment, stack and scripts.

        Parameters
        ----------
        plan : `InstallationPlan`
            From `plan`.
        """
        if plan.conda is not None:
            run_environment(plan.conda, store=self.root, engine=self._engine, reporter=self._reporter)
            # conda may be called in any folder.
            self.root.configure([channel_uri(channel) for channel in self._request.channels])
        run_environment(plan.environment, store=self.root, engine=self._engine, reporter=self._reporter)
        Stack.create(plan.stack, flavor=self._platform.flavor)
        _write_changed(plan.stack / "pkgroot", f"{plan.pkgroot}\n")
        write_hook(plan.stack)
        present = self._present_script()
        for path in plan.scripts:
            # Shells that share a script share that of somebody else, too.
            theirs = present if LOAD_SCRIPTS[path.name] == _FIRST else None
            write_atomic(path, theirs or self._script(plan.environment.name, path.name))

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
        version = request.version
        if request.tag is not None:
            version = read_environment_version(self._open_root(request.eups_url), request.tag)
        return EnvironmentRequest(
            spec=EnvSpec(version=version, variant=request.variant),
            name=request.name,
            update=request.update,
            channels=request.channels,
            platform=self._platform.subdir,
            virtual_packages=detect_virtual_packages(),
        )

    def _listed(self, version: EnvVersion | None) -> EnvironmentList | None:
        request, platform = self._request, self._platform
        commit = None if version is None else legacy_commit(version)
        if commit is not None:
            return former_environment(self._open_root(request.former_url), commit, platform=platform)
        if not request.exact or request.tag is None or version is None:
            return None
        files = self._open_root(request.eups_url)
        return exact_environment(files, request.tag, version=version, platform=platform)

    def _plan_conda(
        self, request: EnvironmentRequest, environment: EnvironmentPlan
    ) -> EnvironmentPlan | None:
        if not self._request.conda:
            return None
        return plan_conda(
            request, environment=environment, store=self.root, engine=self._engine, reporter=self._reporter
        )

    def _pkgroots(self, version: EnvVersion) -> Iterator[str]:
        base = self._request.eups_url
        if self._request.binaries:
            for path in find_binary_roots(self._open_root(base), version, platform=self._platform):
                yield f"{base}/{path}"
        if self._request.sources:
            yield f"{base}/{SOURCES}"

    def _script(self, name: EnvName, file_name: str) -> str:
        script = LoadScript(
            conda_root=self.root.path,
            environment=name,
            stack=self._request.stack,
            python=Path(sys.executable),
        )
        template = LOAD_SCRIPTS[file_name]
        return script.format(read_data(template), ShellKind.parse(template.rpartition(".")[2]))

    def _script_paths(self) -> tuple[Path, ...]:
        return tuple(self._request.folder / name for name in LOAD_SCRIPTS)

    def _present_script(self) -> str | None:
        path = self._request.folder / _FIRST
        return read_text(path) if path.is_file() else None

    def _products(self, plan: InstallationPlan) -> ProductRequest:
        return ProductRequest(
            products=tuple((name, None) for name in self._request.products),
            tag=self._request.tag,
            stack=plan.stack,
            pkgroots=split_pkgroots(plan.pkgroot),
            flavor=self._platform.flavor,
            jobs=self._request.jobs,
            lock_timeout=self._request.lock_timeout,
            link=self._request.settings.link,
            open_root=self._open_root,
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


def _write_changed(path: Path, text: str) -> None:
    if not path.is_file() or read_text(path) != text:
        write_atomic(path, text)
