"""What cannot be an image, or part of one, is told, and nothing is left behind."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lsstinstall.commands.frame import run_main
from rubin_releng.commands.main import cli

if TYPE_CHECKING:
    from pathlib import Path

LONG = "n" * 300
COMMANDS = {
    "tree": ("build", "--tree", "{}", "--output", "made"),
    "output": ("build", "--tree", "good", "--output", "{}"),
    "base": ("build", "--tree", "good", "--base", "{}", "--output", "made"),
    "previous": ("build", "--tree", "good", "--previous", "{}", "--output", "made"),
    "plan": ("plan", "{}"),
    "check": ("check", "{}"),
    "diff": ("diff", "{}", "good"),
    "clean": ("clean", "{}"),
    "environment": ("environment", "{}", "--stack", "stack", "--product", "afw"),
    "push": ("push", "{}", "127.0.0.1:1/a/b:c", "--yes"),
    "pull": ("pull", "127.0.0.1:1/a/b:c", "{}"),
}
# These two load a library that looks for IPv6 when it is loaded.
NAMES = [
    pytest.param(name, marks=pytest.mark.network if name in {"push", "pull"} else ()) for name in COMMANDS
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "here"
    (place / "good").mkdir(parents=True)
    (place / "good/file").write_text("x")
    (place / "self").symlink_to("self")
    monkeypatch.chdir(place)
    return place


def run(*arguments: str) -> int:
    return run_main(cli, name="rubin-releng", arguments=["image", *arguments, "--quiet"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "an empty text is no folder"),
        (LONG, "file name too long"),
        ("self", "too many levels of symbolic links"),
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_what_can_be_no_folder_is_a_wrong_argument(
    name: str, given: str, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(folder.parent.rglob("*"))
    assert run(*(word.replace("{}", given) for word in COMMANDS[name])) == 2
    assert said in capsys.readouterr().err
    assert sorted(folder.parent.rglob("*")) == before


@pytest.mark.parametrize("name", [name for name in NAMES if name.values[0] not in {"output", "pull"}])
def test_a_folder_that_is_not_there_is_not_found(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(folder.parent.rglob("*"))
    assert run(*(word.replace("{}", "/nowhere/at/all") for word in COMMANDS[name])) == 3
    assert "/nowhere/at/all" in capsys.readouterr().err
    assert sorted(folder.parent.rglob("*")) == before


def test_a_plan_of_a_name_that_is_not_utf8_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = os.fsdecode(b"bad\xff")
    (folder / name).mkdir()
    assert run("plan", name, "--output", "plan.json") == 2
    assert "is not UTF-8" in capsys.readouterr().err


def test_links_that_lead_in_circles_and_odd_names_are_kept_as_they_are(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "good/a").symlink_to("b")
    (folder / "good/b").symlink_to("a")
    (folder / "good/up").symlink_to("..")
    (folder / "good/two\nlines").write_text("x")
    (folder / "good" / ("n" * 255)).write_text("x")
    assert run("build", "--tree", "good", "--output", "made") == 0
    assert run("check", "made") == 0
    assert "1 images" in capsys.readouterr().out


def test_a_device_or_a_program_with_borrowed_rights_stops_before_anything_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(folder / "good/pipe")
    assert run("build", "--tree", "good", "--output", "made") == 6
    assert "`pipe` in `good` is a device, a socket or a pipe" in capsys.readouterr().err
    (folder / "good/pipe").unlink()
    (folder / "good/file").chmod(0o4755)
    assert run("build", "--tree", "good", "--output", "made") == 6
    assert "lends its owner's or group's rights" in capsys.readouterr().err
    assert list((folder / "made/blobs/sha256").iterdir()) == []
    assert run("build", "--tree", "good", "--output", "made", "--modes", "kept") == 0
