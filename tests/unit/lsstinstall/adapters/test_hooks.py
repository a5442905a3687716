from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

from lsstinstall.adapters.hooks import HOOK_NAME, PostInstallHook, find_hook, write_hook
from lsstinstall.adapters.packagedata import read_data
from lsstinstall.adapters.process import ProcessError

OWN = "def distribInstallPostHook(folder, verbose):\n    open(folder + '/done', 'w').write('yes')\n"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(sys.executable)
    return {"PATH": str(tmp_path / "bin"), "EUPS_DIR": str(tmp_path / "eups")}


def _hook(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / HOOK_NAME
    path.write_text(text)
    return path


def test_the_hook_of_the_first_folder_counts(tmp_path: Path) -> None:
    assert find_hook([tmp_path / "a", tmp_path / "b"]) is None
    hook = _hook(tmp_path / "b", OWN)
    _hook(tmp_path / "c", OWN)
    assert find_hook([tmp_path / "a", tmp_path / "b", tmp_path / "c"]) == hook


def test_a_stack_gets_our_hook_unless_it_has_one(tmp_path: Path) -> None:
    assert write_hook(tmp_path)
    path = tmp_path / "site" / HOOK_NAME
    assert path.read_text() == read_data("posthook.py")
    path.write_text(OWN)
    assert not write_hook(tmp_path)
    assert path.read_text() == OWN


def test_what_we_do_ourselves_is_not_run(tmp_path: Path, environ: dict[str, str]) -> None:
    write_hook(tmp_path)
    assert PostInstallHook.of_site(find_hook([tmp_path / "site"]), environ) is None
    assert PostInstallHook.of_site(None, environ) is None
    own = _hook(tmp_path / "own", OWN)
    assert PostInstallHook.of_site(own, {"PATH": ""}) is None
    assert PostInstallHook.of_site(own, environ) is not None


@pytest.mark.process
def test_a_site_s_hook_is_run_with_eups_at_hand(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / "eups/python").mkdir(parents=True)
    (tmp_path / "eups/python/eups.py").write_text("")
    hook = PostInstallHook.of_site(_hook(tmp_path / "own", f"import eups\n{OWN}"), environ)
    assert hook is not None
    hook.run(tmp_path)
    assert (tmp_path / "done").read_text() == "yes"


@pytest.mark.process
def test_a_hook_that_fails_is_an_error(tmp_path: Path, environ: dict[str, str]) -> None:
    hook = PostInstallHook.of_site(_hook(tmp_path / "own", "raise RuntimeError('no')"), environ)
    assert hook is not None
    with pytest.raises(ProcessError, match="RuntimeError: no"):
        hook.run(tmp_path)


def test_our_hook_repairs_programs_and_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = tmp_path / "env/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text("")
    python.chmod(0o755)
    monkeypatch.setenv("PATH", str(python.parent))
    product = tmp_path / "afw"
    product.mkdir()
    for name, line, mode in (
        ("a", "#!/build/bin/python3 -E", 0o755), ("b", "#!/build/bin/python", 0o644),
        ("c", "#!/usr/bin/env python", 0o755), ("d", "", 0o755), ("e", "#!/bin/sh", 0o755),
    ):  # fmt: skip
        (product / name).write_text(f"{line}\npass\n")
        (product / name).chmod(mode)
    for name, target in (("x.so", "/build/lib/y.so"), ("z.so", "../lib/z.so.1"), ("w", "/build/w")):
        (product / name).symlink_to(target)
    hook = runpy.run_path(str(Path(__file__).parents[4] / "lsstinstall/data/posthook.py"))
    for _ in range(2):
        hook["distribInstallPostHook"](str(product), 0)
    texts = {name: (product / name).read_text().splitlines()[0] for name in "abcde"}
    assert texts == {
        "a": f"#!{python}", "b": "#!/build/bin/python", "c": "#!/usr/bin/env python", "d": "",
        "e": "#!/bin/sh",
    }  # fmt: skip
    assert (product / "a").stat().st_mode & 0o777 == 0o755
    links = {name: str((product / name).readlink()) for name in ("x.so", "z.so", "w")}
    assert links == {"x.so": "y.so", "z.so": "../lib/z.so.1", "w": "/build/w"}
    hook["distribInstallPostHook"](None)


@pytest.mark.process
def test_our_hook_writes_through_no_link(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / "afw").mkdir()
    (tmp_path / "afw/run").write_text("#!/build/bin/python\n")
    (tmp_path / "afw/run").chmod(0o755)
    (tmp_path / "other").write_text("precious")
    (tmp_path / "afw/.run.repaired").symlink_to(tmp_path / "other")
    write_hook(tmp_path)
    hook = PostInstallHook(tmp_path / "site" / HOOK_NAME, python=sys.executable, environ=environ)
    hook.run(tmp_path / "afw")
    assert (tmp_path / "other").read_text() == "precious"
    assert (tmp_path / "afw/run").stat().st_mode & 0o777 == 0o755
