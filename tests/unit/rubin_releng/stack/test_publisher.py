from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import ExitCode, NotFoundError, ProblemsError, RefusedError, UnavailableError
from lsstinstall.core.names import CondaSubdir
from lsstinstall.core.releaseadditions import with_changelog
from lsstinstall.core.releases import PlatformState, Release, parse_release
from lsstinstall.core.reporting import SilentReporter
from lsstinstall.core.tags import EupsTag, parse_tag
from rubin_releng.core.buildkinds import SourceKind
from rubin_releng.stack.publications import Publication, lock_path
from rubin_releng.stack.publisher import PublishReport, run_publish
from rubin_releng.stack.publishplans import Change, plan_publish
from rubin_releng.stack.releasemaker import make_release
from rubin_releng.stack.serverindexes import write_index
from tests.support.builds import fake_manifest
from tests.support.publications import LOCK, FakePackageRoot, FakePackages, fake_publication

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.core.buildmanifests import ManifestProduct

BINARIES = "redhat/el7/conda-system/miniconda3-py38_4.9.2-13.0.1"
DOCUMENT = "releases/w_2026_10.json"


def published(
    publication: Publication,
    root: FakePackageRoot,
    *,
    maker: FakePackages | None = None,
    previous: str | None = None,
    hour: int = 1,
) -> PublishReport:
    return run_publish(
        plan_publish(publication, root),
        root,
        maker or FakePackages(),
        previous=None if previous is None else parse_tag(previous),
        tool="lsstinstall 0.1.0",
        jobs=2,
        reporter=SilentReporter(),
        clock=lambda: datetime(2026, 3, 1, hour, tzinfo=UTC),
    )


def read_document(root: FakePackageRoot) -> Release:
    return parse_release(root.files[DOCUMENT], source=DOCUMENT)


def changes(report: PublishReport) -> set[Change]:
    return {file.change for file in report.files}


def document_change(report: PublishReport) -> Change:
    return next(file.change for file in report.files if file.path == DOCUMENT)


def test_the_document_describes_every_package() -> None:
    root = FakePackageRoot()
    publication = fake_publication(locks={"linux-64": LOCK})
    report = published(publication, root, previous="w_2026_09")
    release = read_document(root)
    assert release == report.release
    assert (release.tag.name, release.build, str(release.previous)) == ("w_2026_10", "b1", "w_2026_09")
    top = release.products[-1]
    assert (top.name, top.repository) == ("top", "https://example.org/top")
    assert top.dependencies == ("alpha",)
    assert top.source == root.describe(f"src/products/top-{top.version}.eupspkg")
    package = f"{BINARIES}/top-{top.version}@Linux64.tar.gz"
    found = top.binaries[CondaSubdir("linux-64")]
    assert replace(found, index=None) == root.describe(package)
    assert found.index == root.describe(f"{package}.index")
    assert [(one.subdir, one.state) for one in release.platforms] == [("linux-64", PlatformState.PRESENT)]


def test_the_document_describes_the_environment() -> None:
    root = FakePackageRoot()
    published(fake_publication(locks={"linux-64": LOCK}), root)
    environment = read_document(root).environment
    assert environment is not None
    assert environment.version == "13.0.1"
    lock = environment.locks[CondaSubdir("linux-64")]
    assert (lock.packages, lock.file.path) == (1, f"{BINARIES}/env/w_2026_10.env")


def test_the_document_says_who_made_it_and_when() -> None:
    root = FakePackageRoot()
    published(fake_publication(), root, hour=7)
    maker = read_document(root).maker
    assert (maker.tool, maker.host, maker.started.hour) == ("lsstinstall 0.1.0", "linux-64", 7)


def test_without_an_environment_there_are_no_binaries_in_the_document() -> None:
    root = FakePackageRoot()
    published(fake_publication(env=None), root)
    release = read_document(root)
    assert release.environment is None
    assert release.platforms == ()
    assert not any(product.binaries for product in release.products)


def test_what_others_see_is_written_last() -> None:
    root = FakePackageRoot()
    published(fake_publication("w_latest"), root)
    order = root.written
    packages = max(order.index(path) for path in order if path.endswith((".eupspkg", ".tar.gz")))
    texts = max(order.index(path) for path in order if path.endswith((".manifest", ".table", "config.txt")))
    tag = min(order.index("src/tags/w_2026_10.list"), order.index(f"{BINARIES}/w_2026_10.list"))
    assert packages < texts < tag < order.index(DOCUMENT) < order.index("src/tags/w_latest.list")


def test_a_package_that_is_there_gets_the_index_that_it_lacks() -> None:
    root = FakePackageRoot()
    published(fake_publication(), root)
    indexes = [path for path in root.files if path.endswith(".index")]
    for path in indexes:
        del root.files[path]
    old = read_document(root)
    plain = replace(
        old,
        products=tuple(
            replace(
                product,
                binaries={subdir: replace(file, index=None) for subdir, file in product.binaries.items()},
            )
            for product in old.products
        ),
    )
    root.files[DOCUMENT] = plain.canonical()
    report = published(fake_publication(), root)
    assert {file.path for file in report.files if file.change is Change.ADD} == set(indexes)
    assert len(indexes) == 2
    assert read_document(root).products == old.products


def test_every_folder_has_a_list_of_its_files() -> None:
    root = FakePackageRoot()
    published(fake_publication("w_latest"), root)
    assert json.loads(root.files["src/tags/index.json"]) == ["w_2026_10.list", "w_latest.list"]
    assert json.loads(root.files["releases/index.json"]) == ["w_2026_10.json"]
    assert f"{BINARIES}/manifests/index.json" in root.files
    assert "w_2026_10.list" in json.loads(root.files[f"{BINARIES}/index.json"])


def test_publishing_the_same_again_changes_nothing() -> None:
    root = FakePackageRoot()
    published(fake_publication("w_latest", locks={"linux-64": LOCK}), root)
    before = dict(root.files)
    maker = FakePackages()
    report = published(fake_publication("w_latest", locks={"linux-64": LOCK}), root, maker=maker, hour=9)
    assert root.files == before
    assert changes(report) == {Change.KEEP}
    assert maker.made == []


def test_packages_of_unknown_origin_are_made_again_and_compared() -> None:
    root = FakePackageRoot()
    published(fake_publication(), root)
    root.keys.clear()
    maker = FakePackages()
    report = published(fake_publication(), root, maker=maker)
    assert changes(report) == {Change.KEEP}
    assert len(maker.made) == 4


def test_the_next_release_shares_packages_with_the_one_before() -> None:
    root = FakePackageRoot()
    published(fake_publication(), root)
    maker = FakePackages()
    published(fake_publication(tag="w_2026_11"), root, maker=maker)
    assert maker.made == []
    assert "releases/w_2026_11.json" in root.files


def test_a_moving_tag_moves() -> None:
    root = FakePackageRoot()
    published(fake_publication("w_latest"), root)
    other = fake_manifest("b2", alpha="", beta="", top="alpha beta")
    report = published(fake_publication("w_latest", tag="w_2026_11", manifest=other), root)
    assert b"#BUILD=b2" in root.files["src/tags/w_latest.list"]
    moved = {file.path for file in report.files if file.change is Change.MOVE}
    assert "src/tags/w_latest.list" in moved


def test_a_moving_tag_alone_moves_and_names_no_release() -> None:
    root = FakePackageRoot()
    report = published(fake_publication(tag="w_latest"), root)
    assert report.release is None
    assert "src/tags/w_latest.list" in root.files
    assert not [path for path in root.files if path.startswith("releases/")]


def test_a_table_that_eups_expanded_twice_stays() -> None:
    root = FakePackageRoot()
    (path,) = (
        file.path for file in plan_publish(fake_publication(), root).files if "src/tables/top" in file.path
    )
    root.files[path] = b"#  table of top\n}\n"
    published(fake_publication(), root)
    assert root.files[path] == b"#  table of top\n}\n"
    root.files[path] = b"# another table of top\n"
    with pytest.raises(ProblemsError, match="cannot be published"):
        published(fake_publication("w_latest"), root)


def test_another_build_under_the_same_tag_is_refused_and_nothing_is_written() -> None:
    root = FakePackageRoot()
    published(fake_publication(), root)
    before = dict(root.files)
    with pytest.raises(ProblemsError, match="`w_2026_10` cannot be published") as caught:
        published(fake_publication(manifest=fake_manifest("b2", alpha="", top="alpha")), root)
    assert caught.value.code is ExitCode.REFUSED
    assert "`src/tags/w_2026_10.list` is there with other content" in [
        str(one) for one in caught.value.problems
    ]
    assert root.files == before


def test_a_release_of_what_a_weekly_had_keeps_the_weekly_s_source_packages() -> None:
    root = FakePackageRoot()
    weekly = published(fake_publication(), root)
    release = published(replace(fake_publication(tag="v31_0_0"), source=SourceKind.PACKAGE), root)
    assert release.release is not None
    assert weekly.release is not None
    assert release.release.products == weekly.release.products


def test_other_packages_under_the_same_names_are_refused() -> None:
    root = FakePackageRoot()
    published(fake_publication(), root)
    root.keys.clear()
    with pytest.raises(ProblemsError, match="packages could not be published") as caught:
        published(fake_publication(tag="w_2026_11"), root, maker=FakePackages(content="other"))
    assert caught.value.code is ExitCode.REFUSED
    assert "src/tags/w_2026_11.list" not in root.files


def test_a_package_that_cannot_be_made_leaves_the_tag_unseen() -> None:
    root = FakePackageRoot()
    with pytest.raises(ProblemsError, match="packages could not be published") as caught:
        published(fake_publication(), root, maker=FakePackages(failing=("top",)))
    assert [str(one) for one in caught.value.problems] == ["`top` cannot be packed"] * 2
    assert not [path for path in root.files if path.endswith((".list", ".json"))]


def test_an_interrupted_publication_is_completed() -> None:
    whole = FakePackageRoot()
    published(fake_publication("w_latest"), whole)
    root = FakePackageRoot()
    with pytest.raises(ProblemsError):
        published(fake_publication("w_latest"), root, maker=FakePackages(failing=("top",)))
    published(fake_publication("w_latest"), root)
    assert root.files == whole.files


def test_a_plan_says_what_would_be_done() -> None:
    root = FakePackageRoot()
    publication = fake_publication("w_latest")
    assert {file.change for file in plan_publish(publication, root).files} == {Change.ADD}
    assert root.files == {}
    published(publication, root)
    assert {file.change for file in plan_publish(publication, root).files} == {Change.KEEP}
    other = fake_publication("w_latest", tag="w_2026_11", env="13.0.2")
    planned = {file.path: file.change for file in plan_publish(other, root).files}
    assert planned["src/tags/w_latest.list"] is Change.MOVE


def test_a_configuration_somebody_edited_stays() -> None:
    root = FakePackageRoot()
    root.files["src/config.txt"] = b"# ours\n"
    published(fake_publication(), root)
    assert root.files["src/config.txt"] == b"# ours\n"


def test_a_manifest_that_eups_wrote_at_another_hour_is_the_same() -> None:
    root = FakePackageRoot()
    published(fake_publication(), root)
    path = next(path for path in root.files if path.endswith(".manifest"))
    root.files[path] = root.files[path].replace(b"# Creator:      lsstinstall", b"# Creator:      builder")
    assert changes(published(fake_publication(), root)) == {Change.KEEP}


@pytest.mark.parametrize("content", [b"nonsense\n", b"\xff"])
def test_a_manifest_that_is_none_is_refused(content: bytes) -> None:
    root = FakePackageRoot()
    published(fake_publication(), root)
    path = next(path for path in root.files if path.endswith(".manifest"))
    root.files[path] = content
    with pytest.raises(ProblemsError, match="cannot be published"):
        published(fake_publication(), root)


def test_a_second_platform_joins_the_document() -> None:
    root = FakePackageRoot()
    published(fake_publication(), root)
    report = published(fake_publication(subdir="osx-arm64"), root)
    assert document_change(report) is Change.MOVE
    release = read_document(root)
    assert [one.subdir for one in release.platforms] == ["linux-64", "osx-arm64"]
    assert set(release.products[0].binaries) == {"linux-64", "osx-arm64"}


@pytest.mark.parametrize("previous", [None, "w_2026_09"])
def test_what_was_added_to_a_document_since_stays(previous: str | None) -> None:
    root = FakePackageRoot()
    published(fake_publication(), root, previous="w_2026_09")
    root.write("changes.md", b"x")
    file = root.describe("changes.md")
    assert file is not None
    root.files[DOCUMENT] = with_changelog(read_document(root), file).canonical()
    report = published(fake_publication(), root, previous=previous)
    assert document_change(report) is Change.KEEP
    assert report.release is not None
    assert report.release.changelogs == (file,)
    assert report.release.previous == EupsTag.parse("w_2026_09")


def test_a_lock_that_vanished_is_an_error() -> None:
    publication = fake_publication(locks={"linux-64": LOCK})
    now = datetime(2026, 3, 1, tzinfo=UTC)
    path = lock_path(publication, CondaSubdir("linux-64"), publication.tag)
    with pytest.raises(NotFoundError, match=rf"written to `{path}` and is not there"):
        make_release(
            replace(publication, products=()),
            records={},
            describe=lambda _: None,
            previous=None,
            tool="test",
            started=now,
            finished=now,
        )


def test_an_index_is_written_only_when_it_is_wrong() -> None:
    root = FakePackageRoot()
    root.files["src/tags/b.list"] = root.files["src/tags/a.list"] = b""
    assert write_index("src/tags", root, dry_run=True) is Change.ADD
    assert root.written == []
    assert write_index("src/tags", root) is Change.ADD
    assert json.loads(root.files["src/tags/index.json"]) == ["a.list", "b.list"]
    assert write_index("src/tags", root) is Change.KEEP
    del root.files["src/tags/a.list"]
    assert write_index("src/tags", root) is Change.MOVE


def test_a_flat_root_gets_sources_alone() -> None:
    root = FakePackageRoot()
    report = published(replace(fake_publication(locks={"linux-64": LOCK}), is_flat=True), root)
    assert report.release is None
    assert "tags/w_2026_10.list" in root.files
    assert "env/w_2026_10.env" in root.files
    assert b"#CONDA_ENV=13.0.1" in root.files["tags/w_2026_10.list"]
    assert not [path for path in root.files if path.startswith(("src", "redhat", "releases"))]


def test_somebody_who_is_faster_with_the_same_does_no_harm() -> None:
    whole, root = FakePackageRoot(), FakePackageRoot()
    published(fake_publication(), whole)
    rivals = {path: data for path, data in whole.files.items() if path.endswith((".list", ".table"))}
    root.rivals.update(rivals)
    published(fake_publication(), root)
    assert root.files == whole.files
    assert not set(rivals) & set(root.written)


def test_somebody_who_is_faster_with_something_else_stops_us() -> None:
    root = FakePackageRoot()
    root.rivals["src/tags/w_2026_10.list"] = b"theirs"
    with pytest.raises(RefusedError, match="is there with other content"):
        published(fake_publication(), root)
    assert DOCUMENT not in root.files


def test_a_document_that_appears_meanwhile_is_completed() -> None:
    other, root = FakePackageRoot(), FakePackageRoot()
    published(fake_publication(subdir="osx-arm64"), other)
    root.rivals[DOCUMENT] = other.files[DOCUMENT]
    published(fake_publication(), root)
    assert [one.subdir for one in read_document(root).platforms] == ["linux-64", "osx-arm64"]


def test_a_server_that_is_gone_is_asked_no_more() -> None:
    class Gone(FakePackages):
        def _make(self, product: ManifestProduct, target: Path, text: str) -> None:
            super()._make(product, target, text)
            raise UnavailableError("gone")

    maker = Gone()
    with pytest.raises(ProblemsError) as caught:
        run_publish(
            plan_publish(fake_publication(), FakePackageRoot()),
            FakePackageRoot(),
            maker,
            previous=None,
            tool="test",
            jobs=1,
            reporter=SilentReporter(),
        )
    assert caught.value.code is ExitCode.UNAVAILABLE
    assert len(caught.value.problems) == len(maker.made) == 1
