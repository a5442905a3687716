"""`lsstinstall` as a user calls it: channels and servers are real, and small."""

from __future__ import annotations

import json
import logging
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.adapters.condamachines import machine_platform
from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from tests.support.condachannels import SmallPackage, make_channel
from tests.support.distribution import NEW_TAG, OLD_TAG, Distribution, make_distribution
from tests.support.fileserver import serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytestmark = [pytest.mark.conda, pytest.mark.network]

NAME = "lsst-scipipe-13.0.1"


@pytest.fixture(autouse=True)
def _quiet_logging() -> Iterator[None]:
    """Undo what a command does to the logging of its process."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Distribution:
    return make_distribution(tmp_path_factory.mktemp("distribution"))


@pytest.fixture
def distribution(made: Distribution, tmp_path: Path) -> Distribution:
    """A copy that a test may spoil."""
    channel = shutil.copytree(made.channel, tmp_path / "channel")
    root = shutil.copytree(made.root, tmp_path / "root")
    for env in root.rglob("*.env"):
        env.write_text(env.read_text().replace(made.channel.as_uri(), channel.as_uri()))
    return Distribution(channel=channel, root=root)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to install into, with a blank in its path; no conda is active."""
    folder = tmp_path / "my stack"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("CONDA_EXE", raising=False)
    monkeypatch.delenv("SHELL", raising=False)
    return folder


class _User:
    """Calls the program and keeps what it says."""

    def __init__(self, distribution: Distribution, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.channel = str(distribution.channel)
        self.root = str(distribution.root)
        self.code = 0
        self.out = ""
        self.err = ""

    def bare(self, *arguments: str) -> int:
        """Call it with these arguments alone."""
        self.code = run_main(cli, name="lsstinstall", arguments=arguments)
        self.out, self.err = self._capsys.readouterr()
        return self.code

    def __call__(self, *arguments: str) -> int:
        """Call it with channel and server."""
        return self.bare("-C", self.channel, "--override-channels", "-E", self.root, *arguments)

    def json(self, *arguments: str) -> Mapping[str, Any]:
        """Call it for an answer in JSON."""
        self(*arguments, "--json", "--quiet")
        answer: Mapping[str, Any] = json.loads(self.out)
        return answer


@pytest.fixture
def user(distribution: Distribution, here: Path, capsys: pytest.CaptureFixture[str]) -> _User:
    assert here.is_dir()
    return _User(distribution, capsys)


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_a_tag_brings_its_environment_a_stack_and_load_scripts(
    user: _User, here: Path, distribution: Distribution
) -> None:
    assert user("-T", NEW_TAG) == 0
    assert f". '{here}/loadLSST.sh'" in user.out
    assert f"lsstinstall add -t {NEW_TAG} lsst_distrib" in user.out
    prefix = here / "conda/envs" / NAME
    assert (prefix / "share/rubin-env.txt").read_text() == "13.0.1\n"
    assert (prefix / "lib/libz.txt").read_text() == "1.3\n"
    assert (prefix / "share/eups/ups_db").is_dir()
    pkgroot = (prefix / "share/eups/pkgroot").read_text()
    assert (prefix / "share/eups/site/distribInstallPostHook.py").is_file()
    assert pkgroot == f"{distribution.binaries}|{distribution.root}/src\n"
    scripts = {(here / f"loadLSST.{shell}").read_text() for shell in ("sh", "ash", "bash", "zsh")}
    assert len(scripts) == 1
    assert sorted(path.name for path in here.iterdir()) == [
        "conda",
        "loadLSST.ash",
        "loadLSST.bash",
        "loadLSST.csh",
        "loadLSST.fish",
        "loadLSST.sh",
        "loadLSST.zsh",
    ]


def test_the_tag_decides_on_the_version(user: _User, here: Path) -> None:
    assert user("-T", OLD_TAG) == 0
    assert (here / "conda/envs/lsst-scipipe-12.2.0/share/rubin-env.txt").read_text() == "12.2.0\n"


def test_a_second_run_changes_nothing(user: _User, here: Path) -> None:
    user("-T", NEW_TAG)
    before = {path: (here / path).lstat().st_mtime_ns for path in _files(here)}
    answer = user.json("-T", NEW_TAG)
    assert answer["environment"]["action"] == "keep"
    assert answer["load_scripts"] == []
    after = {path: (here / path).lstat().st_mtime_ns for path in _files(here)}
    # The lock says who holds it.
    assert {path for path in after if after[path] != before.get(path)} <= {"conda/.lsstinstall.lock"}


def test_a_dry_run_says_what_a_real_one_does_and_touches_nothing(user: _User, here: Path) -> None:
    planned = dict(user.json("-T", NEW_TAG, "-n"))
    assert _files(here) == set()
    done = dict(user.json("-T", NEW_TAG))
    assert (planned.pop("dry_run"), done.pop("dry_run")) == (True, False)
    assert planned == done
    assert planned["environment"]["action"] == "create"
    assert [name.rpartition("-")[0] for name in planned["environment"]["added"]] == [
        "python-3.13.5",
        "rubin-env-13.0.1",
        "zlib-1.3",
    ]


def test_a_dry_run_is_told_to_people(user: _User, here: Path) -> None:
    assert user("-T", NEW_TAG, "--dry-run") == 0
    assert user.out.startswith(f"environment `{NAME}` in {here}/conda/envs/{NAME}: create\n  3 packages, ")
    assert (
        "write loadLSST.sh, loadLSST.ash, loadLSST.bash, loadLSST.zsh, loadLSST.csh, loadLSST.fish\n"
        in user.out
    )


def test_an_exact_environment_is_the_one_of_the_build(user: _User, here: Path) -> None:
    assert user("-X", NEW_TAG) == 0
    prefix = here / "conda/envs" / f"{NAME}-exact"
    assert (prefix / "lib/libz.txt").read_text() == "1.2\n"
    record = json.loads((prefix / "conda-meta/rubin-env-13.0.1-h0_0.json").read_text())
    assert record["depends"] == ["python >=3.13", "zlib"]


def test_an_exact_environment_needs_no_channel_but_its_own(user: _User, here: Path) -> None:
    assert user.bare("-X", NEW_TAG, "-E", user.root) == 0
    assert (here / "conda/envs" / f"{NAME}-exact").is_dir()


def test_an_exact_environment_may_not_be_recorded(user: _User) -> None:
    assert user("-X", OLD_TAG) == 3
    assert "no exact environment of `w_2026_41`" in user.err


def test_an_exact_environment_with_another_digest_is_refused(
    user: _User, here: Path, distribution: Distribution
) -> None:
    (path,) = distribution.root.rglob(f"{NEW_TAG}.env")
    first, _, rest = path.read_text().partition("#sha256:")
    path.write_text(f"{first}#sha256:{'0' * 64}{rest[64:]}")
    assert user("-X", NEW_TAG) == 5
    assert "instead of `sha256:0000" in user.err
    assert not (here / "conda/envs").exists()


def test_the_newest_version_is_taken_without_a_word(user: _User, here: Path) -> None:
    assert user() == 0
    assert (here / "conda/envs" / NAME).is_dir()
    assert "lsstinstall add -t w_latest lsst_distrib" in user.out


@pytest.mark.parametrize("arguments", [("-v", "12.2.0"), ("-v", "12"), ("--rubin-env", "12.2.0")])
def test_a_version_may_be_chosen(user: _User, here: Path, arguments: tuple[str, ...]) -> None:
    assert user(*arguments) == 0
    assert (here / "conda/envs/lsst-scipipe-12.2.0").is_dir()


def test_a_name_may_be_chosen(user: _User, here: Path) -> None:
    assert user("-v", "13.0.1", "-e", "mine") == 0
    assert (here / "conda/envs/mine/share/eups/pkgroot").is_file()
    assert "LSST_CONDA_ENV_NAME=mine" not in user.out


def test_a_second_environment_leaves_the_load_script_of_the_first(user: _User, here: Path) -> None:
    user("-T", NEW_TAG)
    script = (here / "loadLSST.sh").read_text()
    assert user("-T", OLD_TAG) == 0
    assert (here / "loadLSST.sh").read_text() == script
    assert "LSST_CONDA_ENV_NAME=lsst-scipipe-12.2.0 . " in user.out


def test_each_shell_is_told_what_to_type_in_it(
    user: _User, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    assert user("-T", NEW_TAG) == 0
    assert f"source '{here}/loadLSST.csh'" in user.out


def test_a_load_script_of_somebody_else_is_kept_and_completed(user: _User, here: Path) -> None:
    (here / "loadLSST.sh").write_text("# mine\n")
    assert user("-T", NEW_TAG) == 0
    assert (here / "loadLSST.sh").read_text() == "# mine\n"
    assert (here / "loadLSST.zsh").read_text() == "# mine\n"
    assert "__lsst_root" in (here / "loadLSST.csh").read_text()


def test_an_update_brings_the_newest_build(user: _User, here: Path, distribution: Distribution) -> None:
    user("-v", "13.0.1")
    (here / "conda/envs" / NAME / "share/eups/mine").touch()
    make_channel(
        distribution.channel,
        machine_platform(),
        SmallPackage(
            name="rubin-env",
            version="13.0.1",
            build="h0_1",
            depends=("python", "zlib"),
            files={"share/rubin-env.txt": "13.0.1 build 1\n"},
        ),
    )
    assert user.json("-v", "13.0.1")["environment"]["action"] == "keep"
    answer = user.json("-v", "13.0.1", "-u")
    assert answer["environment"]["action"] == "update"
    assert answer["environment"]["added"] == ["rubin-env-13.0.1-h0_1.conda"]
    assert answer["environment"]["removed"] == ["rubin-env-13.0.1-h0_0.conda"]
    prefix = here / "conda/envs" / NAME
    assert (prefix / "share/rubin-env.txt").read_text() == "13.0.1 build 1\n"
    assert (prefix / "share/eups/mine").exists()
    assert user.json("-v", "13.0.1", "-u")["environment"]["action"] == "keep"


def test_the_developers_tools_come_at_once_or_later(user: _User, here: Path) -> None:
    assert user("-v", "13.0.1", "-d", "-e", "both") == 0
    assert (here / "conda/envs/both/bin/ruff").is_file()
    user("-v", "13.0.1")
    answer = user.json("-v", "13.0.1", "-d")
    assert answer["environment"]["action"] == "extend"
    assert (here / "conda/envs" / NAME / "bin/ruff").is_file()


def test_the_developers_tools_may_not_exist_for_a_version(user: _User) -> None:
    assert user("-v", "12.2.0", "-d") == 1
    assert "no solution for `rubin-env=12.2.0`, `rubin-env-developer`" in user.err


def test_the_environments_may_lie_elsewhere(user: _User, here: Path, tmp_path: Path) -> None:
    assert user("-v", "13.0.1", "-p", str(tmp_path / "soft ware/conda")) == 0
    assert (tmp_path / "soft ware/conda/envs" / NAME).is_dir()
    assert not (here / "conda").exists()


def _active_conda(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/conda").write_text("#!/bin/sh\nexit 1\n")
    (folder / "bin/conda").chmod(0o755)
    monkeypatch.setenv("CONDA_EXE", str(folder / "bin/conda"))
    monkeypatch.setenv("PATH", str(folder / "bin"))
    return folder


def test_an_active_conda_is_used_whatever_folder_is_given(
    user: _User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conda = _active_conda(tmp_path / "miniforge", monkeypatch)
    assert user("-v", "13.0.1", "-p", str(tmp_path / "other")) == 0
    assert (conda / "envs" / NAME).is_dir()
    assert not (tmp_path / "other").exists()


def test_an_active_conda_may_be_passed_over(
    user: _User, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conda = _active_conda(tmp_path / "miniforge", monkeypatch)
    assert user("-v", "13.0.1", "-P") == 0
    assert (here / "conda/envs" / NAME).is_dir()
    assert not (conda / "envs").exists()


def test_somebody_elses_folder_is_not_used(user: _User, here: Path) -> None:
    (here / "conda").mkdir()
    (here / "conda/thesis.tex").touch()
    assert user("-v", "13.0.1") == 6
    assert "does not appear to contain conda" in user.err
    assert _files(here) == {"conda", "conda/thesis.tex"}


@pytest.mark.parametrize(
    ("arguments", "binaries", "sources"),
    [((), True, True), (("-B",), False, True), (("-S",), True, False), (("-B", "-S"), False, False)],
)
def test_kinds_of_packages_may_be_left_out(
    user: _User,
    here: Path,
    distribution: Distribution,
    arguments: tuple[str, ...],
    *,
    binaries: bool,
    sources: bool,
) -> None:
    assert user("-v", "13.0.1", *arguments) == 0
    roots = [str(distribution.binaries)] * binaries + [f"{distribution.root}/src"] * sources
    pkgroot = here / "conda/envs" / NAME / "share/eups/pkgroot"
    assert pkgroot.read_text() == "|".join(roots) + "\n"


def test_the_stack_may_lie_elsewhere(user: _User, here: Path, tmp_path: Path) -> None:
    assert user("-v", "13.0.1", "--stack", str(tmp_path / "products")) == 0
    assert (tmp_path / "products/pkgroot").is_file()
    assert (tmp_path / "products/ups_db").is_dir()
    assert not (here / "conda/envs" / NAME / "share/eups").exists()
    assert f"__lsst_stack={tmp_path}/products\n" in (here / "loadLSST.sh").read_text()


def test_options_that_were_always_ignored_still_are(user: _User) -> None:
    assert user("-b", "-c", "-t", "-n") == 0


@pytest.mark.skipif(machine_platform() != "linux-64", reason="the products are made for linux-64")
def test_products_are_installed_after_the_environment(user: _User, here: Path) -> None:
    assert user("-T", NEW_TAG, "daf_butler") == 0
    stack = here / "conda/envs" / NAME / "share/eups"
    assert {"daf_butler", "sphgeom", "utils"} <= {path.name for path in (stack / "ups_db").iterdir()}
    assert f"setup daf_butler -t {NEW_TAG}" in user.out


def test_a_product_that_is_missing_is_told_before_anything_is_done(user: _User, here: Path) -> None:
    assert user("-T", NEW_TAG, "nonsense") == 3
    assert "`nonsense`" in user.err
    assert _files(here) == set()


def test_everything_may_come_from_web_servers(user: _User, here: Path, distribution: Distribution) -> None:
    with serving(distribution.channel) as channel, serving(distribution.root) as root:
        code = user.bare("-C", channel.url, "--override-channels", "-E", f"{root.url}/", "-T", NEW_TAG)
        assert code == 0
        pkgroot = (here / "conda/envs" / NAME / "share/eups/pkgroot").read_text()
        assert pkgroot.endswith(f"|{root.url}/src\n")


def test_a_server_as_file_url_is_written_as_eups_reads_it(user: _User, here: Path) -> None:
    code = user.bare("-C", user.channel, "--override-channels", "-E", f"file://{user.root}", "-v", "13.0.1")
    assert code == 0
    assert "file://" not in (here / "conda/envs" / NAME / "share/eups/pkgroot").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("-T", NEW_TAG, "-v", "13.0.1"), 2, "only one of -T, -X and -v is allowed"),
        (("-T", NEW_TAG, "-X", NEW_TAG), 2, "only one of -T, -X and -v is allowed"),
        (("-T", "w.26.42"), 2, "`w.26.42`"),
        (("-v", "../13"), 2, "`../13` is no version of rubin-env"),
        (("-e", "a/b"), 2, "`a/b` is no name of an environment"),
        (("-v", "46b24e8", "--former-url", "/nowhere"), 3, "no environment `46b24e8` for"),
        (("-e", "base"), 2, "`base` is the environment of conda itself"),
        (("-T", "w_2026_40"), 3, "no tag `w_2026_40`"),
        (("-v", "99"), 1, "no solution for `rubin-env=99`"),
        (("daf_butler",), 2, "products need a tag"),
        (("-T", NEW_TAG, "daf-butler"), 2, "`daf-butler` is not a product name"),
        (("--nonsense",), 2, "no such option"),
        (("-T",), 2, "requires an argument"),
    ],
)
def test_wrong_arguments_are_told(
    user: _User, here: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    assert user(*arguments) == code
    assert message in user.err
    assert _files(here) == set()


def test_channels_are_needed(user: _User) -> None:
    assert user.bare("--override-channels") == 2
    assert "leaves no channel" in user.err


def test_a_missing_channel_is_not_found(user: _User, tmp_path: Path) -> None:
    code = user.bare("-C", str(tmp_path / "none"), "--override-channels", "-E", user.root, "-v", "13.0.1")
    assert code == 3
    assert "could not find subdir" in user.err


def test_a_server_that_does_not_answer_may_do_so_later(user: _User, tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        url = server.url
    assert user.bare("-T", NEW_TAG, "-E", url) == 4


def test_a_spoiled_package_is_refused_and_the_next_run_repairs(
    user: _User, here: Path, distribution: Distribution
) -> None:
    path = distribution.channel / machine_platform() / "zlib-1.3-h0_0.conda"
    good = path.read_bytes()
    path.write_bytes(good[:-1] + b"x")
    assert user("-v", "13.0.1") == 5
    assert "zlib-1.3-h0_0.conda` has the sha256" in user.err
    assert not (here / "loadLSST.sh").exists()
    path.write_bytes(good)
    answer = user.json("-v", "13.0.1")
    assert answer["environment"]["action"] == "rebuild"
    assert (here / "conda/envs" / NAME / "lib/libz.txt").read_text() == "1.3\n"


def test_a_failure_is_told_as_json_too(user: _User) -> None:
    answer = user.json("-T", "w_2026_40")
    assert user.code == 3
    assert answer["schema"] == 1
    assert answer["error"]["code"] == 3


def test_help_names_every_classic_option(user: _User) -> None:
    assert user.bare("-h") == 0
    assert all(f" -{letter}" in user.out for letter in "nTXvudepPCEBSbct")
