"""conda beside what `lsstinstall` installs, environments from before rubin-env, and what a failure leaves."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.adapters.condamachines import machine_platform
from lsstinstall.adapters.process import run
from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from tests.support.condachannels import SmallPackage, make_channel, rubin_env_packages
from tests.support.fileserver import serving

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytestmark = [pytest.mark.conda, pytest.mark.network]

NAME = "lsst-scipipe-13.0.1"
_LIST = """\
EUPS distribution w_2020_30 version list. Version 1.0
#CONDA_ENV={env}
base                 generic    1.0
"""

_CONDA = """\
#!/bin/sh
case "$1" in shell.*) echo 'conda() { echo "conda $*"; }' ;; *) ls "${0%/bin/conda}/envs" ;; esac
"""


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    conda = SmallPackage(
        name="conda",
        version="26.1.0",
        depends=("python",),
        files={"bin/conda": _CONDA, "etc/profile.d/conda.sh": "# of conda\n"},
    )
    eups = SmallPackage(name="eups", version="2.2.15", files={"bin/eups": "#!/bin/sh\n"})
    folder = tmp_path_factory.mktemp("channels") / "channel"
    return make_channel(folder, machine_platform(), *rubin_env_packages(), conda, eups)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "my stack"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("CONDA_EXE", raising=False)
    return folder


class _User:
    def __init__(self, channel: Path, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.channel = channel
        self.root = root
        self._capsys = capsys
        self.out = self.err = ""

    def __call__(self, *arguments: str) -> int:
        places = ("-C", str(self.channel), "--override-channels", "-E", str(self.root / "server"))
        former = ("--former-url", str(self.root / "former"))
        code = run_main(cli, name="lsstinstall", arguments=[*places, *former, *arguments, "--json"])
        self.out, self.err = self._capsys.readouterr()
        return code

    def answer(self, *arguments: str) -> Mapping[str, Any]:
        assert self(*arguments) == 0
        answer: dict[str, Any] = json.loads(self.out)
        return answer


@pytest.fixture
def user(channel: Path, tmp_path: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> _User:
    assert here.is_dir()
    return _User(channel, tmp_path, capsys)


def test_where_nothing_changes_nothing_is_locked(user: _User, here: Path) -> None:
    user.answer("-v", "13.0.1")
    lock = here / "conda/.lsstinstall.lock"
    lock.unlink()
    (here / "loadLSST.fish").unlink()
    assert user.answer("-v", "13.0.1")["load_scripts"] == [str(here / "loadLSST.fish")]
    assert (here / "loadLSST.fish").is_file()
    assert not lock.exists()


@pytest.mark.process
def test_a_new_folder_gets_a_conda_that_sees_the_environments(user: _User, here: Path) -> None:
    answer = user.answer("-v", "13.0.1")
    assert (answer["conda"]["action"], answer["conda"]["version"]) == ("create", "26.1.0")
    program = here / "conda/bin/conda"
    assert run([str(program), "env", "list"], cwd=here, env={}, timeout=30).stdout == f"{NAME}\n"
    assert (here / "conda/.condarc").read_text() == f'channels:\n  - "{user.channel.as_uri()}"\n'
    assert "# update specs: [" in (here / "conda/conda-meta/history").read_text()


def test_a_conda_that_is_there_stays_as_it_is(user: _User, here: Path) -> None:
    user.answer("-v", "13.0.1")
    before = (here / "conda/conda-meta/history").read_text()
    assert user.answer("-v", "12.2.0")["conda"] == {"root": str(here / "conda"), "action": "keep"}
    assert (here / "conda/conda-meta/history").read_text() == before
    assert (here / "conda/envs" / NAME).is_dir()


def test_a_conda_is_not_put_where_nobody_wants_it(user: _User, here: Path) -> None:
    assert user.answer("-v", "13.0.1", "--no-conda")["conda"]["action"] is None
    assert [path.name for path in (here / "conda").glob("[!.]*")] == ["envs"]
    # It comes with the next environment, if it is wanted then.
    assert user.answer("-v", "13.0.1")["conda"]["action"] is None
    assert user.answer("-v", "12.2.0")["conda"]["action"] == "create"


def test_a_conda_that_was_interrupted_is_completed(user: _User, here: Path) -> None:
    user.answer("-v", "13.0.1")
    (here / "conda/.lsstinstall-environment.json").write_text('{"state": "unfinished"}')
    (here / "conda/bin/conda").unlink()
    (here / "conda/bin/conda").write_text("half")
    (here / "conda/conda-meta/history").unlink()
    assert user.answer("-v", "13.0.1")["conda"]["action"] == "repair"
    assert (here / "conda/bin/conda").read_text() == _CONDA
    assert (here / "conda/envs" / NAME / "share/rubin-env.txt").is_file()


def test_an_environment_that_somebody_else_names_says_what_it_has(user: _User) -> None:
    user.answer("-v", "12.2.0", "-e", "mine")
    assert user("-v", "13.0.1", "-e", "mine") == 0
    assert "it has rubin-env 12.2.0; products are chosen for 13.0.1" in user.err


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize("env", ["1a1d771", "https://example.org/lsst/scipipe_conda_env@1a1d771"])
def test_an_environment_of_2020_is_made_of_its_list_and_eups(
    user: _User, here: Path, channel: Path, env: str
) -> None:
    subdir = machine_platform()
    package = f"{channel.as_uri()}/{subdir}/zlib-1.2-h0_0.conda"
    _write(
        user.root / "former/1a1d771/etc" / f"conda-{subdir}.lock",
        f"# platform: {subdir}\n@EXPLICIT\n{package}\n",
    )
    _write(user.root / "server/src/tags/w_2020_30.list", _LIST.format(env=env))
    answer = user.answer("-T", "w_2020_30", "--no-conda")
    assert answer["environment"]["name"] == "lsst-scipipe-1a1d771"
    prefix = here / "conda/envs/lsst-scipipe-1a1d771"
    assert (prefix / "lib/libz.txt").read_text() == "1.2\n"
    assert (prefix / "bin/eups").is_file()
    assert user.answer("-v", "1a1d771", "-u")["environment"]["action"] == "keep"
    # What is there needs no list.
    shutil.rmtree(user.root / "former")
    assert user.answer("-v", "1a1d771")["environment"]["action"] == "keep"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("-T", "w_2026_40"), 3), (("-v", "99"), 1), (("-v", "13.0.1", "-n"), 0), (("-X", "w_2020_30"), 3)],
)
def test_what_is_only_planned_leaves_nothing(
    user: _User, here: Path, channel: Path, arguments: tuple[str, ...], code: int
) -> None:
    _write(user.root / "server/src/tags/w_2020_30.list", _LIST.format(env="1a1d771"))
    with serving(channel) as served:
        places = ("-C", served.url, "--override-channels", "-E", str(user.root / "server"))
        former = ("--former-url", str(user.root / "former"))
        assert run_main(cli, name="lsstinstall", arguments=[*places, *former, *arguments]) == code
    assert list(here.iterdir()) == []
