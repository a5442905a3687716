from __future__ import annotations

import re
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from demo.material.interpreter import Interpreter, running_interpreter, stage_interpreter
from demo.material.wheels import normalized_name, read_wheel, wheel_recipe
from demo.places import DEMO
from lsstinstall.core.errors import CorruptError

if TYPE_CHECKING:
    from collections.abc import Mapping

_METADATA = """\
Metadata-Version: 2.4
Name: Py_Thing
Version: 1.2
Summary: A thing
License-Expression: MIT
Requires-Dist: numpy>=1.24,!=2.0
Requires-Dist: click (>=8) ; python_version >= "3.8"
Requires-Dist: sphinx ; extra == "docs"
Requires-Dist: colorama ; sys_platform == "win32"

"""


def _wheel(folder: Path, tag: str, files: Mapping[str, str] | None = None) -> Path:
    path = folder / f"py_thing-1.2-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {"py_thing-1.2.dist-info/METADATA": _METADATA, **(files or {})}.items():
            archive.writestr(name, content)
    return path


def test_a_wheel_says_what_it_needs(tmp_path: Path) -> None:
    wheel = read_wheel(_wheel(tmp_path, "py3-none-any"))
    assert (wheel.name, wheel.version, wheel.pure, wheel.license) == ("py-thing", "1.2", True, "MIT")
    assert wheel.requires == (("numpy", ">=1.24,!=2.0"), ("click", ">=8"), ("colorama", ""))


def test_a_file_that_is_no_wheel_is_corrupt(tmp_path: Path) -> None:
    (tmp_path / "x.whl").write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(CorruptError, match="is no wheel"):
        read_wheel(tmp_path / "x.whl")


def test_the_recipe_of_a_pure_wheel_is_good_for_every_platform(tmp_path: Path) -> None:
    wheel = read_wheel(_wheel(tmp_path, "py3-none-any"))
    recipe = wheel_recipe(wheel, known={"numpy", "click"}, python="3.12", builder=Path("/bin/python"))
    assert recipe["requirements"] == {"run": ["python", "numpy >=1.24,!=2.0", "click >=8"]}
    assert recipe["source"] == {"path": "py_thing-1.2-py3-none-any.whl"}
    assert "noarch" in str(recipe["build"])


def test_the_recipe_of_a_compiled_wheel_needs_its_python(tmp_path: Path) -> None:
    wheel = read_wheel(_wheel(tmp_path, "cp312-cp312-manylinux_2_28_x86_64"))
    recipe = wheel_recipe(wheel, known=set(), python="3.12", builder=Path("/bin/python"))
    assert recipe["requirements"] == {"run": ["python 3.12.*"]}
    assert "noarch" not in str(recipe["build"])


@pytest.mark.parametrize("name", ["Py_Thing", "py.thing", "PY--thing"])
def test_names_are_normalized(name: str) -> None:
    assert normalized_name(name) == "py-thing"


def test_the_lock_names_no_place_and_a_digest_for_all() -> None:
    lock = (DEMO / "wheels.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    for requirement in re.split(r"(?m)^(?=[a-z])", lock)[1:]:
        assert "--hash=sha256:" in requirement


def _fake_python(base: Path) -> Interpreter:
    library = base / "lib" / "python3.12"
    files = {
        base / "bin" / "python3.12": b"\x7fELF...\0" + f"{base}/lib".encode() + b"\0end",
        base / "lib" / "libpython3.12.so.1.0": b"\x7fELF",
        library / "site.py": b"",
        library / "test" / "big.py": b"",
        library / "config" / "libpython3.12.a": b"",
        library / "EXTERNALLY-MANAGED": b"",
        library / "_sysconfigdata__linux_.py": f"x = '-L{base}/lib'".encode(),
        base / "include" / "python3.12" / "Python.h": b"",
    }
    for path, data in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (base / "lib" / "libpython3.12.so").symlink_to("libpython3.12.so.1.0")
    return Interpreter(
        version="3.12.1",
        base=base,
        executable=base / "bin" / "python3.12",
        library=library,
        include=base / "include" / "python3.12",
        library_folder="lib",
    )


def test_a_staged_python_has_what_runs_and_builds_and_no_more(tmp_path: Path) -> None:
    stage_interpreter(_fake_python(tmp_path / "base"), tmp_path / "python.tar")
    with tarfile.open(tmp_path / "python.tar") as tar:
        names = tar.getnames()
        assert tar.getmember("lib/libpython3.12.so").linkname == "libpython3.12.so.1.0"
    assert sorted(names) == [
        "bin/python",
        "bin/python3",
        "bin/python3.12",
        "include/python3.12/Python.h",
        "lib/libpython3.12.so",
        "lib/libpython3.12.so.1.0",
        "lib/python3.12/_sysconfigdata__linux_.py",
        "lib/python3.12/site.py",
    ]


def test_a_staged_python_forgets_where_it_was(tmp_path: Path) -> None:
    base = tmp_path / "a-prefix-of-some-length"
    stage_interpreter(_fake_python(base), tmp_path / "python.tar")
    content = (tmp_path / "python.tar").read_bytes()
    assert str(base).encode() not in content
    assert b"\0$ORIGIN/../lib\0" in content
    assert b"-L@PREFIX@/lib" in content


def test_a_python_that_looks_for_dist_packages_is_taught_better(tmp_path: Path) -> None:
    python = _fake_python(tmp_path / "base")
    (python.library / "site.py").write_text("'dist-packages'", encoding="utf-8")
    stage_interpreter(python, tmp_path / "python.tar")
    with tarfile.open(tmp_path / "python.tar") as tar:
        assert "lib/python3.12/sitecustomize.py" in tar.getnames()


def test_the_same_python_is_staged_to_the_same_bytes(tmp_path: Path) -> None:
    python = _fake_python(tmp_path / "base")
    for name in ("one.tar", "two.tar"):
        stage_interpreter(python, tmp_path / name)
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def test_the_running_python_is_found_below_its_virtual_environment() -> None:
    python = running_interpreter()
    assert (python.library / "site.py").is_file()
    assert python.executable.is_file()
