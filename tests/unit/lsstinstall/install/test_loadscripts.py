from __future__ import annotations

from pathlib import Path

from lsstinstall.core.environments import EnvName
from lsstinstall.install.loadscripts import LoadScript

TEMPLATE = "root='@CONDA_ROOT@'\nname='@ENVIRONMENT@'\nstack='@STACK@'\npython='@PYTHON@'\n"


def _script(root: str, *, stack: str | None = None) -> str:
    return LoadScript(
        conda_root=Path(root),
        environment=EnvName("lsst-scipipe-13.0.1"),
        stack=None if stack is None else Path(stack),
        python=Path("/v/bin/python3.11"),
    ).format(TEMPLATE)


def test_a_script_knows_its_places() -> None:
    assert _script("/c", stack="/s") == (
        "root=/c\nname=lsst-scipipe-13.0.1\nstack=/s\npython=/v/bin/python3.11\n"
    )


def test_a_stack_in_the_environment_is_left_empty() -> None:
    assert "stack=''\n" in _script("/c")


def test_blanks_and_quotes_in_paths_are_quoted() -> None:
    assert _script("/a b/it's $HOME").startswith("root='/a b/it'\"'\"'s $HOME'\n")
