"""Images as other programs see them: skopeo copies them, umoci unpacks them."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from lsstinstall.commands.frame import run_main
from rubin_releng.commands.main import cli

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process


def tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"`{name}` is not installed (apt-get install {name})")
    return path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Long names, links of both kinds, modes, and something large."""
    root = tmp_path / "tree"
    (root / "bin").mkdir(parents=True)
    (root / "bin" / "run").write_text("#!/bin/sh\n")
    (root / "bin" / "run").chmod(0o755)
    (root / "bin" / "same").hardlink_to(root / "bin" / "run")
    (root / "lib").mkdir(mode=0o750)
    (root / "lib" / ("long" * 40)).write_bytes(b"x" * 3_000_000)
    (root / "lib" / "über").symlink_to("./../bin/run")
    return root


def built(tree: Path, layout: Path, compression: str) -> Path:
    arguments = [
        "image",
        "build",
        "--tree",
        f"{tree}:/opt/lsst",
        "--output",
        str(layout),
        "--tag",
        "w_2026_42",
        "--modes",
        "kept",
    ]
    assert run_main(cli, name="rubin-releng", arguments=[*arguments, "--compression", compression, "-q"]) == 0
    return layout


@pytest.mark.parametrize("compression", ["zstd", "gzip"])
def test_skopeo_copies_an_image_and_keeps_its_digest(compression: str, tree: Path, tmp_path: Path) -> None:
    layout = built(tree, tmp_path / "layout", compression)
    copy = tmp_path / "copy"
    policy = tmp_path / "policy.json"
    policy.write_text('{"default":[{"type":"insecureAcceptAnything"}]}')
    command = [tool("skopeo"), "--policy", str(policy), "copy", f"oci:{layout}:w_2026_42", f"oci:{copy}:x"]
    subprocess.run(command, check=True, capture_output=True)
    names = [sorted(path.name for path in (one / "blobs/sha256").iterdir()) for one in (layout, copy)]
    assert names[0] == names[1]
    assert run_main(cli, name="rubin-releng", arguments=["image", "check", str(copy), "-q"]) == 0


def test_umoci_unpacks_an_image_to_the_same_files(tree: Path, tmp_path: Path) -> None:
    layout = built(tree, tmp_path / "layout", "gzip")
    bundle = tmp_path / "bundle"
    command = [tool("umoci"), "unpack", "--rootless", "--image", f"{layout}:w_2026_42", str(bundle)]
    subprocess.run(command, check=True, capture_output=True)
    there = bundle / "rootfs" / "opt" / "lsst"
    assert listing(there) == listing(tree)
    assert (there / "bin/run").stat().st_ino == (there / "bin/same").stat().st_ino


def listing(root: Path) -> dict[str, tuple[int, bytes]]:
    found = {}
    for path in root.rglob("*"):
        name = str(path.relative_to(root))
        if path.is_symlink():
            found[name] = (0, str(path.readlink()).encode())
        else:
            found[name] = (path.stat().st_mode, path.read_bytes() if path.is_file() else b"")
    return found
