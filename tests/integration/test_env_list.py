"""`rubin-releng env list` on the ledger of rubin-env."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lsstinstall.commands.frame import run_main
from rubin_releng.commands.main import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.conda]

LEDGER = Path(__file__).parents[2] / "recipes/rubin-env"


@pytest.fixture(autouse=True)
def _quiet_logging() -> Iterator[None]:
    """Undo what a command does to the logging of its process."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def _list(*arguments: object) -> int:
    return run_main(cli, name="rubin-releng", arguments=["env", "list", *map(str, arguments)])


def test_all_versions_are_listed_with_what_used_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert _list("--ledger", LEDGER, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    versions = {one["version"]: one for one in answer["versions"]}
    assert versions["4.0.5"]["releases"] == ["24.0.0", "24.1.0-24.1.6"]
    assert versions["4.0.5"]["lines"] == ["4.0"]
    assert versions["0.8.4"]["default"] is None
    # 23.0.0 was made from this weekly with this version.
    period = versions["0.7.0"]["default"]
    assert period["first_weekly"] < "w_2021_40" < period["last_weekly"]
    assert answer["defaults"][0]["version"] == "0.1.4"
    assert {key: answer["lines"][-1][key] for key in ("name", "live")} == {"name": "0.8", "live": False}


def test_a_line_is_listed_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert _list("--ledger", LEDGER, "--line", "0.8") == 0
    out = capsys.readouterr().out
    assert "0.8.3" in out
    assert "13.0.1" not in out
    assert "default  since" not in out


def test_a_line_that_is_none_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert _list("--ledger", LEDGER, "--line", "0.9") == 3
    assert "has no line `0.9`" in capsys.readouterr().err


def test_without_a_ledger_there_is_nothing_to_list(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert _list() == 3
    assert "--ledger" in capsys.readouterr().err
