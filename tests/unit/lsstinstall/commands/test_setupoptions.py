from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.commands.setup import setup, unsetup
from lsstinstall.commands.setupoptions import SETUP_OPTIONS, UNSETUP_OPTIONS, SetupOptions, read_plainly

if TYPE_CHECKING:
    import click


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ([], SetupOptions(words=())),
        (["afw", "1.0"], SetupOptions(words=("afw", "1.0"))),
        (["-j", "afw", "-k"], SetupOptions(words=("afw",), just=True, keep=True)),
        (["afw", "-t", "a", "--tag=b"], SetupOptions(words=("afw",), tags=("a", "b"))),
        (["--root", "x", "--root=y"], SetupOptions(words=(), root="y")),
        (["--stack=a=b", "--json"], SetupOptions(words=(), stack="a=b", as_json=True)),
        (["--shell="], SetupOptions(words=(), shell="")),
    ],
)
def test_plain_arguments_are_read(arguments: list[str], options: SetupOptions) -> None:
    assert read_plainly(arguments, SETUP_OPTIONS) == options


@pytest.mark.parametrize(
    "argument", ["--help", "-x", "-", "--", "-jk", "-tw_1", "-t=w_1", "--just=1", "--tag", "--ta", "-t -j"]
)
def test_other_arguments_are_left_to_click(argument: str) -> None:
    assert read_plainly(["afw", *argument.split()], SETUP_OPTIONS) is None


@pytest.mark.parametrize(
    "arguments",
    [
        ["afw"],
        ["afw", "1.0", "-t", "a", "-T", "b", "--manifest", "m", "--type", "build", "--type=exact"],
        ["-r", ".", "-k", "-e", "-E", "-j"],
        ["--stack", "a:b", "--flavor", "F", "--shell", "csh"],
    ],
)
def test_click_reads_them_alike(arguments: list[str]) -> None:
    _agree(setup, arguments, read_plainly(arguments, SETUP_OPTIONS))


@pytest.mark.parametrize("arguments", [["afw"], ["afw", "1", "-j", "--stack=a", "-f", "F", "--shell", "sh"]])
def test_click_reads_unsetup_alike(arguments: list[str]) -> None:
    _agree(unsetup, arguments, read_plainly(arguments, UNSETUP_OPTIONS))


def _agree(command: click.Command, arguments: list[str], plain: SetupOptions | None) -> None:
    values = command.make_context("it", list(arguments)).params
    for name in ("as_json", "events", "quiet", "verbose"):
        assert values.pop(name) is False
    assert SetupOptions(**values) == plain
