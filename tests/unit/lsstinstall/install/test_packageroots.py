from __future__ import annotations

import pytest

from lsstinstall.core.errors import FormatError, NotFoundError
from lsstinstall.core.names import ProductName
from lsstinstall.core.pkgroots import SOURCE_CONFIG
from lsstinstall.core.tags import EupsTag
from lsstinstall.install.packageroots import PackageRoot, find_manifest, find_tagged
from tests.support.packages import LINUX, FakePackageFiles, product_version, source_root, tarball_root

NEEDS = {"sphgeom": (), "utils": (), "afw": ("sphgeom", "utils")}
WEEKLY = EupsTag.parse("w_2026_10")
AFW = ProductName("afw")


def _root(files: dict[str, bytes], url: str = "https://example.org/a") -> PackageRoot:
    return PackageRoot(FakePackageFiles(url, files), flavor=LINUX)


def _changed(files: dict[str, bytes], **replaced: bytes) -> dict[str, bytes]:
    return {
        path: next((new for part, new in replaced.items() if part in path), old)
        for path, old in files.items()
    }


def test_a_tag_fixes_the_version_and_its_server_the_manifest() -> None:
    found = find_tagged([_root(tarball_root(NEEDS))], AFW, WEEKLY)
    assert found.manifest.version == product_version("afw")
    assert [row.product for row in found.manifest.rows] == ["sphgeom", "utils", "afw"]


def test_a_server_that_does_not_know_the_tag_is_passed_over() -> None:
    first = _root(tarball_root(NEEDS, tags=()), "https://example.org/a")
    second = _root(source_root(NEEDS), "https://example.org/b")
    assert find_tagged([first, second], AFW, WEEKLY).root is second


def test_a_server_whose_list_has_no_such_product_is_passed_over() -> None:
    first = _root(tarball_root({"utils": ()}), "https://example.org/a")
    second = _root(source_root(NEEDS), "https://example.org/b")
    assert find_tagged([first, second], AFW, WEEKLY).root is second


def test_a_server_with_a_list_but_without_the_manifest_is_an_error() -> None:
    files = {path: data for path, data in tarball_root(NEEDS).items() if "manifests/afw" not in path}
    roots = [_root(files), _root(source_root(NEEDS), "https://example.org/b")]
    with pytest.raises(
        NotFoundError, match=r"names `afw` g.*, but <https://example\.org/a> has no manifest"
    ) as caught:
        find_tagged(roots, AFW, WEEKLY)
    assert caught.value.hint == f"`afw@{product_version('afw')}` finds it on any package root"


def test_an_unknown_product_is_told_with_the_nearest_name() -> None:
    with pytest.raises(NotFoundError, match="tag `w_2026_10` has no product `util`") as caught:
        find_tagged([_root(tarball_root(NEEDS))], ProductName("util"), WEEKLY)
    assert caught.value.hint == "there is `utils`"


def test_an_unknown_tag_is_told_with_the_nearest_name() -> None:
    with pytest.raises(NotFoundError, match=r"no tag `w_2026_11` at <https://example\.org/a>") as caught:
        find_tagged([_root(tarball_root(NEEDS))], AFW, EupsTag.parse("w_2026_11"))
    assert caught.value.hint == "there is `w_2026_10`"


def test_where_there_is_nothing_the_address_may_be_wrong() -> None:
    with pytest.raises(NotFoundError) as caught:
        find_tagged([_root({})], AFW, WEEKLY)
    assert caught.value.hint == "check the address"


def test_what_is_like_no_other_is_told_with_the_way_to_the_others() -> None:
    roots = [_root(tarball_root(NEEDS))]
    with pytest.raises(NotFoundError) as caught:
        find_tagged(roots, AFW, EupsTag.parse("b8466"))
    assert caught.value.hint == "`lsstinstall tags --pkgroot https://example.org/a` lists those there"
    with pytest.raises(NotFoundError) as caught:
        find_tagged(roots, ProductName("xyz"), WEEKLY)
    assert caught.value.hint == f"it has {len(NEEDS)} others: check the spelling"


def test_a_list_of_another_tag_is_refused() -> None:
    files = tarball_root(NEEDS)
    files["w_2026_11.list"] = files["w_2026_10.list"]
    with pytest.raises(FormatError, match=r"https://example\.org/a/w_2026_11\.list:1"):
        find_tagged([_root(files)], AFW, EupsTag.parse("w_2026_11"))


def test_a_truncated_manifest_is_refused_with_its_place() -> None:
    files = tarball_root(NEEDS)
    path = next(path for path in files if path.startswith("manifests/afw"))
    files[path] = files[path][: files[path].rindex(b"afw ")]
    with pytest.raises(FormatError, match=r"manifests/afw-.*is not listed"):
        find_tagged([_root(files)], AFW, WEEKLY)


def test_a_version_is_looked_for_in_all_servers_in_order() -> None:
    first, second = _root({}, "https://example.org/a"), _root(source_root(NEEDS), "https://example.org/b")
    found = find_manifest([first, second], AFW, product_version("afw"))
    assert found is not None
    assert found.root is second
    assert find_manifest([first], AFW, product_version("afw")) is None


def test_a_generic_manifest_on_a_tarball_server_is_found() -> None:
    files = {
        path.replace("@Linux64.manifest", "@generic.manifest"): data
        for path, data in tarball_root(NEEDS).items()
    }
    assert find_manifest([_root(files)], AFW, product_version("afw")) is not None


def test_each_file_of_a_server_is_read_once() -> None:
    files = FakePackageFiles("https://example.org/a", source_root(NEEDS))
    root = PackageRoot(files, flavor=LINUX)
    for _ in range(2):
        find_tagged([root], AFW, WEEKLY)
    assert files.asked.count("config.txt") == 1
    assert files.asked.count("tags/w_2026_10.list") == 1


def test_tags_are_listed_where_the_configuration_says() -> None:
    files = {
        "config.txt": SOURCE_CONFIG.encode(),
        "tags/w_2026_10.list": b"",
        "tags/README": b"",
        "d_x.list": b"",
    }
    assert _root(files).tag_names() == ("w_2026_10",)
    assert _root({"w_2026_09.list": b""}).tag_names() == ("w_2026_09",)
    assert _root({"config.txt": SOURCE_CONFIG.encode()}).tag_names() == ()


def test_generic_products_are_found_for_a_generic_stack() -> None:
    root = PackageRoot(FakePackageFiles("x", source_root(NEEDS)), flavor=LINUX.__class__("generic"))
    assert root.versions(WEEKLY) is not None
