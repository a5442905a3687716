from __future__ import annotations

import io
import json
import logging
import os
import sys
from typing import TYPE_CHECKING

import click
import pytest

from lsstinstall.adapters.streams import silence
from lsstinstall.commands.frame import LazyGroup, output_options, run_main
from lsstinstall.commands.main import cli
from lsstinstall.core.errors import FormatError, NotFoundError, ProblemsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lsstinstall.adapters.console import Console


@pytest.fixture(autouse=True)
def _quiet_logging() -> Iterator[None]:
    """Undo what a command does to the logging of its process."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def _command(body: Callable[[], object]) -> click.Command:
    @click.command()
    @output_options
    def command(console: Console) -> object:
        del console
        return body()

    return command


def _raise(error: BaseException) -> Callable[[], object]:
    def body() -> object:
        raise error

    return body


def test_a_command_that_ends_well_exits_with_zero() -> None:
    assert run_main(_command(lambda: None), name="x", arguments=[]) == 0


def test_a_command_may_choose_its_exit_code() -> None:
    assert run_main(_command(lambda: 1), name="x", arguments=[]) == 1


@pytest.mark.parametrize(
    "name", ["add", "doctor", "gc", "list", "remove", "repair", "run", "setup", "tags", "unsetup", "verify"]
)
def test_every_command_has_help_by_both_names(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    texts = []
    for option in ("-h", "--help"):
        assert run_main(cli, name="lsstinstall", arguments=[name, option]) == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]
    assert texts[0].startswith(f"Usage: lsstinstall {name} ")


def test_an_expected_error_is_a_line_and_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    error = NotFoundError("no tag `w_2026_47`", hint="try `w_2026_46`")
    assert run_main(_command(_raise(error)), name="x", arguments=[]) == 3
    assert capsys.readouterr().err == "error: no tag `w_2026_47`\n  hint: try `w_2026_46`\n"


def test_an_expected_error_is_an_object_with_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main(_command(_raise(NotFoundError("no"))), name="x", arguments=["--json"]) == 3
    assert json.loads(capsys.readouterr().out) == {
        "schema": 1,
        "error": {"code": 3, "message": "no", "hint": None},
    }


def test_a_format_error_shows_the_offending_line(capsys: pytest.CaptureFixture[str]) -> None:
    error = FormatError("expected a digit", source="f", line=1, column=2, text="ab", hint="write 1")
    assert run_main(_command(_raise(error)), name="x", arguments=[]) == 5
    assert capsys.readouterr().err == ("error: f:1:2: expected a digit\n  | ab\n  |  ^\n  hint: write 1\n")


def test_several_problems_are_all_shown(capsys: pytest.CaptureFixture[str]) -> None:
    error = ProblemsError(
        "cannot read it",
        [NotFoundError("no `a`"), FormatError("bad", source="f", text="x", hint="mend it")],
        hint="look again",
    )
    assert run_main(_command(_raise(error)), name="x", arguments=[]) == 1
    assert capsys.readouterr().err == (
        "error: cannot read it (2 problems)\n"
        "  - no `a`\n"
        "  - f:1:1: bad\n    | x\n    | ^\n    hint: mend it\n"
        "  hint: look again\n"
    )


def test_what_helps_with_all_problems_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    error = ProblemsError("cannot do it", [NotFoundError(f"no `{name}`", hint="mend it") for name in "ab"])
    assert run_main(_command(_raise(error)), name="x", arguments=[]) == 3
    assert capsys.readouterr().err == (
        "error: cannot do it (2 problems)\n  - no `a`\n  - no `b`\n  hint: mend it\n"
    )


def test_several_problems_are_a_list_with_json(capsys: pytest.CaptureFixture[str]) -> None:
    error = ProblemsError("cannot read it", [NotFoundError("no `a`")])
    assert run_main(_command(_raise(error)), name="x", arguments=["--json"]) == 3
    assert json.loads(capsys.readouterr().out)["error"]["problems"] == [
        {"code": 3, "message": "no `a`", "hint": None}
    ]


def test_a_wrong_option_is_a_usage_error_with_the_way_to_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main(_command(lambda: None), name="x", arguments=["--nonsense"]) == 2
    assert "error: no such option" in capsys.readouterr().err.lower()


def test_a_wrong_option_is_an_error_object_with_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main(_command(lambda: None), name="x", arguments=["--json", "--nonsense"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["hint"] == "see `x --help`"


def test_a_click_error_without_a_context_has_no_hint(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main(_command(_raise(click.ClickException("Odd."))), name="x", arguments=[]) == 2
    assert capsys.readouterr().err == "error: odd\n"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_an_interrupt_says_how_to_go_on(error: BaseException, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main(_command(_raise(error)), name="x", arguments=[]) == 130
    assert "run the same command again" in capsys.readouterr().err


def test_a_bug_writes_its_traceback_to_a_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert run_main(_command(_raise(ZeroDivisionError("oops"))), name="x", arguments=[]) == 70
    message = capsys.readouterr().err
    (log,) = tmp_path.glob("x-*.log")
    assert "Traceback" not in message
    assert str(log) in message
    assert "ZeroDivisionError: oops" in log.read_text()


def test_a_bug_s_traceback_holds_no_passwords(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    error = ValueError("odd: https://me:secret@h/x")
    assert run_main(_command(_raise(error)), name="x", arguments=[]) == 70
    (log,) = tmp_path.glob("x-*.log")
    assert "https://me:***@h/x" in log.read_text()
    assert "secret" not in log.read_text() + capsys.readouterr().err


def test_a_bug_that_cannot_be_logged_is_shown(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    assert run_main(_command(_raise(ZeroDivisionError("oops"))), name="x", arguments=[]) == 70
    message = capsys.readouterr().err
    assert message.startswith("Traceback")
    assert "error: this is a bug in x: ZeroDivisionError: oops\n  hint: send the lines above" in message


def test_an_error_object_needs_no_unicode(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    assert run_main(_command(_raise(NotFoundError("no `größe\udcff`"))), name="x", arguments=["--json"]) == 3
    assert json.loads(written.getvalue())["error"]["message"] == "no `größe\udcff`"


def test_an_error_without_anybody_to_tell_keeps_its_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8", buffering=1) as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setattr(sys, "stdout", stream)
        assert run_main(_command(_raise(NotFoundError("no"))), name="x", arguments=[]) == 3
        assert run_main(_command(_raise(NotFoundError("no"))), name="x", arguments=["--json"]) == 3
        silence(stream)


def test_a_closed_stream_swallows_what_it_gets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert run_main(cli, name="lsstinstall", arguments=["--version"]) == 0
    assert run_main(_command(_raise(NotFoundError("no"))), name="x", arguments=[]) == 3
    assert run_main(_command(_raise(NotFoundError("no"))), name="x", arguments=["--json"]) == 3
    sys.stdout.close()
    sys.stderr.close()


def test_a_message_holds_nothing_that_a_terminal_obeys_and_no_endless_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    error = NotFoundError("no `\x1b[31m\N{NO-BREAK SPACE}`\n\t" + "a" * 2000, hint="b" * 2000)
    assert run_main(_command(_raise(error)), name="x", arguments=[]) == 3
    shown = capsys.readouterr().err
    assert shown.startswith("error: no `\\x1b[31m\\xa0`\n\taaa")
    assert [len(line) for line in shown.splitlines()] == [len(r"error: no `\x1b[31m\xa0`"), 503, 503]


def test_json_behind_two_dashes_is_no_option(capsys: pytest.CaptureFixture[str]) -> None:
    command = click.Command(
        "x",
        callback=lambda words: _raise(NotFoundError(words[0]))(),
        params=[click.Argument(["words"], nargs=-1)],
    )
    assert run_main(command, name="x", arguments=["--", "--json"]) == 3
    assert capsys.readouterr().err == "error: --json\n"


def test_a_missing_library_tells_how_to_get_it(capsys: pytest.CaptureFixture[str]) -> None:
    group = LazyGroup(name="g", lazy={"a": ("no_such_library.module:a", "Do a.")})
    assert run_main(group, name="rubin-releng", arguments=["a"]) == 2
    assert capsys.readouterr().err == (
        "error: `rubin-releng` needs the library `no_such_library`, which is not installed\n"
        "  hint: install `lsstinstall[releng]`\n"
    )


def test_a_missing_module_of_ours_is_a_bug(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    group = LazyGroup(name="g", lazy={"a": ("lsstinstall.no_such_module:a", "Do a.")})
    assert run_main(group, name="x", arguments=["a"]) == 70
    assert "this is a bug" in capsys.readouterr().err


def test_help_lists_subcommands_without_importing_them(capsys: pytest.CaptureFixture[str]) -> None:
    group = LazyGroup(name="g", lazy={"a": ("no.such.module:a", "Do a."), "b": ("no.such:b", "Do b.")})
    assert run_main(group, name="g", arguments=["--help"]) == 0
    assert "  a  Do a.\n  b  Do b." in capsys.readouterr().out


def test_an_unknown_subcommand_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    group = LazyGroup(name="g", lazy={"a": ("no.such.module:a", "Do a.")})
    assert run_main(group, name="g", arguments=["nonsense"]) == 2
    assert "nonsense" in capsys.readouterr().err


def test_a_group_without_its_subcommand_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    group = LazyGroup(name="g", lazy={"a": ("no.such.module:a", "Do a.")})
    assert run_main(group, name="g", arguments=[]) == 2
    assert capsys.readouterr().err.startswith("Usage: g [OPTIONS] COMMAND")


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main(cli, name="lsstinstall", arguments=["--version"]) == 0
    assert capsys.readouterr().out.startswith("lsstinstall ")


def _event_lines(text: str) -> list[dict[str, object]]:
    events: list[dict[str, object]] = [json.loads(line) for line in text.splitlines()]
    assert all(isinstance(event.pop("time"), str) for event in events)
    return events


def test_among_events_an_error_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    error = ProblemsError("cannot read it", [NotFoundError("no `a`", hint="look")])
    assert run_main(_command(_raise(error)), name="x", arguments=["--json-events"]) == 3
    output = capsys.readouterr()
    assert output.out == ""
    assert _event_lines(output.err) == [
        {
            "schema": 1,
            "event": "error",
            "code": 3,
            "message": "cannot read it (1 problem)",
            "hint": None,
            "problems": [{"code": 3, "message": "no `a`", "hint": "look"}],
        }
    ]


def test_with_both_kinds_of_json_an_error_is_told_twice(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--json", "--json-events", "--nonsense"]
    assert run_main(_command(lambda: None), name="x", arguments=arguments) == 2
    output = capsys.readouterr()
    assert json.loads(output.out)["error"]["hint"] == "see `x --help`"
    assert [event["event"] for event in _event_lines(output.err)] == ["error"]


def test_log_records_are_events_among_events(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger().handlers.clear()
    body = _command(lambda: logging.getLogger("a").warning("beware"))
    assert run_main(body, name="x", arguments=["--json-events"]) == 0
    assert [event["text"] for event in _event_lines(capsys.readouterr().err)] == ["beware"]
