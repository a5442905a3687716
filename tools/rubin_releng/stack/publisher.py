"""Publish a build: packages first, then what names them, the release document, and what moves."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from lsstinstall.core.distribmanifests import parse_distrib_manifest
from lsstinstall.core.errors import FormatError, ProblemsError, RefusedError, ToolkitError
from lsstinstall.core.pkgroots import release_path
from lsstinstall.core.releaseadditions import merge_releases
from lsstinstall.core.releases import parse_release
from lsstinstall.core.reporting import Outcome
from lsstinstall.core.tags import TagKind
from rubin_releng.core.buildkinds import SourceKind
from rubin_releng.stack.publications import PublishedPackage, Rule, plan_packages, plan_texts
from rubin_releng.stack.releasemaker import make_release

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from lsstinstall.core.releases import FileRecord, Release
    from lsstinstall.core.reporting import Reporter
    from lsstinstall.core.tags import EupsTag
    from rubin_releng.stack.ports import PackageMaker, PackageStore
    from rubin_releng.stack.publications import Publication, PublishedText

__all__ = [
    "Change",
    "PublishPlan",
    "PublishReport",
    "PublishedFile",
    "plan_publish",
    "run_publish",
    "write_index",
]

_INDEX = "index.json"


class Change(StrEnum):
    """What publishing does to one file."""

    ADD = "add"
    KEEP = "keep"
    MOVE = "move"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFile:
    """One file, and what becomes of it.

    Parameters
    ----------
    path : `str`
        Below the package root.
    change : `Change`
        What happens.
    """

    path: str
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishPlan:
    """What publishing would do.

    Parameters
    ----------
    publication : `Publication`
        What to publish.
    packages : `tuple` [ `PublishedPackage`, ... ]
        Packages, in order.
    phases : `tuple` [ `tuple` [ `PublishedText`, ... ], ... ]
        Small files, as `plan_texts` sorts them.
    files : `tuple` [ `PublishedFile`, ... ]
        Every file in the order of writing, but for indexes and the release
        document.
    """

    publication: Publication
    packages: tuple[PublishedPackage, ...]
    phases: tuple[tuple[PublishedText, ...], ...]
    files: tuple[PublishedFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishReport:
    """How publishing ended.

    Parameters
    ----------
    publication : `Publication`
        What was published.
    release : `~lsstinstall.core.releases.Release` or `None`
        The document, as it is on the package root now; `None` for a tag that
        moves, which names no release of its own.
    files : `tuple` [ `PublishedFile`, ... ]
        All files, in the order in which they were written.
    """

    publication: Publication
    release: Release | None
    files: tuple[PublishedFile, ...]


def plan_publish(publication: Publication, store: PackageStore) -> PublishPlan:
    """Decide what has to be written; changes nothing.

    Parameters
    ----------
    publication : `Publication`
        What to publish.
    store : `PackageStore`
        Read only.

    Returns
    -------
    plan : `PublishPlan`
        For `run_publish`.

    Raises
    ------
    ProblemsError
        Raised if files that never change are there with another content.
    """
    packages = plan_packages(publication)
    phases = plan_texts(publication)
    paths = [path for one in packages for path in one.paths]
    files = [
        PublishedFile(path=path, change=Change.KEEP if store.exists(path) else Change.ADD) for path in paths
    ]
    problems: list[ToolkitError] = []
    for text in (text for phase in phases for text in phase):
        try:
            files.append(PublishedFile(path=text.path, change=_change_of(text, store)))
        except RefusedError as error:
            problems.append(error)
    if problems:
        raise ProblemsError(
            f"`{publication.tag}` cannot be published: it would change what others may have",
            problems,
            hint="publish under another tag",
        )
    return PublishPlan(publication=publication, packages=packages, phases=phases, files=tuple(files))


def _change_of(text: PublishedText, store: PackageStore) -> Change:
    old = store.read(text.path)
    if old is None:
        return Change.ADD
    if text.rule is Rule.KEEP or old == text.content.encode() or _says_the_same(old, text):
        return Change.KEEP
    if text.rule is Rule.MOVING:
        return Change.MOVE
    raise RefusedError(f"`{text.path}` is there with other content")


def _says_the_same(old: bytes, text: PublishedText) -> bool:
    """Tell whether a manifest differs in its comments only, which name its maker and the hour."""
    if not text.path.endswith(".manifest"):
        return False
    try:
        known = parse_distrib_manifest(old.decode("utf-8", "replace"), source=text.path)
    except FormatError:
        return False
    return known.rows == parse_distrib_manifest(text.content, source=text.path).rows


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
    if plan.publication.tag.kind is not TagKind.FLOATING:
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
    def write(package: PublishedPackage) -> tuple[list[PublishedFile], FileRecord] | ToolkitError:
        try:
            added, record = _add(package, store, maker)
            files = [_published(record, added=added)]
            if package.source is None:
                index_added, index = store.add_index(record)
                files.append(_published(index, added=index_added))
                record = replace(record, index=index)
        except ToolkitError as error:
            reporter.step(PurePosixPath(package.path).name, Outcome.FAILED)
            return error
        outcome = Outcome.DONE if added else Outcome.UNCHANGED
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
        raise ProblemsError("packages could not be published", problems)
    written = [result for result in results if not isinstance(result, ToolkitError)]
    return [file for files, _ in written for file in files], {record.path: record for _, record in written}


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


def _write_texts(texts: Iterable[PublishedText], store: PackageStore) -> list[PublishedFile]:
    files = []
    for text in texts:
        change = _change_of(text, store)
        if change is not Change.KEEP:
            store.write(text.path, text.content.encode())
        files.append(PublishedFile(path=text.path, change=change))
    return files


def _write_indexes(files: Iterable[PublishedFile], store: PackageStore) -> list[PublishedFile]:
    """Write the list of each folder that got something; EUPS asks for it before it reads HTML."""
    written = []
    for folder in sorted({str(PurePosixPath(file.path).parent) for file in files}):
        change = write_index(folder, store)
        written.append(PublishedFile(path=str(PurePosixPath(folder) / _INDEX), change=change))
    return written


def write_index(folder: str, store: PackageStore, *, dry_run: bool = False) -> Change:
    """Write the list of the files in a folder, if it is not right already.

    Parameters
    ----------
    folder : `str`
        Below the package root.
    store : `PackageStore`
        The package root.
    dry_run : `bool`, optional
        Whether nothing is written.

    Returns
    -------
    change : `Change`
        What was done.

    Notes
    -----
    Format: a JSON array of names, as EUPS reads it since 2.2.12.
    """
    path = str(PurePosixPath(folder) / _INDEX)
    names = [name for name in store.listing(folder) if name != _INDEX]
    content = (json.dumps(names, indent=0) + "\n").encode()
    old = store.read(path)
    if old == content:
        return Change.KEEP
    if not dry_run:
        store.write(path, content)
    return Change.ADD if old is None else Change.MOVE


def _write_document(made: Release, store: PackageStore) -> tuple[Release, PublishedFile]:
    path = release_path(made.tag)
    old = store.read(path)
    if old is None:
        store.write(path, made.canonical())
        return made, PublishedFile(path=path, change=Change.ADD)
    known = parse_release(old, source=path)
    if made.previous is None:
        made = replace(made, previous=known.previous)
    merged = merge_releases(known, made)
    if replace(merged, maker=known.maker) == known:
        return known, PublishedFile(path=path, change=Change.KEEP)
    store.write(path, merged.canonical())
    return merged, PublishedFile(path=path, change=Change.MOVE)
