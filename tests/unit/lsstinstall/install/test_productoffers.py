from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import CorruptError, DeniedError, FormatError, NotFoundError
from lsstinstall.core.names import ProductName, parse_sha256
from lsstinstall.core.releases import FileRecord
from lsstinstall.core.reporting import SilentReporter
from lsstinstall.core.tags import EupsTag
from lsstinstall.install.packageroots import PackageRoot
from lsstinstall.install.productoffers import Offer, collect_tags, find_offers
from tests.support.packages import LINUX, FakePackageFiles, product_version, source_root, tarball_root

if TYPE_CHECKING:
    from collections.abc import Mapping

NEEDS = {"sphgeom": (), "afw": ("sphgeom",)}
AFW, GEOM = ProductName("afw"), ProductName("sphgeom")
TARBALL = f"afw-{product_version('afw')}@Linux64.tar.gz"


class _Warnings(SilentReporter):
    def __init__(self) -> None:
        self.texts: list[str] = []

    def warn(self, text: str, *, hint: str | None = None) -> None:
        del hint
        self.texts.append(text)


def _offers(
    *roots: Mapping[str, bytes], digests: Mapping[str, FileRecord] | None = None
) -> dict[ProductName, Offer]:
    return find_offers(
        [(name, product_version(name)) for name in (GEOM, AFW)],
        [
            PackageRoot(FakePackageFiles(f"https://example.org/{number}", files), flavor=LINUX)
            for number, files in enumerate(roots)
        ],
        flavor=LINUX,
        digests=digests or {},
        jobs=2,
    )


def _tags(
    *roots: Mapping[str, bytes], tag: str | None = None, every: bool = True
) -> dict[str, tuple[str, ...]]:
    found = collect_tags(
        [PackageRoot(FakePackageFiles("x", files), flavor=LINUX) for files in roots],
        tag=None if tag is None else EupsTag.parse(tag),
        every=every,
        jobs=2,
        reporter=SilentReporter(),
    )
    return {product: names for (product, _), names in found.items()}


def test_a_tarball_is_offered_with_its_place_and_size() -> None:
    files = tarball_root(NEEDS)
    offer = _offers(files)[AFW]
    assert offer == Offer(
        dist_id=TARBALL,
        requires=frozenset({GEOM}),
        root="https://example.org/0",
        path=TARBALL,
        directory=f"afw/{product_version('afw')}",
        table_path=f"tables/afw-{product_version('afw')}.table",
        size_bytes=len(files[TARBALL]),
    )


def test_a_release_document_gives_the_digest_and_the_size() -> None:
    files = tarball_root(NEEDS)
    digest = parse_sha256(sha256(files[TARBALL]).hexdigest())
    record = FileRecord(path=TARBALL, size_bytes=len(files[TARBALL]), sha256=digest)
    offers = _offers(files, digests={f"https://example.org/0/{TARBALL}": record})
    assert (offers[AFW].sha256, offers[AFW].size_bytes) == (digest, len(files[TARBALL]))
    assert offers[GEOM].sha256 is None


def test_a_release_document_names_the_index_which_lies_beside_the_package() -> None:
    files = tarball_root(NEEDS)
    index = FileRecord(path=f"el7/{TARBALL}.index", size_bytes=3, sha256=parse_sha256("a" * 64))
    record = FileRecord(path=f"el7/{TARBALL}", size_bytes=9, sha256=parse_sha256("b" * 64), index=index)
    offers = _offers(files, digests={f"https://example.org/0/{TARBALL}": record})
    assert offers[AFW].index == replace(index, path=f"{TARBALL}.index")
    assert offers[GEOM].index is None


def test_the_first_root_that_has_a_product_offers_it() -> None:
    binaries = {path: data for path, data in tarball_root(NEEDS).items() if "sphgeom" not in path}
    offers = _offers(binaries, source_root(NEEDS))
    assert offers[AFW].root == "https://example.org/0"
    assert offers[GEOM].root == "https://example.org/1"
    assert offers[GEOM].path == f"products/sphgeom-{product_version('sphgeom')}.eupspkg"


def test_a_product_that_no_root_has_is_a_problem_of_its_offer() -> None:
    problem = _offers({}, {})[AFW].problem
    assert isinstance(problem, NotFoundError)
    assert str(problem).startswith("no manifest of `afw` ")


def test_a_broken_manifest_is_a_problem_of_its_product_only() -> None:
    files = tarball_root(NEEDS)
    path = next(path for path in files if path.startswith("manifests/sphgeom"))
    offers = _offers(files | {path: files[path][:200]})
    assert isinstance(offers[GEOM].problem, FormatError)
    assert offers[AFW].problem is None


def test_a_missing_tarball_is_known_before_anything_is_fetched() -> None:
    files = {path: data for path, data in tarball_root(NEEDS).items() if path != TARBALL}
    assert isinstance(_offers(files)[AFW].problem, NotFoundError)


class _Denying(FakePackageFiles):
    def size_bytes(self, path: str) -> int | None:
        if path == TARBALL:
            raise DeniedError("the server answered 403 Forbidden")
        return super().size_bytes(path)


def test_a_tarball_that_a_server_denies_is_a_problem_of_its_product_only() -> None:
    files = _Denying("https://example.org/0", tarball_root(NEEDS))
    offers = find_offers(
        [(name, product_version(name)) for name in (GEOM, AFW)],
        [PackageRoot(files, flavor=LINUX)],
        flavor=LINUX,
        digests={},
        jobs=2,
    )
    assert isinstance(offers[AFW].problem, DeniedError)
    assert offers[GEOM].problem is None


def test_a_tarball_out_of_its_root_is_a_problem() -> None:
    files = tarball_root(NEEDS)
    manifest = f"manifests/afw-{product_version('afw')}@Linux64.manifest"
    outside = files[manifest].replace(TARBALL.encode(), b"../afw.tar.gz")
    assert isinstance(_offers(files | {manifest: outside})[AFW].problem, CorruptError)


def test_a_product_without_a_folder_and_a_tarball_has_no_package() -> None:
    files = tarball_root(NEEDS)
    manifest = f"manifests/afw-{product_version('afw')}@Linux64.manifest"
    version = product_version("afw").encode()
    without = (
        files[manifest].replace(b"afw/" + version, b"none").replace(b"afw-" + version + b".table", b"none")
    )
    # EUPS unpacks a tarball even then.
    offer = _offers(files | {manifest: without})[AFW]
    assert (offer.directory, offer.path) == (f"afw/{product_version('afw')}", TARBALL)
    without = without.replace(TARBALL.encode(), b"None")
    offer = _offers(files | {manifest: without})[AFW]
    assert (offer.directory, offer.path, offer.table_path) == (None, None, None)


def test_all_tags_of_the_servers_are_collected() -> None:
    tags = _tags(
        tarball_root(NEEDS, tags=("w_2026_10", "w_2026_09")), source_root(NEEDS, tags=("d_2026_03_01",))
    )
    assert tags == dict.fromkeys(NEEDS, ("w_2026_09", "w_2026_10", "d_2026_03_01"))


def test_only_the_tag_that_was_asked_for_may_be_wanted() -> None:
    tags = _tags(tarball_root(NEEDS, tags=("w_2026_10", "w_2026_09")), tag="w_2026_10", every=False)
    assert tags == dict.fromkeys(NEEDS, ("w_2026_10",))


def test_no_tag_at_all_may_be_wanted() -> None:
    assert _tags(tarball_root(NEEDS), every=False) == {}


def test_the_tag_that_was_asked_for_needs_no_listing() -> None:
    files = tarball_root(NEEDS, tags=("w_2026_10",))
    files["config.txt"] += b"TAGLIST_DIR = nowhere\n"
    assert _tags(files, tag="w_2026_10") == dict.fromkeys(NEEDS, ("w_2026_10",))


def _named(*names: str) -> dict[str, bytes]:
    listed = tarball_root(NEEDS)["w_2026_10.list"]
    return {f"{name}.list": listed.replace(b"w_2026_10", name.encode()) for name in names}


def test_every_tag_is_set_whatever_its_name_save_the_current_one() -> None:
    files = tarball_root(NEEDS) | _named("current", "stable", "sims-2", "not a tag")
    assert _tags(files) == dict.fromkeys(NEEDS, ("sims-2", "stable", "w_2026_10"))


def test_the_current_tag_is_set_if_it_is_wanted() -> None:
    root = PackageRoot(FakePackageFiles("x", _named("current")), flavor=LINUX)
    tags = collect_tags([root], tag=None, every=True, current=True, jobs=1, reporter=SilentReporter())
    assert set(tags.values()) == {("current",)}


@pytest.mark.parametrize(
    ("tag", "end"), [("d_2026_03_01", ", `-U` sets only the tag"), (None, "all tags of the servers")]
)
def test_that_many_lists_are_read_is_told(tag: str | None, end: str) -> None:
    notes: list[str] = []

    class Notes(SilentReporter):
        def note(self, text: str) -> None:
            notes.append(text)

    files = _named(
        *(f"d_2026_03_{day:02}" for day in range(1, 32)), *(f"b{number}" for number in range(1, 20))
    )
    root = PackageRoot(FakePackageFiles("x", files), flavor=LINUX)
    asked = None if tag is None else EupsTag.parse(tag)
    collect_tags([root], tag=asked, every=True, jobs=1, reporter=Notes())
    (note,) = notes
    assert note.startswith("reading 50 tag lists")
    assert note.endswith(end)


def test_a_broken_list_is_told_and_left_out() -> None:
    files = tarball_root(NEEDS) | {"w_2026_09.list": b"<html>not here</html>\n"}
    reporter = _Warnings()
    root = PackageRoot(FakePackageFiles("x", files), flavor=LINUX)
    tags = collect_tags([root], tag=None, every=True, jobs=1, reporter=reporter)
    assert tags[AFW, product_version("afw")] == ("w_2026_10",)
    assert len(reporter.texts) == 1
    assert reporter.texts[0].startswith("the tag `w_2026_09` is left out: x/w_2026_09.list:1:1: ")
