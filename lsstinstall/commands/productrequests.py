"""What products a user wants, with all that was decided about where from and where to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.adapters.http import open_pkgroot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lsstinstall.adapters.http import PkgrootReader
    from lsstinstall.core.names import Flavor, ProductName
    from lsstinstall.core.settings import LinkKind
    from lsstinstall.core.tags import EupsTag
    from lsstinstall.core.versions import EupsVersion

__all__ = ["ProductRequest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRequest:
    """What products to install, from where, and where to.

    Parameters
    ----------
    products : `tuple` [ `tuple` [ `ProductName`, `EupsVersion` or `None` ], ... ]
        A version of `None` is that of the tag.
    tag : `EupsTag` or `None`
        The tag.
    stack : `~pathlib.Path`
        Folder to install into; made if it is missing.
    pkgroots : `tuple` [ `str`, ... ]
        Package roots, the best first.
    flavor : `Flavor`
        Flavor to install for.
    server_tags : `bool`
        Whether all tags of the servers are set, as EUPS does, or only the one
        that was asked for, if any.
    current : `bool`
        Whether what the servers call ``current`` is one of these tags.
    jobs : `int`
        How much to do at a time.
    others : `tuple` [ `~pathlib.Path`, ... ]
        Further stacks; what is installed in one of them is not installed
        again, and nothing is written to them.
    open_root : `~collections.abc.Callable`
        Opens a package root by its URL or folder.
    link : `LinkKind` or `None`
        How files of other versions are taken; `None` for what shares blocks
        where the disk can do that, else a second name.
    lock_timeout : `float` or `None`
        How many seconds to wait for another command that works on the stack;
        `None` until it ends.
    """

    products: tuple[tuple[ProductName, EupsVersion | None], ...]
    tag: EupsTag | None
    stack: Path
    pkgroots: tuple[str, ...]
    flavor: Flavor
    server_tags: bool = True
    current: bool = False
    jobs: int = 4
    others: tuple[Path, ...] = ()
    open_root: Callable[[str], PkgrootReader] = open_pkgroot
    link: LinkKind | None = None
    lock_timeout: float | None = None
