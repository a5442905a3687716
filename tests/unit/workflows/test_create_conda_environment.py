"""Helper `create_conda_environment` of the workflow `conda-tests`; solving itself is tested by act."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.condamachines import machine_platform
from tests.support.condachannels import SmallPackage, make_channel
from workflows.scripts.create_conda_environment import Environment, main, read_environment

if TYPE_CHECKING:
    from pathlib import Path


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "environment.yml"
    path.write_text(text)
    return path


def test_channels_packages_and_what_pip_installs_are_read(tmp_path: Path) -> None:
    path = _file(
        tmp_path,
        "name: a\nchannels: [conda-forge, nodefaults]\n"
        "dependencies:\n  - numpy >=2\n  - pip:\n    - boxes==1\n",
    )
    assert read_environment(path, channels="", specs="pytest\n\n python 3.12.*\n") == Environment(
        channels=("conda-forge",), specs=("numpy >=2", "pytest", "python 3.12.*"), requirements=("boxes==1",)
    )


def test_other_channels_take_the_place_of_the_files(tmp_path: Path) -> None:
    path = _file(tmp_path, "channels: [conda-forge]\ndependencies: []\n")
    assert read_environment(path, channels="a b", specs="").channels == ("a", "b")


def test_without_any_channel_it_is_conda_forge(tmp_path: Path) -> None:
    path = _file(tmp_path, "channels:\ndependencies: [pip: ]\n")
    assert read_environment(path, channels="", specs="") == Environment(
        channels=("conda-forge",), specs=(), requirements=()
    )


def _run(tmp_path: Path, path: Path, channels: str = "") -> int:
    return main(
        {
            "ENVIRONMENT_FILE": str(path),
            "CHANNELS": channels,
            "SPECS": "",
            "PREFIX": str(tmp_path / "prefix"),
            "ACTIVATE": str(tmp_path / "activate.sh"),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        }
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- numpy\n", "expected a mapping with `dependencies`"),
        ("name: a\n", "expected a mapping with `dependencies`"),
        ("dependencies: numpy\n", "`dependencies` is no list"),
        ("dependencies: [1.2]\n", "`1.2` is no dependency; expected a text, or `pip:`"),
        ("dependencies: [{pip: boxes}]\n", "`pip` is no list of texts"),
        ("dependencies: []\nchannels: conda-forge\n", "`channels` is no list of texts"),
        ("dependencies: []\nchanels: []\n", "`chanels` is unknown; expected: channels, dependencies, "),
        ("dependencies: [\n", "while parsing a flow node"),
        ("dependencies: ['numpy >>>1']\n", "cannot be made: "),
    ],
)
def test_a_file_that_describes_no_environment_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    assert _run(tmp_path, _file(tmp_path, text)) == 1
    output = capsys.readouterr().out
    assert output.startswith("::error title=Environment::")
    assert message in output
    assert not (tmp_path / "prefix").exists()


def test_a_file_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(tmp_path, tmp_path / "none.yml") == 1
    assert "none.yml" in capsys.readouterr().out


@pytest.fixture
def channel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("RATTLER_CACHE_DIR", str(tmp_path / "cache"))
    tape = SmallPackage(
        name="tape", version="2.1", files={"etc/conda/activate.d/tape.sh": 'export TAPE="$CONDA_PREFIX"\n'}
    )
    return make_channel(tmp_path / "channel", str(machine_platform()), tape).as_uri()


@pytest.mark.conda
@pytest.mark.process
def test_an_environment_is_made_and_can_be_activated(tmp_path: Path, channel: str) -> None:
    assert _run(tmp_path, _file(tmp_path, "dependencies: [tape >=2]\n"), channel) == 0
    assert f"packages=1\npython={tmp_path}/prefix/bin/python\n" == (tmp_path / "output").read_text()
    command = f'. "{tmp_path}/activate.sh" && echo "$TAPE"'
    done = subprocess.run(["bash", "-c", command], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == str(tmp_path / "prefix")


@pytest.mark.conda
@pytest.mark.process
def test_what_pip_cannot_install_is_told(
    tmp_path: Path, channel: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _file(tmp_path, "dependencies:\n  - tape\n  - pip: [boxes]\n")
    assert _run(tmp_path, path, channel) == 1
    assert "could not install the `pip` part: boxes" in capsys.readouterr().out
    monkeypatch.setenv("PATH", str(tmp_path))
    assert _run(tmp_path, path, channel) == 1
    assert "there is no `uv` on this machine" in capsys.readouterr().out
