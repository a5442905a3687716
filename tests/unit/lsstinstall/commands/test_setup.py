from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING

import pytest

from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from lsstinstall.commands.quick import attempt
from lsstinstall.commands.setupoptions import SETUP_OPTIONS, UNSETUP_OPTIONS
from lsstinstall.commands.start import main
from tests.support.stacks import StackProduct, write_stack

if TYPE_CHECKING:
    from pathlib import Path

SHA = "0" * 40
MANIFEST = f"""\
# product                 SHA1                                      Version                       \n\
BUILD=b1
aa                        {SHA}  2
"""


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    products = [
        StackProduct(name="aa", version="1", table="envSet(A, one two)\n", tags=("current",)),
        StackProduct(name="aa", version="2", tags=("w_1",), table="envSet(A, $?{NOPE}x)\nnonsense\n"),
        StackProduct(name="bb", version="1", table="print(hello)\nsetupRequired(aa)\n", tags=("current",)),
    ]
    write_stack(products, tmp_path / "stack")
    return tmp_path / "stack"


def lsstinstall(*arguments: str) -> int:
    return run_main(cli, name="lsstinstall", arguments=[*arguments, "--flavor", "Linux64"])


def test_the_answer_is_for_a_shell_to_evaluate(stack: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert lsstinstall("setup", "bb", "--stack", str(stack)) == 0
    out, err = capfd.readouterr()
    assert out.splitlines() == [
        f"export BB_DIR={stack}/Linux64/bb/1;",
        f"export SETUP_BB='bb 1 -f Linux64 -Z {stack}';",
        f"export AA_DIR={stack}/Linux64/aa/1;",
        f"export SETUP_AA='aa 1 -f Linux64 -Z {stack}';",
        "export A='one two'",
    ]
    assert err == "hello\n"


def test_the_answer_in_json_tells_everything(stack: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert lsstinstall("setup", "bb", "-t", "w_1", "--stack", str(stack), "--shell", "json") == 0
    out, err = capfd.readouterr()
    answer = json.loads(out)
    assert answer["schema"] == 1
    assert answer["set"]["AA_DIR"] == f"{stack}/Linux64/aa/2"
    assert (answer["unset"], answer["aliases"], answer["products"]) == ([], {}, [["bb", "1"], ["aa", "2"]])
    assert answer["messages"] == ["hello"]
    assert len(answer["warnings"]) == 2
    assert err == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["setup", "bb"],
        ["setup", "bb", "--shell", "json"],
        ["setup", "bb", "1", "-t", "w_1", "--inexact", "-j", "--shell=fish"],
        ["setup", "aa", "-T", "w_1", "--keep", "--type", "build", "--json"],
        ["setup", "aa", ">= 1", "--exact"],
    ],
)
def test_the_short_way_says_what_the_long_way_says(
    stack: Path, capfd: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    arguments = [*arguments, "--stack", str(stack), "--flavor", "Linux64"]
    assert attempt(arguments, os.environ)
    short = capfd.readouterr()
    assert run_main(cli, name="lsstinstall", arguments=arguments) == 0
    assert capfd.readouterr() == short


@pytest.mark.parametrize(
    "arguments",
    [
        ["setup", "zz"],
        ["setup", "aa", "--bad"],
        ["setup", "aa", "--help"],
        ["setup", "aa", "--manifest", "b1.txt"],
        ["setup", "aa", "-q"],
        ["setup", "aa", "-t"],
        ["setup", "aa", "--shell", "foo"],
        ["unsetup", "zz"],
        ["unsetup", "aa", "--shell=foo"],
    ],
)
def test_the_short_way_leaves_all_else_to_the_long_way(
    stack: Path, capfd: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert not attempt([*arguments[:2], "--stack", str(stack), *arguments[2:]], os.environ)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (["setup", "ab"], 3, "error: no acceptable version of `ab` in `STACK`\n"),
        (
            ["setup", "nothere"],
            3,
            "error: no acceptable version of `nothere` in `STACK`\n  hint: `lsstinstall list` shows",
        ),
        (["setup", "aa", "9"], 3, "error: no version 9 of `aa` in `STACK`\n  hint: declared are `1`, `2`\n"),
        (
            ["setup", "aa", "-t", "w_2"],
            3,
            "error: there is no tag `w_2` in `STACK`\n  hint: there is `w_1`\n",
        ),
        (["setup", "a-a"], 2, "error: `a-a` is not a product name\n"),
        (["setup", "aa", "--bad"], 2, "error: no such option"),
        (
            ["setup", "aa", "--shell", "foo"],
            2,
            "error: `foo` is no shell that is known\n  hint: there are `sh`",
        ),
        (
            ["unsetup", "aa", "--shell=foo"],
            2,
            "error: `foo` is no shell that is known\n  hint: there are `sh`",
        ),
        (["unsetup", "aa"], 3, "error: no acceptable version of `aa` is set up\n"),
    ],
)
def test_a_failure_is_false_for_the_shell_and_an_error_for_the_user(
    stack: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], code: int, error: str
) -> None:
    assert lsstinstall(*arguments, "--stack", str(stack)) == code
    out, err = capfd.readouterr()
    assert out == "false\n"
    assert err.replace(str(stack), "STACK").startswith(error)


@pytest.mark.parametrize("how", [["--shell", "json"], ["--shell=json"], ["--json"]])
@pytest.mark.parametrize(("words", "code"), [(["zz"], 3), (["aa", "--bad"], 2)])
def test_a_failure_in_json_is_an_object(
    stack: Path, capfd: pytest.CaptureFixture[str], how: list[str], words: list[str], code: int
) -> None:
    assert lsstinstall("setup", *words, *how, "--stack", str(stack)) == code
    out, err = capfd.readouterr()
    assert json.loads(out)["error"]["code"] == code
    assert err == ""


def test_a_verbose_set_up_names_the_products(stack: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert lsstinstall("setup", "bb", "--verbose", "--stack", str(stack)) == 0
    assert capfd.readouterr().err.splitlines() == ["bb 1", "aa 1", "hello"]


def test_versions_come_from_a_build_manifest(
    stack: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "b1.txt").write_text(MANIFEST)
    arguments = ["setup", "bb", "--manifest", str(tmp_path / "b1.txt"), "--json", "--stack", str(stack)]
    assert lsstinstall(*arguments) == 0
    assert json.loads(capfd.readouterr().out)["products"] == [["bb", "1"], ["aa", "2"]]


def test_a_broken_build_manifest_is_told_with_its_place(
    stack: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "b1.txt").write_text("nothing\n")
    arguments = ["setup", "bb", "--manifest", str(tmp_path / "b1.txt"), "--stack", str(stack)]
    assert lsstinstall(*arguments) == 5
    assert "b1.txt:1:" in capfd.readouterr().err


def test_a_table_in_another_encoding_is_told_with_its_place(
    stack: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    table = stack / "Linux64" / "aa" / "1" / "ups" / "aa.table"
    table.write_bytes(b"# f\xfcr alle\nenvSet(A, 1)\n")
    assert lsstinstall("setup", "aa", "--stack", str(stack)) == 5
    out, err = capfd.readouterr()
    assert out == "false\n"
    assert f"{table}:1:4: byte 0xfc is not UTF-8" in err


def test_a_table_with_other_line_ends_is_read(stack: Path, capfd: pytest.CaptureFixture[str]) -> None:
    table = stack / "Linux64" / "aa" / "1" / "ups" / "aa.table"
    table.write_bytes(b"if (type == exact) {\r\nenvSet(A, 1)\r\n}\r\n")
    assert lsstinstall("setup", "aa", "--stack", str(stack)) == 0
    assert "export A=1\n" in capfd.readouterr().out


def test_what_was_set_up_is_taken_down(
    stack: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lsstinstall("setup", "bb", "--stack", str(stack), "--json") == 0
    for name, value in json.loads(capfd.readouterr().out)["set"].items():
        monkeypatch.setenv(name, value)
    assert lsstinstall("unsetup", "bb", "--stack", str(stack)) == 0
    assert capfd.readouterr().out.splitlines() == [
        f"unset {name}{end}"
        for name, end in (("BB_DIR", ";"), ("SETUP_BB", ";"), ("AA_DIR", ";"), ("SETUP_AA", ";"), ("A", ""))
    ]


@pytest.mark.parametrize("command", ["setup", "unsetup"])
def test_help_gives_every_option_and_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main(cli, name="lsstinstall", arguments=[command, "--help"]) == 0
    text = capsys.readouterr().out
    known = SETUP_OPTIONS if command == "setup" else UNSETUP_OPTIONS
    assert all(option.spellings[0] in text for option in known)
    assert "Example:" in text


def _start(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["lsstinstall", *arguments])
    return main()


def test_the_program_takes_the_short_way_if_it_can(
    stack: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["setup", "aa", "--stack", str(stack), "--flavor", "Linux64"]
    assert _start(monkeypatch, *arguments) == 0
    assert capfd.readouterr().out.startswith("export AA_DIR=")


def test_the_program_takes_the_long_way_if_it_must(
    stack: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _start(monkeypatch, "setup", "zz", "--stack", str(stack), "--flavor", "Linux64") == 3
    assert capfd.readouterr().out == "false\n"
    assert _start(monkeypatch, "--version") == 0
    assert capfd.readouterr().out.startswith("lsstinstall ")


class _Interrupting(dict[str, str]):
    """An environment in which the user loses patience."""

    def get(self, key: str, default: object = None) -> object:  # type: ignore[override]
        del key, default
        signal.raise_signal(signal.SIGINT)
        return None


def test_ctrl_c_is_false_for_the_shell(
    stack: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.environ", _Interrupting(os.environ))
    assert _start(monkeypatch, "setup", "aa", "--stack", str(stack)) == 130
    assert capfd.readouterr() == ("false\n", "error: interrupted\n")
