"""`rubin-releng env migrate` as a maintainer calls it, in a real repository."""

from __future__ import annotations

import json
import logging
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.commands.frame import run_main
from rubin_releng.adapters.ledgerfiles import load_ledger, parse_ledger_text
from rubin_releng.commands.main import cli
from tests.support.condaindexes import Listed, write_index
from tests.support.migrations import MIGRATED_LEDGER
from tests.support.repositories import git

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

pytestmark = [pytest.mark.conda, pytest.mark.process]

FILE = "recipes/rubin-env/requirements.yaml"
PACKAGES = (
    Listed(file="cfitsio-4.6.2-h0_0"),
    Listed(file="cfitsio-4.7.0-h0_0"),
    Listed(file="gxx_linux-64-14.2.0-h0_0"),
    Listed(file="gfortran_linux-64-13.1.0-h0_0"),
    Listed(file="libxml2-2.14.1-h0_0", depends=("cfitsio >=4.6.2,<4.6.3.0a0",)),
    Listed(file="libxml2-devel-2.14.1-h0_0"),
    Listed(file="numpy-2.0.1-h0_0"),
    Listed(file="python-3.12.1-h0_0"),
)


@pytest.fixture(autouse=True)
def _quiet_logging() -> Iterator[None]:
    """Undo what a command does to the logging of its process."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(autouse=True)
def _author(monkeypatch: pytest.MonkeyPatch) -> None:
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "A Tester")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "tester@example.org")


def _commit_ledger(folder: Path, text: str) -> None:
    (folder / FILE).parent.mkdir(parents=True)
    (folder / FILE).write_text(text)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "Begin")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a ledger that a person has commented, in which the commands run."""
    folder = tmp_path / "checkout"
    _commit_ledger(
        folder, MIGRATED_LEDGER.replace("  channel_targets:", "  # Never changes.\n  channel_targets:")
    )
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run(*arguments: object) -> tuple[int, str, str]:
        code = run_main(cli, name="rubin-releng", arguments=["env", "migrate", *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def answer(call: Callable[..., tuple[int, str, str]]) -> Callable[..., tuple[int, Mapping[str, Any]]]:
    def run(*arguments: object) -> tuple[int, Mapping[str, Any]]:
        code, out, _ = call(*arguments, "--json")
        data: Mapping[str, Any] = json.loads(out)
        return code, data

    return run


def test_a_branch_holds_the_change_and_nothing_else_is_touched(
    checkout: Path, answer: Callable[..., tuple[int, Mapping[str, Any]]]
) -> None:
    (checkout / "notes").write_text("mine")
    git(checkout, "add", "notes")
    code, data = answer("cfitsio=4.7")
    assert code == 0
    assert (data["version"], data["level"], data["branch"]) == ("4.0.0", "major", "migrate-cfitsio-4.7")
    assert git(checkout, "branch", "--show-current") == "main"
    assert git(checkout, "status", "--porcelain") == "A  notes"
    assert git(checkout, "rev-parse", "migrate-cfitsio-4.7") == data["commit"]
    assert git(checkout, "rev-list", "--count", "main..migrate-cfitsio-4.7") == "1"
    assert git(checkout, "diff", "--name-only", "main", "migrate-cfitsio-4.7") == FILE
    assert git(checkout, "diff", "--numstat", "main", "migrate-cfitsio-4.7").split()[:2] == ["5", "2"]
    message = git(checkout, "log", "-1", "--format=%B", "migrate-cfitsio-4.7")
    assert message.splitlines() == [
        "Migrate rubin-env to cfitsio 4.7",
        "",
        "4.0.0 build 0 follows 3.0.0 build 2: a new major version",
        "",
        "- cfitsio 4.6.2 -> 4.7",
    ]
    text = git(checkout, "show", f"migrate-cfitsio-4.7:{FILE}") + "\n"
    assert "  # Never changes.\n" in text
    assert str(parse_ledger_text(text, source="f").newest.id) == "4.0.0"


def test_the_branch_is_checked_out_if_that_is_asked_for(
    checkout: Path, call: Callable[..., tuple[int, str, str]]
) -> None:
    code, out, _ = call("python=3.14", "compilers=15", "--branch", "next", "--switch")
    assert code == 0
    assert git(checkout, "branch", "--show-current") == "next"
    assert git(checkout, "status", "--porcelain") == ""
    assert out.splitlines()[-1].startswith("branch next, commit ")
    assert "note: tests of the packages assert `__GXX_ABI_VERSION` 1020 with gcc 15" in out


def test_a_dry_run_shows_the_lines_and_makes_nothing(
    checkout: Path, call: Callable[..., tuple[int, str, str]]
) -> None:
    (checkout / FILE).write_text((checkout / FILE).read_text().replace("A ledger", "My ledger"))
    code, out, err = call("cfitsio=4.5.0", "--dry-run")
    assert code == 0
    assert '+  - {value: "4.5.0", versions: ["1.0.0", "4.0.0 .."]}' in out
    assert out.splitlines()[-1] == "no branch was made"
    assert "cfitsio=4.5.0 is older than 4.6.2 of rubin-env 3.0.0" in err
    assert "nothing was tried: give a channel by `--channel`" in err
    assert git(checkout, "branch", "--format=%(refname:short)") == "main"


def test_platforms_are_tried_and_what_is_to_be_rebuilt_is_told(
    checkout: Path, tmp_path: Path, call: Callable[..., tuple[int, str, str]]
) -> None:
    channel = write_index(tmp_path / "channel", *PACKAGES, subdirs=("linux-64", "osx-arm64"))
    code, out, err = call("cfitsio=4.7", "--channel", channel, "--platform", "linux-64")
    assert code == 1
    assert "linux-64: no solution\n  libxml2 2.14.1 needs cfitsio >=4.6.2,<4.6.3.0a0: to be rebuilt" in out
    assert "error: 4.0.0 has no solution on linux-64, as 3.0.0 had" in err
    # The branch is there all the same: packages are rebuilt for it.
    assert git(checkout, "rev-parse", "--verify", "migrate-cfitsio-4.7")


def test_the_version_that_is_there_needs_no_branch(
    checkout: Path, call: Callable[..., tuple[int, str, str]]
) -> None:
    code, out, _ = call("cfitsio=4.6.2")
    assert (code, out) == (0, "nothing to do: rubin-env 3.0.0 has cfitsio=4.6.2\n")
    assert git(checkout, "branch", "--format=%(refname:short)") == "main"


def test_what_is_not_committed_is_not_mixed_in(
    checkout: Path, call: Callable[..., tuple[int, str, str]]
) -> None:
    (checkout / FILE).write_text((checkout / FILE).read_text() + "# more\n")
    code, _, err = call("cfitsio=4.7")
    assert code != 0
    assert f"`{FILE}` has changes that are not committed" in err
    git(checkout, "rm", "-q", "--cached", FILE)
    git(checkout, "commit", "-q", "-m", "Remove")
    assert f"`{FILE}` is in no commit" in call("cfitsio=4.7")[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("cfitsio=4.7", "--branch", "main"), "there is a branch `main`"),
        (("cfitsio=4.7", "--branch", "a..b"), "`a..b` is no name for a branch"),
        (("cftsio=4.7",), "rubin-env `3.0.0` has no variant `cftsio`"),
        (("cfitsio",), "`cfitsio` is no migration"),
        (("libxml2=2.15",), "the migrated ledger would contradict itself"),
        (("libxml2=2.15",), "excludes 2.15: change it as well"),
        (("cfitsio=4.7", "--line", "9"), "rubin-env has no line `9`"),
        (("cfitsio=4.7", "--platform", "win-64"), "rubin-env `3.0.0` is not built for `win-64`"),
        (("cfitsio=4.7", "--channel", "nowhere"), "cannot read the channels"),
    ],
)
def test_what_cannot_be_done_is_told(
    checkout: Path, call: Callable[..., tuple[int, str, str]], arguments: tuple[str, ...], message: str
) -> None:
    code, _, err = call(*arguments)
    assert code != 0
    assert message in err
    assert git(checkout, "branch", "--format=%(refname:short)") == "main"


def test_a_recipe_of_one_line_stands_for_that_line(
    checkout: Path, answer: Callable[..., tuple[int, Mapping[str, Any]]]
) -> None:
    (checkout / "recipes/old").mkdir()
    (checkout / "recipes/old/requirements.yaml").write_text(
        'ledger: ../rubin-env/requirements.yaml\nline: "2.1"\n'
    )
    _, data = answer("cfitsio=4.7", "--recipe", "recipes/old", "--dry-run")
    assert (data["previous"], data["version"]) == ("2.1.0", "2.2.0")
    _, data = answer("cfitsio=4.7", "--recipe", "recipes/old", "--line", "main", "--dry-run")
    assert data["previous"] == "3.0.0"


def test_who_commits_has_to_be_known(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, call: Callable[..., tuple[int, str, str]]
) -> None:
    git(checkout, "config", "user.useConfigOnly", "true")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{role}_NAME")
        monkeypatch.delenv(f"GIT_{role}_EMAIL")
    for scope in ("GLOBAL", "SYSTEM"):
        monkeypatch.setenv(f"GIT_CONFIG_{scope}", "/dev/null")
    code, _, err = call("cfitsio=4.7")
    assert code == 2
    assert "git does not know who commits" in err


def test_without_git_there_is_a_dry_run_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Callable[..., tuple[int, str, str]]
) -> None:
    (tmp_path / FILE).parent.mkdir(parents=True)
    (tmp_path / FILE).write_text(MIGRATED_LEDGER)
    monkeypatch.chdir(tmp_path)
    code, _, err = call("cfitsio=4.7")
    assert code == 3
    assert "is in no git repository, so that no branch can be made" in err
    assert "`--dry-run` shows the change" in err
    assert call("cfitsio=4.7", "--dry-run")[0] == 0


def test_what_the_channels_lack_is_told_where_nothing_is_to_be_rebuilt(
    checkout: Path, tmp_path: Path, call: Callable[..., tuple[int, str, str]]
) -> None:
    assert checkout.is_dir()
    alone = [package for package in PACKAGES if "libxml2" not in package.file]
    channel = write_index(tmp_path / "channel", *alone, subdirs=("linux-64", "osx-arm64"))
    _, out, _ = call("cfitsio=4.7", "--channel", channel, "--platform", "linux-64", "--dry-run")
    assert "nothing that is installed pins the old version" in out


@pytest.fixture
def real_checkout(tmp_path: Path, project_root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the real ledger."""
    folder = tmp_path / "real"
    shutil.copytree(project_root / "recipes", folder / "recipes")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "Begin")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(
    ("migrations", "version", "numstat"),
    [
        (("cfitsio=4.7",), "14.0.0", ["6", "2"]),
        (("libxml2=2.15",), "14.0.0", ["8", "3"]),
        (("--line", "4.0", "python=3.11"), "4.0.7", None),
    ],
)
def test_the_real_ledger_is_migrated(
    real_checkout: Path,
    answer: Callable[..., tuple[int, Mapping[str, Any]]],
    migrations: tuple[str, ...],
    version: str,
    numstat: list[str] | None,
) -> None:
    code, data = answer(*migrations, "--branch", "next", "--switch")
    assert (code, data["version"]) == (0, version)
    assert load_ledger(real_checkout / FILE).ledger.record(version).build == 0
    if numstat is not None:
        assert git(real_checkout, "diff", "--numstat", "main", "next").split()[:2] == numstat


@pytest.mark.usefixtures("real_checkout")
def test_the_real_ledger_is_tried_with_real_packages(
    shared_dir: Path, answer: Callable[..., tuple[int, Mapping[str, Any]]]
) -> None:
    snapshot = shared_dir / "data/conda-forge-snapshot"
    where = ("--dry-run", "--channel", snapshot, "--virtual", "glibc=2.34", "--platform", "linux-64")
    code, data = answer("libxml2=2.15", *where)
    assert (code, data["platforms"][0]["solved"]) == (0, True)
    code, data = answer("python=3.14", *where)
    (trial,) = data["platforms"]
    assert (code, trial["solved"], trial["solved_before"]) == (1, False, True)
    found = {one["name"]: one["found"] for one in trial["rebuild"]}
    assert found["psycopg2"] is None
    assert found["scipy"].startswith("1.17.1 py314")
    assert trial["conflicts"]
