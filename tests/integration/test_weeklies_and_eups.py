"""Two weeklies of made-up products in our hands and those of the real EUPS, by turns."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.eups import Stack
from lsstinstall.adapters.process import Completed, run
from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from lsstinstall.commands.setupanswers import answer_setup
from lsstinstall.commands.setupoptions import SETUP_OPTIONS, read_plainly
from tests.support.packages import LINUX
from tests.support.realeups import ask_eups, find_eups
from tests.support.setupcases import next_environ
from tests.support.soundstacks import faults_in
from tests.support.weeklies import NEW, OLD, TOP, Weeklies, binary_folder, publish_weeklies

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.eups, pytest.mark.process, pytest.mark.slow]

WEEKLIES = Weeklies(products=8, files=120, compressed_bytes=300_000)


class _Site:
    """A stack that both programs work on."""

    def __init__(self, stack: Path, root: Path, eups: Path) -> None:
        self.stack = stack
        self.pkgroot = binary_folder(root)
        self.environ = {
            "PATH": f"{eups}/bin:{os.environ['PATH']}",
            "HOME": str(stack.parent),
            "EUPS_DIR": str(eups),
            "EUPS_PATH": str(stack),
            "EUPS_PKGROOT": str(self.pkgroot),
            "EUPS_FLAVOR": "Linux64",
            "EUPS_SHELL": "sh",
            "EUPS_USERDATA": str(stack.with_name(f"{stack.name}-userdata")),
            "PYTHONPATH": f"{eups}/python",
        }
        Stack.create(stack, flavor=LINUX)

    def eups(self, *arguments: str, check: bool = True) -> Completed:
        return run(["eups", *arguments], cwd=None, env=self.environ, timeout=120, check=check)

    def eups_add(self, tag: str) -> None:
        self.eups("distrib", "install", "-t", tag, TOP)

    def own(self, *arguments: str) -> int:
        where = ["--stack", str(self.stack), "--flavor", "Linux64", "--quiet"]
        return run_main(cli, name="lsstinstall", arguments=[*arguments, *where])

    def add(self, tag: str) -> int:
        return self.own("add", "-t", tag, TOP, "--pkgroot", str(self.pkgroot))

    def listed(self) -> list[list[str]]:
        """Ask EUPS for product, version and tags."""
        rows = [line.split() for line in self.eups("list").stdout.splitlines()]
        return [[row[0], row[1], *sorted(row[2:])] for row in rows]


@pytest.fixture(scope="module")
def eups() -> Path:
    folder = find_eups()
    if folder is None:
        pytest.skip("there is no EUPS (set EUPS_DIR)")
    return folder


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weeklies")
    publish_weeklies(WEEKLIES, folder)
    return folder


@pytest.fixture
def ours(tmp_path: Path, root: Path, eups: Path) -> _Site:
    return _Site(tmp_path / "ours", root, eups)


@pytest.fixture
def theirs(tmp_path: Path, root: Path, eups: Path) -> _Site:
    return _Site(tmp_path / "theirs", root, eups)


def _set_up_by_eups(site: _Site, *arguments: str) -> dict[str, str]:
    changes = ask_eups(arguments, site.environ)
    assert changes is not None
    return {
        name: value.replace(str(site.stack), "STACK")
        for name, value in next_environ(site.environ, changes).items()
        if name != "EUPS_USERDATA"
    }


def _set_up_by_us(site: _Site, *arguments: str) -> dict[str, str]:
    options = read_plainly([*arguments, "--shell", "sh"], SETUP_OPTIONS)
    assert options is not None
    answer = answer_setup(options, site.environ, manifests={})
    return {
        name: value.replace(str(site.stack), "STACK")
        for name, value in answer.changes.applied_to(site.environ).items()
        if name != "EUPS_USERDATA"
    }


def test_every_product_is_set_up_the_same_whoever_installed_it(ours: _Site, theirs: _Site) -> None:
    for tag in (OLD, NEW):
        assert ours.add(tag) == 0
        theirs.eups_add(tag)
    assert ours.listed() == theirs.listed()
    for tag in (OLD, NEW):
        for product in WEEKLIES.names:
            arguments = (product, "-t", tag)
            expected = _set_up_by_eups(theirs, *arguments)
            assert _set_up_by_eups(ours, *arguments) == expected
            assert _set_up_by_us(ours, *arguments) == expected
            assert _set_up_by_us(theirs, *arguments) == expected


def test_a_weekly_of_eups_is_extended_by_us_and_one_of_ours_by_eups(ours: _Site, theirs: _Site) -> None:
    assert ours.add(OLD) == 0
    ours.eups_add(NEW)
    theirs.eups_add(OLD)
    assert theirs.add(NEW) == 0
    assert ours.listed() == theirs.listed()
    assert ours.add(NEW) == 0
    assert faults_in(ours.stack) == [] or _only_unrecorded(ours)
    for site in (ours, theirs):
        assert site.own("verify") == 0


def _only_unrecorded(site: _Site) -> bool:
    """Whether all that is wrong is that EUPS wrote nothing down."""
    return all(fault.endswith("not on record") for fault in faults_in(site.stack))


def test_what_eups_removes_of_one_weekly_stays_whole_in_the_other(ours: _Site) -> None:
    for tag in (OLD, NEW):
        assert ours.add(tag) == 0
    old, new = WEEKLIES.versions(OLD), WEEKLIES.versions(NEW)
    moved = [name for name in WEEKLIES.names if old[name] != new[name]]
    for name in reversed(moved):
        ours.eups("remove", name, old[name])
    assert faults_in(ours.stack) == []
    assert not any((ours.stack / "Linux64" / name / old[name]).exists() for name in moved)
    assert ours.add(NEW) == 0
    assert ours.add(OLD) == 0
    assert faults_in(ours.stack) == []


def test_what_we_remove_is_gone_for_eups(ours: _Site, capsys: pytest.CaptureFixture[str]) -> None:
    for tag in (OLD, NEW):
        assert ours.add(tag) == 0
    version = WEEKLIES.versions(OLD)[TOP]
    capsys.readouterr()
    assert ours.own("remove", f"{TOP}@{version}", "--json") == 0, capsys.readouterr().err
    assert [TOP, version] not in [row[:2] for row in ours.listed()]
    assert json.loads(capsys.readouterr().out)
    assert ours.add(OLD) == 0
    assert [TOP, version] in [row[:2] for row in ours.listed()]
