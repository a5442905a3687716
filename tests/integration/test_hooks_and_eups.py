"""Post-install hooks: ours in the hands of the real EUPS, and a site's in ours."""

from __future__ import annotations

import os
import sys
import tarfile
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.eups import Stack
from lsstinstall.adapters.hooks import HOOK_NAME, write_hook
from lsstinstall.adapters.process import run
from lsstinstall.adapters.trees import list_files
from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from tests.support.packages import LINUX, product_version, tarball_root
from tests.support.realeups import find_eups

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lsstinstall.core.filelists import FileList

pytestmark = [pytest.mark.eups, pytest.mark.process]

VERSION = product_version("afw")
TREE = f"Linux64/afw/{VERSION}"
OWN = """\
import eups.utils

def distribInstallPostHook(folder, verbose=0):
    with open(folder + "/ups/afw.table", "a") as table:
        print("# " + folder.split("/")[-1], file=table)
"""


@pytest.fixture
def eups(tmp_path: Path) -> Path:
    """The folder of a real EUPS, beside a server with scripts of all kinds and a Python."""
    folder = find_eups()
    if folder is None:
        pytest.skip("there is no EUPS (set EUPS_DIR)")
    files = tarball_root({"afw": ()})
    lines = {
        "old": "#!/build/env/bin/python3 -E", "env": "#!/usr/bin/env python", "sh": "#!/bin/sh", "none": "",
    }  # fmt: skip
    for path, content in files.items():
        (tmp_path / "server" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "server" / path).write_bytes(content)
    for name, line in lines.items():
        script = tmp_path / "product/bin" / name
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(f"{line}\npass\n")
        script.chmod(0o755)
    (tmp_path / "product/ups").mkdir()
    (tmp_path / "product/ups/afw.table").write_text("")
    with tarfile.open(tmp_path / "server" / f"afw-{VERSION}@Linux64.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "product", arcname=f"afw/{VERSION}")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(sys.executable)
    return folder


def _environ(tmp_path: Path, eups: Path, stack: Path) -> dict[str, str]:
    return {
        "PATH": f"{tmp_path}/bin:{eups}/bin:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "EUPS_DIR": str(eups),
        "EUPS_PATH": str(stack),
        "EUPS_PKGROOT": str(tmp_path / "server"),
        "EUPS_FLAVOR": "Linux64",
        "EUPS_SHELL": "sh",
        "EUPS_USERDATA": str(tmp_path / "userdata"),
        "PYTHONPATH": f"{eups}/python",
    }


def _install_both(
    tmp_path: Path, eups: Path, monkeypatch: pytest.MonkeyPatch, customize: Callable[[Path], object]
) -> tuple[FileList, FileList]:
    """Install the same product with EUPS and ourselves."""
    results = []
    for name in ("theirs", "ours"):
        stack = tmp_path / name
        Stack.create(stack, flavor=LINUX)
        customize(stack)
        environ = _environ(tmp_path, eups, stack)
        if name == "theirs":
            words = ["eups", "distrib", "install", "-t", "w_2026_10", "afw"]
            run(words, cwd=None, env=environ, timeout=60)
        else:
            for key, value in environ.items():
                monkeypatch.setenv(key, value)
            words = ["add", "-t", "w_2026_10", "afw", "--quiet"]
            assert run_main(cli, name="lsstinstall", arguments=words) == 0
            assert run_main(cli, name="lsstinstall", arguments=["verify", "--quiet"]) == 0
        results.append(list_files(stack / TREE))
    return results[0], results[1]


def test_our_hook_does_in_eups_what_we_do_without_it(
    tmp_path: Path, eups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, ours = _install_both(tmp_path, eups, monkeypatch, write_hook)
    assert ours == theirs
    assert (tmp_path / "ours" / TREE / "bin/old").read_text() == f"#!{tmp_path}/bin/python\npass\n"


def test_a_site_s_hook_does_with_us_what_it_does_in_eups(
    tmp_path: Path, eups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, ours = _install_both(
        tmp_path, eups, monkeypatch, lambda stack: (stack / "site" / HOOK_NAME).write_text(OWN)
    )
    assert {file.path for file in theirs.files if "table" in file.path} == {"ups/afw.table"}
    assert (tmp_path / "theirs" / TREE / "ups/afw.table").read_text() == f"# {VERSION}\n"
    assert (tmp_path / "ours" / TREE / "ups/afw.table").read_text() == f"# {VERSION}\n"
    assert [file.path for file in ours.files] == [file.path for file in theirs.files]
