"""`rubin-releng env lock` as a maintainer calls it, on a small channel of real packages."""

from __future__ import annotations

import json
import logging
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.adapters.condamachines import machine_platform
from lsstinstall.commands.frame import run_main
from lsstinstall.core.environments import parse_env_lock
from rubin_releng.adapters.pixilocks import read_pixi_lock
from rubin_releng.commands.main import cli
from tests.support.condachannels import make_channel, rubin_env_packages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

pytestmark = [pytest.mark.conda, pytest.mark.network, pytest.mark.process]

PLATFORM = machine_platform()
NOTHING = "environments: {}\npackages: []\n"


@pytest.fixture(autouse=True)
def _quiet_logging() -> Iterator[None]:
    """Undo what a command does to the logging of its process."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def lock(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> _Lock:
    monkeypatch.chdir(tmp_path)
    return _Lock(capsys)


class _Lock:
    """Calls the command and keeps what it says."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.code = 0
        self.out = ""
        self.err = ""

    def __call__(self, *arguments: object) -> int:
        """Call it."""
        self.code = run_main(cli, name="rubin-releng", arguments=["env", "lock", *map(str, arguments)])
        self.out, self.err = self._capsys.readouterr()
        return self.code

    def json(self, *arguments: object) -> Mapping[str, Any]:
        """Call it for an answer in JSON."""
        self(*arguments, "--json")
        answer: Mapping[str, Any] = json.loads(self.out)
        return answer


@pytest.fixture
def channel(tmp_path: Path) -> Path:
    return make_channel(tmp_path / "a channel", PLATFORM, *rubin_env_packages())


@pytest.fixture
def locked(lock: _Lock, channel: Path, tmp_path: Path) -> Path:
    """A folder with a `pixi.lock`, lists with digests, and one for EUPS."""
    outputs = ("--output", "pixi.lock", "--output", "{platform}/{part}.env")
    assert lock("rubin-env=13.0.1", "--channel", channel, "--part", "base=zlib,python", *outputs) == 0, (
        lock.err
    )
    eups = ("--style", "eups", "--name", "lsst-scipipe-13.0.1", "--output", "w.env")
    assert lock("rubin-env=13.0.1", "--channel", channel, *eups) == 0, lock.err
    return tmp_path


def test_all_files_come_out_of_one_solution(lock: _Lock, locked: Path) -> None:
    parts = read_pixi_lock(locked / "pixi.lock")
    assert [(part.name, part.platform) for part in parts] == [("base", PLATFORM), ("default", PLATFORM)]
    for part in parts:
        text = (locked / PLATFORM / f"{part.name}.env").read_text()
        listed = parse_env_lock(text, source="x").packages
        assert listed == tuple(one.locked() for one in part.packages)
    assert {one.package.name for one in parts[0].packages} < {one.package.name for one in parts[1].packages}
    assert parts[1].virtual_packages
    assert lock("--check", "pixi.lock", f"{PLATFORM}/base.env", "w.env") == 0
    assert f"w.env: `default` for {PLATFORM} holds" in lock.out


def test_a_lock_is_checked_by_the_command_that_wrote_it(lock: _Lock, locked: Path, channel: Path) -> None:
    assert locked.is_dir()
    outputs = ("--output", "pixi.lock", "--output", "{platform}/{part}.env", "--platform", PLATFORM)
    what = ("rubin-env=13.0.1", "--channel", channel, "--part", "base=zlib,python")
    answer = lock.json(*what, *outputs, "--check")
    assert answer["ok"]
    assert len(answer["locks"]) == 4


def test_the_list_of_a_server_keeps_every_byte(locked: Path) -> None:
    text = (locked / "w.env").read_text()
    assert text.splitlines()[:2] == [
        "#environment_name: lsst-scipipe-13.0.1",
        "# This file may be used to create an environment using:",
    ]
    assert parse_env_lock(text, source="w.env").format() == text
    assert "#sha256" not in text


def _line(text: str, part: str) -> int:
    return max(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def test_a_wrong_digest_is_told_with_its_line(lock: _Lock, locked: Path) -> None:
    path = locked / PLATFORM / "default.env"
    text = re.sub("(zlib.*#sha256:)........", r"\g<1>00000000", path.read_text())
    path.write_text(text)
    assert lock("--check", path) == 1
    assert f"{path}:{_line(text, 'zlib')}: <" in lock.err
    assert "has the sha256" in lock.err


def test_a_package_file_that_was_changed_is_told_with_its_line(
    lock: _Lock, locked: Path, channel: Path
) -> None:
    assert lock.json("--check", "w.env")["locks"][0]["files"] == 3
    (file,) = (channel / PLATFORM).glob("zlib-1.3-*.conda")
    text = (locked / "w.env").read_text()
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    assert lock("--check", "w.env") == 1
    assert f"w.env:{_line(text, 'zlib')}: the file <" in lock.err
    file.unlink()
    assert lock("--check", "w.env") == 1
    assert "and has no such file" in lock.err


def test_a_channel_of_indexes_alone_is_believed(lock: _Lock, locked: Path, channel: Path) -> None:
    assert locked.is_dir()
    for path in channel.rglob("*.conda"):
        path.unlink()
    assert lock.json("--check", "w.env")["locks"][0]["files"] == 0


def test_any_file_may_be_checked_without_options(lock: _Lock, locked: Path) -> None:
    (locked / "w.env").rename(locked / "list of w_2026_42")
    assert lock("--check", "list of w_2026_42") == 0, lock.err
    assert lock("--check") == 2
    assert "missing the file to check" in lock.err


def test_an_unknown_package_is_told_with_its_line(lock: _Lock, locked: Path) -> None:
    path = locked / "w.env"
    text = path.read_text().replace("zlib-1.3-", "zlib-1.9-")
    path.write_text(text)
    assert lock("--check", path) == 1
    assert f"{path}:{_line(text, 'zlib-1.9')}: the channel" in lock.err


def test_a_package_that_is_missing_is_told(lock: _Lock, locked: Path) -> None:
    path = locked / "w.env"
    path.write_text(
        "".join(line for line in path.read_text().splitlines(keepends=True) if "zlib-" not in line)
    )
    assert lock("--check", path) == 1
    assert "needs `zlib" in lock.err


def test_a_lock_for_another_platform_is_told_with_its_line(lock: _Lock, locked: Path) -> None:
    path = locked / "w.env"
    assert lock("--check", path, "--platform", "osx-arm64") == 1
    place = _line(path.read_text(), "# platform:")
    assert f"{path}:{place}: the lock is for `{PLATFORM}`, not for `osx-arm64`" in lock.err
    assert lock("--check", "pixi.lock", "--platform", "osx-arm64") == 1
    assert "pixi.lock:4: the lock is for" in lock.err


def _cut(text: str) -> str:
    return text[: len(text) - 30]


def _drop_last_line(text: str) -> str:
    return text[: text.rstrip("\n").rfind("\n") + 1]


def _spoil_digest(text: str) -> str:
    return re.sub(r"sha256: [0-9a-f]{8}", "sha256: ", _unsealed(text), count=1)


def _spoil_name(text: str) -> str:
    return re.sub(r"(?m)^- conda: .*zlib.*$", "- conda: /x/noarch/other-1-h0_0.conda", _unsealed(text))


def _unsealed(text: str) -> str:
    return "".join(text.splitlines(keepends=True)[1:-1])


@pytest.mark.parametrize(
    ("file", "spoil", "message"),
    [
        ("pixi.lock", _cut, "was cut or changed"),
        ("pixi.lock", _drop_last_line, "was cut or changed"),
        ("pixi.lock", _spoil_digest, "failed to parse digest"),
        ("pixi.lock", _spoil_name, "refers to a package that does not exist"),
        ("pixi.lock", lambda text: _unsealed(text)[:200], "pixi.lock:"),
        ("pixi.lock", lambda _: "version: 7\nplatforms:\n- name: lunux-64\n" + NOTHING, "pixi.lock:3:9"),
        ("pixi.lock", lambda _: "version: 99\nplatforms: []\n", "99"),
        ("pixi.lock", lambda _: "[1\n", "pixi.lock:2:1"),
        ("pixi.lock", lambda _: "version: 7\nplatforms: []\n" + NOTHING, "no packages"),
        ("w.env", _cut, "ends in the middle of a line"),
        ("w.env", lambda _: "@EXPLICIT\n", "no packages"),
        ("{platform}/default.env", _drop_last_line, "promises"),
    ],
)
def test_a_spoiled_lock_is_told_with_the_place(
    lock: _Lock, locked: Path, file: str, spoil: Callable[[str], str], message: str
) -> None:
    path = locked / file.format(platform=PLATFORM)
    path.write_text(spoil(path.read_text()))
    assert lock("--check", path) == 5, lock.err
    assert message in lock.err
    assert re.search(rf"{path.name}:\d+:\d+: ", lock.err)


def test_a_lock_of_another_program_is_read(lock: _Lock, locked: Path) -> None:
    path = locked / "pixi.lock"
    path.write_text(_unsealed(path.read_text()))
    assert lock("--check", path) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("zlib", "--channel", "c"), "missing `--output`"),
        (("--output", "x.env", "--channel", "c"), "missing a spec"),
        (("zlib", "--output", "x.env"), "missing `--channel`"),
        (("zlib", "--output", "x.env", "--channel", "c", "--part", "base"), "says of no list"),
        (
            ("zlib", "--output", "x.env", "--channel", "c", "--platform", "osx-64", "--platform", "linux-64"),
            "cannot hold several platforms",
        ),
        (
            ("zlib", "--output", "x.env", "--channel", "c", "--platform", "linux-65"),
            "'linux-65' is not a known",
        ),
        (("zlib", "--output", "x.env", "--output", "x.env", "--channel", "c"), "the same file"),
        (("zlib", "--output", "x.env", "--channel", "c", "--exclude-newer", "soon"), "soon"),
    ],
)
def test_wrong_questions_are_told(lock: _Lock, arguments: tuple[str, ...], message: str) -> None:
    assert lock(*arguments) == 2
    assert message in lock.err


def test_a_dry_run_prints_every_file_and_writes_none(lock: _Lock, channel: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    outputs = ("--output", "pixi.lock", "--output", "x.env", "--dry-run", "--exclude-newer", "2099-01-01")
    assert lock("zlib", "--channel", channel, *outputs) == 0
    assert "==> pixi.lock" in lock.out
    assert "@EXPLICIT" in lock.out
    assert sorted(tmp_path.iterdir()) == before


def test_a_list_of_what_is_not_there_is_refused(lock: _Lock, channel: Path) -> None:
    assert lock("zlib", "--channel", channel, "--output", "x.env", "--part", "base=rubin-env") == 3
    assert "wants `rubin-env`" in lock.err


def test_a_lock_is_checked_against_packed_indexes_alone(lock: _Lock, locked: Path, channel: Path) -> None:
    for subdir in (PLATFORM, "noarch"):
        shutil.rmtree(channel / subdir / "shards", ignore_errors=True)
        (channel / subdir / "repodata.json").unlink()
        (channel / subdir / "repodata_shards.msgpack.zst").unlink()
    assert lock("--check", locked / "w.env", locked / "pixi.lock") == 0, lock.err


def test_a_channel_that_is_gone_is_told(lock: _Lock, locked: Path, channel: Path) -> None:
    shutil.rmtree(channel)
    assert lock("--check", locked / "w.env") == 3
