"""The release as one value: everything that one tag names, with its digests."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ProblemsError
from lsstinstall.core.jsontexts import canonical_json, decode_json, locate, parse_json
from lsstinstall.core.names import Sha256
from lsstinstall.core.releasechecks import find_contradictions
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
from lsstinstall.core.releaseschemas import SCHEMA_ID, SCHEMA_VERSION, release_fields
from lsstinstall.core.shapes import BrokenError, Reading, Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.core.names import ProductName
    from lsstinstall.core.tags import BuildId, EupsTag, TagKind

__all__ = [
    "SCHEMA_VERSION",
    "EnvironmentRecord",
    "FileRecord",
    "GitTagRecord",
    "ImageRecord",
    "LockRecord",
    "MakerRecord",
    "PlatformRecord",
    "PlatformState",
    "ProductRecord",
    "Release",
    "parse_release",
    "release_schema",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Everything that one tag names.

    Parameters
    ----------
    tag : `EupsTag`
        Its EUPS tag.
    build : `BuildId` or `None`
        Build manifest that it was published from.
    previous : `EupsTag` or `None`
        Release that its change log starts at.
    products : `tuple` [ `ProductRecord`, ... ]
        In the build manifest's order.
    environment : `EnvironmentRecord` or `None`
        rubin-env and its locks.
    images : `tuple` [ `ImageRecord`, ... ]
        By name, then platform.
    changelogs : `tuple` [ `FileRecord`, ... ]
        By path.
    git_tags : `tuple` [ `GitTagRecord`, ... ]
        By repository, then tag.
    platforms : `tuple` [ `PlatformRecord`, ... ]
        By platform.
    maker : `MakerRecord`
        Who and what made it.
    """

    tag: EupsTag
    build: BuildId | None = None
    previous: EupsTag | None = None
    products: tuple[ProductRecord, ...] = ()
    environment: EnvironmentRecord | None = None
    images: tuple[ImageRecord, ...] = ()
    changelogs: tuple[FileRecord, ...] = ()
    git_tags: tuple[GitTagRecord, ...] = ()
    platforms: tuple[PlatformRecord, ...] = ()
    maker: MakerRecord

    @property
    def kind(self) -> TagKind:
        """Kind of the release, which its tag tells."""
        return self.tag.kind

    @property
    def by_name(self) -> Mapping[ProductName, ProductRecord]:
        """Products by name, in their order."""
        return MappingProxyType({product.name: product for product in self.products})

    @property
    def files(self) -> tuple[FileRecord, ...]:
        """Every file that is named, once, in the order of the document."""
        packages = [
            file
            for product in self.products
            for package in (product.source, *product.binaries.values())
            if package is not None
            for file in (package, package.index)
            if file is not None
        ]
        locks = [] if self.environment is None else [lock.file for lock in self.environment.locks.values()]
        return tuple({file.path: file for file in (*packages, *locks, *self.changelogs)}.values())

    def to_dict(self) -> dict[str, object]:
        """Write it as plain values.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            As the schema says; sequences keep their order.
        """
        return {
            "schema": SCHEMA_VERSION,
            "tag": str(self.tag),
            "kind": self.kind.value,
            "build": self.build,
            "previous": None if self.previous is None else str(self.previous),
            "products": [product.to_dict() for product in self.products],
            "environment": None if self.environment is None else self.environment.to_dict(),
            "images": [image.to_dict() for image in self.images],
            "changelogs": [file.to_dict() for file in self.changelogs],
            "git_tags": [git_tag.to_dict() for git_tag in self.git_tags],
            "platforms": [platform.to_dict() for platform in self.platforms],
            "maker": self.maker.to_dict(),
        }

    def canonical(self) -> bytes:
        """Write the document in the one form that is published.

        Returns
        -------
        data : `bytes`
            Canonical JSON: keys sorted, no blanks, UTF-8, a final line feed.
        """
        return canonical_json(self.to_dict())

    def digest(self) -> Sha256:
        """Compute the digest of the published form.

        Returns
        -------
        digest : `Sha256`
            Of `canonical`.
        """
        return Sha256(hashlib.sha256(self.canonical()).hexdigest())


def parse_release(data: str | bytes, *, source: str) -> Release:
    """Read a release document, whoever wrote it.

    Parameters
    ----------
    data : `str` or `bytes`
        The whole document; it need not be in canonical form.
    source : `str`
        File name or URL, for error messages only.

    Returns
    -------
    release : `Release`
        Its sequences have the document's order.

    Raises
    ------
    FormatError
        Raised if it is not JSON, or was written for a newer schema.
    ProblemsError
        Raised if it breaks the schema or contradicts itself; holds every
        problem with its place and JSON path, in the order of the text.
    """
    text = decode_json(data, source=source)
    value = parse_json(text, source=source)
    _refuse_newer(value, text, source)
    reading = Reading()
    try:
        release = _RELEASE.read(value, (), reading)
    except BrokenError:
        release = None
    problems = [*reading.problems, *find_contradictions(value)]
    if release is None or problems:
        raise ProblemsError(f"`{source}` is not a release document", locate(text, problems, source=source))
    return release


def release_schema() -> dict[str, object]:
    """Write the schema of release documents.

    Returns
    -------
    schema : `dict` [ `str`, `object` ]
        JSON Schema, draft 2020-12. What no schema can say, such as that every
        dependency is a product of the release, only `parse_release` checks.
    """
    definitions: dict[str, object] = {}
    whole = _RELEASE.definition(definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "Release of the Rubin/LSST Science Pipelines",
        **whole,
        "$defs": definitions,
    }


def _refuse_newer(value: object, text: str, source: str) -> None:
    """Say it once, not once for each key that the newer schema added."""
    found = value.get("schema") if isinstance(value, dict) else None
    if isinstance(found, int) and found > SCHEMA_VERSION:
        problem = f"the document has schema {found}, and we read up to {SCHEMA_VERSION}"
        (error,) = locate(text, [(("schema",), problem)], source=source)
        error.hint = "install a newer version of lsstinstall"
        raise error


def _make_release(**fields: object) -> Release:
    """Leave out what a `Release` knows by itself."""
    return Release(**{key: value for key, value in fields.items() if key not in {"schema", "kind"}})  # type: ignore[arg-type]


_RELEASE = Record(name="release", fields=release_fields(), make=_make_release)
