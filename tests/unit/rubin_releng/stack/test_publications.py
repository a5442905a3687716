from __future__ import annotations

from dataclasses import replace

import pytest

from lsstinstall.core.distribmanifests import parse_distrib_manifest
from lsstinstall.core.names import CondaSubdir
from lsstinstall.core.taglists import parse_tag_list
from rubin_releng.core.buildkinds import SourceKind
from rubin_releng.stack.publications import Publication, Rule, lock_path, plan_packages, plan_texts
from tests.support.builds import fake_manifest
from tests.support.publications import LOCK, fake_publication

BINARIES = "redhat/el7/conda-system/miniconda3-py38_4.9.2-13.0.1"
PUBLICATION = fake_publication("w_latest", locks={"linux-64": LOCK})
ALPHA, TOP = (one.product for one in PUBLICATION.products)


def texts(publication: Publication) -> dict[str, tuple[str, Rule]]:
    return {text.path: (text.content, text.rule) for phase in plan_texts(publication) for text in phase}


def test_packages_lie_where_eups_looks_for_them() -> None:
    assert [package.path for package in plan_packages(PUBLICATION)] == [
        f"src/products/alpha-{ALPHA.version}.eupspkg",
        f"src/products/top-{TOP.version}.eupspkg",
        f"{BINARIES}/alpha-{ALPHA.version}@Linux64.tar.gz",
        f"{BINARIES}/top-{TOP.version}@Linux64.tar.gz",
    ]


def test_small_files_lie_where_eups_looks_for_them() -> None:
    hidden, lists, moving = plan_texts(PUBLICATION)
    assert [text.path for text in hidden] == [
        "src/config.txt",
        f"src/tables/alpha-{ALPHA.version}.table",
        f"src/manifests/alpha-{ALPHA.version}.manifest",
        f"src/tables/top-{TOP.version}.table",
        f"src/manifests/top-{TOP.version}.manifest",
        f"{BINARIES}/config.txt",
        f"{BINARIES}/tables/alpha-{ALPHA.version}.table",
        f"{BINARIES}/manifests/alpha-{ALPHA.version}@Linux64.manifest",
        f"{BINARIES}/tables/top-{TOP.version}.table",
        f"{BINARIES}/manifests/top-{TOP.version}@Linux64.manifest",
        "src/env/w_2026_10.env",
        f"{BINARIES}/env/w_2026_10.env",
    ]
    assert [text.path for text in lists] == ["src/tags/w_2026_10.list", f"{BINARIES}/w_2026_10.list"]
    assert [text.path for text in moving] == ["src/env/w_latest.env", "src/tags/w_latest.list"]


def test_only_what_belongs_to_a_moving_tag_may_change() -> None:
    rules = {path: rule for path, (_, rule) in texts(PUBLICATION).items()}
    assert {path for path, rule in rules.items() if rule is Rule.MOVING} == {
        "src/env/w_latest.env",
        "src/tags/w_latest.list",
    }
    assert {path for path, rule in rules.items() if rule is Rule.KEEP} == {
        "src/config.txt",
        f"{BINARIES}/config.txt",
    }


def test_a_manifest_lists_all_that_is_needed_and_the_product_last() -> None:
    text = texts(PUBLICATION)[f"{BINARIES}/manifests/top-{TOP.version}@Linux64.manifest"][0]
    manifest = parse_distrib_manifest(text, source="test")
    assert [row.product for row in manifest.rows] == ["alpha", "top"]
    assert manifest.rows[-1].dist_id == f"top-{TOP.version}@Linux64.tar.gz"
    assert manifest.rows[-1].directory == f"top/{TOP.version}"
    assert manifest.rows[-1].table == f"top-{TOP.version}.table"


def test_a_source_manifest_is_generic() -> None:
    text = texts(PUBLICATION)[f"src/manifests/top-{TOP.version}.manifest"][0]
    rows = parse_distrib_manifest(text, source="test").rows
    assert {row.flavor for row in rows} == {"generic"}
    assert rows[-1].dist_id == f"eupspkg:top-{TOP.version}.eupspkg"


def test_a_product_without_a_table_has_none_on_the_server() -> None:
    bare = replace(PUBLICATION, products=tuple(replace(one, table=None) for one in PUBLICATION.products))
    found = texts(bare)
    assert not [path for path in found if "/tables/" in path]
    manifest = parse_distrib_manifest(found[f"src/manifests/top-{TOP.version}.manifest"][0], source="test")
    assert {row.table for row in manifest.rows} == {None}


def test_a_tag_list_names_build_environment_and_sorted_products() -> None:
    manifest = fake_manifest("b7", zebra="", ant="zebra")
    publication = fake_publication("w_latest", manifest=manifest)
    for path in ("src/tags/w_2026_10.list", f"{BINARIES}/w_2026_10.list", "src/tags/w_latest.list"):
        listed = parse_tag_list(texts(publication)[path][0], source="test")
        assert (listed.build, listed.env) == ("b7", "13.0.1")
        assert [entry.product for entry in listed.entries] == ["ant", "zebra"]
        assert {entry.flavor for entry in listed.entries} == {"generic"}
        assert listed.tag.name == path.rsplit("/", maxsplit=1)[-1].removesuffix(".list")


def test_without_an_environment_only_sources_are_published() -> None:
    publication = fake_publication(env=None)
    assert publication.binary_root is None
    assert all(package.path.startswith("src/") for package in plan_packages(publication))
    assert all(path.startswith("src/") for path in texts(publication))
    assert lock_path(publication, CondaSubdir("linux-64"), publication.tag) is None


def test_locks_of_all_platforms_go_to_their_binaries_and_linux_to_the_sources() -> None:
    mac = LOCK.replace("linux-64", "osx-arm64")
    found = texts(fake_publication(locks={"osx-arm64": mac, "linux-64": LOCK}))
    assert found["src/env/w_2026_10.env"][0] == LOCK
    assert found[f"{BINARIES}/env/w_2026_10.env"][0] == LOCK
    assert found["osx/14-arm/conda-system/miniconda3-py38_4.9.2-13.0.1/env/w_2026_10.env"][0] == mac


def test_a_single_lock_of_another_platform_goes_to_the_sources_too() -> None:
    mac = LOCK.replace("linux-64", "osx-arm64")
    assert texts(fake_publication(locks={"osx-arm64": mac}))["src/env/w_2026_10.env"][0] == mac


def test_a_lock_without_a_version_of_the_environment_goes_to_the_sources_only() -> None:
    found = texts(fake_publication(env=None, locks={"linux-64": LOCK}))
    assert [path for path in found if path.endswith(".env")] == ["src/env/w_2026_10.env"]


@pytest.mark.parametrize("number", [0, 2])
def test_the_key_of_a_package_follows_what_it_is_made_from(number: int) -> None:
    package = plan_packages(PUBLICATION)[number]
    one = package.product
    others = [
        replace(package, product=replace(one, product=TOP)),
        replace(package, product=replace(one, time=one.time.replace(year=2027))),
        replace(package, product=replace(one, key="other", repository="https://example.org/fork")),
        replace(package, source=SourceKind.PACKAGE),
    ]
    assert len({package.key(), *(other.key() for other in others)}) == 5


def test_a_binary_of_unknown_origin_has_no_key() -> None:
    package = plan_packages(PUBLICATION)[2]
    assert replace(package, product=replace(package.product, key=None)).key() is None
