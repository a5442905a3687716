"""Our stacks in the hands of the real EUPS, and the other way round."""

from __future__ import annotations

import io
import os
import tarfile
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.eups import Stack
from lsstinstall.adapters.process import Completed, run
from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from lsstinstall.core.names import ProductName
from tests.support.packages import LINUX, product_version, source_root, tarball_root
from tests.support.realeups import find_eups

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.eups, pytest.mark.process]

NEEDS = {"sphgeom": (), "utils": (), "afw": ("sphgeom", "utils")}
AFW, UTILS = ProductName("afw"), ProductName("utils")


class _Eups:
    """The real program, working on one stack and one package root."""

    def __init__(self, folder: Path, tmp_path: Path) -> None:
        self.folder = folder
        self.stack = tmp_path / "stack"
        self.server = tmp_path / "server"
        self.environ = {
            "PATH": f"{folder}/bin:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "EUPS_DIR": str(folder),
            "EUPS_PATH": str(self.stack),
            "EUPS_PKGROOT": str(self.server),
            "EUPS_FLAVOR": "Linux64",
            "EUPS_SHELL": "sh",
            "EUPS_USERDATA": str(tmp_path / "userdata"),
            "PYTHONPATH": f"{folder}/python",
        }

    def run(self, *arguments: str, check: bool = True) -> Completed:
        return run(["eups", *arguments], cwd=None, env=self.environ, timeout=60, check=check)

    def add(self, *arguments: str) -> int:
        where = ["--stack", str(self.stack), "--pkgroot", str(self.server), "--flavor", "Linux64", "--quiet"]
        return run_main(cli, name="lsstinstall", arguments=["add", "-t", "w_2026_10", *arguments, *where])

    def serve(self, files: dict[str, bytes]) -> None:
        for path, data in files.items():
            (self.server / path).parent.mkdir(parents=True, exist_ok=True)
            (self.server / path).write_bytes(data)


@pytest.fixture
def eups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _Eups:
    folder = find_eups()
    if folder is None:
        pytest.skip("there is no EUPS (set EUPS_DIR)")
    found = _Eups(folder, tmp_path)
    monkeypatch.setenv("PATH", found.environ["PATH"])
    for name in ("EUPS_DIR", "EUPS_USERDATA", "PYTHONPATH"):
        monkeypatch.setenv(name, found.environ[name])
    found.serve(tarball_root(NEEDS))
    return found


def _rows(completed: Completed) -> list[list[str]]:
    return [
        [words[0], words[1], *sorted(words[2:])]
        for line in completed.stdout.splitlines()
        if (words := line.split())
    ]


def test_eups_lists_what_we_installed(eups: _Eups) -> None:
    assert eups.add("afw") == 0
    assert _rows(eups.run("list")) == [
        [name, product_version(name), "current", "w_2026_10"] for name in ("afw", "sphgeom", "utils")
    ]


def test_eups_finds_everything_installed_already(eups: _Eups) -> None:
    eups.add("afw")
    output = eups.run("distrib", "install", "-t", "w_2026_10", "afw")
    lines = (output.stdout + output.stderr).splitlines()
    assert [line.split()[3] for line in lines if "(already installed) done." in line] == [
        "sphgeom",
        "utils",
        "afw",
    ]


def test_we_find_everything_installed_that_eups_installed(
    eups: _Eups, capsys: pytest.CaptureFixture[str]
) -> None:
    Stack.create(eups.stack, flavor=LINUX)
    eups.run("distrib", "install", "-t", "w_2026_10", "afw")
    assert eups.add("afw") == 0
    assert capsys.readouterr().out.startswith("nothing to do: all 3 products are installed")


def test_eups_sets_up_what_we_installed(eups: _Eups) -> None:
    eups.add("afw")
    completed = run(["eups_setup", "-t", "w_2026_10", "afw"], cwd=None, env=eups.environ, timeout=60)
    assert f"export AFW_DIR={eups.stack}/Linux64/afw/{product_version('afw')}" in completed.stdout


def test_eups_sees_at_once_what_we_add_to_a_stack_that_it_knows(eups: _Eups) -> None:
    eups.add("utils")
    assert len(_rows(eups.run("list"))) == 1
    eups.add("afw")
    assert len(_rows(eups.run("list"))) == 3


def test_we_see_at_once_what_eups_undeclares_and_removes(eups: _Eups) -> None:
    eups.add("afw")
    eups.run("undeclare", "afw", product_version("afw"))
    eups.run("remove", "utils", product_version("utils"))
    assert Stack.open(eups.stack, flavor=LINUX).products() == ("sphgeom",)
    assert not (eups.stack / "Linux64/utils" / product_version("utils")).exists()
    assert eups.add("afw") == 0
    assert len(_rows(eups.run("list"))) == 3


def test_eups_does_not_write_while_we_do(eups: _Eups) -> None:
    eups.add("afw")
    with Stack.open(eups.stack, flavor=LINUX).locked("the test"):
        assert len(_rows(eups.run("list"))) == 3
        refused = eups.run("declare", "-t", "current", "afw", product_version("afw"), check=False)
        assert "Unable to take exclusive lock" in refused.stdout + refused.stderr


@pytest.mark.slow
def test_a_source_package_is_built_by_eups_and_declared(
    eups: _Eups, capsys: pytest.CaptureFixture[str]
) -> None:
    files = source_root({"utils": (), "afw": ("utils",)}, tags=("w_2026_10", "d_2026_03_01"))
    for name in ("utils", "afw"):
        files[f"products/{name}-{product_version(name)}.eupspkg"] = _source_package(name)
    eups.server = eups.server.with_name("src")
    eups.serve(files)
    assert eups.add("-U", "afw") == 0
    stack = Stack.open(eups.stack, flavor=LINUX)
    assert stack.tags(AFW, product_version("afw")) == ("current", "w_2026_10")
    assert (eups.stack / "Linux64/afw" / product_version("afw") / "python/afw.py").is_file()
    capsys.readouterr()
    assert eups.add("-U", "afw") == 0
    assert capsys.readouterr().out.startswith("nothing to do")
    where = ["--stack", str(eups.stack), "--flavor", "Linux64"]
    assert run_main(cli, name="lsstinstall", arguments=["verify", *where]) == 0
    assert "2 of 2 products are as they were installed" in capsys.readouterr().out


def _source_package(name: str) -> bytes:
    """Make a package without a build system, which EUPS copies."""
    top = f"{name}-{product_version(name)}"
    files = {
        f"{top}/ups/{name}.table": b"envPrepend(PYTHONPATH, ${PRODUCT_DIR}/python)\n",
        f"{top}/ups/pkginfo": f"PRODUCT={name}\nVERSION={product_version(name)}\nSOURCE=package\n".encode(),
        f"{top}/python/{name}.py": b"",
    }
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for path, content in files.items():
            header = tarfile.TarInfo(path)
            header.size, header.mode = len(content), 0o644
            tar.addfile(header, io.BytesIO(content))
    return packed.getvalue()
