"""Our Containerfiles, built by buildah one on the other: an installed stack, set up, that others build on."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rubin_releng.core.imagerecipes import parse_recipe
from tests.support.condachannels import SmallPackage, make_channel
from tests.support.distribution import NEW_TAG, Distribution, make_distribution
from tests.support.fileserver import serving
from tests.support.realregistries import program
from tests.support.systembases import EPOCH, base_archive, base_python, project_wheels

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.process, pytest.mark.network, pytest.mark.conda, pytest.mark.slow]

FOLDER = Path(__file__).parents[2] / "containers"
AT = "opt/lsst/software/stack"
# Stands in for dnf, whose packages come from AlmaLinux: what the steps need is in the base already.
DNF = '#!/bin/sh\necho "$@" >>/var/lib/asked\n'
# Which Python has lsstinstall in the image; on this machine it is ours.
PROGRAM = "/opt/lsst/software/tools/bin/python"
# What tells when and by whom something was installed, and what is not of the stack.
OFTEN = ("DECLARER =", "DECLARED =", "MODIFIER =", "MODIFIED =", "==> ")


@dataclass(frozen=True)
class Buildah:
    """Builds into a storage of its own."""

    place: Path

    @property
    def words(self) -> list[str]:
        driver = "overlay" if "overlay" in Path("/proc/filesystems").read_text() else "vfs"
        state = [f"--root={self.place / 'root'}", f"--runroot={self.place / 'run'}"]
        return [program("buildah"), *state, f"--storage-driver={driver}"]

    def __call__(self, *arguments: object) -> str:
        done = subprocess.run(
            [*self.words, *map(str, arguments)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def build(self, name: str, folder: Path, recipe: Path, **arguments: object) -> None:
        """Build one image."""
        policy = self.place / "policy.json"
        policy.write_text('{"default":[{"type":"insecureAcceptAnything"}]}')
        words: list[object] = ["bud", "--quiet", "--layers=false", "--isolation=chroot", "--format=docker"]
        words += [f"--timestamp={EPOCH}", f"--signature-policy={policy}", f"--tag=localhost/{name}"]
        words += [f"--build-arg={key}={value}" for key, value in arguments.items()]
        self(*words, f"--file={recipe}", folder)

    def ours(self, name: str, context: Path, on: str, **arguments: object) -> None:
        """Build one of our Containerfiles, with the arguments that its description names."""
        recipe = parse_recipe((FOLDER / name / "image.toml").read_text(), source=name)
        assert set(arguments) <= {*recipe.arguments, "SOURCE_DATE_EPOCH"}
        recipe_file = FOLDER / name / "Containerfile"
        self.build(name, context, recipe_file, BASE_IMAGE=f"localhost/{on}", **arguments)

    def run(self, image: str, *command: str, user: str = "1000") -> str:
        """Run a command in an image as its entry point would."""
        name = self("from", "--pull-never", f"localhost/{image}")
        entry = json.loads(self("inspect", name))["Docker"]["config"]["Entrypoint"] or []
        try:
            return self("run", "--isolation=chroot", f"--user={user}", name, "--", *entry, *command)
        finally:
            self("rm", name)


@dataclass(frozen=True)
class Built:
    """All images, and what they were made from."""

    buildah: Buildah
    served: Distribution
    root: str
    folder: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    folder = tmp_path_factory.mktemp("built")
    program("buildah")
    archive = base_archive()
    buildah = Buildah(folder / "storage")
    buildah.place.mkdir()
    made = make_distribution(folder / "served")
    lab = SmallPackage(name="rubin-env-rsp", version="13.0.1", files={"bin/jupyter": "#!/bin/sh\necho lab\n"})
    with serving(folder / "served") as server:
        address = f"http://127.0.0.1:{server.server_address[1]}"
        lists = list(made.root.rglob("*.env"))
        for path in lists:
            path.write_text(path.read_text().replace(made.channel.as_uri(), f"{address}/channel"))
        make_channel(made.channel, "linux-64", lab)
        found = Built(buildah, made, f"{address}/root", folder)
        _build_all(found, archive, lists[0], f"{address}/channel")
        yield found
    # Mounts of the engine would outlive the folder.
    buildah("rmi", "--all", "--force")


def _build_all(built: Built, archive: Path, environment: Path, channel: str) -> None:
    buildah, folder = built.buildah, built.folder
    for name in ("debian", "env", "derive/service", "lab"):
        (folder / name).mkdir(parents=True)
    os.link(archive, folder / "debian/base.tar") if _one_disk(archive, folder) else shutil.copy(
        archive, folder / "debian/base.tar"
    )
    (folder / "debian/dnf").write_text(DNF)
    (folder / "debian/dnf").chmod(0o755)
    (folder / "debian/Containerfile").write_text("FROM scratch\nADD base.tar /\nCOPY dnf /usr/bin/dnf\n")
    version = project_wheels(folder / "env/wheels")
    buildah.build("debian", folder / "debian", folder / "debian/Containerfile")
    buildah.ours("base", FOLDER / "base", "debian", SOURCE_DATE_EPOCH=EPOCH)
    tag = {"EUPS_TAG": NEW_TAG}
    buildah.ours(
        "env",
        folder / "env",
        "base",
        LSSTINSTALL_VERSION=version,
        EUPS_PKGROOT=built.root,
        PYTHON=base_python(),
        **tag,
    )
    buildah.ours("stack", FOLDER / "stack", "env", EUPS_PRODUCTS="daf_butler", **tag)
    buildah.ours("build", FOLDER / "build", "env")
    (folder / "derive/service/service.py").write_text("print('at your service')\n")
    buildah.ours("derive", folder / "derive", "stack")
    package = next((built.served.channel / "linux-64").glob("rubin-env-rsp-*"))
    line = f"{channel}/linux-64/{package.name}\n"
    (folder / "lab/lab.env").write_text(environment.read_text() + line)
    buildah.ours("lab", folder / "lab", "stack", EUPS_PRODUCTS="daf_butler", **tag)


def _one_disk(one: Path, other: Path) -> bool:
    return one.stat().st_dev == other.stat().st_dev


def test_every_image_is_built_and_runs_as_who_it_says(built: Built) -> None:
    version = built.buildah.run("env", "/opt/lsst/software/tools/bin/lsstinstall", "--version")
    assert version.startswith("lsstinstall")
    assert built.buildah.run("build", "sh", "-c", "id -u; test -w /j && echo writable") == "1000\nwritable"
    assert built.buildah.run("lab", "jupyter") == "lab"
    names = {
        one["names"][0].partition("/")[2].partition(":")[0]
        for one in json.loads(built.buildah("images", "--json"))
    }
    assert names >= {"base", "env", "stack", "lab", "build", "derive"}


@pytest.mark.parametrize("image", ["stack", "derive", "lab"])
@pytest.mark.parametrize("user", ["1000", "12345:0"])
def test_the_stack_is_set_up_for_whoever_runs_it(image: str, user: str, built: Built) -> None:
    script = 'echo "$DAF_BUTLER_DIR"; test -d "$DAF_BUTLER_DIR" && echo there; echo "$DEMO_ACTIVE"'
    found = built.buildah.run(image, "sh", "-c", script, user=user).splitlines()
    assert found[0].startswith(f"/{AT}/stack/Linux64/daf_butler/")
    assert found[1:] == ["there", f"/{AT}/conda/envs/rubin-env-exact"]


def test_both_builders_hold_the_installed_stack_file_by_file(built: Built, tmp_path: Path) -> None:
    installed = tmp_path / "opt" / AT.removeprefix("opt/")
    _install(built, tmp_path)
    name = built.buildah("from", "--pull-never", "localhost/stack")
    mounted = Path(built.buildah("mount", name))
    try:
        theirs = listing(mounted / AT)
        owners = {path.lstat().st_uid for path in (mounted / AT).rglob("*")}
    finally:
        built.buildah("umount", name)
        built.buildah("rm", name)
    assert owners == {1000}
    assert theirs == listing(installed)
    layout = tmp_path / "layout"
    _releng(
        "image",
        "build",
        "--tree",
        f"{installed}:/{AT}",
        "--output",
        layout,
        "--compression",
        "gzip",
        "--tag",
        "w",
    )
    unpack = [program("umoci"), "unpack", "--image", f"{layout}:w", str(tmp_path / "bundle")]
    subprocess.run(unpack, check=True, capture_output=True)
    assert listing(tmp_path / "bundle/rootfs" / AT) == theirs


def _install(built: Built, tmp_path: Path) -> None:
    """Install as the Containerfiles do, at the same place: environments know their own path."""
    (tmp_path / "opt" / AT.removeprefix("opt/")).mkdir(parents=True)
    lsstinstall = f"{sys.executable} -m lsstinstall"
    releng = (
        f"{sys.executable} -c 'import sys; from rubin_releng.commands.main import main; sys.exit(main())'"
    )
    script = f"""
set -eu
unset RATTLER_CACHE_DIR
mount --bind "$1/opt" /opt || exit 99
cd /{AT}
{lsstinstall} --exact-tag {NEW_TAG} --eups-url {built.root} --conda-path /{AT}/conda --no-active-conda \
    --env-name rubin-env --stack /{AT}/stack --link copy --quiet
{lsstinstall} add --tag {NEW_TAG} daf_butler --stack /{AT}/stack --no-server-tags --link copy --quiet
{releng} image clean /{AT}/stack --quiet
{releng} image environment /{AT} --stack stack --environment conda/envs/rubin-env-exact --tag {NEW_TAG} \
    --product daf_butler --quiet
rm -rf conda/pkgs-rattler
"""
    words = [program("unshare", "util-linux"), "--mount", "sh", "-c", script, "sh", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode == 99:
        pytest.skip(f"this machine allows no mounts: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr


def _releng(*arguments: object) -> None:
    main = "import sys; from rubin_releng.commands.main import main; sys.exit(main())"
    words = [sys.executable, "-c", main, *map(str, arguments), "--quiet"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def listing(root: Path) -> dict[str, tuple[bool, str]]:
    """Tell what is below a folder, but for the times at which it came there."""
    found = {}
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        if name.startswith("stack/.lsstinstall/"):
            continue  # digests of what is compared here, and times
        if path.is_symlink():
            found[name] = (False, str(path.readlink()))
        elif path.is_file():
            lines = path.read_text(errors="surrogateescape").splitlines()
            kept = "\n".join(line for line in lines if not line.strip().startswith(OFTEN))
            kept = kept.replace(sys.executable, PROGRAM)
            found[name] = (bool(stat.S_IMODE(path.stat().st_mode) & 0o100), kept)
        else:
            found[name] = (True, "")
    return found
