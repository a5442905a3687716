"""Places that know releases: package roots, tag lists, versiondb; and tags in repositories."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import FormatError, NotFoundError
from lsstinstall.core.names import ProductName
from lsstinstall.core.tags import BuildId, EupsTag
from rubin_releng.adapters.gittags import GitTags
from rubin_releng.adapters.keptfiles import KeptFiles
from rubin_releng.adapters.releaseinputs import PkgrootReleases, TagListFile, TagLists, open_manifests
from rubin_releng.adapters.repositoryindexes import RepositoryIndexes
from tests.support.releases import a_release
from tests.support.webservers import WebServer, serve

if TYPE_CHECKING:
    from pathlib import Path

_WEEKLY = EupsTag.parse("w_2022_20")
_LIST = """EUPS distribution w_2022_20 version list. Version 1.0
#BUILD=b1234
#CONDA_ENV=4.0.0
#product             flavor          version
afw                  generic         g0123456789+abcdef0123
"""
_MANIFEST = f"""# product SHA1 Version
BUILD=b1234
afw {"1" * 40} g1111111111+abcdef0123
"""
_BUILD = BuildId("b1234")


def _git(directory: Path, *arguments: str) -> str:
    command = ["git", "-C", str(directory), "-c", "user.name=T", "-c", "user.email=t@example.org", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _repository(directory: Path, *, bare: bool = False) -> Path:
    directory.mkdir(parents=True)
    _git(directory, "init", "-q", "-b", "main", *(["--bare"] if bare else []))
    return directory


def _commit(directory: Path, path: str, text: str) -> str:
    (directory / path).parent.mkdir(parents=True, exist_ok=True)
    (directory / path).write_text(text)
    _git(directory, "add", path)
    _git(directory, "commit", "-q", "-m", f"Change {path}")
    return _git(directory, "rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("place", "opened"),
    [("src/tags", "."), ("src/tags", "src"), ("src/tags", "src/tags"), ("tags", "."), ("", ".")],
)
def test_lists_are_found_in_a_root_and_inside_of_it(tmp_path: Path, place: str, opened: str) -> None:
    folder = tmp_path / "root" / place
    folder.mkdir(parents=True)
    (folder / "w_2022_20.list").write_text(_LIST)

    lists = TagLists(KeptFiles(str(tmp_path / "root" / opened)))

    found = lists.tag_list(_WEEKLY)
    assert found is not None
    assert (found.build, found.env) == ("b1234", "4.0.0")
    assert lists.tag_list(EupsTag.parse("d_2022_05_12")) is None
    assert lists.tag_list(EupsTag.parse("v24_0_0")) is None
    assert lists.name.startswith("<")


@pytest.mark.network
def test_lists_of_a_server_are_below_src_and_are_asked_for_once(tmp_path: Path) -> None:
    with serve(WebServer(files={"src/tags/w_2022_20.list": _LIST.encode()})) as server:
        for _ in range(2):
            lists = TagLists(KeptFiles(server.url, tmp_path))
            assert lists.tag_list(_WEEKLY) is not None
            assert lists.tag_list(EupsTag.parse("w_2022_21")) is None

    assert len(server.asked) == 2


@pytest.mark.parametrize("line", ["w_2022_19", "w_2022_20_1"])
def test_a_list_whose_name_and_first_line_disagree_is_an_error(tmp_path: Path, line: str) -> None:
    path = tmp_path / "w_2022_20.list"
    path.write_text(_LIST.replace("w_2022_20", line))

    for lists in (TagLists(KeptFiles(str(tmp_path))), TagListFile(path)):
        with pytest.raises(FormatError, match=r"w_2022_20\.list:1:"):
            lists.tag_list(_WEEKLY)


def test_a_single_list_is_of_one_tag(tmp_path: Path) -> None:
    path = tmp_path / "w_2022_20.list"
    path.write_text(_LIST)
    lists = TagListFile(path)

    assert lists.tag_list(EupsTag.parse("w_2022_21")) is None
    assert lists.tag_list(_WEEKLY) is not None
    assert lists.name == f"`{path}`"


def test_release_documents_are_of_the_tag_in_their_name(tmp_path: Path) -> None:
    release = a_release()
    name = release.tag.name
    (tmp_path / "releases").mkdir()
    (tmp_path / "releases" / f"{name}.json").write_bytes(release.canonical())
    (tmp_path / "releases" / "w_2022_20.json").write_bytes(release.canonical())
    releases = PkgrootReleases(KeptFiles(str(tmp_path)))

    assert releases.release(release.tag) == release
    assert releases.release(EupsTag.parse("w_2022_21")) is None
    with pytest.raises(FormatError, match=f"`{name}` instead of `w_2022_20`"):
        releases.release(_WEEKLY)
    assert releases.name == f"<{tmp_path}>"


@pytest.mark.process
def test_manifests_are_read_from_every_form_of_versiondb(tmp_path: Path) -> None:
    clone = _repository(tmp_path / "clone")
    _commit(clone, "manifests/b1234.txt", _MANIFEST)
    _git(tmp_path, "clone", "-q", "--bare", str(clone), str(tmp_path / "bare"))
    plain, flat = tmp_path / "plain", tmp_path / "flat"
    (plain / "manifests").mkdir(parents=True)
    flat.mkdir()
    for path in (plain / "manifests" / "b1234.txt", flat / "b1234.txt"):
        path.write_text(_MANIFEST)

    for where in (str(clone), f"file://{tmp_path}/bare", str(plain), str(flat)):
        manifests = open_manifests(where)
        found = manifests.manifest(_BUILD)
        assert found is not None
        assert [product.name for product in found.products] == ["afw"]
        assert manifests.manifest(BuildId("b1")) is None
        assert manifests.name.startswith("`")


@pytest.mark.process
def test_a_build_of_another_branch_is_found_by_its_tag(tmp_path: Path) -> None:
    clone = _repository(tmp_path / "clone")
    _commit(clone, "README", "versions")
    _git(clone, "switch", "-q", "-c", "side")
    _commit(clone, "manifests/b1234.txt", _MANIFEST)
    _git(clone, "tag", "b1234")
    _git(clone, "switch", "-q", "main")

    assert open_manifests(str(clone)).manifest(_BUILD) is not None


@pytest.mark.process
def test_a_folder_inside_of_a_repository_is_not_that_repository(tmp_path: Path) -> None:
    outer = _repository(tmp_path / "outer")
    _commit(outer, "manifests/b1234.txt", _MANIFEST)
    (outer / "inner").mkdir()

    assert open_manifests(str(outer / "inner")).manifest(_BUILD) is None


@pytest.mark.network
def test_manifests_of_a_server_are_kept(tmp_path: Path) -> None:
    with serve(WebServer(files={"manifests/b1234.txt": _MANIFEST.encode()})) as server:
        for offline in (False, True):
            manifests = open_manifests(server.url, tmp_path, offline=offline)
            assert manifests.manifest(_BUILD) is not None
            assert manifests.name == f"<{server.url}>"

    assert len(server.asked) == 1


def test_a_manifest_of_another_build_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "b99.txt").write_text(_MANIFEST)

    with pytest.raises(FormatError, match="`b1234` instead of `b99`"):
        open_manifests(str(tmp_path)).manifest(BuildId("b99"))
    with pytest.raises(NotFoundError, match="no folder"):
        open_manifests(str(tmp_path / "none"))


@pytest.mark.process
def test_tags_tell_their_commits_messages_and_days(tmp_path: Path) -> None:
    afw, utils = _repository(tmp_path / "afw"), _repository(tmp_path / "utils")
    first = _commit(afw, "a", "1")
    _git(afw, "tag", "-a", "-m", "Version w.2022.20 release from w_2022_20/b1234\n\nmore", "w.2022.20")
    _git(afw, "branch", "w.2022.20")
    second = _commit(afw, "a", "2")
    _git(afw, "tag", "24.0.0")
    _git(afw, "tag", "-a", "-m", "inner", "v24.0.0")
    _git(afw, "tag", "-a", "-m", "of a file", "w.2022.21", "HEAD:a")
    _commit(utils, "b", "1")
    names = {ProductName("afw"): afw, ProductName("utils"): utils, ProductName("gone"): tmp_path / "gone"}
    tags = GitTags(names)

    weekly = tags.tagged(["refs/tags/w.2022.20"])
    releases = tags.tagged(["refs/tags/v24.0.0", "refs/tags/24.0.0"])

    assert list(weekly) == ["afw"]
    (one,) = weekly[ProductName("afw")]
    assert (one.commit, one.message.splitlines()[0]) == (
        first,
        "Version w.2022.20 release from w_2022_20/b1234",
    )
    assert one.date == datetime.now(tz=UTC).date()
    both = releases[ProductName("afw")]
    assert [(tag.ref, tag.commit) for tag in both] == [
        ("refs/tags/v24.0.0", second),
        ("refs/tags/24.0.0", second),
    ]
    assert both[1].date is None
    assert tags.tagged(["refs/tags/w.2022.21"]) == {}
    assert tags.day(["refs/tags/w.2022.20"]) == one.date
    assert tags.day(["refs/tags/24.0.0"]) is None


_TODAY = "afw: https://github.com/lsst/afw\ncat:\n  url: https://github.com/lsst/sdm_schemas\n"


@pytest.mark.process
def test_products_that_were_dropped_are_found_in_older_versions(tmp_path: Path) -> None:
    clone = _repository(tmp_path / "repos")
    path = "etc/repos.yaml"
    _commit(clone, path, f"{_TODAY}old_one: https://github.com/lsst/old_one\n")
    _commit(
        clone, path, f"{_TODAY}'old_one':\n  url: https://github.com/lsst-dm/legacy-old_one\n  ref: develop\n"
    )
    _commit(clone, path, f"{_TODAY}broken: [\nother: https://github.com/lsst/other\n")
    _commit(clone, path, f"{_TODAY}other: https://github.com/lsst/other\n")
    _commit(clone, path, _TODAY)
    _git(tmp_path, "clone", "-q", "--bare", str(clone), str(tmp_path / "bare"))
    names = [ProductName(name) for name in ("old_one", "other", "never", "old")]

    for where in (str(clone), str(tmp_path / "bare"), f"file://{clone}/etc/repos.yaml"):
        indexes = RepositoryIndexes(where)
        assert sorted(indexes.today().by_product) == ["afw", "cat"]
        found = indexes.dropped(names)
        assert {name: one.url for name, one in found.items()} == {
            "old_one": "https://github.com/lsst-dm/legacy-old_one",
            "other": "https://github.com/lsst/other",
        }
        assert found[ProductName("old_one")].ref == "develop"
        assert indexes.dropped([]) == {}


@pytest.mark.process
def test_a_file_without_a_history_knows_only_today(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "repos.yaml").write_text(_TODAY)

    for where in (tmp_path, tmp_path / "etc" / "repos.yaml"):
        indexes = RepositoryIndexes(str(where))
        assert len(indexes.today().repositories) == 2
        assert indexes.dropped([ProductName("old_one")]) == {}


@pytest.mark.process
def test_a_repository_without_the_file_or_a_damaged_one_is_an_error(tmp_path: Path) -> None:
    clone = _repository(tmp_path / "repos")
    with pytest.raises(NotFoundError, match=r"has no `etc/repos.yaml`"):
        RepositoryIndexes(str(clone)).today()
    _commit(clone, "etc/repos.yaml", "afw: [\n")
    with pytest.raises(FormatError, match=r"etc/repos.yaml at "):
        RepositoryIndexes(str(clone)).today()
