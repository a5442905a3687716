from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.scripts import find_interpreter, repair_scripts
from lsstinstall.adapters.trees import list_files
from lsstinstall.core.errors import NotFoundError
from lsstinstall.core.filelists import compare_lists

if TYPE_CHECKING:
    from pathlib import Path

OLD = "#!/build/bin/python\nprint()\n"
NEW = "#!/opt/env/bin/python\nprint()\n"


def _write(folder: Path, **files: tuple[str, int]) -> None:
    for name, (text, mode) in files.items():
        path = folder / name.replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)


def test_executable_scripts_are_repaired_and_what_they_were_is_written_down(tmp_path: Path) -> None:
    long = OLD + "#" * 5000
    _write(
        tmp_path,
        a=(OLD, 0o755),
        b=(long, 0o555),
        c=(OLD, 0o644),
        d__so=(OLD, 0o755),
        e=("#!/bin/sh\n", 0o755),
    )
    before = list_files(tmp_path)
    files = repair_scripts(tmp_path, before, interpreter="/opt/env/bin/python")
    assert (tmp_path / "a").read_text() == NEW
    assert (tmp_path / "b").read_text() == NEW + "#" * 5000
    assert (tmp_path / "c").read_text() == OLD
    assert (tmp_path / "d.so").read_text() == OLD
    assert not compare_lists(files, list_files(tmp_path))
    assert files.originals == before.files[:2]


def test_content_that_others_share_is_not_touched(tmp_path: Path) -> None:
    _write(tmp_path / "one", a=(OLD, 0o755))
    (tmp_path / "two").mkdir()
    (tmp_path / "two/a").hardlink_to(tmp_path / "one/a")
    repair_scripts(tmp_path / "two", list_files(tmp_path / "two"), interpreter="/opt/env/bin/python")
    assert (tmp_path / "one/a").read_text() == OLD
    assert (tmp_path / "two/a").read_text() == NEW


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    _write(tmp_path / "one", b=("precious", 0o644))
    _write(tmp_path / "two", a=(OLD, 0o755))
    (tmp_path / "two/b").hardlink_to(tmp_path / "one/b")
    (tmp_path / "two/.a.repaired").symlink_to("b")
    repair_scripts(tmp_path / "two", list_files(tmp_path / "two"), interpreter="/opt/env/bin/python")
    assert (tmp_path / "one/b").read_text() == "precious"
    assert (tmp_path / "two/.a.repaired").is_symlink()
    assert (tmp_path / "two/a").read_text() == NEW
    assert (tmp_path / "two/a").stat().st_mode & 0o777 == 0o755


def test_nothing_is_done_twice(tmp_path: Path) -> None:
    _write(tmp_path, a=(OLD, 0o755))
    files = repair_scripts(tmp_path, list_files(tmp_path), interpreter="/opt/env/bin/python")
    assert repair_scripts(tmp_path, files, interpreter="/opt/env/bin/python") == files


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    _write(tmp_path, a=(OLD, 0o755))
    files = list_files(tmp_path)
    (tmp_path / "a").unlink()
    with pytest.raises(NotFoundError):
        repair_scripts(tmp_path, files, interpreter="/opt/env/bin/python")


def _environment(prefix: Path) -> str:
    (prefix / "conda-meta").mkdir(parents=True)
    (prefix / "bin").mkdir()
    python = prefix / "bin/python"
    python.write_text("")
    python.chmod(0o755)
    return str(python)


def test_the_interpreter_is_that_of_the_stack_s_environment(tmp_path: Path) -> None:
    own, active = _environment(tmp_path / "own"), _environment(tmp_path / "active")
    stack = tmp_path / "own/share/eups"
    environ = {"CONDA_PREFIX": str(tmp_path / "active"), "PATH": str(tmp_path / "active/bin")}
    assert find_interpreter([stack], environ, hook=False) == own
    assert find_interpreter([tmp_path / "mine", stack], environ, hook=False) == own
    assert find_interpreter([tmp_path / "stack"], environ, hook=False) == active
    assert find_interpreter([stack], {**environ, "SHTRON_PYTHON": "/my/python"}, hook=False) == "/my/python"


def test_any_python_will_do_where_eups_would_take_it(tmp_path: Path) -> None:
    environ = {"PATH": str(tmp_path / "bin")}
    python = _environment(tmp_path)
    assert find_interpreter([tmp_path / "stack"], environ, hook=False) is None
    assert find_interpreter([tmp_path / "stack"], environ, hook=True) == python
    assert find_interpreter([tmp_path / "stack"], {"CONDA_PREFIX": "/none"}, hook=True) is None
