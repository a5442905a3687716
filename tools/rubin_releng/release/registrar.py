"""Adds to a published release: the files first, the document that names them last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError, CorruptError
from lsstinstall.core.pkgroots import release_path
from lsstinstall.core.releaseadditions import with_changelog, with_image
from lsstinstall.core.releases import ImageRecord, parse_release
from rubin_releng.core.ocidocuments import Architecture, MediaType
from rubin_releng.images.layouts import TAG_ANNOTATION
from rubin_releng.release.imagerecords import NOARCH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from lsstinstall.core.names import CondaSubdir
    from lsstinstall.core.releases import FileRecord, Release
    from lsstinstall.core.tags import EupsTag
    from rubin_releng.images.layouts import FoundImage, Layout
    from rubin_releng.release.ports import ReleaseStore

__all__ = ["Addition", "apply_addition", "image_records", "plan_addition", "read_release"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """What will be added to a release.

    Parameters
    ----------
    old, new : `Release`
        Before and after; equal if all of it was there before.
    files : `tuple` [ `tuple` [ `~pathlib.Path`, `FileRecord` ], ... ]
        Files to publish, and from where.
    """

    old: Release
    new: Release
    files: tuple[tuple[Path, FileRecord], ...]


def read_release(tag: EupsTag, store: ReleaseStore) -> Release:
    """Read the document of a tag.

    Parameters
    ----------
    tag : `EupsTag`
        The release.
    store : `ReleaseStore`
        Where its document is.

    Returns
    -------
    release : `Release`
        The document.

    Raises
    ------
    NotFoundError
        Raised if there is none.
    ProblemsError
        Raised if it breaks its format.
    CorruptError
        Raised if it is the document of another tag.
    """
    path = release_path(tag)
    release = parse_release(store.read_document(path), source=path)
    if release.tag != tag:
        raise CorruptError(f"`{path}` is the document of `{release.tag}`")
    return release


def image_records(layout: Layout, *, name: str) -> tuple[ImageRecord, ...]:
    """Say how the images of a layout are recorded.

    Parameters
    ----------
    layout : `Layout`
        With one image for each platform.
    name : `str`
        What all of them are called.

    Returns
    -------
    images : `tuple` [ `ImageRecord`, ... ]
        By platform, an index as that of ``noarch``; an image that has several
        tags is one image.

    Raises
    ------
    ConfigurationError
        Raised if there is no image, if two are for the same platform, or if
        one is for a platform that we do not know.
    """
    if not layout.images:
        raise ConfigurationError(
            "the layout holds no image", hint="build one with `rubin-releng image build`"
        )
    found: dict[CondaSubdir, ImageRecord] = {}
    records = [_image_record(image, name) for image in layout.images]
    for record in (*records, *_index_records(layout, name)):
        known = found.get(record.subdir, record)
        if known.digest != record.digest:
            raise ConfigurationError(
                f"the layout holds two images for `{record.subdir}`", hint="use a layout for each release"
            )
        tags = tuple(sorted({*known.tags, *record.tags}))
        found[record.subdir] = replace(record, tags=tags)
    return tuple(found[subdir] for subdir in sorted(found))


def _index_records(layout: Layout, name: str) -> Iterator[ImageRecord]:
    for entry in layout.entries:
        if entry.media_type == MediaType.INDEX:
            tag = entry.annotations.get(TAG_ANNOTATION)
            yield ImageRecord(
                name=name, subdir=NOARCH, digest=entry.digest, tags=() if tag is None else (tag,)
            )


def _image_record(image: FoundImage, name: str) -> ImageRecord:
    platform = image.settings.platform
    known = {one.platform: one.subdir for one in Architecture}
    if platform not in known:
        raise ConfigurationError(
            f"the image `{image.manifest.digest}` is for `{platform.os}/{platform.architecture}`,"
            " which no release is made for"
        )
    tag = image.manifest.annotations.get(TAG_ANNOTATION)
    return ImageRecord(
        name=name,
        subdir=known[platform],
        digest=image.manifest.digest,
        tags=() if tag is None else (tag,),
    )


def plan_addition(
    tag: EupsTag,
    store: ReleaseStore,
    *,
    changelogs: Iterable[Path] = (),
    images: Iterable[ImageRecord] = (),
    previous: EupsTag | None = None,
) -> Addition:
    """Work out a release with something added; nothing is changed.

    Parameters
    ----------
    tag : `EupsTag`
        The release.
    store : `ReleaseStore`
        Where its document is.
    changelogs : `~collections.abc.Iterable` [ `~pathlib.Path` ], optional
        Files, which go to ``releases/<tag>/`` unless they are beneath the
        package root already.
    images : `~collections.abc.Iterable` [ `ImageRecord` ], optional
        Images.
    previous : `EupsTag`, optional
        Release that the change logs start at.

    Returns
    -------
    addition : `Addition`
        What `apply_addition` will do.

    Raises
    ------
    NotFoundError
        Raised if there is no such release or file.
    ProblemsError
        Raised if the document breaks its format, or would.
    """
    old = read_release(tag, store)
    new = old if previous is None else replace(old, previous=previous)
    folder = release_path(tag).removesuffix(".json")
    files = tuple((source, store.record(source, folder=folder)) for source in changelogs)
    for _, file in files:
        new = with_changelog(new, file)
    for image in images:
        new = with_image(new, image)
    # What we would not read we do not write.
    return Addition(old=old, new=parse_release(new.canonical(), source=release_path(tag)), files=files)


def apply_addition(addition: Addition, store: ReleaseStore) -> bool:
    """Add to a release.

    Parameters
    ----------
    addition : `Addition`
        As `plan_addition` returned it.
    store : `ReleaseStore`
        Where the release is.

    Returns
    -------
    is_changed : `bool`
        False if all of it was there before; then the document is left alone.
    """
    for source, file in addition.files:
        store.publish(source, file)
    if addition.new == addition.old:
        return False
    store.write_document(release_path(addition.new.tag), addition.new.canonical())
    return True
