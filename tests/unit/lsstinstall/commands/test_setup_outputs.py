from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

VERSION_FILE = """\
FILE = version
PRODUCT = alpha
VERSION = 1
#***************************************

Group:
   FLAVOR = Linux64
   QUALIFIERS = ""
   DECLARER = someone
   DECLARED = 2026/11/22 07:52:18 UTC
   PROD_DIR = none
   UPS_DIR = none
   TABLE_FILE = none
End:
"""


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    database = tmp_path / "größe" / "ups_db" / "alpha"
    database.mkdir(parents=True)
    (database / "1.version").write_text(VERSION_FILE)
    return tmp_path / "größe"


def _setup(stack: Path, *arguments: str, stdout: int, **environ: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "lsstinstall", "setup", "alpha", "1", "--stack", str(stack)]
    return subprocess.run(
        [*command, "--flavor", "Linux64", *arguments],
        env=os.environ | environ,
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
    )


def test_the_shell_gets_a_path_as_it_is_whatever_the_encoding(stack: Path) -> None:
    done = _setup(stack, stdout=subprocess.PIPE, PYTHONIOENCODING="ascii:strict")
    assert done.returncode == 0
    assert str(stack).encode() in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_told_not_passed_over(stack: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = _setup(stack, stdout=full.fileno())
    assert done.returncode == 4
    assert done.stderr.startswith(b"error: cannot write to `standard output`: no space left on device\n")


def test_a_reader_that_left_is_no_error(stack: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = _setup(stack, stdout=writing)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")
