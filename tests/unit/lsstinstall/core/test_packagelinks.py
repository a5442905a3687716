from __future__ import annotations

import pytest

from lsstinstall.core.errors import CorruptError
from lsstinstall.core.packagelinks import check_link, may_lead_out


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("afw/1/lib/libafw.so", "libafw.so.1"),
        ("afw/1/lib/x", "../../../afw/1/y"),
        ("afw/1/x", "."),
        ("afw/1/ups/eupspkg", "/opt/build/eups/lib/eupspkg.sh"),
        ("afw/1/lib/libfftw3.so", "/opt/conda/lib/libfftw3.so.3"),
        ("afw/1/lib/libfftw3.3.dylib", "/opt/conda/lib/libfftw3.dylib"),
    ],
)
def test_links_inside_and_those_of_builds_are_fine(path: str, target: str) -> None:
    check_link(path, target)


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("afw/1/x", ""),
        ("afw/1/x", "/etc/passwd"),
        ("afw/1/x", "../../.."),
        ("afw/1/x", "../../../x"),
        ("afw/1/ups/eupspkg", "/etc/passwd"),
        ("afw/1/data", "/opt/conda/lib/libfftw3.so.3"),
        ("afw/1/lib/libfftw3.so", "/etc/passwd"),
        ("afw/1/lib/libfftw3.so", "../../../../lib/libfftw3.so"),
    ],
)
def test_links_out_of_the_package_are_refused(path: str, target: str) -> None:
    with pytest.raises(CorruptError, match="which is outside"):
        check_link(path, target)


def test_only_links_of_builds_may_lead_out() -> None:
    assert may_lead_out("ups/eupspkg", "/eups/lib/eupspkg.sh")
    assert not may_lead_out("lib/x", "y")
