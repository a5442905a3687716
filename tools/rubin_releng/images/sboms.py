"""What is in an image, as SPDX 2.3: products of the release and conda packages."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from lsstinstall.core.jsontexts import canonical_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.core.releases import Release

__all__ = ["ListedPackage", "ListedProduct", "explicit_text", "make_sbom"]

_NAMESPACE = "https://spdx.org/spdxdocs"
_NOT_IDENTIFIER = re.compile(r"[^A-Za-z0-9.-]+")
_UNKNOWN = "NOASSERTION"
# SPDX wants an expression of known names; what is not surely one is a comment.
_EXPRESSION = re.compile(r"\(?[A-Za-z0-9.+-]+(?: (?:AND|OR|WITH) \(?[A-Za-z0-9.+-]+\)?)*\)?")
_CUSTOM = re.compile(r"(?i)proprietary|custom|other|public.?domain|unknown|see ")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPackage:
    """One conda package.

    Parameters
    ----------
    name, version, build, subdir : `str`
        As the channel names it.
    url : `str`
        Where it came from; empty if nobody knows.
    digest : `str`
        ``sha256:...`` or ``md5:...``; empty if nobody knows.
    license : `str`
        As the package says it; empty if it says nothing.
    """

    name: str
    version: str
    build: str
    subdir: str
    url: str = ""
    digest: str = ""
    license: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedProduct:
    """One EUPS product.

    Parameters
    ----------
    name, version : `str`
        As EUPS declares it.
    commit, repository : `str`
        What it was built from; empty if nobody knows.
    source_sha256 : `str`
        Of its source package; empty if nobody knows.
    dependencies : `tuple` [ `str`, ... ]
        Products that it needs directly.
    """

    name: str
    version: str
    commit: str = ""
    repository: str = ""
    source_sha256: str = ""
    dependencies: tuple[str, ...] = ()


def explicit_text(packages: Sequence[ListedPackage], *, platform: str) -> str:
    """Write the exact list of packages.

    Parameters
    ----------
    packages : `~collections.abc.Sequence` [ `ListedPackage` ]
        Of an environment.
    platform : `str`
        Conda's name of it.

    Returns
    -------
    text : `str`
        As ``conda create --file`` takes it, with digests; packages that do not
        say where they came from are comments.
    """
    lines = [f"# platform: {platform}", f"# packages: {len(packages)}", "@EXPLICIT"]
    for one in sorted(packages, key=lambda one: (one.name, one.version, one.build)):
        kind, _, value = one.digest.partition(":")
        mark = {"sha256": f"#sha256:{value}", "md5": f"#{value}"}.get(kind, "")
        lines.append(f"{one.url}{mark}" if one.url else f"# no address: {one.name} {one.version} {one.build}")
    return "\n".join(lines) + "\n"


def make_sbom(
    *,
    name: str,
    created: str,
    creator: str,
    packages: Sequence[ListedPackage],
    release: Release | None,
    products: Sequence[ListedProduct] = (),
) -> bytes:
    """Write an SPDX document.

    Parameters
    ----------
    name : `str`
        Of the image.
    created : `str`
        RFC 3339 in UTC: the time of the release, since the same content shall
        give the same bytes.
    creator : `str`
        Name and version of the tool.
    packages : `~collections.abc.Sequence` [ `ListedPackage` ]
        Of the environment.
    release : `Release` or `None`
        Whose products are in the image.
    products : `~collections.abc.Sequence` [ `ListedProduct` ], optional
        What the image itself says of its products; those of the release tell
        more, and those that the release has not are listed, too.

    Returns
    -------
    document : `bytes`
        SPDX 2.3 as canonical JSON; the same for any order of the packages.
    """
    known = _Identifiers()
    conda = [
        _conda_package(one, known)
        for one in sorted(packages, key=lambda one: (one.name, one.version, one.build, one.subdir))
    ]
    chosen = _merged_products(release, products)
    named = [(one, known.take("eups", one.name)) for one in chosen]
    identifiers = {one.name: identifier for one, identifier in named}
    listed = conda + [_product(one, identifier) for one, identifier in named]
    image = _package("SPDXRef-image", name, "" if release is None else str(release.tag), {})
    image["primaryPackagePurpose"] = "CONTAINER"
    relationships = [_relationship("SPDXRef-DOCUMENT", "DESCRIBES", str(image["SPDXID"]))]
    relationships += [_relationship(str(image["SPDXID"]), "CONTAINS", str(one["SPDXID"])) for one in listed]
    for product, identifier in named:
        relationships += [
            _relationship(identifier, "DEPENDS_ON", identifiers[needed])
            for needed in sorted(set(product.dependencies))
            if needed in identifiers
        ]
    document: dict[str, object] = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": name,
        "creationInfo": {"created": created, "creators": [f"Tool: {creator}"]},
        "packages": [image, *listed],
        "relationships": relationships,
    }
    digest = hashlib.sha256(canonical_json(document)).hexdigest()
    return canonical_json({**document, "documentNamespace": f"{_NAMESPACE}/{quote(name, safe='')}-{digest}"})


class _Identifiers:
    """Gives each thing a name of its own: two environments may have one package in two versions."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, kind: str, name: str) -> str:
        """Name one thing."""
        # Two names may differ only in signs that an identifier cannot have.
        plain = _NOT_IDENTIFIER.sub("-", name)
        mark = "" if plain == name else f"-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
        first = identifier = f"SPDXRef-{kind}-{plain}{mark}"
        number = 1
        while identifier in self._taken:
            number += 1
            identifier = f"{first}-{number}"
        self._taken.add(identifier)
        return identifier


def _merged_products(release: Release | None, products: Sequence[ListedProduct]) -> list[ListedProduct]:
    found = {(one.name, one.version): one for one in products}
    for record in () if release is None else release.products:
        found[record.name, record.version] = ListedProduct(
            name=record.name,
            version=record.version,
            commit=record.commit,
            repository=record.repository,
            source_sha256="" if record.source is None else record.source.sha256,
            dependencies=tuple(record.dependencies),
        )
    return [found[key] for key in sorted(found)]


def _conda_package(one: ListedPackage, known: _Identifiers) -> dict[str, object]:
    kind, _, value = one.digest.partition(":")
    version = f"{one.version}-{one.build}" if one.build else one.version
    more: dict[str, object] = {"downloadLocation": one.url or _UNKNOWN}
    if value:
        more["checksums"] = [{"algorithm": kind.upper(), "checksumValue": value}]
    if _EXPRESSION.fullmatch(one.license) and not _CUSTOM.search(one.license):
        more["licenseDeclared"] = one.license
    elif one.license:
        more["licenseComments"] = f"The package says: {one.license}"
    qualifiers = f"build={quote(one.build)}&subdir={quote(one.subdir)}"
    locator = f"pkg:conda/{quote(one.name)}@{quote(one.version)}?{qualifiers}"
    identifier = known.take("conda", one.name)
    return _package(identifier, one.name, version, {**more, **_reference(locator)})


def _product(one: ListedProduct, identifier: str) -> dict[str, object]:
    has_source = "://" in one.repository and bool(one.commit)
    address = f"git+{one.repository}@{one.commit}"
    more: dict[str, object] = {"downloadLocation": address if has_source else _UNKNOWN}
    if one.commit:
        more["sourceInfo"] = f"built from commit {one.commit}"
    if one.source_sha256:
        more["checksums"] = [{"algorithm": "SHA256", "checksumValue": one.source_sha256}]
    locator = f"pkg:generic/{quote(one.name)}@{quote(one.version)}"
    if has_source:
        locator += f"?vcs_url={quote(address, safe='')}"
    return _package(identifier, one.name, one.version, {**more, **_reference(locator)})


def _package(identifier: str, name: str, version: str, more: dict[str, object]) -> dict[str, object]:
    data: dict[str, object] = {
        "SPDXID": identifier,
        "name": name,
        "downloadLocation": _UNKNOWN,
        "filesAnalyzed": False,
        "licenseConcluded": _UNKNOWN,
        "licenseDeclared": _UNKNOWN,
        "copyrightText": _UNKNOWN,
        **more,
    }
    return {**data, "versionInfo": version} if version else data


def _reference(locator: str) -> dict[str, object]:
    reference = {
        "referenceCategory": "PACKAGE-MANAGER",
        "referenceType": "purl",
        "referenceLocator": locator,
    }
    return {"externalRefs": [reference]}


def _relationship(one: str, kind: str, other: str) -> dict[str, object]:
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
