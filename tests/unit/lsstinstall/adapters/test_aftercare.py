from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.aftercare import AfterCare
from lsstinstall.adapters.hooks import HOOK_NAME, write_hook
from lsstinstall.adapters.trees import list_files
from lsstinstall.core.reporting import SilentReporter

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = "#!/build/bin/python\n"


class _Warnings(SilentReporter):
    def __init__(self) -> None:
        self.texts: list[str] = []

    def warn(self, text: str, *, hint: str | None = None) -> None:
        del hint
        self.texts.append(text)


@pytest.fixture
def product(tmp_path: Path) -> Path:
    folder = tmp_path / "afw"
    folder.mkdir()
    (folder / "run").write_text(SCRIPT)
    (folder / "run").chmod(0o755)
    return folder


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(sys.executable)
    return {"PATH": str(tmp_path / "bin")}


def test_without_an_environment_and_a_hook_nothing_is_done(
    product: Path, tmp_path: Path, environ: dict[str, str]
) -> None:
    care = AfterCare.of_stack([tmp_path / "stack"], environ)
    files = list_files(product)
    assert care.repair(product, files) is files
    assert care.settle("afw 1", product, files, reporter=SilentReporter()) is files


def test_where_eups_has_our_hook_scripts_are_repaired_and_it_is_not_run(
    product: Path, tmp_path: Path, environ: dict[str, str]
) -> None:
    write_hook(tmp_path / "stack")
    care = AfterCare.of_stack([tmp_path / "stack"], environ)
    files = care.repair(product, list_files(product))
    assert (product / "run").read_text() == f"#!{tmp_path}/bin/python\n"
    assert care.settle("afw 1", product, files, reporter=SilentReporter()) is files


@pytest.mark.process
def test_a_site_s_hook_is_run_and_what_it_changes_is_written_down(
    product: Path, tmp_path: Path, environ: dict[str, str]
) -> None:
    (tmp_path / "stack/site").mkdir(parents=True)
    hook = "def distribInstallPostHook(folder, verbose):\n    open(folder + '/run', 'a').write('more')\n"
    (tmp_path / "stack/site" / HOOK_NAME).write_text(f"{hook}    open(folder + '/new', 'w').close()\n")
    care = AfterCare.of_stack([tmp_path / "stack"], environ)
    before = list_files(product)
    files = care.settle("afw 1", product, before, reporter=SilentReporter())
    assert [file.path for file in files.files] == ["new", "run"]
    assert files.originals == before.files


@pytest.mark.process
def test_a_hook_that_fails_is_told_and_no_more(
    product: Path, tmp_path: Path, environ: dict[str, str]
) -> None:
    (tmp_path / "stack/site").mkdir(parents=True)
    (tmp_path / "stack/site" / HOOK_NAME).write_text("raise RuntimeError('no')\n")
    warnings = _Warnings()
    care = AfterCare.of_stack([tmp_path / "stack"], environ)
    before = list_files(product)
    assert care.settle("afw 1", product, before, reporter=warnings) == before
    assert "failed for `afw 1`" in warnings.texts[0]
    assert "RuntimeError: no" in warnings.texts[0]
