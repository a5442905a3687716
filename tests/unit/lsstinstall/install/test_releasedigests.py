from __future__ import annotations

from dataclasses import replace

import pytest

from lsstinstall.core.errors import FormatError, UnavailableError
from lsstinstall.core.names import ProductName
from lsstinstall.core.tags import EupsTag
from lsstinstall.core.versions import EupsVersion
from lsstinstall.install.releasedigests import find_digests, find_named_digests
from tests.support.packages import FakePackageFiles
from tests.support.releases import a_product, a_release

WEEKLY = EupsTag.parse("w_2026_10")
LATEST = EupsTag.parse("w_latest")
AFW = ProductName("afw")


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://example.org/stack/redhat/el7/conda-system/miniconda3-1", "https://example.org/stack"),
        ("https://example.org/stack/src", "https://example.org/stack"),
        ("/data/stack/src", "/data/stack"),
        ("/data/stack/src", "/data/stack/src"),
        ("file:///data/src", "file:///data"),
    ],
)
def test_a_release_document_is_looked_for_beside_and_above_a_root(url: str, base: str) -> None:
    release = a_release()
    asked: list[str] = []

    def open_root(one: str) -> FakePackageFiles:
        asked.append(one)
        path = f"releases/{release.tag.name}.json"
        return FakePackageFiles(one, {path: release.canonical()} if one == base else {})

    digests = find_digests([url], release.tag, open_root=open_root)
    assert {url, base} <= set(asked)
    assert all(place.startswith(f"{base}/") for place in digests)
    assert {file.path for file in digests.values()} == {place.removeprefix(f"{base}/") for place in digests}
    assert digests


def test_without_a_release_document_there_are_no_digests() -> None:
    asked: list[str] = []

    def open_root(url: str) -> FakePackageFiles:
        asked.append(url)
        return FakePackageFiles(url, {})

    assert (
        find_digests(["https://example.org/a/b", "https://example.org/a/c"], WEEKLY, open_root=open_root)
        == {}
    )
    # Nothing is asked twice, and nothing above the host.
    assert sorted(asked) == [
        "https://example.org", "https://example.org/a", "https://example.org/a/b", "https://example.org/a/c",
    ]  # fmt: skip


def test_a_server_that_refuses_what_it_does_not_have_has_no_document() -> None:
    class Refusing(FakePackageFiles):
        def read_text(self, path: str) -> str:
            raise UnavailableError(f"403 for {path}")

    assert find_digests(["https://example.org/a"], WEEKLY, open_root=lambda url: Refusing(url, {})) == {}


def test_a_broken_release_document_is_refused() -> None:
    files = {"releases/w_2026_10.json": b"{"}
    with pytest.raises(FormatError, match=r"releases/w_2026_10\.json"):
        find_digests(["x"], WEEKLY, open_root=lambda url: FakePackageFiles(url, files))


def _documents(**versions: str) -> FakePackageFiles:
    """Make a server of documents, each of which names one version of afw."""
    files = {"releases/index.html": b"", "releases/draft.json": b"{"}
    for tag, version in versions.items():
        product = replace(a_product("afw"), version=EupsVersion(version))
        release = replace(a_release(), tag=EupsTag.parse(tag), previous=None, products=(product,))
        files[f"releases/{tag}.json"] = release.canonical()
    return FakePackageFiles("https://example.org/a", files)


def _found(
    server: FakePackageFiles, version: str, *, tags: set[str], moving: EupsTag | None = None
) -> list[str]:
    """Say which documents were read before the version was found, or not."""
    digests = find_named_digests(
        ["https://example.org/a/src"],
        {(AFW, EupsVersion(version))},
        tags=tags,
        moving=moving,
        open_root=lambda url: server if url == server.url else FakePackageFiles(url, {}),
    )
    read = [path.removeprefix("releases/").removesuffix(".json") for path in server.asked]
    return [*read, "found" if digests else "nothing"]


def test_the_document_of_a_tag_that_names_the_version_is_read_first() -> None:
    server = _documents(w_2026_10="1", w_2026_11="2", d_2026_03_01="3")
    assert _found(server, "1", tags={"w_2026_10", "b1"}) == ["w_2026_10", "found"]


def test_the_newest_release_of_its_kind_is_likely_what_a_moving_tag_means() -> None:
    server = _documents(w_2026_09="1", w_2026_11="2", d_2026_03_01="2")
    assert _found(server, "2", tags=set(), moving=LATEST) == ["w_2026_11", "found"]
    server = _documents(v30_0_0="1", w_2026_11="1")
    assert _found(server, "1", tags=set(), moving=EupsTag.parse("o_latest")) == ["v30_0_0", "found"]


def test_a_version_that_no_document_names_has_no_digest() -> None:
    server = _documents(w_2026_09="1", w_2026_11="2")
    assert _found(server, "3", tags=set()) == ["w_2026_11", "w_2026_09", "nothing"]


def test_not_all_documents_of_the_past_are_read() -> None:
    server = _documents(**{f"w_2026_{week}": "1" for week in range(10, 40)})
    assert len(_found(server, "2", tags=set())) == 9


def test_a_document_that_cannot_be_had_is_passed_over() -> None:
    server = _documents(w_2026_09="1", w_2026_11="2")
    server.files["releases/w_2026_12.json"] = server.files["releases/w_2026_09.json"]

    class Refusing(FakePackageFiles):
        def read_text(self, path: str) -> str:
            if "w_2026_12" in path:
                raise UnavailableError(f"403 for {path}")
            return super().read_text(path)

    refusing = Refusing(server.url, server.files)
    assert _found(refusing, "1", tags=set()) == ["w_2026_11", "w_2026_09", "found"]


def test_without_a_folder_of_documents_there_are_no_digests() -> None:
    class Refusing(FakePackageFiles):
        def listing(self, directory: str) -> tuple[str, ...]:
            raise UnavailableError(f"403 for {directory}")

    assert _found(Refusing("https://example.org/a", {}), "1", tags=set()) == ["nothing"]
