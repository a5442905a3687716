from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.customizations import customization_folders, read_remap_table
from lsstinstall.core.errors import FormatError
from lsstinstall.core.names import ProductName
from lsstinstall.core.versions import EupsVersion
from tests.support.packages import LINUX

if TYPE_CHECKING:
    from collections.abc import Mapping

ONE = Path("/stacks/one")


@pytest.mark.parametrize(
    ("environ", "folders"),
    [
        ({}, ["/stacks/one/site"]),
        ({"EUPS_DIR": "/eups", "HOME": "/home/me"}, ["/eups/site", "/stacks/one/site", "/home/me/.eups"]),
        (
            {"EUPS_DIR": "/eups", "EUPS_SITEDATA": "/site", "EUPS_USERDATA": "/me", "HOME": "/home/me"},
            ["/site", "/stacks/one/site", "/me"],
        ),
    ],
)
def test_the_site_comes_before_the_stacks_and_these_before_the_user(
    environ: Mapping[str, str], folders: list[str]
) -> None:
    assert [str(folder) for folder in customization_folders([ONE], environ)] == folders


def test_the_lines_of_the_first_folder_count(tmp_path: Path) -> None:
    for name, text in (("a", "git 2\n"), ("b", "git 3\ncurl None\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.remap").write_text(text)
    table = read_remap_table([tmp_path / "none", tmp_path / "a", tmp_path / "b"])
    assert table.apply(ProductName("git"), EupsVersion("1"), LINUX) == ("git", "2")
    assert table.apply(ProductName("curl"), EupsVersion("1"), LINUX) is None


def test_a_broken_line_is_told_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "manifest.remap").write_text("git 2 Linux64 what\n")
    with pytest.raises(FormatError, match=r"manifest\.remap:1:15"):
        read_remap_table([tmp_path])
