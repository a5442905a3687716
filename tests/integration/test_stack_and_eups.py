"""What we build and publish, in the hands of the real EUPS; and EUPS's own builds in ours."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.process import Completed, run
from tests.support.realeups import find_eups
from tests.support.stackbuilding import TinyStack

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.eups, pytest.mark.process]

BINARIES = "redhat/el7/conda-system/miniconda3-py38_4.9.2-13.0.1"
MAKEFILE = """\
all:
\techo "$(DATA_DIR)" > built.txt
install: all
\tmkdir -p $(prefix)/share
\tcp built.txt $(prefix)/share
"""


@pytest.fixture
def folder() -> Path:
    found = find_eups()
    if found is None:
        pytest.skip("there is no EUPS (set EUPS_DIR)")
    return found


@pytest.fixture
def tiny(tmp_path: Path) -> TinyStack:
    tiny = TinyStack(tmp_path)
    tiny.add("data", files={"data/x.txt": "x"})
    tiny.add("tool", "data")
    tiny.add("top", "tool", "data")
    return tiny


def environment(folder: Path, tmp_path: Path, stack: Path) -> dict[str, str]:
    return {
        "PATH": f"{folder}/bin:{os.environ['PATH']}",
        "EUPS_DIR": str(folder),
        "EUPS_PATH": str(stack),
        "EUPS_FLAVOR": "Linux64",
        "EUPS_SHELL": "sh",
        "EUPS_USERDATA": str(tmp_path / "userdata"),
        "PYTHONPATH": f"{folder}/python",
        "CONDA_PREFIX": "",
    }


def eups(folder: Path, tmp_path: Path, stack: Path, *arguments: str) -> Completed:
    (stack / "ups_db").mkdir(parents=True, exist_ok=True)
    environ = os.environ | environment(folder, tmp_path, stack)
    return run(["eups", *arguments], cwd=None, env=environ, timeout=120)


def published(tiny: TinyStack) -> None:
    assert tiny.prepare("top").code == 0
    assert tiny.build("--flavor", "Linux64", CONDA_PREFIX="").code == 0
    weekly = ("--tag", "w_2026_10", "--also-tag", "w_latest", "--env-version", "13.0.1")
    assert tiny.publish(*weekly, "--platform", "linux-64", "top").code == 0


@pytest.mark.parametrize(
    ("root", "tag"), [(BINARIES, "w_2026_10"), ("src", "w_2026_10"), ("src", "w_latest")]
)
def test_eups_installs_what_we_published(
    folder: Path, tiny: TinyStack, tmp_path: Path, root: str, tag: str
) -> None:
    published(tiny)
    stack = tmp_path / "users-stack"
    eups(folder, tmp_path, stack, "distrib", "install", "-r", str(tiny.pkgroot / root), "-t", tag, "top")
    rows = [line.split() for line in eups(folder, tmp_path, stack, "list").stdout.splitlines()]
    assert [row[0] for row in rows] == ["data", "tool", "top"]
    assert all(tag in row for row in rows)
    (data,) = (stack / "Linux64" / "data").glob("[!.]*/data/x.txt")
    assert data.read_text(encoding="utf-8") == "x"


def test_eups_would_have_written_the_same_table(folder: Path, tiny: TinyStack, tmp_path: Path) -> None:
    published(tiny)
    stack = tmp_path / "users-stack"
    source = str(tiny.pkgroot / "src")
    eups(folder, tmp_path, stack, "distrib", "install", "-r", source, "-t", "w_2026_10", "top")
    for product in ("data", "tool", "top"):
        (theirs,) = (stack / "Linux64" / product).glob(f"[!.]*/ups/{product}.table")
        (ours,) = (tiny.stack / "Linux64" / product).glob(f"[!.]*/ups/{product}.table")
        assert ours.read_text(encoding="utf-8").strip() == theirs.read_text(encoding="utf-8").strip()


def test_eups_lists_what_we_built_with_the_tag_of_the_build(
    folder: Path, tiny: TinyStack, tmp_path: Path
) -> None:
    published(tiny)
    rows = eups(folder, tmp_path, tiny.stack, "list", "-t", "b1").stdout.splitlines()
    assert [row.split()[0] for row in rows] == ["data", "tool", "top"]


def test_a_product_for_eupspkg_is_built_by_it(folder: Path, tiny: TinyStack, tmp_path: Path) -> None:
    tiny.remotes["tool"].commit({"Makefile": MAKEFILE})
    tiny.prepare("top")
    environ = environment(folder, tmp_path, tiny.stack)
    answer = tiny.build("--flavor", "Linux64", "--json", **environ)
    assert answer.code == 0, answer.stdout
    (built,) = (tiny.stack / "Linux64" / "tool").glob("[!.]*/share/built.txt")
    (data,) = (tiny.stack / "Linux64" / "data").glob("[!.]*")
    assert built.read_text(encoding="utf-8") == f"{data}\n"
    table = (built.parents[1] / "ups" / "tool.table").read_text(encoding="utf-8")
    assert f"setupRequired(data            -j {data.name})" in table
