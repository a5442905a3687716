from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.productrepairs import ProductFolder
from lsstinstall.core.errors import NotFoundError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    made = tmp_path / "fresh"
    (made / "lib/deep").mkdir(parents=True)
    for name in ("one", "two", "three"):
        (made / "lib/deep" / name).write_text("as it was\n")
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "stack/Linux64/afw/1"


def _restore(folder: Path, fresh: Path, *paths: str) -> tuple[str, ...]:
    return ProductFolder(folder, stack=folder.parents[2]).restore(fresh, paths)


def test_a_folder_that_is_gone_is_made_again(folder: Path, fresh: Path) -> None:
    assert _restore(folder, fresh, "lib/deep/one", "lib/deep/two") == ()
    assert sorted(path.name for path in folder.rglob("*")) == ["deep", "lib", "one", "two"]


def test_what_was_there_is_kept_each_time(folder: Path, fresh: Path) -> None:
    (folder / "lib/deep").mkdir(parents=True)
    place = folder / "lib/deep/one"
    place.write_text("mine\n")
    kept = _restore(folder, fresh, "lib/deep/one")
    (fresh / "lib/deep/one").write_text("as it was\n")
    again = _restore(folder, fresh, "lib/deep/one")
    assert place.read_text() == "as it was\n"
    stack = folder.parents[2]
    assert kept == (str(stack / ".lsstinstall/replaced/Linux64/afw/1/lib/deep/one"),)
    assert again == (f"{kept[0]}.2",)
    assert (stack / ".lsstinstall/replaced/Linux64/afw/1/lib/deep/one").read_text() == "mine\n"


def test_a_link_in_place_of_a_folder_is_not_followed(folder: Path, fresh: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere/deep").mkdir(parents=True)
    folder.mkdir(parents=True)
    (folder / "lib").symlink_to(tmp_path / "elsewhere")
    kept = _restore(folder, fresh, "lib/deep/one")
    assert len(kept) == 1
    assert list((tmp_path / "elsewhere/deep").iterdir()) == []
    assert (folder / "lib/deep/one").is_file()


def test_a_product_that_lies_elsewhere_stays_there(folder: Path, fresh: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere/other").mkdir(parents=True)
    folder.parent.mkdir(parents=True)
    folder.symlink_to(tmp_path / "elsewhere")
    assert _restore(folder, fresh, "lib/deep/one") == ()
    assert folder.is_symlink()
    assert (tmp_path / "elsewhere/lib/deep/one").is_file()


def test_a_file_that_another_product_shares_stays_as_it_is_there(
    folder: Path, fresh: Path, tmp_path: Path
) -> None:
    (folder / "lib/deep").mkdir(parents=True)
    (tmp_path / "other").write_text("changed in both\n")
    os.link(tmp_path / "other", folder / "lib/deep/one")
    _restore(folder, fresh, "lib/deep/one")
    assert (tmp_path / "other").read_text() == "changed in both\n"


def test_what_lies_outside_the_stack_is_kept_in_it(tmp_path: Path, fresh: Path) -> None:
    outside, stack = tmp_path / "outside", tmp_path / "stack"
    (outside / "lib/deep").mkdir(parents=True)
    (outside / "lib/deep/one").write_text("mine\n")
    kept = ProductFolder(outside, stack=stack).restore(fresh, ["lib/deep/one"])
    assert kept == (f"{stack}/.lsstinstall/replaced{outside}/lib/deep/one",)


def test_a_file_that_the_package_lacks_is_told(folder: Path, fresh: Path) -> None:
    with pytest.raises(NotFoundError, match="cannot restore"):
        _restore(folder, fresh, "lib/deep/four")


def test_what_cannot_be_moved_away_is_told(folder: Path, fresh: Path) -> None:
    (folder / "lib/deep").mkdir(parents=True)
    (folder / "lib/deep/one").write_text("mine\n")
    kept = folder.parents[2] / ".lsstinstall/replaced/Linux64/afw/1/lib"
    kept.parent.mkdir(parents=True)
    kept.write_text("in the way\n")
    with pytest.raises(NotFoundError, match="cannot make the folder"):
        _restore(folder, fresh, "lib/deep/one")
    assert (folder / "lib/deep/one").read_text() == "mine\n"
