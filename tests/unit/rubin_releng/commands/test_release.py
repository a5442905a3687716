from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.commands.frame import run_main
from lsstinstall.core.names import parse_sha256
from lsstinstall.core.releases import FileRecord, Release, parse_release, release_schema
from lsstinstall.core.tags import EupsTag
from rubin_releng.commands.main import cli
from tests.support.releases import LINUX, a_product, a_release

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: str) -> int:
    return run_main(cli, name="rubin-releng", arguments=["release", *arguments])


def add(pkgroot: Path, *arguments: str) -> int:
    return run("add", "--pkgroot", str(pkgroot), "w_2026_42", *arguments)


def answer(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def put(root: Path, path: str, content: bytes) -> FileRecord:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(content)
    digest = parse_sha256(hashlib.sha256(content).hexdigest())
    return FileRecord(path=path, size_bytes=len(content), sha256=digest)


@pytest.fixture
def pkgroot(tmp_path: Path) -> Path:
    """A package root with one release of one product."""
    root = tmp_path / "pkgroot"
    source = put(root, "src/products/afw.eupspkg", b"source")
    binary = put(root, "redhat/afw.tar.gz", b"binary")
    product = replace(a_product("afw"), source=source, binaries={LINUX: binary})
    write(root, a_release(products=(product,), environment=None, changelogs=(), images=()))
    return root


def write(root: Path, release: Release) -> None:
    put(root, f"releases/{release.tag}.json", release.canonical())


def read(root: Path) -> Release:
    return parse_release((root / "releases/w_2026_42.json").read_bytes(), source="x")


def test_a_document_is_shown_from_a_package_root(pkgroot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "w_2026_42", "--pkgroot", str(pkgroot)) == 0
    assert capsys.readouterr().out.startswith("release    w_2026_42 (weekly, build b12, after w_2026_41)\n")


def test_a_document_is_shown_from_a_file(pkgroot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = pkgroot / "releases/w_2026_42.json"
    assert run("show", str(path), "--json") == 0
    data = answer(capsys)
    assert data["digest"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert data["release"]["tag"] == "w_2026_42"


def test_a_complete_release_verifies(pkgroot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify", "--pkgroot", str(pkgroot), "w.2026.42", "--json", "--quiet") == 0
    assert {key: value for key, value in answer(capsys).items() if key != "digest"} == {
        "schema": 1,
        "ok": True,
        "tag": "w_2026_42",
        "files": 2,
        "size_bytes": 12,
    }


def test_a_release_verifies_by_url_too(pkgroot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify", "--pkgroot", pkgroot.as_uri(), "w_2026_42", "--quiet") == 0
    assert capsys.readouterr().out == "w_2026_42 is complete: 2 files, 12 bytes\n"


@pytest.mark.parametrize("as_url", [False, True])
def test_changed_and_missing_files_are_all_told(
    as_url: bool,  # noqa: FBT001
    pkgroot: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (pkgroot / "src/products/afw.eupspkg").write_bytes(b"sourcf")
    (pkgroot / "redhat/afw.tar.gz").write_bytes(b"bin")
    where = pkgroot.as_uri() if as_url else str(pkgroot)
    assert run("verify", "--pkgroot", where, "w_2026_42", "--json", "--quiet") == 5
    problems = [problem["message"] for problem in answer(capsys)["error"]["problems"]]
    assert len(problems) == 2
    assert "has the SHA-256 digest" in problems[0]
    assert "has 3 bytes instead of 6" in problems[1]


def test_a_missing_file_is_told(pkgroot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (pkgroot / "redhat/afw.tar.gz").unlink()
    assert run("verify", "--pkgroot", str(pkgroot), "w_2026_42", "--quiet") == 3
    assert "`w_2026_42` is not complete: 1 of 2 files are not in order (1 problem)" in capsys.readouterr().err


def test_a_release_that_is_not_there_is_not_found(pkgroot: Path) -> None:
    assert run("verify", "--pkgroot", str(pkgroot), "w_2026_01") == 3
    assert run("show", "w_2026_01", "--pkgroot", str(pkgroot)) == 3


def test_a_document_under_another_name_is_corrupt(pkgroot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    release = read(pkgroot)
    put(pkgroot, "releases/w_2026_43.json", release.canonical())
    assert run("show", "w_2026_43", "--pkgroot", str(pkgroot)) == 5
    assert "is the document of `w_2026_42`" in capsys.readouterr().err


def test_a_tag_needs_a_place_to_look(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "w_2026_42") == 2
    assert "there is no place to look for `w_2026_42`" in capsys.readouterr().err


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("schema") == 0
    assert answer(capsys) == release_schema()
    assert run("schema", "--json") == 0
    assert answer(capsys) == {"schema": 1, "json_schema": release_schema()}


def test_a_change_log_is_copied_and_recorded(
    pkgroot: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "changes.md").write_text("# Changes\n")
    assert add(pkgroot, "--changelog", str(tmp_path / "changes.md")) == 0
    assert capsys.readouterr().out == "added releases/w_2026_42/changes.md\n"
    (file,) = read(pkgroot).changelogs
    assert (pkgroot / file.path).read_text() == "# Changes\n"
    assert run("verify", "--pkgroot", str(pkgroot), "w_2026_42", "--quiet") == 0
    capsys.readouterr()
    assert add(pkgroot, "--changelog", str(tmp_path / "changes.md")) == 0
    assert capsys.readouterr().out == "w_2026_42 has all of it already\n"


def test_a_change_log_inside_the_package_root_stays_where_it_is(pkgroot: Path) -> None:
    put(pkgroot, "notes/changes.md", b"x")
    assert add(pkgroot, "--changelog", str(pkgroot / "notes/changes.md")) == 0
    assert read(pkgroot).changelogs[0].path == "notes/changes.md"


def test_an_image_is_recorded(pkgroot: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path / "tree", "bin/x", b"x")
    layout = str(tmp_path / "layout")
    build = [
        "image",
        "build",
        "--tree",
        str(tmp_path / "tree"),
        "--output",
        layout,
        "--tag",
        "w_2026_42",
        "--quiet",
    ]
    assert run_main(cli, name="rubin-releng", arguments=build) == 0
    assert add(pkgroot, "--image", layout, "--previous", "w_2026_40") == 0
    (image,) = read(pkgroot).images
    assert (image.name, image.subdir, image.tags) == ("lsst/stack", LINUX, ("w_2026_42",))
    out = capsys.readouterr().out
    assert f"added lsst/stack for linux-64: {image.digest}\nadded w_2026_40 as previous release\n" in out


def test_a_dry_run_changes_nothing(pkgroot: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "changes.md").write_text("# Changes\n")
    before = sorted(pkgroot.rglob("*"))
    arguments = ("--changelog", str(tmp_path / "changes.md"), "--dry-run", "--json")
    assert add(pkgroot, *arguments) == 0
    data = answer(capsys)
    assert (data["changed"], data["done"], len(data["changelogs"])) == (True, False, 1)
    assert sorted(pkgroot.rglob("*")) == before
    assert read(pkgroot).changelogs == ()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "there is nothing to add"),
        (("--changelog", "/nowhere/x.md"), 3, "cannot read `/nowhere/x.md`"),
        (("--image", "/nowhere"), 3, "there is no image layout `/nowhere`"),
        (("--previous", "w_2026_99"), 2, "w_2026_99"),
        (("--previous", "w_2026_42"), 5, "is not a release document"),
    ],
)
def test_what_cannot_be_added_is_explained(
    arguments: tuple[str, ...], code: int, message: str, pkgroot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add(pkgroot, *arguments) == code
    assert message in capsys.readouterr().err


def test_a_package_root_that_is_not_there_is_not_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("add", "--pkgroot", str(tmp_path / "no"), "w_2026_42", "--previous", "w_2026_41") == 3
    assert "there is no package root" in capsys.readouterr().err
    assert not (tmp_path / "no").exists()


def test_a_damaged_document_is_left_alone(pkgroot: Path, tmp_path: Path) -> None:
    path = pkgroot / "releases/w_2026_42.json"
    path.write_bytes(path.read_bytes()[:-20])
    before = path.read_bytes()
    (tmp_path / "changes.md").write_text("x")
    assert add(pkgroot, "--changelog", str(tmp_path / "changes.md")) == 5
    assert path.read_bytes() == before
    assert not (pkgroot / "releases" / "w_2026_42").exists()


def test_the_tag_of_a_new_schema_is_told(pkgroot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(read(pkgroot).canonical()) | {"schema": 2}
    put(pkgroot, "releases/w_2026_42.json", json.dumps(data).encode())
    assert run("show", "w_2026_42", "--pkgroot", str(pkgroot)) == 5
    assert "install a newer version of lsstinstall" in capsys.readouterr().err
    assert EupsTag.parse("w_2026_42").name in data["tag"]
