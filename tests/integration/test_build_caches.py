"""Build caches: what was built once is unpacked, moved to its place, and checked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.stackbuilding import Answer, TinyStack

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process


@pytest.fixture
def tiny(tmp_path: Path) -> TinyStack:
    """A base, two that need it, and a leaf that nobody needs."""
    tiny = TinyStack(tmp_path)
    tiny.add("base", files={"data/x.txt": "x"})
    tiny.add("left", "base")
    tiny.add("right", "base")
    tiny.add("leaf", "left", "right")
    assert tiny.prepare("leaf").code == 0
    return tiny


def build(tiny: TinyStack, *arguments: str, stack: str = "stack") -> Answer:
    places = ("--build-dir", "build", "--stack", stack, "--cache", "cache", "--json")
    answer = tiny.ask("stack", "build", *places, *arguments)
    assert answer.code == 0, answer.stderr
    return answer


def made(answer: Answer) -> dict[str, str]:
    """Say of each product what became of it."""
    return {
        product["name"]: "cached" if product["cached"] else product["outcome"]
        for product in answer.data["products"]
    }


def entries(tiny: TinyStack) -> dict[str, Path]:
    """Find the entry of each product."""
    found = (tiny.folder / "cache" / "entries").iterdir()
    return {json.loads(path.read_text(encoding="utf-8"))["product"]: path for path in found}


def archive(tiny: TinyStack, product: str) -> Path:
    """Find the archive of a product."""
    digest = json.loads(entries(tiny)[product].read_text(encoding="utf-8"))["sha256"]
    return tiny.folder / "cache" / "archives" / f"{digest}.tar.zst"


def contents(stack: Path) -> dict[str, bytes]:
    """Read all files of all products."""
    files = (path for path in stack.glob("*/*/g*/**/*") if path.is_file())
    return {str(path.relative_to(stack)): path.read_bytes() for path in files}


def test_a_changed_document_of_one_leaf_builds_one_product(tiny: TinyStack) -> None:
    assert set(made(build(tiny)).values()) == {"built"}
    tiny.remotes["leaf"].commit({"doc/index.md": "read me"})
    assert tiny.prepare("leaf").code == 0
    one = {"base": "unchanged", "left": "unchanged", "right": "unchanged", "leaf": "built"}
    assert made(build(tiny)) == one
    # Nor does it build more where nothing is installed yet.
    elsewhere = build(tiny, stack="second")
    assert made(elsewhere) == dict.fromkeys(one, "cached")
    assert contents(tiny.folder / "second") == {
        name: data for name, data in contents(tiny.stack).items() if name in contents(tiny.folder / "second")
    }


def test_a_damaged_archive_is_built_again_and_replaced(tiny: TinyStack) -> None:
    build(tiny)
    spoiled = archive(tiny, "left")
    spoiled.write_bytes(spoiled.read_bytes()[:-10])
    answer = build(tiny, stack="second")
    assert made(answer)["left"] == "built"
    assert "is damaged, and it is built again" in answer.stderr
    assert set(made(build(tiny, stack="third")).values()) == {"cached"}


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"schema": 1, "key": "other"}'])
def test_a_damaged_entry_is_built_again_and_replaced(tiny: TinyStack, content: str) -> None:
    build(tiny)
    entries(tiny)["base"].write_text(content, encoding="utf-8")
    assert made(build(tiny, stack="second"))["base"] == "built"
    assert made(build(tiny, stack="third"))["base"] == "cached"


def test_a_missing_archive_is_told(tiny: TinyStack) -> None:
    build(tiny)
    archive(tiny, "leaf").unlink()
    answer = build(tiny, stack="second")
    assert made(answer) == {"base": "cached", "left": "cached", "right": "cached", "leaf": "built"}
    assert answer.stderr.count("the archive of `leaf` is not there") == 1


def test_an_empty_address_is_no_cache(tiny: TinyStack) -> None:
    answer = tiny.build("--cache", "", "--json")
    assert (answer.code, answer.problems) == (2, ["an empty address names no place"])


def test_a_cache_that_cannot_be_used_is_told_and_does_no_harm(tiny: TinyStack) -> None:
    (tiny.folder / "cache").write_text("a file", encoding="utf-8")
    answer = build(tiny)
    assert set(made(answer).values()) == {"built"}
    assert answer.stderr.count("is left alone") == 1


def test_what_a_far_cache_has_comes_nearer(tiny: TinyStack) -> None:
    build(tiny)
    (tiny.folder / "cache").rename(tiny.folder / "far")
    near_and_far = ("--cache", "far")
    assert set(made(build(tiny, *near_and_far, stack="second")).values()) == {"cached"}
    assert sorted(entries(tiny)) == ["base", "leaf", "left", "right"]


def test_other_flags_are_another_product(tiny: TinyStack) -> None:
    build(tiny)
    places = ("--build-dir", "build", "--stack", "second", "--cache", "cache", "--json")
    answer = tiny.run("stack", "build", *places, CXXFLAGS="-O3")
    assert set(made(answer).values()) == {"built"}


def test_a_cache_is_listed_and_tidied(tiny: TinyStack) -> None:
    build(tiny)
    listed = tiny.run("stack", "cache", "list", "--cache", "cache", "--json").data["entries"]
    assert sorted(one["product"] for one in listed) == ["base", "leaf", "left", "right"]
    (tiny.folder / "cache" / "archives" / f"{'0' * 64}.tar.zst").touch()
    gc = ("stack", "cache", "gc", "--cache", "cache", "--json")
    kept = tiny.run(*gc, "--size", "0", "--keep", "build", "--dry-run").data
    assert (kept["removed"], len(kept["archives"])) == ([], 1)
    assert len(tiny.run(*gc, "--size", "0", "--dry-run").data["removed"]) == 4
    assert len(entries(tiny)) == 4
    assert tiny.run(*gc, "--days", "1").data["removed"] == []
    assert len(tiny.run(*gc, "--size", "0").data["removed"]) == 4
    assert list((tiny.folder / "cache").glob("*/*")) == []
