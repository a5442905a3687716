"""Each option of the real script, and what comes of it: its table is ours."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from lsstinstall.core.environments import EnvVersion
from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.platforms import PLATFORMS, binary_root, platform_of_machine
from tests.support.condachannels import SmallPackage, make_channel
from tests.support.fileserver import FileServer, serving
from tests.support.optioncases import FORMER, HERE, SERVER, OptionCase, make_server, read_cases

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.conda, pytest.mark.network]

_COMMITS = ("cb4e2dc", "1a1d771", "46b24e8", "1a2b3c")
_RUBIN_ENVS = ("0.8.4", "12.2.0", "13.0.1")
_MORE = ("python-3.13.5", "conda-26.1.0", "eups-2.2.15")


@dataclass(frozen=True, slots=True, kw_only=True)
class _World:
    channel: Path
    server: FileServer
    former: Path

    def masked(self, text: str, here: Path) -> str:
        for place, mark in ((str(here), HERE), (self.server.url, SERVER), (str(self.former), FORMER)):
            text = text.replace(place, mark)
        return text


def _make_channel(folder: Path) -> Path:
    packages = [SmallPackage(name="rubin-env", version=version, depends=("eups",)) for version in _RUBIN_ENVS]
    packages += [
        SmallPackage(name=name, version=version) for name, version in (one.split("-") for one in _MORE)
    ]
    # Without a version of its own, so that it goes with what a commit names, too.
    packages.append(SmallPackage(name="rubin-env-developer", version="13.0.1"))
    return make_channel(folder, "noarch", *packages)


def _lists(channel: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Write exact environments of both weeklies on each platform, and those of 2020."""
    text = f"@EXPLICIT\n{channel.as_uri()}/noarch/python-3.13.5-h0_0.conda\n"
    exact = {
        f"{binary_root(platform, EnvVersion(version))}/env/{tag}.env": text
        + f"{channel.as_uri()}/noarch/rubin-env-{version}-h0_0.conda\n"
        for platform in PLATFORMS
        for tag, version in (("w_2026_42", "13.0.1"), ("w_2026_41", "12.2.0"))
    }
    former = {
        f"{commit}/etc/conda-{subdir}.lock": text for commit in _COMMITS for subdir in ("linux-64", "osx-64")
    }
    return exact, former


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_World]:
    folder = tmp_path_factory.mktemp("world")
    channel = _make_channel(folder / "channel")
    exact, former = _lists(channel)
    for path, text in former.items():
        (folder / "former" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "former" / path).write_text(text)
    with serving(make_server(folder / "server", exact)) as server:
        yield _World(channel=channel, server=server, former=folder / "former")


def _subdir(system: str, machine: str) -> str:
    try:
        return platform_of_machine(system, machine).subdir
    except ConfigurationError:
        return f"{system}-{machine}".lower()


def _outcome(answer: dict[str, Any], channel: Path) -> dict[str, Any]:
    """Say in the words of the table what a dry run says."""
    environment, conda = answer["environment"], answer["conda"]
    version, action, specs = environment["version"], environment["action"], environment["specs"]
    channels = ["conda-forge" if one == str(channel) else one for one in environment["channels"]]
    also = [one for one in specs if one == "eups" or one.endswith("-developer")]
    # What the real script does in two steps.
    adds = action == "extend" or (action == "update" and also)
    created = action in {"create", "update"}
    assert conda["action"] in {"keep", "create"}
    assert created or adds or action == "keep"
    return {
        "version": version,
        "environment": environment["name"],
        "action": action if created else "keep",
        "source": (environment["list"] or f"rubin-env={version}") if created else None,
        "also": also if created or adds else [],
        "channels": channels if created else None,
        "conda": conda["root"],
        "conda_made": conda["action"] == "create",
        "pkgroot": answer["pkgroot"],
        "scripts": sorted(
            name
            for name in (Path(path).name for path in answer["load_scripts"])
            if not name.endswith(("csh", "fish"))
        ),
        "hint_names_environment": not answer["load_script_activates_it"],
    }


@pytest.mark.parametrize("case", read_cases(), ids=lambda case: case.name)
def test_each_option_means_what_it_always_did(
    case: OptionCase,
    world: _World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    for name in ("one", "two"):
        make_channel(here / name, "noarch")
    environ = case.prepare(here)
    monkeypatch.chdir(here)
    monkeypatch.setenv("CONDA_SUBDIR", _subdir(*case.machine))
    monkeypatch.setenv("CONDA_EXE", environ.get("CONDA_EXE", ""))
    monkeypatch.setenv("PATH", environ.get("CONDA_BIN", ""))
    ours = ("--json", "--override-channels", "--former-url", str(world.former), "-n", "-E", world.server.url)
    arguments = [one.replace(HERE, str(here)).replace(SERVER, world.server.url) for one in case.arguments]
    # Behind the user's channels, and in front of an option without its value.
    arguments = [*ours, *_with_channel(arguments, world.channel)]
    code = run_main(cli, name="lsstinstall", arguments=arguments)
    answer = json.loads(world.masked(capsys.readouterr().out, here))
    if case.outcome is None:
        assert code != 0
        assert "error" in answer
    else:
        assert "error" not in answer
        assert _outcome(answer, world.channel) == case.outcome
    assert not (here / "conda" / "pkgs-rattler").exists()


def _with_channel(arguments: list[str], channel: Path) -> list[str]:
    """Put a channel that plays conda-forge behind those of the user."""
    at = max((index + 2 for index, one in enumerate(arguments) if one == "-C"), default=0)
    return [*arguments[:at], "-C", str(channel), *arguments[at:]] if at <= len(arguments) else arguments
