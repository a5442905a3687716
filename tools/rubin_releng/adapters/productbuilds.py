"""One product from a commit to a folder: by Python's build system, by eupspkg, or as it is."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import decode_text, read_text, write_atomic
from lsstinstall.adapters.process import run
from lsstinstall.adapters.setupdisk import FolderDisk
from lsstinstall.core.errors import ConfigurationError, NotFoundError
from lsstinstall.core.expansions import BuiltWith, ClosureEntry, expand_table
from lsstinstall.core.graph import reachable
from lsstinstall.core.platforms import GENERIC
from lsstinstall.core.setupplanner import plan_setup
from lsstinstall.core.setups import ProductSources, SetupRequest
from lsstinstall.core.tables import parse_table
from rubin_releng.adapters.buildenvironments import with_dependencies
from rubin_releng.adapters.pythonbuilds import build_python
from rubin_releng.core.buildkinds import PYPROJECT, BuildKind, choose_kind
from rubin_releng.core.pkginfos import PKGINFO, format_installed_pkginfo

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO

    from lsstinstall.adapters.eups import Stack
    from lsstinstall.core.buildmanifests import BuildManifest, ManifestProduct
    from lsstinstall.core.names import ProductName
    from lsstinstall.core.versions import EupsVersion
    from rubin_releng.adapters.buildenvironments import BuildEnvironment
    from rubin_releng.adapters.git import GitRepository

__all__ = ["ProductBuild"]

# What a product built by Python has beside its code; builds by scons install the same folders.
_DATA_FOLDERS = (
    *("bin", "config", "data", "etc", "include", "pipelines", "policy", "resources"),
    *("schema", "schemas", "share", "templates", "ups"),
)
_VERBS = ("prep", "config", "build", "install")
_EUPS_HINT = "run in an environment with EUPS, where `EUPS_DIR` is set"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductBuild:
    """The build of one product.

    Parameters
    ----------
    product : `~lsstinstall.core.buildmanifests.ManifestProduct`
        Name, commit and version.
    manifest : `~lsstinstall.core.buildmanifests.BuildManifest`
        The build it belongs to.
    clone : `GitRepository`
        Holds the commit.
    stack : `~lsstinstall.adapters.eups.Stack`
        Holds what the product needs.
    environment : `BuildEnvironment` or `None`
        Python and libraries to build with.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        Variables of the calling environment.
    cores : `int`
        How many compilers to run at once.
    """

    product: ManifestProduct
    manifest: BuildManifest
    clone: GitRepository
    stack: Stack
    environment: BuildEnvironment | None
    environ: Mapping[str, str]
    cores: int

    def check(self) -> None:
        """Refuse a product that cannot be built here.

        Raises
        ------
        NotFoundError
            Raised if the commit is not in the clone.
        ConfigurationError
            Raised if it needs a Python or an EUPS and there is none.
        """
        name = self.product.name
        if not self.clone.is_repository() or self.clone.resolve(self.product.sha) is None:
            raise NotFoundError(
                f"commit {self.product.sha[:10]} of `{name}` is not in `{self.clone.directory}`",
                hint="run `rubin-releng stack prepare` for this build first",
            )
        match self.kind():
            case BuildKind.PYTHON if self.environment is None:
                raise ConfigurationError(
                    f"`{name}` is built by Python, and no environment is given",
                    hint="give the prefix of rubin-env with `--env`, or activate it",
                )
            case BuildKind.EUPSPKG if self._eupspkg() is None:
                raise ConfigurationError(
                    f"`{name}` is built by eupspkg, and EUPS is not there", hint=_EUPS_HINT
                )
            case _:
                return

    def kind(self) -> BuildKind:
        """Tell how the product is built, from the files of its commit."""
        files = self.clone.list_files(self.product.sha)
        pyproject = None
        if PYPROJECT in files:
            data = self.clone.read_file(self.product.sha, PYPROJECT) or b""
            pyproject = decode_text(data, source=str(self.clone.directory / PYPROJECT))
        return choose_kind(files, pyproject, source=self.product.name)

    def run(self, work: Path, prefix: Path, log: IO[bytes]) -> None:
        """Build the product.

        Parameters
        ----------
        work : `~pathlib.Path`
            Folder to make for a copy of the sources.
        prefix : `~pathlib.Path`
            Folder to make for the product.
        log : file
            Gets all output.

        Raises
        ------
        ProcessError
            Raised if a program failed; the reason is in the log.
        """
        copy = self.clone.clone_commit(self.product.sha, work).directory
        kind = self.kind()
        log.write(f"{self.product.name} {self.product.version} ({self.product.sha}), {kind}\n".encode())
        log.flush()
        match kind:
            case BuildKind.PYTHON:
                self._run_python(copy, prefix, log)
            case BuildKind.EUPSPKG:
                self._run_eupspkg(copy, prefix, log)
            case BuildKind.COPY:
                shutil.rmtree(copy / ".git")
                shutil.copytree(copy, prefix, symlinks=True)
        self._finish(copy, prefix, log, expanded=kind is BuildKind.EUPSPKG)

    def _run_python(self, copy: Path, prefix: Path, log: IO[bytes]) -> None:
        if self.environment is None:
            raise ConfigurationError(f"`{self.product.name}` is built by Python, and no environment is given")
        build_python(copy, prefix, python=self.environment.python, environ=self._variables(), log=log)
        for name in _DATA_FOLDERS:
            if (copy / name).is_dir():
                shutil.copytree(copy / name, prefix / name, symlinks=True, dirs_exist_ok=True)

    def _run_eupspkg(self, copy: Path, prefix: Path, log: IO[bytes]) -> None:
        own = SetupRequest(
            product=self.product.name, directory=str(copy), keep=True, types=frozenset({"build"})
        )
        variables = self._variables()
        variables = plan_setup(own, sources=self._sources(), environ=variables).applied_to(variables)
        script = copy / "ups" / "eupspkg"
        program = script if script.exists() else self._eupspkg()
        facts = {
            "PREFIX": prefix,
            "PRODUCT": self.product.name,
            "VERSION": self.product.version,
            "FLAVOR": "generic",
        }
        assignments = tuple(f"{name}={value}" for name, value in facts.items())
        for verb in _VERBS:
            command = ("bash", str(program), *assignments, verb)
            run(command, cwd=copy, env=variables, timeout=None, output=log)

    def _eupspkg(self) -> Path | None:
        script = Path(self.environ.get("EUPS_DIR", "")) / "lib" / "eupspkg.sh"
        return script if script.is_absolute() and script.is_file() else None

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

    def _variables(self) -> dict[str, str]:
        """Make the build's environment: exactly the versions of this build are set up."""
        epoch = self.clone.commit_time(self.product.sha)
        variables = dict(self.environ)
        if self.environment is not None:
            variables = self.environment.variables(self.environ, epoch=epoch, cores=self.cores)
        variables |= {"EUPS_PATH": str(self.stack.path), "EUPS_SHELL": "sh"}
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

    def _finish(self, copy: Path, prefix: Path, log: IO[bytes], *, expanded: bool) -> None:
        table = Path("ups") / f"{self.product.name}.table"
        if not expanded:
            write_atomic(prefix / table, self._expand(read_text(copy / table), log))
        info = format_installed_pkginfo(self.product, repository=self.clone.origin() or "")
        write_atomic(prefix / PKGINFO, info)

    def _expand(self, text: str, log: IO[bytes]) -> str:
        """Write the versions of this build into a table."""
        versions = {one.name: one.version for one in self._below()}
        expansion = expand_table(
            text, BuiltWith(versions=versions, closure=self._closure), product=self.product.name
        )
        log.write("".join(f"warning: {warning}\n" for warning in expansion.warnings).encode())
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
