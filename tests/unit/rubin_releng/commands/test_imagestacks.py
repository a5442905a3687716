"""From an installation to an image of it, with the commands that a release manager uses."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.adapters.eups import Stack
from lsstinstall.adapters.eupsdeclarations import TablePlace
from lsstinstall.commands.frame import run_main
from lsstinstall.core.names import Flavor, ProductName
from lsstinstall.core.versions import EupsVersion
from rubin_releng.adapters.compressors import ZstdCodec
from rubin_releng.commands.main import cli
from tests.support.releases import a_release

if TYPE_CHECKING:
    from collections.abc import Sequence

FLAVOR = ("--flavor", "Linux64")
AT = "/opt/lsst/software/stack"


def run(*arguments: object) -> int:
    return run_main(cli, name="rubin-releng", arguments=["image", *map(str, arguments)])


@dataclass(frozen=True)
class Asker:
    """Runs commands and reads their answers."""

    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: object) -> Any:
        code = run(*arguments, "--json", "--quiet")
        captured = self.capsys.readouterr()
        assert code == 0, captured.err
        return json.loads(captured.out)

    def failure(self, *arguments: object) -> tuple[int, str]:
        """Run a command that fails."""
        code = run(*arguments, "--quiet")
        return code, self.capsys.readouterr().err


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Asker:
    return Asker(capsys)


def package(prefix: Path, name: str, files: Sequence[str]) -> None:
    for file in files:
        (prefix / file).parent.mkdir(parents=True, exist_ok=True)
        (prefix / file).write_text(f"{name} has {file}\n")
    (prefix / "conda-meta").mkdir(exist_ok=True)
    record = {
        "name": name,
        "version": "1",
        "build": "h_0",
        "subdir": "linux-64",
        "size": 100,
        "sha256": "a" * 64,
        "license": "MIT",
        "files": list(files),
    }
    (prefix / "conda-meta" / f"{name}-1-h_0.json").write_text(json.dumps(record))


def product(stack: Stack, name: str, version: str, table: str = "") -> Path:
    folder = stack.path / "Linux64" / name / version
    (folder / "ups").mkdir(parents=True)
    (folder / "python").mkdir()
    (folder / "python" / "x.py").write_text(f"name = {name!r}\n")
    (folder / "tests").mkdir()
    (folder / "tests" / "test_x.py").write_text("x" * 100)
    (folder / "ups" / f"{name}.table").write_text(f"{table}envPrepend(PYTHONPATH, ${{PRODUCT_DIR}}/python)\n")
    stack.declare(ProductName(name), EupsVersion(version), directory=folder, table=TablePlace.PRODUCT)
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "r"
    prefix = root / "conda" / "envs" / "e"
    package(prefix, "python", ["bin/python", "lib/libpython.so"])
    package(prefix, "numpy", ["lib/numpy/__init__.py"])
    (prefix / "lib" / "numpy" / "__pycache__").mkdir()
    (prefix / "lib" / "numpy" / "__pycache__" / "x.pyc").write_bytes(b"1")
    scripts = prefix / "etc" / "conda" / "activate.d"
    scripts.mkdir(parents=True)
    (scripts / "x.sh").write_text('export X_HOME="$CONDA_PREFIX/share"\necho noise\n')
    (scripts / "x.csh").write_text("setenv X other\n")
    stack = Stack.create(root / "stack", flavor=Flavor("Linux64"))
    product(stack, "utils", "g1")
    product(stack, "afw", "g2", "setupRequired(utils)\n")
    (root / "loadLSST.bash").write_text("x\n")
    return root


RECIPE = """\
name = "x"
title = "X"
summary = "s"
from = { pin = "p" }
platforms = ["linux/amd64"]

[container]
user = "1000"
folder = "/w"
entry_point = ["/run"]
command = ["bash"]
variables = { A = "b" }

[layers]
owner = "1000:1000"
home = "/opt"
"""

PARTS = ("--stack", "stack", "--environment", "conda/envs/e")


def build(ask: Asker, root: Path, layout: Path, *options: object) -> Any:
    plan = root.parent / f"{layout.name}.json"
    previous = [one for one in options if isinstance(one, Path)]
    more = [word for one in previous for word in ("--previous", one)]
    ask("plan", root, *PARTS, *FLAVOR, "--output", plan, *more)
    return ask("build", "--plan", plan, "--output", layout, "--owner", "1000:1000", "--home", AT, *more)


def test_a_plan_has_layers_for_packages_products_and_the_rest(ask: Asker, root: Path) -> None:
    data = ask("plan", root, *PARTS, *FLAVOR, "--environment-layers", 2)
    assert [(layer["name"], layer["products"]) for layer in data["layers"]] == [
        ("environment-1", {"numpy": "1-h_0"}),
        ("environment-2", {"python": "1-h_0"}),
        ("environment-rest", {}),
        ("afw", {"afw": "g2"}),
        ("utils", {"utils": "g1"}),
        ("top", {}),
    ]
    assert run("plan", root, *PARTS, *FLAVOR) == 0
    assert "top (top): what no other layer holds" in ask.capsys.readouterr().out


def test_the_layers_of_a_plan_hold_every_file_once(ask: Asker, root: Path, tmp_path: Path) -> None:
    layout = tmp_path / "layout"
    built = build(ask, root, layout)
    assert ask("check", layout)["images"][0]["layers"] == len(built["layers"])
    folders = sum(1 for path in root.rglob("*") if not path.is_dir())
    plan = json.loads((tmp_path / "layout.json").read_text())
    assert [layer["name"] for layer in plan["layers"]] == [layer["name"] for layer in built["layers"]]
    names: list[str] = []
    for layer in built["layers"]:
        blob = layout / "blobs" / "sha256" / layer["digest"].partition(":")[2]
        names += members(blob)
    files = [name for name in names if not name.endswith("/")]
    assert len(files) == len(set(files)) == folders
    assert f"{AT[1:]}/loadLSST.bash" in files


def members(blob: Path) -> list[str]:
    data = b"".join(ZstdCodec().decompress([blob.read_bytes()]))
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return [one.name + ("/" if one.isdir() else "") for one in archive]


def test_next_week_only_what_changed_is_written(ask: Asker, root: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    build(ask, root, first)
    shutil.rmtree(root / "stack" / "Linux64" / "afw")
    stack = Stack(root / "stack", flavor=Flavor("Linux64"))
    stack.undeclare(ProductName("afw"), EupsVersion("g2"))
    product(stack, "afw", "g3", "setupRequired(utils)\n")
    # Nobody looks at what did not change.
    shutil.rmtree(root / "stack" / "Linux64" / "utils" / "g1" / "python")
    build(ask, root, second, first)
    ask("check", second)
    found = ask("diff", first, second)
    assert [layer["name"] for layer in found["layers"]] == ["afw", "top"]
    moved = [(one["product"], one["from"], one["to"]) for one in found["products"] if one["moved"]]
    assert moved == [("afw", "g2", "g3")]
    assert found["bytes"] < found["bytes"] + found["kept_bytes"]
    assert run("diff", first, second) == 0
    assert "afw g2 -> g3" in ask.capsys.readouterr().out


def test_history_locks_and_releases_steer_the_plan(ask: Asker, root: Path, tmp_path: Path) -> None:
    weeks = []
    for number in (1, 2):
        week = tmp_path / f"b{number}.txt"
        week.write_text(f"BUILD=b{number}\nutils {'a' * 40} g{number} \nafw {'a' * 40} g1 utils\n")
        weeks += ["--history", week]
    lock = tmp_path / "lock.txt"
    lock.write_text("@EXPLICIT\nhttps://example.org/c/linux-64/numpy-1-h_0.conda#" + "a" * 32 + "\n")
    release = tmp_path / "w_2026_42.json"
    release.write_bytes(a_release().canonical())
    plain = ask("plan", root, *PARTS, *FLAVOR)
    steered = ask("plan", root, *PARTS, *FLAVOR, *weeks, "--lock", lock, "--lock", lock, "--release", release)
    keys = [{layer["name"]: layer["key"] for layer in one["layers"]} for one in (plain, steered)]
    assert keys[0]["utils"] == keys[1]["utils"]
    assert keys[0]["afw"] != keys[1]["afw"]


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--stack", "/stack"), 2, "no path below the root"),
        (("--stack", "../stack"), 2, "no path below the root"),
        (("--stack", "other"), 3, ""),
        (("--environment", "stack"), 3, "is no conda environment"),
        (("--budget", "5"), 2, "a budget of 5 layers leaves 4"),
    ],
)
def test_what_cannot_be_planned_is_told(
    options: tuple[str, ...], code: int, message: str, ask: Asker, root: Path
) -> None:
    found = ask.failure("plan", root, *options, *FLAVOR)
    assert found[0] == code
    assert message in found[1]


def test_products_must_be_one_version_each_inside_of_the_root(ask: Asker, root: Path, tmp_path: Path) -> None:
    stack = Stack(root / "stack", flavor=Flavor("Linux64"))
    product(stack, "afw", "g3")
    code, text = ask.failure("plan", root, "--stack", "stack", *FLAVOR)
    assert (code, "is installed in 2 versions" in text) == (2, True)
    stack.assign_tag(ProductName("afw"), EupsVersion("g3"), "w_2026_42")
    data = ask("plan", root, "--stack", "stack", *FLAVOR, "--tag", "w_2026_42")
    assert [layer["products"] for layer in data["layers"]] == [{"afw": "g3"}, {}]
    (tmp_path / "away").mkdir()
    stack.declare(
        ProductName("away"), EupsVersion("1"), directory=tmp_path / "away", table=TablePlace.NOWHERE
    )
    stack.declare(ProductName("none"), EupsVersion("1"), directory=None, table=TablePlace.NOWHERE)
    stack.undeclare(ProductName("afw"), EupsVersion("g2"))
    code, text = ask.failure("plan", root, "--stack", "stack", *FLAVOR)
    assert (code, "outside" in text) == (2, True)
    (tmp_path / "away").rmdir()
    assert ask.failure("plan", root, "--stack", "stack", *FLAVOR)[0] == 3


@pytest.mark.process
def test_a_container_finds_all_set_up_without_a_look(ask: Asker, root: Path) -> None:
    where = ("--stack", "stack", "--environment", "conda/envs/e", "--product", "afw", *FLAVOR)
    data = ask("environment", root, *where, "--output", ".image")
    script = Path(data["output"]) / "environment.sh"
    assert data["entry_point"] == f"{AT}/.image/entrypoint.sh"
    command = ["sh", "-c", f". {script}; PATH=/usr/bin:/bin; env"]
    done = subprocess.run(
        command,
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": "/mine", "PATH": "/usr/bin:/bin"},
    )
    found = dict(line.partition("=")[::2] for line in done.stdout.splitlines())
    assert found["AFW_DIR"] == f"{AT}/stack/Linux64/afw/g2"
    assert found["UTILS_DIR"] == f"{AT}/stack/Linux64/utils/g1"
    assert found["CONDA_PREFIX"] == f"{AT}/conda/envs/e"
    assert found["X_HOME"] == f"{AT}/conda/envs/e/share"
    assert found["EUPS_PATH"] == f"{AT}/stack"
    assert found["PYTHONPATH"].endswith(":/mine")
    assert str(root) not in script.read_text()


@pytest.mark.process
def test_the_entry_point_becomes_the_command_for_any_user(ask: Asker, root: Path) -> None:
    where = ("--stack", "stack", "--product", "afw", *FLAVOR)
    data = ask("environment", root, *where, "--at", root)
    show = 'echo "$HOME $USER $LOGNAME $AFW_DIR"; exit 7'
    command = [data["entry_point"], "sh", "-c", show]
    environ = {"PATH": "/usr/bin:/bin", "HOME": "/nowhere", "TMPDIR": "/dev"}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environ)
    assert (done.returncode, done.stderr) == (7, "")
    home, user, login, place = done.stdout.split()
    assert (home, place) == ("/dev", str(root / "stack/Linux64/afw/g2"))
    assert user == login
    environ |= {"HOME": str(root), "USER": "me"}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environ)
    assert done.stdout.split()[:3] == [str(root), "me", "me"]


@pytest.mark.process
def test_a_script_of_the_environment_that_fails_is_told(ask: Asker, root: Path) -> None:
    scripts = root / "conda" / "envs" / "e" / "etc" / "conda" / "activate.d"
    where = ("--stack", "stack", "--environment", "conda/envs/e", "--product", "afw", *FLAVOR)
    (scripts / "y.sh").write_text("false\n")
    assert ask.failure("environment", root, *where)[0] == 1
    (scripts / "y.sh").write_text("exit 0\n")
    code, text = ask.failure("environment", root, *where)
    assert (code, "end before all is set" in text) == (5, True)
    assert ask.failure("environment", root, "--stack", "stack", "--product", "afw", "--at", "x")[0] == 2
    where = ("--stack", "stack", "--environment", "stack", "--product", "afw", *FLAVOR)
    assert ask.failure("environment", root, *where)[0] == 3


@pytest.mark.process
def test_a_clean_up_tells_what_it_took_out(ask: Asker, root: Path, tmp_path: Path) -> None:
    if shutil.which("strip") is None or shutil.which("cc") is None:
        pytest.skip("there is no compiler (apt-get install gcc)")
    source = tmp_path / "x.c"
    source.write_text("int f(int x) { return x + 1; }\n")
    library = root / "stack" / "Linux64" / "afw" / "g2" / "python" / "x.so"
    subprocess.run(["cc", "-g", "-shared", "-fPIC", "-o", library, source], check=True)
    library.chmod(0o755)
    other = tmp_path / "other.so"
    other.hardlink_to(library)
    before = library.stat()
    steps = ask("clean", root / "stack", *FLAVOR, "--dry-run")["steps"]
    assert [step["action"] for step in steps] == ["strip", "tests", "tests"]
    data = ask("clean", root / "stack", *FLAVOR)
    after = library.stat()
    assert data["removed"]["strip"] == {"files": 1, "size_bytes": before.st_size - after.st_size}
    assert data["removed"]["tests"] == {"files": 2, "size_bytes": 200}
    assert after.st_size < before.st_size
    assert (after.st_mode, after.st_mtime_ns) == (before.st_mode, before.st_mtime_ns)
    assert other.stat().st_size == before.st_size
    assert run("clean", root / "stack", *FLAVOR, "--dry-run", "--keep-symbols") == 0
    assert ask.capsys.readouterr().out == "there is nothing to do\n"


@pytest.mark.process
def test_a_clean_up_that_fails_leaves_the_file_and_says_so(ask: Asker, root: Path) -> None:
    library = root / "stack" / "Linux64" / "afw" / "g2" / "python" / "x.so"
    library.write_bytes(b"\x7fELF but no more")
    code, text = ask.failure("clean", root / "stack", *FLAVOR)
    assert code == 1
    assert "strip" in text
    assert [path.name for path in library.parent.iterdir() if path.name != "x.py"] == ["x.so"]
    code, _ = ask.failure("clean", root / "stack", *FLAVOR, "--strip-program", "no-such-strip")
    assert code == 3


def test_what_is_in_an_image_is_listed(ask: Asker, root: Path, tmp_path: Path) -> None:
    release = tmp_path / "w_2026_42.json"
    release.write_bytes(a_release().canonical())
    output = tmp_path / "sbom.json"
    where = ("--environment", root / "conda/envs/e", "--release", release, "--output", output)
    data = ask("sbom", *where, "--epoch", 1_760_494_269)
    assert (data["packages"], data["products"]) == (2, 2)
    document = json.loads(output.read_text())
    assert document["creationInfo"]["created"] == "2025-10-15T02:11:09Z"
    first = output.read_bytes()
    ask("sbom", *where, "--epoch", 1_760_494_269)
    assert output.read_bytes() == first
    assert ask.failure("sbom", "--output", output)[0] == 2


def test_two_architectures_become_one_name(ask: Asker, root: Path, tmp_path: Path) -> None:
    for architecture in ("amd64", "arm64"):
        tree = ("--tree", f"{root}:/opt")
        ask("build", *tree, "--output", tmp_path / architecture, "--architecture", architecture, "--tag", "t")
    where = (tmp_path / "amd64", f"{tmp_path / 'arm64'}@t", "--output", tmp_path / "both")
    data = ask("index", *where, "--tag", "al9-w_2026_42", "--tag", "w_latest", "--single")
    assert [one["architecture"] for one in data["manifests"]] == ["amd64", "arm64"]
    ask("check", tmp_path / "both")
    tags = json.loads((tmp_path / "both" / "index.json").read_text())["manifests"]
    names = [one["annotations"]["org.opencontainers.image.ref.name"] for one in tags]
    assert names == ["al9-w_2026_42", "w_latest", "al9-w_2026_42_x86", "al9-w_2026_42_aarch64"]
    assert ask.failure("index", f"{tmp_path / 'arm64'}@u", "--output", tmp_path / "x", "--tag", "t")[0] == 2
    assert not list(tmp_path.glob(".*.lock"))


def test_an_image_lies_over_another(ask: Asker, root: Path, tmp_path: Path) -> None:
    ask(
        "build",
        "--tree",
        f"{root / 'stack'}:/base",
        "--output",
        tmp_path / "base",
        "--command",
        "sh",
        "--tag",
        "b",
    )
    options = ("--base", f"{tmp_path / 'base'}@b", "--user", "1000", "--env", "A=b", "--workdir", AT)
    words = ("--entry-point", "/run", "--command", "bash")
    ask("build", "--tree", f"{root / 'conda'}:/env", "--output", tmp_path / "top", *options, *words)
    assert ask("check", tmp_path / "top")["images"][0]["layers"] == 2
    assert (
        ask.failure("build", "--tree", root, "--output", tmp_path / "x", "--base", f"{tmp_path / 'base'}@c")[
            0
        ]
        == 6
    )
    assert ask.failure("build", "--tree", root, "--output", tmp_path / "x", "--home", "x")[0] == 2
    assert ask.failure("build", "--tree", root, "--plan", "p", "--output", tmp_path / "x")[0] == 2


def test_labels_and_settings_come_from_release_and_recipe(
    ask: Asker, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, recipe = tmp_path / "w_2026_42.json", tmp_path / "image.toml"
    release.write_bytes(a_release().canonical())
    recipe.write_text(RECIPE)
    monkeypatch.setenv("BUILD_ID", "77")
    ask("build", "--tree", f"{root}:/b", "--output", tmp_path / "base")
    options = (
        "--recipe",
        recipe,
        "--release",
        release,
        "--products",
        "lsst_distrib",
        "--base",
        tmp_path / "base",
    )
    built = ask("build", "--tree", f"{root}:{AT}", "--output", tmp_path / "top", *options, "--label", "x=y")
    blobs = tmp_path / "top" / "blobs" / "sha256"
    config = json.loads((blobs / built["config"].partition(":")[2]).read_text())["config"]
    labels = config.pop("Labels")
    assert config == {
        "User": "1000",
        "Env": ["A=b"],
        "Entrypoint": ["/run"],
        "Cmd": ["bash"],
        "WorkingDir": "/w",
    }
    assert (labels["EUPS_TAG"], labels["EUPS_PRODUCTS"], labels["JENKINS_BUILD_ID"]) == (
        "w_2026_42",
        "lsst_distrib",
        "77",
    )
    assert labels["org.opencontainers.image.base.digest"].startswith("sha256:")
    assert labels["x"] == "y"
    manifest = json.loads((blobs / built["manifest"].partition(":")[2]).read_text())
    assert manifest["annotations"]["org.opencontainers.image.version"] == "w_2026_42"


def test_the_image_of_a_release_wants_a_time(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release = tmp_path / "w_2026_42.json"
    release.write_bytes(a_release().canonical())
    words = ("build", "--tree", root, "--output", tmp_path / "layout", "--release", release)
    assert run(*words) == 0
    assert "the image of the release will say that it is of 1970" in capsys.readouterr().err
    assert run(*words, "--epoch", 1_792_030_269) == 0
    assert "1970" not in capsys.readouterr().err
    blobs = tmp_path / "layout" / "blobs" / "sha256"
    assert any('"created":"2026-10-15T' in path.read_text(errors="replace") for path in blobs.iterdir())


def test_names_of_images_are_told(ask: Asker) -> None:
    data = ask("tags", "w_2026_42", "--stamp", "2026-10-15T17:15:02Z", "--old-names", "--single")
    assert data["fixed"] == [
        "al9-w_2026_42",
        "al9-w_2026_42-20261015T171502Z",
        "7-stack-lsst_distrib-w_2026_42",
    ]
    assert data["single"] == {"amd64": "al9-w_2026_42_x86", "arm64": "al9-w_2026_42_aarch64"}
    assert ask("tags", "v29_0_0", "--lab", "--run", "7")["fixed"] == ["r29_0_0_rsp7"]
    assert ask.failure("tags", "w_2026_42", "--stamp", "noon")[0] == 2


def test_past_weeks_are_simulated(ask: Asker, tmp_path: Path) -> None:
    weeks = []
    for number in (1, 2, 3):
        week = tmp_path / f"b{number}.txt"
        week.write_text(f"BUILD=b{number}\nutils {'a' * 40} g1 \nafw {'a' * 40} g{number} utils\n")
        weeks.append(week)
    sizes, plot = tmp_path / "sizes.json", tmp_path / "plot.svg"
    sizes.write_text('{"utils": 300, "afw": 100}')
    policies = ("--policy", "one", "--policy", "product", "--policy", "plan-2", "--training", 1)
    data = ask("simulate", *weeks, *policies, "--sizes", sizes, "--plot", plot, "--product", "afw")
    assert [one["by_size"]["mean"] for one in data["policies"]] == [1.0, 0.25, 0.25]
    assert plot.read_text().startswith("<svg")
    assert run("simulate", *weeks, "--policy", "one") == 0
    told = ask.capsys.readouterr().out
    assert "| one | 1 | 2 | 1.00 (1.00, 1.00) |" in told
    assert "the bytes of 2 products are not known" in told
    sizes.write_text('{"utils": 300}')
    assert run("simulate", *weeks, "--policy", "one", "--sizes", sizes) == 0
    assert "1 products are not in" in ask.capsys.readouterr().out
    sizes.write_text('{"utils": true}')
    assert ask.failure("simulate", *weeks, "--sizes", sizes)[0] == 5
    assert ask.failure("simulate", *weeks, "--without", "afw", "--without", "utils")[0] == 2
