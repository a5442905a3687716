"""What we publish to a bucket, and as packages, in the hands of the real EUPS."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.process import run
from tests.support.bucketservers import serve_buckets
from tests.support.realeups import find_eups
from tests.support.stackbuilding import TinyStack

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.eups, pytest.mark.process, pytest.mark.network]

BINARIES = "redhat/el7/conda-system/miniconda3-py38_4.9.2-13.0.1"


def eups_environ(folder: Path, tmp_path: Path, stack: Path) -> dict[str, str]:
    return os.environ | {
        "PATH": f"{folder}/bin:{os.environ['PATH']}",
        "EUPS_DIR": str(folder),
        "EUPS_PATH": str(stack),
        "EUPS_FLAVOR": "Linux64",
        "EUPS_SHELL": "sh",
        "EUPS_USERDATA": str(tmp_path / "userdata"),
        "PYTHONPATH": f"{folder}/python",
        "CONDA_PREFIX": "",
    }


def install(folder: Path, tmp_path: Path, name: str, root: str, tag: str) -> list[str]:
    """Install by EUPS into a new stack; tell what is in it."""
    stack = tmp_path / name
    (stack / "ups_db").mkdir(parents=True)
    environ = eups_environ(folder, tmp_path, stack)
    run(["eups", "distrib", "install", "-r", root, "-t", tag, "top"], cwd=None, env=environ, timeout=300)
    listed = run(["eups", "list"], cwd=None, env=environ, timeout=120).stdout.splitlines()
    (data,) = (stack / "Linux64" / "tool").glob("[!.]*/data/x.txt")
    assert data.read_text(encoding="utf-8") == "x"
    return [line.split()[0] for line in listed]


@pytest.mark.parametrize("kind", ["git", "package"])
def test_eups_installs_from_a_bucket_and_leaves_data_out(tmp_path: Path, kind: str) -> None:
    folder = find_eups()
    if folder is None:
        pytest.skip("there is no EUPS (set EUPS_DIR)")
    tiny = TinyStack(tmp_path)
    tiny.add("testdata", files={"data/large.txt": "x"})
    tiny.add("tool", files={"data/x.txt": "x"})
    tiny.add("top", "tool", table="setupOptional(testdata)\n")
    assert tiny.prepare("top").code == 0
    assert tiny.build("--flavor", "Linux64", CONDA_PREFIX="").code == 0
    (tiny.folder / "manifest.remap").write_text("[create]testdata None\n", encoding="utf-8")
    with serve_buckets() as server:
        url = server.make(f"eups-{kind}")
        answer = tiny.run(
            *("stack", "publish", "--build-dir", "build", "--stack", "stack", "--pkgroot", url, "top"),
            *("--tag", "w_2026_10", "--also-tag", "w_latest", "--env-version", "13.0.1"),
            *("--platform", "linux-64", "--source", kind, "--remap", "manifest.remap"),
            **server.variables,
        )
        assert answer.code == 0, answer.stderr
        for number, (root, tag) in enumerate(
            ((BINARIES, "w_2026_10"), ("src", "w_2026_10"), ("src", "w_latest"))
        ):
            web = f"{server.url}/eups-{kind}/stack/{root}"
            assert install(folder, tmp_path, f"stack-{number}", web, tag) == ["tool", "top"]
        found = tiny.run(
            "server", "check", "w_latest", "--pkgroot", f"{server.url}/eups-{kind}/stack", "--json"
        )
        assert found.code == 0, found.stdout
        assert found.data["products"] == 2


@pytest.mark.parametrize("kind", ["git", "package"])
def test_a_root_that_eups_published_to_is_continued(tmp_path: Path, kind: str) -> None:
    folder = find_eups()
    if folder is None:
        pytest.skip("there is no EUPS (set EUPS_DIR)")
    tiny = TinyStack(tmp_path)
    tiny.add("tool", files={"data/x.txt": "x"})
    tiny.add("top", "tool")
    assert tiny.prepare("top").code == 0
    assert tiny.build("--flavor", "Linux64", CONDA_PREFIX="").code == 0
    environ = eups_environ(folder, tmp_path, tiny.stack) | {
        "EUPSPKG_REPOSITORY_PATH": f"{tiny.build_dir}/$PRODUCT",
        "EUPSPKG_SOURCE": kind,
    }
    root = tmp_path / "root"
    server = f"--server-dir={root}/src"
    create = ["eups", "distrib", "create", server, "-f", "generic", "-d", "eupspkg", "-t", "b1", "top"]
    run(create, cwd=None, env=environ, timeout=300)
    run(["eups", "distrib", "declare", server, "-t", "b1"], cwd=None, env=environ, timeout=120)
    theirs = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    places = ("--build-dir", "build", "--stack", "stack", "--pkgroot", str(root), "--source", kind)
    answer = tiny.run("stack", "publish", *places, "--tag", "w_2026_10", "top")
    assert answer.code == 0, answer.stderr
    assert {path: path.read_bytes() for path in theirs} == theirs
    assert tiny.run("server", "check", "w_2026_10", "--pkgroot", str(root), "--verify").code == 0
    assert install(folder, tmp_path, "new", f"{root}/src", "w_2026_10") == ["tool", "top"]
