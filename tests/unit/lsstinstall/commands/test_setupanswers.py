from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lsstinstall.commands.setupanswers import answer_setup, answer_unsetup
from lsstinstall.core.errors import ConfigurationError, ExitCode, FormatError, NotFoundError, ToolkitError
from lsstinstall.core.names import ProductName
from lsstinstall.core.versions import EupsVersion
from tests.support.setupcases import SetupCase, plain_options, play_on_disk, write_case
from tests.support.stacks import StackProduct, write_stack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.commands.setupanswers import Answer

DATA = Path(__file__).parents[3] / "data" / "setups"
NAMES = ("goldens.json", "rules.json")
CASES = [
    SetupCase.from_dict(case)
    for name in NAMES
    for case in json.loads((DATA / name).read_text(encoding="utf-8"))["cases"]
]
BIN = "envPrepend(PATH, ${PRODUCT_DIR}/bin)\n"


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    folder = tmp_path / "stack"
    products = [
        StackProduct(name="aa", version="1", table=BIN, tags=("current", "w_2026_42")),
        StackProduct(name="aa", version="2", table=BIN, tags=("w_2026_43",)),
        StackProduct(name="bb", version="1", table="setupRequired(aa)\n" + BIN, tags=("current",)),
    ]
    write_stack(products, folder)
    return folder


def ask(*arguments: str, environ: Mapping[str, str] | None = None) -> Answer:
    own = {"EUPS_FLAVOR": "Linux64", "PATH": "/usr/bin"} if environ is None else environ
    if arguments[0] == "unsetup":
        return answer_unsetup(plain_options(["--unsetup", *arguments[1:]]), own)
    return answer_setup(plain_options(arguments), own, manifests={})


def products(answer: Answer) -> list[tuple[str, str]]:
    return [(str(name), str(version)) for name, version in answer.changes.products]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_stacks_on_disk_are_set_up_as_eups_does(case: SetupCase, tmp_path: Path) -> None:
    write_case(case, tmp_path)
    assert play_on_disk(case, tmp_path, "/opt/eups") == [step.expected for step in case.steps]


def test_the_stack_is_named_by_the_option_or_by_the_environment(stack: Path) -> None:
    environ = {"EUPS_FLAVOR": "Linux64", "EUPS_PATH": str(stack)}
    assert products(ask("aa", "--stack", str(stack))) == products(ask("aa", environ=environ)) == [("aa", "1")]


def test_the_option_goes_before_the_environment(stack: Path) -> None:
    environ = {"EUPS_FLAVOR": "Linux64", "EUPS_PATH": "/nowhere"}
    assert ask("aa", "--stack", str(stack), environ=environ).changes.warnings == ()


def test_the_stacks_are_not_written_into_the_environment(stack: Path) -> None:
    assert "EUPS_PATH" not in ask("aa", "--stack", str(stack)).changes.variables


def test_a_flavor_may_be_given(stack: Path) -> None:
    with pytest.raises(NotFoundError, match="no acceptable version of `aa`"):
        ask("aa", "--stack", str(stack), "--flavor", "Darwin")


def test_folders_of_eups_path_that_are_not_there_are_passed_over_with_a_warning(stack: Path) -> None:
    environ = {"EUPS_FLAVOR": "Linux64", "EUPS_PATH": f"/nowhere:{stack}"}
    answer = ask("aa", environ=environ)
    assert answer.changes.warnings == ("`/nowhere` in EUPS_PATH is no folder, passed over",)
    assert products(answer) == [("aa", "1")]


def test_an_eups_path_without_any_folder_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no folder of EUPS_PATH is there"):
        ask("aa", environ={"EUPS_FLAVOR": "Linux64", "EUPS_PATH": "/nowhere"})


def test_no_stack_at_all_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no stack was named"):
        ask("aa")


def test_a_folder_that_is_no_stack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="is no stack: it has no folder `ups_db`"):
        ask("aa", "--stack", str(tmp_path))


def test_the_users_own_stack_is_searched_last(stack: Path, tmp_path: Path) -> None:
    own = [
        StackProduct(name="aa", version="1", table="envSet(OWN, 1)\n", tags=("current",)),
        StackProduct(name="mine", version="1", table="setupRequired(aa)\n", tags=("current",)),
    ]
    write_stack(own, tmp_path / "home" / ".eups")
    environ = {"EUPS_FLAVOR": "Linux64", "HOME": str(tmp_path / "home")}
    changes = ask("mine", "--stack", str(stack), environ=environ).changes
    assert "OWN" not in changes.variables
    assert changes.variables["SETUP_AA"].endswith(str(stack))


def test_the_users_own_stack_is_searched_once_if_it_is_named(tmp_path: Path) -> None:
    own = tmp_path / "own"
    write_stack([StackProduct(name="aa", version="1", tags=("current",))], own)
    environ = {"EUPS_FLAVOR": "Linux64", "EUPS_USERDATA": str(own), "EUPS_PATH": str(own)}
    assert products(ask("aa", environ=environ)) == [("aa", "1")]


def test_variables_may_be_handed_over_as_arguments(stack: Path) -> None:
    # macOS removes DYLD_LIBRARY_PATH from the environment of programs like ours.
    changes = ask("PATH=/from/here", "bb", "--stack", str(stack)).changes
    assert changes.variables["PATH"].endswith(":/from/here")
    assert changes.variables["PATH"].startswith(str(stack))


def test_a_variable_that_is_handed_over_empty_is_not_set(stack: Path) -> None:
    assert ask("PATH=", "aa", "--stack", str(stack)).changes.variables["PATH"].count(":") == 0


def test_versions_come_from_a_file(stack: Path, tmp_path: Path) -> None:
    (tmp_path / "versions").write_text("aa 2\n")
    assert products(ask("bb", "-t", str(tmp_path / "versions"), "--stack", str(stack))) == [
        ("bb", "1"),
        ("aa", "2"),
    ]


def test_a_file_may_be_named_as_eups_names_it(stack: Path, tmp_path: Path) -> None:
    (tmp_path / "versions").write_text("aa 2\n")
    answer = ask("bb", "-t", f"file:{tmp_path}/versions", "--stack", str(stack))
    assert ("aa", "2") in products(answer)


def test_a_tag_is_not_taken_for_a_file(stack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w_2026_43").write_text("aa 1\n")
    assert products(ask("aa", "-t", "w_2026_43", "--stack", str(stack))) == [("aa", "2")]


def test_a_broken_file_is_told_with_its_place(stack: Path, tmp_path: Path) -> None:
    (tmp_path / "versions").write_text("aa 2\nbb\n")
    with pytest.raises(FormatError, match=r"versions:2:1: expected a product and its version, got `bb`"):
        ask("bb", "-t", str(tmp_path / "versions"), "--stack", str(stack))


def test_versions_of_a_build_manifest_go_first(stack: Path) -> None:
    manifest = {ProductName("aa"): EupsVersion("2")}
    options = plain_options(["bb", "--stack", str(stack), "-t", "w_2026_42"])
    answer = answer_setup(options, {"EUPS_FLAVOR": "Linux64"}, manifests={"b1.txt": manifest})
    assert products(answer) == [("bb", "1"), ("aa", "2")]


def test_a_relative_folder_is_that_of_the_caller(
    stack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ups = tmp_path / "mine" / "ups"
    ups.mkdir(parents=True)
    (ups / "mine.table").write_text("setupRequired(aa)\n")
    monkeypatch.chdir(tmp_path)
    answer = ask("-r", "mine", "--stack", str(stack))
    assert products(answer) == [("mine", f"LOCAL:{tmp_path}/mine"), ("aa", "1")]


def test_types_may_be_given_together(stack: Path) -> None:
    with pytest.raises(ConfigurationError, match="`fast` is no setup type"):
        ask("aa", "--type", "build,fast", "--stack", str(stack))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("aa", "1", "bb"), "`setup` takes a product and a version, got also `bb`"),
        (("unsetup",), "`unsetup` takes a product, and at most its version"),
        (("unsetup", "aa", "1", "2"), "`unsetup` takes a product, and at most its version"),
        (("a-b",), "`a-b` is not a product name"),
        (("-j",), "no product is named"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    stack: Path, arguments: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ToolkitError, match=message) as caught:
        ask(*arguments, "--stack", str(stack))
    assert caught.value.code is ExitCode.USAGE


def test_what_was_set_up_is_taken_down(stack: Path) -> None:
    before = {"EUPS_FLAVOR": "Linux64", "PATH": "/usr/bin", "EUPS_PATH": str(stack)}
    environ = ask("bb", environ=before).changes.applied_to(before)
    after = ask("unsetup", "bb", environ=environ).changes.applied_to(environ)
    assert after == before


def test_a_wrong_guess_of_the_version_is_told(stack: Path) -> None:
    before = {"EUPS_FLAVOR": "Linux64", "EUPS_PATH": str(stack)}
    environ = ask("aa", environ=before).changes.applied_to(before)
    assert ask("unsetup", "aa", "1", environ=environ).changes.warnings == ()
    assert ask("unsetup", "aa", "2", environ=environ).changes.warnings == ("`aa` 1 was set up, not 2",)


@pytest.mark.parametrize(
    ("arguments", "shell", "beginning"),
    [
        (("--shell", "json"), "csh", '{"schema": 1'),
        (("--json",), "csh", '{"schema": 1'),
        ((), "csh", "setenv "),
        ((), "/bin/tcsh", "setenv "),
        (("--shell", "fish"), "csh", "set -gx "),
        ((), "", "export "),
        (("--shell", "zsh"), "csh", "export "),
    ],
)
def test_the_language_is_that_of_the_option_else_of_eups_shell(
    stack: Path, arguments: tuple[str, ...], shell: str, beginning: str
) -> None:
    environ = {"EUPS_FLAVOR": "Linux64", "EUPS_SHELL": shell}
    answer = ask("aa", "--stack", str(stack), *arguments, environ=environ)
    assert answer.text.startswith(beginning)
    assert answer.is_json == beginning.startswith("{")
