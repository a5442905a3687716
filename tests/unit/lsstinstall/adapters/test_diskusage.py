from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lsstinstall.adapters.diskusage import freed_bytes

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_worth_its_blocks(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 100_000)
    assert 100_000 <= freed_bytes([tmp_path / "file"]) < 120_000


def test_a_file_that_stays_elsewhere_gains_nothing(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    (tmp_path / "one/file").write_bytes(b"x" * 10_000)
    os.link(tmp_path / "one/file", tmp_path / "two/file")
    assert freed_bytes([tmp_path / "one"]) == 0
    assert freed_bytes([tmp_path / "one", tmp_path / "two"]) >= 10_000


def test_links_are_not_followed_and_what_is_not_there_counts_nothing(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"x" * 100_000)
    (tmp_path / "link").symlink_to("big")
    assert freed_bytes([tmp_path / "link", tmp_path / "nothing"]) < 10_000
