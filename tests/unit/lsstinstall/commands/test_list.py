from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.eups import Stack, TablePlace
from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from lsstinstall.core.names import Flavor, ProductName
from lsstinstall.core.versions import EupsVersion
from tests.support.packages import LINUX

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    made = Stack.create(tmp_path / "stack", flavor=LINUX)
    for product, version in (("afw", "1.0"), ("afw", "2.0"), ("utils", "1.0")):
        made.declare(ProductName(product), EupsVersion(version), directory=None, table=TablePlace.NOWHERE)
    made.assign_tag(ProductName("afw"), EupsVersion("1.0"), "w_2026_10")
    return made


def _list(*arguments: str) -> int:
    return run_main(cli, name="lsstinstall", arguments=["list", *arguments, "--flavor", "Linux64"])


def test_what_is_installed_is_listed_with_its_tags(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    assert _list("--stack", str(stack.path)) == 0
    assert capsys.readouterr().out.splitlines() == [
        "product  version  tags",
        "afw      1.0      current w_2026_10",
        "afw      2.0      -",
        "utils    1.0      current",
    ]


def test_the_list_in_json_has_places(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    assert _list("utils", "--stack", str(stack.path), "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "schema": 1,
        "products": [
            {
                "product": "utils", "version": "1.0", "flavor": "Linux64", "tags": ["current"],
                "directory": None, "stack": str(stack.path),
            }
        ],
    }  # fmt: skip


def test_sizes_are_told_on_request(stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "stack/Linux64/obs/1"
    folder.mkdir(parents=True)
    (folder / "data").write_bytes(b"x" * 100_000)
    (folder / "same").hardlink_to(folder / "data")
    stack.declare(ProductName("obs"), EupsVersion("1"), directory=folder, table=TablePlace.NOWHERE)
    assert _list("--stack", str(stack.path), "--sizes", "--json") == 0
    sizes = {row["product"]: row["bytes"] for row in json.loads(capsys.readouterr().out)["products"]}
    assert sizes["afw"] == 0
    assert 100_000 <= sizes["obs"] < 150_000
    assert _list("obs", "--stack", str(stack.path), "--sizes") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["product", "obs", "1"]
    assert lines[-1].startswith("1 listed, 10")


def test_only_what_carries_a_tag_can_be_listed(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    assert _list("--stack", str(stack.path), "-t", "w_2026_10") == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["afw      1.0      current w_2026_10"]


def test_several_stacks_are_listed_in_order(
    stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Stack.create(tmp_path / "other", flavor=LINUX)
    other.declare(ProductName("obs"), EupsVersion("1.0"), directory=None, table=TablePlace.NOWHERE)
    assert _list("--stack", f"{other.path}:{stack.path}", "--json") == 0
    rows = json.loads(capsys.readouterr().out)["products"]
    assert [row["product"] for row in rows] == ["obs", "afw", "afw", "utils"]


def test_the_stack_of_the_environment_is_the_default(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EUPS_PATH", str(stack.path))
    assert _list() == 0
    assert "utils" in capsys.readouterr().out


def test_an_empty_stack_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Stack.create(tmp_path / "stack", flavor=Flavor("Linux64"))
    assert _list("--stack", str(tmp_path / "stack")) == 0
    assert capsys.readouterr().out == "nothing is installed\n"


def test_a_tag_that_nothing_carries_is_named(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    assert _list("--stack", str(stack.path), "-t", "w_2026_99") == 0
    assert capsys.readouterr().out == "nothing with the tag `w_2026_99` is installed\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("obs",), "no `obs` is installed"),
        (("utils", "-t", "w_2026_10"), "no `utils` with the tag `w_2026_10`"),
    ],
)
def test_what_is_not_installed_is_not_found(
    stack: Stack, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    assert _list("--stack", str(stack.path), *arguments) == 3
    assert message in capsys.readouterr().err


def test_no_stack_and_no_environment_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert _list() == 2
    assert "no stack was named" in capsys.readouterr().err


def test_a_folder_without_a_database_is_no_stack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _list("--stack", str(tmp_path)) == 3
    assert "is no stack" in capsys.readouterr().err
