from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.commands.frame import run_main
from rubin_releng.commands.main import cli

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: object) -> int:
    return run_main(cli, name="rubin-releng", arguments=["image", *map(str, arguments)])


def answer(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def content(layout: Path) -> dict[str, bytes]:
    return {str(path.relative_to(layout)): path.read_bytes() for path in layout.rglob("*") if path.is_file()}


@pytest.fixture
def trees(tmp_path: Path) -> tuple[Path, Path]:
    env, stack = tmp_path / "env", tmp_path / "stack"
    for folder, names in ((env, ["bin/python", "lib/libx.so"]), (stack, ["afw/1/ups/afw.table"])):
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(f"content of {name}\n" * 100)
    (env / "bin" / "python3").hardlink_to(env / "bin" / "python")
    (env / "lib" / "libx.so.1").symlink_to("./libx.so")
    return env, stack


@pytest.fixture
def layout(trees: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """An image of two layers."""
    output = tmp_path / "layout"
    assert run("build", "--tree", trees[0], "--tree", f"{trees[1]}:/opt/lsst", "--output", output, "-q") == 0
    capsys.readouterr()
    return output


@pytest.mark.parametrize("compression", ["zstd", "gzip"])
def test_an_image_is_built_and_in_order(
    compression: str, trees: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "layout"
    options = ("--compression", compression, "--tag", "w_2026_42", "--label", "a=b=c", "--owner", "1000:1000")
    where = ("--tree", trees[0], "--tree", f"{trees[1]}:/opt/lsst/", "--output", output)
    assert run("build", *where, *options, "--architecture", "arm64", "--json", "--quiet") == 0
    data = answer(capsys)
    assert [layer["path"] for layer in data["layers"]] == ["/", "/opt/lsst"]
    assert [layer["entries"] for layer in data["layers"]] == [6, 6]
    assert data["layers"][0]["media_type"].endswith(f"tar+{compression}")
    assert data["size_bytes"] == sum(layer["size_bytes"] for layer in data["layers"])
    assert run("check", output, "--json", "--quiet") == 0
    assert answer(capsys) == {
        "schema": 1,
        "ok": True,
        "images": [{"manifest": data["manifest"], "tag": "w_2026_42", "architecture": "arm64", "layers": 2}],
        "blobs": 4,
        "size_bytes": sum(len(blob) for name, blob in content(output).items() if name.startswith("blobs")),
        "attachments": 1,
    }


def test_the_same_trees_give_the_same_bytes_elsewhere(
    trees: tuple[Path, Path], layout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in [*trees[0].rglob("*"), *trees[1].rglob("*")]:
        os.utime(path, (1_900_000_000, 1_900_000_000), follow_symlinks=False)
    for folder in trees:
        folder.rename(tmp_path / f"moved-{folder.name}")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    before = os.umask(0o077)
    try:
        where = ("--tree", tmp_path / "moved-env", "--tree", f"{tmp_path / 'moved-stack'}:/opt/lsst")
        assert run("build", *where, "--output", tmp_path / "again", "--jobs", 1, "--quiet") == 0
    finally:
        os.umask(before)
    assert content(tmp_path / "again") == content(layout)


def test_one_option_may_be_followed_by_several_trees(
    trees: tuple[Path, Path], layout: Path, tmp_path: Path
) -> None:
    assert run("build", "--output", tmp_path / "b", "-q", "--tree", trees[0], f"{trees[1]}:/opt/lsst") == 0
    assert content(tmp_path / "b") == content(layout)


def test_building_again_into_a_layout_changes_nothing(trees: tuple[Path, Path], layout: Path) -> None:
    before = content(layout)
    assert run("build", "--tree", trees[0], "--tree", f"{trees[1]}:/opt/lsst", "--output", layout, "-q") == 0
    assert content(layout) == before


def test_what_a_killed_build_left_is_removed_by_the_next(trees: tuple[Path, Path], layout: Path) -> None:
    before = content(layout)
    (layout / "blobs/sha256/.0123.tmp").write_bytes(b"half")
    (layout / "blobs/sha256" / ("0" * 64)).write_bytes(b"whole, but of nothing")
    (layout / "index.json").unlink()
    assert run("build", "--tree", trees[0], "--tree", f"{trees[1]}:/opt/lsst", "--output", layout, "-q") == 0
    assert content(layout) == before


def test_the_epoch_comes_from_the_environment_too(
    trees: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = ("--tree", trees[0], "--quiet", "--output")
    assert run("build", *where, tmp_path / "a", "--epoch", 1_700_000_000) == 0
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert run("build", *where, tmp_path / "b") == 0
    assert content(tmp_path / "a") == content(tmp_path / "b")
    assert any(b'"created":"2023-11-14T22:13:20Z"' in blob for blob in content(tmp_path / "a").values())


def test_a_dry_run_tells_and_writes_nothing(
    trees: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "layout"
    assert run("build", "--tree", f"{trees[1]}:/opt", "--output", output, "--dry-run") == 0
    assert capsys.readouterr().out == f"tree at /opt: 5 entries, 3100 bytes from {trees[1]}\n"
    assert run("build", "--tree", trees[1], "--output", output, "-n", "--json", "--tag", "x") == 0
    assert answer(capsys)["layers"][0]["entries"] == 4
    assert not output.exists()


def test_people_read_one_line(
    trees: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("build", "--tree", trees[0], "--output", tmp_path / "layout", "--quiet") == 0
    built = capsys.readouterr().out
    assert built.startswith("sha256:")
    assert built.endswith(f"bytes) in {tmp_path / 'layout'}\n")
    assert run("check", tmp_path / "layout", "--quiet") == 0
    assert " is in order: 1 images, 3 blobs, " in capsys.readouterr().out


def test_a_changed_tree_moves_one_layer(
    trees: tuple[Path, Path], layout: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (trees[1] / "afw/1/ups/afw.table").write_text("changed")
    new = tmp_path / "new"
    assert run("build", "--tree", trees[0], "--tree", f"{trees[1]}:/opt/lsst", "--output", new, "-q") == 0
    capsys.readouterr()
    assert run("diff", layout, new, "--json") == 0
    data = answer(capsys)
    assert (len(data["layers"]), len(data["kept"]), len(data["documents"])) == (1, 1, 2)
    assert data["bytes"] == sum(blob["size_bytes"] for blob in (*data["layers"], *data["documents"]))
    assert run("diff", layout, layout) == 0
    out = capsys.readouterr().out
    assert out == "0 bytes to move: 0 layers and 0 documents; 2 layers are there already\n"


def test_a_tampered_layout_is_corrupt(layout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layer = next(path for path in (layout / "blobs/sha256").iterdir() if path.read_bytes()[:1] != b"{")
    data = bytearray(layer.read_bytes())
    data[len(data) // 2] ^= 1
    layer.write_bytes(data)
    assert run("check", layout, "--json", "--quiet") == 5
    (problem,) = answer(capsys)["error"]["problems"]
    assert f"the blob `sha256:{layer.name}` has the digest" in problem["message"]


def test_a_truncated_index_is_corrupt(layout: Path) -> None:
    index = layout / "index.json"
    index.write_bytes(index.read_bytes()[:30])
    assert run("check", layout, "-q") == 5
    assert run("diff", layout, layout) == 5


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--tree", "/nowhere"), 3, "there is no folder `/nowhere`"),
        (("--tree", "{env}:/opt/../x"), 2, "`/opt/../x` is no place in an image"),
        (("--tree", "{env}", "--owner", "lsst"), 2, "`lsst` is no owner"),
        (("--tree", "{env}", "--owner", "1:x"), 2, "`1:x` is no owner"),
        (("--tree", "{env}", "--label", "x"), 2, "`x` is no label"),
        (("--tree", "{env}", "--label", "=x"), 2, "`=x` is no label"),
        (("--tree", "{env}", "--tag", "a/b"), 2, "`a/b` is not an image tag"),
        (("--tree", "{env}", "--compression", "xz"), 2, "'xz' is not one of"),
        (("--tree", "{env}", "--architecture", "vax"), 2, "'vax' is not one of"),
        ((), 2, "there is no tree to make an image of"),
        (("--tree", "{env}", "--tree", "a", "b"), 2, "the order of `a` and `b` is unclear"),
    ],
)
def test_wrong_calls_are_explained_and_leave_nothing(
    arguments: tuple[str, ...],
    code: int,
    message: str,
    trees: tuple[Path, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    filled = [argument.format(env=trees[0]) for argument in arguments]
    assert run("build", *filled, "--output", tmp_path / "layout", "--quiet") == code
    assert message in capsys.readouterr().err
    assert not (tmp_path / "layout" / "index.json").exists()


def test_a_layout_inside_its_own_tree_is_refused(
    trees: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("build", "--tree", trees[0], "--output", trees[0] / "layout") == 6
    assert "lies inside the tree" in capsys.readouterr().err


def test_a_folder_with_something_else_is_left_alone(trees: tuple[Path, Path]) -> None:
    assert run("build", "--tree", trees[0], "--output", trees[1], "-q") == 6
    assert [path.name for path in trees[1].iterdir()] == ["afw"]


def test_a_colon_in_a_folder_is_part_of_its_name(trees: tuple[Path, Path], tmp_path: Path) -> None:
    odd = trees[0].rename(tmp_path / "odd:name")
    assert run("build", "--tree", odd, "--output", tmp_path / "layout", "-q") == 0


@pytest.mark.parametrize("command", [("check",), ("diff", "/nowhere")])
def test_a_layout_that_is_not_there_is_not_found(command: tuple[str, ...]) -> None:
    assert run(*command, "/nowhere") == 3
