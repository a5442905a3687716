from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lsstinstall.core.errors import ConfigurationError, CorruptError, NotFoundError, ProblemsError
from lsstinstall.core.names import parse_subdir
from lsstinstall.core.releases import FileRecord, ImageRecord, Release, parse_release
from lsstinstall.core.reporting import SilentReporter
from lsstinstall.core.tags import EupsTag
from rubin_releng.core.ocidocuments import Descriptor, Digest, ImagePlatform, MediaType
from rubin_releng.core.ocireading import FoundConfig
from rubin_releng.images.layouts import TAG_ANNOTATION, FoundImage, Layout
from rubin_releng.release.registrar import apply_addition, image_records, plan_addition, read_release
from rubin_releng.release.summaries import summarize_release
from rubin_releng.release.verifier import verify_release
from tests.support.releases import LINUX, a_file, a_release

TAG = a_release().tag
DOCUMENT = "releases/w_2026_42.json"


class MemoryRelease:
    """A package root in memory; remembers the order of what is written."""

    def __init__(self, release: Release) -> None:
        self.documents = {DOCUMENT: release.canonical()}
        self.present = {file.path: file for file in release.files}
        self.written: list[str] = []

    def read_document(self, path: str) -> bytes:
        if path not in self.documents:
            raise NotFoundError(f"no `{path}`")
        return self.documents[path]

    def record(self, source: Path, *, folder: str) -> FileRecord:
        return a_file(f"{folder}/{source.name}", "e")

    def publish(self, source: Path, file: FileRecord) -> None:
        del source
        self.written.append(file.path)

    def write_document(self, path: str, data: bytes) -> None:
        self.documents[path] = data
        self.written.append(path)

    def check(self, file: FileRecord) -> None:
        if file.path not in self.present:
            raise NotFoundError(f"no `{file.path}`")
        if self.present[file.path] != file:
            raise CorruptError(f"`{file.path}` differs")


def an_image(
    *, architecture: str = "amd64", digit: str = "a", tag: str | None = None, os: str = "linux"
) -> FoundImage:
    blob = Descriptor(
        media_type="x",
        digest=Digest("sha256:" + digit * 64),
        size_bytes=1,
        annotations={} if tag is None else {"org.opencontainers.image.ref.name": tag},
    )
    settings = FoundConfig(platform=ImagePlatform(os=os, architecture=architecture), diff_ids=())
    return FoundImage(manifest=blob, config=blob, layers=(), settings=settings)


def test_files_come_first_and_the_document_last() -> None:
    store = MemoryRelease(a_release())
    image = ImageRecord(name="new", subdir=LINUX, digest="sha256:" + "f" * 64)
    addition = plan_addition(TAG, store, changelogs=[Path("b.md")], images=[image])
    assert store.written == []
    assert apply_addition(addition, store)
    assert store.written == ["releases/w_2026_42/b.md", DOCUMENT]
    release = parse_release(store.documents[DOCUMENT], source="x")
    assert release == addition.new
    assert [one.name for one in release.images] == ["example.org/stack", "new"]
    assert len(release.changelogs) == 2


def test_the_same_again_changes_nothing() -> None:
    store = MemoryRelease(a_release())
    apply_addition(plan_addition(TAG, store, changelogs=[Path("b.md")]), store)
    store.written.clear()
    assert not apply_addition(plan_addition(TAG, store, changelogs=[Path("b.md")]), store)
    assert DOCUMENT not in store.written


def test_the_release_before_can_be_named() -> None:
    store = MemoryRelease(a_release())
    addition = plan_addition(TAG, store, previous=EupsTag.parse("w_2026_40"))
    assert str(addition.new.previous) == "w_2026_40"


def test_what_we_would_not_read_is_not_written() -> None:
    image = ImageRecord(name="Bad Name", subdir=LINUX, digest="sha256:x")
    with pytest.raises(ProblemsError):
        plan_addition(TAG, MemoryRelease(a_release()), images=[image])


def test_a_document_of_another_tag_is_refused() -> None:
    store = MemoryRelease(a_release(tag=EupsTag.parse("w_2026_43")))
    with pytest.raises(CorruptError, match="is the document of `w_2026_43`"):
        read_release(TAG, store)


def test_a_release_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        read_release(EupsTag.parse("w_2026_01"), MemoryRelease(a_release()))


def test_images_are_recorded_by_platform_with_all_their_tags() -> None:
    images = (
        an_image(architecture="arm64", digit="b"),
        an_image(tag="y"),
        an_image(tag="x"),
    )
    records = image_records(Layout(images=images), name="stack")
    assert records == (
        ImageRecord(name="stack", subdir=LINUX, digest="sha256:" + "a" * 64, tags=("x", "y")),
        replace(records[1], subdir=parse_subdir("linux-aarch64"), digest="sha256:" + "b" * 64, tags=()),
    )


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ((), "the layout holds no image"),
        ((an_image(), an_image(digit="b")), "two images for `linux-64`"),
        ((an_image(architecture="riscv64"),), "is for `linux/riscv64`, which no release is made for"),
        ((an_image(os="windows"),), "is for `windows/amd64`"),
    ],
)
def test_images_that_a_release_cannot_name_are_refused(images: tuple[FoundImage, ...], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        image_records(Layout(images=images), name="stack")


def test_a_complete_release_is_in_order() -> None:
    release = a_release()
    report = verify_release(release, files=MemoryRelease(release), reporter=SilentReporter())
    assert (report.files, report.size_bytes, report.problems) == (6, 18, ())


def test_every_file_that_is_missing_or_differs_is_told() -> None:
    release = a_release()
    store = MemoryRelease(release)
    del store.present["redhat/afw.tar.gz"]
    store.present["src/products/geom.eupspkg"] = a_file("src/products/geom.eupspkg", "9")
    report = verify_release(release, files=store, reporter=SilentReporter(), jobs=1)
    assert [str(problem) for problem in report.problems] == [
        "`src/products/geom.eupspkg` differs",
        "no `redhat/afw.tar.gz`",
    ]
    assert report.size_bytes == 12


def test_a_summary_names_everything() -> None:
    release = a_release()
    assert summarize_release(release) == "\n".join(
        [
            "release    w_2026_42 (weekly, build b12, after w_2026_41)",
            f"digest     {release.digest()}",
            "made       2026-10-15 02:00 to 2026-10-15 03:00 UTC by lsstinstall 0.1.0 on linux-64",
            "rubin-env  12.2.0: linux-64 (7 packages)",
            "products   2 (source 2, linux-64 2)",
            "platform   linux-64 present",
            "platform   osx-arm64 failed: `afw` did not build",
            f"image      example.org/stack for linux-64 sha256:{'d' * 64} (x)",
            "changes    releases/w_2026_42/changes.md",
            "git tags   1",
        ]
    )


def test_a_summary_of_next_to_nothing_is_short() -> None:
    small = Release(tag=TAG, maker=a_release().maker)
    assert summarize_release(small).splitlines()[0] == "release    w_2026_42 (weekly)"
    assert summarize_release(small).splitlines()[-1] == "products   0 (source 0)"


def test_a_summary_of_an_image_without_tag_or_lock_says_so_by_silence() -> None:
    release = a_release()
    assert release.environment is not None
    bare = replace(
        release,
        images=(replace(release.images[0], tags=()),),
        environment=replace(release.environment, locks={}),
    )
    assert "rubin-env  12.2.0\n" in summarize_release(bare)
    assert f"{'d' * 64}\n" in summarize_release(bare)


def test_an_index_is_recorded_beside_its_images() -> None:
    entries = tuple(
        Descriptor(media_type=kind, digest=Digest(f"sha256:{digit * 64}"), size_bytes=1, annotations=notes)
        for kind, digit, notes in (
            (MediaType.INDEX, "c", {TAG_ANNOTATION: "w_2026_42"}),
            (MediaType.INDEX, "c", {}),
            (MediaType.MANIFEST, "a", {}),
        )
    )
    records = image_records(Layout(entries=entries, images=(an_image(),)), name="stack")
    assert [(one.subdir, one.tags) for one in records] == [("linux-64", ()), ("noarch", ("w_2026_42",))]
