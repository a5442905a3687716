"""The reusable workflow `stack-build`, run by act on a ticket branch over tiny repositories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.actruns import make_sample, run_reusable
from tests.support.buildenvironments import PYTHON_PRODUCT
from tests.support.stackbuilding import TinyStack
from tests.support.stacksamples import make_env_channel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.actruns import ActResult

pytestmark = [pytest.mark.process, pytest.mark.network, pytest.mark.conda, pytest.mark.slow]

TABLE = "envPrepend(PYTHONPATH, ${PRODUCT_DIR}/python)\n"
BROKEN = PYTHON_PRODUCT["pyproject.toml"].replace("hatchling.build", "nothing_there")


def run(tmp_path: Path, change: dict[str, str], **inputs: object) -> ActResult:
    """Build three products, one of which has a ticket branch with a change."""
    folder = tmp_path / "remotes"
    folder.mkdir()
    tiny = TinyStack(folder)
    tiny.add("data", files={"data/x.txt": "x"})
    tiny.add("tool", "data", files=PYTHON_PRODUCT, table=TABLE)
    tiny.add("top", "tool")
    tiny.remotes["tool"].commit(change, branch="tickets/DM-1")
    sample = make_sample(tmp_path / "sample", {"repos.yaml": (folder / "repos.yaml").read_text()})
    common = {
        "products": "top",
        "refs": "tickets/DM-1 main",
        "repos-repository": "",
        "repos": "repos.yaml",
        "version": "13.0.1",
        "channel": str(make_env_channel(tmp_path / "conda")),
    }
    return run_reusable(tmp_path, "stack-build", sample, inputs={**common, **inputs})


def test_a_ticket_branch_is_built_where_there_is_one(tmp_path: Path) -> None:
    result = run(tmp_path, {"policy/defaults.yaml": "a: 2\n"})
    assert result.code == 0, result.log
    assert result.outputs == {"build": "b1", "products": "3", "installed": "3", "failed": ""}
    rows = [line for line in result.summary.splitlines() if line.startswith("| tool |")]
    assert "`tickets/DM-1` | installed" in rows[0]
    assert "| `main` | installed" in result.summary
    (kept,) = result.artifacts.iterdir()
    names = {path.relative_to(kept).as_posix() for path in kept.rglob("*") if path.is_file()}
    assert {"manifest.txt", "status.yaml", "tool/_build.log"} <= names
    assert "tool/tests/.tests/pytest-tool-build.xml" in names


def test_a_product_that_cannot_be_built_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    result = run(tmp_path, {"pyproject.toml": BROKEN})
    assert result.code == 1
    assert result.failed == ["Build the products"], result.log
    assert "`tool` could not be built" in [one.message for one in result.annotations]
    assert "#### `tool` failed" in result.summary
    assert "No module named 'nothing_there'" in result.summary
    assert "`main` | blocked" in result.summary
    assert result.steps["Summarize the build"].outputs["failed"] == "tool"
    (report,) = result.artifacts.rglob("pytest-tool-build.xml")
    assert "<failure " in report.read_text()


def test_inputs_of_a_build_are_never_run(tmp_path: Path) -> None:
    result = run(tmp_path, {"a": "b"}, products="top\n$(touch pwned)", refs='`touch pwned`\n"; touch pwned')
    assert result.failed == ["Get the sources"], result.log
    assert "is not a product name" in result.steps["Get the sources"].output
    assert not list(tmp_path.rglob("pwned"))
