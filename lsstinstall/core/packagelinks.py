"""Symbolic links of packages: which may be made, and which point where nobody should look."""

from __future__ import annotations

import posixpath
import re

from lsstinstall.core.errors import CorruptError

__all__ = ["check_link", "may_lead_out"]

# /opt/conda/lib/libfftw3.so.3, as old builds linked what they found on their machine.
_LIBRARY = re.compile(r"\.(so|dylib)(\.\d+)*$")


def check_link(path: str, target: str) -> None:
    """Refuse a link that points out of its package.

    Parameters
    ----------
    path : `str`
        Of the link, in the package.
    target : `str`
        Where it points to.

    Raises
    ------
    CorruptError
        Raised if it points out of the package, and is none of those that may.
        Chains of links may still lead out; that is seen only on the disk.
    """
    reached = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    is_outside = not target or reached.startswith(("/", "../")) or reached == ".."
    if is_outside and not may_lead_out(path, target):
        raise CorruptError(f"the link `{path}` points to `{target}`, which is outside")


def may_lead_out(path: str, target: str) -> bool:
    """Recognize the links out of a product that are no attack.

    EUPS puts one into every product that it builds from a source package:
    ``ups/eupspkg`` points to its own script, on the machine of the build. Old
    builds linked libraries of the system or of conda by their absolute paths.
    Nothing is ever written through either; where the machine is another they
    lead nowhere, as with EUPS.

    Parameters
    ----------
    path : `str`
        Of the link, in the package.
    target : `str`
        Where it points to.

    Returns
    -------
    may : `bool`
        Whether it may.
    """
    if f"/{path}".endswith("/ups/eupspkg"):
        return target.endswith("/lib/eupspkg.sh")
    return target[:1] == "/" and bool(_LIBRARY.search(target)) and bool(_LIBRARY.search(path))
