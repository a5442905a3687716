"""The tag that callers of our workflows name goes forward, and nowhere else."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

OLD, NEW = "a" * 40, "b" * 40
GH = """\
#!/bin/sh
printf '%s\\n' "$*" >>"$ASKED"
case $* in
*matching-refs*) echo "$OLD" ;;
*/compare/*) echo "$STATUS" ;;
*--method*) exit "$REFUSED" ;;
esac
exit "$CODE"
"""


def moved(
    root: Path, tmp_path: Path, *, old: str = OLD, status: str = "", code: int = 0, refused: int = 0
) -> tuple[int, str, str]:
    """Run the script: its exit code, what it said, what it asked GitHub to change."""
    program, asked = tmp_path / "gh", tmp_path / "asked"
    program.write_text(GH, encoding="utf-8")
    program.chmod(0o755)
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "ASKED": str(asked), "OLD": old, "STATUS": status}
    command = ("sh", str(root / "tools/selfrelease/move-series.sh"), "lsst/ours", "v1", NEW)
    env |= {"CODE": str(code), "REFUSED": str(refused)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    changes = [line for line in asked.read_text(encoding="utf-8").splitlines() if "--method" in line]
    return done.returncode, done.stdout + done.stderr, "".join(changes)


def test_a_series_begins_with_its_first_release(tmp_path: Path, project_root: Path) -> None:
    code, said, changed = moved(project_root, tmp_path, old="")
    assert (code, said) == (0, f"v1 is new and names {NEW}\n")
    assert changed == f"api --silent --method POST repos/lsst/ours/git/refs -f ref=refs/tags/v1 -f sha={NEW}"


def test_a_series_goes_forward(tmp_path: Path, project_root: Path) -> None:
    code, said, changed = moved(project_root, tmp_path, status="ahead")
    assert (code, said) == (0, f"v1 goes from {OLD} to {NEW}\n")
    assert changed.endswith(f"PATCH repos/lsst/ours/git/refs/tags/v1 -f sha={NEW} -F force=false")


def test_a_series_that_is_there_stays(tmp_path: Path, project_root: Path) -> None:
    assert moved(project_root, tmp_path, status="identical") == (0, f"v1 names {NEW} already\n", "")


@pytest.mark.parametrize("status", ["behind", "diverged"])
def test_a_series_never_goes_back(tmp_path: Path, project_root: Path, status: str) -> None:
    code, said, changed = moved(project_root, tmp_path, status=status)
    assert (code, changed) == (1, "")
    assert f"it only goes forward (compared: {status})" in said


def test_a_failure_of_github_moves_nothing(tmp_path: Path, project_root: Path) -> None:
    assert moved(project_root, tmp_path, old="", code=4) == (4, "", "")


@pytest.mark.parametrize("old", ["", OLD])
def test_who_may_move_a_series_is_told_if_the_run_may_not(
    tmp_path: Path, project_root: Path, old: str
) -> None:
    code, said, _ = moved(project_root, tmp_path, old=old, status="ahead", refused=1)
    assert code == 1
    assert said.startswith(
        "error: GitHub does not let this run set v1; it refuses that, too, if workflows changed"
    )
    assert said.endswith(f"git push origin +{NEW}:refs/tags/v1\n")
