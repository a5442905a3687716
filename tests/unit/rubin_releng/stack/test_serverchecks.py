from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import NotFoundError
from lsstinstall.core.platforms import platform_of
from lsstinstall.core.releases import parse_release
from lsstinstall.core.reporting import SilentReporter
from lsstinstall.core.tags import parse_tag
from rubin_releng.stack.publisher import run_publish
from rubin_releng.stack.publishplans import plan_publish
from rubin_releng.stack.serverchecks import check_server
from rubin_releng.stack.serverreports import Completeness
from tests.support.publications import LOCK, FakePackageRoot, FakePackages, FakeServer, fake_publication

if TYPE_CHECKING:
    from rubin_releng.stack.publicationmodels import Publication
    from rubin_releng.stack.serverreports import PlatformCheck, ServerCheck

BINARIES = "redhat/el7/conda-system/miniconda3-py38_4.9.2-13.0.1"
DOCUMENT = "releases/w_2026_10.json"
LIST = "src/tags/w_2026_10.list"


@pytest.fixture
def root() -> FakePackageRoot:
    root = FakePackageRoot()
    _publish(fake_publication("w_latest", locks={"linux-64": LOCK}), root)
    return root


def _publish(publication: Publication, root: FakePackageRoot) -> None:
    run_publish(
        plan_publish(publication, root),
        root,
        FakePackages(),
        previous=None,
        tool="test",
        jobs=1,
        reporter=SilentReporter(),
        clock=lambda: datetime(2026, 3, 1, tzinfo=UTC),
    )


def check(
    root: FakePackageRoot, tag: str = "w_2026_10", *, verify: bool = False, sizes: bool = True
) -> ServerCheck:
    return check_server(parse_tag(tag), FakeServer(root, tells_sizes=sizes), verify=verify)


def linux(found: ServerCheck) -> PlatformCheck:
    return next(one for one in found.platforms if one.subdir == "linux-64")


def path_of(root: FakePackageRoot, ending: str, folder: str = BINARIES) -> str:
    return next(path for path in root.files if path.startswith(folder) and path.endswith(ending))


@pytest.mark.parametrize(("verify", "sizes"), [(False, True), (False, False), (True, True)])
def test_what_was_published_is_complete(root: FakePackageRoot, *, verify: bool, sizes: bool) -> None:
    found = check(root, verify=verify, sizes=sizes)
    assert found.problems == ()
    assert (found.build, found.env, found.products) == ("b1", "13.0.1", 2)
    assert found.sources.state is Completeness.COMPLETE
    assert found.environment
    assert {one.subdir: one.state for one in found.platforms} == {
        "linux-64": Completeness.COMPLETE,
        "linux-aarch64": Completeness.MISSING,
        "osx-64": Completeness.MISSING,
        "osx-arm64": Completeness.MISSING,
    }
    assert linux(found).environment
    assert (found.document.is_there, found.document.is_verified) == (True, verify)
    assert found.document.platforms == ("linux-64",)
    # Two sources, two binaries, their indexes, the environment.
    assert found.document.files == 7


def test_a_tag_that_moves_needs_its_list_with_the_sources_only(root: FakePackageRoot) -> None:
    found = check(root, "w_latest")
    assert linux(found).state is Completeness.COMPLETE
    assert not found.document.is_there
    assert found.problems == ()


def test_a_tag_that_is_not_there_is_told(root: FakePackageRoot) -> None:
    with pytest.raises(NotFoundError, match="there is no tag `w_2026_11`"):
        check(root, "w_2026_11")


@pytest.mark.parametrize("ending", [".eupspkg", ".manifest", ".table"])
def test_a_missing_source_is_told(root: FakePackageRoot, ending: str) -> None:
    path = path_of(root, ending, "src/")
    del root.files[path]
    found = check(root)
    assert found.sources.state is Completeness.PARTIAL
    assert f"`{path}` is missing" in found.problems


@pytest.mark.parametrize("content", [b"nonsense", b"EUPS distribution manifest for x (1). Version 1.0\n#\n"])
def test_a_manifest_that_says_nothing_of_its_product_counts_as_missing(
    root: FakePackageRoot, content: bytes
) -> None:
    path = path_of(root, "@Linux64.manifest")
    root.files[path] = content
    found = check(root)
    assert linux(found).state is Completeness.PARTIAL
    assert found.problems == (f"`{path}` is missing",)


def test_binaries_without_a_list_belong_to_other_tags(root: FakePackageRoot) -> None:
    del root.files[f"{BINARIES}/w_2026_10.list"]
    found = check(root)
    assert linux(found).state is Completeness.MISSING
    assert found.problems == ("the document names binaries for `linux-64`, and they have no list",)


def test_a_list_without_binaries_is_half_a_platform(root: FakePackageRoot) -> None:
    for path in [one for one in root.files if one.startswith(BINARIES) and one.count("@")]:
        del root.files[path]
    found = check(root)
    assert linux(found).state is Completeness.PARTIAL
    assert linux(found).found == 0


def test_an_environment_that_cannot_be_read_counts_as_missing(root: FakePackageRoot) -> None:
    root.files["src/env/w_2026_10.env"] = b"nonsense"
    del root.files[f"{BINARIES}/env/w_2026_10.env"]
    found = check(root)
    assert not found.environment
    assert not linux(found).environment


def test_servers_of_old_have_no_document(root: FakePackageRoot) -> None:
    del root.files[DOCUMENT]
    del root.files["src/config.txt"]
    found = check(root)
    assert not found.document.is_there
    assert found.problems == ()


@pytest.mark.parametrize("line", ["", "#CONDA_ENV=https://example.org/x@0123abc\n", "#CONDA_ENV=?\n"])
def test_an_environment_of_old_times_leads_to_no_newer_platform(root: FakePackageRoot, line: str) -> None:
    text = root.files[LIST].decode().replace("#CONDA_ENV=13.0.1\n", line)
    root.files[LIST] = text.encode()
    del root.files[DOCUMENT]
    assert {one.state for one in check(root).platforms} == {Completeness.MISSING}


@pytest.mark.parametrize(
    ("verify", "content", "told"),
    [
        (False, None, "is missing"),
        (False, b"x", "has 1 bytes instead of"),
        (True, None, "is missing"),
        (True, b"x", "has another digest"),
    ],
)
def test_a_file_that_is_not_as_the_document_says_is_told(
    root: FakePackageRoot, content: bytes | None, told: str, *, verify: bool
) -> None:
    path = path_of(root, ".index")
    del root.files[path]
    if content is not None:
        root.files[path] = content
    (problem,) = check(root, verify=verify).problems
    assert told in problem
    assert path in problem


def test_a_list_that_is_not_what_the_document_says_is_told(root: FakePackageRoot) -> None:
    text = root.files[LIST].decode().replace("#BUILD=b1", "#BUILD=b2")
    root.files[LIST] = "".join(line for line in text.splitlines(True) if "alpha" not in line).encode()
    problems = check(root).problems
    assert any("`alpha` is" in one and "missing in the list" in one for one in problems)
    assert "the document is of build b1 and the list of b2" in problems


def test_a_document_that_cannot_be_read_is_told(root: FakePackageRoot) -> None:
    root.files[DOCUMENT] = b"{"
    found = check(root)
    assert found.document.is_there
    assert len(found.problems) == 1


def test_sources_alone_are_complete_too() -> None:
    root = FakePackageRoot()
    _publish(fake_publication(env=None), root)
    found = check(root)
    assert found.problems == ()
    assert found.document.files == 2


def test_a_package_without_an_index_is_complete(root: FakePackageRoot) -> None:
    release = parse_release(root.files[DOCUMENT], source=DOCUMENT)
    plain = [
        replace(one, binaries={subdir: replace(file, index=None) for subdir, file in one.binaries.items()})
        for one in release.products
    ]
    root.files[DOCUMENT] = replace(release, products=tuple(plain)).canonical()
    assert check(root).document.files == 5


def test_one_platform_is_looked_at_if_that_is_wanted(root: FakePackageRoot) -> None:
    found = check_server(parse_tag("w_2026_10"), FakeServer(root), platforms=(platform_of("linux-64"),))
    assert [one.subdir for one in found.platforms] == ["linux-64"]
