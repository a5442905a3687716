"""Writes what lies beside an image from what is in it: SBOM, package list, manifest, provenance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.attestations import parse_statement
from lsstinstall.core.buildmanifests import BuildManifest, ManifestProduct
from lsstinstall.core.errors import ConfigurationError, CorruptError, NotFoundError
from lsstinstall.core.jsontexts import parse_json
from rubin_releng.core.attachmentdocuments import AttachmentKind
from rubin_releng.core.ocidocuments import Architecture
from rubin_releng.images.attacher import Attachment
from rubin_releng.images.contents import read_contents
from rubin_releng.images.sboms import explicit_text, make_sbom

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lsstinstall.core.releases import Release
    from rubin_releng.core.ocidocuments import Descriptor
    from rubin_releng.images.layouts import FoundImage
    from rubin_releng.images.ports import BlobStore, Codec

__all__ = ["Description", "describe_image", "manifest_attachment", "place_provenances"]

_BEGINNING = "1970-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What is to be written.

    Parameters
    ----------
    kinds : `frozenset` [ `AttachmentKind` ]
        ``sbom``, ``packages`` or both.
    name : `str`
        What the image is called.
    creator : `str`
        Name and version of the tool.
    release : `Release` or `None`
        Knows more of the products than the image.
    """

    kinds: frozenset[AttachmentKind]
    name: str
    creator: str
    release: Release | None = None


def describe_image(
    image: FoundImage, store: BlobStore, codecs: Mapping[str, Codec], wanted: Description
) -> tuple[Attachment, ...]:
    """Write what is in an image of one platform.

    Parameters
    ----------
    image : `FoundImage`
        The image.
    store : `BlobStore`
        Where its layers are.
    codecs : `~collections.abc.Mapping` [ `str`, `Codec` ]
        By media type of layers.
    wanted : `Description`
        What to write.

    Returns
    -------
    attachments : `tuple` [ `Attachment`, ... ]
        The same for the same image.

    Raises
    ------
    CorruptError
        Raised if a layer or a record in it is damaged.
    NotFoundError
        Raised if nothing is installed in the image that could be listed.
    """
    contents = read_contents(image, store, codecs)
    platform = _platform(image)
    stem = f"{wanted.name.rpartition('/')[2]}-{platform}"
    if not contents.packages and AttachmentKind.PACKAGES in wanted.kinds:
        raise NotFoundError(f"there is no conda package in the image `{image.manifest.digest}`")
    if not (contents.packages or contents.products or wanted.release):
        raise NotFoundError(
            f"there is neither a conda package nor a product in the image `{image.manifest.digest}`"
        )

    def write() -> Iterator[Attachment]:
        if AttachmentKind.SBOM in wanted.kinds:
            document = make_sbom(
                name=wanted.name,
                created=_created(image, store),
                creator=wanted.creator,
                packages=contents.packages,
                release=wanted.release,
                products=contents.products,
            )
            yield Attachment(kind=AttachmentKind.SBOM, title=f"{stem}.spdx.json", content=document)
        if AttachmentKind.PACKAGES in wanted.kinds:
            text = explicit_text(contents.packages, platform=platform)
            yield Attachment(kind=AttachmentKind.PACKAGES, title=f"{stem}.txt", content=text.encode())

    return tuple(write())


def manifest_attachment(release: Release | None) -> Attachment:
    """Write the build manifest of a release.

    Parameters
    ----------
    release : `Release` or `None`
        Its products with commits, versions and dependencies.

    Returns
    -------
    attachment : `Attachment`
        As versiondb has it.

    Raises
    ------
    ConfigurationError
        Raised if there is no release, or it does not name its build.
    """
    if release is None or release.build is None:
        problem = "no release document" if release is None else f"`{release.tag}` names no build"
        raise ConfigurationError(
            f"the build manifest cannot be written: {problem}",
            hint="name the document with `--release`, or the manifest with `manifest=FILE`",
        )
    manifest = BuildManifest(
        build=release.build,
        products=tuple(
            ManifestProduct(
                name=one.name, sha=one.commit, version=one.version, dependencies=tuple(one.dependencies)
            )
            for one in release.products
        ),
    )
    content = manifest.format().encode()
    return Attachment(kind=AttachmentKind.MANIFEST, title=f"{release.build}.txt", content=content)


def place_provenances(
    data: bytes, root: Descriptor, platforms: Sequence[Descriptor], *, source: str
) -> tuple[tuple[Descriptor, Attachment], ...]:
    """Find which image each provenance of a build belongs to.

    Parameters
    ----------
    data : `bytes`
        Statements, one on each line, as builds write them.
    root : `Descriptor`
        The image as it is pushed: an index if there are several platforms.
    platforms : `~collections.abc.Sequence` [ `Descriptor` ]
        The images that it joins.
    source : `str`
        File name, for error messages only.

    Returns
    -------
    attachments : `tuple` [ `tuple` [ `Descriptor`, `Attachment` ], ... ]
        What is about the whole goes beside the whole, the rest beside single
        platforms.

    Raises
    ------
    CorruptError
        Raised if none is about this image.
    """
    found = []
    for number, line in enumerate(data.splitlines(keepends=True), start=1):
        statement = parse_statement(line, source=f"{source}, line {number}")
        about = [one for one in (root, *platforms) if statement.is_about(one.digest)]
        attachment = Attachment(kind=AttachmentKind.PROVENANCE, title="provenance.json", content=line)
        found += [(one, attachment) for one in (about[:1] if about[:1] == [root] else about)]
    if not found:
        raise CorruptError(
            f"nothing in `{source}` is about the image `{root.digest}`",
            hint="it belongs to another build; build the image again",
        )
    return tuple(found)


def _platform(image: FoundImage) -> str:
    said = image.settings.platform
    known = {one.platform: str(one.subdir) for one in Architecture}
    return known.get(said, f"{said.os}-{said.architecture}")


def _created(image: FoundImage, store: BlobStore) -> str:
    data = parse_json(b"".join(store.read(image.config.digest)), source=image.config.digest)
    created = data.get("created") if isinstance(data, dict) else None
    return created if isinstance(created, str) and created else _BEGINNING
