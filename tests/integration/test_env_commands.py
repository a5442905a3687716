"""`rubin-releng env` as a maintainer calls it; recipes are small and really built."""

from __future__ import annotations

import json
import logging
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import zstandard

from lsstinstall.adapters.condamachines import machine_platform
from lsstinstall.adapters.process import run
from lsstinstall.commands.frame import run_main
from lsstinstall.core.environments import parse_env_lock
from rubin_releng.commands.main import cli
from tests.support.condachannels import make_channel, rubin_env_packages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytestmark = [pytest.mark.conda, pytest.mark.network, pytest.mark.process]

PLATFORM = machine_platform()

RECIPE = """\
package:
  name: hello
  version: "1.0"
build:
  noarch: generic
  script: mkdir -p "$PREFIX/share" && cp "$RECIPE_DIR/hello.txt" "$PREFIX/share/"
"""


@pytest.fixture(autouse=True)
def _quiet_logging() -> Iterator[None]:
    """Undo what a command does to the logging of its process."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


class _Maintainer:
    """Calls the program and keeps what it says."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.code = 0
        self.out = ""
        self.err = ""

    def __call__(self, *arguments: object) -> int:
        """Call it."""
        self.code = run_main(cli, name="rubin-releng", arguments=["env", *map(str, arguments)])
        self.out, self.err = self._capsys.readouterr()
        return self.code

    def json(self, *arguments: object) -> Mapping[str, Any]:
        """Call it for an answer in JSON."""
        self(*arguments, "--json")
        answer: Mapping[str, Any] = json.loads(self.out)
        return answer


@pytest.fixture
def maintainer(capsys: pytest.CaptureFixture[str]) -> _Maintainer:
    return _Maintainer(capsys)


def _recipe(folder: Path, text: str = RECIPE) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recipe.yaml").write_text(text)
    (folder / "hello.txt").write_text("hello\n")
    return folder


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    return _recipe(tmp_path / "my recipe")


@pytest.fixture
def channel(tmp_path: Path) -> Path:
    return make_channel(tmp_path / "a channel", PLATFORM, *rubin_env_packages())


def _indexed(channel: Path) -> set[str]:
    return {
        f"{path.parent.name}/{name}"
        for path in channel.glob("*/repodata.json")
        for name in json.loads(path.read_text())["packages.conda"]
    }


def _build(maintainer: _Maintainer, recipe: Path, output: Path, *more: object) -> list[str]:
    answer = maintainer.json("build", "--recipe", recipe, "--output", output, *more)
    assert maintainer.code == 0, maintainer.out
    built: list[str] = answer["built"]
    return built


def test_a_recipe_is_built_into_a_channel_and_nothing_else_is_left(
    maintainer: _Maintainer, recipe: Path, tmp_path: Path
) -> None:
    (built,) = _build(maintainer, recipe, tmp_path / "channel")
    assert built.startswith("noarch/hello-1.0-")
    assert _indexed(tmp_path / "channel") == {built}
    names = {path.name for path in (tmp_path / "channel").iterdir()}
    assert names <= {"noarch", PLATFORM, ".builds.json", ".builds.lock", ".tmp"}


def test_what_is_built_can_be_solved_for(maintainer: _Maintainer, recipe: Path, tmp_path: Path) -> None:
    _build(maintainer, recipe, tmp_path / "channel")
    answer = maintainer.json("solve", "hello", "--channel", tmp_path / "channel")
    assert [one["name"] for one in answer["packages"]] == ["hello"]


def test_a_second_build_does_nothing(maintainer: _Maintainer, recipe: Path, tmp_path: Path) -> None:
    _build(maintainer, recipe, tmp_path / "channel")
    (recipe / "README.md").write_text("read me\n")
    assert _build(maintainer, recipe, tmp_path / "channel") == []
    maintainer("build", "--recipe", recipe, "--output", tmp_path / "channel")
    assert maintainer.out.startswith("keep  noarch/hello-1.0-")


def test_a_changed_recipe_needs_another_build_number(
    maintainer: _Maintainer, recipe: Path, tmp_path: Path
) -> None:
    _build(maintainer, recipe, tmp_path / "channel")
    (recipe / "hello.txt").write_text("good morning\n")
    assert maintainer("build", "--recipe", recipe, "--output", tmp_path / "channel") == 6
    assert "is in the channel, made from other inputs" in maintainer.err
    assert len(_build(maintainer, recipe, tmp_path / "channel", "--replace")) == 1
    (recipe / "hello.txt").write_text("good night\n")
    (recipe / "recipe.yaml").write_text(RECIPE.replace("build:\n", "build:\n  number: 1\n"))
    assert len(_build(maintainer, recipe, tmp_path / "channel")) == 1
    assert len(_indexed(tmp_path / "channel")) == 2


def test_a_package_that_was_spoiled_or_lost_is_built_again(
    maintainer: _Maintainer, recipe: Path, tmp_path: Path
) -> None:
    (built,) = _build(maintainer, recipe, tmp_path / "channel")
    path = tmp_path / "channel" / built
    path.write_bytes(path.read_bytes()[:-5])
    assert _build(maintainer, recipe, tmp_path / "channel") == [built]
    path.unlink()
    assert _build(maintainer, recipe, tmp_path / "channel") == [built]


def test_an_index_that_lags_behind_is_written_again(
    maintainer: _Maintainer, recipe: Path, tmp_path: Path
) -> None:
    (built,) = _build(maintainer, recipe, tmp_path / "channel")
    index = tmp_path / "channel/noarch/repodata.json"
    index.write_text(json.dumps({"packages": {}, "packages.conda": {}}))
    (tmp_path / "channel/.work-dead").mkdir()
    _build(maintainer, recipe, tmp_path / "channel")
    assert _indexed(tmp_path / "channel") == {built}
    assert not (tmp_path / "channel/.work-dead").exists()


def test_a_record_of_builds_that_was_edited_is_told(
    maintainer: _Maintainer, recipe: Path, tmp_path: Path
) -> None:
    (tmp_path / "channel").mkdir()
    (tmp_path / "channel/.builds.json").write_text('{"packages": {"x": 1}}')
    assert maintainer("build", "--recipe", recipe, "--output", tmp_path / "channel") == 5
    assert "is no record of builds" in maintainer.err


def test_a_dry_run_names_the_packages_and_touches_nothing(
    maintainer: _Maintainer, recipe: Path, tmp_path: Path
) -> None:
    answer = maintainer.json(
        "build", "--recipe", recipe, "--output", tmp_path / "channel", "--dry-run", "--platform", "osx-arm64"
    )
    (package,) = answer["packages"]
    assert (package["name"], package["action"], answer["built"]) == ("hello", "build", [])
    assert not (tmp_path / "channel").exists()


def test_variants_and_platforms_multiply(maintainer: _Maintainer, tmp_path: Path) -> None:
    recipe = _recipe(
        tmp_path / "multi",
        'package: {name: hello, version: "1"}\n'
        "build:\n  string: v${{ flavor }}_0\n  script: echo\n"
        "requirements:\n  run:\n    - gum ${{ flavor }}.*\n",
    )
    (tmp_path / "variants.yaml").write_text("flavor: [1, 2]\n")
    more = ["--variants", tmp_path / "variants.yaml", "--platform", "linux-64", "--platform", "osx-arm64"]
    assert sorted(_build(maintainer, recipe, tmp_path / "channel", *more)) == [
        "linux-64/hello-1-v1_0.conda",
        "linux-64/hello-1-v2_0.conda",
        "osx-arm64/hello-1-v1_0.conda",
        "osx-arm64/hello-1-v2_0.conda",
    ]


def test_a_later_recipe_may_need_an_earlier_one(
    maintainer: _Maintainer, recipe: Path, tmp_path: Path
) -> None:
    second = _recipe(
        tmp_path / "second",
        'package: {name: world, version: "1"}\n'
        "build: {noarch: generic, script: cd $PREFIX/share && cp hello.txt world.txt}\n"
        "requirements: {host: [hello]}\n",
    )
    built = _build(maintainer, recipe, tmp_path / "channel", "--recipe", second)
    assert [name.split("-")[0] for name in built] == ["noarch/hello", "noarch/world"]


REQUIREMENTS = """\
schema: 1
name: rubin-env
outputs:
  rubin-env-nosysroot:
  rubin-env:
versions:
  0.9.9: {build: 4, platforms: [linux-64, linux-aarch64, osx-64, osx-arm64, win-64]}
requirements:
  rubin-env-nosysroot:
    run:
      python:
      zlib: {limit: ">=1.3", platforms: [linux-64, linux-aarch64, osx-64, osx-arm64]}
      nonsense: {platforms: [win-64]}
  rubin-env:
    run:
      rubin-env-nosysroot: exact
"""


@pytest.fixture
def rubin_env(maintainer: _Maintainer, project_root: Path, channel: Path, tmp_path: Path) -> list[str]:
    """The project's own recipe, with few requirements."""
    (tmp_path / "requirements.yaml").write_text(REQUIREMENTS)
    recipe = project_root / "recipes/rubin-env"
    more = ("--requirements", tmp_path / "requirements.yaml", "--test")
    return _build(maintainer, recipe, channel, *more)


def test_our_recipe_takes_its_requirements_from_a_file(
    rubin_env: list[str], maintainer: _Maintainer, channel: Path
) -> None:
    names = [name.rpartition("/")[2] for name in rubin_env]
    assert [name.rpartition("-")[0] for name in names] == ["rubin-env-nosysroot-0.9.9", "rubin-env-0.9.9"]
    assert all(name.endswith("_4.conda") for name in names)
    answer = maintainer.json("solve", "rubin-env=0.9.9", "--channel", channel)
    assert [f"{one['name']} {one['version']}" for one in answer["packages"]] == [
        "python 3.13.5",
        "rubin-env 0.9.9",
        "rubin-env-nosysroot 0.9.9",
        "zlib 1.3",
    ]


def test_our_recipe_puts_the_stack_in_front_and_restores_it(
    rubin_env: list[str], channel: Path, tmp_path: Path
) -> None:
    package = tmp_path / "unpacked"
    package.mkdir()
    from rattler.package_streaming import extract  # noqa: PLC0415 - for this test only

    extract(channel / rubin_env[0], package)
    folder = package / "etc/conda"
    script = (
        f'. "{folder}/activate.d/rubin-env-nosysroot.sh"; echo "$EUPS_PATH"; '
        f'. "{folder}/activate.d/rubin-env-nosysroot.sh"; echo "$EUPS_PATH"; '
        f'. "{folder}/deactivate.d/rubin-env-nosysroot.sh"; echo "${{EUPS_PATH-unset}}"'
    )
    stack = tmp_path / "env/share/eups"
    environ = {"PATH": "/usr/bin:/bin", "CONDA_PREFIX": str(tmp_path / "env")}
    # Without a stack there is nothing to put in front.
    assert run(
        ["sh", "-euc", script], cwd=None, env={**environ, "EUPS_PATH": "/mine"}, timeout=30
    ).stdout == ("/mine\n/mine\n/mine\n")
    stack.mkdir(parents=True)
    out = run(["sh", "-euc", script], cwd=None, env=environ, timeout=30).stdout
    assert out.splitlines()[:2] == [str(stack), str(stack)]
    once = script.split("; ")
    lines = "; ".join([*once[:2], *once[4:]])
    out = run(["sh", "-euc", lines], cwd=None, env=environ, timeout=30).stdout
    assert out.splitlines() == [str(stack), "unset"]
    out = run(["sh", "-euc", lines], cwd=None, env={**environ, "EUPS_PATH": "/mine"}, timeout=30).stdout
    assert out.splitlines() == [f"{stack}:/mine", "/mine"]


def test_our_own_requirements_are_in_order(
    maintainer: _Maintainer, project_root: Path, tmp_path: Path
) -> None:
    answer = maintainer.json(
        "build", "--recipe", project_root / "recipes/rubin-env", "--output", tmp_path / "c", "--dry-run",
        "--platform", "linux-64", "--platform", "linux-aarch64", "--platform", "osx-arm64",
    )  # fmt: skip
    assert len(answer["packages"]) == 15


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("package: {name: x\n", 5, "recipe.yaml:2:1: "),
        ("package: {name: x, version: 1}\nnonsense: 1\n", 5, "recipe.yaml:"),
        ("package: {name: x, version: 1}\nrequirements: {run: ['a >=']}\n", 5, "recipe.yaml:"),
        ("package: {name: x, version: 1}\nrequirements: {run: ['${{ nothing }}']}\n", 1, "undefined value"),
        ("package: {name: x, version: 1}\nbuild: {script: 'echo alas; exit 3'}\n", 1, "| alas"),
        ("package: {name: x, version: 1}\nrequirements: {host: [nonsense]}\n", 1, "| - nonsense"),
    ],
)
def test_a_recipe_that_fails_is_told_and_leaves_no_package(
    maintainer: _Maintainer, tmp_path: Path, text: str, code: int, message: str
) -> None:
    recipe = _recipe(tmp_path / "bad", text)
    assert maintainer("build", "--recipe", recipe, "--output", tmp_path / "channel") == code
    assert message in " ".join(maintainer.err.split())
    assert list(tmp_path.glob("channel/*/*.conda")) == []


def test_missing_files_are_told(maintainer: _Maintainer, recipe: Path, tmp_path: Path) -> None:
    build = ("build", "--output", tmp_path / "c", "--recipe")
    assert maintainer(*build, tmp_path / "none") == 3
    assert maintainer(*build, recipe, "--requirements", tmp_path / "none.yaml") == 3
    assert maintainer(*build, recipe, "--variants", tmp_path / "none.yaml") == 3
    assert maintainer("index", tmp_path / "none") == 3


def test_an_unknown_platform_is_told(maintainer: _Maintainer, recipe: Path, tmp_path: Path) -> None:
    arguments = ("build", "--recipe", recipe, "--output", tmp_path / "c", "--platform", "Linux")
    assert maintainer(*arguments) == 2


def test_a_ledger_that_contradicts_itself_is_told_with_its_lines(
    maintainer: _Maintainer, recipe: Path, tmp_path: Path
) -> None:
    rows = '      zlib: [{limit: ">=2"}, {limit: "<1.3", platforms: [osx-64, osx-64x]}, {limit: ">>1"}]'
    text = REQUIREMENTS.replace("      python:", rows)
    (recipe / "requirements.yaml").write_text(text.replace("\n      zlib: {", "\n      zlib-ng: {"))
    build = ("build", "--recipe", recipe, "--output", tmp_path / "c")
    assert maintainer(*build) == 5
    assert "requirements.yaml:11:66: no version of this row is built for `osx-64x`" in maintainer.err
    (recipe / "requirements.yaml").write_text(
        text.replace(", osx-64x", "").replace("\n      zlib: {", "\n      zlib-ng: {")
    )
    assert maintainer(*build) == 5
    assert "requirements.yaml:11:1: `zlib <1.3` contradicts `zlib >=2` of line 11" in maintainer.err
    assert "requirements.yaml:11:1: `zlib >>1` is no spec of conda: " in maintainer.err


def test_a_solution_is_told_to_people_and_programs(maintainer: _Maintainer, channel: Path) -> None:
    answer = maintainer.json("solve", "rubin-env=12", "zlib", "--channel", channel)
    assert answer["schema"] == 1
    assert answer["specs"] == ["rubin-env=12", "zlib"]
    assert answer["packages"][0] == {
        "name": "python",
        "version": "3.13.5",
        "build": "h0_0",
        "subdir": PLATFORM,
    }
    assert maintainer("solve", "zlib", "--channel", channel) == 0
    assert maintainer.out.splitlines()[-1] == "1 packages"


def test_another_machine_may_be_solved_for(maintainer: _Maintainer, tmp_path: Path) -> None:
    recipe = _recipe(
        tmp_path / "new",
        'package: {name: hello, version: "1"}\n'
        "build: {script: echo}\n"
        "requirements: {run: [__osx >=14, {if: linux, then: nonsense}]}\n",
    )
    _build(maintainer, recipe, tmp_path / "c", "--platform", "osx-arm64")
    solve = ("solve", "hello", "--channel", tmp_path / "c", "--platform", "osx-arm64")
    assert maintainer(*solve) == 1
    assert "__osx >=14" in maintainer.err
    answer = maintainer.json(*solve, "--virtual", "osx=15.1")
    assert answer["platform"] == "osx-arm64"
    assert answer["virtual_packages"]["__osx"] == "15.1"
    assert [one["subdir"] for one in answer["packages"]] == ["osx-arm64"]


@pytest.fixture
def conda_forge(shared_dir: Path, tmp_path: Path) -> Path:
    """What conda-forge had of the packages behind rubin-env in summer 2026."""
    for subdir in ("linux-64", "noarch"):
        packed = (shared_dir / "data/conda-forge-snapshot" / subdir / "repodata.json.zst").read_bytes()
        (tmp_path / "conda-forge" / subdir).mkdir(parents=True)
        index = zstandard.ZstdDecompressor().stream_reader(packed).read()
        (tmp_path / "conda-forge" / subdir / "repodata.json").write_bytes(index)
    return tmp_path / "conda-forge"


@pytest.mark.parametrize(
    ("spec", "packages"),
    [("rubin-env=13.0.1", 449), ("rubin-env=0.8.4", 169), ("rubin-env-extras=13.0.1", 682)],
)
def test_real_environments_are_solved_as_other_solvers_do(
    maintainer: _Maintainer, conda_forge: Path, spec: str, packages: int
) -> None:
    machine = ("--platform", "linux-64", "--virtual", "__glibc=2.34")
    answer = maintainer.json("solve", spec, "--channel", conda_forge, *machine)
    assert len(answer["packages"]) == packages


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("zlib",), 2),
        (("--channel", "x"), 2),
        (("zlib", "--channel", "./none"), 3),
        (("zlib >=[", "--channel", "{channel}"), 2),
        (("zlib=9", "--channel", "{channel}"), 1),
        (("zlib", "--channel", "{channel}", "--virtual", "glibc"), 2),
        (("zlib", "--channel", "{channel}", "--platform", "Linux"), 2),
    ],
)
def test_wrong_questions_are_told(
    maintainer: _Maintainer, channel: Path, arguments: tuple[str, ...], code: int
) -> None:
    answer = maintainer.json("solve", *(one.format(channel=channel) for one in arguments))
    assert (maintainer.code, answer["error"]["code"]) == (code, code)


def test_a_lock_is_written_whole_and_read_back(
    maintainer: _Maintainer, channel: Path, tmp_path: Path
) -> None:
    arguments = ("lock", "rubin-env=13.0.1", "--channel", channel, "--output", tmp_path / "w.env")
    answer = maintainer.json(*arguments, "--name", "lsst-scipipe-13.0.1")
    assert answer["packages"] == 3
    lock = parse_env_lock((tmp_path / "w.env").read_text(), source="w.env")
    assert (lock.name, lock.platform) == ("lsst-scipipe-13.0.1", PLATFORM)
    assert all(str(locked.digest).startswith("sha256:") for locked in lock.packages)
    maintainer(*arguments, "--name", "lsst-scipipe-13.0.1", "--dry-run")
    assert maintainer.out == (tmp_path / "w.env").read_text()
    maintainer(*arguments)
    assert "locked 3 packages" in maintainer.out


def test_a_lock_that_cannot_be_written_is_told(
    maintainer: _Maintainer, channel: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    arguments = ("lock", "zlib", "--channel", channel, "--output", tmp_path / "file/w.env")
    assert maintainer(*arguments) == 1
    assert f"`{tmp_path}/file`" in maintainer.err


def test_an_index_is_written_for_a_folder_of_packages(maintainer: _Maintainer, channel: Path) -> None:
    for path in channel.glob("*/repodata*"):
        path.unlink()
    shutil.rmtree(channel / PLATFORM / "shards")
    answer = maintainer.json("index", channel)
    assert answer["channel"] == channel.as_uri()
    assert f"{PLATFORM}/zlib-1.3-h0_0.conda" in _indexed(channel)
    maintainer("index", channel)
    assert maintainer.out == f"indexed <{channel.as_uri()}>\n"
