"""Building products in copies of their commits, and putting them into a stack, each in one step."""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain, make_directory
from lsstinstall.adapters.process import ProcessError, show_command
from lsstinstall.adapters.trees import remove_tree
from lsstinstall.core.errors import ProblemsError, ToolkitError
from rubin_releng.adapters.buildlogs import BuildLog
from rubin_releng.adapters.git import GitRepository
from rubin_releng.adapters.productbuilds import ProductBuild
from rubin_releng.adapters.supervision import Usage, end_strays
from rubin_releng.core.buildkinds import BuildKind
from rubin_releng.core.buildtasks import Made

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lsstinstall.adapters.eups import Stack
    from lsstinstall.core.buildmanifests import BuildManifest, ManifestProduct
    from lsstinstall.core.names import ProductName
    from lsstinstall.core.tags import BuildId
    from rubin_releng.adapters.buildcaches import BuildCache
    from rubin_releng.adapters.buildenvironments import BuildEnvironment
    from rubin_releng.adapters.productfacts import FactsMemory
    from rubin_releng.core.buildtasks import BuildTask

__all__ = ["WORK", "StackWorkshop", "is_installed", "log_path"]

WORK = ".work"
"""Folder of a build directory with what is being built."""

_LOG = "_build.log"
_TESTS = Path("tests") / ".tests"
_SHOWN_LINES = 20
_SHOWN_WORDS = 4
# As long as somebody's `eups` may hold its lock while many are built.
_LOCK_WAIT_SECONDS = 300.0


def is_installed(stack: Stack, product: ManifestProduct) -> bool:
    """Tell whether a stack declares a version and has its folder."""
    found = stack.find(product.name, product.version)
    return found is not None and (found.directory is None or Path(found.directory).is_dir())


def log_path(build_dir: Path, product: ProductName) -> Path:
    """Say where the output of a product's build is kept, as ``lsst_build`` does."""
    return build_dir / product / _LOG


class _BuildError(ToolkitError):
    """A product that could not be built."""

    def __init__(self, product: ManifestProduct, cause: ProcessError, log: Path) -> None:
        command = show_command(cause.command[:_SHOWN_WORDS])
        shown = "".join(f"\n  | {line}" for line in _last_lines(log))
        how = f"signal {-cause.returncode}" if cause.returncode < 0 else f"exit code {cause.returncode}"
        super().__init__(
            f"`{product.name}` {product.version} cannot be built: `{command} ...` ended with {how}{shown}",
            hint=f"the whole output is in `{log}`",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StackWorkshop:
    """Builds the products of one manifest into one stack.

    Parameters
    ----------
    manifest : `~lsstinstall.core.buildmanifests.BuildManifest`
        The build.
    build_dir : `~pathlib.Path`
        One clone per product; gets logs and, while they are built, copies.
    stack : `~lsstinstall.adapters.eups.Stack`
        Gets the products.
    environment : `BuildEnvironment` or `None`
        Python and libraries to build with.
    eups : `~pathlib.Path` or `None`
        Folder of EUPS.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        Variables of the calling environment.
    facts : `~rubin_releng.adapters.productfacts.FactsMemory`
        How commits are built.
    cache : `~rubin_releng.adapters.buildcaches.BuildCache`
        Where products are taken from, and kept.
    stop : `~collections.abc.Callable`
        Asked whether to end.
    """

    manifest: BuildManifest
    build_dir: Path
    stack: Stack
    environment: BuildEnvironment | None
    eups: Path | None
    environ: Mapping[str, str]
    facts: FactsMemory
    cache: BuildCache
    stop: Callable[[], bool]
    _declaring: threading.Lock = field(default_factory=threading.Lock)
    _tried: dict[str, list[str]] = field(default_factory=dict)

    def clone(self, product: ManifestProduct) -> GitRepository:
        """Open the repository of a product."""
        return GitRepository(self.build_dir / product.name)

    def check(self, products: Iterable[ManifestProduct]) -> None:
        """Refuse what cannot be built here, all of it at once.

        Parameters
        ----------
        products : `~collections.abc.Iterable` [ `ManifestProduct` ]
            What is to be built.

        Raises
        ------
        ProblemsError
            Raised if a product needs a Python or an EUPS that is not there.
        """
        problems: list[ToolkitError] = []
        for product in products:
            try:
                self._build_of(product, cores=1).check()
            except ToolkitError as error:
                problems.append(error)
        if problems:
            raise ProblemsError(f"build {self.manifest.build} cannot be built here", problems)

    def is_declared(self, product: ManifestProduct) -> bool:
        """Tell whether the stack declares the version and has its folder."""
        return is_installed(self.stack, product)

    def has_folder(self, product: ManifestProduct) -> bool:
        """Tell whether there is a whole folder where the version belongs."""
        final = self._final(product)
        return final.exists() and not _unfinished(final).exists()

    def make(self, task: BuildTask) -> Made:
        """Build a product, or take it from a cache, and put its folder into the stack.

        Parameters
        ----------
        task : `~rubin_releng.core.buildtasks.BuildTask`
            The product.

        Returns
        -------
        made : `~rubin_releng.core.buildtasks.Made`
            What it took.

        Raises
        ------
        ToolkitError
            Raised if it cannot be built; the copy of the sources stays then.
        """
        product = task.product
        began = time.thread_time()
        final = self._final(product)
        new = _beside(final)
        work = self._work(product)
        log = log_path(self.build_dir, product.name)
        tried = self._tried.pop(task.key, None)
        notes: list[str] = tried or []
        if tried is None and (made := self._take(task, notes)) is not None:
            return made
        try:
            with log.open("wb") as stream:
                usage = self._build(task, work, new, BuildLog(stream))
            self._keep(task, final, notes)
        except ProcessError as error:
            raise _BuildError(product, error, log) from error
        except OSError as error:
            raise explain(error, doing="write") from error
        finally:
            remove_tree(new)
            _keep_test_reports(work, log.parent)
        remove_tree(work)
        cpu_seconds = time.thread_time() - began + usage.cpu_seconds
        return Made(cpu_seconds=cpu_seconds, peak_bytes=usage.peak_bytes, notes=tuple(notes))

    def restore(self, task: BuildTask) -> Made | None:
        """Take a product from a cache and put its folder into the stack.

        Parameters
        ----------
        task : `~rubin_releng.core.buildtasks.BuildTask`
            The product; nothing has to make room for it.

        Returns
        -------
        made : `~rubin_releng.core.buildtasks.Made` or `None`
            What it took; `None` if it cannot be had: `make` tells why and
            does not try again.
        """
        notes: list[str] = []
        made = None
        # A full disk, say, which `make` is going to find full, too.
        with suppress(ToolkitError):
            made = self._take(task, notes)
        if made is None:
            self._tried[task.key] = notes
        return made

    def declare(self, products: Sequence[ManifestProduct], build: BuildId) -> None:
        """Tell the stack's database of products, as far as it does not know them, and of their build.

        Parameters
        ----------
        products : `~collections.abc.Sequence` [ `~lsstinstall.core.buildmanifests.ManifestProduct` ]
            The products; their folders are there.
        build : `~lsstinstall.core.tags.BuildId`
            Tag they get.
        """
        missing = [
            one
            for one in products
            if self.stack.find(one.name, one.version) is None
            or self.stack.tagged(one.name, build) != one.version
        ]
        if not missing:
            return
        purpose = (
            f"declaring `{missing[0].name}`" if len(missing) == 1 else f"declaring {len(missing)} products"
        )
        with self._declaring, self.stack.locked(purpose, wait_seconds=_LOCK_WAIT_SECONDS):
            with self.stack.gathered():
                for product in missing:
                    if self.stack.find(product.name, product.version) is None:
                        # Not `current`, which EUPS gives to nothing that is set up while it is declared.
                        folder = self._final(product)
                        self.stack.declare(product.name, product.version, directory=folder, tags=())
            for product in missing:
                found = self.stack.find(product.name, product.version)
                flavor = None if found is None else found.flavor
                self.stack.assign_tag(product.name, product.version, build, flavor=flavor)

    def _take(self, task: BuildTask, notes: list[str]) -> Made | None:
        """Make room, and put a product there if a cache has it."""
        product = task.product
        began, began_cpu = time.monotonic(), time.thread_time()
        final, log = self._final(product), log_path(self.build_dir, product.name)
        new = _beside(final)
        self._clear(final, self._work(product))
        try:
            url = self.cache.fetch(task.key, new, notes)
            if url is None:
                return None
            self._place(product, new, final, replaces=task.replaces)
            make_directory(log.parent)
            with log.open("wb") as stream:
                BuildLog(stream).say(f"{product.name} {product.version} was unpacked from {url}")
        except OSError as error:
            raise explain(error, doing="write") from error
        finally:
            remove_tree(new)
        return Made(
            cached=True,
            cpu_seconds=time.thread_time() - began_cpu,
            notes=tuple(notes),
            seconds=time.monotonic() - began,
        )

    def _clear(self, final: Path, work: Path) -> None:
        """Make room, and end what a killed run may still do there."""
        make_directory(final.parent)
        make_directory(work.parent)
        leftovers = [*final.parent.glob(f".{final.name}.*.new"), work]
        if work.exists():
            end_strays(work)
        if _unfinished(final).exists():
            leftovers.append(final)
        for leftover in leftovers:
            _set_aside(leftover)
        _unfinished(final).unlink(missing_ok=True)

    def _build(self, task: BuildTask, work: Path, new: Path, log: BuildLog) -> Usage:
        build = self._build_of(task.product, cores=task.cores)
        final = self._final(task.product)
        if build.facts.kind is not BuildKind.EUPSPKG:
            usage = build.run(work, new, log)
            self._place(task.product, new, final, replaces=task.replaces)
            return usage
        old = self._final(task.product).with_name(f".{final.name}.old")
        return self._build_in_place(build, work, final, old, log)

    def _build_in_place(
        self, build: ProductBuild, work: Path, final: Path, old: Path, log: BuildLog
    ) -> Usage:
        """Let eupspkg install where the product is to be, since what it builds may name the place.

        A mark says that the folder is not whole yet; one that is replaced
        comes back after a failure.
        """
        eupspkg = build.by_eupspkg(work, final, log)
        if final.exists():
            remove_tree(old)
            final.rename(old)
        _unfinished(final).touch()
        whole = False
        try:
            usage = eupspkg.run(work, log_path(self.build_dir, build.product.name).parent, log, self.stop)
            whole = True
            shutil.copy2(log_path(self.build_dir, build.product.name), final)
        finally:
            if not whole:
                remove_tree(final)
                if old.exists():
                    old.rename(final)
            _unfinished(final).unlink(missing_ok=True)
        remove_tree(old)
        return usage

    def _keep(self, task: BuildTask, final: Path, notes: list[str]) -> None:
        if self.cache.stores:
            self.cache.store(task.key, task.product, final, notes)

    def _work(self, product: ManifestProduct) -> Path:
        return self.build_dir / WORK / f"{product.name}-{product.version}"

    def _final(self, product: ManifestProduct) -> Path:
        return self.stack.path / self.stack.flavor / product.name / product.version

    def _build_of(self, product: ManifestProduct, *, cores: int) -> ProductBuild:
        clone = self.clone(product)
        return ProductBuild(
            product=product,
            facts=self.facts.of(product, clone),
            manifest=self.manifest,
            clone=clone,
            stack=self.stack,
            environment=self.environment,
            eups=self.eups,
            environ=self.environ,
            cores=cores,
            stop=self.stop,
        )

    def _place(self, product: ManifestProduct, new: Path, final: Path, *, replaces: bool) -> None:
        if not replaces or not final.exists():
            new.rename(final)
            return
        old = final.with_name(f".{final.name}.old")
        remove_tree(old)
        purpose = f"replacing `{product.name}`"
        with self._declaring, self.stack.locked(purpose, wait_seconds=_LOCK_WAIT_SECONDS):
            if self.stack.find(product.name, product.version) is not None:
                self.stack.undeclare(product.name, product.version)
            final.rename(old)
            new.rename(final)
        remove_tree(old)


def _beside(final: Path) -> Path:
    """Choose a place for a folder that is not whole yet."""
    return final.with_name(f".{final.name}.{secrets.token_hex(4)}.new")


def _unfinished(final: Path) -> Path:
    """Say where the mark is that a folder is being filled."""
    return final.with_name(f".{final.name}.unfinished")


def _keep_test_reports(work: Path, folder: Path) -> None:
    """Copy what tests wrote to where the pipeline looks for it."""
    if (work / _TESTS).is_dir():
        with suppress(OSError, shutil.Error):
            remove_tree(folder / _TESTS)
            shutil.copytree(work / _TESTS, folder / _TESTS, symlinks=True)


def _set_aside(leftover: Path) -> None:
    """Remove what a killed run left, though one of its programs may still write there.

    Under another name first: such a program works with relative paths or in
    a folder of its own, and so cannot come into what is made now.
    """
    if not leftover.exists():
        return
    aside = leftover.with_name(f".old.{secrets.token_hex(4)}")
    try:
        leftover.rename(aside)
    except OSError as error:
        raise explain(error, doing="move away") from error
    with suppress(ToolkitError):
        remove_tree(aside)


def _last_lines(log: Path) -> list[str]:
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rstrip().splitlines()[-_SHOWN_LINES:]
