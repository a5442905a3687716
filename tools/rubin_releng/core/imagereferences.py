"""Names of images in registries: ``server/repository:tag`` and ``server/repository@digest``."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lsstinstall.core.errors import InvalidNameError, shown
from lsstinstall.core.releaseschemas import parse_image_tag
from rubin_releng.core.ocidocuments import parse_digest

if TYPE_CHECKING:
    from rubin_releng.core.ocidocuments import Digest

__all__ = ["ImageReference", "is_loopback", "looks_like_reference", "parse_reference"]

# example.org, example.org:5000, 127.0.0.1:5000, [::1]:5000
_SERVER = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
    r"|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?"
)
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*")
_LONGEST_REPOSITORY = 255
_HINT = "expected `server/repository:tag`, for example `example.org/lsst/scipipe:al9-w_2026_42`"
_LOOPBACK = re.compile(r"localhost|127(?:\.[0-9]{1,3}){3}|\[::1\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReference:
    """Where an image is.

    Parameters
    ----------
    server : `str`
        Host and possible port of the registry.
    repository : `str`
        Lower case, parts separated by slashes.
    tag : `str` or `None`
        Name within the repository.
    digest : `Digest` or `None`
        Of its manifest or index; counts more than the tag.
    """

    server: str
    repository: str
    tag: str | None = None
    digest: Digest | None = None

    @property
    def place(self) -> str:
        """Server and repository."""
        return f"{self.server}/{self.repository}"

    @property
    def selector(self) -> str | None:
        """What a registry is asked for; `None` if nothing is named."""
        return self.digest or self.tag

    def at(self, digest: Digest) -> ImageReference:
        """Name just this image of the repository.

        Parameters
        ----------
        digest : `Digest`
            Of its manifest or index.

        Returns
        -------
        reference : `ImageReference`
            Without a tag.
        """
        return replace(self, tag=None, digest=digest)

    def __str__(self) -> str:
        tag = "" if self.tag is None else f":{self.tag}"
        return f"{self.place}{tag}" + ("" if self.digest is None else f"@{self.digest}")


def parse_reference(text: str) -> ImageReference:
    """Read the name of an image.

    Parameters
    ----------
    text : `str`
        ``server/repository``, then ``:tag``, ``@digest``, both or neither.

    Returns
    -------
    reference : `ImageReference`
        Its parts.

    Raises
    ------
    InvalidNameError
        Raised if it is none. A name without a server is one, too: which
        registry it means differs from one machine to the next.
    """
    rest, at, digest = text.partition("@")
    server, slash, path = rest.partition("/")
    repository, colon, tag = path.partition(":")
    is_server = _SERVER.fullmatch(server) is not None and any(one in server for one in ".:")
    if not slash or not (is_server or server == "localhost"):
        raise InvalidNameError(f"`{shown(text)}` names no registry", hint=_HINT)
    if _REPOSITORY.fullmatch(repository) is None or len(repository) > _LONGEST_REPOSITORY:
        raise InvalidNameError(f"`{shown(repository)}` is no repository of a registry", hint=_HINT)
    return ImageReference(
        server=server,
        repository=repository,
        tag=parse_image_tag(tag) if colon else None,
        digest=parse_digest(digest) if at else None,
    )


def looks_like_reference(text: str) -> bool:
    """Tell a name of an image from a path.

    Parameters
    ----------
    text : `str`
        Anything.

    Returns
    -------
    is_reference : `bool`
        Whether it begins with a server that has a dot or a port.
    """
    try:
        parse_reference(text)
    except InvalidNameError:
        return False
    return True


def is_loopback(server: str) -> bool:
    """Tell whether a server is this machine, so that nobody listens on the way.

    Parameters
    ----------
    server : `str`
        Host and possible port.

    Returns
    -------
    is_loopback : `bool`
        Whether plain HTTP is as good as the encrypted one.
    """
    host = server if server.endswith("]") else re.sub(r":[0-9]+$", "", server)
    return _LOOPBACK.fullmatch(host) is not None
