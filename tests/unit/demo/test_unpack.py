from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from demo.recipes.wheel.unpack import unpack

if TYPE_CHECKING:
    from pathlib import Path


def _unpack(tmp_path: Path, files: dict[str, str]) -> Path:
    wheel = tmp_path / "x-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.mkdir("x")
        for name, content in files.items():
            archive.writestr(name, content)
    prefix = tmp_path / "prefix"
    unpack(wheel, prefix, prefix / "site-packages")
    return prefix


def test_modules_go_to_site_packages_and_data_to_its_place(tmp_path: Path) -> None:
    prefix = _unpack(
        tmp_path,
        {
            "x/__init__.py": "",
            "x-1.0.data/platlib/x/compiled.so": "",
            "x-1.0.data/data/share/man/x.1": "",
            "x-1.0.data/headers/x.h": "",
        },
    )
    assert sorted(path.relative_to(prefix).as_posix() for path in prefix.rglob("*.*") if path.is_file()) == [
        "include/x.h",
        "share/man/x.1",
        "site-packages/x/__init__.py",
        "site-packages/x/compiled.so",
    ]


def test_scripts_run_with_the_python_of_the_prefix(tmp_path: Path) -> None:
    prefix = _unpack(tmp_path, {"x-1.0.data/scripts/x": "#!python\nprint()\n"})
    script = prefix / "bin" / "x"
    assert script.read_text() == f"#!{prefix}/bin/python\nprint()\n"
    assert script.stat().st_mode & 0o111 == 0o111


def test_entry_points_become_commands_with_their_case_kept(tmp_path: Path) -> None:
    points = "[console_scripts]\nX-Run = x.cli:App.main [extra]\n\n[gui_scripts]\ny = x:y\n"
    prefix = _unpack(tmp_path, {"x-1.0.dist-info/entry_points.txt": points})
    assert [path.name for path in (prefix / "bin").iterdir()] == ["X-Run"]
    lines = (prefix / "bin" / "X-Run").read_text().splitlines()
    assert {"from x.cli import App", "    sys.exit(App.main())"} <= set(lines)


def test_a_wheel_without_commands_makes_none(tmp_path: Path) -> None:
    prefix = _unpack(tmp_path, {"x-1.0.dist-info/entry_points.txt": "[x.plugins]\na = x:a\n", "x.py": ""})
    assert not (prefix / "bin").exists()
