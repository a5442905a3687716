"""Lists that a registry gives page by page: tags, and what refers to an image."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from lsstinstall.core.jsontexts import parse_json
from rubin_releng.core.attachmentlists import join_indexes
from rubin_releng.core.ocidocuments import MediaType

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

    from rubin_releng.adapters.registrysessions import RegistrySession
    from rubin_releng.core.ocidocuments import Digest

__all__ = ["list_tags", "read_referrers"]

_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?')
_MAYBE = frozenset({200, 404})
# How servers of before version 1.1 answer what they do not know.
_UNKNOWN = frozenset({200, 400, 404, 405, 406})


def list_tags(session: RegistrySession, path: str, scope: str, *, prefix: str = "") -> tuple[str, ...]:
    """List the tags of a repository, or those with a beginning.

    Parameters
    ----------
    session : `RegistrySession`
        To its server.
    path, scope : `str`
        Where it is there, and what is asked for with a token.
    prefix : `str`, optional
        How they begin; of a server that lists in order, only the pages with
        such tags are read.

    Returns
    -------
    tags : `tuple` [ `str`, ... ]
        Sorted; none for a repository that is not there yet.
    """
    found: set[str] = set()
    # What comes just before the first one need not be there itself.
    after = prefix[:-1]
    for page in _tag_pages(session, path, scope, after):
        found.update(name for name in page if name.startswith(prefix))
        # A server that does not look at `last` begins with names before it.
        if after and page and min(page) > after and max(page)[: len(prefix)] > prefix:
            break
    return tuple(sorted(found))


def read_referrers(session: RegistrySession, path: str, scope: str, digest: Digest) -> bytes | None:
    """Read the index of what refers to an image.

    Parameters
    ----------
    session : `RegistrySession`
        To its server.
    path, scope : `str`
        Where the repository is there, and what is asked for with a token.
    digest : `Digest`
        The image.

    Returns
    -------
    index : `bytes` or `None`
        `None` if the server keeps none.
    """
    content: bytes | None = None
    accept = {"Accept": MediaType.INDEX.value}
    for response in _pages(session, f"{path}/referrers/{digest}", scope, _UNKNOWN, accept):
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if response.status_code != HTTPStatus.OK or kind != MediaType.INDEX:
            break
        content = join_indexes(content, response.content, source=f"{session.server}{path} (attachments)")
    return content


def _tag_pages(session: RegistrySession, path: str, scope: str, after: str) -> Iterator[list[str]]:
    url = f"{path}/tags/list"
    good = _UNKNOWN if after else _MAYBE
    for response in _pages(session, f"{url}?last={after}" if after else url, scope, good):
        if response.status_code == HTTPStatus.OK:
            content = parse_json(response.content, source=f"{session.server}{path} (tags)")
            names = content.get("tags") if isinstance(content, dict) else None
            yield [str(name) for name in (names if isinstance(names, list) else ())]
        elif after:
            # Some servers know no tag of that name, and so nothing that comes after it.
            yield from _tag_pages(session, path, scope, "")


def _pages(
    session: RegistrySession,
    url: str | None,
    scope: str,
    good: frozenset[int],
    headers: dict[str, str] | None = None,
) -> Iterator[requests.Response]:
    seen: set[str] = set()
    while url is not None and url not in seen:
        seen.add(url)
        response = session.ask("GET", url, scope=scope, headers=headers, good=good)
        yield response
        match = _NEXT.search(response.headers.get("Link", ""))
        url = match[1] if match and response.status_code == HTTPStatus.OK else None
