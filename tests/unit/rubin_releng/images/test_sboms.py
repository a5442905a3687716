from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from rubin_releng.images.sboms import ListedPackage, make_sbom
from tests.support.releases import a_release

if TYPE_CHECKING:
    from lsstinstall.core.releases import Release

NUMPY = ListedPackage(
    name="numpy",
    version="2.3.4",
    build="py313_0",
    subdir="linux-64",
    url="https://example.org/linux-64/numpy.conda",
    digest="sha256:ab",
    license="BSD-3-Clause",
)
PLAIN = ListedPackage(name="_x", version="1", build="", subdir="noarch")


def sbom(*packages: ListedPackage, with_release: bool = True, release: Release | None = None) -> Any:
    release = release or (a_release() if with_release else None)
    data = make_sbom(
        name="lsst/x", created="2026-10-15T00:00:00Z", creator="t-1", packages=packages, release=release
    )
    return json.loads(data)


def by_id(document: Any) -> dict[str, Any]:
    return {one["SPDXID"]: one for one in document["packages"]}


def test_packages_and_products_are_listed_below_the_image() -> None:
    document = sbom(NUMPY)
    names = [one["name"] for one in document["packages"]]
    products = sorted(product.name for product in a_release().products)
    assert names == ["lsst/x", "numpy", *products]
    contained = [one for one in document["relationships"] if one["relationshipType"] == "CONTAINS"]
    assert len(contained) == 1 + len(products)
    known = {*by_id(document), "SPDXRef-DOCUMENT"}
    for one in document["relationships"]:
        assert {one["spdxElementId"], one["relatedSpdxElement"]} <= known


def test_a_conda_package_says_where_it_came_from() -> None:
    one = by_id(sbom(NUMPY, with_release=False))["SPDXRef-conda-numpy"]
    assert one["versionInfo"] == "2.3.4-py313_0"
    assert one["checksums"] == [{"algorithm": "SHA256", "checksumValue": "ab"}]
    assert one["licenseDeclared"] == "BSD-3-Clause"
    assert one["downloadLocation"] == NUMPY.url
    assert one["externalRefs"][0]["referenceLocator"] == "pkg:conda/numpy@2.3.4?build=py313_0&subdir=linux-64"


def test_what_is_not_known_is_not_asserted() -> None:
    document = sbom(PLAIN, with_release=False)
    (found,) = [one for one in document["packages"] if one["name"] == "_x"]
    assert found["SPDXID"].startswith("SPDXRef-conda--x-")
    assert found["versionInfo"] == "1"
    assert found["downloadLocation"] == found["licenseDeclared"] == "NOASSERTION"
    assert "checksums" not in found
    assert "versionInfo" not in document["packages"][0]


@pytest.mark.parametrize("text", ["Proprietary", "see file LICENSE", "BSD, MIT", "Other"])
def test_a_license_that_is_no_expression_is_a_comment(text: str) -> None:
    one = ListedPackage(name="x", version="1", build="0", subdir="noarch", license=text)
    found = by_id(sbom(one, with_release=False))["SPDXRef-conda-x"]
    assert found["licenseDeclared"] == "NOASSERTION"
    assert found["licenseComments"] == f"The package says: {text}"


@pytest.mark.parametrize("text", ["MIT OR Apache-2.0", "(MIT AND Zlib) OR GPL-2.0-only WITH x-exception"])
def test_a_license_expression_is_declared(text: str) -> None:
    one = ListedPackage(name="x", version="1", build="0", subdir="noarch", license=text)
    assert by_id(sbom(one, with_release=False))["SPDXRef-conda-x"]["licenseDeclared"] == text


def test_a_product_says_its_commit_and_dependencies() -> None:
    document = sbom()
    for product in a_release().products:
        one = by_id(document)[f"SPDXRef-eups-{product.name}"]
        assert one["sourceInfo"] == f"built from commit {product.commit}"
        is_shared = "://" in product.repository
        assert one["downloadLocation"].startswith("git+" if is_shared else "NOASSERTION")
        assert ("checksums" in one) == (product.source is not None)
        needed = [
            edge["relatedSpdxElement"].removeprefix("SPDXRef-eups-")
            for edge in document["relationships"]
            if edge["spdxElementId"] == one["SPDXID"] and edge["relationshipType"] == "DEPENDS_ON"
        ]
        assert needed == sorted(product.dependencies)


def test_a_product_that_was_never_shared_says_no_more_than_that() -> None:
    products = tuple(replace(one, repository="/srv/git/x", source=None) for one in a_release().products)
    found = by_id(sbom(release=a_release(products=products)))["SPDXRef-eups-afw"]
    assert found["downloadLocation"] == "NOASSERTION"
    assert "checksums" not in found
    assert "vcs_url" not in found["externalRefs"][0]["referenceLocator"]


def test_the_same_content_gives_the_same_bytes_in_any_order() -> None:
    assert sbom(NUMPY, PLAIN) == sbom(PLAIN, NUMPY)
    assert sbom(NUMPY)["documentNamespace"] != sbom(PLAIN)["documentNamespace"]


def test_two_versions_of_one_package_have_names_of_their_own() -> None:
    document = sbom(NUMPY, replace(NUMPY, version="1"), with_release=False)
    assert [one["SPDXID"] for one in document["packages"][1:]] == [
        "SPDXRef-conda-numpy",
        "SPDXRef-conda-numpy-2",
    ]


def test_a_document_has_what_the_schema_requires() -> None:
    document = sbom(NUMPY, PLAIN)
    required = {"SPDXID", "creationInfo", "dataLicense", "name", "spdxVersion", "documentNamespace"}
    assert required <= set(document)
    assert {"created", "creators"} <= set(document["creationInfo"])
    for one in document["packages"]:
        assert {"SPDXID", "downloadLocation", "name"} <= set(one)
        assert all({"algorithm", "checksumValue"} == set(each) for each in one.get("checksums", ()))
    names = [one["SPDXID"] for one in document["packages"]]
    assert len(set(names)) == len(names)
    for one in document["relationships"]:
        assert set(one) == {"spdxElementId", "relatedSpdxElement", "relationshipType"}
