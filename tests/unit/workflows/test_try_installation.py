"""Helper `try_installation` of the workflows `wheels` and `pypi`; installing itself is tested by act."""

from __future__ import annotations

import os
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from workflows.scripts.try_installation import InstallationError, chosen, main

if TYPE_CHECKING:
    from pathlib import Path


def test_all_files_of_a_kind_are_candidates(tmp_path: Path) -> None:
    for name in ("b-1-py3-none-any.whl", "a-1-py3-none-any.whl", "a-1.tar.gz"):
        (tmp_path / name).touch()
    assert [path.name for path in chosen(tmp_path, "wheel")] == [
        "a-1-py3-none-any.whl",
        "b-1-py3-none-any.whl",
    ]
    assert [path.name for path in chosen(tmp_path, "sdist")] == ["a-1.tar.gz"]


@pytest.mark.parametrize(("kind", "message"), [("egg", "`egg` is no kind"), ("wheel", "there is no wheel")])
def test_a_kind_that_is_not_there_is_told(tmp_path: Path, kind: str, message: str) -> None:
    with pytest.raises(InstallationError, match=message):
        chosen(tmp_path, kind)


def test_a_machine_without_uv_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main({"RUNNER_TEMP": str(tmp_path), "PATH": str(tmp_path)}) == 1
    assert capsys.readouterr().out == "::error title=Installation test::there is no `uv` on this machine\n"


MODULE = """\
import sys


def main() -> None:
    print("hello", *sys.argv[1:])
    sys.exit(len(sys.argv) - 2)
"""


def _wheel(tmp_path: Path, files: dict[str, str], tag: str = "py3-none-any") -> None:
    """Make a wheel of `lsst-boxes` by hand, so that nothing has to be built or downloaded."""
    info = "lsst_boxes-1.0.dist-info"
    content = {
        **files,
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: lsst-boxes\nVersion: 1.0\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: {tag}\n",
        f"{info}/entry_points.txt": "[console_scripts]\nboxes = lsst.boxes:main\n",
    }
    content[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*content, f"{info}/RECORD"])
    (tmp_path / "dist").mkdir(exist_ok=True)
    with zipfile.ZipFile(tmp_path / f"dist/lsst_boxes-1.0-{tag}.whl", "w") as archive:
        for name, text in content.items():
            archive.writestr(name, text)


def _try(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **changes: str) -> int:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_OFFLINE", "1")
    environ = {
        "DIST": str(tmp_path / "dist"),
        "KIND": "wheel",
        "NAME": "lsst-boxes",
        "VERSION": "1.0",
        "PYTHON": sys.executable,
        "EXTRAS": "",
        "IMPORTS": "",
        "COMMANDS": "",
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "PATH": os.environ["PATH"],
    }
    return main({**environ, **changes})


@pytest.mark.process
def test_what_a_wheel_holds_is_imported_and_its_programs_are_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # `lsst` is a namespace: the package to import lies below it.
    namespace = "import pkgutil\n\n__path__ = pkgutil.extend_path(__path__, __name__)\n"
    files = {"lsst/__init__.py": namespace, "lsst/boxes/__init__.py": MODULE, "alone.py": ""}
    _wheel(tmp_path, {**files, "lsst/boxes/inner/__init__.py": ""})
    _wheel(tmp_path, {"lsst/boxes/__init__.py": "broken("}, tag="cp27-cp27m-win32")
    assert _try(tmp_path, monkeypatch, COMMANDS="boxes 'a b'\n\n") == 0
    assert (tmp_path / "summary").read_text() == (
        "- installs and works: `lsst_boxes-1.0-py3-none-any.whl`: "
        "`import alone`, `import lsst.boxes`, `boxes 'a b'`\n"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "dist", "summary"]


@pytest.mark.process
@pytest.mark.parametrize(
    ("files", "tag", "changes", "message"),
    [
        ({"a.txt": ""}, "py3-none-any", {}, "`lsst-boxes` holds no module; name what to import in `imports`"),
        ({"a.py": "import missing_one"}, "py3-none-any", {}, "`import a` failed: ModuleNotFoundError"),
        ({"a.py": ""}, "py3-none-any", {"IMPORTS": "b"}, "`import b` failed: ModuleNotFoundError"),
        (
            {"lsst/boxes/__init__.py": MODULE},
            "py3-none-any",
            {"COMMANDS": "boxes a b"},
            "`boxes a b` failed: ",
        ),
        ({"a.py": ""}, "py3-none-any", {"VERSION": "2.0"}, "installs 1.0; expected 2.0"),
        ({"a.py": ""}, "cp27-cp27m-win32", {}, "no file can be installed here: lsst_boxes-1.0-cp27"),
    ],
)
def test_what_does_not_work_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    files: dict[str, str],
    tag: str,
    changes: dict[str, str],
    message: str,
) -> None:
    _wheel(tmp_path, files, tag)
    assert _try(tmp_path, monkeypatch, **changes) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("::error title=Installation test::")
    assert message in last
    assert not (tmp_path / "summary").exists()
