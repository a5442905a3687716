from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.eups import InternedTable, Stack, TablePlace
from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from lsstinstall.core.names import ProductName
from lsstinstall.core.versions import EupsVersion
from tests.support.stacks import LINUX, StackProduct, write_stack

if TYPE_CHECKING:
    from pathlib import Path

PRODUCTS = (
    StackProduct(name="utils", version="1", table="", tags=("current", "w_2026_10")),
    StackProduct(name="utils", version="2", table="", tags=("w_2026_11",)),
    StackProduct(name="afw", version="1", table="setupRequired(utils 1)\n", tags=("w_2026_10",)),
)


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    write_stack(PRODUCTS, tmp_path / "stack")
    return tmp_path / "stack"


def _remove(stack: Path | str, *arguments: str) -> int:
    where = ["--stack", str(stack), "--flavor", "Linux64"]
    return run_main(cli, name="lsstinstall", arguments=["remove", *arguments, *where])


def _left(stack: Path) -> dict[str, tuple[str, ...]]:
    opened = Stack.open(stack, flavor=LINUX)
    return {str(product): opened.versions(product) for product in opened.products()}


def test_a_product_goes_with_its_tags_and_its_folder(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _remove(stack, "utils@2") == 0
    assert _left(stack) == {"afw": ("1",), "utils": ("1",)}
    assert not (stack / "Linux64/utils/2").exists()
    assert not (stack / "ups_db/utils/w_2026_11.chain").exists()
    assert capsys.readouterr().out.startswith("1 removed, ")


def test_the_last_version_leaves_no_empty_folder(stack: Path) -> None:
    assert _remove(stack, "afw") == 0
    assert not (stack / "Linux64/afw").exists()
    assert not (stack / "ups_db/afw").exists()
    assert list((stack / "EupsBuildDir/Linux64").iterdir()) == []


def test_what_others_need_is_refused(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _remove(stack, "utils@1") == 6
    assert "`afw` 1 needs what would be removed" in capsys.readouterr().err
    assert len(_left(stack)["utils"]) == 2


def test_what_others_need_goes_by_force(stack: Path) -> None:
    assert _remove(stack, "utils@1", "--force") == 0
    assert _left(stack) == {"afw": ("1",), "utils": ("2",)}


def test_what_nobody_else_needs_goes_along(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _remove(stack, "afw", "-R", "--json") == 0
    data = json.loads(capsys.readouterr().out)
    assert [(one["product"], one["version"]) for one in data["removals"]] == [("afw", "1"), ("utils", "1")]
    assert _left(stack) == {"utils": ("2",)}


def test_a_dry_run_tells_all_and_changes_nothing(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(stack.rglob("*"))
    assert _remove(stack, "utils@1", "--dry-run") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("remove utils 1 (")
    assert lines[0].endswith(" current w_2026_10")
    assert lines[1] == "needed by afw 1"
    assert lines[3] == "refused without `--force`: `afw` 1 needs what would be removed"
    assert sorted(stack.rglob("*")) == before


def test_a_version_may_stand_behind_a_blank_as_with_eups(stack: Path) -> None:
    assert _remove(stack, "utils", "2") == 0
    assert _left(stack) == {"afw": ("1",), "utils": ("1",)}
    assert _remove(stack, "afw", "utils") == 0
    assert _left(stack) == {}


def test_the_version_of_a_tag_can_be_named(stack: Path) -> None:
    assert _remove(stack, "utils", "-t", "w_2026_11") == 0
    assert _left(stack)["utils"] == ("1",)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("obs",), 3, "no `obs` is installed"),
        (("obs@1",), 3, "`obs` 1 is not installed"),
        (("utils@3",), 3, "there is `utils@1`, `utils@2`"),
        (("utils",), 2, "which version of `utils` is not said"),
        (("utils", "-t", "w_1"), 3, "no `utils` with the tag `w_1` is installed"),
        (("utils", "3"), 2, "which version of `utils` is not said"),
        (("ut ils",), 2, "is not a product name"),
        ((), 2, "missing argument"),
    ],
)
def test_what_cannot_be_meant_is_told(
    stack: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, message: str
) -> None:
    assert _remove(stack, *arguments) == code
    assert message in capsys.readouterr().err


def test_what_is_set_up_is_refused(
    stack: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SETUP_AFW", f"afw 1 -f Linux64 -Z {stack}")
    assert _remove(stack, "afw") == 6
    assert "set up in this shell: `afw` 1" in capsys.readouterr().err


def test_somebody_s_own_folder_is_kept(
    stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "work" / "obs"
    own.mkdir(parents=True)
    opened = Stack.open(stack, flavor=LINUX)
    opened.declare(ProductName("obs"), EupsVersion("mine"), directory=own, table=TablePlace.NOWHERE)
    assert _remove(stack, "obs", "--dry-run") == 0
    assert "remove obs mine (folder stays) current" in capsys.readouterr().out
    assert _remove(stack, "obs") == 0
    assert own.is_dir()
    assert "obs mine: folder kept: " in capsys.readouterr().out


def test_a_folder_in_which_another_product_lies_is_kept(stack: Path) -> None:
    inner = stack / "Linux64/utils/2/inner"
    inner.mkdir()
    opened = Stack.open(stack, flavor=LINUX)
    opened.declare(ProductName("inner"), EupsVersion("1"), directory=inner, table=TablePlace.NOWHERE)
    assert _remove(stack, "utils@2") == 0
    assert inner.is_dir()


@pytest.mark.parametrize("place", ["utils/../../../elsewhere/obs", "link/obs"])
def test_a_folder_that_only_seems_to_be_in_the_stack_is_kept(
    stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    own = tmp_path / "elsewhere" / "obs"
    own.mkdir(parents=True)
    (stack / "Linux64/link").symlink_to(own.parent)
    opened = Stack.open(stack, flavor=LINUX)
    opened.declare(ProductName("obs"), EupsVersion("1"), directory=own, table=TablePlace.NOWHERE)
    file = stack / "ups_db/obs/1.version"
    file.write_text(file.read_text().replace(str(own), f"Linux64/{place}"))
    assert _remove(stack, "obs") == 0
    assert own.is_dir()
    assert f"`{own}` is not among the stack's own folders" in capsys.readouterr().out


def test_a_folder_in_the_folder_of_another_product_is_kept(
    stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inner = stack / "Linux64/utils/2/inner"
    inner.mkdir()
    opened = Stack.open(stack, flavor=LINUX)
    opened.declare(ProductName("inner"), EupsVersion("1"), directory=inner, table=TablePlace.NOWHERE)
    assert _remove(stack, "inner") == 0
    assert inner.is_dir()
    assert f"`{inner}` belongs to another product" in capsys.readouterr().out


def test_a_linked_folder_loses_its_link_only(stack: Path, tmp_path: Path) -> None:
    (stack / "Linux64/utils/2").rename(tmp_path / "real")
    (stack / "Linux64/utils/2").symlink_to(tmp_path / "real")
    assert _remove(stack, "utils@2") == 0
    assert (tmp_path / "real/ups/utils.table").is_file()
    assert not (stack / "Linux64/utils/2").is_symlink()


def test_a_product_whose_folder_is_gone_can_be_forgotten(stack: Path) -> None:
    (stack / "Linux64/utils/2").rename(stack / "elsewhere")
    assert _remove(stack, "utils@2") == 0
    assert _left(stack)["utils"] == ("1",)


def test_an_interned_table_goes_along(stack: Path) -> None:
    opened = Stack.open(stack, flavor=LINUX)
    opened.declare(
        ProductName("meta"),
        EupsVersion("1"),
        directory=None,
        table=InternedTable(text="setupRequired(utils)\n"),
    )
    assert (stack / "ups_db/Linux64/meta/1").is_dir()
    assert _remove(stack, "meta") == 0
    assert not (stack / "ups_db/Linux64/meta/1").exists()


def test_a_table_that_cannot_be_read_is_told(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (stack / "Linux64/afw/1/ups/afw.table").unlink()
    assert _remove(stack, "utils@2") == 0
    assert "nobody knows what a product needs: `afw` 1 is declared with a table" in capsys.readouterr().err


def test_a_product_of_the_next_stack_is_found_there(stack: Path, tmp_path: Path) -> None:
    front = tmp_path / "front"
    write_stack([StackProduct(name="obs", version="1", table="setupRequired(afw)\n")], front)
    assert _remove(f"{front}:{stack}", "utils@2") == 0
    assert _left(stack)["utils"] == ("1",)
    assert _remove(f"{front}:{stack}", "afw") == 6


def test_products_of_two_stacks_are_removed_one_stack_at_a_time(
    stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    front = tmp_path / "front"
    write_stack([StackProduct(name="obs", version="1")], front)
    assert _remove(f"{front}:{stack}", "obs", "afw") == 3
    assert f"`afw` 1 is not in `{front}`" in capsys.readouterr().err


def test_what_the_next_stack_has_as_well_may_go(stack: Path, tmp_path: Path) -> None:
    write_stack(PRODUCTS[:1], tmp_path / "next")
    assert _remove(f"{stack}:{tmp_path / 'next'}", "utils@1") == 0


def test_a_failure_is_told_in_json(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (stack / "EupsBuildDir").write_text("in the way")
    assert _remove(stack, "afw", "--json") == 3
    data = json.loads(capsys.readouterr().out)
    assert data["removals"] == []
    assert "cannot make the folder" in data["error"]["message"]
    assert _remove(stack, "utils@2") == 3
    assert "cannot make the folder" in capsys.readouterr().err
    assert len(_left(stack)["utils"]) == 2
