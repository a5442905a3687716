from __future__ import annotations

from lsstinstall.core.buildmanifests import ManifestProduct
from lsstinstall.core.names import ProductName
from lsstinstall.core.versions import EupsVersion
from rubin_releng.core.buildkinds import SourceKind
from rubin_releng.core.pkginfos import format_installed_pkginfo, format_source_pkginfo
from tests.support.sources import fake_commit

AFW = ManifestProduct(
    name=ProductName("afw"), sha=fake_commit("afw"), version=EupsVersion("g1+2"), dependencies=()
)
URL = "https://example.org/afw"


def test_a_source_package_says_what_eups_asks_for() -> None:
    assert format_source_pkginfo(AFW, kind=SourceKind.GIT, repository=URL) == (
        "PRODUCT='afw'\nVERSION='g1+2'\nFLAVOR='generic'\nSOURCE='git'\n"
        f"SHA1='{AFW.sha}'\nREPOSITORY='{URL}'\nREPOVERSION='{AFW.sha}'\n"
    )


def test_an_installed_product_says_its_commit() -> None:
    assert format_installed_pkginfo(AFW, repository=URL) == (
        f"PRODUCT='afw'\nVERSION='g1+2'\nSHA1='{AFW.sha}'\nREPOSITORY='{URL}'\n"
    )


def test_a_quote_cannot_end_a_value() -> None:
    text = format_installed_pkginfo(AFW, repository="/home/o'neill/afw; rm -rf x")
    assert "REPOSITORY='/home/o%27neill/afw; rm -rf x'\n" in text
