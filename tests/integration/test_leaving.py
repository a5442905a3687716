"""How programs end that used rattler, whose threads may live longer."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.process import Completed, run
from tests.support.fileserver import serving

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.conda, pytest.mark.process, pytest.mark.network]

_ENDING = """\
import atexit, sys
{imports}
from lsstinstall.commands.leaving import leave
atexit.register(print, "handlers run")
sys.stdout.write("text is not lost\\n")
print("returned", leave(7))
"""


def _end(imports: str) -> Completed:
    command = [sys.executable, "-c", _ENDING.format(imports=imports)]
    return run(command, cwd=None, env=None, timeout=30, check=False)


def test_a_program_with_rattler_ends_at_once_and_in_order() -> None:
    done = _end("import rattler")
    assert (done.returncode, done.stdout) == (7, "text is not lost\nhandlers run\n")


def test_a_program_without_rattler_goes_on() -> None:
    done = _end("")
    assert (done.returncode, done.stdout) == (0, "text is not lost\nreturned 7\nhandlers run\n")


@pytest.mark.parametrize("_", range(5))
def test_a_refused_connection_does_not_end_in_a_crash(tmp_path: Path, _: int) -> None:
    with serving(tmp_path) as server:
        url = server.url
    code = "import sys; from rubin_releng.commands.main import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "env", "solve", "zlib", "--channel", url]
    assert run(command, cwd=None, env=None, timeout=60, check=False).returncode == 4
