"""What `image attach` writes itself, from the image or its layout."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from lsstinstall import __version__
from lsstinstall.adapters.files import read_bytes
from lsstinstall.core.errors import ConfigurationError, NotFoundError
from lsstinstall.core.releases import parse_release
from rubin_releng.adapters.compressors import GzipCodec, ZstdCodec
from rubin_releng.adapters.ocilayouts import OciLayout
from rubin_releng.commands.imagefolders import FOLDER
from rubin_releng.commands.imageprovenance import provenance_path
from rubin_releng.commands.imageregistries import platforms_below
from rubin_releng.core.attachmentdocuments import AttachmentKind
from rubin_releng.core.ocidocuments import MediaType
from rubin_releng.images.describer import (
    Description,
    describe_image,
    manifest_attachment,
    place_provenances,
)
from rubin_releng.images.layouts import read_layout
from rubin_releng.images.registryimages import open_image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from lsstinstall.core.releases import Release
    from rubin_releng.core.ocidocuments import Descriptor
    from rubin_releng.images.attacher import Attachment
    from rubin_releng.images.layouts import FoundImage
    from rubin_releng.images.ports import BlobStore, Codec
    from rubin_releng.images.registryports import Repository

__all__ = ["DescribeOptions", "describe_options", "made_attachments"]

F = TypeVar("F", bound="Callable[..., object]")


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeOptions:
    """What is to be written, as it was asked for.

    Parameters
    ----------
    sbom, packages, manifest, provenance : `bool`
        Which kinds.
    layout : `~pathlib.Path` or `None`
        Where the image is on this machine.
    release : `~pathlib.Path` or `None`
        Release document.
    name : `str` or `None`
        What the image is called; `None` for its repository.
    """

    sbom: bool
    packages: bool
    manifest: bool
    provenance: bool
    layout: Path | None
    release: Path | None
    name: str | None

    @classmethod
    def take(cls, values: Mapping[str, Any]) -> DescribeOptions:
        """Take them as click gives them.

        Parameters
        ----------
        values : `~collections.abc.Mapping`
            Just these options.

        Returns
        -------
        options : `DescribeOptions`
            As given.

        Raises
        ------
        ConfigurationError
            Raised if one of them says something of what is not asked for.
        """
        options = cls(**values)
        for name, is_given, is_used in (
            ("layout", options.layout, options.sbom or options.packages or options.provenance),
            ("release", options.release, options.sbom or options.manifest),
            ("name", options.name, options.sbom),
        ):
            if is_given is not None and not is_used:
                raise ConfigurationError(
                    f"nothing is made that `--{name}` is for", hint="add what is to be made, as `--sbom`"
                )
        return options

    @property
    def is_any(self) -> bool:
        """Whether anything is asked for."""
        return self.sbom or self.packages or self.manifest or self.provenance


def describe_options(function: F) -> F:
    """Add the options of `DescribeOptions` to a command.

    Parameters
    ----------
    function : `~collections.abc.Callable`
        The command.

    Returns
    -------
    function : `~collections.abc.Callable`
        The same, decorated.
    """
    file = click.Path(dir_okay=False, path_type=Path)
    for add in (
        click.option("--name", help="What the image is called in its SBOM [default: its repository]."),
        click.option("--release", type=file, help="Release document that knows the products."),
        click.option("--layout", type=FOLDER, help="Layout that the image was pushed from."),
        click.option("--provenance", is_flag=True, help="How it was made, as its build has noted."),
        click.option("--manifest", is_flag=True, help="The build manifest of the release."),
        click.option("--packages", is_flag=True, help="The exact list of its conda packages."),
        click.option("--sbom", is_flag=True, help="Its products and conda packages as SPDX 2.3."),
    ):
        function = add(function)
    return function


def made_attachments(
    repository: Repository, subject: Descriptor, wanted: DescribeOptions
) -> list[tuple[Descriptor, Attachment]]:
    """Write what is asked for.

    Parameters
    ----------
    repository : `Repository`
        Has the image.
    subject : `Descriptor`
        The image.
    wanted : `DescribeOptions`
        What to write.

    Returns
    -------
    attachments : `list` [ `tuple` [ `Descriptor`, `Attachment` ] ]
        What each is about, and what it is.

    Raises
    ------
    NotFoundError
        Raised if the layout does not have the image, or nothing is installed
        in it.
    ConfigurationError
        Raised if a kind needs a file that is not named.
    CorruptError
        Raised if something of it is damaged, or about another image.
    """
    release = None
    if wanted.release is not None:
        release = parse_release(read_bytes(wanted.release), source=str(wanted.release))
    platforms = platforms_below(repository, subject)
    found: list[tuple[Descriptor, Attachment]] = []
    if wanted.manifest:
        found.append((subject, manifest_attachment(release)))
    if wanted.provenance:
        found += _provenances(subject, platforms, wanted)
    if wanted.sbom or wanted.packages:
        found += _contents(repository, subject, platforms, wanted, release)
    return found


def _provenances(
    subject: Descriptor, platforms: Sequence[Descriptor], wanted: DescribeOptions
) -> tuple[tuple[Descriptor, Attachment], ...]:
    if wanted.layout is None:
        raise ConfigurationError(
            "only the build knows how the image was made",
            hint="name the layout that it wrote with `--layout`, or a file with `provenance=FILE`",
        )
    path = provenance_path(wanted.layout)
    return place_provenances(read_bytes(path), subject, platforms, source=str(path))


def _contents(
    repository: Repository,
    subject: Descriptor,
    platforms: Sequence[Descriptor],
    wanted: DescribeOptions,
    release: Release | None,
) -> Iterator[tuple[Descriptor, Attachment]]:
    codecs: Mapping[str, Codec] = {MediaType.LAYER_GZIP: GzipCodec(), MediaType.LAYER_ZSTD: ZstdCodec()}
    kinds = {
        kind
        for kind, is_wanted in (
            (AttachmentKind.SBOM, wanted.sbom),
            (AttachmentKind.PACKAGES, wanted.packages),
        )
        if is_wanted
    }
    description = Description(
        kinds=frozenset(kinds),
        name=wanted.name or repository.name.partition("/")[2],
        creator=f"lsstinstall-{__version__}",
        release=release,
    )
    for one in platforms or (subject,):
        image, store = _find(repository, one, wanted.layout)
        for attachment in describe_image(image, store, codecs, description):
            yield one, attachment


def _find(repository: Repository, one: Descriptor, layout: Path | None) -> tuple[FoundImage, BlobStore]:
    store: BlobStore = open_image(repository, one.digest) if layout is None else OciLayout.open(layout)
    for image in read_layout(store).images:
        if image.manifest.digest == one.digest:
            return image, store
    raise NotFoundError(
        f"the image `{one.digest}` is not in `{layout or repository.name}`",
        hint="name the layout that it was pushed from, or none",
    )
