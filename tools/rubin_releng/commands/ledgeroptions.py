"""Which ledger a command looks into when nobody named one."""

from __future__ import annotations

import gc
import os
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.core.environmentnames import METAPACKAGE
from lsstinstall.core.errors import NotFoundError
from rubin_releng.adapters.ledgerfiles import load_ledger
from rubin_releng.adapters.recipefiles import find_recipe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rubin_releng.core.ledgers import Ledger

__all__ = ["nearest_ledger", "read_ledger"]


def read_ledger(path: Path) -> Ledger:
    """Read a ledger; its name in messages is as short as the current folder allows.

    Parameters
    ----------
    path : `~pathlib.Path`
        The file, or its folder.

    Returns
    -------
    ledger : `~rubin_releng.core.ledgers.Ledger`
        All of it, or the line that a reference names.

    Raises
    ------
    ToolkitError
        Raised as by `load_ledger`.
    """
    with _no_collecting():
        ledger = load_ledger(path).ledger
    short = os.path.relpath(ledger.source)
    return ledger if short.startswith("..") else replace(ledger, source=short)


def nearest_ledger(given: Path | None) -> Ledger | None:
    """Read the ledger that was given, else that of rubin-env in the checkout we are in.

    Parameters
    ----------
    given : `~pathlib.Path` or `None`
        The file, or its folder.

    Returns
    -------
    ledger : `~rubin_releng.core.ledgers.Ledger` or `None`
        `None` if none was given, and there is none.

    Raises
    ------
    ToolkitError
        Raised if it cannot be read.
    """
    if given is not None:
        return read_ledger(given)
    try:
        folder = find_recipe(METAPACKAGE, root=None, start=Path.cwd())
    except NotFoundError:
        return None
    return read_ledger(folder)


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Keep Python from looking for garbage among many values that all stay: half of the time goes there."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
