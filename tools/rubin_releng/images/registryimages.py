"""Images in a registry, read as if they were in a layout."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.errors import NotFoundError, RefusedError
from lsstinstall.core.jsontexts import canonical_json
from rubin_releng.core.ocidocuments import LAYOUT_VERSION, Descriptor, MediaType, index_document
from rubin_releng.core.ocireading import read_index
from rubin_releng.images.layouts import TAG_ANNOTATION, survey_layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rubin_releng.core.ocidocuments import Digest, StoredBlob
    from rubin_releng.images.ports import BlobStore
    from rubin_releng.images.registryports import Repository

__all__ = ["RegistryStore", "open_image"]

_DEEPEST = 4


class RegistryStore:
    """One image of a registry, to be read like a layout.

    Parameters
    ----------
    repository : `Repository`
        Where it is.
    root : `Descriptor`
        The image.
    documents : `~collections.abc.Mapping` [ `Digest`, `bytes` ]
        Its manifests and indexes.
    """

    def __init__(self, repository: Repository, root: Descriptor, documents: Mapping[Digest, bytes]) -> None:
        self.root = root
        self.repository = repository
        self._documents = documents

    def read(self, digest: Digest) -> Iterator[bytes]:
        """Read a document or a blob.

        Parameters
        ----------
        digest : `Digest`
            Its name.

        Yields
        ------
        piece : `bytes`
            In order.
        """
        known = self._documents.get(digest)
        if known is None:
            yield from self.repository.read_blob(digest)
        else:
            yield known

    def read_index(self) -> bytes:
        """Read the index that a layout of this image would have.

        Returns
        -------
        data : `bytes`
            With one entry.
        """
        return canonical_json(index_document([self.root]))

    def read_marker(self) -> bytes:
        """Read the marker that a layout would have.

        Returns
        -------
        data : `bytes`
            Of the version that we write.
        """
        return canonical_json({"imageLayoutVersion": LAYOUT_VERSION})

    def sizes(self) -> Mapping[str, int]:
        """List the blobs of the image, since registries do not tell what else they keep.

        Returns
        -------
        sizes : `~collections.abc.Mapping` [ `str`, `int` ]
            As its documents say.
        """
        blobs = survey_layout(self)[0].blobs.values()
        return MappingProxyType({one.digest.partition(":")[2]: one.size_bytes for one in blobs})

    def write(self, pieces: Iterable[bytes]) -> StoredBlob:
        """Refuse to write.

        Parameters
        ----------
        pieces : `~collections.abc.Iterable` [ `bytes` ]
            Not looked at.

        Raises
        ------
        RefusedError
            Always.
        """
        raise self._refusal(pieces)

    def adopt(self, digest: Digest, *, source: BlobStore) -> None:
        """Refuse to write.

        Parameters
        ----------
        digest, source
            Not looked at.

        Raises
        ------
        RefusedError
            Always.
        """
        raise self._refusal(digest, source)

    def remove(self, name: str) -> None:
        """Refuse to write.

        Parameters
        ----------
        name : `str`
            Not looked at.

        Raises
        ------
        RefusedError
            Always.
        """
        raise self._refusal(name)

    def write_index(self, data: bytes) -> None:
        """Refuse to write.

        Parameters
        ----------
        data : `bytes`
            Not looked at.

        Raises
        ------
        RefusedError
            Always.
        """
        raise self._refusal(data)

    def _refusal(self, *_: object) -> RefusedError:
        return RefusedError(f"`{self.repository.name}` is only read here", hint="push to change it")


def open_image(repository: Repository, selector: str) -> RegistryStore:
    """Read the documents of an image.

    Parameters
    ----------
    repository : `Repository`
        Where it is.
    selector : `str`
        Tag or digest.

    Returns
    -------
    store : `RegistryStore`
        Its layers are read when they are asked for.

    Raises
    ------
    NotFoundError
        Raised if there is no such image, or a part of it is missing.
    CorruptError
        Raised if an index is not what it should be.
    """
    found = repository.read_document(selector)
    if found is None:
        raise NotFoundError(f"there is no image `{selector}` in `{repository.name}`", hint="check the tag")
    tag = {} if ":" in selector else {TAG_ANNOTATION: selector}
    root = Descriptor(
        media_type=found.media_type,
        digest=found.digest,
        size_bytes=len(found.content),
        annotations=MappingProxyType(tag),
    )
    documents = {found.digest: found.content}
    _follow(repository, root, found.content, documents, depth=0)
    return RegistryStore(repository, root, documents)


def _follow(
    repository: Repository, entry: Descriptor, content: bytes, documents: dict[Digest, bytes], *, depth: int
) -> None:
    if entry.media_type != MediaType.INDEX or depth == _DEEPEST:
        return
    for inner in read_index(content, source=entry.digest):
        if inner.digest in documents or inner.media_type not in {MediaType.INDEX, MediaType.MANIFEST}:
            continue
        found = repository.read_document(inner.digest)
        if found is None:
            raise NotFoundError(f"the image `{entry.digest}` in `{repository.name}` lacks `{inner.digest}`")
        documents[inner.digest] = found.content
        _follow(repository, inner, found.content, documents, depth=depth + 1)
