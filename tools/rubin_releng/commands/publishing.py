"""Publishing a build, as `rubin-releng stack publish` and `lsstsw publish` do it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lsstinstall import __version__
from lsstinstall.adapters.eups import PRIVATE, Stack
from lsstinstall.adapters.files import read_text
from lsstinstall.adapters.locks import hold_lock
from lsstinstall.core.environments import parse_env_lock
from lsstinstall.core.errors import ConfigurationError, NotFoundError, ProblemsError
from lsstinstall.core.graph import closure
from lsstinstall.core.remaps import parse_remap
from rubin_releng.adapters.git import GitRepository
from rubin_releng.adapters.objectstores import FolderObjects, open_object_store
from rubin_releng.adapters.packagemakers import StackPackages
from rubin_releng.adapters.packagestores import PackageRoot
from rubin_releng.commands.building import open_journal, read_manifest
from rubin_releng.commands.buildplaces import build_lock
from rubin_releng.stack.journals import histories
from rubin_releng.stack.leftout import leave_out
from rubin_releng.stack.publications import Publication, PublishedProduct
from rubin_releng.stack.publisher import run_publish
from rubin_releng.stack.publishplans import plan_publish

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lsstinstall.core.buildmanifests import BuildManifest, ManifestProduct
    from lsstinstall.core.environments import EnvVersion
    from lsstinstall.core.errors import ToolkitError
    from lsstinstall.core.names import CondaSubdir, ProductName
    from lsstinstall.core.platforms import Platform
    from lsstinstall.core.reporting import Reporter
    from lsstinstall.core.tags import EupsTag
    from rubin_releng.adapters.objectstores import Objects
    from rubin_releng.core.buildkinds import SourceKind
    from rubin_releng.stack.publisher import PublishReport
    from rubin_releng.stack.publishplans import PublishPlan

__all__ = ["PublishOptions", "plan_publication", "publish_products"]

_JOURNAL = "published.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishOptions:
    """What a user may say of publishing.

    Parameters
    ----------
    products : `tuple` [ `ProductName`, ... ]
        Top-level products; what they need comes along.
    build_dir : `~pathlib.Path`
        The clones.
    manifest : `~pathlib.Path`
        Manifest of the build.
    stack : `~pathlib.Path`
        Holds the products.
    pkgroot : `str`
        Package root to write to: a folder, or the URL of one or of a bucket.
    tag : `~lsstinstall.core.tags.EupsTag`
        Tag to publish under.
    also : `tuple` [ `~lsstinstall.core.tags.EupsTag`, ... ]
        Further tags.
    previous : `~lsstinstall.core.tags.EupsTag` or `None`
        The release before this one.
    env_version : `EnvVersion` or `None`
        Version of rubin-env; without one no binaries are published.
    locks : `~collections.abc.Mapping` [ `CondaSubdir`, `~pathlib.Path` ]
        Exact environments by platform.
    platform : `~lsstinstall.core.platforms.Platform`
        What the stack was built on.
    source : `SourceKind`
        What source packages hold.
    jobs : `int`
        How many packages to make at once.
    remap : `~pathlib.Path` or `None`
        ``manifest.remap``, which names what is not published; `None` for
        that of the stack, if it has one.
    is_flat : `bool`, optional
        Whether the package root holds sources alone, without a folder for
        them.
    """

    products: tuple[ProductName, ...]
    build_dir: Path
    manifest: Path
    stack: Path
    pkgroot: str
    tag: EupsTag
    also: tuple[EupsTag, ...]
    previous: EupsTag | None
    env_version: EnvVersion | None
    locks: Mapping[CondaSubdir, Path]
    platform: Platform
    source: SourceKind
    jobs: int
    remap: Path | None = None
    is_flat: bool = False


def plan_publication(options: PublishOptions) -> PublishPlan:
    """Decide what publishing writes; changes nothing.

    Parameters
    ----------
    options : `PublishOptions`
        What is wanted.

    Returns
    -------
    plan : `~rubin_releng.stack.publisher.PublishPlan`
        What is to be written.

    Raises
    ------
    ProblemsError
        Raised if products are not installed, or files that never change
        would have to.
    """
    store = _store(open_object_store(options.pkgroot), options)
    return plan_publish(_read_publication(options), store)


def publish_products(options: PublishOptions, reporter: Reporter) -> PublishReport:
    """Publish a build.

    Parameters
    ----------
    options : `PublishOptions`
        What is wanted.
    reporter : `~lsstinstall.core.reporting.Reporter`
        Is told of each package.

    Returns
    -------
    report : `~rubin_releng.stack.publisher.PublishReport`
        What was written.
    """
    if not options.build_dir.is_dir():
        # The lock would make it.
        raise NotFoundError(
            f"there is no build directory `{options.build_dir}`", hint="prepare a build first"
        )
    with hold_lock(build_lock(options.build_dir), purpose="publishing"), ExitStack() as locks:
        objects = open_object_store(options.pkgroot)
        if isinstance(objects, FolderObjects):
            # In a bucket no two writers can spoil each other's work.
            locks.enter_context(hold_lock(objects.root / ".publish.lock", purpose="publishing"))
        stack = Stack.open(options.stack.absolute(), flavor=options.platform.flavor)
        store = _store(objects, options)
        return run_publish(
            plan_publish(_read_publication(options), store),
            store,
            StackPackages(options.build_dir.absolute(), stack),
            previous=options.previous,
            tool=f"lsstinstall {__version__}",
            jobs=options.jobs,
            reporter=reporter,
        )


def _store(objects: Objects, options: PublishOptions) -> PackageRoot:
    return PackageRoot(objects, journal=options.stack / PRIVATE / _JOURNAL)


def _read_publication(options: PublishOptions) -> Publication:
    manifest = read_manifest(options.manifest)
    return Publication(
        tag=options.tag,
        also=options.also,
        build=manifest.build,
        products=_read_products(options, manifest),
        platform=options.platform,
        env_version=options.env_version,
        locks={subdir: _read_lock(path, subdir) for subdir, path in sorted(options.locks.items())},
        source=options.source,
        is_flat=options.is_flat,
    )


def _read_lock(path: Path, subdir: CondaSubdir) -> str:
    text = read_text(path)
    lock = parse_env_lock(text, source=str(path))
    if lock.platform not in {None, subdir}:
        raise ConfigurationError(f"`{path}` is an environment for `{lock.platform}`, not for `{subdir}`")
    return text


def _read_products(options: PublishOptions, manifest: BuildManifest) -> tuple[PublishedProduct, ...]:
    if unknown := [name for name in options.products if name not in manifest.by_name]:
        raise ProblemsError(
            f"build {manifest.build} has not all that is to be published",
            [NotFoundError(f"no product `{name}` in build {manifest.build}") for name in unknown],
            hint=f"name products of `{options.manifest}`",
        )
    wanted = closure(manifest.dependencies, options.products)
    chosen = _leave_out([product for product in manifest.products if product.name in wanted], options)
    stack = Stack.open(options.stack.absolute(), flavor=options.platform.flavor)
    keys = {
        name: history.done.key
        for name, history in histories(open_journal(options.stack).entries()).items()
        if history.done is not None and history.last is history.done
    }
    found: list[PublishedProduct] = []
    problems: list[ToolkitError] = []
    for product in chosen:
        try:
            key = keys.get((product.name, product.version))
            found.append(_read_product(product, options.build_dir, stack, key))
        except NotFoundError as error:
            problems.append(error)
    if problems:
        raise ProblemsError(
            f"build {manifest.build} is not complete", problems, hint="run `rubin-releng stack build` first"
        )
    return tuple(found)


def _leave_out(products: list[ManifestProduct], options: PublishOptions) -> tuple[ManifestProduct, ...]:
    path = options.remap
    if path is None:
        path = options.stack / "site" / "manifest.remap"
        if not path.is_file():
            return tuple(products)
    published, left_out = leave_out(products, parse_remap(read_text(path), source=str(path)))
    if asked := [name for name in options.products if name in left_out]:
        raise ConfigurationError(
            f"`{asked[0]}` is not to be published: `{path}` leaves it out",
            hint="name other products, or take it out of that file",
        )
    return published


def _read_product(
    product: ManifestProduct, build_dir: Path, stack: Stack, key: str | None
) -> PublishedProduct:
    installed = stack.find(product.name, product.version)
    if installed is None:
        raise NotFoundError(f"`{product.name}` {product.version} is not installed in `{stack.path}`")
    clone = GitRepository(build_dir / product.name)
    if not clone.is_repository() or clone.resolve(product.sha) is None:
        raise NotFoundError(f"commit {product.sha[:10]} of `{product.name}` is not in `{clone.directory}`")
    return PublishedProduct(
        product=product,
        repository=clone.origin() or str(clone.directory.absolute()),
        time=datetime.fromtimestamp(clone.commit_time(product.sha), UTC),
        table=stack.table(installed),
        key=key,
    )
