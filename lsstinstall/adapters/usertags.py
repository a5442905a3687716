"""Tags that EUPS keeps for one user, outside the stack."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import read_text
from lsstinstall.core.chainfiles import parse_chain_file
from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.stackgraphs import ProductVersion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lsstinstall.adapters.eups import Stack

__all__ = ["read_user_tags"]


def read_user_tags(stack: Stack, environ: Mapping[str, str]) -> Iterator[tuple[ProductVersion, str]]:
    """Read a user's tags.

    Parameters
    ----------
    stack : `Stack`
        For the products of this stack.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``EUPS_USERDATA``, else ``.eups`` in ``HOME``.

    Yields
    ------
    tagged : `tuple` [ `ProductVersion`, `str` ]
        Product and tag; files that cannot be read are passed over, as EUPS
        does.
    """
    home = environ.get("EUPS_USERDATA") or f"{environ.get('HOME', '')}/.eups"
    folder = Path(home) / "_caches_" / stack.path.relative_to(stack.path.anchor)
    if not os.access(folder, os.R_OK | os.X_OK):
        return
    for path in sorted(folder.glob("*/*.chain")):
        with suppress(ToolkitError):
            chain = parse_chain_file(read_text(path), source=str(path))
            assignment = chain.find(stack.flavor)
            if assignment is not None:
                yield ProductVersion(chain.product, assignment.version), chain.tag
