"""The `lsstsw` program in a folder like that of a developer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.repositories import Remote
from tests.support.stackbuilding import Answer, TinyStack

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

_MAIN = "from rubin_releng.commands.lsstsw import main; raise SystemExit(main())"


@pytest.fixture
def tiny(tmp_path: Path) -> TinyStack:
    """A folder with ``etc/repos.yaml``, two products and an environment."""
    tiny = TinyStack(tmp_path / "lsstsw")
    tiny.folder.mkdir()
    tiny.add("data")
    tiny.add("lsst_distrib", "data")
    (tiny.folder / "etc").mkdir()
    (tiny.folder / "repos.yaml").rename(tiny.folder / "etc" / "repos.yaml")
    (tiny.folder / "env" / "bin").mkdir(parents=True)
    (tiny.folder / "env" / "bin" / "python").touch()
    return tiny


def lsstsw(tiny: TinyStack, *arguments: str, **variables: str) -> Answer:
    environ = {
        "CONDA_PREFIX": str(tiny.folder / "env"),
        "CONDA_DEFAULT_ENV": "lsst-scipipe-13.0.1",
        "EUPS_FLAVOR": "Linux64",
    }
    done = subprocess.run(
        [sys.executable, "-c", _MAIN, *arguments],
        cwd=tiny.folder,
        env=os.environ | environ | variables,
        check=False,
        capture_output=True,
        text=True,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def test_the_default_product_is_rebuilt_into_the_stack_of_the_environment(tiny: TinyStack) -> None:
    answer = lsstsw(tiny, "rebuild", "--json")
    assert answer.code == 0, answer.stdout + answer.stderr
    assert answer.data["built"] == 2
    assert (tiny.folder / "stack/lsst-scipipe-13.0.1/ups_db/lsst_distrib/b1.chain").is_file()
    assert (tiny.versiondb / "manifests" / "b1.txt").is_file()


def test_every_rebuild_is_a_build_of_its_own(tiny: TinyStack) -> None:
    lsstsw(tiny, "rebuild", "-p")
    assert lsstsw(tiny, "rebuild", "-p", "-n", "--json").data["build"] == "b2"


def test_prepare_only_builds_nothing(tiny: TinyStack) -> None:
    assert lsstsw(tiny, "rebuild", "-p", "data").code == 0
    assert (tiny.build_dir / "manifest.txt").is_file()
    assert not (tiny.folder / "stack").exists()


def test_refs_are_taken_in_their_order(tiny: TinyStack) -> None:
    ticket = tiny.remotes["data"].commit({"x": "1"}, branch="tickets/DM-1")
    data = lsstsw(tiny, "rebuild", "-p", "-r", "tickets/DM-1", "-r", "main", "--json").data
    assert data["products"][0]["commit"] == ticket


def test_a_finished_build_gets_the_tag_that_was_asked_for(tiny: TinyStack) -> None:
    assert lsstsw(tiny, "rebuild", "-B", "-t", "w_2026_10").code == 0
    assert (tiny.folder / "stack/lsst-scipipe-13.0.1/ups_db/data/w_2026_10.chain").is_file()


def test_a_failure_before_the_manifest_keeps_its_number(tiny: TinyStack) -> None:
    assert lsstsw(tiny, "rebuild", "nothing_like_it").code == 3


def test_a_failure_after_the_manifest_is_told_by_its_number(tiny: TinyStack) -> None:
    tiny.remotes["data"].commit({"SConstruct": ""})
    assert lsstsw(tiny, "rebuild", EUPS_DIR="").code == 128 + 2


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"CONDA_PREFIX": ""}, "no environment is active"),
        ({"LSST_CONDA_ENV_NAME": "lsst-scipipe-12.0.0"}, "`lsst-scipipe-12.0.0` is wanted"),
        ({"CONDA_DEFAULT_ENV": "base"}, "and `lsst-scipipe-12.1.0` is wanted"),
        ({"VERSIONDB_PUSH": "yes"}, "`VERSIONDB_PUSH` is `yes`"),
    ],
)
def test_a_wrong_environment_is_an_error(tiny: TinyStack, variables: dict[str, str], told: str) -> None:
    answer = lsstsw(tiny, "rebuild", **variables)
    assert answer.code == 2
    assert told in answer.stderr
    assert not tiny.build_dir.exists()


def test_elsewhere_the_folder_must_be_named(tiny: TinyStack, tmp_path: Path) -> None:
    away = TinyStack(tmp_path / "away")
    away.folder.mkdir()
    env = str(tiny.folder / "env")
    assert lsstsw(away, "rebuild", "-p", CONDA_PREFIX=env).code == 3
    assert lsstsw(away, "rebuild", "-p", CONDA_PREFIX=env, LSSTSW=str(tiny.folder)).code == 0
    assert (tiny.build_dir / "manifest.txt").is_file()


def test_a_build_is_published_under_a_tag(tiny: TinyStack) -> None:
    lsstsw(tiny, "rebuild")
    answer = lsstsw(tiny, "publish", "-t", "w_2026_10", "lsst_distrib", "--json")
    assert answer.code == 0, answer.stdout + answer.stderr
    root = tiny.folder / "distserver" / "production"
    assert "#CONDA_ENV=13.0.1" in (root / "src/tags/w_2026_10.list").read_text(encoding="utf-8")
    assert (root / "releases" / "w_2026_10.json").is_file()


def test_an_older_build_is_published_from_versiondb(tiny: TinyStack) -> None:
    lsstsw(tiny, "rebuild")
    tiny.remotes["data"].commit({"x": "1"})
    lsstsw(tiny, "rebuild")
    root = tiny.folder / "root" / "src"
    assert lsstsw(tiny, "publish", "-b", "b1", "lsst_distrib", EUPS_PKGROOT=str(root)).code == 0
    assert (root / "tags" / "b1.list").is_file()


def test_into_another_folder_only_sources_are_published_as_lsstsw_has_them(tiny: TinyStack) -> None:
    lsstsw(tiny, "rebuild")
    root = tiny.folder / "production"
    answer = lsstsw(tiny, "publish", "-t", "b1", "-d", "lsst_distrib", EUPS_PKGROOT=str(root))
    assert answer.code == 0, answer.stderr
    assert "EUPSPKG_SOURCE: git" in answer.stderr
    assert sorted(path.name for path in root.iterdir() if path.is_dir()) == [
        *("manifests", "products", "tables", "tags"),
    ]
    assert "#BUILD=b1" in (root / "tags" / "b1.list").read_text(encoding="utf-8")


def test_versiondb_s_remote_gets_the_build_if_that_is_wanted(tiny: TinyStack) -> None:
    remote = tiny.folder / "remote.git"
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run([*git, "init", "-q", "--bare", "-b", "main", str(remote)], check=True)
    subprocess.run([*git, "clone", "-q", str(remote), str(tiny.versiondb)], check=True, capture_output=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "Begin"], check=True, cwd=tiny.versiondb)
    subprocess.run([*git, "push", "-q", "origin", "HEAD:main"], check=True, cwd=tiny.versiondb)
    answer = lsstsw(tiny, "rebuild", "-p", VERSIONDB_PUSH="true")
    assert answer.code == 0, answer.stderr
    tags = subprocess.run([*git, "tag"], check=True, cwd=remote, capture_output=True, text=True).stdout
    assert tags.split() == ["b1"]


def test_repos_yaml_is_fetched_anew_if_that_is_wanted(tiny: TinyStack) -> None:
    repos = Remote.create(tiny.folder / "remotes", "repos")
    new = (tiny.folder / "etc" / "repos.yaml").read_text(encoding="utf-8") + "# new\n"
    repos.commit({"etc/repos.yaml": new})
    assert lsstsw(tiny, "rebuild", "-p", "-u", REPOSFILE_REPO=str(repos.path)).code == 0
    assert (tiny.folder / "etc" / "repos.yaml").read_text(encoding="utf-8") == new
    repos.commit({"etc/repos.yaml": "afw: [\n"})
    assert lsstsw(tiny, "rebuild", "-p", "-u", REPOSFILE_REPO=str(repos.path)).code == 5
    assert (tiny.folder / "etc" / "repos.yaml").read_text(encoding="utf-8") == new


def test_settings_of_the_folder_hold(tiny: TinyStack) -> None:
    settings = tiny.folder / "etc" / "settings.cfg.sh"
    settings.write_text(
        'PRODUCTS=("data")\nLSSTSW_BUILD_DIR=${LSSTSW_BUILD_DIR:-${LSSTSW}/elsewhere}\n', encoding="utf-8"
    )
    assert lsstsw(tiny, "rebuild", "-p", "--json").code == 0
    text = (tiny.folder / "elsewhere" / "manifest.txt").read_text(encoding="utf-8")
    assert "lsst_distrib" not in text
    settings.write_text("VERSIONDB=$(somewhere)\n", encoding="utf-8")
    answer = lsstsw(tiny, "rebuild", "-p")
    assert answer.code == 2
    assert "only a shell can read" in answer.stderr


def test_what_is_in_a_build_cache_is_not_built_again(tiny: TinyStack) -> None:
    cache = str(tiny.folder / "cache")
    assert lsstsw(tiny, "rebuild", "--cache", cache).code == 0
    shutil.rmtree(tiny.folder / "stack")
    assert lsstsw(tiny, "rebuild", "--json", LSSTINSTALL_BUILD_CACHE=cache).data["cached"] == 2


@pytest.mark.parametrize(
    ("arguments", "variables", "code", "told"),
    [
        (("-b", "b99"), {}, 3, "versiondb has no build `b99`"),
        (("-b", "w_latest"), {}, 2, "`w_latest` is not a build"),
        ((), {"EUPS_PKGROOT": "https://example.org/stack/src"}, 2, "from where products are installed"),
        ((), {"EUPS_PKGROOT": "/a|/b"}, 2, "from where products are installed"),
        ((), {"EUPS_PKGROOT": "s3://"}, 2, "names no bucket"),
    ],
)
def test_what_cannot_be_published_is_told(
    tiny: TinyStack, arguments: tuple[str, ...], variables: dict[str, str], code: int, told: str
) -> None:
    assert lsstsw(tiny, "rebuild", "-p").code == 0
    answer = lsstsw(tiny, "publish", *arguments, "lsst_distrib", **variables)
    assert answer.code == code, answer.stderr
    assert told in answer.stderr
    assert not (tiny.folder / "s3:").exists()


@pytest.mark.parametrize(
    "variables", [{"EUPSPKG_REPOSITORY_PATH": "https://example.org/$PRODUCT"}, {"EUPSPKG_SOURCE": "tarball"}]
)
def test_settings_that_cannot_be_meant_are_refused(tiny: TinyStack, variables: dict[str, str]) -> None:
    lsstsw(tiny, "rebuild")
    assert lsstsw(tiny, "publish", "lsst_distrib", **variables).code == 2


def test_an_environment_of_a_fork_is_refused_with_a_way(tiny: TinyStack) -> None:
    answer = lsstsw(tiny, "set_prereleased_env", "example", "branch")
    assert answer.code == 6
    assert "rubin-releng env build" in answer.stderr


def test_the_help_names_the_commands(tiny: TinyStack) -> None:
    answer = lsstsw(tiny, "--help")
    assert answer.code == 0
    assert "rebuild" in answer.stdout
    assert "publish" in answer.stdout
