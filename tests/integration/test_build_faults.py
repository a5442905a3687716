"""Builds that are killed at any time, on disks that fill up, without the tools they need."""

from __future__ import annotations

import os
import random
import time
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.eups import Stack
from lsstinstall.core.names import Flavor
from tests.support.smalldisks import small_disk
from tests.support.stackbuilding import TinyStack

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.stackbuilding import Answer

pytestmark = pytest.mark.process

# A long suite for who wants one: LSSTINSTALL_KILLS=200.
SEEDS = range(int(os.environ.get("LSSTINSTALL_KILLS", "3")))
FLAVOR = ("--flavor", "Linux64")


@pytest.fixture
def tiny(tmp_path: Path) -> TinyStack:
    tiny = TinyStack(tmp_path)
    tiny.add("base", files={f"data/{number}.txt": "x" * 500 for number in range(30)})
    for name in ("one", "two", "three"):
        tiny.add(name, "base")
    tiny.add("top", "one", "two", "three")
    assert tiny.prepare("top").code == 0
    return tiny


def check_whole(tiny: TinyStack) -> None:
    """See that everything in the stack is whole, and that nothing else is there."""
    stack = Stack(tiny.stack, flavor=Flavor("Linux64"))
    products = stack.products()
    assert sorted(products) == ["base", "one", "three", "top", "two"]
    for product in products:
        (version,) = stack.versions(product)
        (folder,) = (tiny.stack / "Linux64" / product).iterdir()
        assert folder.name == version
        assert (folder / "ups" / "pkginfo").is_file()
        assert stack.tagged(product, "b1") == version
    assert len(list(tiny.stack.glob("Linux64/base/*/data/*.txt"))) == 30
    assert list((tiny.build_dir / ".work").iterdir()) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_killed_at_any_time_is_completed(tiny: TinyStack, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    command = ("stack", "build", "--build-dir", "build", "--stack", "stack", "--cache", "cache", *FLAVOR)
    began = time.monotonic()
    with tiny.start(*command) as process:
        process.communicate()
    whole = time.monotonic() - began
    tiny.stack.rename(tiny.folder / "first")
    for _ in range(2):
        with tiny.start(*command) as process:
            time.sleep(chance.uniform(0.3, 1.0) * whole)
            process.kill()
            process.communicate()
        # It may have come to nothing at all.
        for product in (path.parent.name for path in tiny.stack.glob("ups_db/*/*.version")):
            for folder in (tiny.stack / "Linux64" / product).glob("g*"):
                assert (folder / "ups" / "pkginfo").is_file()
    answer = tiny.build("--cache", "cache", "--json", *FLAVOR)
    assert answer.code == 0, answer.stdout + answer.stderr
    check_whole(tiny)


def build(tiny: TinyStack, stack: Path | str, *arguments: str, **variables: str) -> Answer:
    places = ("--build-dir", "build", "--stack", str(stack), "--json", *FLAVOR)
    return tiny.ask("stack", "build", *places, *arguments, **variables)


def test_a_full_disk_is_told_and_leaves_nothing_half(tiny: TinyStack) -> None:
    with small_disk(tiny.folder / "disk", "size=100k") as disk:
        answer = build(tiny, disk / "stack")
        assert answer.code == 4
        assert any("no space left" in problem for problem in answer.problems)
        assert list(disk.glob("stack/Linux64/base/g*")) == []
    assert build(tiny, "stack").code == 0
    check_whole(tiny)


def test_a_full_cache_is_no_reason_to_fail(tiny: TinyStack) -> None:
    with small_disk(tiny.folder / "disk", "size=8k") as disk:
        answer = build(tiny, "stack", "--cache", str(disk / "cache"))
    assert answer.code == 0
    assert "is left alone" in answer.stderr
    check_whole(tiny)


def test_a_missing_git_is_told(tiny: TinyStack) -> None:
    (tiny.build_dir / ".lsstinstall" / "facts.json").unlink(missing_ok=True)
    answer = build(tiny, "stack", PATH=str(tiny.folder))
    assert answer.code == 3
    assert "there is no `git` to run" in answer.problems[0]


def test_wrong_weights_are_told_before_anything_is_built(tiny: TinyStack) -> None:
    (tiny.folder / "weights.toml").write_text("[base]\ncores = 0\n", encoding="utf-8")
    answer = build(tiny, "stack", "--weights", "weights.toml")
    assert (answer.code, answer.problems) == (2, ["`cores` of `base` is `0`, not a number from 1 on"])
    assert not (tiny.stack / "Linux64").exists()


def test_a_build_tells_its_critical_path_and_draws_it(tiny: TinyStack) -> None:
    (tiny.folder / "weights.toml").write_text("[base]\ncores = 1\nmemory_gib = 0.5\n", encoding="utf-8")
    answer = build(tiny, "stack", "--weights", "weights.toml", "--cores", "2", "--memory", "1")
    assert [*answer.data["critical_path"][::2]] == ["base", "top"]
    assert (tiny.build_dir / "build.svg").read_text(encoding="utf-8").count("<g>") == 5
    status = tiny.run("stack", "status", "--build-dir", "build", "--stack", "stack", "--json").data
    assert (status["counts"], status["next"]) == (
        {"installed": 5},
        "all is built: `rubin-releng stack publish` is next",
    )
