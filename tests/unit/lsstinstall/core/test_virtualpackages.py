from __future__ import annotations

import pytest

from lsstinstall.core.errors import InvalidNameError
from lsstinstall.core.names import CondaSubdir
from lsstinstall.core.virtualpackages import (
    VirtualPackage,
    assumed_virtual_packages,
    override_virtual_packages,
    parse_virtual_package,
)


@pytest.mark.parametrize("text", ["glibc=2.34", "_glibc=2.34", "__glibc=2.34"])
def test_the_underscores_may_be_left_out(text: str) -> None:
    assert parse_virtual_package(text) == VirtualPackage(name="__glibc", version="2.34")


def test_a_build_may_follow_the_version() -> None:
    assert parse_virtual_package("archspec=1=zen4") == VirtualPackage(
        name="__archspec", version="1", build="zen4"
    )


@pytest.mark.parametrize("text", ["glibc", "glibc=", "=2.34", "GLIBC=2", "glibc=2=3=4", "gl ibc=2"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(InvalidNameError, match="is no virtual package"):
        parse_virtual_package(text)


def test_a_platform_of_ours_has_a_floor_and_others_have_nothing() -> None:
    assert {one.name for one in assumed_virtual_packages(CondaSubdir("linux-64"))} == {
        "__unix",
        "__linux",
        "__glibc",
        "__archspec",
    }
    assert assumed_virtual_packages(CondaSubdir("win-64")) == ()


def test_what_a_user_says_replaces_what_is_assumed() -> None:
    merged = override_virtual_packages(
        assumed_virtual_packages(CondaSubdir("osx-arm64")),
        [parse_virtual_package("osx=15.1"), parse_virtual_package("cuda=12")],
    )
    assert [(one.name, one.version) for one in merged] == [
        ("__unix", "0"),
        ("__osx", "15.1"),
        ("__archspec", "1"),
        ("__cuda", "12"),
    ]
