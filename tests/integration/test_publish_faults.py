"""Publications to a folder that are killed, meet each other, or find the disk full."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from tests.support.smalldisks import remount, small_disk
from tests.support.stackbuilding import Answer, TinyStack

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

pytestmark = pytest.mark.process

WEEKLY = ("--tag", "w_2026_10", "--also-tag", "w_latest", "--env-version", "13.0.1", "--platform", "linux-64")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyStack:
    tiny = TinyStack(tmp_path_factory.mktemp("tiny"))
    tiny.add("data", files={"data/x.txt": random.Random(0).randbytes(60_000).hex()})  # noqa: S311 - no secret
    tiny.add("top", "data")
    assert tiny.prepare("top").code == 0
    assert tiny.build("--flavor", "Linux64", CONDA_PREFIX="").code == 0
    return tiny


def start(tiny: TinyStack, root: Path) -> subprocess.Popen[str]:
    places = ("--build-dir", "build", "--stack", "stack", "--pkgroot", str(root))
    return tiny.start("stack", "publish", *places, *WEEKLY, "top", "--json", "--quiet")


def publish(tiny: TinyStack, root: Path) -> Answer:
    with start(tiny, root) as process:
        stdout, stderr = process.communicate()
    return Answer(process.returncode, stdout, stderr)


def check(tiny: TinyStack, root: Path) -> Answer:
    return tiny.run("server", "check", "w_2026_10", "--pkgroot", str(root), "--verify", "--json")


def files_in(root: Path) -> int:
    return sum(path.is_file() for path in root.rglob("*"))


@pytest.mark.parametrize("seed", range(int(os.environ.get("LSSTINSTALL_PUBLISH_SEEDS", "1"))))
def test_a_killed_publication_is_not_seen_in_part_and_completed(
    tiny: TinyStack, tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)  # noqa: S311 - no secret
    root = tmp_path / "root"
    root.mkdir()
    for _ in range(3):
        last = rng.randrange(1, 30)
        with start(tiny, root) as process:
            while process.poll() is None and files_in(root) < last:
                pass
            process.kill()
            process.communicate()
        assert check(tiny, root).code in {0, 3}
    assert publish(tiny, root).code == 0
    assert check(tiny, root).code == 0
    assert not list(root.rglob("*.tmp"))


def test_two_publications_at_once_do_each_other_no_harm(tiny: TinyStack, tmp_path: Path) -> None:
    with start(tiny, tmp_path / "root") as one, start(tiny, tmp_path / "root") as two:
        answers = [one.communicate(), two.communicate()]
    codes = sorted((one.returncode, two.returncode))
    assert codes in ([0, 0], [0, 6]), answers
    assert check(tiny, tmp_path / "root").code == 0


def test_a_full_disk_is_told_and_the_next_run_completes(tiny: TinyStack, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "size=96k") as disk:
        answer = publish(tiny, disk / "root")
        assert answer.code == 4, answer.stdout
        assert "no space left" in answer.stdout
        assert check(tiny, disk / "root").code == 3
        remount(disk, "size=4m")
        assert publish(tiny, disk / "root").code == 0
        assert check(tiny, disk / "root").code == 0
