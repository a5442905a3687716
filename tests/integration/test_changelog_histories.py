"""Change logs of real histories, whose answers were read by hand from `git log`.

The repositories are not ours to ship: name the folder that has them, as
``daf_butler`` or ``daf_butler.git``, in ``LSST_HISTORIES``.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from lsstinstall.commands.frame import run_main
from rubin_releng.commands.main import cli

pytestmark = pytest.mark.process


@pytest.fixture
def histories() -> Path:
    """Find the folder, or skip."""
    folder = os.environ.get("LSST_HISTORIES")
    if not folder:
        pytest.skip("LSST_HISTORIES names no folder with real repositories")
    return Path(folder)


def between(histories: Path, product: str, old: str, new: str, capsys: pytest.CaptureFixture[str]) -> Any:
    found = [path for path in (histories / product, histories / f"{product}.git") if path.exists()]
    if not found:
        pytest.skip(f"LSST_HISTORIES has no `{product}`")
    arguments = ["changelog", old, new, "--repository", f"{product}={found[0]}", "--json", "--quiet"]
    assert run_main(cli, name="x", arguments=arguments) == 0
    return json.loads(capsys.readouterr().out)["products"][product]


@pytest.mark.parametrize(
    ("product", "old", "new", "ticket"),
    [
        ("pipe_base", "w_2023_18", "w_2023_19", "DM-38953"),
        ("daf_butler", "w_2021_02", "w_2021_03", "DM-23159"),
        ("daf_butler", "v30_0_8", "v30_0_9", "DM-55436"),
        ("daf_relation", "w_2024_30", "w_2024_31", "DM-45416"),
    ],
)
def test_what_was_taken_back_is_no_news(
    product: str, old: str, new: str, ticket: str, histories: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = between(histories, product, old, new, capsys)
    assert found["reverted"] == [ticket]
    assert ticket not in found["tickets"]


def test_what_came_by_something_that_was_taken_back_is_no_news(
    histories: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = between(histories, "utils", "w_2016_53", "w_2017_10", capsys)
    # The first two had been merged into the branch of the third.
    assert found["reverted"] == ["DM-8434", "DM-8674", "DM-9014"]
    assert found["tickets"] == []


def test_what_was_reverted_and_merged_again_is_news(
    histories: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = between(histories, "daf_butler", "v28_0_0", "v29_0_0", capsys)
    assert found["relation"] == "diverged"
    assert "DM-46799" in found["tickets"]
    assert found["reverted"] == []


def test_merges_into_a_long_branch_are_found(histories: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = between(histories, "daf_butler", "w_2020_38", "w_2020_39", capsys)
    nested = {ticket for one in found["changes"] if one["kind"] == "nested" for ticket in one["tickets"]}
    assert nested == {"DM-26333", "DM-26476", "DM-26629", "DM-26630"}


def test_news_that_a_release_used_up_are_found(histories: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = between(histories, "daf_butler", "v25_0_0", "v26_0_0", capsys)
    assert len(found["fragments"]) == 74
    assert all(one["text"] for one in found["fragments"])


def test_bad_names_of_news_are_told(histories: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = between(histories, "daf_butler", "v29_0_0", "v30_0_0", capsys)
    wrong = {one["path"]: one["ticket"] for one in found["fragments"] if one["problem"]}
    assert wrong == {
        "doc/changes/DM-51660.md": "DM-51660",
        "doc/changes/DM-53631.bufix.md": "DM-53631",
    }


def test_a_third_attempt_on_the_main_line_is_no_backport(
    histories: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = between(histories, "daf_butler", "v30_0_9", "main", capsys)
    kinds = {one["branch"]: one["kind"] for one in found["changes"]}
    assert kinds["tickets/DM-55436-v3"] == "merge"


def test_other_projects_count(histories: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = between(histories, "daf_butler", "v29_1_0", "v30_0_0", capsys)
    assert "OSW-1064" in found["tickets"]
