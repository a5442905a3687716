"""Documents of the OCI image format: descriptors, configuration, manifest, index.

Written as OCI's image specification 1.1 says, in canonical JSON: the bytes
that a digest was computed of are never written a second time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NewType

from lsstinstall.core.errors import InvalidNameError
from lsstinstall.core.names import CondaSubdir

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "LAYOUT_VERSION",
    "Architecture",
    "Descriptor",
    "Digest",
    "ImageConfig",
    "ImagePlatform",
    "ImageSettings",
    "MediaType",
    "StoredBlob",
    "index_document",
    "manifest_document",
    "parse_digest",
]

Digest = NewType("Digest", str)
"""``sha256:`` and 64 lower-case hexadecimal digits."""

LAYOUT_VERSION = "1.0.0"
"""Of the folder format, in its file ``oci-layout``."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class MediaType(StrEnum):
    """What a blob is."""

    INDEX = "application/vnd.oci.image.index.v1+json"
    MANIFEST = "application/vnd.oci.image.manifest.v1+json"
    CONFIG = "application/vnd.oci.image.config.v1+json"
    LAYER = "application/vnd.oci.image.layer.v1.tar"
    LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
    LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd"


class Architecture(StrEnum):
    """What an image runs on, in OCI's (that is, Go's) words; always under Linux."""

    AMD64 = "amd64"
    ARM64 = "arm64"

    @property
    def platform(self) -> ImagePlatform:
        """The whole platform."""
        return ImagePlatform(os="linux", architecture=self.value)

    @property
    def subdir(self) -> CondaSubdir:
        """Conda's name of the same platform."""
        return CondaSubdir({"amd64": "linux-64", "arm64": "linux-aarch64"}[self.value])


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePlatform:
    """What an image says that it runs on.

    Parameters
    ----------
    os, architecture : `str`
        In OCI's words.
    """

    os: str
    architecture: str


def _no_annotations() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Descriptor:
    """Where a document points to another blob.

    Parameters
    ----------
    media_type : `str`
        One of `MediaType`, or what another program wrote.
    digest : `Digest`
        Of the blob.
    size_bytes : `int`
        Of the blob.
    annotations : `~collections.abc.Mapping` [ `str`, `str` ]
        Such as the tag.
    platform : `ImagePlatform` or `None`
        Of a manifest in an index.
    """

    media_type: str
    digest: Digest
    size_bytes: int
    annotations: Mapping[str, str] = field(default_factory=_no_annotations)
    platform: ImagePlatform | None = None

    def to_dict(self) -> dict[str, object]:
        """Write it as plain values.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            Without the parts that are empty.
        """
        data: dict[str, object] = {
            "mediaType": str(self.media_type),
            "digest": self.digest,
            "size": self.size_bytes,
        }
        if self.annotations:
            data["annotations"] = dict(self.annotations)
        if self.platform is not None:
            data["platform"] = {"os": self.platform.os, "architecture": self.platform.architecture}
        return data


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBlob:
    """A blob that was written.

    Parameters
    ----------
    digest : `Digest`
        Of all its bytes.
    size_bytes : `int`
        How many there are.
    """

    digest: Digest
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSettings:
    """What a container of an image starts with; what is empty comes from the image below.

    Parameters
    ----------
    user : `str`
        Number of a user, or ``user:group``.
    environment : `~collections.abc.Mapping` [ `str`, `str` ]
        Variables.
    entry_point : `tuple` [ `str`, ... ]
        Program in front of the command.
    command : `tuple` [ `str`, ... ]
        What runs if the caller names nothing.
    folder : `str`
        Where it starts, absolute.
    """

    user: str = ""
    environment: Mapping[str, str] = field(default_factory=_no_annotations)
    entry_point: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    folder: str = ""

    def over(self, below: Mapping[str, object]) -> dict[str, object]:
        """Put them over those of the image below.

        Parameters
        ----------
        below : `~collections.abc.Mapping` [ `str`, `object` ]
            Member ``config`` of its configuration.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            Without labels, which are about another image.
        """
        data = {key: value for key, value in below.items() if key != "Labels"}
        variables = dict(self.environment)
        inherited = below.get("Env")
        if isinstance(inherited, list):
            pairs = (str(text).partition("=") for text in inherited)
            variables = {**{name: value for name, _, value in pairs}, **variables}
        if self.entry_point:
            # A command is an argument of the entry point that it was written for.
            data.pop("Cmd", None)
        ours: dict[str, object] = {
            "User": self.user,
            "Env": [f"{name}={value}" for name, value in variables.items()],
            "Entrypoint": list(self.entry_point),
            "Cmd": list(self.command),
            "WorkingDir": self.folder,
        }
        return data | {key: value for key, value in ours.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageConfig:
    """What an image is beyond its files.

    Parameters
    ----------
    platform : `ImagePlatform`
        What it runs on.
    created : `str`
        RFC 3339, of the release and not of now.
    labels : `~collections.abc.Mapping` [ `str`, `str` ]
        For people and programs that search.
    diff_ids : `tuple` [ `Digest`, ... ]
        Of the layers before compression, the lowest first.
    history : `tuple` [ `str`, ... ]
        What made each layer that is ours.
    settings : `ImageSettings`
        What containers start with.
    below : `~collections.abc.Mapping` [ `str`, `object` ]
        Member ``config`` of the image below.
    past : `tuple` [ `~collections.abc.Mapping` [ `str`, `object` ], ... ]
        History of the image below, as it was found.
    """

    platform: ImagePlatform
    created: str
    labels: Mapping[str, str]
    diff_ids: tuple[Digest, ...]
    history: tuple[str, ...]
    settings: ImageSettings = field(default_factory=ImageSettings)
    below: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    past: tuple[Mapping[str, object], ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Write it as plain values.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            An OCI image configuration.
        """
        settings = self.settings.over(self.below)
        if self.labels:
            settings["Labels"] = dict(self.labels)
        made = [{"created": self.created, "created_by": one} for one in self.history]
        return {
            "architecture": self.platform.architecture,
            "os": self.platform.os,
            "created": self.created,
            "config": settings,
            "rootfs": {"type": "layers", "diff_ids": list(self.diff_ids)},
            "history": [*(dict(one) for one in self.past), *made],
        }


def parse_digest(text: str) -> Digest:
    """Read the digest of a blob.

    Parameters
    ----------
    text : `str`
        ``sha256:`` and 64 hexadecimal digits.

    Returns
    -------
    digest : `Digest`
        The same text.

    Raises
    ------
    InvalidNameError
        Raised if it has another form; other algorithms are not in use.
    """
    if _DIGEST.fullmatch(text) is None:
        raise InvalidNameError(
            f"`{text}` is not a digest", hint="expected `sha256:` and 64 hexadecimal digits"
        )
    return Digest(text)


def manifest_document(
    config: Descriptor, layers: tuple[Descriptor, ...], annotations: Mapping[str, str]
) -> dict[str, object]:
    """Write a manifest as plain values.

    Parameters
    ----------
    config : `Descriptor`
        Configuration.
    layers : `tuple` [ `Descriptor`, ... ]
        The lowest first.
    annotations : `~collections.abc.Mapping` [ `str`, `str` ]
        Of the whole image.

    Returns
    -------
    data : `dict` [ `str`, `object` ]
        An OCI image manifest.
    """
    return {
        "schemaVersion": 2,
        "mediaType": MediaType.MANIFEST.value,
        "config": config.to_dict(),
        "layers": [layer.to_dict() for layer in layers],
        "annotations": dict(annotations),
    }


def index_document(
    manifests: Iterable[Descriptor], annotations: Mapping[str, str] | None = None
) -> dict[str, object]:
    """Write an index as plain values.

    Parameters
    ----------
    manifests : `~collections.abc.Iterable` [ `Descriptor` ]
        In the order in which they are tried.
    annotations : `~collections.abc.Mapping` [ `str`, `str` ], optional
        Of the whole index.

    Returns
    -------
    data : `dict` [ `str`, `object` ]
        An OCI image index.
    """
    data: dict[str, object] = {
        "schemaVersion": 2,
        "mediaType": MediaType.INDEX.value,
        "manifests": [one.to_dict() for one in manifests],
    }
    return {**data, "annotations": dict(annotations)} if annotations else data
