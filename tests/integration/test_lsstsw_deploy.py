"""`lsstsw deploy` and `envconfig`: conda channel, servers and repositories are real, and small."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.condamachines import machine_platform
from tests.support.condachannels import SmallPackage, make_channel, rubin_env_packages
from tests.support.distribution import NEW_TAG, Distribution, make_distribution
from tests.support.repositories import Remote
from tests.support.stackbuilding import Answer, TinyStack

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.conda, pytest.mark.process]

NAME = "lsst-scipipe-13.0.1"
_MAIN = "from rubin_releng.commands.lsstsw import main; raise SystemExit(main())"


class Deployed:
    """An lsstsw folder, and what it is made from."""

    def __init__(self, folder: Path, distribution: Distribution) -> None:
        self.folder = folder / "lsstsw"
        self.folder.mkdir(parents=True)
        self.tiny = TinyStack(folder)
        self.tiny.add("lsst_distrib")
        repos = Remote.create(folder / "remotes", "repos")
        repos.commit({"etc/repos.yaml": (folder / "repos.yaml").read_text(encoding="utf-8")})
        versiondb = Remote.create(folder / "remotes", "versiondb")
        self.variables = {
            "REPOSFILE_REPO": str(repos.path),
            "VERSIONDB_REPO": str(versiondb.path),
            "LSST_CONDA_CHANNELS": str(distribution.channel),
            "EUPS_ROOT": str(distribution.root),
            "HOME": str(folder),
            "CONDA_PREFIX": "",
            "EUPS_PATH": "",
        }

    def run(self, *arguments: str, **more: str) -> Answer:
        return self.call((sys.executable, "-c", _MAIN, *arguments), more)

    def call(self, program: tuple[str, ...], more: dict[str, str], *, stdin: str = "") -> Answer:
        done = subprocess.run(
            program,
            cwd=self.folder,
            env=os.environ | self.variables | more,
            input=stdin,
            check=False,
            capture_output=True,
            text=True,
        )
        return Answer(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def distribution(tmp_path_factory: pytest.TempPathFactory) -> Distribution:
    made = make_distribution(tmp_path_factory.mktemp("distribution"))
    variants = (
        SmallPackage(name="rubin-env-rsp", version="13.0.1", depends=("rubin-env ==13.0.1",)),
        SmallPackage(name="eups", version="2.2.15", files={"bin/eups": "#!/bin/sh\n"}),
        SmallPackage(name="rubin-env-nosysroot", version="13.0.1", depends=("python",)),
    )
    make_channel(made.channel, "linux-64", *rubin_env_packages(), *variants)
    return made


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, distribution: Distribution) -> Deployed:
    deployed = Deployed(tmp_path_factory.mktemp("deployed"), distribution)
    answer = deployed.run("deploy", "-v", "13.0.1", "--json")
    assert answer.code == 0, answer.stdout + answer.stderr
    assert answer.data["environment"] == NAME
    return deployed


def test_everything_is_where_lsstsw_has_it(made: Deployed) -> None:
    for path in (
        "etc/repos.yaml",
        "etc/manifest.remap",
        "etc/exclusions.txt",
        f"miniconda/envs/{NAME}/conda-meta",
        f"stack/{NAME}/ups_db",
        f"stack/{NAME}/site/manifest.remap",
        "versiondb/.git",
        "versiondb/.deployed",
        "bin/envconfig",
        "bin/envconfig.csh",
        "distserver/production",
        "var/run",
    ):
        assert (made.folder / path).exists(), path


def test_deploying_again_changes_nothing_of_the_environment(made: Deployed) -> None:
    (made.folder / "bin" / "envconfig").write_text("# ours\n", encoding="utf-8")
    again = made.run("deploy", "-v", "13.0.1", "--json")
    assert again.code == 0
    assert [step for step in again.data["steps"] if "fetched" not in step] == []
    assert (made.folder / "bin" / "envconfig").read_text(encoding="utf-8") == "# ours\n"
    (made.folder / "bin" / "envconfig").unlink()
    assert made.run("deploy", "-v", "13.0.1").code == 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "dash"])
def test_a_shell_uses_the_environment(made: Deployed, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    told = made.run("envconfig", "-n", NAME, "--shell", "sh")
    assert told.code == 0, told.stderr
    script = 'eval "$1"; echo "$CONDA_DEFAULT_ENV|$EUPS_PATH|$EUPS_DISTRIB|$LSSTSW|${EUPS_PKGROOT-none}"'
    done = made.call((shell, "-c", script, shell, told.stdout), {})
    name, stack, server, root, pkgroot = done.stdout.strip().splitlines()[-1].split("|")
    assert (name, stack, root) == (NAME, str(made.folder / "stack" / NAME), str(made.folder))
    # It says where to publish to here, and not where products are installed from.
    assert pkgroot == "none"
    assert server.endswith("conda-system/miniconda3-py38_4.9.2-13.0.1")


@pytest.mark.parametrize(("shell", "kind"), [("tcsh", "csh"), ("fish", "fish")])
def test_other_shells_use_it_too(made: Deployed, shell: str, kind: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    told = made.run("envconfig", "-n", NAME, "--shell", kind).stdout
    done = made.call((shell, "-c", f"{told.strip()}; echo $EUPS_PATH; printenv EUPS_PKGROOT"), {})
    assert done.stdout.strip().splitlines()[-1] == str(made.folder / "stack" / NAME), done.stderr


def test_the_file_that_bash_sources_takes_the_options(made: Deployed) -> None:
    script = (
        f". bin/envconfig -n {NAME} && echo $LSST_CONDA_ENV_NAME; . bin/envconfig -n no-such || echo failed"
    )
    done = made.call(("bash", "-c", script), {})
    assert done.stdout.split() == [NAME, "failed"]
    done = made.call(("bash", "-c", ". bin/envconfig --help; echo $?"), {})
    assert done.stdout == "0\n"
    assert done.stderr.startswith("Usage: lsstsw envconfig")


def test_where_to_publish_to_stays_as_it_was(made: Deployed) -> None:
    told = made.run("envconfig", "--shell", "sh", EUPS_PKGROOT="s3://bucket/stack/src")
    done = made.call(("bash", "-c", f"{told.stdout}\necho $EUPS_PKGROOT"), {})
    assert done.stdout.strip().splitlines()[-1] == "s3://bucket/stack/src"


def test_the_only_environment_is_used_if_none_is_named(made: Deployed) -> None:
    assert NAME in made.run("envconfig").stdout
    assert made.run("envconfig", LSST_SPLENV_REF="12.1.0").code == 3


@pytest.mark.parametrize("wrong", ["--no-such", "word", "--shell=tcsh", "-nno-such"])
def test_what_evaluates_a_failure_fails(made: Deployed, wrong: str) -> None:
    answer = made.run("envconfig", wrong)
    assert answer.code in {2, 3}
    assert answer.stdout == "false\n"


def test_the_environment_is_chosen_from_a_list_or_by_a_build(made: Deployed) -> None:
    ask = (sys.executable, "-c", _MAIN, "envconfig", "-i")
    told = made.call(ask, {}, stdin="1\n")
    assert f"1 - {NAME}" in told.stderr
    assert NAME in told.stdout
    assert made.call(ask, {}, stdin="0\n").stdout == "false\n"
    saved = made.folder / "build" / "builds" / "b7.env"
    saved.parent.mkdir(parents=True, exist_ok=True)
    saved.write_text(f"#environment_name: {NAME}\n@EXPLICIT\n", encoding="utf-8")
    assert NAME in made.run("envconfig", "-b", "b7").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("envconfig", "-n", "no-such"), 3, f"there are: `{NAME}`"),
        (("envconfig", "-b", "b99"), 3, "nobody recorded the environment of build `b99`"),
        (("envconfig", "-b", "w_latest"), 2, "w_latest"),
        (("envconfig", "-i", "-n", NAME), 2, "only one of"),
        (("envconfig", "--shell", "tcsh"), 2, "is not one of"),
        (("deploy", "-v", "13.0.1", "-x", "w_2026_10"), 2, "only one of -v, -r and -x"),
        (("deploy", "-r", "main"), 2, "`main`"),
        (("deploy", "-V", "developer"), 2, "is no variant"),
        (("deploy", "-v", "13.0.1", "-V", "rubin-env-no-such"), 1, "`rubin-env-no-such`"),
        (("deploy", "-V", "rubin-env-developer", "-x", "w_2026_10"), 2, "-V says what to solve for"),
    ],
)
def test_wrong_arguments_are_refused(
    made: Deployed, arguments: tuple[str, ...], code: int, told: str
) -> None:
    answer = made.run(*arguments)
    assert answer.code == code, answer.stderr
    assert told in answer.stderr


def test_a_build_in_the_deployed_folder_goes_to_its_stack(made: Deployed) -> None:
    prefix = made.folder / "miniconda" / "envs" / NAME
    variables = {"CONDA_PREFIX": str(prefix), "CONDA_DEFAULT_ENV": NAME, "EUPS_FLAVOR": "Linux64"}
    answer = made.run("rebuild", "--json", **variables)
    assert answer.code == 0, answer.stdout + answer.stderr
    assert (made.folder / "stack" / NAME / "ups_db" / "lsst_distrib").is_dir()
    build = answer.data["build"]
    text = (made.folder / "build" / "builds" / f"{build}.env").read_text(encoding="utf-8")
    assert text.startswith(f"#environment_name: {NAME}\n")
    told = made.run("envconfig", "-b", build)
    assert NAME in told.stdout


@pytest.mark.parametrize(
    ("variant", "whole"),
    [("rubin-env-rsp", 1), ("rubin-env-developer", 1), ("rubin-env-nosysroot", 0)],
)
def test_a_variant_of_rubin_env_is_deployed(
    tmp_path: Path, distribution: Distribution, variant: str, whole: int
) -> None:
    deployed = Deployed(tmp_path, distribution)
    answer = deployed.run("deploy", "-v", "13.0.1", "-V", variant, "--json")
    assert answer.code == 0, answer.stdout + answer.stderr
    assert answer.data["stack"] == str(deployed.folder / "stack" / NAME)
    meta = deployed.folder / "miniconda" / "envs" / NAME / "conda-meta"
    assert len(list(meta.glob(f"{variant}-13.0.1-*.json"))) == 1
    assert len(list(meta.glob("rubin-env-13.0.1-*.json"))) == whole
    assert f"stack/{NAME}" in deployed.run("envconfig", "-n", NAME).stdout


def test_an_environment_from_before_rubin_env_is_made_of_its_list(
    tmp_path: Path, distribution: Distribution
) -> None:
    subdir, commit = machine_platform(), "1a1d771"
    listed = tmp_path / "former" / commit / "etc" / f"conda-{subdir}.lock"
    listed.parent.mkdir(parents=True)
    package = f"{distribution.channel.as_uri()}/{subdir}/zlib-1.2-h0_0.conda"
    listed.write_text(f"# platform: {subdir}\n@EXPLICIT\n{package}\n", encoding="utf-8")
    deployed = Deployed(tmp_path, distribution)
    answer = deployed.run("deploy", "-r", commit, "--former-url", str(tmp_path / "former"), "--json")
    assert answer.code == 0, answer.stdout + answer.stderr
    assert answer.data["environment"] == f"lsst-scipipe-{commit}"
    assert answer.data["stack"] == str(deployed.folder / "stack" / f"lsst-scipipe-{commit}")
    prefix = deployed.folder / "miniconda" / "envs" / f"lsst-scipipe-{commit}"
    assert (prefix / "lib" / "libz.txt").read_text(encoding="utf-8") == "1.2\n"
    assert f"stack/lsst-scipipe-{commit}" in deployed.run("envconfig").stdout


def test_the_version_comes_from_the_settings_if_nothing_is_named(
    tmp_path: Path, distribution: Distribution
) -> None:
    deployed = Deployed(tmp_path, distribution)
    assert "`rubin-env=12.1.0`" in deployed.run("deploy").stderr
    answer = deployed.run("deploy", "--json", LSST_SPLENV_REF="12.2.0")
    assert answer.code == 0, answer.stdout + answer.stderr
    assert answer.data["environment"] == "lsst-scipipe-12.2.0"


def test_a_version_that_was_built_here_is_deployed(tmp_path: Path, distribution: Distribution) -> None:
    recipe = tmp_path / "recipe" / "recipe.yaml"
    recipe.parent.mkdir()
    recipe.write_text(
        "package:\n  name: rubin-env\n  version: 14.0.0.dev1\nbuild:\n  number: 0\n  noarch: generic\n",
        encoding="utf-8",
    )
    deployed = Deployed(tmp_path, distribution)
    built = deployed.tiny.run("env", "build", "--recipe", str(recipe.parent), "--output", "channel")
    assert built.code == 0, built.stderr
    channels = ("-C", str(tmp_path / "channel"), "-C", str(distribution.channel))
    answer = deployed.run("deploy", "-v", "14.0.0.dev1", *channels, "--json")
    assert answer.code == 0, answer.stdout + answer.stderr
    assert answer.data["environment"] == "lsst-scipipe-14.0.0.dev1"


def test_the_exact_environment_of_a_tag(tmp_path: Path, distribution: Distribution) -> None:
    deployed = Deployed(tmp_path, distribution)
    answer = deployed.run("deploy", "-x", NEW_TAG, "--json")
    assert answer.code == 0, answer.stdout + answer.stderr
    assert answer.data["environment"] == f"lsst-scipipe-{NEW_TAG}-exact"
    assert answer.data["stack"] == str(deployed.folder / "stack" / NAME)
    told = deployed.run("envconfig", "-n", f"lsst-scipipe-{NEW_TAG}")
    assert f"stack/{NAME}" in told.stdout


def test_a_folder_of_lsstsw_itself_is_continued(tmp_path: Path, distribution: Distribution) -> None:
    deployed = Deployed(tmp_path, distribution)
    root = deployed.folder
    (root / "etc").mkdir()
    (root / "etc" / "settings.cfg.sh").write_text(
        'LSST_SPLENV_REF=${LSST_SPLENV_REF:-13.0.1}\nSPLENV_BASE_NAME="lsst-scipipe"\n'
        'PRODUCTS=("lsst_distrib")\nif [[ -n "$BASH_VERSION" ]]; then\n  LSSTSW=$(cd "x"; pwd)\nfi\n'
        'export EUPSPKG_REPOSITORY_PATH="${LSSTSW_BUILD_DIR}/\\$PRODUCT"\n'
        "export EUPS_PKGROOT=${EUPS_PKGROOT:-${LSSTSW}/distserver/production}\n"
        'miniconda_path="${LSSTSW}/miniconda"\n',
        encoding="utf-8",
    )
    (root / "bin").mkdir()
    (root / "bin" / "envconfig").write_text("# theirs\n", encoding="utf-8")
    meta = root / "miniconda" / "envs" / NAME / "conda-meta"
    meta.mkdir(parents=True)
    (meta / "history").touch()
    (meta / "rubin-env-13.0.1-h0_0.json").write_text(
        '{"name": "rubin-env", "version": "13.0.1", "build": "h0_0", "build_number": 0, "files": []}',
        encoding="utf-8",
    )
    (root / "stack" / NAME / "ups_db").mkdir(parents=True)
    (root / "stack" / NAME / "site").mkdir()
    (root / "etc" / "repos.yaml").write_bytes((tmp_path / "repos.yaml").read_bytes())
    variables = {
        "CONDA_PREFIX": str(meta.parent),
        "CONDA_DEFAULT_ENV": NAME,
        "LSST_CONDA_ENV_NAME": NAME,
        "EUPS_FLAVOR": "Linux64",
    }
    (meta.parent / "bin").mkdir()
    (meta.parent / "bin" / "python").touch()
    assert deployed.run("envconfig").code == 0
    rebuilt = deployed.run("rebuild", "--json", **variables)
    assert rebuilt.code == 0, rebuilt.stdout + rebuilt.stderr
    published = deployed.run("publish", "-t", "w_2026_10", "lsst_distrib", **variables)
    assert published.code == 0, published.stderr
    text = (root / "distserver" / "production" / "tags" / "w_2026_10.list").read_text(encoding="utf-8")
    assert "#CONDA_ENV=13.0.1" in text
    assert (root / "bin" / "envconfig").read_text(encoding="utf-8") == "# theirs\n"


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path, distribution: Distribution) -> None:
    deployed = Deployed(tmp_path, distribution)
    (deployed.folder / "thesis.tex").touch()
    answer = deployed.run("deploy", "-v", "13.0.1")
    assert answer.code == 6
    assert "neither empty nor an lsstsw folder" in answer.stderr
    assert [path.name for path in deployed.folder.iterdir()] == ["thesis.tex"]


def test_a_dry_run_makes_nothing(tmp_path: Path, distribution: Distribution) -> None:
    deployed = Deployed(tmp_path, distribution)
    answer = deployed.run("deploy", "-v", "13.0.1", "--dry-run")
    assert answer.code == 0, answer.stderr
    assert f"would be made: environment {NAME}" in answer.stdout
    assert list(deployed.folder.iterdir()) == []
