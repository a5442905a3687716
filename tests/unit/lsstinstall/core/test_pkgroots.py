from __future__ import annotations

import pytest

from lsstinstall.core.errors import ConfigurationError, CorruptError
from lsstinstall.core.names import Flavor, ProductName
from lsstinstall.core.pkgroots import (
    SOURCE_CONFIG,
    TARBALL_CONFIG,
    ListedManifest,
    ServerConfig,
    dist_path,
    environment_path,
    eupspkg_id,
    join_pkgroots,
    listed_manifest,
    listed_tag,
    manifest_path,
    parse_server_config,
    release_path,
    split_pkgroots,
    table_path,
    tag_list_path,
    tarball_id,
)
from lsstinstall.core.tags import EupsTag
from lsstinstall.core.versions import EupsVersion

SOURCE = parse_server_config(SOURCE_CONFIG, source="src/config.txt")
TARBALL = parse_server_config(TARBALL_CONFIG, source="config.txt")
TAG = EupsTag.parse("w_2026_47")
AFW = (ProductName("afw"), EupsVersion("1.0+2"), Flavor("Linux64"))


def test_a_source_server_has_a_folder_for_each_kind() -> None:
    assert tag_list_path(SOURCE, TAG) == "tags/w_2026_47.list"
    assert manifest_path(SOURCE, *AFW) == "manifests/afw-1.0+2.manifest"
    assert table_path(SOURCE, *AFW) == "tables/afw-1.0+2.table"


def test_a_tarball_server_names_the_flavor() -> None:
    assert tag_list_path(TARBALL, TAG) == "w_2026_47.list"
    assert manifest_path(TARBALL, *AFW) == "manifests/afw-1.0+2@Linux64.manifest"
    assert table_path(TARBALL, *AFW) == "tables/afw-1.0+2.table"


def place(config_text: str, dist_id: str) -> str:
    product, version, flavor = AFW
    config = parse_server_config(config_text, source="config.txt")
    return dist_path(config, dist_id, product=product, version=version, flavor=flavor)


def test_a_package_lies_where_its_kind_does() -> None:
    assert place(SOURCE_CONFIG, eupspkg_id(AFW[0], AFW[1])) == "products/afw-1.0+2.eupspkg"
    assert place(TARBALL_CONFIG, tarball_id(*AFW)) == "afw-1.0+2@Linux64.tar.gz"


def test_a_server_without_a_place_for_tarballs_has_one_for_packages() -> None:
    assert place("DIST_URL = %(base)s/dist/%(path)s\n", "afw.tar.gz") == "dist/afw.tar.gz"
    assert place("TARBALL_URL = %(base)s/tar/%(flavor)s/%(path)s\n", "afw.tar.gz") == "tar/Linux64/afw.tar.gz"


def test_a_server_without_source_packages_says_so() -> None:
    with pytest.raises(ConfigurationError, match="has no `EUPSPKG_URL`"):
        place(TARBALL_CONFIG, "eupspkg:afw-1.0+2.eupspkg")


def test_a_package_may_not_lie_outside() -> None:
    with pytest.raises(CorruptError, match=r"path `\.\./x\.tar\.gz` leaves the package root"):
        place(TARBALL_CONFIG, "../x.tar.gz")


def test_environments_and_releases_are_named_by_tag() -> None:
    assert environment_path(TAG) == "env/w_2026_47.env"
    assert release_path(TAG) == "releases/w_2026_47.json"


@pytest.mark.parametrize(
    ("config", "name", "expected"),
    [
        (SOURCE, "afw-1.0+2.manifest", ("afw", "1.0+2", "generic")),
        (SOURCE, "afw.manifest", None),
        (SOURCE, "afw-1.0.table", None),
        (SOURCE, "README", None),
        (TARBALL, "afw-1.0+2@Linux64.manifest", ("afw", "1.0+2", "Linux64")),
        (TARBALL, "afw-1.0-3-gabc@DarwinX86.manifest", ("afw", "1.0-3-gabc", "DarwinX86")),
        (TARBALL, "afw-1.0.manifest", None),
        (TARBALL, "a.b-1@Linux64.manifest", None),
        (TARBALL, "afw-1@.manifest", ("afw", "1", "generic")),
    ],
)
def test_the_name_of_a_manifest_tells_what_it_is_of(
    config: ServerConfig, name: str, expected: tuple[str, str, str] | None
) -> None:
    found = listed_manifest(config, name)
    assert (None if found is None else (found.product, found.version, found.flavor)) == expected


def test_a_listed_manifest_is_a_value() -> None:
    product, version, flavor = AFW
    assert listed_manifest(TARBALL, "afw-1.0+2@Linux64.manifest") == ListedManifest(
        product=product, version=version, flavor=flavor
    )


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("w_2026_47.list", "w_2026_47"),
        ("any-thing.list", "any-thing"),
        ("v1.0.list", None),
        ("config.txt", None),
    ],
)
def test_the_name_of_a_tag_list_is_its_tag(name: str, tag: str | None) -> None:
    assert listed_tag(SOURCE, name) == tag


def test_package_roots_are_joined_by_bars() -> None:
    roots = ("https://example.org/stack/redhat", "/data/src")
    assert split_pkgroots(join_pkgroots(roots)) == roots


def test_blanks_empty_parts_final_slashes_and_repetitions_are_dropped() -> None:
    assert split_pkgroots(" /a/ | |/b|/a|/") == ("/a", "/b", "/")
