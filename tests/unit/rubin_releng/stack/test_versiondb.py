from __future__ import annotations

import pytest

from lsstinstall.core.buildmanifests import BuildManifest, ManifestProduct
from lsstinstall.core.errors import FormatError, RefusedError, UnavailableError
from lsstinstall.core.names import ProductName
from lsstinstall.core.tags import parse_build_id
from lsstinstall.core.versions import parse_eups_version
from rubin_releng.stack.versiondb import (
    CONTENT_PATH,
    BuildRecord,
    allocate_build,
    manifest_path,
    next_build,
    plan_record,
    record_build,
)
from tests.support.sources import FakeVersionDb, fake_commit


def product(name: str, *needs: str) -> ManifestProduct:
    sha = fake_commit(name)
    return ManifestProduct(
        name=ProductName(name),
        sha=sha,
        version=parse_eups_version(f"g{sha[:10]}"),
        dependencies=tuple(ProductName(need) for need in needs),
    )


ALPHA, BETA = product("alpha"), product("beta", "alpha")


def built(store: FakeVersionDb, *products: ManifestProduct, new_build: bool = False) -> BuildRecord:
    record = plan_record(products, store, new_build=new_build)
    record_build(record, store)
    return record


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ((), "b1"),
        (("b1", "b2"), "b3"),
        (("b9", "b10"), "b11"),
        (("b9999",), "b10000"),
        (("b1", "b5"), "b6"),
        (("b3", "w.2026.10", "b7x", "x"), "b4"),
    ],
)
def test_a_build_id_is_one_more_than_the_highest(tags: tuple[str, ...], expected: str) -> None:
    assert next_build(tags) == expected


def test_a_record_holds_the_manifest_and_its_content_hash() -> None:
    store = FakeVersionDb()
    record = built(store, ALPHA, BETA)
    manifest = BuildManifest(build=parse_build_id("b1"), products=(ALPHA, BETA))
    assert record.manifest == manifest
    assert store.files == {
        "manifests/b1.txt": manifest.format(),
        CONTENT_PATH: f"{manifest.content_hash()}\tb1\n",
    }
    assert store.messages == ["Updates for build b1.", "Build ID b1"]
    assert store.tagged == ["b1"]


def test_a_second_build_is_appended() -> None:
    store = FakeVersionDb()
    built(store, ALPHA)
    built(store, ALPHA, BETA)
    assert [line.split("\t")[1] for line in store.files[CONTENT_PATH].splitlines()] == ["b1", "b2"]


def test_planning_writes_nothing() -> None:
    store = FakeVersionDb()
    plan_record((ALPHA,), store)
    assert store == FakeVersionDb()


def test_the_same_content_keeps_its_id_and_is_not_recorded_again() -> None:
    store = FakeVersionDb()
    built(store, ALPHA)
    built(store, ALPHA, BETA)
    again = built(store, ALPHA)
    assert (again.manifest.build, again.new) == ("b1", False)
    assert store.tagged == ["b1", "b2"]


def test_the_same_content_gets_a_new_id_when_asked_for() -> None:
    store = FakeVersionDb()
    built(store, ALPHA)
    assert built(store, ALPHA, new_build=True).manifest.build == "b2"


def test_of_several_ids_for_the_same_content_the_last_is_kept() -> None:
    store = FakeVersionDb()
    for _ in range(11):
        built(store, ALPHA, new_build=True)
    assert built(store, ALPHA).manifest.build == "b11"


def test_the_same_commits_with_other_dependencies_are_another_build() -> None:
    store = FakeVersionDb()
    built(store, ALPHA, BETA)
    other = ManifestProduct(name=BETA.name, sha=BETA.sha, version=BETA.version, dependencies=())
    assert built(store, ALPHA, other).manifest.build == "b2"


def test_content_whose_tag_is_missing_is_recorded_anew() -> None:
    store = FakeVersionDb()
    built(store, ALPHA)
    store.tagged.clear()
    assert built(store, ALPHA).new


def test_a_wanted_id_that_is_free_is_used() -> None:
    record = plan_record((ALPHA,), FakeVersionDb(), wanted=parse_build_id("b77"))
    assert (record.manifest.build, record.new) == ("b77", True)
    assert manifest_path(parse_build_id("b77")) in record.files


def test_a_wanted_id_of_the_same_content_is_no_new_build() -> None:
    store = FakeVersionDb()
    built(store, ALPHA)
    assert not plan_record((ALPHA,), store, wanted=parse_build_id("b1")).new


def test_a_wanted_id_of_other_content_is_refused() -> None:
    store = FakeVersionDb()
    built(store, ALPHA)
    with pytest.raises(RefusedError, match="`b1` is recorded with other products") as caught:
        plan_record((BETA, ALPHA), store, wanted=parse_build_id("b1"))
    assert caught.value.hint == "the next free one is `b2`"


def test_a_broken_list_of_contents_names_the_line() -> None:
    store = FakeVersionDb(files={CONTENT_PATH: f"{'0' * 40}\tb1\nnonsense\n"})
    with pytest.raises(FormatError, match=r"content_sha\.db\.txt:2:1"):
        plan_record((ALPHA,), store)


def test_ids_that_mean_something_else_are_skipped() -> None:
    assert next_build(("b1",), {"b2", "b3", "b5"}) == "b4"


def test_a_build_is_recorded_and_pushed() -> None:
    store = FakeVersionDb()
    record = allocate_build((ALPHA,), store, push=True)
    assert (record.manifest.build, store.tagged, store.pushed) == ("b1", ["b1"], ["b1"])
    assert store.refreshed == 1


def test_whoever_is_overtaken_takes_the_next_id() -> None:
    store = FakeVersionDb(others=["b1", "b2"])
    record = allocate_build((ALPHA,), store, push=True)
    assert (record.manifest.build, store.pushed) == ("b3", ["b3"])
    assert list(store.files) == ["manifests/b3.txt", CONTENT_PATH]


def test_whoever_is_overtaken_each_time_gives_up() -> None:
    store = FakeVersionDb(others=[f"b{number}" for number in range(1, 20)])
    with pytest.raises(UnavailableError, match="before we could"):
        allocate_build((ALPHA,), store, push=True)
    assert store.files == {}


def test_what_is_recorded_is_not_recorded_again() -> None:
    store = FakeVersionDb()
    allocate_build((ALPHA,), store)
    assert not allocate_build((ALPHA,), store, taken={"b1"}).new
    assert store.tagged == ["b1"]
    assert store.refreshed == 0
