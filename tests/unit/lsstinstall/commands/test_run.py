from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

VERSION_FILE = """\
FILE = version
PRODUCT = {name}
VERSION = 1
#***************************************

Group:
   FLAVOR = Linux64
   QUALIFIERS = ""
   DECLARER = someone
   DECLARED = 2026/11/22 07:52:18 UTC
   PROD_DIR = Linux64/{name}/1
   UPS_DIR = ups
   TABLE_FILE = {name}.table
End:
"""
CHAIN_FILE = """\
FILE = version
PRODUCT = {name}
CHAIN = current
#***************************************

#Group:
   FLAVOR = Linux64
   VERSION = 1
   QUALIFIERS = ""
   DECLARER = someone
   DECLARED = 2026/11/22 07:52:18 UTC
#End:
"""


def _product(stack: Path, name: str, table: str) -> None:
    database = stack / "ups_db" / name
    ups = stack / "Linux64" / name / "1" / "ups"
    database.mkdir(parents=True)
    ups.mkdir(parents=True)
    (database / "1.version").write_text(VERSION_FILE.format(name=name))
    (database / "current.chain").write_text(CHAIN_FILE.format(name=name))
    (ups / f"{name}.table").write_text(table)


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    folder = tmp_path / "the stack"
    _product(folder, "alpha", "envSet(GREETING, hello)\n")
    _product(folder, "beta", "setupRequired(alpha)\nenvPrepend(PATH, ${PRODUCT_DIR}/bin)\n")
    program = folder / "Linux64/beta/1/bin/greet"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "$GREETING $*"\nexit 7\n')
    program.chmod(0o755)
    return folder


def _run(stack: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lsstinstall", "run", "--stack", str(stack), "--flavor", "Linux64"]
    return subprocess.run(
        [*command, *arguments],
        env=os.environ | {"EUPS_SHELL": "sh"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_program_of_a_product_runs_and_its_exit_code_is_ours(stack: Path) -> None:
    done = _run(stack, "beta", "--", "greet", "--help", "--", "-t")
    assert (done.returncode, done.stdout, done.stderr) == (7, "hello --help -- -t\n", "")


def test_several_products_are_set_up_one_after_another(stack: Path) -> None:
    done = _run(stack, "alpha", "beta", "--", "sh", "-c", 'echo "$ALPHA_DIR $BETA_DIR"')
    assert done.stdout == f"{stack}/Linux64/alpha/1 {stack}/Linux64/beta/1\n"


def test_a_folder_is_set_up_after_the_products(stack: Path, tmp_path: Path) -> None:
    checkout = tmp_path / "alpha"
    (checkout / "ups").mkdir(parents=True)
    (checkout / "ups" / "alpha.table").write_text("envSet(GREETING, mine)\n")
    done = _run(stack, "beta", "-r", str(checkout), "--", "greet")
    assert done.stdout == "mine \n"


def test_an_unknown_program_is_not_found(stack: Path) -> None:
    done = _run(stack, "beta", "--", "no-such-program")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "error: cannot run `no-such-program`: no `no-such-program` here\n"


def test_an_unknown_product_is_not_found_and_nothing_runs(stack: Path) -> None:
    done = _run(stack, "gamma", "--", "echo", "ran")
    assert done.returncode == 3
    assert done.stdout == ""


@pytest.mark.parametrize("arguments", [["beta"], ["beta", "--"], ["--", "true"]])
def test_a_product_and_a_command_are_needed(stack: Path, arguments: list[str]) -> None:
    done = _run(stack, "--json", *arguments)
    assert done.returncode == 2
    assert "before" in done.stdout or "after two dashes" in json.loads(done.stdout)["error"]["hint"]
