from __future__ import annotations

from pathlib import Path

import click
import pytest

from lsstinstall.commands.main import cli
from lsstinstall.commands.stackoptions import pick_flavor, pick_pkgroots, pick_stacks, pick_target
from lsstinstall.core.errors import ConfigurationError, InvalidNameError


def test_the_option_goes_before_the_environment() -> None:
    assert pick_stacks("/a:/b:/a", {"EUPS_PATH": "/c"}) == (Path("/a"), Path("/b"))
    assert pick_stacks(None, {"EUPS_PATH": "/c:"}) == (Path("/c"),)


def test_a_folder_above_gets_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert pick_stacks("../stack:stack", {}) == (tmp_path.resolve() / "stack", Path.cwd() / "stack")


def test_without_a_stack_nothing_can_be_done() -> None:
    with pytest.raises(ConfigurationError, match="no stack was named"):
        pick_stacks(None, {})


def test_folders_become_absolute_and_addresses_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert pick_pkgroots("server|https://example.org/a/", {}, stack=None) == (
        str(tmp_path / "server"), "https://example.org/a",
    )  # fmt: skip


def test_the_roots_of_the_stack_go_before_those_of_the_environment(tmp_path: Path) -> None:
    environ = {"EUPS_PKGROOT": "https://example.org/env"}
    assert pick_pkgroots(None, environ, stack=tmp_path) == ("https://example.org/env",)
    (tmp_path / "pkgroot").write_text("https://example.org/stack|https://example.org/src\n")
    assert pick_pkgroots(None, environ, stack=tmp_path) == (
        "https://example.org/stack",
        "https://example.org/src",
    )
    (tmp_path / "pkgroot").write_text("\n")
    assert pick_pkgroots(None, environ, stack=tmp_path) == ("https://example.org/env",)


def test_without_a_root_nothing_can_be_fetched() -> None:
    with pytest.raises(ConfigurationError, match="no package root was named"):
        pick_pkgroots(None, {}, stack=None)


def test_the_flavor_is_that_of_this_machine_unless_it_is_said() -> None:
    assert pick_flavor("Darwin", {"EUPS_FLAVOR": "Linux"}) == "Darwin"
    assert pick_flavor(None, {"EUPS_FLAVOR": "Linux"}) == "Linux"
    assert pick_flavor(None, {}) in {"Linux64", "Linux", "Darwin", "DarwinX86"}


def test_a_wrong_flavor_is_refused() -> None:
    with pytest.raises(InvalidNameError):
        pick_flavor("not a flavor", {})


def test_a_stack_without_roots_takes_those_of_the_stacks_behind_it(tmp_path: Path) -> None:
    (tmp_path / "pkgroot").write_text("https://example.org/stack\n")
    assert pick_pkgroots(None, {}, stack=tmp_path / "mine", others=[tmp_path / "none", tmp_path]) == (
        "https://example.org/stack",
    )


def test_the_first_stack_of_the_option_is_written_to_and_all_are_read() -> None:
    assert pick_target("/mine:/b", {"EUPS_PATH": "/c:/mine"}) == (Path("/mine"), (Path("/b"), Path("/c")))
    assert pick_target("/mine", {}) == (Path("/mine"), ())


def test_without_the_option_the_first_stack_is_written_to_that_can_be(tmp_path: Path) -> None:
    (tmp_path / "mine" / "ups_db").mkdir(parents=True)
    environ = {"EUPS_PATH": f"/proc/none:{tmp_path / 'mine'}"}
    assert pick_target(None, environ) == (tmp_path / "mine", (Path("/proc/none"),))
    assert pick_target(None, {"EUPS_PATH": "/proc/none:/proc/other"})[0] == Path("/proc/none")


@pytest.mark.parametrize("command", ["install", "add", "remove", "repair", "gc"])
def test_whatever_changes_something_has_a_short_word_for_a_dry_run(command: str) -> None:
    options = {
        spelling: parameter.name
        for parameter in _command(command).params
        for spelling in (*parameter.opts, *parameter.secondary_opts)
    }
    assert options["-n"] == options["--dry-run"] == "dry_run"


@pytest.mark.parametrize("command", ["install", "add", "remove", "repair", "gc"])
@pytest.mark.parametrize("seconds", ["nan", "-nan", "-1", "-inf", "soon"])
def test_nobody_waits_for_a_time_that_is_none(command: str, seconds: str) -> None:
    with pytest.raises(click.BadParameter):
        _command(command).make_context("it", ["x", f"--lock-timeout={seconds}"])


@pytest.mark.parametrize(("given", "seconds"), [("0", 0.0), ("1.5", 1.5), ("inf", float("inf"))])
def test_other_times_are_waited_for(given: str, seconds: float) -> None:
    context = _command("add").make_context("it", ["x", "--lock-timeout", given])
    assert context.params["lock_timeout"] == seconds


def _command(name: str) -> click.Command:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    return command
