"""Small disks of their own, which tests may fill."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["remount", "small_disk"]


@contextmanager
def small_disk(folder: Path, options: str) -> Iterator[Path]:
    """Mount a disk in memory; where that is not allowed the test is skipped.

    Parameters
    ----------
    folder : `~pathlib.Path`
        Made for it; its parent is there.
    options : `str`
        As `mount -o` takes them, ``size=1m``.

    Yields
    ------
    folder : `~pathlib.Path`
        The same.
    """
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mounting is not allowed here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        # Lazily: it goes even if a test that failed left somebody in it.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def remount(folder: Path, options: str) -> None:
    """Change the options of a small disk.

    Parameters
    ----------
    folder : `~pathlib.Path`
        From `small_disk`.
    options : `str`
        Those that change, ``ro``.
    """
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)
