from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lsstinstall.core.errors import ExitCode, ProblemsError, RefusedError
from lsstinstall.core.names import parse_product_name, parse_subdir
from lsstinstall.core.releaseadditions import (
    merge_releases,
    with_changelog,
    with_git_tag,
    with_image,
    with_platform,
)
from lsstinstall.core.releases import (
    EnvironmentRecord,
    LockRecord,
    PlatformRecord,
    PlatformState,
    Release,
    parse_release,
)
from lsstinstall.core.tags import EupsTag
from tests.support.releases import AFW, LINUX, a_file, a_product, a_release

MAC = parse_subdir("osx-arm64")
PRESENT = PlatformRecord(subdir=MAC, state=PlatformState.PRESENT)


def on_linux() -> Release:
    return a_release(platforms=(PlatformRecord(subdir=LINUX, state=PlatformState.PRESENT),))


def on_mac() -> Release:
    """The same release, made on another platform an hour later."""
    base = a_release()
    assert base.environment is not None
    later = timedelta(hours=1)
    return replace(
        base,
        products=tuple(
            replace(product, source=None, binaries={MAC: a_file(f"darwin/{product.name}.tar.gz", "e")})
            for product in base.products
        ),
        environment=replace(
            base.environment, locks={MAC: LockRecord(file=a_file("darwin/x.env", "f"), packages=6)}
        ),
        platforms=(PRESENT,),
        maker=replace(
            base.maker,
            host="osx-arm64",
            started=base.maker.started + later,
            finished=base.maker.finished + later,
        ),
    )


def test_a_change_log_is_added_in_order_and_the_old_release_stays() -> None:
    release = a_release()
    added = with_changelog(release, a_file("releases/w_2026_42/a.md"))
    assert [file.path for file in added.changelogs] == [
        "releases/w_2026_42/a.md",
        "releases/w_2026_42/changes.md",
    ]
    assert release == a_release()


def test_a_change_log_takes_the_place_of_its_former_content() -> None:
    newer = a_file("releases/w_2026_42/changes.md", "c")
    assert with_changelog(a_release(), newer).changelogs == (newer,)


def test_images_are_told_apart_by_name_and_platform() -> None:
    image = a_release().images[0]
    same, other = replace(image, tags=("y",)), replace(image, subdir=MAC)
    assert with_image(with_image(a_release(), same), other).images == (same, other)


def test_git_tags_are_told_apart_by_repository_and_tag() -> None:
    git_tag = a_release().git_tags[0]
    other = replace(git_tag, repository="https://example.org/a.git")
    assert with_git_tag(a_release(), other).git_tags == (other, git_tag)


def test_a_platform_comes_with_its_binaries_and_its_lock() -> None:
    lock = LockRecord(file=a_file("darwin/x.env"), packages=6)
    binary = a_file("darwin/afw.tar.gz")
    release = with_platform(a_release(), PRESENT, binaries={AFW: binary}, lock=lock)
    assert release.by_name[AFW].binaries[MAC] == binary
    assert set(release.by_name[AFW].binaries) == {LINUX, MAC}
    assert release.environment is not None
    assert release.environment.locks[MAC] == lock
    assert release.platforms[1] == PRESENT
    assert parse_release(release.canonical(), source="x") == release


def test_a_platform_that_failed_brings_nothing_else() -> None:
    failed = replace(PRESENT, state=PlatformState.FAILED, reason="no compiler")
    release = with_platform(a_release(), failed)
    assert release.products == a_release().products
    assert release.environment == a_release().environment
    assert release.platforms[1] == failed


def test_a_binary_of_no_product_is_refused() -> None:
    with pytest.raises(RefusedError, match="`utils` is no product of `w_2026_42`"):
        with_platform(a_release(), PRESENT, binaries={parse_product_name("utils"): a_file("x")})


def test_a_lock_without_environment_is_refused() -> None:
    with pytest.raises(RefusedError, match="names no environment"):
        with_platform(a_release(environment=None), PRESENT, lock=LockRecord(file=a_file("x"), packages=1))


def test_documents_of_two_platforms_become_one() -> None:
    merged = merge_releases(on_linux(), on_mac())
    assert [platform.subdir for platform in merged.platforms] == [LINUX, MAC]
    assert set(merged.by_name[AFW].binaries) == {LINUX, MAC}
    assert merged.by_name[AFW].source == a_product("afw").source
    assert merged.environment is not None
    assert set(merged.environment.locks) == {LINUX, MAC}
    assert (merged.maker.host, merged.maker.started) == ("osx-arm64", on_linux().maker.started)
    assert parse_release(merged.canonical(), source="x") == merged


def test_the_order_of_two_documents_does_not_matter() -> None:
    assert merge_releases(on_mac(), on_linux()) == merge_releases(on_linux(), on_mac())


def test_a_document_merged_with_itself_stays_as_it_is() -> None:
    assert merge_releases(a_release(), a_release()) == a_release()


def test_the_better_report_on_a_platform_holds() -> None:
    missing = a_release(platforms=(replace(PRESENT, state=PlatformState.MISSING, reason="late"),))
    present = a_release(platforms=(PRESENT,))
    assert merge_releases(missing, present).platforms == (PRESENT,)
    assert merge_releases(present, missing).platforms == (PRESENT,)


def test_an_environment_that_only_one_side_names_is_kept() -> None:
    bare = a_release(environment=None)
    assert merge_releases(bare, a_release()).environment == a_release().environment
    assert merge_releases(a_release(), bare).environment == a_release().environment
    assert merge_releases(bare, bare).environment is None


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (a_release(tag=EupsTag.parse("w_2026_43")), "`tag` differs"),
        (a_release(build=None), "`build` differs"),
        (a_release(products=a_release().products[:1]), "the list of products differs"),
        (
            a_release(products=(a_product("geom"), replace(a_product("afw", "geom"), repository="x"))),
            "`repository` of `afw` differs",
        ),
        (
            a_release(products=(a_product("geom"), replace(a_product("afw", "geom"), source=a_file("x")))),
            "source of `afw` differs",
        ),
        (
            a_release(
                products=(a_product("geom"), replace(a_product("afw", "geom"), binaries={LINUX: a_file("x")}))
            ),
            "binary of `afw` for `linux-64` differs",
        ),
        (a_release(environment=EnvironmentRecord(version="1")), "the environment's version differs"),
        (
            a_release(changelogs=(a_file("releases/w_2026_42/changes.md", "c"),)),
            "/changes.md` differs",
        ),
    ],
)
def test_documents_that_contradict_each_other_are_refused(other: Release, message: str) -> None:
    with pytest.raises(ProblemsError, match="contradict each other") as caught:
        merge_releases(a_release(), other)
    assert caught.value.code is ExitCode.REFUSED
    assert any(message in str(problem) for problem in caught.value.problems)


def _with_indexes(release: Release, digit: str) -> Release:
    products = tuple(
        replace(
            product,
            binaries={
                subdir: replace(file, index=a_file(f"{file.path}.index", digit))
                for subdir, file in product.binaries.items()
            },
        )
        for product in release.products
    )
    return replace(release, products=products)


def test_an_index_that_was_written_later_is_added_to_its_package() -> None:
    plain, indexed = on_linux(), _with_indexes(on_linux(), "8")
    assert merge_releases(plain, indexed).products == indexed.products
    assert merge_releases(indexed, plain).products == indexed.products


def test_two_indexes_of_one_package_contradict_each_other() -> None:
    with pytest.raises(ProblemsError) as caught:
        merge_releases(_with_indexes(on_linux(), "8"), _with_indexes(on_linux(), "9"))
    assert "binary of" in str(caught.value.problems[0])


def test_an_index_is_a_file_of_the_release_and_survives_writing() -> None:
    release = _with_indexes(on_linux(), "8")
    assert {file.path for file in release.files} - {file.path for file in on_linux().files} == {
        f"{file.path}.index" for product in release.products for file in product.binaries.values()
    }
    assert parse_release(release.canonical(), source="test") == release
