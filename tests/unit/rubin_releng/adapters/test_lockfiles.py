from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.condapackages import parse_package_file
from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.virtualpackages import VirtualPackage
from rubin_releng.adapters.lockfiles import read_lock_file, recorded_channel
from rubin_releng.adapters.matchspecs import RattlerMatcher

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("channel", "url"),
    [
        ("https://example.org/conda/", "https://example.org/conda"),
        ("https://me:secret@example.org/conda", "https://example.org/conda"),
        ("https://example.org/t/to-ken/conda", "https://example.org/conda"),
        ("/a b/c", "file:///a%20b/c"),
    ],
)
def test_a_channel_is_recorded_without_its_secrets(channel: str, url: str) -> None:
    assert recorded_channel(channel) == url


def test_a_channel_may_be_a_name() -> None:
    url = recorded_channel("conda-forge")
    assert url.startswith("https://")
    assert url.endswith("/conda-forge")


def test_packages_stand_where_their_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "w.env"
    path.write_text(
        "# platform: linux-64\n@EXPLICIT\nhttps://x.example/c/noarch/a-1!2-h0_0.conda\n"
        "https://x.example/c/linux-64/b-1-h0_0.tar.bz2#00000000000000000000000000000000\n"
    )
    lock = read_lock_file(path)
    assert [lock.place(one) for one in lock.parts[0].packages] == [f"{path}:3", f"{path}:4"]
    assert lock.place(None) == f"{path}:1"


@pytest.mark.parametrize(
    ("spec", "matches"),
    [
        ("numpy", True),
        ("numpy >=2,<3.0a0", True),
        ("conda-forge::numpy 2.3.*", True),
        ("numpy * py313*", True),
        ("numpy[build_number='>=4']", False),
        ("numpy <2", False),
        ("scipy", False),
    ],
)
def test_specs_are_compared_with_packages(spec: str, matches: bool) -> None:  # noqa: FBT001 - of the table
    package = parse_package_file("numpy-2.3.4-py313hf6604e3_3.conda", subdir="linux-64")
    assert RattlerMatcher().matches(spec, package) is matches


def test_specs_are_compared_with_machines() -> None:
    glibc = VirtualPackage(name="__glibc", version="2.28")
    assert RattlerMatcher().matches("__glibc >=2.17,<3.0.a0", glibc)
    assert not RattlerMatcher().matches("__glibc >=2.34", glibc)


def test_a_spec_that_is_none_is_told() -> None:
    with pytest.raises(ConfigurationError, match="cannot read"):
        RattlerMatcher().matches("numpy >=[", VirtualPackage(name="__unix", version="0"))
