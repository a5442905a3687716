"""Publish a build: packages first, then what names them, the release document, and what moves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeVar

from lsstinstall.core.errors import ProblemsError, RefusedError, ToolkitError, UnavailableError
from lsstinstall.core.pkgroots import release_path
from lsstinstall.core.releaseadditions import merge_releases
from lsstinstall.core.releases import parse_release
from lsstinstall.core.reporting import Outcome
from lsstinstall.core.tags import TagKind
from rubin_releng.core.buildkinds import SourceKind
from rubin_releng.stack.publications import PublishedPackage, Rule
from rubin_releng.stack.publishplans import Change, PublishedFile, change_of
from rubin_releng.stack.releasemaker import make_release
from rubin_releng.stack.serverindexes import INDEX, extend_index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from lsstinstall.core.releases import FileRecord, Release
    from lsstinstall.core.reporting import Reporter
    from lsstinstall.core.tags import EupsTag
    from rubin_releng.stack.ports import PackageMaker, PackageStore
    from rubin_releng.stack.publications import Publication, PublishedText
    from rubin_releng.stack.publishplans import PublishPlan

__all__ = ["PublishReport", "run_publish"]

_SMALL_FILES_AT_ONCE = 8

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishReport:
    """How publishing ended.

    Parameters
    ----------
    publication : `Publication`
        What was published.
    release : `~lsstinstall.core.releases.Release` or `None`
        The document, as it is on the package root now; `None` for a tag that
        moves, which names no release of its own, and for a flat root.
    files : `tuple` [ `PublishedFile`, ... ]
        All files, in the order in which they were written.
    """

    publication: Publication
    release: Release | None
    files: tuple[PublishedFile, ...]


def run_publish(
    plan: PublishPlan,
    store: PackageStore,
    maker: PackageMaker,
    *,
    previous: EupsTag | None,
    tool: str,
    jobs: int,
    reporter: Reporter,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> PublishReport:
    """Write what a plan says; what others see comes when all it names is there.

    Parameters
    ----------
    plan : `PublishPlan`
        What to write.
    store : `PackageStore`
        The package root.
    maker : `PackageMaker`
        Makes packages, in several threads.
    previous : `~lsstinstall.core.tags.EupsTag` or `None`
        The release before this one.
    tool : `str`
        Who we are, for the release document.
    jobs : `int`
        How many packages to make at once.
    reporter : `~lsstinstall.core.reporting.Reporter`
        Is told of each package.
    clock : `~collections.abc.Callable`, optional
        Tells the time, in UTC.

    Returns
    -------
    report : `PublishReport`
        What was written.

    Raises
    ------
    ProblemsError
        Raised if packages could not be made, or differ from those that are
        there; nothing names the new ones then.
    """
    started = clock()
    hidden, lists, moving = plan.phases
    packages, records = _write_packages(plan.packages, store, maker, jobs=jobs, reporter=reporter)
    files = [*packages, *_write_texts(hidden, store), *_write_texts(lists, store)]
    files += _write_indexes(files, store)
    release: Release | None = None
    if plan.publication.tag.kind is not TagKind.FLOATING and not plan.publication.is_flat:
        made = make_release(
            plan.publication,
            records=records,
            describe=store.describe,
            previous=previous,
            tool=tool,
            started=started,
            finished=clock(),
        )
        release, document = _write_document(made, store)
        files += [document, *_write_indexes([document], store)]
    moved = _write_texts(moving, store)
    files += [*moved, *_write_indexes(moved, store)]
    return PublishReport(publication=plan.publication, release=release, files=_once(files))


def _once(files: Iterable[PublishedFile]) -> tuple[PublishedFile, ...]:
    """Tell of each file once; an index may be written before and after the moving tags."""
    found: dict[str, PublishedFile] = {}
    for file in files:
        if file.path not in found or found[file.path].change is Change.KEEP:
            found[file.path] = file
    return tuple(found.values())


def _write_packages(
    packages: Sequence[PublishedPackage],
    store: PackageStore,
    maker: PackageMaker,
    *,
    jobs: int,
    reporter: Reporter,
) -> tuple[list[PublishedFile], dict[str, FileRecord]]:
    gone: list[UnavailableError] = []

    def write(package: PublishedPackage) -> tuple[list[PublishedFile], FileRecord] | ToolkitError:
        if gone:
            # Each further package would only wait for the same server again.
            return gone[0]
        try:
            files, record = _write_package(package, store, maker)
        except ToolkitError as error:
            reporter.step(PurePosixPath(package.path).name, Outcome.FAILED)
            if isinstance(error, UnavailableError):
                gone.append(error)
            return error
        outcome = Outcome.DONE if files[0].change is Change.ADD else Outcome.UNCHANGED
        reporter.step(PurePosixPath(package.path).name, outcome)
        return files, record

    reporter.begin("packing", len(packages))
    pool = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="publish")
    try:
        results = list(pool.map(write, packages))
    finally:
        pool.shutdown(cancel_futures=True)
        reporter.end()
    if problems := [result for result in results if isinstance(result, ToolkitError)]:
        raise ProblemsError("packages could not be published", list(dict.fromkeys(problems)))
    written = [result for result in results if not isinstance(result, ToolkitError)]
    return [file for files, _ in written for file in files], {record.path: record for _, record in written}


def _write_package(
    package: PublishedPackage, store: PackageStore, maker: PackageMaker
) -> tuple[list[PublishedFile], FileRecord]:
    added, record = _add(package, store, maker)
    files = [_published(record, added=added)]
    if package.source is None:
        index_added, index = store.add_index(record)
        files.append(_published(index, added=index_added))
        record = replace(record, index=index)
    return files, record


def _published(record: FileRecord, *, added: bool) -> PublishedFile:
    return PublishedFile(path=record.path, change=Change.ADD if added else Change.KEEP)


def _add(package: PublishedPackage, store: PackageStore, maker: PackageMaker) -> tuple[bool, FileRecord]:
    """Add a package; the same sources in their other form are as good.

    A weekly's source package refers to git, a release's holds everything,
    and both have the same name if the release changed nothing. What was
    published first stays, because the weekly's document names its digest.
    """
    try:
        return store.add(package.path, package.key(), lambda target: _make(package, target, maker))
    except RefusedError as error:
        if package.source is None:
            raise
        form = SourceKind.GIT if package.source is SourceKind.PACKAGE else SourceKind.PACKAGE
        other = replace(package, source=form)
        try:
            return store.add(other.path, other.key(), lambda target: _make(other, target, maker))
        except RefusedError:
            raise error from None


def _make(package: PublishedPackage, target: Path, maker: PackageMaker) -> None:
    one = package.product
    if package.source is None:
        maker.make_binary(one.product, target, time=one.time)
    else:
        maker.make_source(one.product, target, kind=package.source, repository=one.repository, time=one.time)


def _write_texts(texts: Sequence[PublishedText], store: PackageStore) -> list[PublishedFile]:
    """Write small files in any order; the first failure ends it."""

    def write(text: PublishedText) -> PublishedFile:
        return PublishedFile(path=text.path, change=_write_text(text, store))

    return _each(write, texts)


def _write_text(text: PublishedText, store: PackageStore) -> Change:
    change = change_of(text, store)
    data = text.content.encode()
    if change is Change.ADD and text.rule is not Rule.MOVING and not store.insert(text.path, data):
        # Somebody else was faster; so it has to be the same.
        change = change_of(text, store)
    elif change is Change.MOVE or (change is Change.ADD and text.rule is Rule.MOVING):
        store.write(text.path, data)
    return change


def _write_indexes(files: Iterable[PublishedFile], store: PackageStore) -> list[PublishedFile]:
    """Complete the list of each folder that got something."""
    folders: dict[str, list[str]] = {}
    for path in (PurePosixPath(file.path) for file in files):
        folders.setdefault(str(path.parent), []).append(path.name)

    def extend(folder: str) -> PublishedFile:
        change = extend_index(folder, folders[folder], store)
        return PublishedFile(path=str(PurePosixPath(folder) / INDEX), change=change)

    return _each(extend, sorted(folders))


def _each(write: Callable[[_Item], PublishedFile], items: Sequence[_Item]) -> list[PublishedFile]:
    pool = ThreadPoolExecutor(max_workers=_SMALL_FILES_AT_ONCE, thread_name_prefix="publish")
    try:
        return list(pool.map(write, items))
    finally:
        pool.shutdown(cancel_futures=True)


def _write_document(made: Release, store: PackageStore) -> tuple[Release, PublishedFile]:
    """Write the document, or add to one that is there what it lacks."""
    path = release_path(made.tag)
    results: list[tuple[Release, Change]] = []

    def merge(old: bytes | None) -> bytes:
        release, change = _merge(made, old, path)
        results.append((release, change))
        return old if change is Change.KEEP and old is not None else release.canonical()

    store.update(path, merge)
    return results[-1][0], PublishedFile(path=path, change=results[0][1])


def _merge(made: Release, old: bytes | None, path: str) -> tuple[Release, Change]:
    if old is None:
        return made, Change.ADD
    known = parse_release(old, source=path)
    if made.previous is None:
        made = replace(made, previous=known.previous)
    merged = merge_releases(known, made)
    if replace(merged, maker=known.maker) == known:
        return known, Change.KEEP
    return merged, Change.MOVE
