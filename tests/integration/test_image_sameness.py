"""The same files give the same image, whoever writes it, where, when and how."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.realregistries import program

pytestmark = pytest.mark.process

MAIN = "import sys; from rubin_releng.commands.main import main; sys.exit(main())"
NAMES = (
    *("bin/tool", "bin/other", "lib/liba.so", "lib/" + "long" * 30, "share/über/ß.txt", "share/a b/x"),
    *(f"data/part{number % 3}/{number}.txt" for number in range(60)),
)


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to make the tree and to write the image.

    Parameters
    ----------
    umask : `int`
        Of both.
    environ : `dict`
        Variables of the program.
    jobs : `int`
        How many layers at once.
    mtime : `int`
        Of all files.
    is_reversed : `bool`
        Whether the tree is made from its end.
    """

    umask: int = 0o022
    environ: dict[str, str] = field(default_factory=dict)
    jobs: int = 2
    mtime: int = 1_800_000_000
    is_reversed: bool = False


WAYS = {
    "umask 077": Way(umask=0o077),
    "umask 002 in a time zone": Way(umask=0o002, environ={"TZ": "Pacific/Auckland"}),
    "one job": Way(jobs=1),
    "four jobs, other times, the last file first": Way(jobs=4, mtime=1_900_000_000, is_reversed=True),
    # Names are not UTF-8 for a program that believes this.
    "a locale of ASCII": Way(environ={"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
    "another locale and hash seed": Way(environ={"LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "7"}),
}


def make_trees(root: Path, way: Way) -> None:
    before = os.umask(way.umask)
    try:
        names = NAMES[::-1] if way.is_reversed else NAMES
        for name in names:
            path = root / "stack" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o777 if name.startswith("bin/") else 0o666)
            path.write_text(f"content of {name}\n" * 2000)
            os.utime(path, (way.mtime, way.mtime))
        (root / "stack/lib/liba.so.1").symlink_to("./liba.so")
        (root / "stack/lib/same").hardlink_to(root / "stack/lib/liba.so")
        (root / "env").mkdir()
        (root / "env/empty").mkdir()
    finally:
        os.umask(before)


def command(root: Path, compression: str, jobs: int) -> list[str]:
    trees = ["--tree", f"{root / 'stack'}:/opt/stack", "--tree", f"{root / 'env'}:/opt/env"]
    words = ["image", "build", *trees, "--output", str(root / "layout"), "--compression", compression]
    words += ["--jobs", str(jobs), "--owner", "1000:1000", "--epoch", "1700000000", "--tag", "w", "--quiet"]
    return [sys.executable, "-c", MAIN, *words]


def written(root: Path, compression: str, way: Way) -> dict[str, bytes]:
    make_trees(root, way)
    before = os.umask(way.umask)
    try:
        words = command(root, compression, way.jobs)
        done = subprocess.run(words, env={**os.environ, **way.environ}, capture_output=True, check=False)
    finally:
        os.umask(before)
    assert done.returncode == 0, done.stderr
    return content(root)


def content(root: Path) -> dict[str, bytes]:
    layout = root / "layout"
    return {str(path.relative_to(layout)): path.read_bytes() for path in layout.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bytes]]:
    """An image by each compressor."""
    kinds = ("zstd", "gzip")
    return {kind: written(tmp_path_factory.mktemp("usual"), kind, Way()) for kind in kinds}


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("compression", ["zstd", "gzip"])
def test_the_same_files_give_the_same_bytes(
    compression: str, name: str, usual: dict[str, dict[str, bytes]], tmp_path: Path
) -> None:
    assert written(tmp_path, compression, WAYS[name]) == usual[compression]


def test_a_copy_of_a_tree_gives_the_same_bytes(usual: dict[str, dict[str, bytes]], tmp_path: Path) -> None:
    make_trees(tmp_path / "first", Way())
    for part in ("stack", "env"):
        (tmp_path / "copied").mkdir(exist_ok=True)
        subprocess.run(
            ["cp", "-dR", "--preserve=links", tmp_path / "first" / part, tmp_path / "copied"], check=True
        )
    shutil.rmtree(tmp_path / "first")
    subprocess.run(command(tmp_path / "copied", "zstd", 2), check=True, capture_output=True)
    assert content(tmp_path / "copied") == usual["zstd"]


def test_another_user_writes_the_same_bytes(usual: dict[str, dict[str, bytes]], tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    become = [program("setpriv", "util-linux"), "--reuid=65534", "--regid=65534", "--clear-groups"]
    if subprocess.run(
        [*become, sys.executable, "-c", MAIN, "--help"], capture_output=True, check=False
    ).returncode:
        pytest.skip("nobody else may run this Python")
    root = tmp_path / "files"
    make_trees(root, Way())
    for path in (root, *root.rglob("*")):
        os.chown(path, 65534, 65534, follow_symlinks=False)
    # The folders of tests belong to their user, so it is seen elsewhere.
    place = Path("/mnt")
    script = 'mount --bind "$0" /mnt && exec "$@"'
    words = [program("unshare", "util-linux"), "--mount", "sh", "-c", script, str(root), *become]
    home = {**os.environ, "HOME": "/mnt"}
    done = subprocess.run(
        [*words, *command(place, "zstd", 2)], capture_output=True, text=True, check=False, env=home
    )
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"this machine allows no mounts: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    assert (root / "layout/index.json").stat().st_uid == 65534
    assert content(root) == usual["zstd"]
