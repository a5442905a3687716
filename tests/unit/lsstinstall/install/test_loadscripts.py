from __future__ import annotations

from pathlib import Path

import pytest

from lsstinstall.adapters.packagedata import read_data
from lsstinstall.core.environments import EnvName
from lsstinstall.core.shells import ShellKind
from lsstinstall.install.loadscripts import LOAD_SCRIPTS, LoadScript, load_command

TEMPLATE = "root='@CONDA_ROOT@'\nname='@ENVIRONMENT@'\nstack='@STACK@'\npython='@PYTHON@'\n"


def _script(root: str, *, stack: str | None = None, kind: ShellKind = ShellKind.SH) -> str:
    return LoadScript(
        conda_root=Path(root),
        environment=EnvName("lsst-scipipe-13.0.1"),
        stack=None if stack is None else Path(stack),
        python=Path("/v/bin/python3.11"),
    ).format(TEMPLATE, kind)


def test_a_script_knows_its_places() -> None:
    assert _script("/c", stack="/s") == (
        "root=/c\nname=lsst-scipipe-13.0.1\nstack=/s\npython=/v/bin/python3.11\n"
    )


def test_a_stack_in_the_environment_is_left_empty() -> None:
    assert "stack=''\n" in _script("/c")


def test_blanks_and_quotes_in_paths_are_quoted() -> None:
    assert _script("/a b/it's $HOME!").startswith(r"root='/a b/it'\''s $HOME!'" + "\n")


@pytest.mark.parametrize(
    ("kind", "root"), [(ShellKind.CSH, r"'/a b/it'\''s\!'"), (ShellKind.FISH, r"'/a b/it\'s!'")]
)
def test_each_shell_has_quotes_of_its_own(kind: ShellKind, root: str) -> None:
    assert _script("/a b/it's!", kind=kind).startswith(f"root={root}\n")
    assert "stack=''\n" in _script("/c", kind=kind)


@pytest.mark.parametrize(
    ("kind", "plain", "chosen"),
    [
        (ShellKind.SH, ". '/a b/loadLSST.sh'", "LSST_CONDA_ENV_NAME=mine . '/a b/loadLSST.sh'"),
        (
            ShellKind.CSH,
            "source '/a b/loadLSST.csh'",
            "setenv LSST_CONDA_ENV_NAME mine; source '/a b/loadLSST.csh'",
        ),
        (
            ShellKind.FISH,
            "source '/a b/loadLSST.fish'",
            "set -gx LSST_CONDA_ENV_NAME mine; source '/a b/loadLSST.fish'",
        ),
    ],
)
def test_each_shell_is_told_its_own_command(kind: ShellKind, plain: str, chosen: str) -> None:
    assert load_command(Path("/a b"), kind) == plain
    assert load_command(Path("/a b"), kind, environment=EnvName("mine")) == chosen


def test_each_template_is_there() -> None:
    assert all(read_data(template) for template in LOAD_SCRIPTS.values())
