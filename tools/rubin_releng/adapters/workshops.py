"""Building products in copies of their commits, and putting them into a stack, each in one step."""

from __future__ import annotations

import secrets
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain, make_directory
from lsstinstall.adapters.process import ProcessError, show_command
from lsstinstall.adapters.trees import remove_tree
from lsstinstall.core.errors import ProblemsError, ToolkitError
from rubin_releng.adapters.git import GitRepository
from rubin_releng.adapters.productbuilds import ProductBuild

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lsstinstall.adapters.eups import Stack
    from lsstinstall.core.buildmanifests import BuildManifest, ManifestProduct
    from lsstinstall.core.names import ProductName
    from lsstinstall.core.tags import BuildId
    from rubin_releng.adapters.buildenvironments import BuildEnvironment

__all__ = ["StackWorkshop", "log_path"]

_LOG = "_build.log"
_SHOWN_LINES = 20
_SHOWN_WORDS = 4


def log_path(build_dir: Path, product: ProductName) -> Path:
    """Say where the output of a product's build is kept, as ``lsst_build`` does."""
    return build_dir / product / _LOG


class _BuildError(ToolkitError):
    """A product that could not be built."""

    def __init__(self, product: ManifestProduct, cause: ProcessError, log: Path) -> None:
        command = show_command(cause.command[:_SHOWN_WORDS])
        shown = "".join(f"\n  | {line}" for line in _last_lines(log))
        super().__init__(
            f"`{product.name}` {product.version} cannot be built: `{command} ...` ended with "
            f"exit code {cause.returncode}{shown}",
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
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        Variables of the calling environment.
    cores : `int`
        How many compilers one build may run at once.
    """

    manifest: BuildManifest
    build_dir: Path
    stack: Stack
    environment: BuildEnvironment | None
    environ: Mapping[str, str]
    cores: int
    _declaring: threading.Lock = field(default_factory=threading.Lock)

    def check(self, products: Iterable[ManifestProduct]) -> None:
        """Refuse what cannot be built here, all of it at once.

        Parameters
        ----------
        products : `~collections.abc.Iterable` [ `ManifestProduct` ]
            What is to be built.

        Raises
        ------
        ProblemsError
            Raised if clones or commits are missing, or a product needs a
            Python or an EUPS that is not there.
        """
        problems: list[ToolkitError] = []
        for product in products:
            try:
                self._build_of(product).check()
            except ToolkitError as error:
                problems.append(error)
        if problems:
            raise ProblemsError(f"build {self.manifest.build} cannot be built here", problems)

    def is_declared(self, product: ManifestProduct) -> bool:
        """Tell whether the stack declares the version and has its folder."""
        found = self.stack.find(product.name, product.version)
        return found is not None and (found.directory is None or Path(found.directory).is_dir())

    def has_folder(self, product: ManifestProduct) -> bool:
        """Tell whether there is a folder where the version belongs."""
        return self._final(product).exists()

    def make(self, product: ManifestProduct, *, replaces: bool) -> None:
        """Build a product and put its folder into the stack.

        Parameters
        ----------
        product : `~lsstinstall.core.buildmanifests.ManifestProduct`
            The product.
        replaces : `bool`
            Whether an older folder has to make room.

        Raises
        ------
        ToolkitError
            Raised if it cannot be built; the copy of the sources stays then.
        """
        final = self._final(product)
        new = final.with_name(f".{final.name}.{secrets.token_hex(4)}.new")
        work = self.build_dir / ".work" / f"{product.name}-{product.version}"
        make_directory(final.parent)
        make_directory(work.parent)
        for leftover in [*final.parent.glob(f".{final.name}.*.new"), work]:
            _set_aside(leftover)
        log = log_path(self.build_dir, product.name)
        try:
            with log.open("wb") as output:
                self._build_of(product).run(work, new, output)
            self._place(product, new, final, replaces=replaces)
        except ProcessError as error:
            raise _BuildError(product, error, log) from error
        except OSError as error:
            raise explain(error, doing="write") from error
        finally:
            remove_tree(new)
        remove_tree(work)

    def declare(self, product: ManifestProduct, build: BuildId) -> None:
        """Tell the stack's database of a product, if it does not know it, and of its build.

        Parameters
        ----------
        product : `~lsstinstall.core.buildmanifests.ManifestProduct`
            The product; its folder is there.
        build : `~lsstinstall.core.tags.BuildId`
            Tag it gets.
        """
        with self._declaring, self.stack.locked(f"declaring `{product.name}`"):
            found = self.stack.find(product.name, product.version)
            if found is None:
                self.stack.declare(product.name, product.version, directory=self._final(product))
            self.stack.assign_tag(
                product.name, product.version, build, flavor=None if found is None else found.flavor
            )

    def _final(self, product: ManifestProduct) -> Path:
        return self.stack.path / self.stack.flavor / product.name / product.version

    def _build_of(self, product: ManifestProduct) -> ProductBuild:
        return ProductBuild(
            product=product,
            manifest=self.manifest,
            clone=GitRepository(self.build_dir / product.name),
            stack=self.stack,
            environment=self.environment,
            environ=self.environ,
            cores=self.cores,
        )

    def _place(self, product: ManifestProduct, new: Path, final: Path, *, replaces: bool) -> None:
        if not replaces or not final.exists():
            new.rename(final)
            return
        old = final.with_name(f".{final.name}.old")
        remove_tree(old)
        with self._declaring, self.stack.locked(f"replacing `{product.name}`"):
            if self.stack.find(product.name, product.version) is not None:
                self.stack.undeclare(product.name, product.version)
            final.rename(old)
            new.rename(final)
        remove_tree(old)


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
