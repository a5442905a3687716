"""One product from a commit to a folder: by Python's build system, by eupspkg, or as it is."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import read_text, write_atomic
from lsstinstall.adapters.setupdisk import FolderDisk
from lsstinstall.core.errors import ConfigurationError, UnavailableError
from lsstinstall.core.expansions import BuiltWith, ClosureEntry, expand_table
from lsstinstall.core.graph import reachable
from lsstinstall.core.platforms import GENERIC
from lsstinstall.core.setupplanner import plan_setup
from lsstinstall.core.setups import ProductSources, SetupRequest
from lsstinstall.core.tables import parse_table
from rubin_releng.adapters.buildenvironments import with_dependencies, without_products
from rubin_releng.adapters.eupspkgs import EupspkgBuild
from rubin_releng.adapters.gitcommands import GitError, run_git
from rubin_releng.adapters.pythonbuilds import build_python
from rubin_releng.adapters.supervision import Usage
from rubin_releng.core.buildkinds import BuildKind
from rubin_releng.core.pkginfos import PKGINFO, format_installed_pkginfo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lsstinstall.adapters.eups import Stack
    from lsstinstall.core.buildmanifests import BuildManifest, ManifestProduct
    from lsstinstall.core.names import ProductName
    from lsstinstall.core.versions import EupsVersion
    from rubin_releng.adapters.buildenvironments import BuildEnvironment
    from rubin_releng.adapters.buildlogs import BuildLog
    from rubin_releng.adapters.git import GitRepository
    from rubin_releng.adapters.productfacts import ProductFacts

__all__ = ["ProductBuild"]

# What a product built by Python has beside its code; builds by scons install the same folders.
_DATA_FOLDERS = (
    *("bin", "config", "data", "etc", "include", "pipelines", "policy", "resources"),
    *("schema", "schemas", "share", "templates", "ups"),
)
_NEXT_TO_NOTHING = 1 << 16
_EUPS_HINT = (
    "build in an environment that has EUPS (rubin-env does; else `conda install -c conda-forge eups`), "
    "or name its folder in `EUPS_DIR`"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductBuild:
    """The build of one product.

    Parameters
    ----------
    product : `~lsstinstall.core.buildmanifests.ManifestProduct`
        Name, commit and version.
    facts : `~rubin_releng.adapters.productfacts.ProductFacts`
        How it is built.
    manifest : `~lsstinstall.core.buildmanifests.BuildManifest`
        The build it belongs to.
    clone : `GitRepository`
        Holds the commit.
    stack : `~lsstinstall.adapters.eups.Stack`
        Holds what the product needs.
    environment : `BuildEnvironment` or `None`
        Python and libraries to build with.
    eups : `~pathlib.Path` or `None`
        Folder of EUPS.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        Variables of the calling environment.
    cores : `int`
        How many compilers to run at once.
    stop : `~collections.abc.Callable`
        Asked whether to end.
    """

    product: ManifestProduct
    facts: ProductFacts
    manifest: BuildManifest
    clone: GitRepository
    stack: Stack
    environment: BuildEnvironment | None
    eups: Path | None
    environ: Mapping[str, str]
    cores: int
    stop: Callable[[], bool]

    def check(self) -> None:
        """Refuse a product that cannot be built here.

        Raises
        ------
        ConfigurationError
            Raised if it needs a Python or an EUPS and there is none.
        """
        name = self.product.name
        match self.facts.kind:
            case BuildKind.PYTHON if self.environment is None:
                raise ConfigurationError(
                    f"`{name}` is built by Python, and no environment is given",
                    hint="give the prefix of rubin-env with `--env`, or activate it",
                )
            case BuildKind.EUPSPKG if self.eups is None:
                raise ConfigurationError(
                    f"`{name}` is built by eupspkg, and EUPS is not there", hint=_EUPS_HINT
                )
            case _:
                return

    def run(self, work: Path, prefix: Path, log: BuildLog) -> Usage:
        """Build a product without EUPS.

        Parameters
        ----------
        work : `~pathlib.Path`
            Folder to make for a copy of the sources.
        prefix : `~pathlib.Path`
            Folder to make for the product.
        log : `~rubin_releng.adapters.buildlogs.BuildLog`
            Gets all output.

        Returns
        -------
        usage : `~rubin_releng.adapters.supervision.Usage`
            What programs took.

        Raises
        ------
        ProcessError
            Raised if a program failed; the reason is in the log.
        """
        self._introduce(log)
        usage = Usage()
        source = prefix
        if self.facts.kind is BuildKind.PYTHON:
            source = self._copy(work)
            usage = self._run_python(source, prefix, log)
        elif self.facts.large_files:
            source = self._copy(work)
            shutil.rmtree(source / ".git")
            shutil.copytree(source, prefix, symlinks=True)
        else:
            self._check_out(prefix, work.with_name(f"{work.name}.index"))
        self._finish(source, prefix, log)
        return usage

    def by_eupspkg(self, work: Path, prefix: Path, log: BuildLog) -> EupspkgBuild:
        """Make ready for eupspkg.

        Parameters
        ----------
        work : `~pathlib.Path`
            Folder to make for a copy of the sources.
        prefix : `~pathlib.Path`
            Where the product is to be.
        log : `~rubin_releng.adapters.buildlogs.BuildLog`
            Gets all output.

        Returns
        -------
        build : `~rubin_releng.adapters.eupspkgs.EupspkgBuild`
            To be run.
        """
        if self.eups is None:
            raise ConfigurationError(f"`{self.product.name}` is built by eupspkg", hint=_EUPS_HINT)
        self._introduce(log)
        self._copy(work)
        flavor = {"EUPS_FLAVOR": str(self.stack.flavor), "EUPSPKG_NJOBS": str(self.cores)}
        return EupspkgBuild(
            product=self.product,
            needed=self._below(),
            eups=self.eups,
            stack=self.stack.path,
            prefix=prefix,
            repository=self.clone.origin() or "",
            environ=self._own_variables() | flavor,
        )

    def _introduce(self, log: BuildLog) -> None:
        log.say(f"{self.product.name} {self.product.version} ({self.product.sha}), {self.facts.kind}")

    def _check_out(self, folder: Path, index: Path) -> None:
        """Write the files of the commit, and nothing else, into a new folder."""
        folder.mkdir()
        place = ("-C", str(self.clone.directory), f"--work-tree={folder}")
        try:
            run_git(
                (*place, "read-tree", "-u", "--reset", self.product.sha),
                doing=f"copy the files of `{self.product.name}`",
                env={"GIT_INDEX_FILE": str(index)},
            )
        except GitError as error:
            # git says only that it cannot write.
            if shutil.disk_usage(folder).free < _NEXT_TO_NOTHING:
                hint = "free some space and run the same command again"
                raise UnavailableError(f"no space left on the disk of `{folder}`", hint=hint) from error
            raise
        finally:
            index.unlink(missing_ok=True)

    def _copy(self, work: Path) -> Path:
        copy = self.clone.clone_commit(self.product.sha, work)
        if self.facts.large_files:
            storage = self.clone.directory / ".git" / "lfs"
            copy.run("-c", f"lfs.storage={storage}", "lfs", "checkout", doing="get large files")
        return copy.directory

    def _run_python(self, copy: Path, prefix: Path, log: BuildLog) -> Usage:
        if self.environment is None:
            raise ConfigurationError(f"`{self.product.name}` is built by Python, and no environment is given")
        usage = build_python(
            copy,
            prefix,
            python=self.environment.python,
            environ=self._variables(),
            log=log,
            stop=self.stop,
        )
        for name in _DATA_FOLDERS:
            if (copy / name).is_dir():
                shutil.copytree(copy / name, prefix / name, symlinks=True, dirs_exist_ok=True)
        return usage

    def _below(self) -> tuple[ManifestProduct, ...]:
        needed = reachable(self.manifest.dependencies, self.product.name)
        return tuple(one for one in self.manifest.products if one.name in needed)

    def _sources(self) -> ProductSources:
        flavor = self.stack.flavor
        return ProductSources(
            stacks=(self.stack,),
            flavors=(flavor, GENERIC),
            disk=FolderDisk((self.stack,), flavor=flavor),
            tags=frozenset(),
            place=str(self.stack.path),
        )

    def _own_variables(self) -> dict[str, str]:
        """Make the variables of a build before anything is set up."""
        epoch = self.clone.commit_time(self.product.sha)
        if self.environment is not None:
            return self.environment.variables(self.environ, epoch=epoch, cores=self.cores)
        return without_products(self.environ) | {"SOURCE_DATE_EPOCH": str(epoch)}

    def _variables(self) -> dict[str, str]:
        """Make the build's environment: exactly the versions of this build are set up."""
        variables = self._own_variables() | {"EUPS_PATH": str(self.stack.path), "EUPS_SHELL": "sh"}
        sources = self._sources()
        directories: list[Path] = []
        for one in self._below():
            request = SetupRequest(
                product=one.name, version=one.version, just=True, types=frozenset({"build"})
            )
            variables = plan_setup(request, sources=sources, environ=variables).applied_to(variables)
            found = self.stack.find(one.name, one.version)
            if found is not None and found.directory is not None:
                directories.insert(0, Path(found.directory))
        return with_dependencies(variables, directories)

    def _finish(self, source: Path, prefix: Path, log: BuildLog) -> None:
        table = Path("ups") / f"{self.product.name}.table"
        write_atomic(prefix / table, self._expand(read_text(source / table), log))
        info = format_installed_pkginfo(self.product, repository=self.clone.origin() or "")
        write_atomic(prefix / PKGINFO, info)

    def _expand(self, text: str, log: BuildLog) -> str:
        """Write the versions of this build into a table."""
        versions = {one.name: one.version for one in self._below()}
        expansion = expand_table(
            text, BuiltWith(versions=versions, closure=self._closure), product=self.product.name
        )
        for warning in expansion.warnings:
            log.say(f"warning: {warning}")
        return expansion.text

    def _closure(self, product: ProductName, version: EupsVersion) -> tuple[ClosureEntry, ...]:
        """List what an installed product needs, depth first, as its own table has it."""
        found = self.stack.find(product, version)
        text = None if found is None else self.stack.table(found)
        if found is None or text is None:
            return ()
        table = parse_table(text, source=found.table or product)
        built = self.manifest.by_name
        entries: list[ClosureEntry] = []
        for one in table.dependencies(flavor=self.stack.flavor, types={"exact"}):
            known = None if one.product is None else built.get(one.product)
            if known is None:
                continue  # optional, and not in this build
            entries.append(ClosureEntry(product=known.name, version=known.version, optional=one.optional))
            if not one.just:
                entries += self._closure(known.name, known.version)
        return tuple(entries)
