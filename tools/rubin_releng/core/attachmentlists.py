"""Lists of what lies beside an image: a registry's own, or the index under a tag that is set aside for it.

Format: "Listing Referrers" and "Referrers Tag Schema" of OCI's distribution specification 1.1.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.errors import CorruptError
from lsstinstall.core.jsontexts import canonical_json, parse_json
from rubin_releng.core.ocidocuments import Descriptor, Digest, MediaType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "FoundAttachment",
    "attachment_entry",
    "extend_index",
    "fallback_tag",
    "join_indexes",
    "missing_from",
    "own_tag",
    "read_attachments",
]

_OWN_DIGITS = 32

# Others may use algorithms that we do not.
_DIGEST = re.compile(r"[a-z0-9]+(?:[+._-][a-z0-9]+)*:[A-Za-z0-9=_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAttachment:
    """Something beside an image.

    Parameters
    ----------
    artifact_type : `str`
        What it is; empty if nobody says.
    digest : `Digest`
        Of its manifest.
    annotations : `~collections.abc.Mapping` [ `str`, `str` ]
        Of its manifest.
    """

    artifact_type: str
    digest: Digest
    annotations: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def fallback_tag(digest: Digest) -> str:
    """Name the index of attachments where a registry keeps none itself.

    Parameters
    ----------
    digest : `Digest`
        Of the image.

    Returns
    -------
    tag : `str`
        As the distribution specification says.
    """
    return digest.replace(":", "-")


def own_tag(subject: Digest, attachment: Digest) -> str:
    """Name an attachment itself where a registry keeps no list.

    Parameters
    ----------
    subject : `Digest`
        Of the image.
    attachment : `Digest`
        Of the attachment's manifest.

    Returns
    -------
    tag : `str`
        Nobody else writes it, unlike the fallback tag, which it begins with;
        as long as a tag may be, it holds half of the digest.
    """
    return f"{fallback_tag(subject)}.{attachment.partition(':')[2][:_OWN_DIGITS]}"


def attachment_entry(content: bytes, *, subject: Digest, source: str) -> dict[str, object] | None:
    """Describe an attachment as lists do.

    Parameters
    ----------
    content : `bytes`
        Its manifest.
    subject : `Digest`
        The image beside which it should be.
    source : `str`
        Where it came from, for error messages only.

    Returns
    -------
    entry : `dict` [ `str`, `object` ] or `None`
        A descriptor with type and annotations; `None` if it is about
        something else.

    Raises
    ------
    FormatError
        Raised if it is no JSON.
    """
    data = parse_json(content, source=source)
    about = data.get("subject") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(about, dict) or about.get("digest") != subject:
        return None
    digest = Digest(f"sha256:{hashlib.sha256(content).hexdigest()}")
    return {
        **Descriptor(media_type=MediaType.MANIFEST, digest=digest, size_bytes=len(content)).to_dict(),
        "artifactType": data.get("artifactType") or _config_type(data),
        "annotations": data.get("annotations", {}),
    }


def missing_from(content: bytes | None, tags: Iterable[str], *, subject: Digest) -> tuple[str, ...]:
    """Find attachments that have a tag of their own and are not in the index under the fallback tag.

    Parameters
    ----------
    content : `bytes` or `None`
        The index; `None` if there is none.
    tags : `~collections.abc.Iterable` [ `str` ]
        Of the repository.
    subject : `Digest`
        The image.

    Returns
    -------
    missing : `tuple` [ `str`, ... ]
        Tags of these attachments, in the order given.

    Raises
    ------
    CorruptError
        Raised if it is no index.
    """
    listed = () if content is None else read_attachments(content, source=fallback_tag(subject))
    known = {own_tag(subject, one.digest) for one in listed}
    shape = re.compile(rf"{fallback_tag(subject)}\.[0-9a-f]{{{_OWN_DIGITS}}}")
    return tuple(tag for tag in tags if shape.fullmatch(tag) and tag not in known)


def extend_index(
    content: bytes | None, added: Sequence[dict[str, object]], *, source: str
) -> dict[str, object]:
    """Add entries to the index under a fallback tag.

    Parameters
    ----------
    content : `bytes` or `None`
        The index as it is; `None` if there is none.
    added : `~collections.abc.Sequence` [ `dict` [ `str`, `object` ] ]
        Descriptors to add; those of others stay as they are.
    source : `str`
        Where it came from, for error messages only.

    Returns
    -------
    data : `dict` [ `str`, `object` ]
        The new index.

    Raises
    ------
    CorruptError
        Raised if it is no index.
    """
    empty: dict[str, object] = {"schemaVersion": 2, "mediaType": MediaType.INDEX.value, "manifests": []}
    data = empty if content is None else _index(content, source)
    return {**data, "manifests": [*_entries(data, source), *added]}


def join_indexes(first: bytes | None, second: bytes, *, source: str) -> bytes:
    """Join two pages of one list of attachments.

    Parameters
    ----------
    first : `bytes` or `None`
        What was read so far.
    second : `bytes`
        The next page.
    source : `str`
        Where it came from, for error messages only.

    Returns
    -------
    content : `bytes`
        The second one as it is, if it is the only one.

    Raises
    ------
    CorruptError
        Raised if one is no index.
    """
    if first is None:
        return second
    data = _index(first, source)
    return canonical_json(
        {**data, "manifests": [*_entries(data, source), *_entries(_index(second, source), source)]}
    )


def read_attachments(content: bytes, *, source: str) -> tuple[FoundAttachment, ...]:
    """Read the list of what is beside an image.

    Parameters
    ----------
    content : `bytes`
        An index, from a registry or under a fallback tag.
    source : `str`
        Where it came from, for error messages only.

    Returns
    -------
    attachments : `tuple` [ `FoundAttachment`, ... ]
        In its order.

    Raises
    ------
    CorruptError
        Raised if it is no index, or an entry has no digest.
    """
    found = []
    for entry in _entries(_index(content, source), source):
        digest = entry.get("digest")
        if not isinstance(digest, str) or _DIGEST.fullmatch(digest) is None:
            raise CorruptError(f"`{source}` names `{digest}`, which is no digest")
        notes = entry.get("annotations")
        pairs = notes.items() if isinstance(notes, dict) else ()
        found.append(
            FoundAttachment(
                artifact_type=str(entry.get("artifactType", "")),
                digest=Digest(digest),
                annotations=MappingProxyType({str(key): str(value) for key, value in pairs}),
            )
        )
    return tuple(found)


def _index(content: bytes, source: str) -> dict[str, object]:
    data = parse_json(content, source=source)
    if not isinstance(data, dict):
        raise CorruptError(f"`{source}` is no index of attachments")
    return data


def _config_type(data: dict[str, object]) -> str:
    """Say what an artifact is that does not say so itself, as the specification wants it."""
    config = data.get("config")
    return str(config.get("mediaType", "")) if isinstance(config, dict) else ""


def _entries(data: dict[str, object], source: str) -> list[dict[str, object]]:
    entries = data.get("manifests")
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise CorruptError(f"`{source}` is no index of attachments")
    return entries
