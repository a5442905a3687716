"""Images in the document of a release: by name, platform, digest and tags."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError, RefusedError
from lsstinstall.core.names import CondaSubdir
from lsstinstall.core.releaseadditions import with_image
from lsstinstall.core.releases import ImageRecord, parse_release
from rubin_releng.core.ocidocuments import Architecture

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lsstinstall.core.releases import Release
    from rubin_releng.core.ocidocuments import Descriptor, Digest

__all__ = ["NOARCH", "pushed_records", "record_images"]

NOARCH = CondaSubdir("noarch")
"""Platform of an index."""


def pushed_records(
    name: str,
    root: Digest,
    platforms: Sequence[Descriptor],
    names: Iterable[tuple[str, Digest]],
) -> tuple[ImageRecord, ...]:
    """Say how an image of a registry is recorded.

    Parameters
    ----------
    name : `str`
        Server and repository.
    root : `Digest`
        The image or the index.
    platforms : `~collections.abc.Sequence` [ `Descriptor` ]
        What it is for, each with its platform: of an index its images, of a
        single image itself.
    names : `~collections.abc.Iterable` [ `tuple` [ `str`, `Digest` ] ]
        Names that are to stay, and of what. Those that move are not recorded:
        next week they would be untrue.

    Returns
    -------
    images : `tuple` [ `ImageRecord`, ... ]
        The index first.

    Raises
    ------
    ConfigurationError
        Raised if an image is for a platform that no release is made for.
    """
    named = list(names)

    def tags(digest: Digest) -> tuple[str, ...]:
        return tuple(dict.fromkeys(tag for tag, found in named if found == digest))

    known = {one.platform: one.subdir for one in Architecture}
    records = []
    if root not in {one.digest for one in platforms}:
        records.append(ImageRecord(name=name, subdir=NOARCH, digest=root, tags=tags(root)))
    for one in platforms:
        subdir = None if one.platform is None else known.get(one.platform)
        if subdir is None:
            raise ConfigurationError(
                f"the image `{one.digest}` is for a platform that no release is made for",
                hint="leave out `--document`",
            )
        records.append(ImageRecord(name=name, subdir=subdir, digest=one.digest, tags=tags(one.digest)))
    return tuple(records)


def record_images(release: Release, images: Sequence[ImageRecord], *, may_replace: bool) -> Release:
    """Add images to a release.

    Parameters
    ----------
    release : `Release`
        Stays as it is.
    images : `~collections.abc.Sequence` [ `ImageRecord` ]
        Names of an image that is there already are added to those that it has.
    may_replace : `bool`
        Whether another image of that name and platform gives way.

    Returns
    -------
    release : `Release`
        With them; equal if all of it was there before.

    Raises
    ------
    RefusedError
        Raised if the release has another image.
    ProblemsError
        Raised if the document would break its format.
    """
    for image in images:
        before = next(
            (one for one in release.images if (one.name, one.subdir) == (image.name, image.subdir)), image
        )
        if before.digest == image.digest:
            tags = tuple(dict.fromkeys([*before.tags, *image.tags]))
            release = with_image(release, replace(image, tags=tags))
        elif may_replace:
            release = with_image(release, image)
        else:
            raise RefusedError(
                f"the release `{release.tag}` has another image `{image.name}` for `{image.subdir}`,"
                f" `{before.digest}`",
                hint="use `--replace` if the new one takes its place",
            )
    # What we would not read we do not write.
    return parse_release(release.canonical(), source="the new document")
