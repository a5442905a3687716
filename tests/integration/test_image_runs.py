"""Images that run: a base of busybox and a stack, as other programs unpack and start them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.adapters.eups import Stack
from lsstinstall.adapters.eupsdeclarations import TablePlace
from lsstinstall.commands.frame import run_main
from lsstinstall.core.names import Flavor, ProductName
from lsstinstall.core.versions import EupsVersion
from rubin_releng.commands.main import cli

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

pytestmark = pytest.mark.process

AT = "/opt/lsst/software/stack"
RECIPE = Path(__file__).parents[2] / "containers" / "stack" / "image.toml"
MAIN = "import sys; from rubin_releng.commands.main import main; sys.exit(main())"
SHOW = 'echo "$AFW_DIR $USER $(id -u) $HOME"; touch /x 2>/dev/null && echo writable; cat "$AFW_DIR/data"'
# Without a network, and with limits that a process here may have.
CONFINED = ("--network=none", "--ulimit=nofile=1024:4096", "--ulimit=nproc=4096:4096")
PIPETASK = '#!/bin/sh\necho "pipetask $* $(id -u) $HOME ${USER:-nobody}"\ncat "$AFW_DIR/data"\n'


def tool(name: str, package: str = "") -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"`{name}` is not installed (apt-get install {package or name})")
    return path


def image(*arguments: object) -> None:
    words = ["image", *map(str, arguments), "--quiet"]
    assert run_main(cli, name="rubin-releng", arguments=words) == 0


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with one product."""
    root = tmp_path_factory.mktemp("installed") / "r"
    stack = Stack.create(root / "stack", flavor=Flavor("Linux64"))
    folder = root / "stack" / "Linux64" / "afw" / "g1"
    (folder / "ups").mkdir(parents=True)
    (folder / "data").write_text("data of afw\n")
    (folder / "data").chmod(0o600)
    (folder / "run").write_text("#!/bin/sh\n")
    (folder / "run").chmod(0o700)
    (folder / "bin").mkdir()
    # Stands in for a program of the pipelines.
    (folder / "bin" / "pipetask").write_text(PIPETASK)
    (folder / "bin" / "pipetask").chmod(0o755)
    (folder / "ups" / "afw.table").write_text("envPrepend(PATH, ${PRODUCT_DIR}/bin)\n")
    stack.declare(ProductName("afw"), EupsVersion("g1"), directory=folder, table=TablePlace.PRODUCT)
    image("environment", root, "--stack", "stack", "--product", "afw", "--flavor", "Linux64")
    return root


@pytest.fixture(scope="module")
def layout(root: Path) -> Path:
    """An image of it over one of busybox, with gzip for umoci; nobody writes there."""
    busybox, tmp_path = tool("busybox", "busybox-static"), root.parent
    base = tmp_path / "base"
    (base / "bin").mkdir(parents=True)
    shutil.copy2(busybox, base / "bin" / "busybox")
    for name in ("sh", "id", "touch", "cat", "env", "sleep"):
        (base / "bin" / name).symlink_to("busybox")
    (base / "bin" / "bash").write_text('#!/bin/sh\nexec sh "$@"\n')
    (base / "bin" / "bash").chmod(0o755)
    (base / "tmp").mkdir()
    (base / "tmp").chmod(0o1777)
    (base / "dev").mkdir()
    (base / "etc").mkdir()
    (base / "etc" / "passwd").write_text("root:x:0:0::/:/bin/sh\nlsst:x:1000:1000::/home/lsst:/bin/sh\n")
    (base / "etc" / "group").write_text("root:x:0:\nlsst:x:1000:\n")
    image(
        "build", "--tree", base, "--output", tmp_path / "base-layout", "--compression", "gzip", "--tag", "b"
    )
    plan = tmp_path / "plan.json"
    image("plan", root, "--stack", "stack", "--flavor", "Linux64", "--output", plan)
    layout = tmp_path / "layout"
    options = (
        "--recipe",
        RECIPE,
        "--base",
        f"{tmp_path / 'base-layout'}@b",
        "--compression",
        "gzip",
        "--tag",
        "w",
    )
    image("build", "--plan", plan, "--output", layout, *options)
    image("check", layout)
    return layout


def test_an_unpacked_image_is_the_installed_stack_file_by_file(
    layout: Path, root: Path, tmp_path: Path
) -> None:
    if os.getuid() != 0:
        pytest.skip("owners can be compared by root only")
    rootfs = unpacked(layout, tmp_path)
    there = rootfs / AT[1:]
    assert listing(there) == listing(root)
    assert {(path.lstat().st_uid, path.lstat().st_gid) for path in there.rglob("*")} == {(1000, 1000)}
    assert (rootfs / "opt").lstat().st_uid == 0


@pytest.mark.parametrize(("user", "name"), [(1000, "lsst"), (4711, "uid4711")])
def test_any_user_finds_the_stack_set_up_on_a_read_only_root(
    user: int, name: str, layout: Path, tmp_path: Path
) -> None:
    if os.getuid() != 0:
        pytest.skip("only root may change root and user")
    rootfs = unpacked(layout, tmp_path)
    config = configuration(layout)
    command = [*config["Entrypoint"], "sh", "-c", SHOW]
    done = run_inside(rootfs, user, command)
    first, *rest = done.stdout.splitlines()
    assert first.split()[:3] == [f"{AT}/stack/Linux64/afw/g1", name, str(user)]
    assert rest == ["data of afw"]
    assert done.stderr == ""


def run_inside(rootfs: Path, user: int, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run as somebody else in a namespace without a network, the root read-only."""
    unshare, chroot = tool("unshare", "util-linux"), tool("chroot", "coreutils")
    script = (
        'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && mount --bind /dev "$0/dev" && exec "$@"'
    )
    inside = [chroot, f"--userspec={user}:0", str(rootfs), *command]
    outer = [unshare, "--mount", "--net", "sh", "-c", script, str(rootfs), *inside]
    done = subprocess.run(
        outer, check=False, capture_output=True, text=True, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    )
    if done.returncode and "unshare" in done.stderr:
        pytest.skip(f"this machine allows no namespaces: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return done


@dataclass(frozen=True)
class Podman:
    """Runs containers with a storage of its own, as far as a machine without systemd lets it."""

    place: Path
    runtime: Path

    def __call__(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        driver = "overlay" if "overlay" in Path("/proc/filesystems").read_text() else "vfs"
        state = [f"--root={self.place / 's'}", f"--runroot={self.runtime}", f"--storage-driver={driver}"]
        words = [tool("podman"), *state, "--runtime", tool("runc"), "--cgroup-manager=cgroupfs"]
        return subprocess.run(
            [*words, *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def run(self, *arguments: str) -> str:
        """Run a container in namespaces of its own, without a network."""
        done = self("run", "--rm", *CONFINED, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def podman(layout: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Podman, str]]:
    """Podman, and the image as it calls it."""
    if os.getuid() != 0:
        pytest.skip("podman needs root, or a range of user ids, here")
    place = tmp_path_factory.mktemp("podman")
    policy = place / "policy.json"
    policy.write_text('{"default":[{"type":"insecureAcceptAnything"}]}')
    # Podman wants at most 50 characters there.
    with tempfile.TemporaryDirectory() as runtime:
        engine = Podman(place, Path(runtime))
        try:
            pulled = engine("pull", "--quiet", f"--signature-policy={policy}", f"oci:{layout}:w")
            assert pulled.returncode == 0, pulled.stderr
            name = pulled.stdout.strip()
            tried = engine("run", "--rm", *CONFINED, "--entrypoint=/bin/sh", name, "-c", ":")
            if tried.returncode:
                pytest.skip(f"podman runs nothing here: {tried.stderr.strip()[-200:]}")
            yield engine, name
        finally:
            # Its mounts would outlive the folder.
            engine("rmi", "--all", "--force")


def test_containers_run_programs_of_the_stack_for_anybody_on_a_read_only_root(
    podman: tuple[Podman, str],
) -> None:
    engine, name = podman
    assert engine.run(name, "pipetask", "--help").splitlines() == [
        "pipetask --help 1000 /tmp lsst",
        "data of afw",
    ]
    shut = ("--read-only", "--cap-drop=all", "--security-opt=no-new-privileges")
    assert engine.run(*shut, "--user=12345", name, "pipetask", "run").splitlines() == [
        # Podman gives a number without a name itself as one.
        "pipetask run 12345 /tmp 12345",
        "data of afw",
    ]
    assert engine.run("--user=0", "--env=HOME=/bin", name, "sh", "-c", "echo $0 $HOME $PWD").split() == [
        "sh",
        "/bin",
        AT,
    ]


def test_a_program_is_what_docker_would_run_without_an_entry_point(podman: tuple[Podman, str]) -> None:
    engine, name = podman
    run = ("run", "--rm", *CONFINED)
    assert engine(*run, name, "sh", "-c", "exit 42").returncode == 42
    assert engine(*run, name, "nosuch").returncode == 127
    assert engine(*run, name, f"{AT}/stack/Linux64/afw/g1/data").returncode == 126
    assert engine(*run, name).returncode == 0
    assert engine.run(name, "sh", "-c", 'printf "<%s>" "$@"', "x", "a b", "", "$HOME") == "<a b><><$HOME>"
    # The stack of the image wins, but the caller's programs stay behind its own.
    given = ("--env=AFW_DIR=/mine", "--env=OTHER=x", "--env=PATH=/mine:/bin")
    afw = f"{AT}/stack/Linux64/afw/g1"
    assert engine.run(*given, name, "sh", "-c", "echo $AFW_DIR $OTHER $PATH").split() == [
        *(afw, "x"),
        f"{afw}/bin:/mine:/bin",
    ]


def test_a_program_is_the_first_process_and_is_told_to_end(podman: tuple[Podman, str]) -> None:
    engine, name = podman
    script = "trap 'echo $$ ends; exit 7' TERM; echo ready; while :; do sleep 0.1; done"
    assert engine("run", "--detach", "--name=one", *CONFINED, name, "sh", "-c", script).returncode == 0
    while "ready" not in engine("logs", "one").stdout:
        time.sleep(0.05)
    assert engine("stop", "--time=60", "one").returncode == 0
    assert engine("logs", "one").stdout.splitlines() == ["ready", "1 ends"]
    assert engine("wait", "one").stdout.strip() == "7"
    engine("rm", "one")


def test_skopeo_reads_the_settings_of_the_image(layout: Path) -> None:
    command = [tool("skopeo"), "inspect", "--config", f"oci:{layout}:w"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    config = json.loads(done.stdout)
    assert config["config"]["User"] == "1000"
    assert config["config"]["Entrypoint"] == [f"{AT}/.image/entrypoint.sh"]
    assert len(config["history"]) == len(config["rootfs"]["diff_ids"]) == 3


def test_buildah_builds_a_service_on_the_image(layout: Path, tmp_path: Path) -> None:
    buildah = tool("buildah")
    context = tmp_path / "context"
    (context / "service").mkdir(parents=True)
    (context / "service" / "run").write_text("x\n")
    source = RECIPE.parents[1] / "derive" / "Containerfile"
    state = ["--root", str(tmp_path / "s"), "--runroot", str(tmp_path / "t"), "--storage-driver", "vfs"]
    policy = tmp_path / "policy.json"
    policy.write_text('{"default":[{"type":"insecureAcceptAnything"}]}')
    build = [
        buildah,
        *state,
        "bud",
        "--isolation",
        "chroot",
        "--timestamp",
        "0",
        "--signature-policy",
        str(policy),
    ]
    build += ["--build-arg", f"BASE_IMAGE=oci:{layout}:w", "-t", "service", "-f", str(source), str(context)]
    done = subprocess.run(build, check=False, capture_output=True, text=True)
    if done.returncode and ("operation not permitted" in done.stderr.lower() or "newuidmap" in done.stderr):
        pytest.skip(f"buildah cannot work here: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    pushed = tmp_path / "pushed"
    push: list[str | Path] = [
        buildah,
        *state,
        "push",
        "--signature-policy",
        policy,
        "service",
        f"oci:{pushed}:x",
    ]
    subprocess.run(push, check=True, capture_output=True)
    image("check", pushed)
    assert configuration(pushed)["Entrypoint"] == [f"{AT}/.image/entrypoint.sh"]
    assert configuration(pushed)["User"] == "1000"


def configuration(layout: Path) -> dict[str, Any]:
    blobs = layout / "blobs" / "sha256"
    index = json.loads((layout / "index.json").read_text())
    manifest = json.loads((blobs / index["manifests"][0]["digest"].partition(":")[2]).read_text())
    found: dict[str, Any] = json.loads((blobs / manifest["config"]["digest"].partition(":")[2]).read_text())[
        "config"
    ]
    return found


def unpacked(layout: Path, tmp_path: Path) -> Path:
    bundle = tmp_path / "bundle"
    subprocess.run(
        [tool("umoci"), "unpack", "--image", f"{layout}:w", bundle], check=True, capture_output=True
    )
    return bundle / "rootfs"


def listing(root: Path) -> dict[str, tuple[int, bytes]]:
    found = {}
    for path in root.rglob("*"):
        # What no umask changes: whether it can be executed.
        mode = stat.S_IMODE(path.lstat().st_mode) & 0o100
        found[str(path.relative_to(root))] = (mode, path.read_bytes() if path.is_file() else b"")
    return found


def test_a_killed_builder_leaves_no_image_and_the_next_run_completes(tmp_path: Path) -> None:
    tree, layout, fresh = tmp_path / "tree", tmp_path / "layout", tmp_path / "fresh"
    tree.mkdir()
    (tree / "large").write_bytes(os.urandom(40_000_000))
    command = [sys.executable, "-c", MAIN, "image", "build", "--tree", str(tree), "--output", str(layout)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as builder:
        blobs = layout / "blobs" / "sha256"
        while builder.poll() is None and not list(blobs.glob(".*.tmp")):
            time.sleep(0.001)
        builder.kill()
    assert builder.returncode == -signal.SIGKILL
    assert not (layout / "index.json").exists()
    for output in (layout, fresh):
        image("build", "--tree", tree, "--output", output)
        image("check", output)
    names = [sorted(str(path.relative_to(one)) for path in one.rglob("*")) for one in (layout, fresh)]
    assert names[0] == names[1]
    assert not list(tmp_path.glob(".*.lock"))


def test_a_full_disk_leaves_no_image_and_the_next_run_completes(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root may mount a small disk")
    tree, disk = tmp_path / "tree", tmp_path / "disk"
    tree.mkdir()
    disk.mkdir()
    (tree / "large").write_bytes(os.urandom(3_000_000))
    script = """
mount -t tmpfs -o size=2m none "$1" || exit 99
"$2" -c "$3" image build --tree "$4" --output "$1/layout" --quiet
code=$?
find "$1/layout" -type f -name '.*' | grep -q . && exit 98
test -e "$1/layout/index.json" && exit 97
rm "$4/large" && "$2" -c "$3" image build --tree "$4" --output "$1/layout" --quiet || exit 96
"$2" -c "$3" image check "$1/layout" --quiet || exit 95
exit $code
"""
    inside = ["sh", "-c", script, "sh", str(disk), sys.executable, MAIN, str(tree)]
    command = [tool("unshare", "util-linux"), "--mount", *inside]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode == 99:
        pytest.skip(f"this machine allows no mounts: {done.stderr.strip()}")
    assert done.returncode == 4, done.stderr
    assert f"cannot write `{disk / 'layout'}`: no space left on device" in done.stderr
