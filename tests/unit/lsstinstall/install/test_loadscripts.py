from __future__ import annotations

from pathlib import Path

import pytest

from lsstinstall.adapters.packagedata import read_data
from lsstinstall.core.environments import EnvName
from lsstinstall.core.shells import ShellKind
from lsstinstall.install.loadscripts import LOAD_SCRIPTS, LoadScript

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


def test_each_template_is_there() -> None:
    assert all(read_data(template) for template in LOAD_SCRIPTS.values())
