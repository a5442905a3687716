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

    from lsstinstall.core.releases import ProductRecord, Release

__all__ = ["ListedPackage", "make_sbom"]

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


def make_sbom(
    *, name: str, created: str, creator: str, packages: Sequence[ListedPackage], release: Release | None
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

    Returns
    -------
    document : `bytes`
        SPDX 2.3 as canonical JSON; the same for any order of the packages.
    """
    listed = [
        _conda_package(one) for one in sorted(packages, key=lambda one: (one.name, one.version, one.build))
    ]
    products = [] if release is None else sorted(release.products, key=lambda one: one.name)
    listed += [_product(one) for one in products]
    image = _package("image", name, "" if release is None else str(release.tag), {})
    relationships = [_relationship("SPDXRef-DOCUMENT", "DESCRIBES", str(image["SPDXID"]))]
    relationships += [_relationship(str(image["SPDXID"]), "CONTAINS", str(one["SPDXID"])) for one in listed]
    for product in products:
        relationships += [
            _relationship(_identifier("eups", product.name), "DEPENDS_ON", _identifier("eups", needed))
            for needed in sorted(set(product.dependencies))
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


def _conda_package(one: ListedPackage) -> dict[str, object]:
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
    return _package("conda", one.name, version, {**more, **_reference(locator)})


def _product(one: ProductRecord) -> dict[str, object]:
    more: dict[str, object] = {
        "downloadLocation": f"git+{one.repository}@{one.commit}" if "://" in one.repository else _UNKNOWN,
        "sourceInfo": f"built from commit {one.commit}",
    }
    if one.source is not None:
        more["checksums"] = [{"algorithm": "SHA256", "checksumValue": one.source.sha256}]
    locator = f"pkg:generic/{quote(one.name)}@{quote(one.version)}"
    if "://" in one.repository:
        address = quote("git+" + one.repository + "@" + one.commit, safe="")
        locator += f"?vcs_url={address}"
    return _package("eups", one.name, one.version, {**more, **_reference(locator)})


def _package(kind: str, name: str, version: str, more: dict[str, object]) -> dict[str, object]:
    data: dict[str, object] = {
        "SPDXID": _identifier(kind, name),
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


def _identifier(kind: str, name: str) -> str:
    # Two names may differ only in signs that an identifier cannot have.
    plain = _NOT_IDENTIFIER.sub("-", name)
    mark = "" if plain == name else f"-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    return f"SPDXRef-{kind}-{plain}{mark}"


def _relationship(one: str, kind: str, other: str) -> dict[str, object]:
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
