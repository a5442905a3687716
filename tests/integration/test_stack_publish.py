"""`rubin-releng stack publish` on a tiny stack, and `server index`."""

from __future__ import annotations

import json
import os
import tarfile
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.files import sha256_of
from lsstinstall.core.releases import Release, parse_release
from tests.support.publications import LOCK
from tests.support.stackbuilding import Answer, TinyStack

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

BINARIES = "redhat/el7/conda-system/miniconda3-py38_4.9.2-13.0.1"
WEEKLY = ("--tag", "w_2026_10", "--env-version", "13.0.1", "--platform", "linux-64", "top")


@pytest.fixture
def tiny(tmp_path: Path) -> TinyStack:
    tiny = TinyStack(tmp_path)
    tiny.add("data", files={"data/x.txt": "x"})
    tiny.add("top", "data")
    assert tiny.prepare("top").code == 0
    assert tiny.build("--flavor", "Linux64", CONDA_PREFIX="").code == 0
    return tiny


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".publish.lock"
    }


def document(tiny: TinyStack, tag: str = "w_2026_10") -> Release:
    path = tiny.pkgroot / "releases" / f"{tag}.json"
    return parse_release(path.read_bytes(), source=str(path))


def published(tiny: TinyStack, *arguments: str) -> Answer:
    answer = tiny.publish(*arguments, "--json", "--quiet")
    assert answer.code == 0, answer.stdout + answer.stderr
    return answer


def test_what_the_document_names_is_there_with_its_digest(tiny: TinyStack) -> None:
    (tiny.folder / "lock").write_text(LOCK, encoding="utf-8")
    published(tiny, "--lock", "linux-64=lock", "--previous", "w_2026_09", *WEEKLY)
    release = document(tiny)
    assert release.environment is not None
    files = [product.source for product in release.products]
    files += [file for product in release.products for file in product.binaries.values()]
    files += [lock.file for lock in release.environment.locks.values()]
    assert len(files) == 5
    for file in files:
        assert file is not None
        assert sha256_of(tiny.pkgroot / file.path) == file.sha256
        assert (tiny.pkgroot / file.path).stat().st_size == file.size_bytes


def test_a_second_stack_built_from_the_same_sources_gives_the_same_bytes(tiny: TinyStack) -> None:
    published(tiny, *WEEKLY)
    first = files_of(tiny.pkgroot)
    tiny.pkgroot.rename(tiny.folder / "first")
    tiny.stack.rename(tiny.folder / "first-stack")
    assert tiny.build("--flavor", "Linux64", CONDA_PREFIX="").code == 0
    published(tiny, *WEEKLY)
    second = files_of(tiny.pkgroot)
    first.pop("releases/w_2026_10.json")
    second.pop("releases/w_2026_10.json")
    assert first == second


def test_publishing_again_changes_nothing(tiny: TinyStack) -> None:
    published(tiny, "--also-tag", "w_latest", *WEEKLY)
    before = files_of(tiny.pkgroot)
    again = published(tiny, "--also-tag", "w_latest", *WEEKLY)
    assert again.data["changes"] == {"add": 0, "keep": len(before), "move": 0}
    assert files_of(tiny.pkgroot) == before


def test_another_build_under_the_same_tag_is_refused(tiny: TinyStack) -> None:
    published(tiny, *WEEKLY)
    before = files_of(tiny.pkgroot)
    tiny.remotes["top"].commit({"x": "1"})
    tiny.prepare("top")
    tiny.build("--flavor", "Linux64", CONDA_PREFIX="")
    answer = tiny.publish(*WEEKLY, "--json", "--quiet")
    assert answer.code == 6
    assert answer.problems[0] == "`src/tags/w_2026_10.list` is there with other content"
    assert files_of(tiny.pkgroot) == before


def test_the_latest_weekly_moves_on(tiny: TinyStack) -> None:
    published(tiny, "--also-tag", "w_latest", *WEEKLY)
    tiny.remotes["top"].commit({"x": "1"})
    tiny.prepare("top")
    tiny.build("--flavor", "Linux64", CONDA_PREFIX="")
    later = [argument.replace("w_2026_10", "w_2026_11") for argument in WEEKLY]
    answer = published(tiny, "--also-tag", "w_latest", "--previous", "w_2026_10", *later)
    moved = [file["path"] for file in answer.data["files"] if file["change"] == "move"]
    assert "src/tags/w_latest.list" in moved
    assert "#BUILD=b2" in (tiny.pkgroot / "src/tags/w_latest.list").read_text(encoding="utf-8")
    assert str(document(tiny, "w_2026_11").previous) == "w_2026_10"


def test_a_dry_run_writes_nothing(tiny: TinyStack) -> None:
    answer = published(tiny, "--dry-run", *WEEKLY)
    assert {file["change"] for file in answer.data["files"]} == {"add"}
    assert not tiny.pkgroot.exists()


def test_a_weekly_refers_to_git_and_a_release_holds_its_sources(tiny: TinyStack) -> None:
    published(tiny, *WEEKLY)
    final = [argument.replace("w_2026_10", "v29_0_0") for argument in WEEKLY]
    weekly = document(tiny).products[0].source
    assert weekly is not None
    with tarfile.open(tiny.pkgroot / weekly.path) as archive:
        names = archive.getnames()
        folder = names[0]
        info = archive.extractfile(f"{folder}/ups/pkginfo")
        assert info is not None
        text = info.read().decode()
    assert names == [folder, f"{folder}/ups", f"{folder}/ups/pkginfo"]
    assert f"SHA1='{tiny.remotes['data'].head()}'\nREPOSITORY='{tiny.remotes['data'].url}'\n" in text
    (tiny.pkgroot / weekly.path).unlink()
    published(tiny, *final)
    source = document(tiny, "v29_0_0").products[0].source
    assert source is not None
    with tarfile.open(tiny.pkgroot / source.path) as archive:
        assert f"{folder}/data/x.txt" in archive.getnames()
        assert not [name for name in archive.getnames() if "/.git/" in name]


def test_a_script_of_the_products_own_is_in_its_source_package(tiny: TinyStack) -> None:
    script = '#!/bin/bash\nexec bash $EUPS_DIR/lib/eupspkg.sh "$@"\n'
    tiny.add("own", files={"ups/eupspkg": script})
    tiny.prepare("own")
    eups = tiny.folder / "eups" / "lib" / "eupspkg.sh"
    eups.parent.mkdir(parents=True)
    eups.write_text(
        'for word in "$@"; do case $word in PREFIX=*) prefix=${word#PREFIX=};; esac; done\n'
        'if [ "$word" = install ]; then mkdir -p $prefix; cp -r ups $prefix; fi\n',
        encoding="utf-8",
    )
    # What else a build needs of EUPS.
    for name, text in (
        ("setups.sh", "PATH=$EUPS_DIR/bin:$PATH\nsetup() { :; }\n"),
        ("eupspkg", '#!/bin/bash\nexec bash ./ups/eupspkg "$@"\n'),
    ):
        program = tiny.folder / "eups" / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)
    tiny.remotes["own"].path.joinpath("ups", "eupspkg").chmod(0o755)
    tiny.remotes["own"].commit({})
    tiny.prepare("own")
    built = tiny.build("--flavor", "Linux64", "--json", CONDA_PREFIX="", EUPS_DIR=str(tiny.folder / "eups"))
    assert built.code == 0, built.stdout
    published(tiny, "--tag", "w_2026_10", "own")
    source = document(tiny).products[0].source
    assert source is not None
    with tarfile.open(tiny.pkgroot / source.path) as archive:
        member = next(member for member in archive if member.name.endswith("ups/eupspkg"))
        assert member.mode & 0o111


def test_products_that_are_not_built_are_all_told(tiny: TinyStack) -> None:
    for product in ("data", "top"):
        for path in (tiny.stack / "ups_db" / product).iterdir():
            path.unlink()
    answer = tiny.publish(*WEEKLY, "--json")
    assert (answer.code, len(answer.problems)) == (3, 2)
    assert "is not installed" in answer.problems[0]


def test_products_that_are_not_in_the_build_are_all_told(tiny: TinyStack) -> None:
    answer = tiny.publish(*WEEKLY, "afw", "meas_base", "--json")
    assert answer.code == 3
    assert answer.problems == ["no product `afw` in build b1", "no product `meas_base` in build b1"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--tag", "weekly", "top"), "`weekly`"),
        (("--tag", "w_2026_10", "--previous", "w_2026_10", "top"), "the release before itself"),
        (("--tag", "w_2026_10", "--pkgroot", "one|two", "top"), "joins several places"),
        (("--tag", "w_2026_10", "--lock", "linux-64", "top"), "is no lock"),
        (("--tag", "w_2026_10", "--lock", "linux-64=lock", "top"), "needs `--env-version`"),
        (("--tag", "w_2026_10", "--lock", "osx-arm64=lock", "--env-version", "1.0.0", "top"), "not for"),
        (
            ("--tag", "w_2026_10", *("--lock", "linux-64=lock") * 2, "--env-version", "1.0.0", "top"),
            "two locks",
        ),
    ],
)
def test_wrong_arguments_are_refused(tiny: TinyStack, arguments: tuple[str, ...], told: str) -> None:
    (tiny.folder / "lock").write_text(LOCK, encoding="utf-8")
    answer = tiny.publish(*arguments, "--json")
    assert answer.code == 2
    assert told in answer.problems[0]
    assert not (tiny.pkgroot / "src").exists()


def test_a_build_directory_that_is_not_there_is_not_made(tiny: TinyStack) -> None:
    answer = tiny.publish(*WEEKLY, "--build-dir", "no-such", "--json")
    assert answer.code == 3
    assert "there is no build directory `no-such`" in answer.problems[0]
    assert not (tiny.folder / "no-such").exists()


def test_a_package_that_was_altered_is_noticed(tiny: TinyStack) -> None:
    published(tiny, *WEEKLY)
    file = document(tiny).products[0].binaries
    path = tiny.pkgroot / next(iter(file.values())).path
    path.write_bytes(path.read_bytes() + b"x")
    answer = tiny.publish(*WEEKLY, "--json", "--quiet")
    assert answer.code == 5
    assert "was changed after it was published" in answer.problems[0]


def test_what_a_killed_publication_left_is_completed(tiny: TinyStack) -> None:
    published(tiny, "--also-tag", "w_latest", *WEEKLY)
    whole = files_of(tiny.pkgroot)
    # In the order of writing, each point at which it may have been killed.
    order = ["releases/w_2026_10.json", "src/tags/w_2026_10.list", "src/config.txt"]
    for name in order:
        (tiny.pkgroot / name).unlink()
        published(tiny, "--also-tag", "w_latest", *WEEKLY)
        now = files_of(tiny.pkgroot)
        for both in (now, whole):
            both.pop("releases/w_2026_10.json", None)
        assert now == whole


def test_a_full_disk_or_a_folder_we_may_not_write_is_told(tiny: TinyStack) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    tiny.pkgroot.mkdir(mode=0o500)
    assert tiny.publish(*WEEKLY).code == 6


def test_the_index_command_lists_the_files_of_each_folder(tiny: TinyStack) -> None:
    published(tiny, *WEEKLY)
    (tiny.pkgroot / "src" / "tags" / "index.json").unlink()
    (tiny.pkgroot / "src" / "manifests" / "index.json").write_text("[]", encoding="utf-8")
    dry = tiny.run("server", "index", "pkgroot", "--dry-run", "--json")
    done = tiny.run("server", "index", "pkgroot", "--json")
    changed = {one["path"]: one["change"] for one in done.data["folders"] if one["change"] != "keep"}
    assert changed == {"src/tags": "add", "src/manifests": "move"}
    assert dry.data == done.data
    names = json.loads((tiny.pkgroot / "src" / "tags" / "index.json").read_text(encoding="utf-8"))
    assert names == ["w_2026_10.list"]
    assert tiny.run("server", "index", "pkgroot").stdout.startswith("0 of ")
    assert tiny.run("server", "index", "nowhere").code == 3
