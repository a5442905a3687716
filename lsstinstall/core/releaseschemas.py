"""The grammar of release documents: which keys, which texts, which numbers."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from lsstinstall.core.errors import InvalidNameError
from lsstinstall.core.names import parse_git_sha, parse_product_name, parse_sha256, parse_subdir
from lsstinstall.core.releaserecords import (
    EnvironmentRecord,
    FileRecord,
    GitTagRecord,
    ImageRecord,
    LockRecord,
    MakerRecord,
    PlatformRecord,
    PlatformState,
    ProductRecord,
)
from lsstinstall.core.shapes import Choice, Exactly, Items, Maybe, Record, Shape, Table, Text, Whole
from lsstinstall.core.tags import EupsTag, TagKind, parse_build_id
from lsstinstall.core.versions import parse_eups_version

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "SCHEMA_ID",
    "SCHEMA_VERSION",
    "parse_file_path",
    "parse_image_tag",
    "parse_time",
    "release_fields",
]

SCHEMA_VERSION = 1
"""Of the documents that we write; newer ones are refused."""

SCHEMA_ID = "urn:lsstinstall:schema:release:1"
"""Name of the schema; a name and no address, for it belongs to no server."""

# One or more path components, none of them empty, `.` or `..`, and nothing
# that a terminal, a URL or another system could take for something else.
_FILE_PATH = r"^(?!.*(?:^|/)\.{0,2}(?:/|$))[^\x00-\x1f\x7f\\]+$"
_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?Z$"
# `https://user:password@host/` must not get into a public document.
_REPOSITORY = r"^(?![A-Za-z+]+://[^/@]*:[^/]*@)[^\s\x00-\x1f]+(?: [^\s\x00-\x1f]+)*$"
_LINE = r"^[^\s\x00-\x1f]+(?: +[^\s\x00-\x1f]+)*$"


def _matching(pattern: str, kind: str, expected: str) -> Text[str]:
    compiled = re.compile(pattern)

    def parse(text: str) -> str:
        # `$` would take a line feed at the end.
        if compiled.fullmatch(text) is None:
            raise InvalidNameError(f"`{text}` is not {kind}", hint=f"expected {expected}")
        return text

    return Text(parse=parse, pattern=pattern, description=f"{kind}: {expected}")


_PATH_TEXT = _matching(
    _FILE_PATH, "a path inside a package root", "relative, with `/`, without `.`, `..` or backslash"
)


def parse_file_path(text: str) -> str:
    """Read the path of a file of a release.

    Parameters
    ----------
    text : `str`
        For example ``src/products/afw-g1a2b3c4d5.tar.gz``.

    Returns
    -------
    path : `str`
        The same text.

    Raises
    ------
    InvalidNameError
        Raised if it is absolute, could leave the folder that it starts from,
        or holds control characters or a backslash.
    """
    return _PATH_TEXT.parse(text)


def parse_image_tag(text: str) -> str:
    """Read the tag of a container image.

    Parameters
    ----------
    text : `str`
        For example ``al9-w_2026_42``.

    Returns
    -------
    tag : `str`
        The same text.

    Raises
    ------
    InvalidNameError
        Raised if it is empty, too long, or holds what registries refuse: a
        slash, or the plus that EUPS versions have.
    """
    return _IMAGE_TAG.parse(text)


def parse_time(text: str) -> datetime:
    """Read a time of a release document.

    Parameters
    ----------
    text : `str`
        ``2026-10-15T02:11:09Z``, with six digits after the second if any.

    Returns
    -------
    time : `~datetime.datetime`
        UTC, aware.

    Raises
    ------
    InvalidNameError
        Raised if it is not in UTC, not in this form, or no time at all.
    """
    if re.fullmatch(_TIME, text) is not None:
        try:
            return datetime.fromisoformat(text)
        except ValueError as error:
            raise InvalidNameError(f"`{text}` is no time: {error}") from error
    raise InvalidNameError(f"`{text}` is not a time in UTC", hint="expected `2026-10-15T02:11:09Z`")


def _parse_fixed_tag(text: str) -> EupsTag:
    tag = EupsTag.parse(text)
    if tag.kind is TagKind.FLOATING:
        raise InvalidNameError(f"`{text}` moves and names no release")
    return tag


def _text(parse: Callable[[str], object], pattern: str, description: str) -> Text[object]:
    return Text(parse=parse, pattern=pattern, description=description)


_TAG = _text(_parse_fixed_tag, r"^[A-Za-z0-9_.-]+$", "an EUPS tag: `w_2026_42`, `v30_0_0_rc1`")
_BUILD = _text(parse_build_id, r"^b[0-9]+$", "a build id: `b8466`")
_PRODUCT = Text(parse=parse_product_name, pattern=r"^[A-Za-z0-9_]+$", description="an EUPS product")
_COMMIT = _text(parse_git_sha, r"^[0-9a-f]{40}$", "a git commit")
_VERSION = _text(parse_eups_version, r"^\S+$", "an EUPS version")
_SHA256 = _text(parse_sha256, r"^[0-9a-f]{64}$", "a SHA-256 digest")
_SUBDIR = Text(parse=parse_subdir, pattern=r"^([a-z]+-[a-z0-9_]+|noarch)$", description="a conda platform")
_DIGEST = _matching(r"^sha256:[0-9a-f]{64}$", "a digest", "`sha256:` and 64 hexadecimal digits")
_REPOSITORY_TEXT = _matching(_REPOSITORY, "a repository", "a URL without password, or a path")
_LINE_TEXT = _matching(_LINE, "one line of text", "words with single line and no blank at its ends")
_UTC = _text(parse_time, _TIME, "a time in UTC: `2026-10-15T02:11:09Z`")
_IMAGE_NAME = _matching(
    r"^[a-z0-9](?:[a-z0-9._:/-]*[a-z0-9])?$", "an image name", "`example.org/lsst/scipipe`"
)
_IMAGE_TAG = _matching(
    r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$", "an image tag", "up to 128 letters, digits, `.`, `_`, `-`"
)
_GIT_TAG = _matching(r"^[^\s\x00-\x1f\x7f~^:?*\[\\]+$", "a git tag", "`w.2026.42`")

_FILE = Record(
    name="file",
    fields={"path": _PATH_TEXT, "size_bytes": Whole(minimum=0), "sha256": _SHA256},
    make=FileRecord,
)
_PACKAGE = Record(name="package", fields=_FILE.fields, optional={"index": _FILE}, make=FileRecord)
_PRODUCT_RECORD = Record(
    name="product",
    fields={
        "name": _PRODUCT,
        "repository": _REPOSITORY_TEXT,
        "commit": _COMMIT,
        "version": _VERSION,
        "dependencies": Items(of=_PRODUCT),
        "source": Maybe(of=_FILE),
        "binaries": Table(keys=_SUBDIR, values=_PACKAGE),
    },
    make=ProductRecord,
)
_LOCK = Record(name="lock", fields={"file": _FILE, "packages": Whole(minimum=0)}, make=LockRecord)
_ENVIRONMENT = Record(
    name="environment",
    fields={"version": _LINE_TEXT, "locks": Table(keys=_SUBDIR, values=_LOCK)},
    make=EnvironmentRecord,
)
_IMAGE = Record(
    name="image",
    fields={"name": _IMAGE_NAME, "subdir": _SUBDIR, "digest": _DIGEST, "tags": Items(of=_IMAGE_TAG)},
    make=ImageRecord,
)
_GIT_TAG_RECORD = Record(
    name="git_tag",
    fields={"repository": _REPOSITORY_TEXT, "tag": _GIT_TAG, "commit": _COMMIT},
    make=GitTagRecord,
)
_REASON = _matching(r"^[^\x00]*\S[^\x00]*$", "a reason", "at least a word")
_PLATFORM = Record(
    name="platform",
    fields={"subdir": _SUBDIR, "state": Choice(words=PlatformState), "reason": Maybe(of=_REASON)},
    make=PlatformRecord,
)
_MAKER = Record(
    name="maker",
    fields={"tool": _LINE_TEXT, "host": _LINE_TEXT, "started": _UTC, "finished": _UTC},
    make=MakerRecord,
)


def release_fields() -> Mapping[str, Shape[object]]:
    """Name the keys of a release document with their shapes.

    Returns
    -------
    fields : `~collections.abc.Mapping` [ `str`, `Shape` ]
        All are required.
    """
    return {
        "schema": Exactly(number=SCHEMA_VERSION),
        "tag": _TAG,
        "kind": Choice(words=TagKind, barred=frozenset({TagKind.OTHER})),
        "build": Maybe(of=_BUILD),
        "previous": Maybe(of=_TAG),
        "products": Items(of=_PRODUCT_RECORD),
        "environment": Maybe(of=_ENVIRONMENT),
        "images": Items(of=_IMAGE),
        "changelogs": Items(of=_FILE),
        "git_tags": Items(of=_GIT_TAG_RECORD),
        "platforms": Items(of=_PLATFORM),
        "maker": _MAKER,
    }
