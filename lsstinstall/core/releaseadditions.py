"""New releases from old ones: something added, or two platforms joined."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from lsstinstall.core.errors import ProblemsError, RefusedError
from lsstinstall.core.releaserecords import EnvironmentRecord, PlatformState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from lsstinstall.core.names import ProductName
    from lsstinstall.core.releaserecords import (
        FileRecord,
        GitTagRecord,
        ImageRecord,
        LockRecord,
        MakerRecord,
        PlatformRecord,
        ProductRecord,
    )
    from lsstinstall.core.releases import Release

__all__ = ["merge_releases", "with_changelog", "with_git_tag", "with_image", "with_platform"]

T = TypeVar("T")
K = TypeVar("K", bound="str | tuple[str, ...]")

_RANK = {PlatformState.PRESENT: 0, PlatformState.FAILED: 1, PlatformState.MISSING: 2}
"""Of two reports on one platform, the one with the lower number holds."""


def with_changelog(release: Release, file: FileRecord) -> Release:
    """Add a change log file.

    Parameters
    ----------
    release : `Release`
        Stays as it is.
    file : `FileRecord`
        Takes the place of one with the same path.

    Returns
    -------
    release : `Release`
        With it, change logs in the order of their paths.
    """
    return replace(release, changelogs=_added(release.changelogs, [file], _file_key))


def with_image(release: Release, image: ImageRecord) -> Release:
    """Add a container image.

    Parameters
    ----------
    release : `Release`
        Stays as it is.
    image : `ImageRecord`
        Takes the place of one with the same name and platform.

    Returns
    -------
    release : `Release`
        With it, images in the order of name and platform.
    """
    return replace(release, images=_added(release.images, [image], _image_key))


def with_git_tag(release: Release, git_tag: GitTagRecord) -> Release:
    """Add a git tag that was made.

    Parameters
    ----------
    release : `Release`
        Stays as it is.
    git_tag : `GitTagRecord`
        Takes the place of one with the same repository and tag.

    Returns
    -------
    release : `Release`
        With it, git tags in the order of repository and tag.
    """
    return replace(release, git_tags=_added(release.git_tags, [git_tag], _git_tag_key))


def with_platform(
    release: Release,
    platform: PlatformRecord,
    *,
    binaries: Mapping[ProductName, FileRecord] = MappingProxyType({}),
    lock: LockRecord | None = None,
) -> Release:
    """Say what became of a release on a platform.

    Parameters
    ----------
    release : `Release`
        Stays as it is.
    platform : `PlatformRecord`
        Takes the place of what was said of that platform before.
    binaries : `~collections.abc.Mapping` [ `ProductName`, `FileRecord` ]
        Binary packages for it; other products keep what they have.
    lock : `LockRecord`, optional
        The platform's environment; needs a release with an environment.

    Returns
    -------
    release : `Release`
        With it, platforms in the order of their names.

    Raises
    ------
    RefusedError
        Raised if a binary belongs to no product of the release, or a lock to
        no environment.
    """
    unknown = sorted(set(binaries) - set(release.by_name))
    if unknown:
        raise RefusedError(f"`{unknown[0]}` is no product of `{release.tag}`")
    products = tuple(
        replace(product, binaries=MappingProxyType({**product.binaries, platform.subdir: file}))
        if (file := binaries.get(product.name)) is not None
        else product
        for product in release.products
    )
    environment = release.environment
    if lock is not None:
        if environment is None:
            raise RefusedError(f"`{release.tag}` names no environment that a lock could belong to")
        environment = replace(
            environment, locks=MappingProxyType({**environment.locks, platform.subdir: lock})
        )
    return replace(
        release,
        products=products,
        environment=environment,
        platforms=_added(release.platforms, [platform], _platform_key),
    )


def merge_releases(first: Release, second: Release) -> Release:
    """Join two documents of one release, written on different platforms.

    Parameters
    ----------
    first, second : `Release`
        Same tag, build, previous release, products and environment version;
        what both have of the rest must be equal. Of two reports on one
        platform, *present* holds before *failed*, and that before *missing*.

    Returns
    -------
    release : `Release`
        Products in the order of the first; made from the earlier beginning to
        the later end, by the maker who ended last.

    Raises
    ------
    ProblemsError
        Raised if they contradict each other; holds a `RefusedError` for each
        contradiction.
    """
    problems: list[str] = []
    for name in ("tag", "build", "previous"):
        _same(getattr(first, name), getattr(second, name), f"`{name}`", problems)
    others = second.by_name
    _same(sorted(first.by_name), sorted(others), "the list of products", problems)
    merged = replace(
        first,
        products=tuple(
            _merge_products(product, others.get(product.name, product), problems)
            for product in first.products
        ),
        environment=_merge_environments(first.environment, second.environment, problems),
        images=_added(first.images, second.images, _image_key, problems),
        changelogs=_added(first.changelogs, second.changelogs, _file_key, problems),
        git_tags=_added(first.git_tags, second.git_tags, _git_tag_key, problems),
        platforms=_merge_platforms(first.platforms, second.platforms),
        maker=_merge_makers(first.maker, second.maker),
    )
    if problems:
        found = [RefusedError(problem) for problem in problems]
        raise ProblemsError(f"two documents of `{first.tag}` contradict each other", found)
    return merged


def _file_key(file: FileRecord) -> str:
    return file.path


def _image_key(image: ImageRecord) -> tuple[str, ...]:
    return (image.name, image.subdir)


def _git_tag_key(git_tag: GitTagRecord) -> tuple[str, ...]:
    return (git_tag.repository, git_tag.tag)


def _platform_key(platform: PlatformRecord) -> str:
    return platform.subdir


def _added(
    old: Iterable[T], new: Iterable[T], key: Callable[[T], K], problems: list[str] | None = None
) -> tuple[T, ...]:
    """Join by key and sort by it; where ``problems`` is given, both sides must agree."""
    found = {key(item): item for item in old}
    for item in new:
        if problems is not None:
            _same(found.get(key(item), item), item, f"`{key(item)}`", problems)
        found[key(item)] = item
    return tuple(found[name] for name in sorted(found))


def _same(one: object, other: object, what: str, problems: list[str]) -> None:
    if one != other:
        problems.append(f"{what} differs")


def _merge_products(one: ProductRecord, other: ProductRecord, problems: list[str]) -> ProductRecord:
    for name in ("repository", "commit", "version", "dependencies"):
        _same(getattr(one, name), getattr(other, name), f"`{name}` of `{one.name}`", problems)
    one, other = _indexed(one, other), _indexed(other, one)
    source = one.source if one.source is not None else other.source
    _same(source, other.source if other.source is not None else source, f"source of `{one.name}`", problems)
    return replace(
        one,
        source=source,
        binaries=_merge_tables(one.binaries, other.binaries, f"binary of `{one.name}`", problems),
    )


def _indexed(one: ProductRecord, other: ProductRecord) -> ProductRecord:
    """Add the indexes that the same packages have in the other document: they may be written later."""
    found = {
        subdir: file
        for subdir, file in other.binaries.items()
        if replace(file, index=None) == one.binaries.get(subdir)
    }
    return replace(one, binaries=MappingProxyType({**one.binaries, **found}))


def _merge_tables(one: Mapping[K, T], other: Mapping[K, T], what: str, problems: list[str]) -> Mapping[K, T]:
    for key in one:
        _same(one[key], other.get(key, one[key]), f"{what} for `{key}`", problems)
    return MappingProxyType({**one, **other})


def _merge_environments(
    one: EnvironmentRecord | None, other: EnvironmentRecord | None, problems: list[str]
) -> EnvironmentRecord | None:
    if one is None or other is None:
        return one if one is not None else other
    _same(one.version, other.version, "the environment's version", problems)
    return EnvironmentRecord(
        version=one.version, locks=_merge_tables(one.locks, other.locks, "the lock", problems)
    )


def _merge_platforms(
    one: Iterable[PlatformRecord], other: Iterable[PlatformRecord]
) -> tuple[PlatformRecord, ...]:
    # The best comes last and replaces the rest; of equal ones, the second document's.
    ranked = sorted([*one, *other], key=lambda record: -_RANK[record.state])
    return _added((), ranked, _platform_key)


def _merge_makers(one: MakerRecord, other: MakerRecord) -> MakerRecord:
    last = max(one, other, key=lambda maker: maker.finished)
    return replace(last, started=min(one.started, other.started))
