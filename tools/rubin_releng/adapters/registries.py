"""Image registries, as OCI's distribution specification 1.1 describes them."""

from __future__ import annotations

import hashlib
import random
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

import requests

from lsstinstall.adapters.webanswers import PassingError, reason_of
from lsstinstall.core.errors import CorruptError, DeniedError, NotFoundError, RefusedError
from rubin_releng.adapters.registrylists import list_tags, read_referrers
from rubin_releng.adapters.registryuploads import send_blob
from rubin_releng.core.ocidocuments import Digest, MediaType
from rubin_releng.core.registrydocuments import FoundDocument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rubin_releng.adapters.registrysessions import RegistrySession

__all__ = ["RegistryRepository"]

_PIECE_BYTES = 1 << 20
_DOCKER = "application/vnd.docker.distribution.manifest"
_DOCUMENTS = f"{MediaType.INDEX}, {MediaType.MANIFEST}, {_DOCKER}.list.v2+json, {_DOCKER}.v2+json"
_MAYBE = frozenset({200, 404})

_SETTLING_SECONDS = (0.1, 0.3)


class RegistryRepository:
    """One repository of a registry; may be used by several threads.

    Parameters
    ----------
    session : `RegistrySession`
        To its server.
    repository : `str`
        Its name there.
    is_written : `bool`, optional
        Whether we come to write, which asks for another token.
    """

    def __init__(self, session: RegistrySession, repository: str, *, is_written: bool = False) -> None:
        self.name = f"{session.server}/{repository}"
        self._session = session
        self._path = f"/v2/{repository}"
        self._scope = f"repository:{repository}:{'pull,push' if is_written else 'pull'}"

    def __repr__(self) -> str:
        return f"RegistryRepository({self.name!r})"

    def has_blob(self, digest: Digest) -> bool:
        """Tell whether a blob is there.

        Parameters
        ----------
        digest : `Digest`
            Its name.

        Returns
        -------
        is_there : `bool`
            As the server says.
        """
        response = self._session.ask("HEAD", f"{self._path}/blobs/{digest}", scope=self._scope, good=_MAYBE)
        return response.status_code == HTTPStatus.OK

    def mount_blob(self, digest: Digest, source: str) -> bool:
        """Take a blob from another repository of the server.

        Parameters
        ----------
        digest : `Digest`
            Its name.
        source : `str`
            The other repository.

        Returns
        -------
        is_there : `bool`
            `False` if the server has it not there, or gives it not to us.
        """
        url = f"{self._path}/blobs/uploads/?mount={digest}&from={source}"
        scope = f"{self._scope} repository:{source}:pull"
        try:
            response = self._session.ask("POST", url, scope=scope, good=frozenset({201, 202}))
        except (DeniedError, NotFoundError):
            return False
        if response.status_code == HTTPStatus.CREATED:
            self._check_said(response, digest)
            return True
        # The server began an upload instead, which nobody will go on with.
        location = response.headers.get("Location", "")
        try:
            self._session.ask("DELETE", location, scope=self._scope, good=frozenset({204, 404, 405}))
        except DeniedError:
            return False
        return False

    def write_blob(self, digest: Digest, size_bytes: int, read: Callable[[], Iterator[bytes]]) -> int:
        """Upload a blob; goes on where a connection broke.

        Parameters
        ----------
        digest : `Digest`
            Its name.
        size_bytes : `int`
            How large it is.
        read : `~collections.abc.Callable`
            Reads it from its beginning.

        Returns
        -------
        sent : `int`
            Bytes, repetitions included.

        Raises
        ------
        UnavailableError
            Raised if the server does not answer.
        CorruptError
            Raised if it says that it stored something else.
        """
        response, sent = send_blob(
            self._session, self._path, self._scope, digest=digest, size_bytes=size_bytes, read=read
        )
        if response is not None:
            self._check_said(response, digest)
        elif not self.has_blob(digest):
            raise CorruptError(f"the registry has not kept the blob `{digest}`")
        return sent

    def read_blob(self, digest: Digest, size_bytes: int | None = None) -> Iterator[bytes]:
        """Read a blob; goes on where a connection broke.

        Parameters
        ----------
        digest : `Digest`
            Its name.
        size_bytes : `int`, optional
            How large it has to be.

        Yields
        ------
        piece : `bytes`
            In order.

        Raises
        ------
        CorruptError
            Raised, after the last piece, if it is not what its name says.
        NotFoundError
            Raised if it is not there.
        """
        content, offset, failures = hashlib.sha256(), 0, 0
        while True:
            try:
                for piece in self._read_from(digest, offset):
                    offset += len(piece)
                    failures = 0
                    content.update(piece)
                    if size_bytes is not None and offset > size_bytes:
                        break
                    yield piece
                break
            except PassingError as error:
                self._session.wait(error, failures)
                failures += 1
        if size_bytes is not None and offset != size_bytes:
            told = "more" if offset > size_bytes else str(offset)
            raise CorruptError(
                f"the registry gives {told} bytes for the blob `{digest}` instead of {size_bytes}"
            )
        found = f"sha256:{content.hexdigest()}"
        if found != digest:
            raise CorruptError(f"the registry gives `{found}` for the blob `{digest}`")

    def read_document(self, selector: str) -> FoundDocument | None:
        """Read a manifest or an index.

        Parameters
        ----------
        selector : `str`
            Tag or digest.

        Returns
        -------
        document : `FoundDocument` or `None`
            `None` if there is none.

        Raises
        ------
        CorruptError
            Raised if it has another digest than was asked for, or than the
            server says.
        """
        response = self._session.ask(
            "GET",
            f"{self._path}/manifests/{selector}",
            scope=self._scope,
            headers={"Accept": _DOCUMENTS},
            good=_MAYBE,
        )
        if response.status_code != HTTPStatus.OK:
            return None
        digest = _digest_of(response.content)
        if ":" in selector and selector != digest:
            raise CorruptError(f"the registry gives `{digest}` for the image `{selector}`")
        self._check_said(response, digest)
        media_type = response.headers.get("Content-Type", "").partition(";")[0]
        return FoundDocument(media_type=media_type, digest=digest, content=response.content)

    def find_document(self, selector: str) -> Digest | None:
        """Tell the digest of a manifest or an index.

        Parameters
        ----------
        selector : `str`
            Tag or digest.

        Returns
        -------
        digest : `Digest` or `None`
            Computed, since the header is optional and may lie; `None` if
            there is none.
        """
        document = self.read_document(selector)
        return None if document is None else document.digest

    def write_document(self, selector: str, content: bytes, media_type: str) -> bool:
        """Store a manifest or an index.

        Parameters
        ----------
        selector : `str`
            Tag or digest.
        content : `bytes`
            The document.
        media_type : `str`
            What it is.

        Returns
        -------
        is_noted : `bool`
            Whether the server has noted its ``subject``.

        Raises
        ------
        CorruptError
            Raised if the server says that it stored something else.
        """
        response = self._session.ask(
            "PUT",
            f"{self._path}/manifests/{selector}",
            scope=self._scope,
            headers={"Content-Type": media_type},
            data=lambda: content,
            good=frozenset({200, 201, 202}),
        )
        self._check_said(response, _digest_of(content))
        return "OCI-Subject" in response.headers

    def referrers(self, digest: Digest) -> bytes | None:
        """Read the index of what refers to an image, page by page.

        Parameters
        ----------
        digest : `Digest`
            The image.

        Returns
        -------
        index : `bytes` or `None`
            `None` if the server keeps none, so that one has to be written
            under the fallback tag.
        """
        return read_referrers(self._session, self._path, self._scope, digest)

    def settle(self) -> None:
        """Wait for a moment, since a tag can be neither locked nor written on a condition."""
        # Different for each, or those that met would meet again.
        time.sleep(random.uniform(*_SETTLING_SECONDS))  # noqa: S311

    def tags(self) -> tuple[str, ...]:
        """List all tags, page by page.

        Returns
        -------
        tags : `tuple` [ `str`, ... ]
            Sorted; none for a repository that is not there yet.
        """
        return list_tags(self._session, self._path, self._scope)

    def tags_beginning(self, prefix: str) -> tuple[str, ...]:
        """List the tags with a beginning; reads few pages of servers that list in order.

        Parameters
        ----------
        prefix : `str`
            How they begin, two characters or more.

        Returns
        -------
        tags : `tuple` [ `str`, ... ]
            Sorted.
        """
        return list_tags(self._session, self._path, self._scope, prefix=prefix)

    def remove_tag(self, tag: str) -> None:
        """Remove a tag, and nothing else.

        Parameters
        ----------
        tag : `str`
            Which.

        Raises
        ------
        NotFoundError
            Raised if there is none.
        RefusedError
            Raised if the server can only remove images with all their tags.
        """
        if self.find_document(tag) is None:
            raise NotFoundError(f"there is no tag `{tag}` in `{self.name}`")
        response = self._session.ask(
            "DELETE",
            f"{self._path}/manifests/{tag}",
            scope=self._scope.replace(":pull,push", ":pull,push,delete"),
            good=frozenset({200, 202, 400, 405}),
        )
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            raise RefusedError(
                f"the registry of `{self.name}` removes no single tags",
                hint="move the tag to another image instead",
            )

    def _read_from(self, digest: Digest, offset: int) -> Iterator[bytes]:
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        url = f"{self._path}/blobs/{digest}"
        response = self._session.send(
            "GET", url, scope=self._scope, headers=headers, good=frozenset({200, 206, 416})
        )
        with response:
            if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                return
            # A server that knows no ranges sends all of it once more.
            skip = offset if response.status_code == HTTPStatus.OK else 0
            try:
                for piece in response.iter_content(_PIECE_BYTES):
                    rest = piece[skip:]
                    skip = max(0, skip - len(piece))
                    if rest:
                        yield rest
            except requests.RequestException as error:
                raise PassingError(reason_of(error)) from error

    def _check_said(self, response: requests.Response, digest: Digest) -> None:
        said = response.headers.get("Docker-Content-Digest", digest)
        if said != digest:
            raise CorruptError(f"the registry says `{said}` of what is `{digest}`")


def _digest_of(content: bytes) -> Digest:
    return Digest(f"sha256:{hashlib.sha256(content).hexdigest()}")
