from __future__ import annotations

import json
import shutil
import string
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.process import run
from lsstinstall.core.errors import ConfigurationError, RefusedError
from lsstinstall.core.names import ProductName
from lsstinstall.core.setups import SetupChanges
from lsstinstall.core.shells import FAILURE, ShellKind, render_changes
from lsstinstall.core.versions import EupsVersion

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# How each shell is started, and how it is told to read a file and to evaluate what a program prints.
_SHELLS = {
    "dash": (("dash",), ". {}", 'eval "$(cat {})"'),
    "bash": (("bash", "--norc"), ". {}", 'eval "$(cat {})"'),
    "posix": (("bash", "--posix", "--norc"), ". {}", 'eval "$(cat {})"'),
    "zsh": (("zsh", "-f"), ". {}", 'eval "$(cat {})"'),
    "tcsh": (("tcsh", "-f"), "source {}", 'eval "`cat {}`"'),
    "csh": (("csh", "-f"), "source {}", 'eval "`cat {}`"'),
    "fish": (("fish", "--no-config"), "source {}", "cat {} | source"),
}
_SH = ("dash", "bash", "zsh")

_PUNCTUATION = string.punctuation + " \té"
HOSTILE = (
    "",
    "plain",
    "it's",
    "''",
    "'",
    '"',
    '"$(touch marker)"',
    "$(touch marker)",
    "`touch marker`",
    "'`touch marker`'",
    "'; touch marker; '",
    "; touch marker",
    "&& touch marker",
    "| touch marker",
    "> marker",
    "<(touch marker)",
    "$HOME",
    "${HOME}",
    "$?",
    "~",
    "*",
    "[a-z]",
    "{a,b}",
    "a b",
    "a  b",
    " a ",
    "a\tb",
    "back\\slash",
    "ends\\",
    "ends\\\\",
    "'ends\\'",
    "!",
    "!!",
    "a!b",
    "\\!",
    "'!'",
    "! ls",
    "^a^b",
    "#x",
    "-n",
    "=x",
    "%s",
    "gr\N{LATIN SMALL LETTER U WITH DIAERESIS}n \N{SNOWMAN} \N{COLLISION SYMBOL}",
    "/a:/b::/c:",
    *(f"x{one}{other}y" for one in _PUNCTUATION for other in _PUNCTUATION),
)
LINES = ("a\nb", "\n", "a\n", "\nb", "a\n\nb", "'\n'", "\\\n", "!\n!", "a\n; touch marker\n")


def changes(
    variables: Mapping[str, str] | None = None,
    *,
    unset: tuple[str, ...] = (),
    aliases: Mapping[str, str] | None = None,
    forgotten: tuple[str, ...] = (),
) -> SetupChanges:
    return SetupChanges(variables=variables or {}, unset=unset, aliases=aliases or {}, forgotten=forgotten)


def named(values: tuple[str, ...]) -> dict[str, str]:
    return {f"V{number}": value for number, value in enumerate(values)}


def kind_of(shell: str) -> ShellKind:
    return ShellKind.parse(_SHELLS[shell][0][0])


def carry_out(shell: str, text: str, more: str, folder: Path, *, evaluate: bool, **environ: str) -> str:
    """Let a shell read or evaluate a text, then do more; give what that prints."""
    command, read, evaluated = _SHELLS[shell]
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]} here")
    (folder / "text").write_text(text, encoding="utf-8")
    script = folder / "script"
    script.write_text(f"{(evaluated if evaluate else read).format('./text')}\n{more}\n", encoding="utf-8")
    known = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "LC_ALL": "C.UTF-8", **environ}
    return run([*command, str(script)], cwd=folder, env=known, timeout=60).stdout


def environment(
    shell: str, text: str, folder: Path, *, evaluate: bool = False, **environ: str
) -> dict[str, str]:
    """What a program that the shell starts finds in its environment."""
    printed = carry_out(shell, text, "env -0", folder, evaluate=evaluate, **environ)
    return dict(entry.split("=", 1) for entry in printed.split("\0") if entry)


@pytest.mark.process
@pytest.mark.parametrize("evaluate", [False, True])
@pytest.mark.parametrize("shell", _SHELLS)
def test_a_shell_takes_every_value_for_what_it_is(shell: str, tmp_path: Path, *, evaluate: bool) -> None:
    wanted = named(HOSTILE)
    text = render_changes(changes(wanted), kind_of(shell))
    found = environment(shell, text, tmp_path, evaluate=evaluate)
    assert {name: found.get(name) for name in wanted} == wanted
    assert not (tmp_path / "marker").exists()


@pytest.mark.process
@pytest.mark.parametrize("shell", _SHELLS)
def test_a_value_of_several_lines_is_read_as_it_is(shell: str, tmp_path: Path) -> None:
    wanted = named(LINES)
    found = environment(shell, render_changes(changes(wanted), kind_of(shell)), tmp_path)
    assert {name: found.get(name) for name in wanted} == wanted
    assert not (tmp_path / "marker").exists()


@pytest.mark.process
@pytest.mark.parametrize("shell", [name for name in _SHELLS if kind_of(name) is not ShellKind.CSH])
def test_a_value_of_several_lines_is_evaluated_as_it_is(shell: str, tmp_path: Path) -> None:
    wanted = named(LINES)
    found = environment(shell, render_changes(changes(wanted), kind_of(shell)), tmp_path, evaluate=True)
    assert {name: found.get(name) for name in wanted} == wanted


@pytest.mark.process
@pytest.mark.parametrize("shell", ["tcsh", "csh"])
def test_a_value_of_several_lines_does_no_harm_if_csh_evaluates_it(shell: str, tmp_path: Path) -> None:
    text = render_changes(changes({**named(LINES), "LAST": "x"}), ShellKind.CSH)
    assert environment(shell, text, tmp_path, evaluate=True)["LAST"] == "x"
    assert not (tmp_path / "marker").exists()


@pytest.mark.process
@pytest.mark.parametrize("shell", _SHELLS)
def test_paths_stay_paths(shell: str, tmp_path: Path) -> None:
    wanted = {
        "PATH": "/afw 1.0/bin:/usr/bin:/bin",
        "MANPATH": "/afw/man::/man",
        "LD_LIBRARY_PATH": ":/afw/lib:",
    }
    found = environment(shell, render_changes(changes(wanted), kind_of(shell)), tmp_path)
    assert {name: found.get(name) for name in wanted} == wanted


@pytest.mark.process
@pytest.mark.parametrize("shell", _SHELLS)
def test_variables_are_removed_and_others_are_left(shell: str, tmp_path: Path) -> None:
    text = render_changes(changes({"A": "1"}, unset=("B", "NEVER_SET")), kind_of(shell))
    found = environment(shell, text, tmp_path, A="0", B="0", C="0")
    assert (found["A"], found.get("B"), found["C"]) == ("1", None, "0")


@pytest.mark.process
@pytest.mark.parametrize("evaluate", [False, True])
@pytest.mark.parametrize("shell", _SHELLS)
def test_an_alias_is_a_command_that_takes_arguments(shell: str, tmp_path: Path, *, evaluate: bool) -> None:
    aliases = {"greet": 'echo hello "$@"', "quoted": "echo 'a  b! !x !!'", "nothing": ""}
    text = render_changes(changes(aliases=aliases), kind_of(shell))
    printed = carry_out(shell, text, "greet you\nquoted\nnothing", tmp_path, evaluate=evaluate)
    assert printed.splitlines() == ["hello you", "a  b! !x !!"]


@pytest.mark.process
@pytest.mark.parametrize("shell", _SHELLS)
def test_an_alias_is_forgotten(shell: str, tmp_path: Path) -> None:
    made = render_changes(changes(aliases={"greet": "echo mine"}), kind_of(shell))
    gone = render_changes(changes(forgotten=("greet",)), kind_of(shell))
    (tmp_path / "greet").write_text("#!/bin/sh\necho program\n", encoding="utf-8")
    (tmp_path / "greet").chmod(0o755)
    path = f"{tmp_path}:/usr/bin:/bin"
    printed = carry_out(shell, made + gone, "greet", tmp_path, evaluate=False, PATH=path)
    assert printed == "program\n"


@pytest.mark.process
@pytest.mark.parametrize("shell", _SH)
def test_commands_survive_an_eval_without_quotes(shell: str, tmp_path: Path) -> None:
    text = render_changes(changes({"A": "one two", "B": "2"}, unset=("C",)), kind_of(shell))
    (tmp_path / "text2").write_text(text, encoding="utf-8")
    found = environment(shell, "eval $(cat text2)\n", tmp_path, C="0")
    assert (found["A"], found["B"], found.get("C")) == ("one two", "2", None)


@pytest.mark.process
@pytest.mark.parametrize("shell", _SHELLS)
def test_failure_fails_in_every_shell(shell: str, tmp_path: Path) -> None:
    status = "echo $status" if kind_of(shell) is not ShellKind.SH else "echo $?"
    assert carry_out(shell, FAILURE, status, tmp_path, evaluate=True) == "1\n"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (ShellKind.SH, "export A=/a:/b;\nexport B='x y';\nunset C;\nll() { ls -l ; };\nunset -f la\n"),
        (
            ShellKind.CSH,
            "setenv A /a:/b;\nsetenv B 'x y';\nunsetenv C;\nalias ll 'ls -l';\nunalias la\n",
        ),
        (
            ShellKind.FISH,
            "set -gx A /a:/b;\nset -gx B 'x y';\nset -eg C;\nfunction ll; ls -l ; end;\nfunctions -e la\n",
        ),
    ],
)
def test_commands_come_as_variables_unsets_and_functions(kind: ShellKind, text: str) -> None:
    change = changes({"A": "/a:/b", "B": "x y"}, unset=("C",), aliases={"ll": "ls -l"}, forgotten=("la",))
    assert render_changes(change, kind) == text


@pytest.mark.parametrize("kind", [ShellKind.SH, ShellKind.CSH, ShellKind.FISH])
def test_nothing_to_do_is_no_text(kind: ShellKind) -> None:
    assert render_changes(changes(), kind) == ""


def test_json_tells_everything_and_keeps_the_order() -> None:
    change = SetupChanges(
        variables={"Z": "it's\n\N{SNOWMAN}", "A": ""},
        unset=("B",),
        aliases={"ll": "ls -l"},
        forgotten=("la",),
        products=((ProductName("afw"), EupsVersion("1.0")),),
        messages=("hello",),
        warnings=("beware",),
    )
    text = render_changes(change, ShellKind.JSON)
    assert text.count("\n") == 1
    assert json.loads(text) == {
        "schema": 1,
        "set": {"Z": "it's\n\N{SNOWMAN}", "A": ""},
        "unset": ["B"],
        "aliases": {"ll": "ls -l"},
        "unaliases": ["la"],
        "products": [["afw", "1.0"]],
        "messages": ["hello"],
        "warnings": ["beware"],
    }
    assert list(json.loads(text)["set"]) == ["Z", "A"]


@pytest.mark.parametrize("kind", [ShellKind.SH, ShellKind.CSH, ShellKind.FISH])
@pytest.mark.parametrize(
    "name", ["", "1A", "A B", "A;touch marker", "A-B", "$A", "A\n", "\N{LATIN SMALL LETTER E}\u0301"]
)
def test_a_variable_that_no_shell_can_name_is_refused(kind: ShellKind, name: str) -> None:
    with pytest.raises(RefusedError, match="a table file names the variable") as caught:
        render_changes(changes({name: "1"}), kind)
    assert caught.value.hint == "`--shell json` shows where it comes from"


@pytest.mark.parametrize("kind", [ShellKind.SH, ShellKind.CSH, ShellKind.FISH])
@pytest.mark.parametrize("name", ["", "a b", "a;b", "-n", "$(a)", "a\n"])
def test_an_alias_that_no_shell_can_name_is_refused(kind: ShellKind, name: str) -> None:
    with pytest.raises(RefusedError, match="a table file names the alias"):
        render_changes(changes(aliases={name: "ls"}), kind)
    with pytest.raises(RefusedError, match="a table file names the alias"):
        render_changes(changes(forgotten=(name,)), kind)


@pytest.mark.parametrize("kind", [ShellKind.SH, ShellKind.CSH, ShellKind.FISH])
def test_a_variable_that_no_shell_can_name_need_not_be_removed(kind: ShellKind) -> None:
    assert render_changes(changes(unset=("BASH_FUNC_a%%", "A B")), kind) == ""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("sh", ShellKind.SH),
        ("/bin/bash", ShellKind.SH),
        ("zsh", ShellKind.SH),
        ("ksh93", ShellKind.SH),
        ("csh", ShellKind.CSH),
        ("/usr/bin/tcsh", ShellKind.CSH),
        ("/opt/bin/fish", ShellKind.FISH),
        ("json", ShellKind.JSON),
        ("-tcsh", ShellKind.CSH),
        ("xonsh", ShellKind.SH),
        ("", ShellKind.SH),
    ],
)
def test_a_shell_is_known_by_the_name_of_its_program(text: str, kind: ShellKind) -> None:
    assert ShellKind.parse(text) is kind
    if text not in {"xonsh", ""}:
        assert ShellKind.named(text) is kind


@pytest.mark.parametrize("text", ["foo", "xonsh", "", "/bin/fsh", "JSON"])
def test_a_shell_that_nobody_knows_cannot_be_asked_for(text: str) -> None:
    with pytest.raises(ConfigurationError, match=f"`{text}` is no shell that is known") as caught:
        ShellKind.named(text)
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("there are `sh`, `bash`, `zsh`")
    assert "`fish`" in caught.value.hint
