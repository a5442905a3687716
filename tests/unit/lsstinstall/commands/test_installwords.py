from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from lsstinstall.commands.installwords import program_name

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_program_on_the_path_is_called_by_its_name(tmp_path: Path) -> None:
    program = tmp_path / "lsstinstall"
    program.touch()
    program.chmod(0o755)
    assert program_name({"PATH": str(tmp_path)}) == "lsstinstall"


def test_elsewhere_it_is_called_with_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = tmp_path / "a b" / "python"
    python.parent.mkdir()
    monkeypatch.setattr(sys, "executable", str(python))
    assert program_name({"PATH": "/nowhere"}) == f"'{python}' -m lsstinstall"
    python.with_name("lsstinstall").touch()
    assert program_name({"PATH": "/nowhere"}) == shlex.quote(str(python.with_name("lsstinstall")))
