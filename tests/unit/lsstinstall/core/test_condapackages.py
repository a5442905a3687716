from __future__ import annotations

import pytest

from lsstinstall.core.condapackages import (
    CondaPackage,
    DigestKind,
    PackageDigest,
    parse_package_file,
)
from lsstinstall.core.errors import InvalidNameError
from lsstinstall.core.names import CondaSubdir


def test_a_name_may_hold_hyphens_while_version_and_build_do_not() -> None:
    package = parse_package_file("rubin-env-nosysroot-13.0.1-py313h8c4ab30_6.conda", subdir="linux-64")
    assert package == CondaPackage(
        name="rubin-env-nosysroot",
        version="13.0.1",
        build="py313h8c4ab30_6",
        subdir=CondaSubdir("linux-64"),
        extension=".conda",
    )


@pytest.mark.parametrize(
    "file_name",
    [
        "_libgcc_mutex-0.1-conda_forge.tar.bz2",
        "x264-1!164.3095-h166bdaf_2.tar.bz2",
        "zlib-1.3.1+g1-h_0.conda",
    ],
)
def test_a_file_name_survives_reading(file_name: str) -> None:
    assert parse_package_file(file_name, subdir="noarch").file_name == file_name


@pytest.mark.parametrize(
    "file_name",
    [
        "zlib-1.3.1.conda",
        "zlib-1.3.1-h0_0.zip",
        "zlib-1.3.1-h0_0",
        "-1.3.1-h0_0.conda",
        "z lib-1-h0_0.conda",
        "",
    ],
)
def test_other_files_are_refused(file_name: str) -> None:
    with pytest.raises(InvalidNameError, match="is no name of a conda package"):
        parse_package_file(file_name, subdir="linux-64")


def test_a_folder_that_is_no_platform_is_refused() -> None:
    with pytest.raises(InvalidNameError, match="`Linux64` is not a conda platform"):
        parse_package_file("zlib-1.3.1-h0_0.conda", subdir="Linux64")


def test_digests_are_told_apart_by_their_length() -> None:
    assert PackageDigest.parse("a" * 32) == PackageDigest(kind=DigestKind.MD5, value="a" * 32)
    assert PackageDigest.parse("b" * 64) == PackageDigest(kind=DigestKind.SHA256, value="b" * 64)


@pytest.mark.parametrize("text", ["a" * 32, "sha256:" + "b" * 64])
def test_a_digest_survives_reading(text: str) -> None:
    assert str(PackageDigest.parse(text)) == text


@pytest.mark.parametrize("text", ["", "a" * 31, "A" * 32, "sha256:" + "a" * 32, "md5:" + "a" * 32, "g" * 64])
def test_a_digest_is_hexadecimal_and_complete(text: str) -> None:
    with pytest.raises(InvalidNameError, match="is no digest of a package"):
        PackageDigest.parse(text)
