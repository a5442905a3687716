"""Reads OCI documents, whichever program wrote them: keys that we do not know are fine."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.errors import InvalidNameError
from lsstinstall.core.jsonrecords import ANY_TEXT, WORD, AnyObject, read_record
from lsstinstall.core.shapes import Exactly, Items, Maybe, Record, Table, Text, Whole
from rubin_releng.core.ocidocuments import LAYOUT_VERSION, Descriptor, Digest, ImagePlatform, parse_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "FoundConfig",
    "FoundManifest",
    "read_config",
    "read_index",
    "read_manifest",
    "read_marker",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundManifest:
    """What a manifest leads to.

    Parameters
    ----------
    config : `Descriptor`
        Configuration.
    layers : `tuple` [ `Descriptor`, ... ]
        The lowest first.
    annotations : `~collections.abc.Mapping` [ `str`, `str` ]
        Of the whole image.
    subject : `Descriptor` or `None`
        What an attachment is about.
    artifact_type : `str`
        What it is, if it is no image.
    """

    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    subject: Descriptor | None = None
    artifact_type: str = ""

    @property
    def kind(self) -> str:
        """What it is: older ones say it by the type of their configuration."""
        return self.artifact_type or self.config.media_type


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundConfig:
    """What a configuration says that we check.

    Parameters
    ----------
    platform : `ImagePlatform`
        What the image runs on.
    diff_ids : `tuple` [ `Digest`, ... ]
        Of the layers before compression, the lowest first.
    history : `tuple` [ `~collections.abc.Mapping` [ `str`, `object` ], ... ] or `None`
        What made the layers, as it was found; `None` if nothing is said.
    settings : `~collections.abc.Mapping` [ `str`, `object` ]
        What containers start with, as it was found.
    """

    platform: ImagePlatform
    diff_ids: tuple[Digest, ...]
    history: tuple[Mapping[str, object], ...] | None = None
    settings: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def labels(self) -> Mapping[str, str]:
        """For people and programs that search."""
        found = self.settings.get("Labels")
        return MappingProxyType(
            {key: str(value) for key, value in found.items()} if isinstance(found, dict) else {}
        )

    @property
    def steps(self) -> int | None:
        """How many layers the history says there are; `None` if it says nothing."""
        if self.history is None:
            return None
        return sum(1 for step in self.history if step.get("empty_layer") is not True)


def read_index(data: bytes, *, source: str) -> tuple[Descriptor, ...]:
    """Read an image index, or ``index.json``.

    Parameters
    ----------
    data : `bytes`
        The whole document.
    source : `str`
        File name, for error messages only.

    Returns
    -------
    manifests : `tuple` [ `Descriptor`, ... ]
        In the order of the document; they may be indexes themselves.

    Raises
    ------
    FormatError
        Raised if it is not JSON.
    ProblemsError
        Raised if it is no index; holds every problem with its place.
    """
    return read_record(_INDEX, data, source=source, kind="an image index")


def read_manifest(data: bytes, *, source: str) -> FoundManifest:
    """Read an image manifest.

    Parameters
    ----------
    data : `bytes`
        The whole document.
    source : `str`
        Its digest, for error messages only.

    Returns
    -------
    manifest : `FoundManifest`
        What it leads to.

    Raises
    ------
    FormatError
        Raised if it is not JSON.
    ProblemsError
        Raised if it is no manifest; holds every problem with its place.
    """
    return read_record(_MANIFEST, data, source=source, kind="an image manifest")


def read_config(data: bytes, *, source: str) -> FoundConfig:
    """Read the configuration of an image.

    Parameters
    ----------
    data : `bytes`
        The whole document.
    source : `str`
        Its digest, for error messages only.

    Returns
    -------
    config : `FoundConfig`
        What we check of it.

    Raises
    ------
    FormatError
        Raised if it is not JSON.
    ProblemsError
        Raised if it is no configuration; holds every problem with its place.
    """
    return read_record(_CONFIG, data, source=source, kind="an image configuration")


def read_marker(data: bytes, *, source: str) -> None:
    """Read the file ``oci-layout``.

    Parameters
    ----------
    data : `bytes`
        The whole document.
    source : `str`
        File name, for error messages only.

    Raises
    ------
    FormatError
        Raised if it is not JSON.
    ProblemsError
        Raised if it is not that of a layout of version 1.0.0.
    """
    read_record(_MARKER, data, source=source, kind=f"the marker of an image layout {LAYOUT_VERSION}")


def _parse_layout_version(text: str) -> str:
    if text != LAYOUT_VERSION:
        raise InvalidNameError(f"`{text}` is not the version `{LAYOUT_VERSION}`")
    return text


def _make_descriptor(mediaType: str, digest: Digest, size: int, **rest: object) -> Descriptor:  # noqa: N803
    known = {key: value for key, value in rest.items() if value is not None}
    return Descriptor(media_type=mediaType, digest=digest, size_bytes=size, **known)  # type: ignore[arg-type]


def _make_manifest(
    config: Descriptor,
    layers: tuple[Descriptor, ...],
    annotations: Mapping[str, str] | None = None,
    subject: Descriptor | None = None,
    artifactType: str | None = None,  # noqa: N803 - a key of the format
    **_: object,
) -> FoundManifest:
    return FoundManifest(
        config=config,
        layers=layers,
        annotations=MappingProxyType(annotations or {}),
        subject=subject,
        artifact_type=artifactType or "",
    )


def _make_config(
    os: str,
    architecture: str,
    rootfs: tuple[Digest, ...],
    history: tuple[dict[str, object], ...] | None = None,
    config: dict[str, object] | None = None,
) -> FoundConfig:
    return FoundConfig(
        platform=ImagePlatform(os=os, architecture=architecture),
        diff_ids=rootfs,
        history=history,
        settings=MappingProxyType(config or {}),
    )


def _make_manifests(manifests: tuple[Descriptor, ...], **_: object) -> tuple[Descriptor, ...]:
    return manifests


def _make_diff_ids(diff_ids: tuple[Digest, ...], **_: object) -> tuple[Digest, ...]:
    return diff_ids


def _make_nothing(**_: object) -> None:
    return None


_DIGEST = Text(parse=parse_digest, pattern=r"^sha256:[0-9a-f]{64}$", description="a digest")
_PLATFORM = Record(
    name="platform", fields={"os": WORD, "architecture": WORD}, make=ImagePlatform, is_open=True
)
_DESCRIPTOR = Record(
    name="descriptor",
    fields={"mediaType": WORD, "digest": _DIGEST, "size": Whole(minimum=0)},
    optional={"annotations": Maybe(of=Table(keys=WORD, values=ANY_TEXT)), "platform": Maybe(of=_PLATFORM)},
    make=_make_descriptor,
    is_open=True,
)
_INDEX = Record(
    name="index",
    fields={"schemaVersion": Exactly(number=2), "manifests": Items(of=_DESCRIPTOR)},
    make=_make_manifests,
    is_open=True,
)
_MANIFEST = Record(
    name="manifest",
    fields={"schemaVersion": Exactly(number=2), "config": _DESCRIPTOR, "layers": Items(of=_DESCRIPTOR)},
    optional={
        "annotations": Maybe(of=Table(keys=WORD, values=ANY_TEXT)),
        "subject": Maybe(of=_DESCRIPTOR),
        "artifactType": Maybe(of=ANY_TEXT),
    },
    make=_make_manifest,
    is_open=True,
)
_ROOTFS = Record(
    name="rootfs",
    fields={"type": WORD, "diff_ids": Items(of=_DIGEST)},
    make=_make_diff_ids,
    is_open=True,
)
_CONFIG = Record(
    name="config",
    fields={"os": WORD, "architecture": WORD, "rootfs": _ROOTFS},
    optional={"history": Maybe(of=Items(of=AnyObject())), "config": Maybe(of=AnyObject())},
    make=_make_config,
    is_open=True,
)
_MARKER = Record(
    name="marker",
    fields={
        "imageLayoutVersion": Text(parse=_parse_layout_version, pattern=r"^1\.0\.0$", description="1.0.0")
    },
    make=_make_nothing,
    is_open=True,
)
