"""`rubin-releng env render` and `env build` on ledgers, as a maintainer calls them."""

from __future__ import annotations

import json
import logging
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.adapters.condamachines import machine_platform
from lsstinstall.adapters.process import run
from lsstinstall.commands.frame import run_main
from rubin_releng.commands.main import cli
from tests.support.packagereading import read_package
from tests.support.recipereading import rattler_requirements

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytestmark = [pytest.mark.conda, pytest.mark.process]


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
        self.out = ""
        self.err = ""

    def __call__(self, *arguments: object) -> int:
        """Call it."""
        code = run_main(cli, name="rubin-releng", arguments=["env", *map(str, arguments)])
        self.out, self.err = self._capsys.readouterr()
        return code

    def json(self, *arguments: object) -> Mapping[str, Any]:
        """Call it for an answer in JSON."""
        code = self(*arguments, "--json")
        assert code == 0, self.out
        answer: Mapping[str, Any] = json.loads(self.out)
        return answer


@pytest.fixture
def maintainer(capsys: pytest.CaptureFixture[str]) -> _Maintainer:
    return _Maintainer(capsys)


@pytest.fixture
def recipes(project_root: Path) -> Path:
    return project_root / "recipes"


def test_a_version_is_rendered_with_its_scripts(
    maintainer: _Maintainer, project_root: Path, tmp_path: Path
) -> None:
    answer = maintainer.json(
        "render", "rubin-env", "--root", project_root, "--version", "4.0.5", "--platform", "linux-64",
        "--output", tmp_path / "r",
    )  # fmt: skip
    assert (answer["version"], answer["build_number"], answer["platforms"]) == ("4.0.5", 11, ["linux-64"])
    names = {path.name for path in (tmp_path / "r").iterdir()}
    assert names == {
        "activate.sh", "deactivate.sh", "install.sh", "pin-it", "recipe.yaml", "variants.yaml",
    }  # fmt: skip
    needs = rattler_requirements(tmp_path / "r", "linux-64")
    assert "cfitsio 4.1.0.*" in needs["rubin-env-nosysroot", "run"]


def test_an_older_build_is_rendered_in_either_way_of_asking(
    maintainer: _Maintainer, recipes: Path, tmp_path: Path
) -> None:
    render = ("render", f"{recipes}/rubin-env", "--format", "conda-build", "--output")
    first = maintainer.json(*render, tmp_path / "a", "--version", "4.0.5=0")
    second = maintainer.json(*render, tmp_path / "b", "--version", "4.0.5", "--build-number", 0)
    assert (first["build_number"], second["build_number"]) == (0, 0)
    assert (tmp_path / "a/meta.yaml").read_bytes() == (tmp_path / "b/meta.yaml").read_bytes()
    newest = maintainer.json(*render, tmp_path / "c", "--build-number", 0)
    assert (newest["version"], newest["build_number"]) == ("13.0.1", 0)


def test_a_checkout_is_found_upward_and_a_dry_run_writes_nothing(
    maintainer: _Maintainer, recipes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(recipes / "rubin-env")
    assert maintainer("render", "rubin-env-0.8", "--output", tmp_path / "r", "--dry-run") == 0
    assert "rubin-env 0.8.4: generated" in maintainer.out
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("rubin-env", "--version", "0.8.5"), 3, "there is no rubin-env `0.8.5`"),
        (("rubin-env-0.8", "--version", "13.0.1"), 3, "there is no rubin-env `13.0.1`"),
        (("rubin-env", "--version", "4.0.5=3"), 3, "recorded is build 0 and 11"),
        (("rubin-env", "--platform", "win-64"), 3, "is not built for `win-64`"),
        (("rubin-env", "--platform", "Linux"), 2, "`Linux` is not"),
        (("rubin-ens",), 3, "there is no recipe `rubin-ens`"),
        (("./rubin-ens",), 3, "there is no recipe `./rubin-ens`"),
    ],
)
def test_what_there_is_not_is_told(
    maintainer: _Maintainer,
    project_root: Path,
    tmp_path: Path,
    arguments: tuple[str, ...],
    code: int,
    message: str,
) -> None:
    assert maintainer("render", *arguments, "--root", project_root, "--output", tmp_path / "r") == code
    assert message in maintainer.err


def test_the_line_of_release_23_is_built_with_its_published_build_strings(
    maintainer: _Maintainer, recipes: Path, tmp_path: Path
) -> None:
    answer = maintainer.json(
        "build", "--recipe", recipes / "rubin-env-0.8", "--platform", "linux-64", "--output", tmp_path / "c"
    )
    assert answer["built"] == [
        "linux-64/rubin-env-nosysroot-0.8.4-h2cc385e_3.conda",
        "linux-64/rubin-env-0.8.4-ha770c72_3.conda",
        "linux-64/rubin-env-rsp-0.8.4-ha770c72_3.conda",
    ]
    nosysroot, rubin_env, rsp = (
        read_package(tmp_path / "c" / one, tmp_path / one) for one in answer["built"]
    )
    assert nosysroot.files == {
        "bin/pin-it", "etc/conda/activate.d/rubin-env-nosysroot.sh",
        "etc/conda/deactivate.d/rubin-env-nosysroot.sh",
    }  # fmt: skip
    assert "cfitsio 3.*" in nosysroot.depends
    assert rubin_env.depends == ("rubin-env-nosysroot ==0.8.4 h2cc385e_3", "sysroot_linux-64 2.17.*")
    assert (rubin_env.files, rsp.files) == (set(), set())


@pytest.mark.parametrize(
    ("platform", "strings"),
    [("osx-64", ["he3f3951_3", *["h694c41f_3"] * 2]), ("osx-arm64", ["h7fa4efe_3", *["hce30654_3"] * 2])],
)
def test_packages_of_release_23_are_named_as_conda_build_names_them(
    maintainer: _Maintainer, recipes: Path, tmp_path: Path, platform: str, strings: list[str]
) -> None:
    build = ("build", "--recipe", recipes / "rubin-env-0.8", "--platform", platform, "--dry-run")
    answer = maintainer.json(*build, "--output", tmp_path / "c")
    # Computed by conda-build 26.7 from the recipe that we render for it.
    assert [one["build"] for one in answer["packages"]] == strings


def test_all_platforms_are_built_at_once_and_then_left_alone(
    maintainer: _Maintainer, recipes: Path, tmp_path: Path
) -> None:
    build = ("build", "--recipe", recipes / "rubin-env", "--platform", "all", "--output", tmp_path / "c")
    built = maintainer.json(*build, "--version", "10.2.0")["built"]
    assert len(built) == 15
    assert {name.split("/")[0] for name in built} == {"linux-64", "linux-aarch64", "osx-arm64"}
    assert maintainer.json(*build, "--version", "10.2.0")["built"] == []
    assert len(maintainer.json(*build, "--version", "10.2.0=0")["built"]) == 15


def test_a_damaged_package_of_a_set_is_made_again_and_the_others_stay(
    maintainer: _Maintainer, recipes: Path, tmp_path: Path
) -> None:
    build = ("build", "--recipe", recipes / "rubin-env-0.8", "--platform", "linux-64", "--output")
    *others, damaged = maintainer.json(*build, tmp_path / "c")["built"]
    before = {name: (tmp_path / "c" / name).read_bytes() for name in others}
    (tmp_path / "c" / damaged).write_bytes(b"PK")
    assert maintainer(*build, tmp_path / "c") == 0
    assert f"`{damaged.rpartition('/')[2]}` in the channel was changed after it was made" in maintainer.err
    assert maintainer.json(*build, tmp_path / "c")["built"] == []
    assert {name: (tmp_path / "c" / name).read_bytes() for name in others} == before


def test_a_build_that_fails_leaves_no_channel(maintainer: _Maintainer, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r/recipe.yaml").write_text(
        "package: {name: x, version: 1}\nbuild: {noarch: generic, script: exit 3}\n"
    )
    build = ("build", "--recipe", tmp_path / "r", "--output")
    assert maintainer(*build, tmp_path / "c") == 1
    assert not (tmp_path / "c").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("keep\n")
    assert maintainer(*build, tmp_path / "mine") == 1
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_pins_of_a_host_environment_that_is_not_installed_are_computed(
    maintainer: _Maintainer, recipes: Path, tmp_path: Path
) -> None:
    answer = maintainer.json(
        "build", "--recipe", recipes / "rubin-env", "--version", "4.0.0", "--platform", "linux-64",
        "--output", tmp_path / "c",
    )  # fmt: skip
    package = read_package(tmp_path / "c" / answer["built"][0], tmp_path / "p")
    assert "numpy >=1.21,<2.0a0" in package.depends


def test_variants_of_the_user_win_and_must_be_of_one_value(
    maintainer: _Maintainer, recipes: Path, tmp_path: Path
) -> None:
    (tmp_path / "one.yaml").write_text('cfitsio: ["4.7.0"]\n')
    (tmp_path / "two.yaml").write_text('cfitsio: ["4.7.0", "4.8.0"]\n')
    build = (
        "build", "--recipe", recipes / "rubin-env", "--platform", "linux-64", "--dry-run",
        "--output", tmp_path / "c",
    )  # fmt: skip
    plain = maintainer.json(*build)["packages"][0]["build"]
    other = maintainer.json(*build, "--variants", tmp_path / "one.yaml")["packages"][0]["build"]
    assert plain != other
    assert maintainer(*build, "--variants", tmp_path / "two.yaml") == 2
    assert "give one value a key, or `--run-exports`" in maintainer.err
    assert (
        len(maintainer.json(*build, "--variants", tmp_path / "two.yaml", "--run-exports")["packages"]) == 10
    )


def test_host_environments_need_their_packages(
    maintainer: _Maintainer, recipes: Path, tmp_path: Path
) -> None:
    build = ("build", "--recipe", recipes / "rubin-env", "--platform", "linux-64", "--output", tmp_path / "c")
    assert maintainer(*build, "--run-exports") == 1
    assert "Failed to resolve" in maintainer.err


LIBRARY = """\
package: {name: libfoo, version: "1.2.3"}
build: {script: mkdir -p $PREFIX/lib && echo x > $PREFIX/lib/libfoo.txt}
requirements:
  run_exports:
    - ${{ pin_subpackage("libfoo", upper_bound="x.x") }}
"""

SMALL_LEDGER = """\
schema: 1
name: rubin-env
outputs:
  rubin-env-nosysroot:
  rubin-env:
versions:
  0.9.9: {build: 4, platforms: [linux-64, linux-aarch64, osx-64, osx-arm64]}
variants:
  libfoo: {value: "1.2"}
requirements:
  rubin-env-nosysroot:
    host:
      libfoo:
    run:
      zlib: {limit: ">=1.3"}
  rubin-env:
    run:
      rubin-env-nosysroot: exact
"""

FOREIGN = "osx-arm64" if machine_platform() != "osx-arm64" else "osx-64"


@pytest.fixture
def small_build(maintainer: _Maintainer, recipes: Path, tmp_path: Path) -> tuple[object, ...]:
    """Arguments that build a small ledger against a channel with a library that exports its version."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/recipe.yaml").write_text(LIBRARY)
    (tmp_path / "small.yaml").write_text(SMALL_LEDGER)
    maintainer.json("build", "--recipe", tmp_path / "lib", "--output", tmp_path / "libraries")
    ledger = ("--recipe", recipes / "rubin-env", "--requirements", tmp_path / "small.yaml")
    return ("build", *ledger, "--channel", tmp_path / "libraries", "--output", tmp_path / "c")


@pytest.mark.parametrize("packed", [False, True])
def test_what_libraries_in_host_export_is_added(
    maintainer: _Maintainer, small_build: tuple[object, ...], tmp_path: Path, *, packed: bool
) -> None:
    if packed:
        for path in (tmp_path / "libraries").glob("*/repodata*"):
            if path.name != "repodata.json.zst":
                path.unlink()
    nosysroot, rubin_env = maintainer.json(*small_build, "--run-exports")["built"]
    package = read_package(tmp_path / "c" / nosysroot, tmp_path / "p")
    assert package.depends == ("zlib >=1.3", "libfoo >=1.2.3,<1.3.0a0")
    assert "bin/pin-it" in package.files
    assert "lib/libfoo.txt" not in package.files
    whole = read_package(tmp_path / "c" / rubin_env, tmp_path / "q")
    assert whole.depends == (
        f"rubin-env-nosysroot ==0.9.9 {nosysroot.split('-')[-1].removesuffix('.conda')}",
    )


def test_without_run_exports_a_package_needs_what_the_ledger_says(
    maintainer: _Maintainer, small_build: tuple[object, ...], tmp_path: Path
) -> None:
    nosysroot, _ = maintainer.json(*small_build)["built"]
    assert read_package(tmp_path / "c" / nosysroot, tmp_path / "p").depends == ("zlib >=1.3",)
    assert maintainer(*small_build, "--run-exports") == 6
    assert "made from other inputs" in maintainer.err


def test_a_host_environment_of_another_platform_is_refused(
    maintainer: _Maintainer, small_build: tuple[object, ...], tmp_path: Path
) -> None:
    assert maintainer(*small_build, "--run-exports", "--platform", FOREIGN) == 2
    assert f"for {FOREIGN} cannot be installed on {machine_platform()}" in maintainer.err
    assert not (tmp_path / "c").exists()
    assert len(maintainer.json(*small_build, "--platform", FOREIGN)["built"]) == 2


def test_a_channel_that_cannot_be_read_is_told_before_anything_is_built(
    maintainer: _Maintainer, recipes: Path, tmp_path: Path
) -> None:
    folder = recipes / "rubin-env"
    build = (
        "build",
        "--recipe",
        folder,
        "--platform",
        "linux-64",
        "--output",
        tmp_path / "c",
        "--run-exports",
    )
    assert maintainer(*build, "--channel", tmp_path / "none") == 3
    assert "check the name of the channel" in maintainer.err
    for subdir in ("noarch", "linux-64"):
        (tmp_path / "cut" / subdir).mkdir(parents=True)
        (tmp_path / "cut" / subdir / "repodata.json").write_text('{"packages": {')
    assert maintainer(*build, "--channel", tmp_path / "cut") == 5
    assert "is cut short or no index" in maintainer.err
    assert not (tmp_path / "c").exists()


def test_conda_build_builds_from_ledgers_only(maintainer: _Maintainer, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r/recipe.yaml").write_text("package: {name: x, version: 1}\n")
    build = ("build", "--recipe", tmp_path / "r", "--output", tmp_path / "c", "--engine", "conda-build")
    assert maintainer(*build) == 2
    assert "has no ledger" in maintainer.err


def test_a_conda_that_there_is_not_is_told(maintainer: _Maintainer, recipes: Path, tmp_path: Path) -> None:
    build = (
        "build",
        "--recipe",
        recipes / "rubin-env-0.8",
        "--output",
        tmp_path / "c",
        "--platform",
        "linux-64",
    )
    assert maintainer(*build, "--engine", "conda-build", "--conda", tmp_path / "conda") == 3
    assert f"{tmp_path}/conda" in maintainer.err


_FAKE = """\
#!/bin/sh
# Takes part of what conda-build would do: nothing, or files in the folder of the platform.
while [ "$1" != --output-folder ]; do shift; done
mkdir -p "$2/$CONDA_SUBDIR"
: > "$2/$CONDA_SUBDIR/other-1-0.conda"
"""


def test_a_conda_that_makes_something_else_is_told(
    maintainer: _Maintainer, recipes: Path, tmp_path: Path
) -> None:
    (tmp_path / "conda").write_text(_FAKE)
    (tmp_path / "conda").chmod(0o755)
    build = (
        "build",
        "--recipe",
        recipes / "rubin-env-0.8",
        "--output",
        tmp_path / "c",
        "--platform",
        "linux-64",
    )
    assert maintainer(*build, "--engine", "conda-build", "--conda", tmp_path / "conda") == 1
    assert "conda-build did not make `rubin-env-nosysroot-0.8.4-h2cc385e_3.conda`, but `other-1-0.conda`" in (
        maintainer.err
    )


def _has_conda_build() -> bool:
    conda = shutil.which("conda")
    if conda is None:
        return False
    return run([conda, "build", "--version"], cwd=None, env=None, timeout=120, check=False).returncode == 0


@pytest.mark.slow
def test_the_real_conda_build_makes_the_same_packages(
    maintainer: _Maintainer, recipes: Path, tmp_path: Path
) -> None:
    if not _has_conda_build():
        pytest.skip("there is no conda with conda-build on the path")
    build = ("build", "--recipe", recipes / "rubin-env-0.8", "--platform", "linux-64", "--output")
    ours = maintainer.json(*build, tmp_path / "ours")["built"]
    theirs = maintainer.json(*build, tmp_path / "theirs", "--engine", "conda-build")["built"]
    assert ours == theirs
    for name in ours:
        one = read_package(tmp_path / "ours" / name, tmp_path / "a" / name)
        other = read_package(tmp_path / "theirs" / name, tmp_path / "b" / name)
        assert (one.specs, one.files) == (other.specs, other.files)
