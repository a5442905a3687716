"""Helper `step_environment` of the composite actions."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from workflows.scripts.step_environment import (
    SetUpError,
    activated,
    assignment,
    changed,
    main,
    new_folders,
    pass_on,
    set_products_up,
)

_PROGRAM = """\
#!/usr/bin/env python3
import json, os, sys

product = sys.argv[-1]
if product == "wrong":
    print(json.dumps({"error": {"message": "no product `wrong`\\n50 % of it"}}))
    sys.exit(3)
print(json.dumps({
    "set": {"SETUP_" + product.upper(): " ".join(sys.argv[1:]), "SEEN": os.environ.get("SEEN", "") + product},
    "unset": ["OLD", "NEVER"],
    "products": [[product, "g1"]],
}))
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Give what a runner sets, with a program `lsstinstall` that echoes."""
    program = tmp_path / "bin/lsstinstall"
    program.parent.mkdir()
    program.write_text(_PROGRAM)
    program.chmod(0o755)
    files = ("GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
    return {
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
        **{name: str(tmp_path / name) for name in files},
    }


def text(environ: dict[str, str], name: str) -> str:
    return Path(environ[name]).read_text(encoding="utf-8")


def test_a_value_with_the_end_mark_in_it_gets_another_one() -> None:
    tokens = iter(["a", "b", "c"])
    written = assignment("NAME", "one\nend-a\nOTHER=1\nend-b", token=lambda: next(tokens))
    assert written == "NAME<<end-c\none\nend-a\nOTHER=1\nend-b\nend-c\n"


def test_marks_cannot_be_guessed() -> None:
    assert assignment("A", "1") != assignment("A", "1")


def test_what_is_no_longer_set_becomes_empty_and_what_is_the_runners_stays(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = {"GONE": "1", "SAME": "2", "INPUT_A-B": "3", "PWD": "/"}
    after = {"SAME": "2", "NEW": "4", "GITHUB_TOKEN": "5", "PWD": "/bin"}
    assert list(changed(before, after)) == [("GONE", ""), ("NEW", "4")]
    assert capsys.readouterr().out == "::warning::`GITHUB_TOKEN` is not passed on: it is the runner's own\n"


def test_new_folders_come_in_the_order_in_which_a_runner_puts_them_in_front() -> None:
    assert new_folders("/bin:/usr/bin", "/a:/b:/bin::/usr/bin") == ["/b", "/a"]


def test_values_of_any_kind_are_written_for_the_runner(environ: dict[str, str]) -> None:
    after = {**environ, "A": 'x\n"; $(touch pwned)', "PATH": f"/new:{environ['PATH']}"}
    assert pass_on(environ, after) == ["A", "PATH"]
    first, *middle, last = text(environ, "GITHUB_ENV").splitlines()
    assert (first, middle) == (f"A<<{last}", ["x", '"; $(touch pwned)'])
    assert text(environ, "GITHUB_PATH") == "/new\n"


@pytest.mark.process
def test_an_environment_is_activated_by_its_own_scripts(tmp_path: Path, environ: dict[str, str]) -> None:
    scripts = tmp_path / "an env/etc/conda/activate.d"
    scripts.mkdir(parents=True)
    (scripts / "a.sh").write_text("export TWO='a\nb'\nf() { :; }\nexport -f f\necho told\n")
    found = activated({**environ, "PREFIX": str(tmp_path / "an env")})
    assert (found["TWO"], found["CONDA_DEFAULT_ENV"]) == ("a\nb", "an env")
    assert found["PATH"].startswith(f"{tmp_path}/an env/bin:")
    assert not [name for name in found if "%" in name]


@pytest.mark.process
def test_an_environment_whose_scripts_fail_is_refused(tmp_path: Path, environ: dict[str, str]) -> None:
    scripts = tmp_path / "etc/conda/activate.d"
    scripts.mkdir(parents=True)
    (scripts / "a.sh").write_text("exit 0\n")
    with pytest.raises(SetUpError, match="cannot be activated"):
        activated({**environ, "PREFIX": str(tmp_path)})


@pytest.mark.process
def test_products_are_set_up_one_on_top_of_the_other(environ: dict[str, str]) -> None:
    wishes = {"PRODUCTS": "one\ntwo", "TAG": "w_1", "STACK": "/stack", "CHECKOUT": "/here"}
    after = set_products_up({**environ, **wishes, "OLD": "1"})
    assert after["SEEN"] == "onetwo/here"
    assert "OLD" not in after
    assert after["EUPS_PATH"] == "/stack"
    assert after["SETUP_TWO"] == "setup --shell json --tag w_1 --stack /stack --keep -- two"
    assert after["SETUP_/HERE"] == "setup --shell json --keep --tag w_1 --stack /stack --root /here"
    assert "| one | `g1` |" in text(environ, "GITHUB_STEP_SUMMARY")
    assert text(environ, "GITHUB_OUTPUT") == "count=3\n"


@pytest.mark.process
def test_what_we_were_asked_for_is_not_passed_on(environ: dict[str, str]) -> None:
    wishes = {"PRODUCTS": "one", "TAG": "w_1", "STACK": "/stack"}
    assert main(["setup"], {**environ, **wishes}) == 0
    written = text(environ, "GITHUB_ENV")
    assert "EUPS_PATH<<" in written
    assert "PRODUCTS<<" not in written


@pytest.mark.process
def test_a_product_that_is_not_there_fails_in_one_line(
    environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    wishes = {"PRODUCTS": "wrong", "TAG": "w_1", "STACK": "/stack"}
    assert main(["setup"], {**environ, **wishes}) == 3
    assert capsys.readouterr().out == "::error::no product `wrong`%0A50 %25 of it\n"
    assert not Path(environ["GITHUB_ENV"]).exists()
